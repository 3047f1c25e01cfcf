/** A log that is flooded while a fault is on: a line that hung up once filled it with 0.6 to 0.9 MB/s and took half a processor. */

/** Growth that ends a fault, bytes a second. */
export const LOG_BYTES_PER_S_MAX = 100_000;
/** It must have gone on for this long: a takeover writes a burst. Milliseconds. */
const FLOOD_MS = 3000;

interface Look {
  readonly atMs: number;
  readonly bytes: number;
}

export class LogGrowth {
  /** The newest look, and the first one since when every step was too large; both null at the beginning. */
  private last: Look | null = null;
  private from: Look | null = null;

  /** `bytes`: of all log files together, at `atMs` of the monotonic clock. Bytes a second of a flood that has lasted; null: none. */
  look(atMs: number, bytes: number): number | null {
    const before = this.last;
    this.last = { atMs, bytes };
    const isFast =
      before !== null &&
      atMs > before.atMs &&
      ((bytes - before.bytes) * 1000) / (atMs - before.atMs) > LOG_BYTES_PER_S_MAX;
    // A rotated log is smaller than before, and begins anew.
    if (!isFast) {
      this.from = null;
      return null;
    }
    this.from ??= before;
    const lastedMs = atMs - this.from.atMs;
    return lastedMs < FLOOD_MS ? null : ((bytes - this.from.bytes) * 1000) / lastedMs;
  }
}
