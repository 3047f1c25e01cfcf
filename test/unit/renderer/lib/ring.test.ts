import { expect, test } from 'vitest';
import { Ring } from '../../../../renderer/lib/ring.ts';

const times = (ring: Ring): number[] => Array.from({ length: ring.length }, (_, i) => ring.timeAt(i));

test('ring: keeps the newest rows when full', () => {
  const ring = new Ring(3, 1);
  for (const t of [1, 2, 3, 4, 5]) ring.push(t, [t * 10]);
  expect(times(ring)).toEqual([3, 4, 5]);
  expect(ring.valueAt(0, 0)).toBe(30);
});

test('ring: a late row goes to its place, before and after the ring has wrapped', () => {
  const ring = new Ring(5, 1);
  for (const t of [10, 20, 40]) ring.push(t, [t]);
  ring.push(30, [30]);
  expect(times(ring)).toEqual([10, 20, 30, 40]);
  for (const t of [50, 60, 70]) ring.push(t, [t]);
  ring.push(55, [55]);
  expect(times(ring)).toEqual([40, 50, 55, 60, 70]);
  expect(times(ring)).toEqual([0, 1, 2, 3, 4].map((i) => ring.valueAt(0, i)));
});

test('ring: a full ring refuses what is older than everything it holds', () => {
  const ring = new Ring(2, 1);
  for (const t of [10, 20, 5]) ring.push(t, [t]);
  expect(times(ring)).toEqual([10, 20]);
});

test('ring: a row for a known time replaces it', () => {
  const ring = new Ring(3, 1);
  ring.push(1, [1]);
  ring.push(2, [2]);
  ring.push(1, [9]);
  expect(ring.length).toBe(2);
  expect(ring.valueAt(0, 0)).toBe(9);
});

test('ring: search and what lies outside', () => {
  const ring = new Ring(4, 1);
  for (const t of [10, 20, 30]) ring.push(t, [t]);
  expect([5, 10, 11, 30, 31].map((t) => ring.indexAtOrAfter(t))).toEqual([0, 0, 1, 2, 3]);
  expect(ring.timeAt(3)).toBeNaN();
  expect(ring.valueAt(0, -1)).toBeNaN();
});
