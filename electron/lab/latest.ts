import type { CancelSignal } from '../../agent/common/rpc/cancel.ts';

/** A value that changes, told to any number of listeners; a slow reader gets the newest, not every one. */
export class Latest<T> {
  private current: T;
  private readonly listeners = new Set<(value: T) => void>();

  constructor(first: T) {
    this.current = first;
  }

  get value(): T {
    return this.current;
  }

  set(value: T): void {
    this.current = value;
    for (const listener of [...this.listeners]) listener(value);
  }

  /** Calls `listener` on every change; the returned function ends that. */
  listen(listener: (value: T) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The present value, then the newest after each change, until `signal` fires. */
  async *changes(signal: CancelSignal): AsyncGenerator<T> {
    let fresh = true;
    let wake: (() => void) | null = null;
    const notice = (): void => {
      fresh = true;
      wake?.();
    };
    const unlisten = this.listen(notice);
    signal.addEventListener('abort', notice, { once: true });
    try {
      while (!signal.aborted) {
        if (!fresh) await new Promise<void>((resolve) => (wake = resolve));
        wake = null;
        if (signal.aborted) return;
        fresh = false;
        yield this.current;
      }
    } finally {
      unlisten();
      signal.removeEventListener('abort', notice);
    }
  }
}
