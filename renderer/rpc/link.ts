/** The page's line to the core: reopens itself, and puts every followed stream back after it did. */
import { connect } from '../../agent/common/rpc/client.ts';
import type { Channel } from '../../agent/common/rpc/channel.ts';
import type { Client } from '../../agent/common/rpc/contract.ts';
import { RpcError } from '../../agent/common/rpc/messages.ts';
import { type ConsoleContract, consoleContract } from '../../electron/common/contract/console.ts';

export type ConsoleClient = Client<ConsoleContract>;
type StreamName = {
  [K in keyof ConsoleContract]: ConsoleContract[K]['kind'] extends 'stream' ? K : never;
}[keyof ConsoleContract];
type Item<K extends StreamName> = ReturnType<ConsoleClient[K]> extends AsyncIterable<infer T> ? T : never;

export type LinkPhase = 'connecting' | 'open' | 'lost';

/** Pause before another attempt, milliseconds: short, because the core is on this machine or one hop away. */
const REOPEN_MS = 800;
const REFOLLOW_MS_MAX = 5000;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Text of whatever was thrown, for people. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export class ConsoleLink {
  private readonly open: () => Promise<Channel>;
  private readonly onPhase: (phase: LinkPhase) => void;
  private current: ConsoleClient | null = null;
  private readonly waiting: ((client: ConsoleClient) => void)[] = [];

  constructor(open: () => Promise<Channel>, onPhase: (phase: LinkPhase) => void) {
    this.open = open;
    this.onPhase = onPhase;
    void this.keepOpen();
  }

  /** Throws RpcError `closed` while there is no connection. */
  get client(): ConsoleClient {
    if (this.current === null) throw new RpcError('closed', 'no connection to the core');
    return this.current;
  }

  /** The client, as soon as there is one. */
  ready(): Promise<ConsoleClient> {
    if (this.current !== null) return Promise.resolve(this.current);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Delivers every item of a stream that is not meant to end, over reconnections; returns the stop function. */
  follow<K extends StreamName>(
    name: K,
    input: Parameters<ConsoleClient[K]>[0],
    onItem: (item: Item<K>) => void,
    onStart: () => void = () => undefined,
  ): () => void {
    const stop = new AbortController();
    const pump = async (): Promise<void> => {
      let pauseMs = REOPEN_MS;
      while (!stop.signal.aborted) {
        const client = await this.ready();
        if (stop.signal.aborted) return;
        try {
          onStart();
          const method = client[name] as (i: unknown, s: AbortSignal) => AsyncIterable<Item<K>>;
          for await (const item of method(input, stop.signal)) {
            if (stop.signal.aborted) return;
            pauseMs = REOPEN_MS;
            onItem(item);
          }
        } catch (error) {
          if (!(error instanceof RpcError)) throw error;
        }
        await wait(pauseMs);
        pauseMs = Math.min(pauseMs * 2, REFOLLOW_MS_MAX);
      }
    };
    void pump();
    return () => stop.abort();
  }

  private async keepOpen(): Promise<never> {
    for (;;) {
      this.onPhase('connecting');
      try {
        const channel = await this.open();
        const closed = new Promise<void>((resolve) => channel.onClose(resolve));
        const client = connect(channel, consoleContract);
        this.current = client;
        this.onPhase('open');
        for (const resolve of this.waiting.splice(0)) resolve(client);
        await closed;
      } catch {
        // Refused or not there yet: the phase says so, and we try again.
      }
      this.current = null;
      this.onPhase('lost');
      await wait(REOPEN_MS);
    }
  }
}
