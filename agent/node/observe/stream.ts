/** A queue between a producer that cannot wait and one consumer that may be slow. */
export class PushStream<T> implements AsyncIterable<T> {
  private items: T[] = [];
  private wake: (() => void) | null = null;
  private ended = false;
  private readonly itemsMax: number;
  private readonly onReturn: () => void;

  /** Over `itemsMax` the oldest are dropped. `onReturn`: the consumer left, or `end` was called. */
  constructor(itemsMax: number, onReturn: () => void) {
    this.itemsMax = itemsMax;
    this.onReturn = onReturn;
  }

  push(item: T): void {
    if (this.ended) return;
    this.items.push(item);
    if (this.items.length > this.itemsMax) this.items.shift();
    this.wake?.();
  }

  /** No more items; what is queued is still delivered. Idempotent. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.onReturn();
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    try {
      for (;;) {
        const item = this.items.shift();
        if (item !== undefined) yield item;
        else if (this.ended) return;
        else await new Promise<void>((resolve) => (this.wake = resolve));
      }
    } finally {
      this.end();
    }
  }
}
