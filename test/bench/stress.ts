/** Whether a pair with a very short deadtime takes over for nothing while every core of the machine is busy. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import type { RackHandle } from '../../electron/lab/index.ts';
import { installPair, settledOn } from '../support/pairStory.ts';
import type { PairInRack, Timing } from '../support/pairStory.ts';
import { holders, runOn } from '../support/rackRun.ts';
import { VIP } from '../support/pairStory.ts';
import type { EngineName } from './run.ts';

/** A serial line of 19200 baud carries no heartbeats of 50 ms. */
const MEDIA = ['bcast', 'ucast'] as const;
export const STRESS_TIMING: Timing = { keepaliveMs: 50, deadtimeMs: 300, warntimeMs: 150, initdeadMs: 10_000 };

const AGENT = join(import.meta.dirname, '..', '..', 'build', 'agent', 'twinbeat-agent.cjs');
const SAMPLE_PERIOD_MS = 5000;

export interface StressResult {
  readonly engine: EngineName;
  readonly minutes: number;
  /** How often a node called its living peer dead. */
  readonly falseDeaths: number;
  readonly lateWarnings: number;
  /** Longest silence that a node saw over all links together, milliseconds; null: this engine does not tell. */
  readonly longestSilenceMs: number | null;
  /** Nodes that hold the address at the end; more or less than one is a failure. */
  readonly holdersAtEnd: number;
  readonly load: number;
}

/** A process that keeps one core busy and ends when we do. */
function burner(): ChildProcess {
  const code = `process.stdin.resume().on('end', () => process.exit());
    (function burn() { const end = Date.now() + 20; while (Date.now() < end); setImmediate(burn); })();`;
  return spawn(process.execPath, ['-e', code], { stdio: ['pipe', 'ignore', 'ignore'] });
}

/** Longest time without any heartbeat from the peer, by the agent's own samples of the next `forMs`. */
async function longestSilenceMs(rack: RackHandle, node: string, forMs: number): Promise<number> {
  const call = JSON.stringify({ t: 'call', id: 1, m: 'samples', a: { periodMs: SAMPLE_PERIOD_MS } });
  const more = JSON.stringify({ t: 'more', id: 1, n: 1 });
  const feed = `echo '${call}'; end=$(($(date +%s) + ${Math.ceil(forMs / 1000)})); while [ $(date +%s) -lt $end ]; do sleep 5; echo '${more}'; done`;
  const { lines } = await runOn(rack, node, `{ ${feed}; } | '${process.execPath}' '${AGENT}' attach`);
  let longest = 0;
  for (const line of lines) {
    const { t, v } = JSON.parse(line) as { t: string; v?: { links: { fromPeerSilenceMaxMs: number | null }[] } };
    if (t !== 'item' || v === undefined) continue;
    // The node's silence is that of its best link.
    const ofLinks = v.links.flatMap((link) => (link.fromPeerSilenceMaxMs === null ? [] : [link.fromPeerSilenceMaxMs]));
    if (ofLinks.length > 0) longest = Math.max(longest, Math.min(...ofLinks));
  }
  return longest;
}

async function countLines(pair: PairInRack, what: RegExp): Promise<number> {
  let count = 0;
  for (const node of pair.nodes) count += (await node.log()).filter((line) => what.test(line)).length;
  return count;
}

/** Runs one pair for `minutes` with a busy process on every core. The pair must be cleaned up by the caller. */
export async function stress(
  rack: RackHandle,
  engine: EngineName,
  minutes: number,
  onPair: (pair: PairInRack) => void,
): Promise<StressResult> {
  const pair = await installPair(rack, [engine, engine], 'on', STRESS_TIMING, MEDIA);
  onPair(pair);
  for (const node of pair.nodes) await node.start();
  await settledOn(pair, pair.names[0]);
  const before = { dead: await countLines(pair, /: is dead/), late: await countLines(pair, /Late heartbeat/) };
  const burners = cpus().map(burner);
  try {
    const forMs = minutes * 60_000;
    const silences =
      engine === 'twinbeat'
        ? await Promise.all(pair.names.map((name) => longestSilenceMs(rack, name, forMs)))
        : await new Promise<null>((resolve) => setTimeout(() => resolve(null), forMs));
    const load = loadavg()[0] ?? 0;
    return {
      engine,
      minutes,
      falseDeaths: (await countLines(pair, /: is dead/)) - before.dead,
      lateWarnings: (await countLines(pair, /Late heartbeat/)) - before.late,
      longestSilenceMs: silences === null ? null : Math.max(...silences),
      holdersAtEnd: (await holders(rack, pair.names, VIP)).length,
      load,
    };
  } finally {
    for (const child of burners) child.kill('SIGKILL');
  }
}
