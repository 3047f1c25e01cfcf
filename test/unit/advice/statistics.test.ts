// Goal: every formula gives the numbers that the literature and the reference give, and the tail is only extrapolated where it
// may be. Method: samples of known distributions from fixed seeds; tables of the reference.
import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../../agent/common/base/random.ts';
import { downtimeBudgets } from '../../../electron/common/advice/budget.ts';
import { chenAlphaMs, predictionErrors } from '../../../electron/common/advice/chen.ts';
import {
  clusterPeaks,
  DISTANCE_MAX,
  fitDistance,
  fitExcess,
  fitTail,
  tailProbability,
  tailQuantileMs,
} from '../../../electron/common/advice/gpd.ts';
import { beatsToBear, countLosses, isBursty, lossBound } from '../../../electron/common/advice/loss.ts';
import { dataAlonePerDay } from '../../../electron/common/advice/methods.ts';
import { moments, normalUpperQuantile, quantile } from '../../../electron/common/advice/numbers.ts';
import { serialFloor, serialKeepaliveMinMs } from '../../../electron/common/advice/serial.ts';
import { paretoExcess, tailedGaps } from '../../support/adviceRecords.ts';

describe('numbers', () => {
  test('nearest-rank quantiles, mean and deviation', () => {
    const sorted = Array.from({ length: 100 }, (_, i) => i + 1);
    expect([quantile(sorted, 0.5), quantile(sorted, 0.99), quantile(sorted, 1), quantile([], 0.5)]).toEqual([
      50,
      99,
      100,
      null,
    ]);
    expect(moments([1, 2, 3, 4])).toMatchObject({ count: 4, mean: 2.5 });
    expect(moments([1, 2, 3, 4]).sd).toBeCloseTo(1.291, 3);
    // Welford: squares of a large mean would have swallowed this.
    expect(moments([1e9 + 1, 1e9 + 2, 1e9 + 3]).sd).toBeCloseTo(1, 6);
  });

  test('the normal quantiles that phi-accrual uses: 5.61 and 7.03', () => {
    expect(normalUpperQuantile(1e-8)).toBeCloseTo(5.612, 3);
    expect(normalUpperQuantile(1e-12)).toBeCloseTo(7.0345, 3);
    expect(normalUpperQuantile(0.025)).toBeCloseTo(1.95996, 4);
    expect(normalUpperQuantile(0.1)).toBeCloseTo(1.28155, 4);
  });
});

describe('generalised Pareto tail', () => {
  test.each([
    [-0.2, 5],
    [0, 5],
    [0.3, 5],
  ])('finds a shape of %s and a scale of %s', (shape, scale) => {
    const random = new SeededRandom(11);
    const excess = Array.from({ length: 5000 }, () => paretoExcess(random, shape, scale));
    const fit = fitExcess(excess);
    expect(Math.abs(fit.shape - shape)).toBeLessThan(0.06);
    expect(Math.abs(fit.scale - scale)).toBeLessThan(0.4);
  });

  test('a sample that truly is of the family is taken for one', () => {
    const random = new SeededRandom(12);
    let rejected = 0;
    for (let i = 0; i < 300; i += 1) {
      const excess = Array.from({ length: 120 }, () => paretoExcess(random, (i % 4) * 0.1, 5));
      const fit = fitExcess(excess);
      if (fitDistance(excess, fit.shape, fit.scale) > DISTANCE_MAX) rejected += 1;
    }
    expect(rejected).toBeLessThanOrEqual(9);
  });

  test('a day of an exponential tail: the quantile of a ten-year risk within a tenth of the true one', () => {
    const result = fitTail(tailedGaps(86_400, 0, 5, 21));
    if (!result.ok) throw new Error(result.reason);
    const p = 3.17e-9;
    const trueMs = 1000 - 5 * Math.log(p);
    expect(tailQuantileMs(result.fit, p) / trueMs).toBeGreaterThan(0.9);
    expect(tailQuantileMs(result.fit, p) / trueMs).toBeLessThan(1.1);
    expect(tailProbability(result.fit, tailQuantileMs(result.fit, p))).toBeCloseTo(p, 12);
  });

  test('refuses: too few, too heavy, one event, no single shape', () => {
    expect(fitTail(tailedGaps(90, 0, 5, 1))).toMatchObject({ ok: false, reason: 'few' });
    expect(fitTail(tailedGaps(300, 0, 5, 1))).toMatchObject({ ok: false, reason: 'few' });
    expect(fitTail(tailedGaps(20_000, 0.7, 5, 1))).toMatchObject({ ok: false, reason: 'heavy' });
    const oneStall = tailedGaps(20_000, 0, 5, 2);
    oneStall[9000] = 9000;
    expect(fitTail(oneStall)).toMatchObject({ ok: false, reason: 'one-event' });
    // 2 % lost heartbeats beside jitter of a few milliseconds: gaps of two keepalives, and nothing between.
    const random = new SeededRandom(3);
    const lossy = tailedGaps(3000, 0, 5, 4).map((gap) => gap + (random.chance(0.02) ? 1000 : 0));
    expect(fitTail(lossy)).toMatchObject({ ok: false, reason: 'shape' });
  });

  test('neighbours above the threshold are one event', () => {
    expect(clusterPeaks([1, 9, 8, 1, 7, 1, 1, 1, 1, 6, 1], 5)).toEqual([4, 1]);
    expect(clusterPeaks([1, 2, 3], 5)).toEqual([]);
  });
});

describe('lost heartbeats', () => {
  const losses = (received: number, lost: number) => ({ received, lost, longestRun: 1, runs: lost });

  test('counted by the length of gaps; a late one is told from a lost one by the shorter gap after it', () => {
    expect(countLosses([1000, 1000, 2020, 980, 4000, 1000], 1000)).toEqual({
      received: 6,
      lost: 4,
      longestRun: 3,
      runs: 2,
    });
    expect(countLosses([1000, 1565, 435, 1900, 100, 1000], 1000)).toMatchObject({ lost: 1 });
    expect(countLosses([1000, 1565, 435, 1850, 150, 1000], 1000)).toMatchObject({ lost: 0 });
    // A sender whose clock runs a little slow does not lose one in a thousand.
    expect(
      countLosses(
        Array.from({ length: 5000 }, () => 1000.7),
        1000,
      ),
    ).toMatchObject({ lost: 0 });
  });

  test('p^k of the reference: 1 % and five, 10 % and six, 50 % and ten', () => {
    expect(beatsToBear(losses(9900, 100), 1.01e-10)).toBe(5);
    expect(beatsToBear(losses(9000, 1000), 1.01e-6)).toBe(6);
    expect(beatsToBear(losses(5000, 5000), 1e-3)).toBe(10);
  });

  test('none lost is not a loss of nothing', () => {
    expect(lossBound(losses(300, 0))).toBeCloseTo(0.01, 6);
    expect(lossBound(losses(0, 0))).toBe(1);
  });

  test('bursts ask for more than independent losses of the same share', () => {
    const bursty = { received: 9000, lost: 1000, runs: 50, longestRun: 40 };
    expect(isBursty(bursty)).toBe(true);
    expect(isBursty(losses(9000, 1000))).toBe(false);
    expect(beatsToBear(bursty, 1e-6)).toBeGreaterThan(100);
  });
});

describe('Chen, Toueg, Aguilera', () => {
  test('errors of expected arrivals do not grow with a clock that runs steadily wrong', () => {
    const drifting = Array.from({ length: 5000 }, () => 1000.05);
    const errors = predictionErrors(drifting, 1000);
    expect(Math.sqrt(errors.variance)).toBeLessThan(1);
    const random = new SeededRandom(5);
    const jittered = Array.from({ length: 5000 }, () => 1000 + (random.nextFraction() - 0.5) * 40);
    expect(Math.sqrt(predictionErrors(jittered, 1000).variance)).toBeGreaterThan(5);
    expect(predictionErrors([1000], 1000).count).toBe(0);
  });

  test('α keeps its bound, and a lost heartbeat in a hundred costs more than none', () => {
    const without = chenAlphaMs(1000, 0, 400, 1e-9);
    const withLoss = chenAlphaMs(1000, 0.01, 400, 1e-9);
    expect(without).not.toBeNull();
    expect(withLoss ?? 0).toBeGreaterThan(without ?? 0);
    expect(chenAlphaMs(1000, 1, 400, 1e-9)).toBeNull();
  });
});

test('three over n: one day of a beat a second still allows three a day', () => {
  expect(dataAlonePerDay(86_400, 1000)).toBeCloseTo(3, 6);
  expect(dataAlonePerDay(0, 1000)).toBeNull();
});

test('the line budget of the reference', () => {
  const rounded = [9600, 19_200, 38_400, 57_600, 115_200].map((baud) =>
    Number((serialKeepaliveMinMs(baud) / 1000).toFixed(2)),
  );
  expect(rounded).toEqual([0.55, 0.28, 0.14, 0.09, 0.05]);
  const floor = serialFloor({ baud: 19_200, device: '/dev/ttyS0' }, 500, 6, 2);
  expect(floor.sendMs).toBeCloseTo(107, 0);
  expect(floor.burstMs).toBeCloseTo(565, 0);
  expect(floor.ms).toBeCloseTo(565 + 1500, 0);
  expect(serialFloor({ baud: 19_200, device: '/dev/ttyUSB0' }, 500, 6, 2).ms - floor.ms).toBe(16);
});

test("a year's downtime and how many failovers fit", () => {
  const budgets = downtimeBudgets(10_000);
  expect(budgets.map((b) => b.availability)).toEqual([0.99, 0.999, 0.9995, 0.9999, 0.99999]);
  expect(budgets.map((b) => b.failoversPerYear)).toEqual([31_536, 3153, 1576, 315, 31]);
  expect((budgets[1]?.downtimeMsPerYear ?? 0) / 3_600_000).toBeCloseTo(8.76, 6);
  expect(downtimeBudgets(null).every((b) => b.failoversPerYear === null)).toBe(true);
});
