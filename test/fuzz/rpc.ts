/** Target: what an agent, and a console, do with bytes that are not the protocol. */
import assert from 'node:assert/strict';
import { agentContract } from '../../agent/common/rpc/agentContract.ts';
import type { Channel } from '../../agent/common/rpc/channel.ts';
import { connect } from '../../agent/common/rpc/client.ts';
import { ndjsonChannel } from '../../agent/common/rpc/ndjson.ts';
import { RpcError } from '../../agent/common/rpc/messages.ts';
import { serve } from '../../agent/common/rpc/server.ts';
import type { SeededRandom } from '../../agent/common/base/random.ts';
import { FeedAgent } from '../support/feedAgent.ts';
import type { FuzzTarget } from './fuzz.ts';
import { latin1 } from './mutate.ts';

const METHODS = Object.keys(agentContract);

const KNOWN_CODES = ['closed', 'cancelled', 'no-method', 'bad-args', 'bad-reply', 'internal'];

/** Lines of a real conversation, both directions. */
const LINES = [
  ...METHODS.map((m, i) => ({ t: 'call', id: i + 1, m, a: argumentsOf(m) })),
  { t: 'more', id: 3, n: 5 },
  { t: 'stop', id: 3 },
  { t: 'ok', id: 1, v: { protocol: 1, version: '0.0.0', node: 'a', pid: 1, journalId: 'j' } },
  { t: 'ok', id: 2, v: { monotonicMs: 1, wallMs: 2 } },
  {
    t: 'item',
    id: 3,
    v: { seq: 1, node: 'a', at: { monotonicMs: 1 }, wallMs: 1, severity: 'info', body: { kind: 'log' } },
  },
  { t: 'err', id: 1, code: 'internal', message: 'no' },
];

function argumentsOf(method: string): object {
  if (method === 'hello') return { protocol: 1 };
  if (method === 'standby' || method === 'takeover') return { set: 'all' };
  if (method === 'events') return { fromSeq: 1 };
  if (method === 'samples') return { periodMs: 100 };
  if (method === 'faultInject') return { name: 'pull-lan', link: null, durationMs: 1000 };
  if (method === 'faultRevert') return { faultId: 'f' };
  return {};
}

/** A stream fed from outside; what is written goes to `sent`, line by line. */
function pipe(): {
  channel: Channel;
  push(text: string): void;
  end(): void;
  readonly sent: string[];
  isEnded(): boolean;
} {
  const listeners: ((text: string) => void)[] = [];
  const enders: (() => void)[] = [];
  const sent: string[] = [];
  let ended = false;
  const channel = ndjsonChannel({
    write: (text) => sent.push(text),
    onText: (listener) => listeners.push(listener),
    onEnd: (listener) => enders.push(listener),
    end: () => (ended = true),
  });
  const push = (text: string): void => listeners.forEach((listener) => listener(text));
  return { channel, push, end: () => enders.forEach((f) => f()), sent, isEnded: () => ended };
}

function pushInPieces(text: string, random: SeededRandom, push: (text: string) => void): void {
  for (let at = 0; at < text.length;) {
    const end = at + random.nextInteger(1, 400);
    push(text.slice(at, end));
    at = end;
  }
}

/** Promises and streams of the fake settle within a few turns; none of them waits for a clock. */
async function turns(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

async function feedServer(text: string, random: SeededRandom): Promise<string[]> {
  const line = pipe();
  const stop = serve(line.channel, agentContract, new FeedAgent('a', 'b').implementation(), null);
  pushInPieces(text, random, line.push);
  await turns();
  stop();
  line.end();
  const ends = new Map<number, number>();
  const features: string[] = [];
  for (const raw of line.sent) {
    const answer = JSON.parse(raw) as { t: string; id: number; code?: string };
    assert(['ok', 'item', 'err'].includes(answer.t), `an answer of kind ${answer.t}`);
    assert(answer.code !== 'bad-reply', 'an answer that its own contract refuses');
    if (answer.t !== 'item') ends.set(answer.id, (ends.get(answer.id) ?? 0) + 1);
    features.push(`server ${answer.t} ${answer.code ?? ''}`);
  }
  const calls = countCalls(text);
  for (const [id, count] of ends) assert(count <= (calls.get(id) ?? 0), `call ${id} ended ${count} times`);
  return features;
}

/** How often each call number is asked for in a text. */
function countCalls(text: string): Map<number, number> {
  const calls = new Map<number, number>();
  for (const line of text.split('\n')) {
    try {
      const { t, id } = JSON.parse(line) as { t?: unknown; id?: unknown };
      if (t === 'call' && typeof id === 'number') calls.set(id, (calls.get(id) ?? 0) + 1);
    } catch {
      // Not JSON: dropped by both.
    }
  }
  return calls;
}

async function feedClient(text: string, random: SeededRandom): Promise<string[]> {
  const line = pipe();
  const client = connect(line.channel, agentContract);
  const features: string[] = [];
  const watch = (name: string, promise: Promise<unknown>): Promise<void> =>
    promise.then(
      () => void features.push(`client ${name} ok`),
      (error: unknown) => {
        assert(error instanceof RpcError, `${name} failed with something else than an RpcError: ${String(error)}`);
        // An error code comes from the other side: any text.
        features.push(`client ${name} ${KNOWN_CODES.includes(error.code) ? error.code : 'other'}`);
      },
    );
  const drained = async (): Promise<void> => {
    for await (const event of client.events({ fromSeq: 1 })) assert(Number.isInteger(event.seq));
  };
  const waiting = [
    watch('hello', client.hello({ protocol: 1 })),
    watch('clock', client.clock({})),
    watch('events', drained()),
  ];
  pushInPieces(text, random, line.push);
  await turns();
  line.end();
  await Promise.all(waiting);
  return features;
}

/** Every call ends at most once, a client's failures are RpcErrors, and nothing else happens. */
export const rpcTarget: FuzzTarget = {
  name: 'rpc',
  magic: [
    '\n',
    '{',
    '}',
    '"',
    ':',
    'null',
    '-1',
    '1e999',
    '[]',
    '__proto__',
    '\\ud800',
    '"t":"call"',
    '"t":"stop"',
    '"id":1',
    '"id":3',
  ]
    .concat(METHODS.map((m) => `"m":"${m}"`))
    .map(latin1),
  seeds: () => {
    const lines = LINES.map((line) => `${JSON.stringify(line)}\n`);
    return [lines.join(''), ...lines].map(latin1);
  },
  feed: async (input, random) => {
    const text = Buffer.from(input).toString('utf8');
    return [...(await feedServer(text, random)), ...(await feedClient(text, random))];
  },
};
