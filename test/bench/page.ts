/** docs/benchmarks.md from one run's results. */
import { PROFILES } from './run.ts';
import type { Kind, Results, Row } from './run.ts';

function median(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

interface Summary {
  readonly text: string;
  readonly medianMs: number;
}

function summary(rows: readonly Row[]): Summary {
  const times = rows.flatMap((r) => (r.outageMs === null ? [] : [r.outageMs])).sort((a, b) => a - b);
  const loads = rows.map((r) => r.load);
  const voids = rows.length - times.length;
  if (times.length === 0) return { text: 'no valid run | | | |', medianMs: Number.NaN };
  const ms = (v: number): string => `${v.toFixed(0)} ms`;
  const load = `${Math.min(...loads).toFixed(2)}–${Math.max(...loads).toFixed(2)}`;
  const n = voids === 0 ? `${times.length}` : `${times.length} (+${voids} void)`;
  return {
    text: `${ms(times[0] ?? 0)} | **${ms(median(times))}** | ${ms(times.at(-1) ?? 0)} | ${n} | ${load}`,
    medianMs: median(times),
  };
}

function outageRows(results: Results): string[] {
  return PROFILES.flatMap((profile) =>
    (['power-off', 'graceful-stop'] satisfies Kind[]).flatMap((kind) => {
      const of = (engine: string): Summary =>
        summary(results.rows.filter((r) => r.profile === profile.name && r.kind === kind && r.engine === engine));
      const ours = of('twinbeat');
      const theirs = of('heartbeat');
      const ratio = (ours.medianMs / theirs.medianMs).toFixed(2);
      return [
        `| ${profile.name} | ${kind} | twinbeat | ${ours.text} | ${ratio} |`,
        `| | | heartbeat 3.0.6 | ${theirs.text} | 1 |`,
      ];
    }),
  );
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
    'Both pairs run in the same rack with the same service script, alternating. The client asks the virtual address over HTTP every',
    '10 ms, open loop; an outage lasts from the first failed request (by the time it was due) to the first of five good ones of the other node, ± 10 ms.',
    'The instant of the fault is not aligned with the heartbeats. A run at a load above one for each core is void.',
    '',
    '| pair | fault | engine | min | median | max | n | load | ratio |',
    '|---|---|---|---|---|---|---|---|---|',
    ...outageRows(results),
    '',
    'These counts support a median and a range and no percentile.',
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
