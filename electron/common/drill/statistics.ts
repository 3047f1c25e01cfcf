/** What the runs of one drill say together, and what that many runs can and cannot claim. Pure. */
import type { DrillRun, DrillStatistics, DrillSuite, DrillSummary, RunVerdict, Text } from '../contract/drill.ts';
import { text } from './text.ts';

/** Chance of being wrong that every statement here allows. */
const ALPHA = 0.05;

/** Quantiles that a sample maximum can be an upper bound for, the highest first. */
const QUANTILES = [0.99, 0.95, 0.9] as const;

/** Runs from which a percentile means anything: the maximum of 29 bounds the 90th percentile. */
export const RUNS_FOR_PERCENTILE = 29;

const COUNTED: ReadonlySet<RunVerdict> = new Set(['pass', 'remark', 'fail']);

/** Middle of the values; the mean of the two middle ones where there is no middle. null: no values. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

/** P(at most `failures` failures in `n` tries) when each passes with probability `pass`. */
function chanceOfAtMost(failures: number, n: number, pass: number): number {
  let total = 0;
  let term = pass ** n;
  for (let k = 0; k <= failures; k += 1) {
    total += term;
    term *= ((n - k) / (k + 1)) * ((1 - pass) / pass);
  }
  return total;
}

/**
 * Lower 95 % bound of the chance to pass (Clopper and Pearson). Without a failure it is 0.05^(1/n): with that chance n passes in a row
 * would happen in one of twenty campaigns. null: n is 0.
 */
export function reliabilityMin(n: number, failures: number): number | null {
  if (n === 0) return null;
  if (failures === 0) return ALPHA ** (1 / n);
  if (failures >= n) return 0;
  let [low, high] = [1e-9, 1 - 1e-9];
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    // P(this many failures or fewer) grows with the chance to pass.
    if (chanceOfAtMost(failures, n, middle) < ALPHA) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The largest quantile whose value the maximum of n exceeds with 95 % confidence: 1 - q^n >= 0.95. null: none. */
export function quantileBounded(n: number): number | null {
  return QUANTILES.find((q) => q ** n <= ALPHA) ?? null;
}

function percent(fraction: number): string {
  return `${(Math.floor(fraction * 1000) / 10).toFixed(fraction < 0.99 ? 0 : 1)} %`;
}

function claimsOf(n: number, passed: number, measured: number, maxMs: number | null): Text[] {
  const claims: Text[] = [];
  const reliable = reliabilityMin(n, n - passed);
  if (reliable !== null)
    claims.push(
      text(
        `${passed} of ${n} passed: with 95 % confidence this drill passes at least ${percent(reliable)} of the time, under the conditions of these runs.`,
        `${n} 次中通过 ${passed} 次：在这些演练的条件下，有 95% 的把握认为通过率不低于 ${percent(reliable)}。`,
      ),
    );
  else claims.push(text('No run measured anything: nothing can be claimed.', '没有有效的演练：不能得出任何结论。'));
  const bounded = quantileBounded(measured);
  if (bounded !== null && maxMs !== null)
    claims.push(
      text(
        `With 95 % confidence ${bounded * 100} % of outages are not longer than the largest seen, ${maxMs.toFixed(0)} ms.`,
        `有 95% 的把握认为 ${bounded * 100}% 的中断时间不超过已见的最大值 ${maxMs.toFixed(0)} ms。`,
      ),
    );
  else if (measured > 0)
    claims.push(
      text(
        `${measured} values support median and range only; a percentile needs ${RUNS_FOR_PERCENTILE} (90th), 59 (95th) or 299 (99th).`,
        `${measured} 个值只支持中位数和范围；百分位数需要 ${RUNS_FOR_PERCENTILE} 次（90%）、59 次（95%）或 299 次（99%）。`,
      ),
    );
  claims.push(
    text(
      'It shows the mechanism at this date; it says nothing about availability over a year.',
      '它证明机制在此时有效；不能说明全年的可用率。',
    ),
  );
  return claims;
}

/** Statistics of runs of one drill; `from`: the direction that they have in common, or null. */
export function statisticsOf(
  drill: string,
  from: string | null,
  runs: readonly DrillRun[],
  title: Text,
): DrillStatistics {
  const counted = runs.filter((r) => COUNTED.has(r.verdict));
  const points = counted.flatMap((r) =>
    r.outageMs === null ? [] : [{ runId: r.runId, from: r.from, outageMs: r.outageMs, verdict: r.verdict }],
  );
  const values = points.map((p) => p.outageMs);
  const passed = counted.filter((r) => r.verdict !== 'fail').length;
  const maxMs = values.length === 0 ? null : Math.max(...values);
  return {
    drill,
    title,
    from,
    runs: runs.length,
    n: counted.length,
    passed,
    failed: counted.length - passed,
    voided: runs.filter((r) => r.verdict === 'void').length,
    skipped: runs.filter((r) => r.verdict === 'skipped').length,
    minMs: values.length === 0 ? null : Math.min(...values),
    medianMs: median(values),
    maxMs,
    points,
    reliabilityMin: reliabilityMin(counted.length, counted.length - passed),
    quantileBounded: quantileBounded(values.length),
    claims: claimsOf(counted.length, passed, values.length, maxMs),
  };
}

/** Of every drill of a suite: both directions together, then each direction where there are two. */
export function suiteStatistics(runs: readonly DrillRun[]): DrillStatistics[] {
  const drills = [...new Set(runs.map((r) => r.drill))];
  return drills.flatMap((drill) => {
    const own = runs.filter((r) => r.drill === drill);
    const title = own[0]?.title ?? text(drill, drill);
    const directions = [...new Set(own.flatMap((r) => (r.from === null ? [] : [r.from])))].sort();
    const each = directions.length < 2 ? [] : directions;
    return [
      statisticsOf(drill, null, own, title),
      ...each.map((from) =>
        statisticsOf(
          drill,
          from,
          own.filter((r) => r.from === from),
          title,
        ),
      ),
    ];
  });
}

/** A suite with what its runs say together. Nothing measured is no pass. */
export function summaryOf(suite: DrillSuite): DrillSummary {
  const verdicts = suite.runs.map((r) => r.verdict);
  const isPass = verdicts.some((v) => v === 'pass' || v === 'remark');
  const verdict = verdicts.includes('fail') ? 'fail' : verdicts.includes('void') || !isPass ? 'void' : 'pass';
  return { suite, statistics: suiteStatistics(suite.runs), verdict };
}
