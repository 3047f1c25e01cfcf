/** The engine: one step is a function of the state, one input and the world. No clock, no dice of its own, no I/O. */
import { assert, unreachable } from '../base/assert.ts';
import { elapsedMs, isBefore, plusMs } from '../base/instant.ts';
import type { Instant } from '../base/instant.ts';
import { SeededRandom } from '../base/random.ts';
import { advanceEnding, beginRestart, beginStop } from './ending.ts';
import { commandDone } from './holdings.ts';
import { LATE_STEP_MS } from './limits.ts';
import { linkDeadlines, updateLinkStates } from './links.ts';
import { advanceMembership, beat, becomeUp, checkPeer, peerDeadline } from './membership.ts';
import { operate } from './operator.ts';
import { receive } from './receive.ts';
import { publishHoldings, reportChange } from './report.ts';
import * as resources from './resources.ts';
import { requestMissing } from './rexmit.ts';
import { SIDES } from './sets.ts';
import { snapshotOf } from './snapshot.ts';
import { advanceStandby } from './standby.ts';
import { newState } from './state.ts';
import type { Context, EngineState } from './state.ts';
import type { Engine, EngineConfig, EngineInput, Ready, World } from './types.ts';

/** Part of the deadtime that a late step may add to the peer's life at most, once per silence. */
const GRACE_FRACTION = 0.25;

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

/**
 * When time itself looks wrong: watch, do not act. A step that comes long after it was due may find the peer's
 * heartbeats unread in the socket, so its silence proves nothing for a moment. One that comes
 * more than the deadtime after our last heartbeat means that the peer has taken over: give up everything and start over.
 */
function checkOwnTime(ctx: Context): void {
  const { state, config, world } = ctx;
  assert(!isBefore(world.now, state.lastStepAt), 'the monotonic clock went backwards');
  // The peer counts from our last heartbeat, which may be a keepalive older than our last step.
  const silentMs = elapsedMs(state.nextBeatAt, world.now) + config.keepaliveMs;
  if (silentMs > config.deadtimeMs) becomeStalled(ctx, silentMs);
  const lateMs = elapsedMs(state.wakeAt, world.now);
  const { lastHeardAt } = state.peer;
  if (lateMs <= LATE_STEP_MS || state.graceUsedFor === lastHeardAt) return;
  state.graceUsedFor = lastHeardAt;
  state.graceUntil = plusMs(world.now, Math.min(lateMs, config.deadtimeMs * GRACE_FRACTION));
}

/** We were not scheduled for longer than the deadtime. The peer must not hear this generation again: it would see a healed split. */
function becomeStalled(ctx: Context, gapMs: number): void {
  beginRestart(ctx, { reason: `not scheduled for ${Math.round(gapMs)} ms`, silent: true, afterMs: 0 });
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
      return commandDone(ctx, input.id, input.ok, input.detail);
    case 'operator':
      return operate(ctx, input.request, input.set);
    case 'stop':
      return beginStop(ctx);
    case 'ping-reply':
    case 'rejected':
    case 'second-holder':
    case 'confirm-dead':
      return;
    case 'stalled':
      if (input.gapMs > ctx.config.deadtimeMs) becomeStalled(ctx, input.gapMs);
      return;
    default:
      unreachable(input);
  }
}

/** Everything that follows from the new state and the time, in a fixed order. */
function settle(ctx: Context): void {
  const { state } = ctx;
  if (state.life === 'over') return;
  beat(ctx);
  checkPeer(ctx);
  if (state.life === 'running') {
    advanceMembership(ctx);
    resources.advanceReceived(ctx);
    advanceStandby(ctx);
    resources.advanceTakeover(ctx);
    resources.advanceConflict(ctx);
    resources.advanceOrphans(ctx);
    resources.advanceFailback(ctx);
    reportChange(ctx);
  }
  requestMissing(ctx);
  if (state.ending?.silent !== true) updateLinkStates(ctx);
  publishHoldings(ctx);
  advanceEnding(ctx);
}

/** The earliest moment at which something may change by itself. */
function nextWake(ctx: Context): Instant {
  const { state, world } = ctx;
  if (state.life === 'over') return plusMs(world.now, IDLE_MS);
  const times: (Instant | null)[] = [peerDeadline(ctx), state.lingerUntil, state.failbackAt, state.reqnodesAt];
  if (state.phase === 'received') times.push(state.settleBy);
  if ('until' in state.standby) times.push(state.standby.until);
  for (const side of SIDES) {
    const since = state.orphanSince[side];
    if (since !== null) times.push(plusMs(since, resources.orphanGraceMs(side)));
  }
  for (const dueAt of state.peer.tracking.missing.values()) times.push(dueAt);
  times.push(...linkDeadlines(ctx));
  let earliest = state.nextBeatAt;
  for (const time of times) {
    if (time !== null && isBefore(world.now, time) && isBefore(time, earliest)) earliest = time;
  }
  return earliest;
}
