import type { CancelSignal } from './cancel.ts';
import type { Channel } from './channel.ts';
import type { Client, Contract } from './contract.ts';
import { ChannelMessageSchema, RpcError, STREAM_WINDOW_ITEMS } from './messages.ts';

interface Pending {
  onItem(value: unknown): void;
  onEnd(error: RpcError | null, value: unknown): void;
}

/** Numbers the calls of one channel and routes what comes back. */
class Calls {
  private lastId = 0;
  private closed = false;
  private readonly pending = new Map<number, Pending>();
  private readonly channel: Channel;

  constructor(channel: Channel) {
    this.channel = channel;
    channel.onClose(() => {
      this.closed = true;
      const waiting = [...this.pending.values()];
      this.pending.clear();
      for (const entry of waiting) entry.onEnd(new RpcError('closed', 'the connection was closed'), undefined);
    });
    channel.onMessage((raw) => this.receive(raw));
  }

  private receive(raw: unknown): void {
    const parsed = ChannelMessageSchema.safeParse(raw);
    if (!parsed.success) return;
    const message = parsed.data;
    const entry = this.pending.get(message.id);
    if (entry === undefined) return;
    if (message.t === 'item') entry.onItem(message.v);
    else if (message.t === 'ok') {
      this.pending.delete(message.id);
      entry.onEnd(null, message.v);
    } else if (message.t === 'err') {
      this.pending.delete(message.id);
      entry.onEnd(new RpcError(message.code, message.message, message.data), undefined);
    }
  }

  start(method: string, input: unknown, entry: Pending, signal?: CancelSignal): number {
    const id = ++this.lastId;
    if (this.closed) {
      entry.onEnd(new RpcError('closed', 'the connection is closed'), undefined);
      return id;
    }
    if (signal?.aborted === true) {
      entry.onEnd(new RpcError('cancelled', 'cancelled'), undefined);
      return id;
    }
    const onAbort = (): void => {
      if (this.stop(id)) entry.onEnd(new RpcError('cancelled', 'cancelled'), undefined);
    };
    this.pending.set(id, {
      onItem: (value) => entry.onItem(value),
      onEnd: (error, value) => {
        signal?.removeEventListener('abort', onAbort);
        entry.onEnd(error, value);
      },
    });
    this.channel.post({ t: 'call', id, m: method, a: input });
    signal?.addEventListener('abort', onAbort, { once: true });
    return id;
  }

  /** Gives up on a call; false when it had ended already. */
  stop(id: number): boolean {
    if (!this.pending.delete(id)) return false;
    if (!this.closed) this.channel.post({ t: 'stop', id });
    return true;
  }

  grant(id: number, items: number): void {
    if (this.pending.has(id)) this.channel.post({ t: 'more', id, n: items });
  }
}

async function* consume(
  calls: Calls,
  method: string,
  input: unknown,
  parse: (v: unknown) => unknown,
  signal?: CancelSignal,
) {
  const queue: unknown[] = [];
  let end: { error: RpcError | null } | null = null;
  let wake: (() => void) | null = null;
  const id = calls.start(
    method,
    input,
    {
      onItem: (value) => {
        queue.push(value);
        wake?.();
      },
      onEnd: (error) => {
        end = { error };
        wake?.();
      },
    },
    signal,
  );
  const half = STREAM_WINDOW_ITEMS / 2;
  let taken = 0;
  try {
    for (;;) {
      while (queue.length > 0) {
        yield parse(queue.shift());
        if (++taken % half === 0) calls.grant(id, half);
      }
      if (end !== null) break;
      await new Promise<void>((resolve) => (wake = resolve));
      wake = null;
    }
  } finally {
    calls.stop(id);
  }
  // Assigned in a callback, which the compiler's flow analysis does not follow.
  const { error } = end as { error: RpcError | null };
  if (error !== null && error.code !== 'cancelled') throw error;
}

/**
 * The calling side of `contract` over one channel. A call rejects with RpcError; a stream
 * ends quietly when the consumer stops or cancels and throws RpcError when the other side failed
 * or the channel closed. What was sent by the other side is validated on arrival.
 */
export function connect<C extends Contract>(channel: Channel, contract: C): Client<C> {
  const calls = new Calls(channel);
  const client: Record<string, unknown> = {};
  for (const [method, spec] of Object.entries(contract)) {
    const parse = (value: unknown): unknown => {
      const output = spec.output.safeParse(value);
      if (!output.success) throw new RpcError('bad-reply', `bad reply of ${method}: ${output.error.message}`);
      return output.data;
    };
    if (spec.kind === 'call') {
      client[method] = (input: unknown, signal?: CancelSignal) =>
        new Promise((resolve, reject) => {
          const onEnd = (error: RpcError | null, value: unknown): void => {
            if (error !== null) return reject(error);
            try {
              resolve(parse(value));
            } catch (bad) {
              reject(bad instanceof Error ? bad : new RpcError('bad-reply', String(bad)));
            }
          };
          calls.start(method, input, { onItem: () => undefined, onEnd }, signal);
        });
    } else {
      client[method] = (input: unknown, signal?: CancelSignal) => ({
        [Symbol.asyncIterator]: () => consume(calls, method, input, parse, signal),
      });
    }
  }
  return client as Client<C>;
}
