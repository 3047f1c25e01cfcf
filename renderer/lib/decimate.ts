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
  /** -1: empty. */
  index: number;
  min: number;
  minAt: number;
  max: number;
  maxAt: number;
}

/** Writes a bucket to its two places, in the order in which its extremes came; returns the first place left free. */
function flush(bucket: Bucket, out: PlotValue[]): number {
  if (bucket.index < 0) return 0;
  const at = bucket.index * 2;
  const isOne = bucket.minAt === bucket.maxAt;
  out[at] = bucket.minAt <= bucket.maxAt ? bucket.min : bucket.max;
  if (!isOne) out[at + 1] = bucket.minAt <= bucket.maxAt ? bucket.max : bucket.min;
  return at + (isOne ? 1 : 2);
}

/** True when a declared gap lies between two instants. */
function isInterrupted(gaps: readonly Gap[], fromMs: number, toMs: number): boolean {
  return gaps.some((gap) => gap.fromMs < toMs && gap.toMs > fromMs);
}

/**
 * One series on the grid. `lowColumn` and `highColumn` may be the same; a NaN low falls back
 * to high. Rows further apart than `gapMs`, unknown values and declared gaps break the line:
 * every place between is then `null`, because uPlot joins over an `undefined`. A break
 * within one bucket is narrower than a pixel or two and gives way to the extremes.
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
  let broken = false;
  for (let i = ring.indexAtOrAfter(grid.fromMs); i < ring.length; i++) {
    const tMs = ring.timeAt(i);
    if (tMs >= grid.toMs) break;
    const high = ring.valueAt(columns.high, i);
    const lowRaw = ring.valueAt(columns.low, i);
    const low = Number.isNaN(lowRaw) ? high : lowRaw;
    if (Number.isNaN(low)) {
      broken = true;
      continue;
    }
    if (tMs - previousMs > gapMs || isInterrupted(gaps, previousMs, tMs)) broken = true;
    previousMs = tMs;
    const top = Number.isNaN(high) ? low : high;
    const index = Math.floor((tMs - grid.fromMs) / widthMs);
    if (index !== bucket.index) {
      const free = flush(bucket, out);
      if (broken) out.fill(null, free, index * 2);
      Object.assign(bucket, { index, min: low, minAt: i, max: top, maxAt: low === top ? i : i + 0.5 });
    } else {
      if (low < bucket.min) Object.assign(bucket, { min: low, minAt: i });
      if (top > bucket.max) Object.assign(bucket, { max: top, maxAt: i });
    }
    broken = false;
  }
  flush(bucket, out);
  return out;
}
