/** docs/benchmarks.md from one run's results. */
import { PAIRS, PROFILES } from './run.ts';
import type { Kind, PairKind, Results, Row } from './run.ts';
import { STRESS_TIMING } from './stress.ts';

function median(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

interface Summary {
  readonly text: string;
  readonly medianMs: number;
}

const ms = (value: number): string => `${value.toFixed(0)} ms`;

function sortedMs(rows: readonly Row[], key: 'outageMs' | 'detectionMs' | 'takeoverMs'): number[] {
  return rows.flatMap((row) => row[key] ?? []).sort((a, b) => a - b);
}

function summary(rows: readonly Row[]): Summary {
  const times = sortedMs(rows, 'outageMs');
  const voids = rows.length - times.length;
  if (times.length === 0) return { text: 'no valid run | | | | | |', medianMs: Number.NaN };
  const loads = rows.map((r) => r.load);
  const cells = [
    ms(times[0] ?? 0),
    `**${ms(median(times))}**`,
    ms(times.at(-1) ?? 0),
    ms(median(sortedMs(rows, 'detectionMs'))),
    ms(median(sortedMs(rows, 'takeoverMs'))),
    voids === 0 ? `${times.length}` : `${times.length} (+${voids} void)`,
    `${Math.min(...loads).toFixed(2)}–${Math.max(...loads).toFixed(2)}`,
  ];
  return { text: cells.join(' | '), medianMs: median(times) };
}

/** What the reader is told a pair is: who goes away, who takes over. */
const PAIR_NAMES: Readonly<Record<PairKind, string>> = {
  'twinbeat+twinbeat': 'twinbeat',
  'heartbeat+heartbeat': 'heartbeat 3.0.6',
  'heartbeat+twinbeat': 'mixed: twinbeat takes over from heartbeat',
  'twinbeat+heartbeat': 'mixed: heartbeat takes over from twinbeat',
};

function outageRows(results: Results): string[] {
  return PROFILES.flatMap((profile) =>
    (['power-off', 'graceful-stop'] satisfies Kind[]).flatMap((kind) => {
      const of = (pair: PairKind): Summary =>
        summary(results.rows.filter((r) => r.profile === profile.name && r.kind === kind && r.pair === pair));
      const real = of('heartbeat+heartbeat').medianMs;
      return PAIRS.map((pair, i) => {
        const { text, medianMs } = of(pair);
        const head = i === 0 ? `${profile.name} | ${kind}` : ' | ';
        return `| ${head} | ${PAIR_NAMES[pair]} | ${text} | ${(medianMs / real).toFixed(2)} |`;
      });
    }),
  );
}

function stressRows(results: Results): string[] {
  return results.stress.map((r) => {
    const silence = r.longestSilenceMs === null ? 'not told' : ms(r.longestSilenceMs);
    return `| ${r.engine} | ${r.minutes} | ${r.falseDeaths} | ${r.lateWarnings} | ${silence} | ${r.holdersAtEnd} | ${r.load.toFixed(2)} |`;
  });
}

function costRows(results: Results): string[] {
  const heartbeat = results.cost.find((c) => c.engine === 'heartbeat')?.cost;
  return results.cost.map(({ engine, cost, load }) => {
    const ratio =
      heartbeat === undefined
        ? ''
        : `${(cost.cpuPercent / heartbeat.cpuPercent).toFixed(1)} / ${(cost.pssMiB / heartbeat.pssMiB).toFixed(1)}`;
    return `| ${engine} | ${cost.cpuPercent.toFixed(1)} % | ${cost.pssMiB.toFixed(0)} MiB | ${ratio} | ${load.toFixed(2)} |`;
  });
}

/** The whole page. */
export function page(results: Results): string {
  const { chart } = results;
  return [
    '# Benchmarks',
    '',
    `Measured ${results.date} on a virtual machine with 2 cores. Repeat with \`npm run bench -- --write\` (root, Debian with heartbeat; a quiet machine).`,
    '',
    '## What a client sees',
    '',
    'All pairs run in the same rack with the same service script, alternating. The client asks the virtual address over HTTP every',
    '10 ms, open loop; an outage lasts from the first failed request (by the time it was due) to the first of five good ones of the other node, ± 10 ms.',
    'The instant of the fault is not aligned with the heartbeats. A run at a load above one for each core is void. The power is cut eight seconds',
    'after the node came back: for the first five seconds of its life the real daemon advertises two seconds more than its deadtime, and',
    'whoever survives it then, of either engine, waits that much longer (measured).',
    'Detection lasts from the fault (for a graceful stop: from the request) to the first resource script on the other node, takeover from there to the first',
    'request that it served; both are medians. The ratio is to the median outage of the pair of real heartbeat daemons in the same run.',
    '',
    '| times and links | fault | pair | min | median | max | detection | takeover | n | load | ratio |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...outageRows(results),
    '',
    'These counts support a median and a range and no percentile.',
    '',
    '## A short deadtime on a busy machine',
    '',
    `Keepalive ${STRESS_TIMING.keepaliveMs} ms, deadtime ${STRESS_TIMING.deadtimeMs} ms over bcast and ucast, with one busy process on every core and nothing else wrong: every death is a false one.`,
    '',
    '| engine | minutes | false deaths | late warnings | longest silence of a node | holders at the end | load |',
    '|---|---|---|---|---|---|---|',
    ...stressRows(results),
    '',
    '## What it costs',
    '',
    'One settled node, first profile, 15 s of nothing happening; all processes of the daemon; memory as proportional set size.',
    '',
    '| engine | processor (one core) | memory | ratio cpu / memory | load |',
    '|---|---|---|---|---|',
    ...costRows(results),
    '',
    '## One live chart update',
    '',
    chart === null
      ? 'Not measured in this run.'
      : `${chart.cost.points}: ${chart.cost.perUpdateMs.toFixed(1)} ms of the page's main thread for each of 10 updates a second, of which script ` +
        `${chart.cost.scriptMs.toFixed(1)} ms; heap ${chart.cost.heapMiB.toFixed(0)} MiB; load ${chart.load.toFixed(2)}. Chromium, software rendering.`,
    '',
  ].join('\n');
}
