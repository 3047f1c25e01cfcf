/**
 * Seizing: when the groups of a silent peer may be taken (reference, section 6.7; docs/engine.md, "Seizing").
 *
 * Every death of the peer is one record, `safety.death`. Until every condition that the configuration demands is met, the takeover
 * waits, visibly; a heartbeat of the peer, or a person who vouches for its death, ends the waiting. A peer that said
 * `shutdone` released everything: nothing is asked for.
 */
import type { TakeoverHoldReason } from '../timeline/event.ts';
import { beginDeath, fencingConfirmed, fencingHeard, waitForFencing } from './fencing.ts';
import { claims, groupsOf } from './holdings.ts';
import { becomeMismatched, keyMismatchUntil } from './keyMismatch.ts';
import { becomeRequesting, isLegacy } from './legacy.ts';
import { peerDeadtimeMs } from './links.ts';
import { onlyWatching } from './ownTime.ts';
import { becomeConnected, referenceDeadlines, referenceSpeaks, watchReference } from './reference.ts';
import { becomeStarting, peerHas, takeOver } from './resources.ts';
import type { Death } from './safety.ts';
import { SIDES } from './sets.ts';
import { emit } from './state.ts';
import type { Context } from './state.ts';
import type { Wake } from './wake.ts';

/** The peer fell silent. To be called while its reports are still known. */
export function noteDeath(ctx: Context): void {
  const { state } = ctx;
  const { peer } = state;
  const heard = peer.lastHeardAt !== null && state.status === 'active';
  state.safety.death = {
    cause: heard ? 'peer-dead' : 'start',
    mayHold: mayHold(ctx),
    certain: peer.stopped ? 'stopped' : 'no',
    seized: false,
  };
  beginDeath(ctx);
}

/**
 * The peer may run a group: it was never heard, or said that it does, or nobody can tell. A real peer that reported itself settled
 * without the set starts nothing by itself; a Twinbeat peer may just have begun to, if we do not claim the set either.
 */
function mayHold(ctx: Context): boolean {
  const { state } = ctx;
  const { peer, safety } = state;
  if (peer.stopped && !safety.isolated) return false;
  if (peer.tracking.generation === 0 || safety.isolated) return true;
  return SIDES.some((side) => {
    if (groupsOf(ctx, side).length === 0) return false;
    if (peerHas(state, side)) return true;
    const idle = peer.engine === 'heartbeat' && peer.conversing && peer.stable;
    return !claims(state, side) && !idle;
  });
}

/** A heartbeat of the peer, of whatever generation: it lives. */
export function noteAlive(ctx: Context): void {
  ctx.state.safety.death = null;
  ctx.state.safety.referenceSilentAt = null;
  fencingHeard(ctx);
  becomeConnected(ctx);
  endHold(ctx, `${ctx.config.peer} is heard`);
}

/** Takes what the peer left when nothing holds it back any more. */
export function advanceSeizing(ctx: Context): void {
  const { state } = ctx;
  // Also before we are active: a switch that comes up just before initdead is over lets a ping node through before the peer.
  watchReference(ctx);
  if (state.status !== 'active') return;
  const { death } = state.safety;
  // What waited for something may be seized when the grace is over: until then the peer may have been heard.
  if (death === null || death.seized || onlyWatching(ctx)) return;
  const reasons = reasonsToWait(ctx, death);
  if (reasons.length > 0) {
    waitForPeer(ctx);
    hold(ctx, reasons);
    return;
  }
  death.seized = true;
  endHold(ctx, death.certain === 'confirmed' ? 'confirmed by a person' : 'all conditions are met');
  takeOver(ctx, death.cause);
}

/** Should the peer be heard after all, nothing is started before it has said what it holds: what it said before is void. */
function waitForPeer(ctx: Context): void {
  const { state } = ctx;
  if (state.phase === 'stable' || state.phase === 'starting' || state.phase === 'requesting') return;
  state.settleBy = null;
  if (isLegacy(ctx)) becomeRequesting(ctx);
  else becomeStarting(ctx);
}

function reasonsToWait(ctx: Context, death: Death): TakeoverHoldReason[] {
  const { state, config } = ctx;
  if (death.certain === 'confirmed') return [];
  const reasons: TakeoverHoldReason[] = [];
  const wanted = SIDES.some((side) => groupsOf(ctx, side).length > 0 && !claims(state, side));
  if (wanted && death.certain === 'no') {
    if (config.takeoverRequires.includes('reference') && !referenceSpeaks(ctx)) reasons.push('reference-silent');
    if (config.takeoverRequires.includes('two-links') && !fellSilentTogether(ctx)) reasons.push('one-link');
    if (keyMismatchUntil(ctx) !== null) {
      becomeMismatched(ctx);
      reasons.push('key-mismatch');
    }
  }
  const fencing = waitForFencing(ctx, death, reasons.length === 0);
  return fencing === null ? reasons : [fencing, ...reasons];
}

/** Two links carried heartbeats until, within a deadtime of each other, both ended: no single cable explains that. */
function fellSilentTogether(ctx: Context): boolean {
  const times = ctx.state.links.map((link) => link.lastHeardAt).filter((at) => at !== null);
  const newestMs = Math.max(...times.map((at) => at.monotonicMs));
  return times.filter((at) => newestMs - at.monotonicMs <= peerDeadtimeMs(ctx)).length >= 2;
}

function hold(ctx: Context, reasons: readonly TakeoverHoldReason[]): void {
  const { safety } = ctx.state;
  if (safety.hold !== null && safety.hold.reasons.join() === reasons.join()) return;
  safety.hold = { reasons, since: safety.hold?.since ?? ctx.world.now };
  const detail = reasons.map((reason) => EXPLAINED[reason]).join('; ');
  emit(ctx, 'warn', { kind: 'takeover-hold', over: false, from: ctx.config.peer, reasons, detail });
}

const EXPLAINED: Readonly<Record<TakeoverHoldReason, string>> = {
  fencing: 'the peer has to be reset first',
  'fencing-failed': 'the peer could not be reset; tried again every 5 s',
  'reference-silent': 'no ping node answers, or none for long enough, so the fault may be on our side',
  'one-link': 'the heartbeats were not lost on two links at once, so a cable may be the reason',
  'key-mismatch': 'packets in the name of the peer fail authentication, so it may live',
};

/** The takeover waits no longer: it goes on, or is not needed. */
export function endHold(ctx: Context, detail: string): void {
  const { safety } = ctx.state;
  if (safety.hold === null) return;
  safety.hold = null;
  emit(ctx, 'info', { kind: 'takeover-hold', over: true, from: ctx.config.peer, reasons: [], detail });
}

/** Why a takeover waits, in words, or null. */
export function holdText(ctx: Context): string | null {
  const { hold: held, isolated } = ctx.state.safety;
  if (held !== null) return `the takeover waits: ${held.reasons.map((reason) => EXPLAINED[reason]).join('; ')}`;
  return isolated ? 'this node is cut off' : null;
}

/** A person has made sure that the peer is off. Counts for its present death only. */
export function confirmDead(ctx: Context): void {
  const { state, config } = ctx;
  const { death } = state.safety;
  if (state.life !== 'running' || death === null || death.certain === 'stopped') {
    const why = death === null ? 'is not dead' : 'has released everything itself';
    emit(ctx, 'warn', { kind: 'log', text: `Confirmation refused: ${config.peer} ${why}.` });
    return;
  }
  death.certain = 'confirmed';
  fencingConfirmed(ctx);
}

/** Moments at which seizing may go on without any input. */
export function seizingDeadlines(ctx: Context, wake: Wake): void {
  wake.consider(ctx.state.safety.fencing.retryAt);
  wake.consider(keyMismatchUntil(ctx));
  wake.consider(ctx.state.graceUntil);
  referenceDeadlines(ctx, wake);
}
