/**
 * Packets that nobody vouches for: they came in the peer's name and failed authentication. Most likely the peer lives and its
 * authkeys differ from ours. The real daemon takes over from such a peer, and both nodes hold the address (experiment M10).
 */
import { elapsedMs, isBefore, plusMs } from '../base/instant.ts';
import type { Instant } from '../base/instant.ts';
import { HEARD_KEEPALIVES, REJECTED_MEMORY_MIN_MS, REJECTED_SUMMARY_MS } from './limits.ts';
import { peerDeadtimeMs } from './links.ts';
import { emit } from './state.ts';
import type { Context } from './state.ts';

/** A valid packet was heard so recently that a forged or outdated one beside it is no news. */
function heardWithin(heardAt: Instant | null, at: Instant, forMs: number): boolean {
  return heardAt !== null && elapsedMs(heardAt, at) <= forMs;
}

/** Takes the host's summary of rejected packets. `claimedSource` null: their sender could not be read. */
export function noteRejected(ctx: Context, linkId: string, claimedSource: string | null, at: Instant): void {
  const { state, config } = ctx;
  const { safety, peer } = state;
  const link = state.links.find((l) => l.id === linkId);
  const unnamed = claimedSource === null && !heardWithin(link?.lastHeardAt ?? null, at, peerDeadtimeMs(ctx));
  if (claimedSource !== config.peer && !unnamed) return;
  if (safety.rejectedAt === null || isBefore(safety.rejectedAt, at)) safety.rejectedAt = at;
  const heard = peer.status !== 'dead' && heardWithin(peer.lastHeardAt, at, config.keepaliveMs * HEARD_KEEPALIVES);
  if (!heard) becomeMismatched(ctx);
}

/** Says, once, that the keys differ. */
export function becomeMismatched(ctx: Context): void {
  const { safety } = ctx.state;
  if (safety.keyMismatch) return;
  safety.keyMismatch = true;
  emit(ctx, 'crit', { kind: 'key-mismatch', peer: ctx.config.peer, over: false });
}

/** A valid packet of the peer was heard, or this life is over. */
export function endKeyMismatch(ctx: Context): void {
  const { safety } = ctx.state;
  if (!safety.keyMismatch) return;
  safety.keyMismatch = false;
  emit(ctx, 'info', { kind: 'key-mismatch', peer: ctx.config.peer, over: true });
}

/**
 * Until when such packets hold a takeover back, or null when they do not (any more). What is told once a second stands for the
 * second that follows it: the key may have changed just after, and with a short deadtime the next summary comes too late.
 */
export function keyMismatchUntil(ctx: Context): Instant | null {
  const { safety, peer } = ctx.state;
  const { rejectedAt } = safety;
  if (rejectedAt === null) return null;
  const refuted = peer.lastHeardAt !== null && elapsedMs(rejectedAt, peer.lastHeardAt) >= REJECTED_SUMMARY_MS;
  const until = plusMs(rejectedAt, Math.max(peerDeadtimeMs(ctx), REJECTED_MEMORY_MIN_MS));
  return !refuted && isBefore(ctx.world.now, until) ? until : null;
}
