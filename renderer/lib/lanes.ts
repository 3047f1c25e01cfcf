/** The time line below the charts: stretches of equal state, and who held an address when. */
import type { Gap } from './decimate.ts';
import type { Ring } from './ring.ts';

export interface Segment<V> {
  readonly fromMs: number;
  readonly toMs: number;
  readonly value: V;
}

/** How long a row speaks for what follows when nothing follows, milliseconds: some sampling periods, no more. */
export const HOLD_MS = 500;

/**
 * Stretches of equal values of a column within from..to. A row is valid until the next one;
 * when that is further away than `gapMs`, or missing, only for a moment. Where nothing is
 * known there is no segment.
 */
export function columnSegments(
  ring: Ring,
  column: number,
  range: Gap,
  gapMs: number,
  gaps: readonly Gap[] = [],
): Segment<number>[] {
  const out: { fromMs: number; toMs: number; value: number }[] = [];
  const first = Math.max(0, ring.indexAtOrAfter(range.fromMs) - 1);
  for (let i = first; i < ring.length; i++) {
    const tMs = ring.timeAt(i);
    if (tMs > range.toMs) break;
    const value = ring.valueAt(column, i);
    if (Number.isNaN(value)) continue;
    const nextMs = i + 1 < ring.length ? ring.timeAt(i + 1) : Infinity;
    let endMs = nextMs - tMs > gapMs ? tMs + HOLD_MS : nextMs;
    for (const gap of gaps) if (gap.fromMs > tMs - 1 && gap.fromMs < endMs) endMs = Math.max(tMs, gap.fromMs);
    const last = out.at(-1);
    if (last !== undefined && last.value === value && last.toMs >= tMs) last.toMs = endMs;
    else out.push({ fromMs: Math.max(tMs, range.fromMs), toMs: endMs, value });
  }
  return out.map((s) => ({ ...s, toMs: Math.min(s.toMs, range.toMs) })).filter((s) => s.toMs > s.fromMs);
}

/**
 * Who held an address. `…-alone`: that node held it, and nothing is known about the other
 * one, so that nobody can say it was the only one.
 */
export type Holding = 'a' | 'b' | 'a-alone' | 'b-alone' | 'dual' | 'none' | 'unknown';

function holdingOf(a: boolean | null, b: boolean | null): Holding {
  if (a === true && b === true) return 'dual';
  if (a === true) return b === null ? 'a-alone' : 'a';
  if (b === true) return a === null ? 'b-alone' : 'b';
  return a === null || b === null ? 'unknown' : 'none';
}

/** Merges what both nodes say about holding (`value` has `bit`) into one lane; uncovered stretches are left out. */
export function holderSegments(
  a: readonly Segment<number>[],
  b: readonly Segment<number>[],
  bit: number,
): Segment<Holding>[] {
  const edges = [...new Set([...a, ...b].flatMap((s) => [s.fromMs, s.toMs]))].sort((x, y) => x - y);
  const heldIn = (segments: readonly Segment<number>[], atMs: number): boolean | null => {
    const segment = segments.find((s) => s.fromMs <= atMs && atMs < s.toMs);
    return segment === undefined ? null : (segment.value & (1 << bit)) !== 0;
  };
  const out: { fromMs: number; toMs: number; value: Holding }[] = [];
  edges.slice(0, -1).forEach((fromMs, i) => {
    const toMs = edges[i + 1] ?? fromMs;
    const value = holdingOf(heldIn(a, (fromMs + toMs) / 2), heldIn(b, (fromMs + toMs) / 2));
    const last = out.at(-1);
    if (last !== undefined && last.value === value && last.toMs === fromMs) last.toMs = toMs;
    else out.push({ fromMs, toMs, value });
  });
  return out.filter((s) => s.value !== 'unknown');
}
