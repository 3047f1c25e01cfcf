import { expect, test } from 'vitest';
import { bytes, clock, duration, millis, seconds } from '../../../../renderer/lib/format.ts';
import { histogram, summarise, valuesBetween } from '../../../../renderer/lib/histogram.ts';
import { Ring } from '../../../../renderer/lib/ring.ts';

test('format: what is not known is a dash, never a zero', () => {
  expect([seconds(null), seconds(NaN), millis(null)]).toEqual(['–', '–', '–']);
});

test('format: signs, also of what rounds to zero', () => {
  expect([seconds(1840), seconds(-200), seconds(-1), seconds(0)]).toEqual(['1.84 s', '−0.20 s', '0.00 s', '0.00 s']);
  expect([millis(0.424), millis(12.34), millis(840.2), millis(-3)]).toEqual([
    '0.42 ms',
    '12.3 ms',
    '840 ms',
    '−3.00 ms',
  ]);
});

test('format: durations and sizes as people write them', () => {
  expect([duration(500), duration(1500), duration(60_000), duration(90_000), duration(300_000)]).toEqual([
    '500 ms',
    '1.5 s',
    '1 min',
    '90 s',
    '5 min',
  ]);
  expect([bytes(412), bytes(2048), bytes(38_400_000)]).toEqual(['412 B', '2.0 KiB', '36.6 MiB']);
});

test('format: the clock cuts decimals off, it never runs ahead', () => {
  const at = new Date(2026, 10, 21, 3, 4, 5, 999).getTime();
  expect([clock(at), clock(at, 1), clock(at, 3)]).toEqual(['03:04:05', '03:04:05.9', '03:04:05.999']);
});

test('histogram: every value is counted once, the largest in the last bin', () => {
  const bins = histogram([[0, 1, 2, 10], [5]], 5);
  expect(bins.map((b) => b.counts)).toEqual([
    [2, 0],
    [1, 0],
    [0, 1],
    [0, 0],
    [1, 0],
  ]);
});

test('histogram: nothing, and all values equal', () => {
  expect(histogram([[], []], 4)).toEqual([]);
  expect(histogram([[3, 3]], 4).map((b) => b.counts[0])).toEqual([2, 0, 0, 0]);
});

test('summary: nearest rank', () => {
  expect(summarise([])).toBeNull();
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(summarise(hundred)).toEqual({ count: 100, min: 1, median: 50, p99: 99, max: 100 });
});

test('valuesBetween: only what is known, ends included', () => {
  const ring = new Ring(10, 1);
  for (const [t, v] of [
    [1, 1],
    [2, NaN],
    [3, 3],
    [4, 4],
  ] as const)
    ring.push(t, [v]);
  expect(valuesBetween(ring, 0, 1, 3)).toEqual([1, 3]);
});
