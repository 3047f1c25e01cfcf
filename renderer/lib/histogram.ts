/** Distribution of a column over a stretch of time, for the small bar chart. */
import type { Ring } from './ring.ts';

export interface Bin {
  readonly fromMs: number;
  readonly toMs: number;
  readonly counts: readonly number[];
}

/** Values of one column within from..to that are known. */
export function valuesBetween(ring: Ring, column: number, fromMs: number, toMs: number): number[] {
  const out: number[] = [];
  for (let i = ring.indexAtOrAfter(fromMs); i < ring.length && ring.timeAt(i) <= toMs; i++) {
    const value = ring.valueAt(column, i);
    if (!Number.isNaN(value)) out.push(value);
  }
  return out;
}

/** Equal bins between the extremes of all series, one count a series. Values on the upper edge belong to the last bin. */
export function histogram(
  series: readonly (readonly number[])[],
  binCount: number,
  limits?: { min: number; max: number },
): Bin[] {
  const all = series.flat();
  if (all.length === 0) return [];
  const min = limits?.min ?? all.reduce((a, b) => Math.min(a, b), Infinity);
  const max = limits?.max ?? all.reduce((a, b) => Math.max(a, b), -Infinity);
  const width = max > min ? (max - min) / binCount : 1;
  const counts = Array.from({ length: binCount }, () => series.map(() => 0));
  series.forEach((values, s) => {
    for (const value of values) {
      const index = Math.min(binCount - 1, Math.max(0, Math.floor((value - min) / width)));
      const row = counts[index];
      if (row !== undefined) row[s] = (row[s] ?? 0) + 1;
    }
  });
  return counts.map((row, i) => ({ fromMs: min + i * width, toMs: min + (i + 1) * width, counts: row }));
}

export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** Order statistics by the nearest-rank method; null for no values. */
export function summarise(values: readonly number[]): Summary | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (p: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] ?? NaN;
  return { count: sorted.length, min: rank(0.000001), median: rank(0.5), p99: rank(0.99), max: rank(1) };
}
