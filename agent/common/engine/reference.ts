/**
 * The reference: a ping node that shows that the fault is not on our side (`takeoverRequires: reference`).
 *
 * Before seizing one must answer. While the peer is silent one must go on answering: a holder that loses the peer and the
 * reference cannot know that the peer does not hold the reference and takes everything, so it gives everything up.
 */
import { elapsedMs, isBefore, plusMs } from '../base/instant.ts';
import type { Instant } from '../base/instant.ts';
import { groupsOf, releaseAll } from './holdings.ts';
import { REFERENCE_FRESH_KEEPALIVES } from './limits.ts';
import { peerDeadtimeMs } from './links.ts';
import { SIDES } from './sets.ts';
import { cancelStandby } from './standby.ts';
import { emit } from './state.ts';
import type { Context } from './state.ts';
import type { Wake } from './wake.ts';

const PROBLEM_ISOLATED = 'isolated';

/** A pair that cannot let go before its peer seizes says so once, at its start. */
export function checkReferenceTimes(ctx: Context): void {
  const { config } = ctx;
  if (!config.takeoverRequires.includes('reference') || config.deadpingMs <= config.deadtimeMs) return;
  const windowMs = config.deadpingMs - config.deadtimeMs;
  const detail = `deadping is ${windowMs} ms longer than deadtime: a node that is cut off holds on for so long after the other took over`;
  emit(ctx, 'warn', { kind: 'problem', code: 'deadping-too-long', over: false, detail });
}

/**
 * A ping node answers now. Its status alone is no proof: it stays up for deadping after the last reply, which may be from
 * before the fault that silenced the peer. So the newest reply must have come after the peer was last heard, and just now.
 */
function answersNow(ctx: Context): boolean {
  const { state, config, world } = ctx;
  const silentSince = state.peer.lastHeardAt ?? state.startedAt;
  const freshMs = config.keepaliveMs * REFERENCE_FRESH_KEEPALIVES;
  return state.pings.some(({ status, lastHeardAt }) => {
    if (status !== 'up' || lastHeardAt === null) return false;
    return isBefore(silentSince, lastHeardAt) && elapsedMs(lastHeardAt, world.now) <= freshMs;
  });
}

/**
 * The reference speaks for our side of the network. Once it was silent together with the peer it has to answer for a whole
 * deadtime of the peer:
 *
 * 1. Our switch dies; we give everything up, the peer takes it.
 * 2. The switch is back. A ping node's reply is here first, the peer's next heartbeat is still to be sent.
 * 3. If that reply were enough we would start everything beside the peer.
 *
 * The same happens without step 1 when the switch is away for a little less than the deadtime, so the reference is watched
 * from the beginning of every silence.
 */
export function referenceSpeaks(ctx: Context): boolean {
  const { safety } = ctx.state;
  if (!answersNow(ctx)) safety.referenceSilentAt = ctx.world.now;
  const since = safety.referenceSilentAt;
  return since === null || elapsedMs(since, ctx.world.now) >= peerDeadtimeMs(ctx);
}

/**
 * From when on the peer's silence, together with a dead reference, means that we are cut off. The peer seizes when it has not
 * heard us for our deadtime; waiting for that ourselves would always be too late. So it is deadping, after which the reference
 * counts as dead, for both: a fault that takes both away is known at once when the second of them is given up.
 */
function cutOffAt(ctx: Context): Instant {
  const { state, config } = ctx;
  const shortestMs = Math.max(config.deadpingMs, config.keepaliveMs * REFERENCE_FRESH_KEEPALIVES);
  const at = plusMs(state.peer.lastHeardAt ?? state.startedAt, Math.min(shortestMs, peerDeadtimeMs(ctx)));
  return state.graceUntil !== null && isBefore(at, state.graceUntil) ? state.graceUntil : at;
}

/** When the reference rule may act next without any input. */
export function referenceDeadlines(ctx: Context, wake: Wake): void {
  if (!ctx.config.takeoverRequires.includes('reference')) return;
  wake.consider(cutOffAt(ctx));
  wake.consider(ctx.state.safety.referenceSilentAt, peerDeadtimeMs(ctx));
}

/** Gives everything up when neither the peer nor a ping node is there, and notes when one of them is back. */
export function watchReference(ctx: Context): void {
  const { state, config } = ctx;
  const { safety } = state;
  if (!config.takeoverRequires.includes('reference')) return;
  const freshMs = config.keepaliveMs * REFERENCE_FRESH_KEEPALIVES;
  if (elapsedMs(state.peer.lastHeardAt ?? state.startedAt, ctx.world.now) > freshMs) referenceSpeaks(ctx);
  const silent = !isBefore(ctx.world.now, cutOffAt(ctx));
  const cutOff = silent && !state.pings.some((ping) => ping.status === 'up');
  if (safety.isolated && !cutOff) becomeConnected(ctx);
  if (!cutOff || safety.isolated || safety.death?.certain === 'confirmed') return;
  const holding = SIDES.some((side) => state.mine[side].state !== 'none' && groupsOf(ctx, side).length > 0);
  if (holding) becomeIsolated(ctx);
}

/** We are the one that is cut off: the other node may take everything, and what it takes we must not have. */
function becomeIsolated(ctx: Context): void {
  const { safety } = ctx.state;
  safety.isolated = true;
  safety.referenceSilentAt = ctx.world.now;
  const detail = `neither ${ctx.config.peer} nor a ping node answers: this node is cut off and gives up everything`;
  emit(ctx, 'crit', { kind: 'problem', code: PROBLEM_ISOLATED, over: false, detail });
  cancelStandby(ctx, 'this node is cut off');
  releaseAll(ctx, 'cut off from the peer and from every ping node');
  if (safety.death === null) return;
  // Whatever was known of the peer: from now on it may hold everything.
  Object.assign(safety.death, { seized: false, mayHold: true, certain: 'no' });
  Object.assign(safety.fencing, { provedDead: null, told: false, view: 'none' });
}

/** The peer or a ping node answers again. What may be held is decided as after any death or meeting. */
export function becomeConnected(ctx: Context): void {
  const { safety } = ctx.state;
  if (!safety.isolated) return;
  safety.isolated = false;
  emit(ctx, 'info', {
    kind: 'problem',
    code: PROBLEM_ISOLATED,
    over: true,
    detail: 'this node is not cut off any more',
  });
}
