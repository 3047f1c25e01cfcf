/** A value stream with any number of followers, each with its own queue; ends when the follower's signal fires. */
import type { CancelSignal } from '../../agent/common/rpc/cancel.ts';

export class Feed<T> {
  private readonly followers = new Set<(value: T) => void>();
  private readonly closers = new Set<() => void>();

  push(value: T): void {
    for (const follower of this.followers) follower(value);
  }

  /** Ends every follower's stream. */
  close(): void {
    for (const closer of [...this.closers]) closer();
  }

  async *follow(signal: CancelSignal, first: readonly T[] = []): AsyncGenerator<T> {
    const queue: T[] = [...first];
    let wake: (() => void) | null = null;
    let closed = false;
    const follower = (value: T): void => {
      queue.push(value);
      wake?.();
    };
    const closer = (): void => {
      closed = true;
      wake?.();
    };
    this.followers.add(follower);
    this.closers.add(closer);
    signal.addEventListener('abort', closer, { once: true });
    try {
      for (;;) {
        while (queue.length > 0) yield queue.shift() as T;
        if (closed || signal.aborted) return;
        await new Promise<void>((resolve) => (wake = resolve));
        wake = null;
      }
    } finally {
      this.followers.delete(follower);
      this.closers.delete(closer);
    }
  }
}
