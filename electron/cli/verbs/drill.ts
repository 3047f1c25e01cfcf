/** `drill list`, `drill run NAME...`, `drill power-off` */
import type { DrillProgress, DrillResult } from '../../common/contract/deploy.ts';
import { GateNameSchema } from '../../common/contract/drill.ts';
import type {
  DrillInfo,
  DrillItem,
  DrillOrder,
  DrillSummary,
  DrillWaiver,
  Hands,
} from '../../common/contract/drill.ts';
import { estimateOf, estimateText } from '../../common/drill/estimate.ts';
import { NEVER_WAIVED } from '../../common/drill/gates.ts';
import { connectPair } from '../connectPair.ts';
import { summaryText } from '../drillReport.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import type { CliConsole } from '../open.ts';
import { durationMs } from '../usage.ts';
import type { Parsed } from '../usage.ts';

/** What the contract takes for one drill. */
const REPEAT_MAX = 1000;

/** Runs the drill and gives its result. */
export async function drill(pairId: string, opened: CliConsole, io: CliIo): Promise<DrillResult> {
  let result: DrillResult | null = null;
  const items: AsyncIterable<DrillProgress> = opened.client.drillPowerOff({ pairId });
  for await (const item of items) {
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

async function powerOff(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const { spec } = await connectPair(parsed, opened, io, 'agents');
  const result = await drill(spec.id, opened, io);
  io.out(parsed.flag('json') ? `${JSON.stringify(result)}\n` : drillText(result));
  if (result.verdict === 'void') throw new CliError('void', `the drill is void: ${result.notes.join('; ')}`);
  if (result.verdict === 'fail') throw new CliError('failed', `the drill failed: ${result.notes.join('; ')}`);
}

function infoText(d: DrillInfo): string {
  const level = d.level === null ? '' : `  ${d.level}`;
  const hands = d.hands > 0 ? `  needs hands (${d.hands})` : '';
  const state = d.available
    ? `ready${level}${hands}  at most ${Math.ceil(d.mostMs / 60_000)} min`
    : `not here: ${d.reasons.map((r) => r.en).join('; ')}`;
  return `${String(d.row).padStart(2)}  ${d.id.padEnd(20)}  ${d.title.en}  [${state}]\n`;
}

async function list(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const { spec } = await connectPair(parsed, opened, io, 'anything');
  const board = await opened.client.drillList({ pairId: spec.id });
  if (parsed.flag('json')) return io.out(`${JSON.stringify(board)}\n`);
  const rest = board.resumable === null ? '' : `\na suite is not finished: go on with "drill run --resume"\n`;
  io.out(board.drills.map(infoText).join('') + rest);
}

function repeatOf(given: string | null): number | null {
  if (given === null) return 1;
  if (given === 'default') return null;
  const repeat = Number(given);
  if (!Number.isInteger(repeat) || repeat < 1 || repeat > REPEAT_MAX)
    throw new CliError('usage', `--repeat ${given}: expected a number from 1 to ${REPEAT_MAX}, or default`);
  return repeat;
}

/** `--waive` names the gates; one person answers for all of them. */
function waiversOf(parsed: Parsed): DrillWaiver[] {
  const [given, by, why] = [parsed.text('waive'), parsed.text('by'), parsed.text('why')];
  if (given === null && by === null && why === null) return [];
  if (given === null || by === null || why === null || by.trim() === '' || why.trim() === '')
    throw new CliError('usage', 'a waiver names gate, person and reason: --waive GATE[,GATE] --by NAME --why TEXT');
  return given.split(',').map((word) => {
    const gate = GateNameSchema.safeParse(word.trim());
    if (gate.success && !NEVER_WAIVED.includes(gate.data)) return { gate: gate.data, by: by.trim(), why: why.trim() };
    const can = GateNameSchema.options.filter((name) => !NEVER_WAIVED.includes(name));
    throw new CliError('usage', `--waive ${word}: this cannot be waived; expected ${can.join(', ')}`);
  });
}

function orderOf(parsed: Parsed): DrillOrder {
  const time = (option: string): number | null => {
    const given = parsed.text(option);
    return given === null ? null : durationMs(given, option);
  };
  const drills = parsed.words.slice(1);
  const wishes = [drills.length > 0 || parsed.flag('suite'), parsed.flag('resume')].filter(Boolean).length;
  if (wishes !== 1)
    throw new CliError('usage', 'say what to run: names of drills (see "drill list"), --suite, or --resume');
  return {
    drills,
    suite: parsed.flag('suite'),
    repeat: repeatOf(parsed.text('repeat')),
    both: parsed.flag('both'),
    limits: { failoverMs: time('failover-limit'), healMs: time('heal-limit') },
    soakMs: time('soak'),
    waivers: waiversOf(parsed),
    resume: null,
  };
}

/** Asks the person at the terminal; elsewhere somebody does what the warning says, and the console sees it. */
class HandsAsker {
  private readonly pairId: string;
  private readonly opened: CliConsole;
  private readonly io: CliIo;
  private over: AbortController | null = null;

  constructor(pairId: string, opened: CliConsole, io: CliIo) {
    this.pairId = pairId;
    this.opened = opened;
    this.io = io;
  }

  ask(hands: Hands): void {
    const watch = hands.detects === null ? '' : ` (the console watches for: ${hands.detects.en})`;
    this.io.warn(`${hands.text.en}${watch}`);
    if (this.io.canAsk) void this.wait(hands.askId);
  }

  private async wait(askId: string): Promise<void> {
    const over = new AbortController();
    this.over = over;
    const answer = await this.io.askUntil('Enter when it is done, s to skip this drill: ', over.signal);
    if (answer === null || over.signal.aborted) return;
    const { pairId } = this;
    // It may have been seen in the same moment: then there is no such question any more.
    await this.opened.client
      .drillAnswer({ pairId, askId, answer: answer === 's' ? 'skip' : 'continue' })
      .catch(() => undefined);
  }

  done(): void {
    this.over?.abort();
    this.over = null;
  }
}

/** Tells an item on standard error; the last one is the result. */
function tell(item: DrillItem, total: number, hands: HandsAsker, io: CliIo): void {
  switch (item.kind) {
    case 'run-begin': {
      const from = item.planned.from === null ? '' : ` from ${item.planned.from}`;
      io.progress(`[${item.planIndex + 1}/${total}] ${item.title.en}${from}, run ${item.planned.repetition}`);
      return;
    }
    case 'step':
      return io.progress(`  ${item.text.en}`);
    case 'hands':
      return hands.ask(item.hands);
    case 'hands-over':
      return hands.done();
    case 'run':
      return io.progress(`  ${item.run.verdict}${item.run.notes.map((n) => `: ${n.en}`).join('')}`);
    case 'suite':
    case 'summary':
      return undefined;
  }
}

/** How long it will take, before it begins. */
async function tellLength(order: DrillOrder, pairId: string, opened: CliConsole, io: CliIo): Promise<void> {
  const { drills, suites } = await opened.client.drillList({ pairId });
  const isWanted = (d: DrillInfo): boolean => order.drills.includes(d.id) || (order.suite && !d.isLong);
  const wanted = drills.filter((d) => d.available && isWanted(d));
  const before = suites.flatMap(({ suite }) => suite.runs);
  if (wanted.length > 0) io.progress(estimateText(estimateOf(wanted, before, order)).en);
}

async function run(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const wanted = orderOf(parsed);
  // What a console left broken when it died may keep a node away: going on begins with undoing that.
  const { spec } = await connectPair(parsed, opened, io, parsed.flag('resume') ? 'anything' : 'agents');
  const pairId = spec.id;
  const resume = parsed.flag('resume') ? (await opened.client.drillList({ pairId })).resumable : null;
  if (parsed.flag('resume') && resume === null)
    throw new CliError('usage', 'there is no unfinished suite of this pair to go on with');
  if (resume === null) await tellLength(wanted, pairId, opened, io);
  const hands = new HandsAsker(pairId, opened, io);
  let summary: DrillSummary | null = null;
  let total = 0;
  for await (const item of opened.client.drillRun({ ...wanted, pairId, resume })) {
    if (item.kind === 'suite') total = item.suite.plan.length;
    if (item.kind === 'summary') summary = item.summary;
    tell(item, total, hands, io);
  }
  if (summary === null) throw new CliError('internal', 'the drills ended without a result');
  io.out(parsed.flag('json') ? `${JSON.stringify(summary)}\n` : summaryText(summary));
  const { suite } = summary;
  if (suite.state !== 'complete')
    throw new CliError(
      'interrupted',
      `stopped after ${suite.doneCount} of ${suite.plan.length} runs; what was broken is undone; go on with "drill run --resume"`,
    );
  if (summary.verdict === 'fail') throw new CliError('failed', 'a drill failed');
  if (summary.verdict === 'void') throw new CliError('void', 'a drill is void: what it measured proves nothing');
}

export async function runDrill(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const [action] = parsed.words;
  if (action !== 'run' && parsed.words.length > 1)
    throw new CliError('usage', `"${parsed.words[1]}" is one word too many after "drill ${action}"`);
  if (action === 'list') return list(parsed, opened, io);
  return action === 'run' ? run(parsed, opened, io) : powerOff(parsed, opened, io);
}
