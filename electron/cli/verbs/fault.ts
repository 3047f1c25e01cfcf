/** `fault NAME`, `fault list`, `fault revert` */
import { ConsoleFaultNameSchema } from '../../common/contract/state.ts';
import type { ActiveFault, FaultOffer } from '../../common/contract/state.ts';
import { connectPair, waitForState } from '../connectPair.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import type { CliConsole } from '../open.ts';
import { durationMs, nodeOf } from '../usage.ts';
import type { Parsed } from '../usage.ts';

const DEFAULT_FOR = '20s';

/** What the contract takes, milliseconds. */
const FAULT_RANGE_MS = [500, 3_600_000] as const;

/** After its time a fault may take this much longer to be seen as mended (boot, start of the agent), milliseconds. */
const MENDED_MS_MAX = 90_000;

function faultText(f: ActiveFault): string {
  const mends = f.revertsInMs === null ? '' : `  mends itself in ${(f.revertsInMs / 1000).toFixed(1)} s`;
  return `${f.name} on ${f.node}  ${f.phase}${mends}${f.detail === '' ? '' : `  ${f.detail}`}  id ${f.faultId}\n`;
}

function offerText(o: FaultOffer): string {
  const how = o.available ? o.commands.join('; ') : `not available: ${o.reason ?? ''}`;
  return `${o.name}  ${o.node}  ${o.level}  ${how}\n`;
}

const isOn = (f: ActiveFault): boolean => f.phase === 'armed' || f.phase === 'injected';

async function inject(name: string, parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const known = ConsoleFaultNameSchema.safeParse(name);
  if (!known.success) {
    throw new CliError(
      'usage',
      `unknown fault "${name}": expected list, revert or one of ${ConsoleFaultNameSchema.options.join(', ')}`,
    );
  }
  if (parsed.text('node') === null) throw new CliError('usage', 'on which node? --node N');
  const forMs = durationMs(parsed.text('for') ?? DEFAULT_FOR, 'for', FAULT_RANGE_MS);
  const { spec } = await connectPair(parsed, opened, io, 'anything');
  const node = nodeOf(parsed, spec);
  const fault = await opened.client.faultInject({
    pairId: spec.id,
    node,
    name: known.data,
    link: parsed.text('link'),
    durationMs: forMs,
  });
  const last = parsed.flag('wait') ? await waitUntilOver(fault, spec.id, forMs, opened, io) : fault;
  io.out(parsed.flag('json') ? `${JSON.stringify(last)}\n` : faultText(last));
  if (last.phase === 'failed') throw new CliError('failed', `the fault failed: ${last.detail}`);
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
    forMs + MENDED_MS_MAX,
    () => new CliError('timeout', `${fault.name} on ${fault.node} is not seen as mended`),
    (state) => {
      last = state.faults.find((f) => f.faultId === fault.faultId) ?? { ...last, phase: 'reverted', revertsInMs: null };
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
  const { spec, state } = await connectPair(parsed, opened, io, 'anything');
  const offers = await opened.client.faultOffers({ pairId: spec.id });
  const active = state.faults.filter(isOn);
  if (parsed.flag('json')) return io.out(`${JSON.stringify({ active, offers })}\n`);
  io.out([...active.map((f) => `ON  ${faultText(f)}`), ...offers.map(offerText)].join(''));
}

export async function runFault(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const [name] = parsed.words;
  if (name === undefined)
    throw new CliError(
      'usage',
      `after "fault" expected list, revert or one of ${ConsoleFaultNameSchema.options.join(', ')}`,
    );
  if (name === 'list') return list(parsed, opened, io);
  if (name === 'revert') return revert(parsed, opened, io);
  return inject(name, parsed, opened, io);
}
