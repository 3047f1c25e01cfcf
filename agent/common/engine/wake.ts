/** When the engine wants to be woken. */
import type { Instant } from '../base/instant.ts';

/** The earliest of the moments that it is shown and that are still to come. Every step asks all its parts, so it makes no lists. */
export class Wake {
  /** Present time and the earliest moment so far, milliseconds of the monotonic clock. */
  private readonly nowMs: number;
  private atMs: number;

  constructor(now: Instant, first: Instant) {
    this.nowMs = now.monotonicMs;
    this.atMs = first.monotonicMs;
  }

  /** `ms` milliseconds after `at` something may change; null: nothing does. What is past is over. */
  consider(at: Instant | null, ms = 0): void {
    if (at === null) return;
    const whenMs = at.monotonicMs + ms;
    if (whenMs > this.nowMs && whenMs < this.atMs) this.atMs = whenMs;
  }

  get at(): Instant {
    return { monotonicMs: this.atMs };
  }
}
