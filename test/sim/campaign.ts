/** Many runs: which seed runs with which profile, and what came of them all. Shared by the command and its worker threads. */
import { simulate } from '../../agent/common/sim/simulate.ts';
import type { Outcome } from '../../agent/common/sim/simulate.ts';
import type { Profile } from '../../agent/common/sim/options.ts';

/** Eleven seeds in a row; runs with real packets and long splits cost more and come less often. */
const ROTATION: readonly Profile[] = [
  ...(['mixed', 'fencing', 'mixed', 'splits', 'mixed', 'fencing'] as const),
  ...(['mixed', 'keys', 'mixed', 'fencing', 'mixed'] as const),
];

/** One run to do. */
export interface Job {
  readonly seed: number;
  readonly profile: Profile;
}

/** The run of this seed when no profile is asked for. */
export function jobOf(seed: number, profile: Profile | null): Job {
  return { seed, profile: profile ?? (ROTATION[seed % ROTATION.length] as Profile) };
}

/** A run that broke a promise. */
export interface Failure extends Job {
  readonly checker: string;
  readonly atMs: number;
  readonly detail: string;
}

interface Longest {
  ms: number;
  job: Job | null;
}

/** What came of many runs. Plain data: it crosses threads. */
export interface Summary {
  runs: number;
  virtualMs: number;
  failures: Failure[];
  /** Split-brain windows by excuse. */
  windows: Record<string, { count: number; longest: Longest }>;
  unserved: Longest;
  failover: Longest;
}

/** The summary of no runs. */
export function emptySummary(): Summary {
  return {
    runs: 0,
    virtualMs: 0,
    failures: [],
    windows: {},
    unserved: { ms: 0, job: null },
    failover: { ms: 0, job: null },
  };
}

function raise(longest: Longest, ms: number, job: Job | null): void {
  if (ms > longest.ms) Object.assign(longest, { ms, job });
}

function windowsOf(summary: Summary, excuse: string) {
  return (summary.windows[excuse] ??= { count: 0, longest: { ms: 0, job: null } });
}

/** Adds one run. */
export function addOutcome(summary: Summary, job: Job, outcome: Outcome): void {
  summary.runs++;
  summary.virtualMs += outcome.virtualMs;
  const first = outcome.violations[0];
  if (first !== undefined) summary.failures.push({ ...job, ...first });
  for (const { excuse, forMs } of outcome.windows) {
    const entry = windowsOf(summary, excuse);
    entry.count++;
    raise(entry.longest, forMs, job);
  }
  raise(summary.unserved, outcome.unservedMs, job);
  raise(summary.failover, outcome.failoverMs ?? 0, job);
}

/** Adds what another thread did. */
export function addSummary(summary: Summary, other: Summary): void {
  summary.runs += other.runs;
  summary.virtualMs += other.virtualMs;
  summary.failures.push(...other.failures);
  for (const [excuse, { count, longest }] of Object.entries(other.windows)) {
    const entry = windowsOf(summary, excuse);
    entry.count += count;
    raise(entry.longest, longest.ms, longest.job);
  }
  raise(summary.unserved, other.unserved.ms, other.unserved.job);
  raise(summary.failover, other.failover.ms, other.failover.job);
}

/** Runs these jobs, one after the other. */
export function runJobs(jobs: readonly Job[]): Summary {
  const summary = emptySummary();
  for (const job of jobs) addOutcome(summary, job, simulate(job.seed, job.profile));
  return summary;
}

/** The command that repeats a run. */
export function replayCommand({ seed, profile }: Job): string {
  return `npm run sim -- --seed ${seed} --profile ${profile} --timeline`;
}

function longestText({ ms, job }: Longest): string {
  return job === null ? 'none' : `${(ms / 1000).toFixed(1)} s (seed ${job.seed}, ${job.profile})`;
}

/** The summary in words, one line an entry. */
export function describeSummary(summary: Summary): string[] {
  const windows = Object.entries(summary.windows).sort(([, a], [, b]) => b.count - a.count);
  const lines = windows.map(
    ([excuse, { count, longest }]) => `  ${excuse.padEnd(12)} ${count}, longest ${longestText(longest)}`,
  );
  return [
    `${summary.runs} runs, ${(summary.virtualMs / 3_600_000).toFixed(1)} h of virtual time, ${summary.failures.length} violations`,
    'times with two owners, by what kept the nodes apart when they began:',
    ...(lines.length === 0 ? ['  none'] : lines),
    `longest time unserved after healing: ${longestText(summary.unserved)}`,
    `longest time unserved after a power loss: ${longestText(summary.failover)}`,
  ];
}
