/** When to try again after a connection was lost or refused. */
export interface BackoffOptions {
  /** Delay before the second attempt, milliseconds. Default 500: a restarted sshd is back within that. */
  readonly firstMs: number;
  /** Growth per attempt. Default 1.7. */
  readonly factor: number;
  /**
   * Longest delay, milliseconds. Default 5000: somebody who just powered a server on watches
   * the screen for it; one TCP connect per node every five seconds costs nobody anything.
   */
  readonly maxMs: number;
  /** Random part, 0..1, of every delay; keeps the two nodes from being dialled in step. Default 0.3. */
  readonly jitter: number;
  /** How long to keep trying before giving up, milliseconds since the first failure. Default 30 minutes: a coffee, not a weekend. */
  readonly budgetMs: number;
}

export const BACKOFF_DEFAULTS: BackoffOptions = {
  firstMs: 500,
  factor: 1.7,
  maxMs: 5000,
  jitter: 0.3,
  budgetMs: 1_800_000,
};

/** Milliseconds to wait after failure number `failures` (1, 2, …). `dice` is uniform in [0, 1). */
export function backoffMs(failures: number, dice: number, options: BackoffOptions): number {
  const plain = Math.min(options.maxMs, options.firstMs * options.factor ** (failures - 1));
  return plain * (1 - options.jitter + 2 * options.jitter * dice);
}
