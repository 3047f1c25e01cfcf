/** The engine: one step is a function of the state, one input and the world. No clock, no dice of its own, no I/O. */
import { assert, unreachable } from '../base/assert.ts';
import { plusMs } from '../base/instant.ts';
import type { Instant } from '../base/instant.ts';
import { SeededRandom } from '../base/random.ts';
import { advanceEnding, beginStop } from './ending.ts';
import { endDeadtimesDiffer } from './deadtimes.ts';
import { fencingDone } from './fencing.ts';
import { advanceStuck, commandDone, endSetProblems } from './holdings.ts';
import { advanceIpfail, askIfWanted, ipfailDeadlines, wantComparison } from './ipfail.ts';
import { endKeyMismatch, noteRejected } from './keyMismatch.ts';
import { advanceLegacy, legacyDeadlines } from './legacy.ts';
import { letGoDone, noteSecondHolder } from './letGo.ts';
import { linkDeadlines, updateLinkStates } from './links.ts';
import { advanceMembership, beat, becomeUp, checkPeer, peerDeadline } from './membership.ts';
import { advanceRestarting, operate } from './operator.ts';
import { advanceOwnTime, checkOwnTime, endNotScheduled, noteStalled } from './ownTime.ts';
import { advancePings, pingDeadlines, receivePingReply } from './pings.ts';
import { receive } from './receive.ts';
import { publishHoldings, reportChange } from './report.ts';
import { becomeConnected } from './reference.ts';
import * as resources from './resources.ts';
import { requestMissing } from './rexmit.ts';
import { advanceSeizing, confirmDead, endHold, seizingDeadlines } from './seizing.ts';
import { SIDES } from './sets.ts';
import { snapshotOf } from './snapshot.ts';
import { advanceStandby } from './standby.ts';
import { newState } from './state.ts';
import type { Context, EngineState } from './state.ts';
import type { Engine, EngineConfig, EngineInput, Ready, World } from './types.ts';
import { Wake } from './wake.ts';

/** Wake-up of an engine whose life is over: nothing will happen, the host only needs a number. */
const IDLE_MS = 3_600_000;

/** A new engine. Its first input must be `start`. */
export function createEngine(config: EngineConfig): Engine {
  const random = new SeededRandom(config.seed);
  const state = newState(config, random);
  return {
    step: (input, world) => step(config, state, random, input, world),
    snapshot: (now) => snapshotOf(state, config, now),
  };
}

function step(config: EngineConfig, state: EngineState, random: SeededRandom, input: EngineInput, world: World): Ready {
  assert((input.kind === 'start') === (state.life === 'new'), 'start is the first input and comes once');
  const ctx: Context = { config, state, random, world, messages: [], commands: [], events: [] };
  if (state.life !== 'new') checkOwnTime(ctx);
  apply(ctx, input);
  settle(ctx);
  state.lastStepAt = world.now;
  state.wakeAt = nextWake(ctx);
  const silent = state.ending?.silent === true;
  return { messages: silent ? [] : ctx.messages, commands: ctx.commands, events: ctx.events, wakeAt: state.wakeAt };
}

function apply(ctx: Context, input: EngineInput): void {
  if (ctx.state.life === 'over' && input.kind !== 'command-done') return;
  switch (input.kind) {
    case 'start':
      return becomeUp(ctx);
    case 'tick':
      return;
    case 'received':
      return receive(ctx, input.link, input.message, input.receivedAt);
    case 'command-done':
      return takeResult(ctx, input.id, input.ok, input.detail);
    case 'operator':
      return operate(ctx, input.request, input.set);
    case 'stop':
      return beginStop(ctx);
    case 'ping-reply':
      return receivePingReply(ctx, input.node, input.receivedAt);
    case 'rejected':
      return noteRejected(ctx, input.link, input.claimedSource, input.receivedAt);
    case 'second-holder':
      return noteSecondHolder(ctx, input.address, input.group, input.mac);
    case 'confirm-dead':
      return confirmDead(ctx);
    case 'stalled':
      return noteStalled(ctx, input.gapMs);
    default:
      unreachable(input);
  }
}

/** Results of the work that runs beside the sets' own commands go their own way. */
function takeResult(ctx: Context, id: number, ok: boolean, detail: string): void {
  const { asides } = ctx.state.safety;
  const aside = asides.get(id);
  if (aside === undefined) return commandDone(ctx, id, ok, detail);
  asides.delete(id);
  if (aside.kind === 'fence') fencingDone(ctx, ok, detail);
  else letGoDone(ctx, aside.address, ok, detail);
}

/** Everything that follows from the new state and the time, in a fixed order. */
function settle(ctx: Context): void {
  const { state } = ctx;
  if (isOver(state)) return;
  beat(ctx);
  for (const ping of advancePings(ctx)) wantComparison(ctx, `ping node ${ping.name} is ${ping.status}`);
  checkPeer(ctx);
  advanceOwnTime(ctx);
  advanceStuck(ctx);
  if (state.life !== 'running') endHold(ctx, 'this node stops');
  else {
    advanceMembership(ctx);
    advanceSeizing(ctx);
    resources.advanceNotice(ctx);
    resources.advanceReceived(ctx);
    advanceStandby(ctx);
    resources.advanceTakeover(ctx);
    resources.advanceConflict(ctx);
    resources.advanceOrphans(ctx);
    resources.advanceFailback(ctx);
    advanceLegacy(ctx);
    advanceIpfail(ctx);
    reportChange(ctx);
    // After the report: a peer that does not know us settled would refuse.
    advanceRestarting(ctx);
  }
  requestMissing(ctx);
  if (state.ending?.silent !== true) updateLinkStates(ctx);
  askIfWanted(ctx);
  publishHoldings(ctx);
  advanceEnding(ctx);
  if (isOver(state)) closeProblems(ctx);
}

function isOver(state: EngineState): boolean {
  return state.life === 'over';
}

/** A life that is over has no problems; the next one finds its own. */
function closeProblems(ctx: Context): void {
  endSetProblems(ctx);
  endDeadtimesDiffer(ctx);
  endNotScheduled(ctx);
  endKeyMismatch(ctx);
  becomeConnected(ctx);
  resources.becomeHeard(ctx, 'this life is over');
}

/** The earliest moment at which something may change by itself. */
function nextWake(ctx: Context): Instant {
  const { state, world } = ctx;
  if (state.life === 'over') return plusMs(world.now, IDLE_MS);
  const wake = new Wake(world.now, state.nextBeatAt);
  wake.consider(peerDeadline(ctx));
  wake.consider(state.lingerUntil);
  wake.consider(state.failbackAt);
  wake.consider(state.reqnodesAt);
  if (state.phase === 'received') wake.consider(state.settleBy);
  if ('until' in state.standby) wake.consider(state.standby.until);
  for (const side of SIDES) {
    wake.consider(state.mine[side].retryStopAt);
    wake.consider(state.orphanSince[side], resources.orphanGraceMs(state, side));
  }
  for (const { dueAt } of state.peer.tracking.missing.values()) wake.consider(dueAt);
  linkDeadlines(ctx, wake);
  seizingDeadlines(ctx, wake);
  pingDeadlines(ctx, wake);
  ipfailDeadlines(ctx, wake);
  legacyDeadlines(ctx, wake);
  return wake.at;
}
