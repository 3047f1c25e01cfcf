/**
 * `npm run bench [-- --rounds N] [--write] [--add] [--only outage|cost|chart|stress] [--minutes N]`: outages of our pair, of Debian's heartbeat pair and of mixed pairs,
 * alternating in the same rack, with the load of each run; what both cost; what one live chart
 * update costs. Needs root and Debian's heartbeat. `--write` renews docs/benchmarks.md;
 * `--add` continues the last run, for instance to make up for void ones, which stay in the record.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { startRack } from '../../electron/lab/index.ts';
import type { RackHandle } from '../../electron/lab/index.ts';
import { missing } from '../support/needs.ts';
import { installPair, settledOn } from '../support/pairStory.ts';
import type { PairInRack, Timing } from '../support/pairStory.ts';
import { runOn } from '../support/rackRun.ts';
import { chartCost } from './chart.ts';
import type { ChartCost } from './chart.ts';
import { daemonCost } from './cost.ts';
import type { DaemonCost } from './cost.ts';
import { measureOutage } from './outage.ts';
import { page } from './page.ts';
import { installStamp, STAMPED_GROUP, stampedAtMs } from './stamp.ts';
import { stress } from './stress.ts';
import type { StressResult } from './stress.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const RESULTS = join(ROOT, 'build', 'bench', 'results.json');

export type EngineName = 'twinbeat' | 'heartbeat';

/** Engine of the node that goes away and of the one that takes over. */
export const PAIRS = ['twinbeat+twinbeat', 'heartbeat+heartbeat', 'heartbeat+twinbeat', 'twinbeat+heartbeat'] as const;
export type PairKind = (typeof PAIRS)[number];
export type Kind = 'power-off' | 'graceful-stop';

export interface Profile {
  readonly name: string;
  readonly timing: Timing;
  /** A serial line of 19200 baud carries no heartbeats of 100 ms, so that profile does without. */
  readonly media: readonly string[];
}

export const PROFILES: readonly Profile[] = [
  {
    name: 'keepalive 500 ms, deadtime 3 s; serial + bcast + ucast',
    timing: { keepaliveMs: 500, deadtimeMs: 3000, warntimeMs: 1500, initdeadMs: 10_000 },
    media: ['serial', 'bcast', 'ucast'],
  },
  {
    name: 'keepalive 100 ms, deadtime 500 ms; bcast + ucast',
    timing: { keepaliveMs: 100, deadtimeMs: 500, warntimeMs: 250, initdeadMs: 10_000 },
    media: ['bcast', 'ucast'],
  },
];

export interface Row {
  readonly profile: string;
  readonly deadtimeMs: number;
  readonly pair: PairKind;
  readonly kind: Kind;
  readonly outageMs: number | null;
  /** From the cause to the survivor's first resource script, and from there to the first served request; null: void. */
  readonly detectionMs: number | null;
  readonly takeoverMs: number | null;
  /** Why it does not count; null: it does. */
  readonly problem: string | null;
  readonly load: number;
}

export interface Results {
  readonly date: string;
  readonly rows: readonly Row[];
  readonly cost: readonly { readonly engine: EngineName; readonly cost: DaemonCost; readonly load: number }[];
  readonly stress: readonly StressResult[];
  readonly chart: { readonly cost: ChartCost; readonly load: number } | null;
}

/** Above a load of one for each core a run is void: the daemons compete with something else. */
const LOAD_MAX = cpus().length;
/**
 * Between a node's return and the cut of its power. The real daemon advertises two seconds more than its deadtime for the first
 * five seconds of its life (measured), and every survivor waits that long for it.
 */
const SETTLE_MS = 8000;
/** How long to wait for a quiet machine, seconds. */
const QUIET_WITHIN_S = 300;

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}

async function clean(pair: PairInRack): Promise<void> {
  for (const node of pair.nodes) {
    await node.kill().catch(() => undefined);
    const undo =
      'ip addr del 192.168.2.3/24 dev eth0 2>/dev/null; /etc/init.d/httpd stop; rm -rf /run/stamp /var/log/ha-log /var/lib/twinbeat-agent/held-groups';
    await runOn(pair.rack, node.name, undo);
  }
}

/** Waits until the machine is quiet; an overloaded run would be void, so it is not begun. */
async function whenQuiet(limit: number): Promise<void> {
  for (let waitedS = 0; (loadavg()[0] ?? 0) > limit; waitedS += 5) {
    if (waitedS >= QUIET_WITHIN_S)
      throw new Error(`the load stays above ${limit}: close what else runs and start again`);
    await new Promise((resolve) => setTimeout(resolve, 5000));
  }
}

async function one(pair: PairInRack, kind: Kind, base: Pick<Row, 'profile' | 'deadtimeMs' | 'pair'>): Promise<Row> {
  const [first, second] = pair.nodes;
  const cause = kind === 'power-off' ? () => pair.rack.power(first.name, 'off') : () => first.stop();
  const nothing = { ...base, kind, outageMs: null, detectionMs: null, takeoverMs: null };
  try {
    const { outageMs, causedAtWallMs, servedAtWallMs } = await measureOutage(pair, cause, 60_000);
    const load = loadavg()[0] ?? 0;
    // What came up while it ran voids it as well; it stays in the record with its reason.
    if (load > LOAD_MAX) return { ...nothing, load, problem: `overloaded (${load.toFixed(1)})` };
    const startedAtMs = await stampedAtMs(pair.rack, second.name, causedAtWallMs);
    const split = { detectionMs: startedAtMs - causedAtWallMs, takeoverMs: servedAtWallMs - startedAtMs };
    return { ...base, kind, load, outageMs, ...split, problem: null };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { ...nothing, load: loadavg()[0] ?? 0, problem };
  }
}

/** One pair, one round: graceful stop, return, power-off. */
async function round(rack: RackHandle, profile: Profile, kind: PairKind, rows: Row[]): Promise<void> {
  const engines = kind.split('+') as [EngineName, EngineName];
  const pair = await installPair(rack, engines, 'on', profile.timing, profile.media, STAMPED_GROUP);
  const [first, second] = pair.nodes;
  const base = { profile: profile.name, deadtimeMs: profile.timing.deadtimeMs, pair: kind };
  try {
    for (const node of pair.nodes) await installStamp(rack, node.name);
    await whenQuiet(LOAD_MAX);
    await first.start();
    await second.start();
    await settledOn(pair, first.name);
    rows.push(await one(pair, 'graceful-stop', base));
    await settledOn(pair, second.name);
    await first.start();
    await settledOn(pair, first.name);
    // Let announcements and ARP settle, and the phase to the heartbeats be anything.
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS + 100 * (rows.length % 7)));
    rows.push(await one(pair, 'power-off', base));
    for (const row of rows.slice(-2)) {
      const times = `${row.outageMs?.toFixed(0)} ms = detection ${row.detectionMs?.toFixed(0)}, takeover ${row.takeoverMs?.toFixed(0)}`;
      say(`${kind} ${row.kind}: ${row.problem ?? times} (load ${row.load.toFixed(2)})`);
    }
  } finally {
    await rack.power(first.name, 'on').catch(() => undefined);
    await clean(pair);
  }
}

async function measureCost(rack: RackHandle): Promise<Results['cost'][number][]> {
  const found: Results['cost'][number][] = [];
  for (const engine of ['twinbeat', 'heartbeat'] as const) {
    const profile = PROFILES[0] as Profile;
    const pair = await installPair(rack, [engine, engine], 'on', profile.timing, profile.media);
    for (const node of pair.nodes) await node.start();
    await settledOn(pair, pair.nodes[0].name);
    found.push({ engine, cost: await daemonCost(pair, pair.nodes[0]), load: loadavg()[0] ?? 0 });
    await clean(pair);
  }
  return found;
}

/** The machine is to be busy here; only what ran before must not count. */
async function measureStress(rack: RackHandle, minutes: number): Promise<StressResult[]> {
  const found: StressResult[] = [];
  // Ours has the promise to keep; the real daemon stands beside it for comparison.
  for (const [engine, forMinutes] of [
    ['twinbeat', minutes],
    ['heartbeat', Math.min(minutes, 3)],
  ] as const) {
    await whenQuiet(LOAD_MAX);
    const pairs: PairInRack[] = [];
    try {
      const result = await stress(rack, engine, forMinutes, (pair) => pairs.push(pair));
      say(
        `${engine} under load for ${forMinutes} min: ${result.falseDeaths} false deaths, longest silence ${result.longestSilenceMs?.toFixed(0) ?? 'not told'} ms (load ${result.load.toFixed(2)})`,
      );
      found.push(result);
    } finally {
      for (const pair of pairs) await clean(pair);
    }
  }
  return found;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      write: { type: 'boolean', default: false },
      add: { type: 'boolean', default: false },
      only: { type: 'string' },
      minutes: { type: 'string', default: '10' },
    },
  });
  const reason = missing('linux', 'root', 'namespaces', 'iproute', 'heartbeat', 'chromium');
  if (reason !== null) throw new Error(`cannot measure here: ${reason}`);
  const wants = (part: string): boolean => values.only === undefined || values.only === part;
  const last = values.add ? (JSON.parse(readFileSync(RESULTS, 'utf8')) as Results) : null;
  const rows: Row[] = [...(last?.rows ?? [])];
  let cost = last?.cost ?? [];
  let chart = last?.chart ?? null;
  let stressed = last?.stress ?? [];
  const rack = await startRack({ name: `bench-${process.pid}` });
  try {
    if (wants('cost')) cost = await measureCost(rack);
    if (wants('stress')) stressed = await measureStress(rack, Number(values.minutes));
    for (const profile of wants('outage') ? PROFILES : []) {
      say(profile.name);
      for (let i = 0; i < Number(values.rounds); i++) {
        // Alternating, and each first in turn, so that a drift of the machine hits both alike.
        for (const kind of i % 2 === 0 ? PAIRS : PAIRS.toReversed()) await round(rack, profile, kind, rows);
      }
    }
  } finally {
    await rack.down();
  }
  if (wants('chart')) chart = { cost: await chartCost(), load: loadavg()[0] ?? 0 };
  const results: Results = { date: new Date().toISOString().slice(0, 10), rows, cost, stress: stressed, chart };
  mkdirSync(dirname(RESULTS), { recursive: true });
  writeFileSync(RESULTS, JSON.stringify(results, null, 1));
  const text = page(results);
  if (values.write) writeFileSync(join(ROOT, 'docs', 'benchmarks.md'), text);
  process.stdout.write(text);
}

await main();
