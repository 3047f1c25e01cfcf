/** The distribution of one direction, of a link or of the merged stream. */
import type { AdviceStream } from '../contract/advice.ts';
import type { SessionTiming } from '../contract/session.ts';
import { countLosses } from './loss.ts';
import { largest, moments, quantile } from './numbers.ts';
import type { ArrivalStream } from './record.ts';
import { gapJudge, type Window } from './windows.ts';

const BINS = 40;
const TAIL_POINTS_MAX = 60;

/** A resolution finer than this share of a keepalive tells one lost heartbeat from a late one. */
const LOSS_RESOLUTION = 0.25;

export interface CountedStream {
  readonly stream: ArrivalStream;
  /** Gaps that count, in the order of time, and when each ended. */
  readonly gapMs: readonly number[];
  readonly atMs: readonly number[];
  readonly sorted: readonly number[];
  readonly view: AdviceStream;
}

/** Equal bins over the middle 99.8 %; the first and the last take what lies outside, so that one long gap does not hide the rest. */
export function histogramOf(sorted: readonly number[]): AdviceStream['histogram'] {
  const first = sorted[0];
  const last = sorted.at(-1);
  if (first === undefined || last === undefined) return [];
  const low = quantile(sorted, 0.001) ?? first;
  const high = quantile(sorted, 0.999) ?? last;
  const width = high > low ? (high - low) / BINS : 1;
  const bins = Array.from({ length: BINS }, (_, i) => ({
    fromMs: i === 0 ? first : low + i * width,
    toMs: i === BINS - 1 ? Math.max(last, low + BINS * width) : low + (i + 1) * width,
    count: 0,
  }));
  for (const value of sorted) {
    const bin = bins[Math.min(BINS - 1, Math.max(0, Math.floor((value - low) / width)))];
    if (bin !== undefined) bin.count += 1;
  }
  return bins;
}

/** Shares of the longest gaps, every one of the last few and then fewer and fewer. */
export function tailOf(sorted: readonly number[]): AdviceStream['tail'] {
  const n = sorted.length;
  const points: { gapMs: number; share: number }[] = [];
  const factor = Math.max(1.1, n ** (1 / TAIL_POINTS_MAX));
  for (let rank = 1; rank <= n; rank = Math.max(rank + 1, Math.floor(rank * factor))) {
    points.push({ gapMs: sorted[n - rank] ?? 0, share: rank / n });
  }
  return points.reverse();
}

/** What counts of a stream, and how it is distributed. `present`: what the sending node has set; null: unknown. */
export function countStream(
  stream: ArrivalStream,
  windows: readonly Window[],
  present: SessionTiming | null,
): CountedStream {
  const isExcluded = gapJudge(windows);
  const gapMs: number[] = [];
  const atMs: number[] = [];
  let observedMs = 0;
  stream.gapMs.forEach((gap, i) => {
    const at = stream.atMs[i] ?? 0;
    if (isExcluded(at, gap)) return;
    gapMs.push(gap);
    atMs.push(at);
    observedMs += gap;
  });
  const sorted = [...gapMs].sort((a, b) => a - b);
  const { mean, sd, count } = moments(gapMs);
  const maxMs = sorted.at(-1) ?? null;
  const { from, to, link, resolution, resolutionMs } = stream;
  const canCountLoss = present !== null && resolutionMs <= LOSS_RESOLUTION * present.keepaliveMs;
  return {
    stream,
    gapMs,
    atMs,
    sorted,
    view: {
      ...{ from, to, link, resolution, resolutionMs, count, observedMs },
      minMs: sorted[0] ?? null,
      medianMs: quantile(sorted, 0.5),
      p99Ms: quantile(sorted, 0.99),
      p999Ms: quantile(sorted, 0.999),
      maxMs,
      meanMs: count === 0 ? null : mean,
      sdMs: count < 2 ? null : sd,
      late: present === null ? null : gapMs.filter((gap) => gap > present.warntimeMs).length,
      lost: canCountLoss ? countLosses(gapMs, present.keepaliveMs).lost : null,
      smallestMarginMs: present === null || maxMs === null ? null : present.deadtimeMs - maxMs,
      smallestMarginAtMs: present === null || maxMs === null ? null : (atMs[gapMs.indexOf(largest(gapMs))] ?? null),
      histogram: histogramOf(sorted),
      tail: tailOf(sorted),
    },
  };
}
