/**
 * What a client saw, computed from an open-loop probe. Requests count from the moment they
 * were due, never from the moment they were sent: a probe that waits for its last answer
 * stops sampling exactly during the outage.
 */

/** The part of a probe sample that counts here. Times in milliseconds on the session axis. */
export interface ProbePoint {
  readonly tMs: number;
  readonly ok: boolean;
  readonly answeredBy: string | null;
}

/**
 * Good answers in a row that end an outage. One is not enough: a node on its way down answers
 * single requests. Five at 100 ms are half a second, shorter than any deadtime in use.
 */
export const GOOD_RUN_COUNT = 5;

/** A due time missing for longer than this many periods means that the probe itself did not run. */
const STALL_PERIODS = 5;

/** Floor of the same limit, milliseconds: below it a busy machine's ordinary hiccups would void every run. */
const STALL_FLOOR_MS = 250;

export interface OutageSpan {
  /** Due time of the first failed request. */
  readonly fromMs: number;
  /** Due time of the first of the good run; null: it had not ended when the probes stop. */
  readonly toMs: number | null;
  readonly restoredBy: string | null;
}

export interface OutageReport {
  /** The longest span without service; 0: no request failed; null: it did not end. */
  readonly outageMs: number | null;
  /** The true value lies within this many milliseconds: one period. */
  readonly errorMs: number;
  readonly spans: readonly OutageSpan[];
  readonly restoredBy: string | null;
  /** Good answers after the outage that came from somebody else than the node that ended it. */
  readonly wrongResponderCount: number;
  /** Longest stretch in which the probe itself sent nothing, milliseconds, when it was too long to trust the rest; else null. */
  readonly stalledMs: number | null;
}

/** Index of the first of `GOOD_RUN_COUNT` good points in a row at or after `start`; -1: none. */
function goodRunFrom(points: readonly ProbePoint[], start: number, runCount: number): number {
  let run = 0;
  for (let i = start; i < points.length; i += 1) {
    run = points[i]?.ok === true ? run + 1 : 0;
    if (run === runCount) return i - runCount + 1;
  }
  return -1;
}

/** Every span without service, in order. Points must be sorted by due time. */
export function outageSpans(points: readonly ProbePoint[], runCount: number = GOOD_RUN_COUNT): OutageSpan[] {
  const spans: OutageSpan[] = [];
  let i = 0;
  while (i < points.length) {
    const point = points[i];
    if (point === undefined || point.ok) {
      i += 1;
      continue;
    }
    const end = goodRunFrom(points, i, runCount);
    const good = end < 0 ? undefined : points[end];
    spans.push({ fromMs: point.tMs, toMs: good?.tMs ?? null, restoredBy: good?.answeredBy ?? null });
    if (end < 0) break;
    i = end + runCount;
  }
  return spans;
}

function longestSilenceMs(points: readonly ProbePoint[]): number {
  let longest = 0;
  for (let i = 1; i < points.length; i += 1) {
    longest = Math.max(longest, (points[i]?.tMs ?? 0) - (points[i - 1]?.tMs ?? 0));
  }
  return longest;
}

function longerSpan(a: OutageSpan, b: OutageSpan): OutageSpan {
  if (a.toMs === null) return a;
  if (b.toMs === null) return b;
  return b.toMs - b.fromMs > a.toMs - a.fromMs ? b : a;
}

/** Judges the probes of one drill. `points` are those due from the fault on, sorted by due time. */
export function measureOutage(
  points: readonly ProbePoint[],
  periodMs: number,
  runCount: number = GOOD_RUN_COUNT,
): OutageReport {
  const spans = outageSpans(points, runCount);
  const silenceMs = longestSilenceMs(points);
  const stalledMs = silenceMs > Math.max(STALL_FLOOR_MS, STALL_PERIODS * periodMs) ? silenceMs : null;
  const main = spans.length === 0 ? null : spans.reduce(longerSpan);
  if (main === null) {
    return { outageMs: 0, errorMs: periodMs, spans, restoredBy: null, wrongResponderCount: 0, stalledMs };
  }
  const wrong = points.filter(
    (p) =>
      main.toMs !== null && p.tMs >= main.toMs && p.ok && p.answeredBy !== null && p.answeredBy !== main.restoredBy,
  );
  return {
    outageMs: main.toMs === null ? null : main.toMs - main.fromMs,
    errorMs: periodMs,
    spans,
    restoredBy: main.restoredBy,
    wrongResponderCount: main.restoredBy === null ? 0 : wrong.length,
    stalledMs,
  };
}

/** A stretch in which one node held the address; `toMs` null: to the end of the record. */
export interface HoldSpan {
  readonly fromMs: number;
  readonly toMs: number | null;
}

/** Time for which both held it at once, milliseconds, up to `endMs`. */
export function dualMs(a: readonly HoldSpan[], b: readonly HoldSpan[], endMs: number): number {
  let total = 0;
  for (const x of a) {
    for (const y of b) {
      const from = Math.max(x.fromMs, y.fromMs);
      const to = Math.min(x.toMs ?? endMs, y.toMs ?? endMs);
      total += Math.max(0, to - from);
    }
  }
  return total;
}

/** One node's word about the address at a time, in order. */
export interface HoldWord {
  readonly tMs: number;
  readonly holds: boolean;
}

/** Joins a node's words into spans. A span begins at the first `true` and ends at the first `false` after it. */
export function holdSpans(words: readonly HoldWord[]): HoldSpan[] {
  const spans: HoldSpan[] = [];
  let fromMs: number | null = null;
  for (const word of words) {
    if (word.holds && fromMs === null) fromMs = word.tMs;
    else if (!word.holds && fromMs !== null) {
      spans.push({ fromMs, toMs: word.tMs });
      fromMs = null;
    }
  }
  if (fromMs !== null) spans.push({ fromMs, toMs: null });
  return spans;
}
