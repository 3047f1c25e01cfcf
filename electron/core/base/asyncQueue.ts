import type { CancelSignal } from '../../../agent/common/rpc/cancel.ts';

/** Joins a producer that pushes with one consumer that iterates. The producer bounds what it pushes; `length` tells how much waits. */
export class AsyncQueue<T> implements AsyncIterable<T> {
  private readonly items: T[] = [];
  private ended = false;
  private failure: Error | null = null;
  private wake: (() => void) | null = null;
  private readonly onLeave: () => void;

  /** `onLeave` runs once, when the consumer stops, is cancelled, or reads past the end. */
  constructor(signal: CancelSignal, onLeave: () => void) {
    let left = false;
    this.onLeave = () => {
      if (left) return;
      left = true;
      onLeave();
    };
    const abort = (): void => {
      this.end();
      this.onLeave();
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  }

  get length(): number {
    return this.items.length;
  }

  /** Ignored after the end. */
  push(item: T): void {
    if (this.ended) return;
    this.items.push(item);
    this.wake?.();
  }

  /** Ends the iteration after what waits; with an error, the consumer gets it then. */
  end(failure: Error | null = null): void {
    if (this.ended) return;
    this.ended = true;
    this.failure = failure;
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        while (this.items.length > 0) yield this.items.shift() as T;
        if (this.ended) break;
        await new Promise<void>((resolve) => (this.wake = resolve));
        this.wake = null;
      }
    } finally {
      this.onLeave();
    }
    if (this.failure !== null) throw this.failure;
  }
}
