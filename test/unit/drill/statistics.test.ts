// What n runs can and cannot claim, with the numbers of the method written out.
import { describe, expect, test } from 'vitest';
import type { DrillRun, DrillSuite, RunVerdict } from '../../../electron/common/contract/drill.ts';
import {
  median,
  quantileBounded,
  reliabilityMin,
  statisticsOf,
  suiteStatistics,
  summaryOf,
} from '../../../electron/common/drill/statistics.ts';

const TITLE = { en: 'power loss', 'zh-CN': '断电' };

function run(verdict: RunVerdict, outageMs: number | null, from = 'a'): DrillRun {
  const runId = `${verdict} ${outageMs} ${from} ${Math.floor(outageMs ?? 0)}`;
  return { runId, drill: 'power-loss', title: TITLE, verdict, outageMs, from } as DrillRun;
}

const many = (n: number): DrillRun[] => Array.from({ length: n }, (_, i) => run('pass', 1000 + i));

describe('reliability', () => {
  test.each([
    [10, 0.741],
    [20, 0.861],
    [29, 0.902],
    [59, 0.95],
    [299, 0.99],
  ])('%d passes in a row show at least %d', (n, bound) => {
    expect(reliabilityMin(n, 0)).toBeCloseTo(bound, 3);
  });

  test('a failure counts: Clopper and Pearson of 1 in 10 is 0.606', () => {
    expect(reliabilityMin(10, 1)).toBeCloseTo(0.606, 3);
    expect(reliabilityMin(4, 4)).toBe(0);
    expect(reliabilityMin(0, 0)).toBeNull();
  });

  test('the claim never says more than the bound: 0.741 is "74 %"', () => {
    const [claim] = statisticsOf('power-loss', null, many(10), TITLE).claims;
    expect(claim?.en).toContain('10 of 10 passed');
    expect(claim?.en).toContain('at least 74 %');
  });
});

describe('percentiles', () => {
  test.each([
    [28, null],
    [29, 0.9],
    [58, 0.9],
    [59, 0.95],
    [298, 0.95],
    [299, 0.99],
  ])('the maximum of %d bounds %s', (n, quantile) => {
    expect(quantileBounded(n)).toBe(quantile);
  });

  test('below 29 the words are median and range only', () => {
    const words = statisticsOf('power-loss', null, many(10), TITLE)
      .claims.map((c) => c.en)
      .join(' ');
    expect(words).toContain('median and range only');
    expect(
      statisticsOf('power-loss', null, many(29), TITLE)
        .claims.map((c) => c.en)
        .join(' '),
    ).toContain('90 % of outages');
  });
});

test('min, median and max are of the runs that measured; void and skipped ones stay in the count', () => {
  const runs = [run('pass', 1000), run('fail', 9000), run('remark', 2000), run('void', 1), run('skipped', null)];
  const s = statisticsOf('power-loss', null, runs, TITLE);
  expect(s).toMatchObject({
    runs: 5,
    n: 3,
    passed: 2,
    failed: 1,
    voided: 1,
    skipped: 1,
    minMs: 1000,
    medianMs: 2000,
    maxMs: 9000,
  });
  expect(s.points.map((p) => p.verdict)).toEqual(['pass', 'fail', 'remark']);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNull();
});

test('no run that measured claims nothing', () => {
  const s = statisticsOf('power-loss', null, [run('void', null)], TITLE);
  expect(s).toMatchObject({ n: 0, minMs: null, reliabilityMin: null });
  expect(s.claims[0]?.en).toContain('nothing can be claimed');
});

test('each direction is shown beside both together', () => {
  const all = suiteStatistics([run('pass', 1000, 'a'), run('pass', 2000, 'b')]);
  expect(all.map((s) => [s.from, s.n])).toEqual([
    [null, 2],
    ['a', 1],
    ['b', 1],
  ]);
});

test.each([
  [['pass', 'remark'], 'pass'],
  [['pass', 'void'], 'void'],
  [['void', 'fail'], 'fail'],
  [['skipped'], 'void'],
  [['pass', 'skipped'], 'pass'],
] as const)('a suite of %j is %s', (verdicts, verdict) => {
  const runs = verdicts.map((v) => run(v, 1000));
  expect(summaryOf({ runs } as unknown as DrillSuite).verdict).toBe(verdict);
});
