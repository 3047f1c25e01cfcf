import { expect, test } from 'vitest';
import { simulate } from '../../agent/common/sim/simulate.ts';
import { jobOf, replayCommand, runJobs } from './campaign.ts';
import { startCampaign } from './pool.ts';
import { KNOWN_SEEDS } from './seeds.ts';

/** Random runs of this test: some milliseconds each; the time limits allow for a loaded machine. `TWINBEAT_SIM_RUNS` sets another number. */
const RUNS = Number(process.env['TWINBEAT_SIM_RUNS'] ?? 1200);

test('seeds that once failed hold', { timeout: 120_000 }, () => {
  expect(runJobs(KNOWN_SEEDS).failures).toEqual([]);
});

test(`${RUNS} random runs of every profile hold every promise`, { timeout: 240_000 + RUNS * 100 }, () => {
  const { failures, runs } = runJobs(Array.from({ length: RUNS }, (_, i) => jobOf(i + 1, null)));
  expect(failures.map((failure) => `${failure.checker}: ${failure.detail}: ${replayCommand(failure)}`)).toEqual([]);
  expect(runs).toBe(RUNS);
});

test('a run is repeated exactly by its seed', () => {
  for (const profile of ['mixed', 'fencing', 'keys'] as const) {
    const first = simulate(4, profile, true);
    expect(simulate(4, profile, true)).toEqual(first);
    expect(first.timeline.length).toBeGreaterThan(10);
    // Asking for the timeline changes nothing but that.
    expect(simulate(4, profile)).toEqual({ ...first, timeline: [] });
  }
});

test('threads find what one thread finds', { timeout: 240_000 }, async () => {
  const jobs = Array.from({ length: 150 }, (_, i) => jobOf(i + 1, null));
  const threaded = await startCampaign(jobs, 2, () => undefined).done;
  const alone = runJobs(jobs);
  expect(threaded.runs).toBe(alone.runs);
  expect(threaded.virtualMs).toBeCloseTo(alone.virtualMs, 3);
  expect(threaded.failures.map((f) => f.seed).sort()).toEqual(alone.failures.map((f) => f.seed).sort());
});
