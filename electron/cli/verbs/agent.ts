/** `agent start` and `agent stop` */
import { connectPair } from '../connectPair.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import type { CliConsole } from '../open.ts';
import { nodeOf } from '../usage.ts';
import type { Parsed } from '../usage.ts';

export async function runAgent(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const action = parsed.words[0] === 'stop' ? 'stop' : 'start';
  if (parsed.text('node') === null) throw new CliError('usage', 'on which node? --node N');
  const { spec } = await connectPair(parsed, opened, io, 'anything');
  const node = nodeOf(parsed, spec);
  await opened.client.agentService({ pairId: spec.id, node, action });
  const done = action === 'start' ? 'started' : 'stopped';
  io.out(parsed.flag('json') ? `${JSON.stringify({ node, done })}\n` : `${node}: the agent is ${done}\n`);
}
