/** A neighbour entry that still leads to where the address was before it moved. */
import type { LanWord } from './lanWords.ts';
import type { VipJudgement } from './vip.ts';

/**
 * How long after a move a client may still have the old entry, milliseconds: the announcement is on the way, and the kernel holds an
 * entry that was just written for a second against a newer one.
 */
export const STALE_GRACE_MS = 1500;

/** Longest age of a look at the LAN that says something about now, milliseconds. */
const LOOK_FRESH_MS = 3000;

/** The entry, when it leads to somebody else than the only holder; null: it does not, or that cannot be told. */
export function staleNeighbour(
  judged: Pick<VipJudgement, 'verdict' | 'holder'>,
  sinceMs: number,
  lan: LanWord | null,
  nodes: readonly string[],
  macOf: (node: string) => string | null,
  nowMs: number,
): { neighbourMac: string; node: string | null } | null {
  if (judged.verdict !== 'one' || judged.holder === null || nowMs - sinceMs < STALE_GRACE_MS) return null;
  if (lan === null || lan.neighbourMac === null || nowMs - lan.atMs > LOOK_FRESH_MS) return null;
  const trueMac = macOf(judged.holder);
  const neighbourMac = lan.neighbourMac;
  if (trueMac === null || trueMac === neighbourMac) return null;
  return { neighbourMac, node: nodes.find((node) => macOf(node) === neighbourMac) ?? null };
}
