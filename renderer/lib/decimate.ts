/**
 * Down-sampling for the screen. Every bucket keeps its smallest and its largest value in the
 * order in which they came, never a mean: the one late heartbeat is what the picture is for.
 */
import type { Ring } from './ring.ts';

/** A stretch without knowledge, on the session's axis. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface BucketGrid {
  readonly fromMs: number;
  readonly toMs: number;
  readonly buckets: number;
}

/** As uPlot wants it: `null` breaks the line, `undefined` is only an empty place of the common grid. */
export type PlotValue = number | null | undefined;

/** The common x values of a grid, two a bucket, in seconds (uPlot's unit). */
export function gridTimes({ fromMs, toMs, buckets }: BucketGrid): number[] {
  const widthMs = (toMs - fromMs) / buckets;
  return Array.from({ length: buckets * 2 }, (_, i) => (fromMs + (i / 2 + 0.25) * widthMs) / 1000);
}

interface Bucket {
  index: number;
  min: number;
  minAt: number;
  max: number;
  maxAt: number;
}

function flush(bucket: Bucket, out: PlotValue[]): void {
  if (bucket.index < 0) return;
  const first = bucket.minAt <= bucket.maxAt ? bucket.min : bucket.max;
  const second = bucket.minAt <= bucket.maxAt ? bucket.max : bucket.min;
  out[bucket.index * 2] = first;
  if (bucket.minAt !== bucket.maxAt) out[bucket.index * 2 + 1] = second;
}

/** True when a declared gap lies between two instants. */
function isInterrupted(gaps: readonly Gap[], fromMs: number, toMs: number): boolean {
  return gaps.some((gap) => gap.fromMs < toMs && gap.toMs > fromMs);
}

/**
 * One series on the grid. `lowColumn` and `highColumn` may be the same; a NaN low falls back
 * to high. Rows further apart than `gapMs`, unknown values and declared gaps break the line.
 */
export function decimate(
  ring: Ring,
  columns: { readonly low: number; readonly high: number },
  grid: BucketGrid,
  gapMs: number,
  gaps: readonly Gap[] = [],
): PlotValue[] {
  const out: PlotValue[] = new Array<PlotValue>(grid.buckets * 2).fill(undefined);
  const widthMs = (grid.toMs - grid.fromMs) / grid.buckets;
  const bucket: Bucket = { index: -1, min: 0, minAt: 0, max: 0, maxAt: 0 };
  let previousMs = NaN;
  let previousKnown = false;
  for (let i = ring.indexAtOrAfter(grid.fromMs); i < ring.length; i++) {
    const tMs = ring.timeAt(i);
    if (tMs >= grid.toMs) break;
    const high = ring.valueAt(columns.high, i);
    const lowRaw = ring.valueAt(columns.low, i);
    const low = Number.isNaN(lowRaw) ? high : lowRaw;
    const index = Math.floor((tMs - grid.fromMs) / widthMs);
    const known = !Number.isNaN(low);
    const broken = previousKnown && (!known || tMs - previousMs > gapMs || isInterrupted(gaps, previousMs, tMs));
    if (broken && bucket.index >= 0 && (index > bucket.index || !known)) {
      flush(bucket, out);
      // The break goes to the first free place after the bucket, so that it never hides an extreme.
      const free = out[bucket.index * 2 + 1] === undefined ? bucket.index * 2 + 1 : bucket.index * 2 + 2;
      if (free < out.length) out[free] = null;
      bucket.index = -1;
    }
    previousMs = tMs;
    previousKnown = known;
    if (!known) continue;
    const top = Number.isNaN(high) ? low : high;
    if (index !== bucket.index) {
      flush(bucket, out);
      Object.assign(bucket, { index, min: low, minAt: i, max: top, maxAt: low === top ? i : i + 0.5 });
      continue;
    }
    if (low < bucket.min) Object.assign(bucket, { min: low, minAt: i });
    if (top > bucket.max) Object.assign(bucket, { max: top, maxAt: i });
  }
  flush(bucket, out);
  return out;
}
