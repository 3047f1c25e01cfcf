/** Lost heartbeats, read from the lengths of gaps: how many, in what runs, and how many in a row a deadtime must bear. */

export interface Losses {
  readonly received: number;
  readonly lost: number;
  /** Longest run of heartbeats that did not come. */
  readonly longestRun: number;
  /** Runs of at least one. */
  readonly runs: number;
}

/** A gap of about n keepalives means n - 1 that did not come; what is late by less than half of one was not lost. */
export function countLosses(gapsMs: readonly number[], keepaliveMs: number): Losses {
  let lost = 0;
  let runs = 0;
  let longestRun = 0;
  for (const gapMs of gapsMs) {
    const run = Math.max(0, Math.round(gapMs / keepaliveMs) - 1);
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
