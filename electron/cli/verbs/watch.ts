/** `status` and `probe` */
import { measureOutage } from '../../common/drill/outage.ts';
import type { ProbeSample } from '../../common/contract/session.ts';
import { connectPair } from '../connectPair.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import type { CliConsole } from '../open.ts';
import { statusReport, statusText } from '../statusReport.ts';
import { durationMs } from '../usage.ts';
import type { Parsed } from '../usage.ts';

export async function runStatus(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const { state } = await connectPair(parsed, opened, io, 'anything');
  const report = statusReport(state);
  io.out(parsed.flag('json') ? `${JSON.stringify(report)}\n` : statusText(report));
}

/** Probes for a while; one line a change of who answers, then the sum. */
export async function runProbe(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const forMs = durationMs(parsed.text('for') ?? '10s', 'for');
  const { spec } = await connectPair(parsed, opened, io, 'anything');
  if (spec.probe === null) throw new CliError('pairFile', `the pair ${spec.id} has no "probe"`);
  const probes: ProbeSample[] = [];
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), forMs);
  let answered: string | null | undefined;
  for await (const batch of opened.client.session({ pairId: spec.id, historyMs: 0 }, stop.signal)) {
    probes.push(...batch.probes);
    for (const p of batch.probes) {
      if (answered === p.answeredBy) continue;
      answered = p.answeredBy;
      io.progress(
        `${(p.tMs / 1000).toFixed(2)} s  ${p.ok ? `answered by ${p.answeredBy ?? 'somebody'}` : (p.error ?? 'no answer')}`,
      );
    }
  }
  clearTimeout(timer);
  probes.sort((a, b) => a.tMs - b.tMs);
  const outage = measureOutage(probes, spec.probe.periodMs);
  const by: Record<string, number> = {};
  for (const p of probes) if (p.ok) by[p.answeredBy ?? ''] = (by[p.answeredBy ?? ''] ?? 0) + 1;
  const failed = probes.filter((p) => !p.ok).length;
  const sum = {
    requests: probes.length,
    failed,
    answeredBy: by,
    outageMs: outage.outageMs,
    probePeriodMs: spec.probe.periodMs,
  };
  io.out(
    parsed.flag('json')
      ? `${JSON.stringify(sum)}\n`
      : `${sum.requests} requests, ${failed} failed, longest outage ${outage.outageMs ?? 'not over'} ms\n`,
  );
  if (probes.length === 0) throw new CliError('timeout', 'the probe did not start');
}
