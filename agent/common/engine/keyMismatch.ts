/**
 * Packets that nobody vouches for: they came in the peer's name and failed authentication. Most likely the peer lives and its
 * authkeys differ from ours. The real daemon takes over from such a peer, and both nodes hold the address (experiment M10).
 */
import { elapsedMs, isBefore, plusMs } from '../base/instant.ts';
import type { Instant } from '../base/instant.ts';
import { HEARD_KEEPALIVES, REJECTED_MEMORY_MIN_MS } from './limits.ts';
import { peerDeadtimeMs } from './links.ts';
import { emit } from './state.ts';
import type { Context } from './state.ts';

/** A valid packet was heard so recently that a forged or outdated one beside it means nothing. */
function heardWithin(heardAt: Instant | null, at: Instant, forMs: number): boolean {
  return heardAt !== null && elapsedMs(heardAt, at) <= forMs;
}

/** Takes the host's summary of rejected packets. `claimedSource` null: their sender could not be read. */
export function noteRejected(ctx: Context, linkId: string, claimedSource: string | null, at: Instant): void {
  const { state, config } = ctx;
  const { safety, peer } = state;
  const link = state.links.find((l) => l.id === linkId);
  const beatsMs = config.keepaliveMs * HEARD_KEEPALIVES;
  if (peer.status !== 'dead' && heardWithin(peer.lastHeardAt, at, beatsMs)) return;
  const unnamed = claimedSource === null && !heardWithin(link?.lastHeardAt ?? null, at, peerDeadtimeMs(ctx));
  if (claimedSource !== config.peer && !unnamed) return;
  if (safety.rejectedAt === null || isBefore(safety.rejectedAt, at)) safety.rejectedAt = at;
  if (safety.keyMismatch) return;
  safety.keyMismatch = true;
  emit(ctx, 'crit', { kind: 'key-mismatch', peer: config.peer, over: false });
}

/** A valid packet of the peer was heard. */
export function noteAuthenticated(ctx: Context): void {
  const { safety } = ctx.state;
  safety.rejectedAt = null;
  if (!safety.keyMismatch) return;
  safety.keyMismatch = false;
  emit(ctx, 'info', { kind: 'key-mismatch', peer: ctx.config.peer, over: true });
}

/** Until when such packets hold a takeover back, or null when they do not (any more). */
export function keyMismatchUntil(ctx: Context): Instant | null {
  const { rejectedAt } = ctx.state.safety;
  if (rejectedAt === null) return null;
  const until = plusMs(rejectedAt, Math.max(peerDeadtimeMs(ctx), REJECTED_MEMORY_MIN_MS));
  return isBefore(ctx.world.now, until) ? until : null;
}
