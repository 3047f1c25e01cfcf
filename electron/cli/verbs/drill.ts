/** `drill power-off` */
import type { DrillResult } from '../../common/contract/deploy.ts';
import { connectPair } from '../connectPair.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import type { CliConsole } from '../open.ts';
import type { Parsed } from '../usage.ts';

/** Runs the drill and gives its result. */
export async function drill(pairId: string, opened: CliConsole, io: CliIo): Promise<DrillResult> {
  let result: DrillResult | null = null;
  for await (const item of opened.client.drillPowerOff({ pairId })) {
    if (item.kind === 'step') io.progress(item.text);
    else result = item.result;
  }
  if (result === null) throw new CliError('internal', 'the drill ended without a result');
  return result;
}

/** The result as lines. */
export function drillText(r: DrillResult): string {
  const ms = (value: number | null): string => (value === null ? 'unknown' : `${value.toFixed(0)} ms`);
  return [
    `verdict   ${r.verdict}`,
    `outage    ${ms(r.outageMs)} (+/- ${r.probePeriodMs} ms), deadtime ${r.deadtimeMs} ms`,
    `detect    ${ms(r.detectMs)}`,
    `takeover  ${ms(r.takeoverMs)}`,
    `dual      ${ms(r.dualMs)}`,
    `holder    ${r.holderBefore ?? 'unknown'} -> ${r.holderAfter ?? 'unknown'}, served by ${r.servedBy ?? 'unknown'}`,
    `load      ${r.load.map((l) => l.toFixed(2)).join(' ')}`,
    ...r.notes.map((note) => `note      ${note}`),
    '',
  ].join('\n');
}

export async function runDrill(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const { spec } = await connectPair(parsed, opened, io, 'agents');
  const result = await drill(spec.id, opened, io);
  io.out(parsed.flag('json') ? `${JSON.stringify(result)}\n` : drillText(result));
  if (result.verdict === 'void') throw new CliError('void', `the drill is void: ${result.notes.join('; ')}`);
  if (result.verdict === 'fail') throw new CliError('failed', `the drill failed: ${result.notes.join('; ')}`);
}
