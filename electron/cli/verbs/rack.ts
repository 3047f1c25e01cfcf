/** `rack up|down|status|power|cable|power-switch` */
import type { RackState } from '../../common/contract/rack.ts';
import { CableIdSchema, RackEngineSchema, RackUpOptionsSchema, SetupIdSchema } from '../../common/contract/rack.ts';
import type { RackUpOptions } from '../../common/contract/rack.ts';
import { RACK_PAIR_ID } from '../../common/contract/console.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import type { CliConsole } from '../open.ts';
import { sshCommand } from '../sshCommand.ts';
import { durationMs } from '../usage.ts';
import type { Parsed } from '../usage.ts';

/** What was asked for of the rack's safety; what was not is left out. */
function safetyOptions(parsed: Parsed): Partial<RackUpOptions> {
  return {
    ...(parsed.flag('reference') ? { reference: true } : {}),
    ...(parsed.flag('two-links') ? { twoLinks: true } : {}),
    ...(parsed.flag('fencing') ? { fencing: true } : {}),
    ...(parsed.flag('ipfail') ? { ipfail: true } : {}),
  };
}

/** Options of `rack up` and `demo`. */
export function rackOptions(parsed: Parsed): RackUpOptions {
  const setup = parsed.text('setup') ?? 's5';
  if (!SetupIdSchema.safeParse(setup).success) {
    throw new CliError('usage', `--setup ${setup}: expected one of ${SetupIdSchema.options.join(', ')}`);
  }
  const engine = parsed.text('engine') ?? 'twinbeat';
  if (!RackEngineSchema.safeParse(engine).success) {
    throw new CliError('usage', `--engine ${engine}: expected one of ${RackEngineSchema.options.join(', ')}`);
  }
  const time = (option: string): number | undefined => {
    const text = parsed.text(option);
    return text === null ? undefined : durationMs(text, option);
  };
  const timing = { keepaliveMs: time('keepalive'), deadtimeMs: time('deadtime') };
  const given = Object.fromEntries(Object.entries(timing).filter(([, value]) => value !== undefined));
  return RackUpOptionsSchema.parse({ setup, engine, ...given, ...safetyOptions(parsed) });
}

/** The rack's state, and for each node how a person gets into it; `sshCommand` is null while the rack is down. */
type RackReport = Omit<RackState, 'nodes'> & {
  readonly nodes: readonly (RackState['nodes'][number] & { readonly sshCommand: string | null })[];
};

async function reportNow(opened: CliConsole): Promise<RackReport> {
  const state = await stateNow(opened);
  const pair = (await opened.client.pairList({})).find(({ id }) => id === RACK_PAIR_ID);
  const commandOf = (name: string): string | null => {
    const node = pair?.nodes.find((one) => one.name === name);
    return node === undefined ? null : sshCommand(node);
  };
  return { ...state, nodes: state.nodes.map((node) => ({ ...node, sshCommand: commandOf(node.name) })) };
}

function text(state: RackReport): string {
  if (state.phase !== 'up') return `rack ${state.phase}${state.detail === '' ? '' : `: ${state.detail}`}\n`;
  const nodes = state.nodes.map(
    (n) => `node  ${n.name}  power ${n.power}  ssh ${n.ssh.user}@${n.ssh.host}:${n.ssh.port}  lan ${n.lanAddress}`,
  );
  const logins = state.nodes.flatMap(({ name, sshCommand: command }) =>
    command === null ? [] : [`login ${name}  ${command}`],
  );
  const cables = state.cables.map(
    (c) => `cable ${c.id}  ${c.aToB && c.bToA ? 'plugged' : !c.aToB && !c.bToA ? 'pulled' : 'one way only'}`,
  );
  const powerSwitch = `power switch  ${state.powerSwitchBroken ? 'BROKEN' : 'works'}`;
  return [
    `rack up  setup ${state.setup ?? '-'}  engine ${state.engine}  VIP ${state.vip ?? '-'}`,
    ...nodes,
    ...logins,
    ...cables,
    powerSwitch,
    '',
  ].join('\n');
}

async function stateNow(opened: CliConsole): Promise<RackState> {
  for await (const state of opened.client.rackState({})) return state;
  throw new CliError('internal', 'the rack says nothing');
}

/** A rack that runs already is as good as a new one, but not when another one was asked for. */
function refuseOtherRack(parsed: Parsed, running: RackState): void {
  const setup = parsed.text('setup');
  const wantsTiming = parsed.text('keepalive') !== null || parsed.text('deadtime') !== null;
  const wantsSafety = Object.keys(safetyOptions(parsed)).length > 0;
  const engine = parsed.text('engine') ?? running.engine;
  const isSame = (setup === null || setup === running.setup) && engine === running.engine;
  if (isSame && !wantsTiming && !wantsSafety) return;
  throw new CliError(
    'rackFailed',
    `a rack with setup ${running.setup ?? '?'} and engine ${running.engine} runs already and would stay as it is: "rack down" first`,
  );
}

const POWER = ['off', 'on', 'reboot'] as const;

async function switchPower(parsed: Parsed, opened: CliConsole): Promise<void> {
  const [given, to] = [parsed.text('node'), parsed.text('to')];
  const action = POWER.find((one) => one === to);
  if (given === null || action === undefined)
    throw new CliError('usage', `rack power expected --node N and --to ${POWER.join('|')}`);
  const { nodes } = await stateNow(opened);
  const matching = nodes.filter(({ name }) => name === given || name.split('.')[0] === given);
  const [node] = matching;
  if (node === undefined || matching.length > 1)
    throw new CliError('usage', `--node ${given}: expected one of ${nodes.map(({ name }) => name).join(', ')}`);
  await opened.client.rackPower({ node: node.name, action });
}

const CUTS: Readonly<Record<string, { readonly aToB: boolean; readonly bToA: boolean }>> = {
  both: { aToB: false, bToA: false },
  'a-to-b': { aToB: false, bToA: true },
  'b-to-a': { aToB: true, bToA: false },
  none: { aToB: true, bToA: true },
};

async function plugCable(parsed: Parsed, opened: CliConsole): Promise<void> {
  const cable = CableIdSchema.safeParse(parsed.text('cable'));
  const carries = CUTS[parsed.text('cut') ?? ''];
  const noisePpm = Number(parsed.text('noise') ?? '0');
  const isNoise = Number.isInteger(noisePpm) && noisePpm >= 0 && noisePpm <= 1_000_000;
  if (!cable.success || carries === undefined || !isNoise) {
    const [ids, cuts] = [CableIdSchema.options.join('|'), Object.keys(CUTS).join('|')];
    throw new CliError('usage', `rack cable expected --cable ${ids} and --cut ${cuts}, --noise 0 to 1000000`);
  }
  await opened.client.rackCable({ cable: cable.data, ...carries, noisePpm });
}

const SWITCH = ['broken', 'works'] as const;

async function setPowerSwitch(parsed: Parsed, opened: CliConsole): Promise<void> {
  const to = SWITCH.find((one) => one === parsed.text('to'));
  if (to === undefined) throw new CliError('usage', `rack power-switch expected --to ${SWITCH.join('|')}`);
  await opened.client.rackPowerSwitch({ broken: to === 'broken' });
}

/** Prints the rack's state, following its way up on a terminal. */
export async function runRack(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const [action] = parsed.words;
  if (action === 'up') {
    const options = rackOptions(parsed);
    if (await opened.core.attachRack()) refuseOtherRack(parsed, await stateNow(opened));
    const follow = new AbortController();
    void followProgress(opened, io, follow.signal);
    await opened.client.rackUp(options);
    follow.abort();
  } else {
    const found = await opened.core.attachRack();
    if (action === 'down' && found) await opened.client.rackDown({});
    if (action === 'power') await switchPower(parsed, opened);
    if (action === 'cable') await plugCable(parsed, opened);
    if (action === 'power-switch') await setPowerSwitch(parsed, opened);
  }
  const state = await reportNow(opened);
  io.out(parsed.flag('json') ? `${JSON.stringify(state)}\n` : text(state));
}

/** Says what the rack is doing while it comes up. */
export async function followProgress(opened: CliConsole, io: CliIo, signal: AbortSignal): Promise<void> {
  let said = '';
  for await (const state of opened.client.rackState({}, signal)) {
    if (state.detail === said || state.detail === '') continue;
    said = state.detail;
    io.progress(`rack: ${state.detail}`);
  }
}
