/** Timers as a parameter, so that tests run them by hand. */
export interface Timers {
  /** Calls `action` once, `ms` from now at the earliest. Returns its cancel. */
  after(ms: number, action: () => void): () => void;
}

/** Node's timers: 1 ms grain. */
export const realTimers: Timers = {
  after: (ms, action) => {
    const timer = setTimeout(action, Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`. */
export function sleep(timers: Timers, ms: number): Promise<void> {
  return new Promise((resolve) => {
    timers.after(ms, resolve);
  });
}
