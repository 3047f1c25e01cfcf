/** Connects a pair and waits until there is something to work with, saying what is awaited. */
import type { PairSpec } from '../common/contract/pair.ts';
import type { HostKeyQuestion, NodeConnection, PairState } from '../common/contract/state.ts';
import { isWitnessStarting } from '../common/verdict/witnesses.ts';
import { CliError } from './exitStatus.ts';
import type { CliIo } from './io.ts';
import type { CliConsole } from './open.ts';
import { choosePair, secretsFor } from './open.ts';
import type { Parsed } from './usage.ts';

/** What a verb needs before it can start. */
export type Need =
  /** SSH to both nodes. */
  | 'connections'
  /** The agents of both nodes. */
  | 'agents'
  /** Whatever can be had: a dead node is news, not an obstacle. */
  | 'anything';

/** Longest wait for connections and agents, milliseconds. */
const CONNECT_MS_MAX = 30_000;

/** With one node working, the other one may take this much longer before it counts as silent, milliseconds. */
const SILENT_NODE_MS = 4000;

/** After the agents answer: a few probes and a second word of each node, milliseconds. */
const SETTLE_MS = 1200;

/** A witness that is starting may take this much longer before it is said to be missing, milliseconds. */
const WITNESS_MS = 2000;

/** Phases in which nothing more will come by itself. */
function isHopeless(node: NodeConnection): boolean {
  return node.phase === 'gave-up' || (node.phase === 'ready' && ['absent', 'other-version'].includes(node.agent.phase));
}

function isUseful(node: NodeConnection, need: Need): boolean {
  if (node.phase !== 'ready') return false;
  if (need === 'connections') return true;
  return node.agent.phase === 'attached' && node.status !== null;
}

function cause(node: NodeConnection): CliError {
  const text = `${node.node}: ${node.detail}`;
  if (node.hostKey !== null) return new CliError('refused', hostKeyText(node.hostKey));
  if (node.phase === 'gave-up' && /auth|login|password|key|refus/i.test(node.detail))
    return new CliError('refused', text);
  if (node.phase === 'ready') return new CliError('noAgent', `${node.node}: ${node.agent.detail}`);
  return new CliError('unreachable', text);
}

function hostKeyText(question: HostKeyQuestion): string {
  const known = question.knownSha256.length > 0 ? `, known: ${question.knownSha256.join(' ')}` : '';
  if (question.verdict === 'changed' || question.verdict === 'revoked') {
    return (
      `the host key of ${question.host}:${question.port} is ${question.verdict === 'changed' ? 'not the known one' : 'revoked'}: ` +
      `${question.algorithm} ${question.sha256}${known}. Nothing was sent. Either the server was installed anew or somebody ` +
      `stands between: compare on the node itself (${question.checkCommand}) before you replace the known one in hostKeys or known_hosts`
    );
  }
  return (
    `the host key of ${question.host}:${question.port} is ${question.verdict}: ${question.algorithm} ${question.sha256}${known}. ` +
    `Compare it on the node itself (${question.checkCommand}), then put it into hostKeys of the pair file or into known_hosts`
  );
}

/** Asks the person at the terminal; elsewhere an unknown key is an error, never a guess. */
async function judgeHostKey(question: HostKeyQuestion, opened: CliConsole, io: CliIo): Promise<void> {
  const fail = new CliError('refused', hostKeyText(question));
  if (!io.canAsk || question.verdict === 'changed' || question.verdict === 'revoked') throw fail;
  io.warn(hostKeyText(question));
  const answer = await io.ask('Trust and remember this key? (yes/no) ');
  const isYes = answer === 'yes';
  await opened.client.hostKeyAnswer({
    questionId: question.questionId,
    answer: isYes ? 'trust-and-remember' : 'reject',
  });
  if (!isYes) throw fail;
}

/** True when waiting longer makes no sense, or all that is needed is there. Throws when it never will be. */
function isSettled(state: PairState, need: Need, waitedMs: number): boolean {
  const useful = state.nodes.filter((n) => isUseful(n, need));
  if (useful.length === 2) return true;
  const missing = state.nodes.filter((n) => !isUseful(n, need));
  if (need !== 'anything') {
    const hopeless = missing.find((n) => (need === 'agents' ? isHopeless(n) : n.phase === 'gave-up'));
    if (hopeless !== undefined) throw cause(hopeless);
    return false;
  }
  if (missing.every(isHopeless)) return true;
  return (
    waitedMs > SILENT_NODE_MS &&
    (useful.length > 0 || missing.every((n) => n.phase !== 'ready' || n.agent.phase !== 'attaching'))
  );
}

/** Follows the state until `done` says so; throws `timeout` with the given words. */
export async function waitForState(
  opened: CliConsole,
  pairId: string,
  limitMs: number,
  timeoutError: (state: PairState | null) => CliError,
  done: (state: PairState, waitedMs: number) => boolean | Promise<boolean>,
): Promise<PairState> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), limitMs);
  const startMs = performance.now();
  let last: PairState | null = null;
  try {
    for await (const state of opened.client.pairState({ pairId }, stop.signal)) {
      last = state;
      if (await done(state, performance.now() - startMs)) return state;
    }
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
  throw timeoutError(last);
}

/** Connects the pair of the command line and waits for what the verb needs. */
export async function connectPair(
  parsed: Parsed,
  opened: CliConsole,
  io: CliIo,
  need: Need,
): Promise<{ spec: PairSpec; state: PairState }> {
  const spec = await choosePair(parsed, opened);
  const secrets = await secretsFor(spec, parsed, io);
  await opened.client.pairConnect({ pairId: spec.id, secrets });
  io.progress(`connecting ${spec.nodes.map((n) => n.name).join(' and ')}`);
  const asked = new Set<string>();
  let settledAtMs: number | null = null;
  const state = await waitForState(
    opened,
    spec.id,
    CONNECT_MS_MAX,
    (last) => {
      const missing = last?.nodes.find((n) => !isUseful(n, need));
      return missing === undefined ? new CliError('timeout', 'the nodes did not answer in time') : cause(missing);
    },
    async (now, waitedMs) => {
      for (const { hostKey } of now.nodes) {
        if (hostKey === null || asked.has(hostKey.questionId)) continue;
        asked.add(hostKey.questionId);
        await judgeHostKey(hostKey, opened, io);
      }
      if (!isSettled(now, need, waitedMs)) return false;
      settledAtMs ??= waitedMs;
      const settledMs = waitedMs - settledAtMs;
      if (need === 'connections') return true;
      return settledMs >= SETTLE_MS && (settledMs >= SETTLE_MS + WITNESS_MS || !isWitnessStarting(now));
    },
  );
  if (need === 'anything' && state.nodes.every((n) => n.phase !== 'ready')) throw cause(state.nodes[0]);
  return { spec, state };
}
