/**
 * The three-phase standby (reference, section 6.6): the giver asks (`me`), the taker agrees (`other`),
 * the giver stops the groups and says `done`, the taker starts them and says `done`. Sets are in the giver's view.
 */
import { elapsedMs, plusMs } from '../base/instant.ts';
import type { ResourceSet } from '../timeline/event.ts';
import { fieldText } from '../wire/message.ts';
import type { WireMessage } from '../wire/message.ts';
import { busy, claim, claims, release } from './holdings.ts';
import { FAILBACK_RETRY_MS, STANDBY_REPLY_MS, STANDBY_WORK_MS } from './limits.ts';
import { sendAsk } from './messages.ts';
import type { Header } from './messages.ts';
import { report } from './report.ts';
import { includes, mirrorSet, parseSet, sidesOf, union, without } from './sets.ts';
import type { Side } from './sets.ts';
import { emit } from './state.ts';
import type { Context } from './state.ts';

type Phase = 'requested' | 'accepted' | 'released' | 'done' | 'refused' | 'timed-out';

function tell(ctx: Context, phase: Phase, set: ResourceSet, detail: string): void {
  emit(ctx, phase === 'refused' || phase === 'timed-out' ? 'warn' : 'info', { kind: 'standby', phase, set, detail });
}

/** Why we may not ask for a standby now, or null. */
export function obstacle(ctx: Context): string | null {
  const { state } = ctx;
  const { peer } = state;
  if (ctx.config.autoFailback === 'legacy') return 'auto_failback legacy knows no standby';
  if (state.life !== 'running' || state.phase !== 'stable') return 'local resources are in flux';
  if (peer.status !== 'active' || peer.stopped) return 'the peer is not active';
  if (!peer.stable) return 'the peer is in flux';
  if (state.standby.kind !== 'none') return 'a standby is in progress';
  return busy(state) ? 'local resources are in flux' : null;
}

/** Giver: asks the peer to take `set`. Refused, with an event, when either node is in flux. */
export function requestStandby(ctx: Context, set: ResourceSet, because: string): boolean {
  const why = obstacle(ctx);
  if (why !== null) {
    tell(ctx, 'refused', set, why);
    return false;
  }
  ctx.state.standby = { kind: 'requested', set, after: heardUpTo(ctx), until: plusMs(ctx.world.now, STANDBY_REPLY_MS) };
  sendAsk(ctx, set, 'me');
  tell(ctx, 'requested', set, because);
  return true;
}

/** The peer's answer to what we say now has a higher number than everything that we have of it. */
function heardUpTo(ctx: Context): number {
  return ctx.state.peer.tracking.lastSeq ?? 0;
}

/** Takes one message of the exchange. */
export function receiveAsk(ctx: Context, header: Header, message: WireMessage): void {
  const set = parseSet(fieldText(message, 'rsc_hold')) ?? 'all';
  const info = fieldText(message, 'info');
  const seq = header.seq ?? 0;
  if (info === 'me') agreeToTake(ctx, set, seq);
  if (info === 'other') beginGiving(ctx, seq);
  if (info === 'done') acceptDone(ctx, seq);
}

function agreeToTake(ctx: Context, set: ResourceSet, seq: number): void {
  const { state } = ctx;
  const crossed = state.standby.kind === 'requested' && state.peer.engine === 'twinbeat';
  // Both asked at once: between two Twinbeat nodes the lower name's request goes on, instead of both timing out.
  if (crossed && ctx.config.peer < ctx.config.self) {
    tell(ctx, 'refused', set, 'both nodes asked; the peer goes first');
    state.standby = { kind: 'none' };
  }
  if (state.standby.kind !== 'none' || state.phase !== 'stable' || busy(state)) {
    tell(ctx, 'refused', set, 'the peer asked while local resources are in flux');
    return;
  }
  state.peer.reportSeq = Math.max(state.peer.reportSeq, seq);
  state.peer.stable = false;
  state.standby = { kind: 'waiting', set, begun: false, after: seq, until: plusMs(ctx.world.now, STANDBY_REPLY_MS) };
  sendAsk(ctx, set, 'other');
  tell(ctx, 'accepted', set, 'waiting for the peer to release');
}

function beginGiving(ctx: Context, seq: number): void {
  const { state } = ctx;
  if (state.standby.kind !== 'requested') {
    // The peer waits for a release that will not come; a report that we are settled ends its waiting.
    if (state.standby.kind === 'none') report(ctx, null);
    return;
  }
  const { set, after } = state.standby;
  if (seq <= after) return;
  state.peer.reportSeq = Math.max(state.peer.reportSeq, seq);
  state.peer.stable = false;
  state.standby = { kind: 'releasing', set, gave: sidesOf(set).filter((side) => claims(state, side)) };
  tell(ctx, 'accepted', set, 'the peer takes it');
  for (const side of sidesOf(set)) release(ctx, side, 'standby');
  // Tells the taker that we are at it. It still names the set: it runs until the release is done.
  if (busy(state)) report(ctx, 'standby');
}

function acceptDone(ctx: Context, seq: number): void {
  const { state } = ctx;
  const { peer, standby } = state;
  if ('after' in standby && seq <= standby.after) return;
  if (standby.kind === 'released') {
    // A Twinbeat peer's report goes before its `done`: what is still missing may be that report, and ends the exchange itself.
    if (peer.engine === 'twinbeat' && peer.tracking.missing.size > 0) return;
    finishGiving(ctx, standby.set);
    return;
  }
  if (standby.kind !== 'waiting') return;
  // The report without the set precedes this message, but may have been lost on the way.
  peer.reportSeq = Math.max(peer.reportSeq, seq);
  peer.holds = without(peer.holds, standby.set);
  peer.claims = without(peer.claims, standby.set);
  state.standby = { kind: 'acquiring', set: standby.set };
  for (const side of sidesOf(mirrorSet(standby.set))) claim(ctx, side, 'standby of the peer');
}

function finishGiving(ctx: Context, set: ResourceSet): void {
  const { state } = ctx;
  state.standby = { kind: 'none' };
  if (includes(set, 'foreign')) state.needFailback = false;
  const missing = mirrorSet(without(mirrorSet(set), union(state.peer.holds, state.peer.claims)));
  if (missing === 'none') tell(ctx, 'done', set, 'the peer holds it');
  // A real heartbeat reports after its `done`; a Twinbeat peer has reported, and what it could not start it does not name.
  else if (state.peer.engine !== 'twinbeat') tell(ctx, 'done', set, 'the peer has not reported that it holds it');
  else tell(ctx, 'refused', set, `the peer did not start: ${sidesOf(missing).join(' ')}`);
}

/** Moves the exchange on when our commands are done or its time is over. */
export function advanceStandby(ctx: Context): void {
  const { state } = ctx;
  const { standby } = state;
  if (standby.kind === 'releasing' && !busy(state)) finishReleasing(ctx, standby.set, standby.gave);
  else if (standby.kind === 'acquiring' && !busy(state)) becomeTaken(ctx, standby.set);
  else if ('until' in standby && elapsedMs(standby.until, ctx.world.now) >= 0) expire(ctx, standby.set);
}

function finishReleasing(ctx: Context, set: ResourceSet, gave: readonly Side[]): void {
  const stuck = sidesOf(set).filter((side) => ctx.state.mine[side].state === 'stuck');
  if (stuck.length === 0) becomeReleased(ctx, set);
  else withdraw(ctx, set, gave, stuck.join(' and '));
}

/**
 * Giver: something could not be stopped, so nothing changes hands; what did stop is started here again. That is more than
 * the sets that stopped as a whole: a stuck set has healthy groups, too, and starting what still runs changes nothing. A Twinbeat peer
 * reads from our settled report that it waits in vain; a real one waits, and does nothing, until its own time is over.
 */
function withdraw(ctx: Context, set: ResourceSet, gave: readonly Side[], stuck: string): void {
  const { state } = ctx;
  state.standby = { kind: 'none' };
  // No second try by itself: what cannot be stopped now needs a person.
  if (includes(set, 'foreign')) state.needFailback = false;
  tell(ctx, 'refused', set, `the ${stuck} groups could not be stopped; they stay here`);
  for (const side of gave) {
    claim(ctx, side, 'standby withdrawn');
  }
  report(ctx, null);
}

/** Giver: the groups are down. From here on the peer may start them. */
function becomeReleased(ctx: Context, set: ResourceSet): void {
  const { state } = ctx;
  state.peer.stable = false;
  state.standby = { kind: 'released', set, after: heardUpTo(ctx), until: plusMs(ctx.world.now, STANDBY_WORK_MS) };
  report(ctx, 'standby');
  sendAsk(ctx, set, 'done');
  tell(ctx, 'released', set, 'the peer starts it');
}

/** Taker: the groups run, or failed to; the report says which. It goes first, so that `done` completes the picture. */
function becomeTaken(ctx: Context, set: ResourceSet): void {
  const { state } = ctx;
  const missing = sidesOf(mirrorSet(set)).filter((side) => !claims(state, side));
  state.standby = { kind: 'none' };
  report(ctx, null);
  sendAsk(ctx, set, 'done');
  if (missing.length === 0) tell(ctx, 'done', set, 'held here');
  else tell(ctx, 'refused', set, `could not start: ${missing.join(' ')}`);
}

function expire(ctx: Context, set: ResourceSet): void {
  cancelStandby(ctx, 'no answer in time');
  ctx.state.failbackAt = plusMs(ctx.world.now, FAILBACK_RETRY_MS);
  // A taker that waited in vain is settled again; a giver told nobody otherwise.
  if (set !== 'none') report(ctx, null);
}

/** Ends a running exchange; commands that it issued go on. */
export function cancelStandby(ctx: Context, why: string): void {
  const { standby } = ctx.state;
  if (standby.kind === 'none') return;
  tell(ctx, 'timed-out', standby.set, why);
  ctx.state.standby = { kind: 'none' };
}

/** A report of the peer arrived: it may show how far the other side of the exchange is. */
export function noteReport(ctx: Context, info: string | undefined): void {
  const { state } = ctx;
  const { standby, peer } = state;
  const twinbeat = peer.engine === 'twinbeat';
  // Our `other` reached the giver late, when we had withdrawn already. It releases and would wait for us; a report that we
  // are settled ends that. Then the set is nobody's, and its preferred node starts it.
  if (twinbeat && standby.kind === 'none' && info === 'standby' && !peer.stable) report(ctx, null);
  if (standby.kind === 'waiting' && info === 'standby' && !standby.begun) {
    state.standby = { ...standby, begun: true, until: plusMs(ctx.world.now, STANDBY_WORK_MS) };
    return;
  }
  if (!twinbeat || !peer.stable) return;
  // A settled Twinbeat peer is in no exchange any more: its last message is only late or lost.
  if (standby.kind === 'waiting') cancelStandby(ctx, 'the peer withdrew');
  if (standby.kind === 'released') finishGiving(ctx, standby.set);
}
