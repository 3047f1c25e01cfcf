/** `standby` and `takeover` */
import { connectPair } from '../connectPair.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import type { CliConsole } from '../open.ts';
import { nodeOf } from '../usage.ts';
import type { Parsed } from '../usage.ts';

const SETS = ['local', 'foreign', 'all'] as const;

export async function runEngine(
  parsed: Parsed,
  opened: CliConsole,
  io: CliIo,
  action: 'standby' | 'takeover',
): Promise<void> {
  const given = parsed.text('set') ?? 'all';
  const set = SETS.find((s) => s === given);
  if (set === undefined) throw new CliError('usage', `--set ${given}: expected ${SETS.join(', ')}`);
  if (parsed.text('node') === null) throw new CliError('usage', 'on which node? --node N');
  const { spec } = await connectPair(parsed, opened, io, 'anything');
  const node = nodeOf(parsed, spec);
  const ask = action === 'standby' ? opened.client.engineStandby : opened.client.engineTakeover;
  const reply = await ask({ pairId: spec.id, node, set });
  io.out(
    parsed.flag('json')
      ? `${JSON.stringify(reply)}\n`
      : `${reply.accepted ? 'accepted' : 'refused'}: ${reply.detail}\n`,
  );
  if (!reply.accepted) throw new CliError('failed', `${node} refused: ${reply.detail}`);
}
