/**
 * Random runs of two engines:
 *
 *   npm run sim                                              the known seeds and 1000 new ones
 *   npm run sim -- --runs 100000 [--seed FIRST] [--jobs N]   a campaign; --profile NAME for one kind of run only
 *   npm run sim -- --seed N --profile NAME --timeline        repeats one run, with its options and every event
 *
 * Exit status 1 when a promise was broken, 2 on wrong usage, 130 after Ctrl-C.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { PROFILES } from '../../agent/common/sim/options.ts';
import type { Profile } from '../../agent/common/sim/options.ts';
import { simulate } from '../../agent/common/sim/simulate.ts';
import { describeSummary, jobOf, replayCommand } from './campaign.ts';
import type { Job, Summary } from './campaign.ts';
import { startCampaign } from './pool.ts';
import { KNOWN_SEEDS } from './seeds.ts';

const USAGE = `usage: npm run sim -- [--seed N] [--runs N] [--profile ${PROFILES.join('|')}] [--jobs N] [--timeline]`;
const RUNS_DEFAULT = 1000;
const THREADS_MAX = 64;
const STOPPED_STATUS = 130;

/** Interrupts closer together than this are one. */
const SECOND_INTERRUPT_MS = 1000;

function usage(): never {
  process.stderr.write(`${USAGE}\n`);
  process.exit(2);
}

function readArgs() {
  try {
    return parseArgs({
      options: {
        seed: { type: 'string' },
        runs: { type: 'string' },
        profile: { type: 'string' },
        jobs: { type: 'string' },
        timeline: { type: 'boolean', default: false },
      },
    }).values;
  } catch {
    return usage();
  }
}

function wholeNumber(value: string | undefined, otherwise: number, max: number): number {
  if (value === undefined) return otherwise;
  const number = Number(value);
  return /^[0-9]+$/.test(value) && number >= 1 && number <= max ? number : usage();
}

function readProfile(value: string | undefined): Profile | null {
  if (value === undefined) return null;
  return PROFILES.find((profile) => profile === value) ?? usage();
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Repeats one run and shows all of it. Returns true when every promise held. */
function showOne(job: Job, withTimeline: boolean): boolean {
  const { options, violations, timeline, windows } = simulate(job.seed, job.profile, withTimeline);
  print([JSON.stringify(options, null, 1), ...timeline]);
  for (const { group, excuse, atMs, forMs } of windows) {
    print([`two owners of ${group} from ${atMs.toFixed(1)} ms for ${forMs.toFixed(1)} ms: ${excuse}`]);
  }
  for (const { checker, atMs, detail } of violations) print([`BROKEN ${checker} at ${atMs.toFixed(1)} ms: ${detail}`]);
  print([violations.length === 0 ? 'every promise held' : `repeat it with: ${replayCommand(job)}`]);
  return violations.length === 0;
}

function progressLine(startedMs: number, total: number) {
  return ({ runs, failures }: Summary): void => {
    if (!process.stdout.isTTY) return;
    const perSecond = Math.round((runs * 1000) / Math.max(1, Date.now() - startedMs));
    process.stdout.write(`\r${runs}/${total} runs, ${perSecond} a second, ${failures.length} violations `);
  };
}

async function runMany(jobs: readonly Job[], threads: number): Promise<number> {
  const startedMs = Date.now();
  const campaign = startCampaign(jobs, threads, progressLine(startedMs, jobs.length));
  let interruptedMs: number | null = null;
  // The first Ctrl-C lets every thread finish its chunk. It may arrive twice, from the terminal and from npm; a later one ends it all.
  const onInterrupt = (): void => {
    interruptedMs ??= Date.now();
    campaign.stop();
    if (Date.now() - interruptedMs > SECOND_INTERRUPT_MS) process.exit(STOPPED_STATUS);
  };
  process.on('SIGINT', onInterrupt);
  const summary = await campaign.done;
  process.off('SIGINT', onInterrupt);
  const seconds = (Date.now() - startedMs) / 1000;
  if (process.stdout.isTTY) process.stdout.write('\n');
  for (const failure of summary.failures) {
    const { checker, atMs, detail } = failure;
    print([`BROKEN ${checker} at ${atMs.toFixed(1)} ms: ${detail}`, `  repeat it with: ${replayCommand(failure)}`]);
  }
  print(describeSummary(summary));
  print([`${seconds.toFixed(1)} s on ${threads} threads, ${Math.round(summary.runs / seconds)} runs a second`]);
  if (summary.failures.length > 0) return 1;
  return interruptedMs === null ? 0 : STOPPED_STATUS;
}

const values = readArgs();
const profile = readProfile(values.profile);
const threads = wholeNumber(values.jobs, availableParallelism(), THREADS_MAX);
const single = values.seed !== undefined && values.runs === undefined;
const firstSeed = wholeNumber(values.seed, Math.floor(Date.now() / 1000), Number.MAX_SAFE_INTEGER);

if (single) {
  process.exitCode = showOne(jobOf(firstSeed, profile), values.timeline) ? 0 : 1;
} else {
  const runs = wholeNumber(values.runs, RUNS_DEFAULT, 1e9);
  const known = values.seed === undefined ? KNOWN_SEEDS : [];
  const jobs = [...known, ...Array.from({ length: runs }, (_, i) => jobOf(firstSeed + i, profile))];
  print([`seeds: ${known.length} known, then ${firstSeed} to ${firstSeed + runs - 1}`]);
  process.exitCode = await runMany(jobs, threads);
}
