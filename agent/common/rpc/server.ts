import type { z } from 'zod';
import type { CancelSignal } from './cancel.ts';
import { CancelSource } from './cancel.ts';
import type { Channel } from './channel.ts';
import type { Contract, Implementation } from './contract.ts';
import { ChannelMessageSchema, RpcError, STREAM_WINDOW_ITEMS } from './messages.ts';

/** One call or stream in work. */
class Job {
  readonly cancel = new CancelSource();
  private credit = STREAM_WINDOW_ITEMS;
  private wake: (() => void) | null = null;

  grant(items: number): void {
    this.credit += items;
    this.wake?.();
  }

  stop(): void {
    this.cancel.cancel();
    this.wake?.();
  }

  /** Resolves when one more item may be sent or the job was stopped. */
  async takeCredit(): Promise<void> {
    while (this.credit <= 0 && !this.cancel.signal.aborted) {
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    this.wake = null;
    this.credit -= 1;
  }
}

type Handler = (input: unknown, context: unknown, signal: CancelSignal) => unknown;

function asRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  return new RpcError('internal', error instanceof Error ? error.message : String(error));
}

/** Sends the items of a stream as credit allows, until it ends or the job is stopped. */
async function pump(job: Job, items: AsyncIterable<unknown>, send: (value: unknown) => void): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  // A producer that waits for its next item is released at once: it need not poll the signal.
  const stopped = new Promise<{ done: true; value: undefined }>((resolve) => {
    job.cancel.signal.addEventListener('abort', () => resolve({ done: true, value: undefined }), { once: true });
  });
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), stopped]);
      if (next.done === true) return;
      await job.takeCredit();
      if (job.cancel.signal.aborted) return;
      send(next.value);
    }
  } finally {
    // Not awaited: a producer that is stuck in its own wait must not hold the job open.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

/** What is wrong with a value, for people: `durationMs: expected ...; node: ...`. */
function problemsOf(error: z.ZodError): string {
  return error.issues.map((issue) => [...issue.path.map(String), issue.message].join(': ')).join('; ');
}

/**
 * Serves `implementation` of `contract` to one channel. Inputs and outputs are validated.
 * Returns a function that stops every job; closing the channel does the same.
 */
export function serve<C extends Contract, X>(
  channel: Channel,
  contract: C,
  implementation: Implementation<C, X>,
  context: X,
): () => void {
  const jobs = new Map<number, Job>();
  const stopAll = (): void => {
    for (const job of jobs.values()) job.stop();
    jobs.clear();
  };

  const run = async (id: number, name: string, rawInput: unknown): Promise<void> => {
    const job = new Job();
    jobs.set(id, job);
    try {
      const spec = Object.hasOwn(contract, name) ? contract[name] : undefined;
      if (spec === undefined) throw new RpcError('no-method', `there is no method ${name}`);
      const input = spec.input.safeParse(rawInput);
      if (!input.success) throw new RpcError('bad-args', `bad arguments for ${name}: ${problemsOf(input.error)}`);
      const check = (value: unknown): unknown => {
        const output = spec.output.safeParse(value);
        if (!output.success) throw new RpcError('bad-reply', `bad reply of ${name}: ${problemsOf(output.error)}`);
        return output.data;
      };
      const handler = implementation[name] as unknown as Handler;
      const result = handler(input.data, context, job.cancel.signal);
      let value: unknown = null;
      if (spec.kind === 'call') value = check(await result);
      else {
        const send = (item: unknown): void => channel.post({ t: 'item', id, v: check(item) });
        await pump(job, result as AsyncIterable<unknown>, send);
      }
      if (jobs.has(id)) channel.post({ t: 'ok', id, v: value });
    } catch (error) {
      if (!jobs.has(id)) return;
      const { code, message, data } = asRpcError(error);
      channel.post({ t: 'err', id, code, message, ...(data === undefined ? {} : { data }) });
    } finally {
      jobs.delete(id);
    }
  };

  channel.onClose(stopAll);
  channel.onMessage((raw) => {
    const parsed = ChannelMessageSchema.safeParse(raw);
    if (!parsed.success) return;
    const message = parsed.data;
    if (message.t === 'call') {
      if (!jobs.has(message.id)) void run(message.id, message.m, message.a);
    } else if (message.t === 'more') jobs.get(message.id)?.grant(message.n);
    else if (message.t === 'stop') {
      const job = jobs.get(message.id);
      jobs.delete(message.id);
      job?.stop();
    }
  });
  return stopAll;
}
