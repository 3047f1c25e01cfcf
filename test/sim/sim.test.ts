import { expect, test } from 'vitest';
import { simulate } from '../../agent/common/sim/simulate.ts';
import { KNOWN_SEEDS } from './seeds.ts';

/** About 30 ms each on an idle machine; the time limits allow for a loaded one. */
const RUNS = 200;
const SPLIT_RUNS = 100;

function failures(seeds: readonly number[]): string[] {
  const found: string[] = [];
  for (const seed of seeds) {
    for (const v of simulate(seed).violations) found.push(`npm run sim -- --seed ${seed}: ${v.checker}: ${v.detail}`);
  }
  return found;
}

test('seeds that once failed hold', () => {
  expect(failures(KNOWN_SEEDS.map((known) => known.seed))).toEqual([]);
});

test(`${RUNS} random runs hold every promise`, { timeout: 240_000 }, () => {
  expect(failures(Array.from({ length: RUNS }, (_, i) => i + 1))).toEqual([]);
});

test(
  'splits alone cost no service: not while they last, and a takeover at most when they heal',
  { timeout: 120_000 },
  () => {
    const down: string[] = [];
    for (let seed = 1; seed <= SPLIT_RUNS; seed++) {
      for (const v of simulate(seed, 'splits').violations) down.push(`seed ${seed}: ${v.checker}: ${v.detail}`);
    }
    expect(down).toEqual([]);
  },
);

test('a run is repeated exactly by its seed', () => {
  expect(simulate(4).timeline).toEqual(simulate(4).timeline);
  expect(simulate(4).timeline.length).toBeGreaterThan(20);
});
