/** `rack up|down|status` */
import type { RackState } from '../../common/contract/rack.ts';
import { RackUpOptionsSchema, SetupIdSchema } from '../../common/contract/rack.ts';
import type { RackUpOptions } from '../../common/contract/rack.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import type { CliConsole } from '../open.ts';
import { durationMs } from '../usage.ts';
import type { Parsed } from '../usage.ts';

/** Options of `rack up` and `demo`. */
export function rackOptions(parsed: Parsed): RackUpOptions {
  const setup = parsed.text('setup') ?? 's5';
  if (!SetupIdSchema.safeParse(setup).success) {
    throw new CliError('usage', `--setup ${setup}: expected one of ${SetupIdSchema.options.join(', ')}`);
  }
  const time = (option: string): number | undefined => {
    const text = parsed.text(option);
    return text === null ? undefined : durationMs(text, option);
  };
  const timing = { keepaliveMs: time('keepalive'), deadtimeMs: time('deadtime') };
  const given = Object.fromEntries(Object.entries(timing).filter(([, value]) => value !== undefined));
  return RackUpOptionsSchema.parse({ setup, ...given });
}

function text(state: RackState): string {
  if (state.phase !== 'up') return `rack ${state.phase}${state.detail === '' ? '' : `: ${state.detail}`}\n`;
  const nodes = state.nodes.map(
    (n) => `node  ${n.name}  power ${n.power}  ssh ${n.ssh.user}@${n.ssh.host}:${n.ssh.port}  lan ${n.lanAddress}`,
  );
  const cables = state.cables.map(
    (c) => `cable ${c.id}  ${c.aToB && c.bToA ? 'plugged' : !c.aToB && !c.bToA ? 'pulled' : 'one way only'}`,
  );
  return [`rack up  setup ${state.setup ?? '-'}  VIP ${state.vip ?? '-'}`, ...nodes, ...cables, ''].join('\n');
}

async function stateNow(opened: CliConsole): Promise<RackState> {
  for await (const state of opened.client.rackState({})) return state;
  throw new CliError('internal', 'the rack says nothing');
}

/** A rack that runs already is as good as a new one, but not when another one was asked for. */
function refuseOtherRack(parsed: Parsed, running: RackState): void {
  const setup = parsed.text('setup');
  const wantsTiming = parsed.text('keepalive') !== null || parsed.text('deadtime') !== null;
  if ((setup === null || setup === running.setup) && !wantsTiming) return;
  throw new CliError(
    'rackFailed',
    `a rack with setup ${running.setup ?? '?'} runs already and would stay as it is: "rack down" first`,
  );
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
  }
  const state = await stateNow(opened);
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
