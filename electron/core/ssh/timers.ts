/** The clock and the timers of a connection, as a parameter: unit tests turn them by hand. */
export interface Timers {
  /** Monotonic reading, milliseconds since an arbitrary start. */
  nowMs(): number;
  /** Runs `fn` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, fn: () => void): () => void;
}

/** The real ones. */
export const systemTimers: Timers = {
  nowMs: () => Number(process.hrtime.bigint()) / 1e6,
  after: (delayMs, fn) => {
    const handle = setTimeout(fn, delayMs);
    return () => clearTimeout(handle);
  },
};
