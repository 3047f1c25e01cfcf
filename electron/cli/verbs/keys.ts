/** `keys show` and `keys rotate` */
import type { KeyRotationProgress } from '../../common/contract/console.ts';
import { connectPair } from '../connectPair.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import type { CliConsole } from '../open.ts';
import { statusReport } from '../statusReport.ts';
import type { Parsed } from '../usage.ts';

const METHODS = ['sha1', 'sha256', 'md5'] as const;

export async function runKeys(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  return parsed.words[0] === 'rotate' ? rotate(parsed, opened, io) : show(parsed, opened, io);
}

async function show(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const { state } = await connectPair(parsed, opened, io, 'anything');
  const { nodes, safety } = statusReport(state);
  const each = nodes.map(({ name, agent, detail, safety: { keys } }) => ({ name, agent, detail, keys }));
  const lines = each.map(({ name, agent, keys }) =>
    keys === null
      ? `${name}  unknown (agent ${agent})`
      : `${name}  key ${keys.index}  ${keys.method}  fingerprint ${keys.fingerprint}  accepts ${keys.accepted}`,
  );
  const document = { verdict: safety.keys, nodes: each.map(({ name, keys }) => ({ name, keys })) };
  io.out(
    parsed.flag('json') ? `${JSON.stringify(document)}\n` : `${[...lines, `keys are ${safety.keys}`].join('\n')}\n`,
  );
  const silent = each.find(({ keys }) => keys === null);
  if (silent !== undefined)
    throw new CliError('noAgent', `${silent.name}: ${silent.detail || `agent ${silent.agent}`}: its key is not known`);
  if (safety.keys === 'different') {
    const prints = each.map(({ name, keys }) => `${name} ${keys?.fingerprint ?? ''}`).join(', ');
    throw new CliError(
      'failed',
      `the nodes sign with different keys: ${prints}; deploy gives the first node's to both`,
    );
  }
}

async function rotate(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const given = parsed.text('method') ?? 'sha1';
  const method = METHODS.find((one) => one === given);
  if (method === undefined) throw new CliError('usage', `--method ${given}: expected ${METHODS.join(', ')}`);
  // A stopped agent is the check's to name, not a reason to wait for it.
  const { spec } = await connectPair(parsed, opened, io, 'anything');
  const steps: KeyRotationProgress[] = [];
  for await (const progress of opened.client.keysRotate({ pairId: spec.id, method })) {
    steps.push(progress);
    io.progress(`${progress.step}${progress.node === null ? '' : ` ${progress.node}`}: ${progress.detail}`);
  }
  const last = steps.at(-1);
  if (last === undefined) throw new CliError('internal', 'the rotation ended without a word');
  if (parsed.flag('json')) io.out(`${JSON.stringify({ ok: last.step === 'done', steps })}\n`);
  else if (last.step === 'done') io.out(`${last.detail}\n`);
  if (last.step === 'cancelled') throw new CliError('interrupted', last.detail);
  if (last.step !== 'done') throw new CliError('failed', `${last.node === null ? '' : `${last.node}: `}${last.detail}`);
}
