/** `confirm-dead NODE` */
import { freshStatus } from '../../common/verdict/links.ts';
import { connectPair } from '../connectPair.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import type { CliConsole } from '../open.ts';
import { nodeNamed } from '../usage.ts';
import type { Parsed } from '../usage.ts';

/** The node that is named is the one that is off; the other one is told. A named node whose agent answers is not off. */
export async function runConfirmDead(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const [given] = parsed.words;
  if (given === undefined)
    throw new CliError('usage', 'after "confirm-dead" expected the name of the node that is off');
  const { spec, state } = await connectPair(parsed, opened, io, 'anything');
  const dead = nodeNamed(given, 'confirm-dead', spec);
  const other = spec.nodes[0].name === dead ? spec.nodes[1].name : spec.nodes[0].name;
  const named = state.nodes.find((node) => node.node === dead);
  if (named !== undefined && freshStatus(named) !== null) {
    const otherNode = state.nodes.find((node) => node.node === other);
    const swapped = otherNode === undefined || freshStatus(otherNode) === null;
    throw new CliError(
      'failed',
      `${dead} is not off: its agent answers (${named.status?.status ?? ''}). confirm-dead names the node that is off` +
        (swapped ? `; did you mean ${other}?` : ', and both nodes answer'),
    );
  }
  const reply = await opened.client.engineConfirmDead({ pairId: spec.id, node: other });
  const text = `${other} was told that ${dead} is off: ${reply.accepted ? 'accepted' : 'refused'}: ${reply.detail}\n`;
  io.out(parsed.flag('json') ? `${JSON.stringify({ node: other, dead, ...reply })}\n` : text);
  if (!reply.accepted) throw new CliError('failed', `${other} refused: ${reply.detail}`);
}
