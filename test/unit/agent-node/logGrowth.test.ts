// Goal: a flood of the log is told from a burst, from a slow log and from a rotation.
import { expect, test } from 'vitest';
import { LogGrowth, LOG_BYTES_PER_S_MAX } from '../../../agent/node/faults/logGrowth.ts';

/** One look each second at a log that grows by these bytes. */
function looks(growth: readonly number[]): (number | null)[] {
  const log = new LogGrowth();
  let bytes = 5000;
  return [0, ...growth].map((more, second) => log.look(second * 1000, (bytes += more)));
}

test('what goes on for three seconds is a flood, and its rate is told', () => {
  const rate = 6.5 * LOG_BYTES_PER_S_MAX;
  expect(looks([rate, rate, rate, rate])).toEqual([null, null, null, rate, rate]);
});

test('a burst, a busy log and a pause are none', () => {
  expect(looks([900_000, 900_000, 1000, 900_000, 900_000]).every((found) => found === null)).toBe(true);
  expect(looks(Array.from({ length: 20 }, () => LOG_BYTES_PER_S_MAX)).every((found) => found === null)).toBe(true);
});

test('a rotated log begins anew', () => {
  expect(looks([200_000, 200_000, -405_000, 200_000, 200_000]).every((found) => found === null)).toBe(true);
});
