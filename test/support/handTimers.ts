/** Timers and a clock that a test winds by hand. */
import type { Instant } from '../../agent/common/base/instant.ts';
import type { Timers } from '../../agent/node/host/timers.ts';

export class HandTimers implements Timers {
  private nowMs = 1_000_000;
  private lastId = 0;
  private readonly pending = new Map<number, { readonly dueMs: number; readonly action: () => void }>();

  readonly now = (): Instant => ({ monotonicMs: this.nowMs });

  after(ms: number, action: () => void): () => void {
    const id = ++this.lastId;
    this.pending.set(id, { dueMs: this.nowMs + Math.max(0, ms), action });
    return () => this.pending.delete(id);
  }

  /** Time passes and nothing runs, as in a process that is not scheduled. */
  skip(ms: number): void {
    this.nowMs += ms;
  }

  /** Time passes; what becomes due runs at its time, promises in between. */
  async advance(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    for (;;) {
      for (let i = 0; i < 20; i++) await Promise.resolve();
      const next = [...this.pending]
        .filter(([, timer]) => timer.dueMs <= endMs)
        .sort((a, b) => a[1].dueMs - b[1].dueMs || a[0] - b[0])[0];
      if (next === undefined) break;
      this.pending.delete(next[0]);
      this.nowMs = Math.max(this.nowMs, next[1].dueMs);
      next[1].action();
    }
    this.nowMs = Math.max(this.nowMs, endMs);
  }
}
