// Two clocks joined by round trips of random length: the estimate must contain the truth.
import { expect, test } from 'vitest';
import { SeededRandom } from '../../../agent/common/base/random.ts';
import { ClockFilter } from '../../../electron/common/session/clock.ts';

test('nothing is known before the first exchange', () => {
  expect(new ClockFilter().estimate(0)).toBeNull();
});

test('the quickest exchange wins and its half round trip is the error', () => {
  const filter = new ClockFilter();
  filter.add({ sentMs: 0, receivedMs: 100, nodeMs: 5090 });
  filter.add({ sentMs: 200, receivedMs: 202, nodeMs: 5201 });
  const estimate = filter.estimate(202);
  expect(estimate?.offsetMs).toBeCloseTo(5000, 6);
  expect(estimate?.errorMs).toBeLessThan(1.01);
});

test('a later quick exchange does not make an older estimate more certain than it is', () => {
  const filter = new ClockFilter();
  filter.add({ sentMs: 0, receivedMs: 2, nodeMs: 1 });
  expect(filter.estimate(60_001)?.errorMs).toBeGreaterThan(5);
});

test.each([0, 40, -80])('with a drift of %d ppm and jittery trips the truth is inside the error', (driftPpm) => {
  const random = new SeededRandom(driftPpm + 1000);
  const filter = new ClockFilter();
  const truth = (t: number): number => t * (1 + driftPpm / 1e6) + 123_456;
  for (let t = 0; t < 180_000; t += 1000) {
    const out = 0.2 + random.nextFraction() * 20;
    const back = 0.2 + random.nextFraction() * 20;
    filter.add({ sentMs: t, receivedMs: t + out + back, nodeMs: truth(t + out) });
    const at = t + 500;
    const estimate = filter.estimate(at);
    expect(Math.abs((estimate?.offsetMs ?? 0) - (truth(at) - at))).toBeLessThanOrEqual(estimate?.errorMs ?? 0);
  }
});

test('reset forgets', () => {
  const filter = new ClockFilter();
  filter.add({ sentMs: 0, receivedMs: 2, nodeMs: 1 });
  filter.reset();
  expect(filter.estimate(3)).toBeNull();
});
