/** Lost heartbeats, read from the lengths of gaps: how many, in what runs, and how many in a row a deadtime must bear. */

export interface Losses {
  readonly received: number;
  readonly lost: number;
  /** Longest run of heartbeats that did not come. */
  readonly longestRun: number;
  /** Runs of at least one. */
  readonly runs: number;
}

/** A heartbeat this much of a keepalive early or late is on time. */
export const ON_TIME_SHARE = 0.1;

/**
 * A gap of n keepalives means n - 1 that did not come. One that was only late is told from a lost one by what follows: the sender keeps
 * its schedule, so after a late heartbeat the next gap is that much shorter. `gapsMs` in the order of time.
 */
export function countLosses(gapsMs: readonly number[], keepaliveMs: number): Losses {
  let lost = 0;
  let runs = 0;
  let longestRun = 0;
  /** How late the newest heartbeat was, by the schedule of the ones before it. */
  let lateMs = 0;
  for (const gapMs of gapsMs) {
    const sinceDueMs = lateMs + gapMs;
    const run = Math.max(0, Math.floor(sinceDueMs / keepaliveMs + ON_TIME_SHARE) - 1);
    const isOnTime = Math.abs(gapMs - keepaliveMs) <= ON_TIME_SHARE * keepaliveMs;
    lateMs = isOnTime ? 0 : Math.max(0, sinceDueMs - (run + 1) * keepaliveMs);
    if (run === 0) continue;
    lost += run;
    runs += 1;
    longestRun = Math.max(longestRun, run);
  }
  return { received: gapsMs.length, lost, longestRun, runs };
}

/** Share lost; with none lost what 95 % confidence still allows (3 over the number sent). */
export function lossBound({ received, lost }: Losses): number {
  const sent = received + lost;
  if (sent === 0) return 1;
  return lost === 0 ? Math.min(1, 3 / sent) : lost / sent;
}

/** More of the losses in runs than independent ones would have, by twice: a Gilbert-Elliott channel, good and bad in turn. */
export function isBursty(losses: Losses): boolean {
  if (losses.runs < 3) return false;
  const meanRun = losses.lost / losses.runs;
  const expected = 1 / (1 - Math.min(0.99, lossBound(losses)));
  return meanRun > 2 * expected;
}

/** A deadtime of more heartbeats than this answers nothing. */
const BEATS_MAX = 1000;

/**
 * Fewest heartbeats in a row whose loss is rarer than `perBeat`: p^k where losses are independent, and for a channel with bad times the
 * chance that one begins and lasts. null: not within a thousand.
 */
export function beatsToBear(losses: Losses, perBeat: number): number | null {
  const p = lossBound(losses);
  const stay = isBursty(losses) ? 1 - losses.runs / losses.lost : p;
  const begin = isBursty(losses) ? losses.runs / (losses.received + losses.lost) : p;
  if (begin >= 1 || stay >= 1) return null;
  for (let k = 1; k <= BEATS_MAX; k += 1) if (begin * stay ** (k - 1) <= perBeat) return k;
  return null;
}
