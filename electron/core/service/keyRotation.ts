/** Rotations of keys on connected pairs: the nodes' connections and agents as a rotation wants them, its progress as a stream. */
import { ok } from '../../../agent/common/base/result.ts';
import type { CancelSignal } from '../../../agent/common/rpc/cancel.ts';
import { CancelSource } from '../../../agent/common/rpc/cancel.ts';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import type { KeyRotationProgress } from '../../common/contract/console.ts';
import type { HaSpec } from '../../common/contract/pair.ts';
import { quote, refuse, say } from '../../common/words/sentence.ts';
import type { Outcome } from '../../common/words/sentence.ts';
import { AsyncQueue } from '../base/asyncQueue.ts';
import { within } from '../base/time.ts';
import { readAuthkeys, replaceAuthkeys } from '../deploy/authkeysFile.ts';
import { rotateKeys } from '../deploy/rotateKeys.ts';
import type { RotationNode } from '../deploy/rotateKeys.ts';
import type { AgentClient } from '../session/agentLink.ts';
import type { NodeFeed } from '../session/nodeFeed.ts';
import type { LivePair } from './livePair.ts';
import type { NodeConnector } from './ports.ts';

/** How long an agent may take for one answer, milliseconds. */
const ANSWER_MS_MAX = 5000;

interface InWork {
  readonly stop: CancelSource;
  readonly ended: Promise<void>;
}

/** The rotations of a console: one at a time for each pair. */
export class KeyRotations {
  private readonly inWork = new Map<object, InWork>();

  /**
   * Starts rotating the keys of `nodes`; throws `busy` while those of the same `pair` (any object that stands for it) are in work. Who stops
   * reading stops the work after its present step; the work itself goes on until then, so that both nodes are left with keys that each
   * other accepts.
   */
  start(
    pair: object,
    nodes: readonly [RotationNode, RotationNode],
    method: HaSpec['authMethod'],
    signal: CancelSignal,
  ): AsyncIterable<KeyRotationProgress> {
    if (this.inWork.has(pair)) throw new RpcError('busy', 'the keys of this pair are being changed already');
    const stop = new CancelSource();
    if (signal.aborted) stop.cancel();
    else signal.addEventListener('abort', () => stop.cancel(), { once: true });
    // Cancelling still has news (where it stopped), so only the consumer's leaving ends the queue.
    const queue = new AsyncQueue<KeyRotationProgress>(new CancelSource().signal, () => stop.cancel());
    const ended = rotateKeys(nodes, method, stop.signal, (progress) => queue.push(progress))
      .then(
        () => queue.end(),
        (error: Error) => queue.end(error),
      )
      .finally(() => this.inWork.delete(pair));
    this.inWork.set(pair, { stop, ended });
    return queue;
  }

  /** Stops every rotation after its present step; resolves when all have ended. */
  async end(): Promise<void> {
    const all = [...this.inWork.values()];
    for (const { stop } of all) stop.cancel();
    await Promise.all(all.map(({ ended }) => ended));
  }
}

/** Both nodes of a connected pair as a rotation wants them. Throws `unsupported` for a pair that is only observed. */
export function rotationNodes(live: LivePair): readonly [RotationNode, RotationNode] {
  if (live.spec.engine === 'heartbeat') {
    const how = 'write the new key to both nodes and run heartbeat -r on both at once';
    throw new RpcError('unsupported', `this pair is observed, and its keys are never written: ${how}`);
  }
  const [a, b] = live.connectors;
  return [rotationNode(a, live.feeds[0]), rotationNode(b, live.feeds[1])];
}

function rotationNode(connector: NodeConnector, feed: NodeFeed): RotationNode {
  const ask = async <T>(question: (client: AgentClient) => Promise<T>): Promise<Outcome<T>> => {
    const { client, agent } = feed;
    const why = agent.detail === '' ? say('inItsWords', { text: agent.phase }) : quote(agent);
    if (client === null) return refuse('not-attached', say('agentSilentBecause', { why }));
    const late = say('agentSilent');
    try {
      return ok(await within(ANSWER_MS_MAX, late.detail, question(client)));
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      return refuse('no-answer', text === late.detail ? late : say('inItsWords', { text }));
    }
  };
  return {
    name: connector.spec.name,
    readKeys: () => readAuthkeys(connector),
    writeKeys: (before, text) => replaceAuthkeys(connector, before, text),
    status: () => ask((client) => client.status({})),
    reload: async () => {
      const reply = await ask((client) => client.reload({}));
      if (!reply.ok) return reply;
      return reply.value.accepted ? ok(undefined) : refuse('refused', say('keysRefused', { why: reply.value.detail }));
    },
  };
}
