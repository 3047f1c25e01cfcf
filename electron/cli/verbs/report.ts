/** `report` and `verify-report` */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ReportInfo } from '../../common/contract/report.ts';
import { ReportFormSchema } from '../../common/report/form.ts';
import type { ReportForm } from '../../common/report/form.ts';
import { verifyReport } from '../../core/report/verify.ts';
import { connectPair } from '../connectPair.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import type { CliConsole } from '../open.ts';
import { durationMs } from '../usage.ts';
import type { Parsed } from '../usage.ts';

/** Options that are fields of the form. */
const WORDS = {
  operator: 'operator',
  'operator-company': 'operatorCompany',
  witness: 'witness',
  'witness-company': 'witnessCompany',
  site: 'site',
  order: 'order',
  window: 'window',
  approver: 'approver',
  remarks: 'remarks',
  language: 'language',
} as const;

function formFile(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError('usage', `--form ${path}: ${(error as Error).message}`);
  }
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  } catch {
    // Said below, as for every other text that is no object.
  }
  throw new CliError('usage', `--form ${path}: expected one JSON object (docs/report.md)`);
}

/** The form of the command line: what the file says, and what the options say over it. */
export function formOf(parsed: Parsed): ReportForm {
  const file = parsed.text('form');
  const base = file === null ? {} : formFile(file);
  const given = Object.entries(WORDS).flatMap(([option, field]) => {
    const value = parsed.text(option);
    return value === null ? [] : [[field, value] as const];
  });
  const limits = (['failover-limit', 'heal-limit'] as const).flatMap((option) => {
    const value = parsed.text(option);
    const field = option === 'failover-limit' ? 'failoverLimitMs' : 'healLimitMs';
    return value === null ? [] : [[field, durationMs(value, option)] as const];
  });
  const drills = parsed.text('drills')?.split(',');
  const requirements = {
    ...(base['requirements'] as object | undefined),
    ...Object.fromEntries(limits),
    ...(drills === undefined ? {} : { drills }),
  };
  const form = ReportFormSchema.safeParse({ ...base, ...Object.fromEntries(given), requirements });
  if (form.success) return form.data;
  const [issue] = form.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new CliError(
    'usage',
    `the form of the report: ${where === '' ? '' : `${where}: `}${issue?.message ?? 'not valid'}`,
  );
}

function listText(reports: readonly ReportInfo[]): string {
  if (reports.length === 0) return 'no reports yet\n';
  const rows = reports.map((r) => {
    const when = new Date(r.madeWallMs).toISOString().slice(0, 16).replace('T', ' ');
    return `${when}Z  ${r.verdict.padEnd(10)}  ${String(r.drills).padStart(3)} drills  ${r.pairName}  ${r.dir}`;
  });
  return `${rows.join('\n')}\n`;
}

async function listReports(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const reports = await opened.client.reportList({});
  io.out(parsed.flag('json') ? `${JSON.stringify(reports)}\n` : listText(reports));
}

/** The pair that the report is about: connected where it can be, else as the sessions know it. */
async function pairOf(
  parsed: Parsed,
  opened: CliConsole,
  io: CliIo,
): Promise<{ pairId: string; sessions: string[] | null }> {
  const wanted = parsed.text('session');
  if (parsed.flag('rack') || parsed.text('pair') !== null) {
    const { spec } = await connectPair(parsed, opened, io, 'anything');
    return { pairId: spec.id, sessions: wanted === null ? null : wanted.split(',') };
  }
  if (wanted === null)
    throw new CliError('usage', 'say which pair: --rack or --pair FILE, or --session ID for a stored one');
  const ids = wanted.split(',');
  const first = (await opened.client.sessionList({})).find((s) => s.id.startsWith(ids[0] ?? ''));
  if (first === undefined)
    throw new CliError('usage', `--session ${wanted}: there is no such session; "sessions" lists them`);
  return { pairId: first.pairId, sessions: ids };
}

const VERDICTS = {
  pass: 'pass',
  remarks: 'pass with remarks',
  fail: 'FAIL',
  incomplete: 'cannot tell: something was not tried or could not be known',
} as const;

/** With --strict a report ends by its verdict, as a drill does; the report is there in every case. */
function endBy({ verdict }: ReportInfo): void {
  if (verdict === 'fail') throw new CliError('failed', 'the report was made, and its verdict is: not accepted');
  if (verdict === 'incomplete') throw new CliError('void', 'the report was made, and its verdict is: cannot tell');
}

export async function runReport(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const [word] = parsed.words;
  if (word === 'list') return listReports(parsed, opened, io);
  const form = formOf(parsed);
  const out = parsed.text('out');
  const { pairId, sessions } = await pairOf(parsed, opened, io);
  const dir = out === null ? null : resolve(out);
  let made: ReportInfo | null = null;
  for await (const item of opened.client.reportMake({ pairId, form, sessions, dir })) {
    if (item.kind === 'step') {
      io.progress(`${item.step}${item.detail === '' ? '' : `: ${item.detail}`}`);
      continue;
    }
    const { report, noPdf } = item;
    if (noPdf !== null) io.warn(`no PDF: ${noPdf}`);
    const lines = [
      `verdict   ${VERDICTS[report.verdict]}, ${report.drills} runs of drills`,
      ...report.reasons.map((reason) => `          ${reason.en}`),
      `folder    ${report.dir}`,
      `files     ${report.files.map((file) => file.path).join(', ')}`,
      `hash      ${report.hash}`,
      '',
    ];
    io.out(parsed.flag('json') ? `${JSON.stringify({ ...report, noPdf })}\n` : lines.join('\n'));
    made = report;
  }
  if (made !== null && parsed.flag('strict')) endBy(made);
}

export async function runVerifyReport(parsed: Parsed, _opened: CliConsole, io: CliIo): Promise<void> {
  const [path] = parsed.words;
  if (path === undefined)
    throw new CliError('usage', 'after "verify-report" expected the folder of a report, or a file in it');
  const check = await verifyReport(resolve(path));
  if (parsed.flag('json')) io.out(`${JSON.stringify(check)}\n`);
  else {
    const lines = check.files.map((file) => `${file.result.padEnd(8)}  ${file.path}`);
    const others = check.others.map((other) => `not ours  ${other}`);
    const hash = check.hash === null ? [] : [`hash      ${check.hash}`];
    io.out([...lines, ...others, ...hash, ''].join('\n'));
  }
  if (check.result === 'changed')
    throw new CliError(
      'failed',
      `${path}: ${check.detail}. Ask for the report again where it was made; the hash on the signed paper tells the right one`,
    );
  if (check.result === 'unreadable') throw new CliError('usage', `${path}: ${check.detail}`);
}
