import { expect, test } from 'vitest';
import { SeededRandom } from '../../../../agent/common/base/random.ts';
import { decimate, gridTimes } from '../../../../renderer/lib/decimate.ts';
import { Ring } from '../../../../renderer/lib/ring.ts';

const ONE = { low: 0, high: 0 };

function ringOf(rows: readonly (readonly [number, number])[]): Ring {
  const ring = new Ring(10_000, 1);
  for (const [t, v] of rows) ring.push(t, [v]);
  return ring;
}

const known = (values: readonly unknown[]): number[] => values.filter((v) => typeof v === 'number');

test('decimate: the extremes of everything survive, whatever the width', () => {
  const random = new SeededRandom(3);
  const rows = Array.from({ length: 2000 }, (_, i): [number, number] => [i * 100, random.nextFraction() * 100]);
  const all = rows.map(([, v]) => v);
  for (const buckets of [20, 77, 400, 3000]) {
    const out = known(decimate(ringOf(rows), ONE, { fromMs: 0, toMs: 200_000, buckets }, 1000));
    expect(Math.min(...out)).toBe(Math.min(...all));
    expect(Math.max(...out)).toBe(Math.max(...all));
  }
});

test('decimate: one spike among many is not lost, and comes in its order', () => {
  const rows = Array.from({ length: 100 }, (_, i): [number, number] => [i, i === 42 ? -9 : 5]);
  const out = decimate(ringOf(rows), ONE, { fromMs: 0, toMs: 100, buckets: 1 }, 1000);
  expect(out).toEqual([5, -9]);
});

test('decimate: a gap in time is null over its whole length, because undefined would be joined', () => {
  const rows = [0, 100, 200, 1000, 1100].map((t): [number, number] => [t, 1]);
  const out = decimate(ringOf(rows), ONE, { fromMs: 0, toMs: 1200, buckets: 12 }, 300);
  expect(out.slice(0, 6)).toEqual([1, undefined, 1, undefined, 1, null]);
  expect(out.slice(6, 20)).toEqual(new Array(14).fill(null));
  expect(out[20]).toBe(1);
});

test('decimate: an unknown value breaks the line', () => {
  const out = decimate(
    ringOf([
      [0, 1],
      [100, NaN],
      [200, 1],
    ]),
    ONE,
    { fromMs: 0, toMs: 300, buckets: 3 },
    1000,
  );
  expect(out).toEqual([1, null, null, null, 1, undefined]);
});

test('decimate: a declared gap breaks the line even when the rows are near', () => {
  const ring = ringOf([
    [0, 1],
    [100, 1],
  ]);
  const grid = { fromMs: 0, toMs: 200, buckets: 2 };
  expect(decimate(ring, ONE, grid, 1000)).toEqual([1, undefined, 1, undefined]);
  expect(decimate(ring, ONE, grid, 1000, [{ fromMs: 20, toMs: 60 }])).toEqual([1, null, 1, undefined]);
});

test('decimate: a break inside one bucket never hides an extreme', () => {
  const out = decimate(
    ringOf([
      [0, 1],
      [1, 7],
      [2, NaN],
      [3, -4],
      [100, 2],
    ]),
    ONE,
    { fromMs: 0, toMs: 200, buckets: 2 },
    1000,
  );
  expect(out.slice(0, 2)).toEqual([7, -4]);
});

test('decimate: low and high columns, with a fallback where low is not known', () => {
  const ring = new Ring(10, 2);
  ring.push(0, [1, 5]);
  ring.push(100, [NaN, 3]);
  expect(decimate(ring, { low: 0, high: 1 }, { fromMs: 0, toMs: 200, buckets: 2 }, 1000)).toEqual([1, 5, 3, undefined]);
});

test('gridTimes: two instants a bucket, ascending, in seconds', () => {
  expect(gridTimes({ fromMs: 1000, toMs: 3000, buckets: 2 })).toEqual([1.25, 1.75, 2.25, 2.75]);
});
