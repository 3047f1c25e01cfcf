/** `fault list`, `fault arm NAME`, `fault revert`, `fault panic`, and `fault NAME` */
import { FAULT_CATEGORIES, faultNamed, findFault } from '../../../agent/common/faults/index.ts';
import type { CatalogueEntry } from '../../../agent/common/faults/index.ts';
import type { PanicReport } from '../../common/contract/panic.ts';
import { ConsoleFaultNameSchema } from '../../common/contract/state.ts';
import type { ActiveFault, ConsoleFaultName, FaultOffer } from '../../common/contract/state.ts';
import { connectPair, waitForState } from '../connectPair.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import type { CliConsole } from '../open.ts';
import { durationMs, nodeOf } from '../usage.ts';
import type { Parsed } from '../usage.ts';

const DEFAULT_FOR = '20s';

/** What the contract takes, milliseconds. */
const FAULT_RANGE_MS = [500, 3_600_000] as const;

/** How long nobody may be served under it, as the contract takes it, milliseconds. */
const BUDGET_RANGE_MS = [1000, 3_600_000] as const;

/** A node and its agent may take this long to answer before they count as silent, milliseconds. */
const ASKING_MS_MAX = 20_000;
const ASKING: ReadonlySet<string> = new Set(['idle', 'connecting', 'authenticating', 'unknown', 'attaching']);

/** After its time a fault may take this much longer to be seen as mended (boot, start of the agent), milliseconds. */
const MENDED_MS_MAX = 90_000;

/** Named first: what people look for. */
const PLAIN_NAMES: readonly ConsoleFaultName[] = ['power-off', 'pull-lan', 'pull-crossover', 'pull-serial'];

/** What a person is told while a fault by hand is on. */
const HANDWORK = { do: '  do it now', undo: '  put it back now' } as const;

function faultText(f: ActiveFault): string {
  const left = f.revertsInMs === null ? null : `${(f.revertsInMs / 1000).toFixed(1)} s`;
  const mends = left === null || f.handwork !== null ? '' : `  mends itself in ${left}`;
  const hand = f.handwork === null ? '' : HANDWORK[f.handwork];
  return `${f.name} on ${f.node}  ${f.phase}${mends}${hand}${f.detail === '' ? '' : `  ${f.detail}`}  id ${f.faultId}\n`;
}

function amountText({ amount }: CatalogueEntry): string {
  if (amount === null) return '';
  return `      --amount ${amount.min} to ${amount.max} ${amount.unit} (${amount.standard})\n`;
}

function offerText(o: FaultOffer): string {
  const how = o.available ? o.commands.join('; ') : `not available: ${o.reason ?? ''}`;
  const marks = `${o.byHand ? '  by hand' : ''}${o.cutsManagement ? '  CUTS MANAGEMENT' : ''}`;
  const { what, healthy, wrong } = faultNamed(o.name);
  const said = `      ${what}\n      healthy: ${healthy}\n      wrong:   ${wrong}\n`;
  return `${o.id.padEnd(4)} ${o.name}  ${o.node}  ${o.level}${marks}  ${how}\n${said}${amountText(faultNamed(o.name))}`;
}

const isOn = (f: ActiveFault): boolean => f.phase === 'armed' || f.phase === 'injected';

function amountOf(parsed: Parsed): number | null {
  const text = parsed.text('amount');
  if (text === null) return null;
  const amount = Number(text);
  if (!Number.isFinite(amount)) throw new CliError('usage', `--amount ${text}: expected a number`);
  return amount;
}

/** `isArm`: on a clean baseline only, unless forced. The older form asks for that on real servers only. */
async function inject(typed: string, isArm: boolean, parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const known = findFault(typed);
  if (known === null) {
    const names = new Set([...PLAIN_NAMES, ...ConsoleFaultNameSchema.options]);
    throw new CliError(
      'usage',
      `unknown fault "${typed}": expected list, arm, revert, panic or one of ${[...names].join(', ')}`,
    );
  }
  if (parsed.text('node') === null) throw new CliError('usage', 'on which node? --node N');
  const forMs = durationMs(parsed.text('for') ?? DEFAULT_FOR, 'for', FAULT_RANGE_MS);
  const amount = amountOf(parsed);
  const typedBudget = parsed.text('budget');
  const budget = typedBudget === null ? null : durationMs(typedBudget, 'budget', BUDGET_RANGE_MS);
  const { spec } = await connectPair(parsed, opened, io, 'anything');
  const node = nodeOf(parsed, spec);
  await untilKnown(node, spec.id, opened);
  const fault = await opened.client.faultInject({
    pairId: spec.id,
    node,
    name: known.name,
    link: parsed.text('link'),
    durationMs: forMs,
    amount,
    // Without --wait nobody stays who could renew a lease: the fault lasts until its time.
    attended: parsed.flag('wait'),
    force: parsed.flag('force') ? true : isArm ? false : null,
    cutManagement: parsed.flag('cut-management'),
    confirm: parsed.text('confirm'),
    unservedMsMax: budget,
  });
  const last = parsed.flag('wait') ? await waitUntilOver(fault, spec.id, forMs, opened, io) : fault;
  io.out(parsed.flag('json') ? `${JSON.stringify(last)}\n` : faultText(last));
  if (last.phase === 'failed') throw new CliError('failed', `the fault failed: ${last.detail}`);
}

/** A node that is still being asked may well do it: a refusal because of that would only be early. */
async function untilKnown(node: string, pairId: string, opened: CliConsole): Promise<void> {
  const late = new CliError('timeout', '');
  await waitForState(
    opened,
    pairId,
    ASKING_MS_MAX,
    () => late,
    ({ nodes }) => {
      const asked = nodes.find((n) => n.node === node);
      if (asked === undefined || ASKING.has(asked.phase)) return asked === undefined;
      if (asked.phase !== 'ready') return true;
      return asked.agent.phase === 'attached' ? asked.status !== null : !ASKING.has(asked.agent.phase);
    },
  ).catch((error: unknown) => {
    // Then the refusal says what is missing.
    if (error !== late) throw error;
  });
}

async function waitUntilOver(
  fault: ActiveFault,
  pairId: string,
  forMs: number,
  opened: CliConsole,
  io: CliIo,
): Promise<ActiveFault> {
  io.progress(faultText(fault).trimEnd());
  let last = fault;
  await waitForState(
    opened,
    pairId,
    Math.max(forMs, fault.revertsInMs ?? 0) + MENDED_MS_MAX,
    () => new CliError('timeout', `${fault.name} on ${fault.node} is not seen as mended`),
    (state) => {
      const now = state.faults.find((f) => f.faultId === fault.faultId) ?? {
        ...last,
        phase: 'reverted' as const,
        revertsInMs: null,
      };
      if (now.handwork !== last.handwork) io.progress(faultText(now).trimEnd());
      last = now;
      return !isOn(last);
    },
  );
  return last;
}

async function revert(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const { spec, state } = await connectPair(parsed, opened, io, 'anything');
  const [node, id] = [parsed.text('node') === null ? null : nodeOf(parsed, spec), parsed.text('id')];
  const wanted = state.faults.filter(
    (f) => isOn(f) && (node === null || f.node === node) && (id === null || f.faultId === id),
  );
  const reverted: ActiveFault[] = [];
  for (const f of wanted)
    reverted.push(await opened.client.faultRevert({ pairId: spec.id, node: f.node, faultId: f.faultId }));
  if (parsed.flag('json')) return io.out(`${JSON.stringify(reverted)}\n`);
  io.out(reverted.length === 0 ? 'no fault is on\n' : reverted.map(faultText).join(''));
}

async function list(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const category = parsed.text('category');
  if (category !== null && !FAULT_CATEGORIES.some((known) => known === category))
    throw new CliError('usage', `--category ${category}: expected one of ${FAULT_CATEGORIES.join(', ')}`);
  const { spec, state } = await connectPair(parsed, opened, io, 'anything');
  const node = parsed.text('node') === null ? null : nodeOf(parsed, spec);
  // What both nodes must do together is there only when both have answered.
  for (const { name } of spec.nodes) await untilKnown(name, spec.id, opened);
  const offers = (await opened.client.faultOffers({ pairId: spec.id })).filter(
    (o) =>
      (category === null || faultNamed(o.name).category === category) &&
      (node === null || o.node === node) &&
      (o.available || !parsed.flag('available')),
  );
  const active = state.faults.filter(isOn);
  if (parsed.flag('json')) {
    const whole = offers.map((o) => {
      const { category: group, needs, what, healthy, wrong, amount, mayBeDual } = faultNamed(o.name);
      return { ...o, category: group, needs, what, healthy, wrong, amount, mayBeDual };
    });
    return io.out(`${JSON.stringify({ active, offers: whole })}\n`);
  }
  io.out([...active.map((f) => `ON  ${faultText(f)}`), ...offers.map(offerText)].join(''));
}

function panicText(report: PanicReport): string {
  const check = (c: { what: string; ok: boolean; detail: string }): string =>
    `  ${c.ok ? 'ok ' : 'BAD'} ${c.what.padEnd(8)} ${c.detail}\n`;
  const nodes = report.nodes.map((n) => {
    const via = n.via.length === 0 ? 'not reached' : `by ${n.via.join(' and ')}`;
    const back = n.reverted.length === 0 ? 'nothing was on' : `taken back: ${n.reverted.join(', ')}`;
    const end = n.proven ? '  proven\n' : `  NOT PROVEN: ${n.problem}\n`;
    return `${n.node}  ${via}  ${back}\n${n.checks.map(check).join('')}${end}`;
  });
  const rack = report.rack.length === 0 ? '' : `rack\n${report.rack.map(check).join('')}`;
  return `${nodes.join('')}${rack}${report.proven ? 'everything is taken back, and that is proven\n' : ''}`;
}

async function panic(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const { spec } = await connectPair(parsed, opened, io, 'anything');
  io.progress('taking everything back on both nodes');
  const report = await opened.client.faultPanic({ pairId: spec.id });
  io.out(parsed.flag('json') ? `${JSON.stringify(report)}\n` : panicText(report));
  if (!report.proven) throw new CliError('failed', 'not proven that everything is taken back');
}

/** At most `most` words, or a usage error that names the one too many. */
function atMost(most: number, { words }: Parsed): void {
  const extra = words[most];
  if (extra !== undefined)
    throw new CliError('usage', `"${extra}" is one word too many after "fault ${words.slice(0, most).join(' ')}"`);
}

export async function runFault(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const [name, second] = parsed.words;
  if (name === undefined)
    throw new CliError(
      'usage',
      `after "fault" expected list, arm, revert, panic or one of ${ConsoleFaultNameSchema.options.join(', ')}`,
    );
  if (name === 'arm') {
    atMost(2, parsed);
    if (second === undefined) throw new CliError('usage', 'which fault? fault arm NAME; "fault list" has the names');
    return inject(second, true, parsed, opened, io);
  }
  atMost(1, parsed);
  if (name === 'list') return list(parsed, opened, io);
  if (name === 'revert') return revert(parsed, opened, io);
  if (name === 'panic') return panic(parsed, opened, io);
  return inject(name, false, parsed, opened, io);
}
