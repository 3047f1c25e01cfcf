import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  call,
  connect,
  memoryChannelPair,
  ndjsonChannel,
  NDJSON_LINE_MAX,
  RpcError,
  serve,
  stream,
} from '../../../agent/common/rpc/index.ts';
import type { TextStream } from '../../../agent/common/rpc/index.ts';

const contract = {
  add: call(z.object({ a: z.number(), b: z.number() }), z.number()),
  bad: call(z.object({}), z.number()),
  hang: call(z.object({}), z.number()),
  count: stream(z.object({ upTo: z.number() }), z.number()),
  never: stream(z.object({}), z.number()),
};

function pair() {
  const [near, far] = memoryChannelPair();
  const seen = { produced: 0, aborted: 0, returned: 0 };
  serve(
    far,
    contract,
    {
      add: ({ a, b }) => a + b,
      bad: () => 'text' as unknown as number,
      hang: (_input, _context, signal) =>
        new Promise<number>(() => signal.addEventListener('abort', () => (seen.aborted += 1))),
      count: async function* ({ upTo }) {
        try {
          for (let i = 0; i < upTo; i++) {
            seen.produced += 1;
            yield i;
          }
        } finally {
          seen.returned += 1;
        }
      },
      never: async function* () {
        await new Promise(() => undefined);
        yield 1;
      },
    },
    null,
  );
  return { client: connect(near, contract), near, seen };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('rpc channel', () => {
  test('a call returns its validated reply', async () => {
    expect(await pair().client.add({ a: 2, b: 3 })).toBe(5);
  });

  test('bad arguments and bad replies are named', async () => {
    const { client } = pair();
    await expect(client.add({ a: 'x' as unknown as number, b: 1 })).rejects.toMatchObject({ code: 'bad-args' });
    await expect(client.bad({})).rejects.toMatchObject({ code: 'bad-reply' });
  });

  test('a stream delivers everything in order past its window', async () => {
    const got: number[] = [];
    for await (const n of pair().client.count({ upTo: 1000 })) got.push(n);
    expect(got).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  test('a consumer that stops also stops the producer', async () => {
    const { client, seen } = pair();
    for await (const n of client.count({ upTo: 1_000_000 })) if (n === 10) break;
    await settle();
    expect(seen.produced).toBeLessThan(200);
    expect(seen.returned).toBe(1);
  });

  test('a slow consumer holds the producer back (credit)', async () => {
    const { client, seen } = pair();
    const iterator = client.count({ upTo: 1_000_000 })[Symbol.asyncIterator]();
    await iterator.next();
    await settle();
    expect(seen.produced).toBeLessThanOrEqual(66);
    await iterator.return?.();
  });

  test('cancelling a call reaches the server, and a stream that never yields can be cancelled', async () => {
    const { client, seen } = pair();
    const cancel = new AbortController();
    const hanging = client.hang({}, cancel.signal);
    const idle = (async () => {
      for await (const n of client.never({}, cancel.signal)) void n;
      return 'ended';
    })();
    await settle();
    cancel.abort();
    await expect(hanging).rejects.toMatchObject({ code: 'cancelled' });
    expect(await idle).toBe('ended');
    await settle();
    expect(seen.aborted).toBe(1);
  });

  test('closing rejects what is pending and what comes later', async () => {
    const { client, near } = pair();
    const hanging = client.hang({});
    near.close();
    await expect(hanging).rejects.toBeInstanceOf(RpcError);
    await expect(client.add({ a: 1, b: 1 })).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('ndjson framing', () => {
  function fakeStream() {
    let onText: (t: string) => void = () => undefined;
    const written: string[] = [];
    const state = { ended: false };
    const stream: TextStream = {
      write: (t) => written.push(t),
      onText: (f) => (onText = f),
      onEnd: () => undefined,
      end: () => (state.ended = true),
    };
    return { stream, written, state, feed: (t: string) => onText(t) };
  }

  test('messages survive any chunking, and noise lines are skipped', () => {
    const fake = fakeStream();
    const got: unknown[] = [];
    ndjsonChannel(fake.stream).onMessage((m) => got.push(m));
    for (const c of 'Welcome to node1!\n{"a":1}\n{"b":"两"}\n') fake.feed(c);
    expect(got).toEqual([{ a: 1 }, { b: '两' }]);
  });

  test('a line over the limit closes the channel', () => {
    const fake = fakeStream();
    const channel = ndjsonChannel(fake.stream);
    let closed = false;
    channel.onClose(() => (closed = true));
    fake.feed('x'.repeat(NDJSON_LINE_MAX + 1));
    expect(closed).toBe(true);
    expect(fake.state.ended).toBe(true);
  });
});
