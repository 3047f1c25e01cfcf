/**
 * What the real daemon's client `ipfail` does (reference, section 7.2), inside the engine and in its messages: the two nodes
 * compare how many ping nodes they see, and the one that sees fewer gives its resources up. The real one can sit on the
 * other node. Nobody answers a count with a count: the one that is asked compares and says what follows.
 *
 * A decision waits for two keepalives. Both nodes lose a ping node that really died, but not at the same moment; the
 * second one to notice it asks as well, is found balanced, and the decision is withdrawn.
 */
import { elapsedMs, isBefore, plusMs } from '../base/instant.ts';
import { fieldText, text } from '../wire/message.ts';
import type { WireField, WireMessage } from '../wire/message.ts';
import { claims } from './holdings.ts';
import { IPFAIL_DELAY_KEEPALIVES, IPFAIL_SETTLE_MS } from './limits.ts';
import type { GiveUp } from './memory.ts';
import { parseDecimal, sendSequenced } from './messages.ts';
import type { Header } from './messages.ts';
import { pingsUp } from './pings.ts';
import { obstacle, requestStandby } from './standby.ts';
import { emit } from './state.ts';
import type { Context } from './state.ts';
import type { Wake } from './wake.ts';

const MS_PER_SECOND = 1000;
const CLIENT = 'ipfail';

type Step = 'asked' | 'compared' | 'give-up-scheduled' | 'give-up-cancelled' | 'gave-up';

/** The real one ends itself in legacy mode, which knows no standby. */
function speaks(ctx: Context): boolean {
  return ctx.config.ipfail && ctx.config.autoFailback !== 'legacy';
}

function tell(ctx: Context, step: Step, detail: string): void {
  const { state } = ctx;
  emit(ctx, step === 'gave-up' || step === 'give-up-scheduled' ? 'warn' : 'info', {
    kind: 'ipfail',
    step,
    own: pingsUp(state),
    peers: state.ipfail.peers,
    detail,
  });
}

function addressed(): WireField[] {
  return [text('from_id', CLIENT), text('to_id', CLIENT)];
}

/** Every client of this name is the first of its life: heartbeat counts them from 0. */
function clientGeneration(): WireField {
  return text('client_gen', '0');
}

function sendToPeer(ctx: Context, type: string, specific: readonly WireField[]): void {
  const dest = text('dest', ctx.config.peer);
  sendSequenced(ctx, [text('t', type), ...specific, dest, ...addressed(), clientGeneration()]);
}

/** We are active: announced as heartbeat announces a client that signed on. The peer's ipfail asks at once. */
export function announceIpfail(ctx: Context): void {
  if (!speaks(ctx)) return;
  const signon = [text('info', 'signon'), clientGeneration()];
  sendSequenced(ctx, [text('t', 'hbapi-clstat'), text('st', 'join'), ...addressed(), ...signon]);
}

/** Something happened after which the counts may differ: compare them at the end of this step. */
export function wantComparison(ctx: Context, because: string): void {
  if (speaks(ctx)) ctx.state.ipfail.askBecause ??= because;
}

/** Tells our count to an active peer when there is a reason to. */
export function askIfWanted(ctx: Context): void {
  const { ipfail, peer, status, life } = ctx.state;
  const because = ipfail.askBecause;
  ipfail.askBecause = null;
  // A peer that is not active yet asks by itself: its join makes us ask, ours makes it.
  if (because === null || life !== 'running' || status !== 'active' || peer.status !== 'active' || peer.stopped) return;
  sendToPeer(ctx, 'num_ping_nodes', [text('num_ping', String(pingsUp(ctx.state)))]);
  tell(ctx, 'asked', because);
}

/** Takes a message from the peer's ipfail. */
export function receiveIpfail(ctx: Context, header: Header, message: WireMessage): void {
  if (!speaks(ctx) || ctx.state.life !== 'running') return;
  if (fieldText(message, 'from_id') !== CLIENT || fieldText(message, 'to_id') !== CLIENT) return;
  if (header.type === 'hbapi-clstat') {
    if (fieldText(message, 'st') === 'join') wantComparison(ctx, 'its ipfail joined');
    return;
  }
  const { ipfail } = ctx.state;
  const seq = header.seq ?? 0;
  if (seq <= ipfail.heardSeq) return;
  if (header.type === 'num_ping_nodes') compare(ctx, parseDecimal(fieldText(message, 'num_ping')));
  else if (header.type === 'you_are_dead') schedule(ctx, 'all', 'the peer says that it sees more ping nodes');
  else if (header.type === 'abort_giveup') cancel(ctx, 'all', 'the peer says that the counts are balanced');
  else return;
  ipfail.heardSeq = seq;
}

function compare(ctx: Context, peers: number | null): void {
  if (peers === null) return;
  const { ipfail } = ctx.state;
  ipfail.peers = peers;
  const own = pingsUp(ctx.state);
  if (own > peers) {
    tell(ctx, 'compared', 'we see more');
    sendToPeer(ctx, 'you_are_dead', []);
    cancel(ctx, 'all', 'we see more ping nodes now');
  } else if (own < peers) {
    tell(ctx, 'compared', 'the peer sees more');
    schedule(ctx, 'all', 'we see fewer ping nodes');
  } else {
    tell(ctx, 'compared', 'balanced');
    sendToPeer(ctx, 'abort_giveup', []);
    becomeBalanced(ctx);
  }
}

/**
 * The real one lets a second balanced round abort the failback that the first one scheduled, so that two ping nodes that
 * recover together leave the groups where they are. Here a balanced round only takes back a give-up that it contradicts.
 */
function becomeBalanced(ctx: Context): void {
  const { state, config } = ctx;
  const { ipfail } = state;
  if (ipfail.giveUp?.set === 'all' || ipfail.postponed === 'all') cancel(ctx, 'all', 'the counts are balanced');
  else if (ipfail.giveUp === null && config.autoFailback === 'on' && state.mine.foreign.state === 'held') {
    if (obstacle(ctx) === null) schedule(ctx, 'foreign', 'balanced, and auto_failback is on');
  }
}

function schedule(ctx: Context, set: GiveUp['set'], because: string): void {
  const { state, config, world } = ctx;
  const delayMs = IPFAIL_DELAY_KEEPALIVES * config.keepaliveMs;
  state.ipfail.giveUp = { set, at: plusMs(world.now, delayMs) };
  tell(ctx, 'give-up-scheduled', `${delayMs / MS_PER_SECOND} seconds (${set}: ${because})`);
}

/** Takes back a give-up of this kind, also one that waits for calm. */
function cancel(ctx: Context, set: GiveUp['set'], because: string): void {
  const { ipfail } = ctx.state;
  if (ipfail.giveUp?.set !== set && ipfail.postponed !== set) return;
  if (ipfail.postponed === set) ipfail.postponed = null;
  if (ipfail.giveUp?.set === set) ipfail.giveUp = null;
  tell(ctx, 'give-up-cancelled', because);
}

/** Moves a decided give-up on: it falls due, is overtaken by the peer's death, or waits for calm. */
export function advanceIpfail(ctx: Context): void {
  if (!speaks(ctx)) return;
  const { state, world } = ctx;
  const { ipfail, peer } = state;
  if (peer.status !== 'active' || peer.stopped) {
    for (const set of ['all', 'foreign'] as const) cancel(ctx, set, 'the peer is not there to take over');
    ipfail.peers = null;
  }
  const { giveUp } = ipfail;
  if (giveUp !== null && !isBefore(world.now, giveUp.at)) fire(ctx, giveUp);
  advancePostponed(ctx);
}

function fire(ctx: Context, giveUp: GiveUp): void {
  const { state } = ctx;
  state.ipfail.giveUp = null;
  const sides = giveUp.set === 'all' ? (['local', 'foreign'] as const) : (['foreign'] as const);
  if (!sides.some((side) => claims(state, side))) {
    tell(ctx, 'give-up-cancelled', 'there is nothing here to give up');
    return;
  }
  const why = obstacle(ctx);
  if (why !== null) {
    state.ipfail.postponed = giveUp.set;
    state.ipfail.askAgainAt = null;
    tell(ctx, 'give-up-scheduled', `${IPFAIL_SETTLE_MS / MS_PER_SECOND} seconds after both nodes settle (${why})`);
    return;
  }
  tell(ctx, 'gave-up', giveUp.set);
  requestStandby(ctx, giveUp.set, 'ipfail');
}

/** Compares again once both nodes have been settled for a while; whether to give up is decided anew. */
function advancePostponed(ctx: Context): void {
  const { ipfail } = ctx.state;
  if (ipfail.postponed === null || obstacle(ctx) !== null) {
    ipfail.askAgainAt = null;
    return;
  }
  ipfail.askAgainAt ??= plusMs(ctx.world.now, IPFAIL_SETTLE_MS);
  if (elapsedMs(ipfail.askAgainAt, ctx.world.now) < 0) return;
  ipfail.postponed = null;
  wantComparison(ctx, 'both nodes are settled again');
}

/** Moments at which ipfail acts by itself. */
export function ipfailDeadlines(ctx: Context, wake: Wake): void {
  const { giveUp, askAgainAt } = ctx.state.ipfail;
  wake.consider(giveUp?.at ?? null);
  wake.consider(askAgainAt);
}

/** The peer has a new life: what its ipfail said and numbered belongs to the earlier one. */
export function forgetIpfail(ctx: Context): void {
  ctx.state.ipfail.heardSeq = 0;
  ctx.state.ipfail.peers = null;
}
