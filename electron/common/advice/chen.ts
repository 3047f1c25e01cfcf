/**
 * The failure detector of Chen, Toueg and Aguilera with expected arrivals (NFD-E): the next heartbeat is expected where the ones before it
 * say, and suspicion begins a fixed time α after that. Their bound on the time between mistakes asks only for the
 * loss and the variance of the delay, not for the shape of its distribution.
 */
import { ON_TIME_SHARE } from './loss.ts';

/** Heartbeats from which the next one is expected. */
export const CHEN_WINDOW = 32;

export interface ChenErrors {
  /** Mean square of (arrival - expected arrival), square milliseconds: the variance of the delay and of its prediction. */
  readonly variance: number;
  readonly largestMs: number;
  readonly count: number;
}

/** How far arrivals are from where the last `CHEN_WINDOW` of them put them. Beats that did not come are counted as sent. */
export function predictionErrors(gapsMs: readonly number[], keepaliveMs: number): ChenErrors {
  // Arrival minus its number times η: only differences to the window's mean matter, so it may start anywhere.
  const window: number[] = [];
  let sum = 0;
  let offset = 0;
  let squares = 0;
  let count = 0;
  let largestMs = 0;
  for (const gapMs of gapsMs) {
    // A late one is no lost one: it shows in the error, and the shorter gap after it takes it back.
    offset += gapMs - keepaliveMs * Math.max(1, Math.floor(gapMs / keepaliveMs + ON_TIME_SHARE));
    if (window.length === CHEN_WINDOW) {
      const error = offset - sum / CHEN_WINDOW;
      squares += error * error;
      count += 1;
      largestMs = Math.max(largestMs, error);
      sum -= window.shift() ?? 0;
    }
    window.push(offset);
    sum += offset;
  }
  return { variance: count === 0 ? 0 : squares / count, largestMs, count };
}

/** Bound on the mistakes per heartbeat for a given α: the product over the beats that could have corrected it. */
function mistakesPerBeat(alphaMs: number, keepaliveMs: number, loss: number, variance: number): number {
  let product = 1;
  for (let x = alphaMs; x > 0 && product > 1e-300; x -= keepaliveMs) {
    product *= (variance + loss * x * x) / (variance + x * x);
  }
  return product;
}

/** Largest α that is looked at, in heartbeats: beyond it the answer is of no use. */
const ALPHA_BEATS_MAX = 1000;

/** Smallest α with at most `perBeat` mistakes a heartbeat, milliseconds; null: none within a thousand heartbeats. */
export function chenAlphaMs(keepaliveMs: number, loss: number, variance: number, perBeat: number): number | null {
  let low = 0;
  let high = ALPHA_BEATS_MAX * keepaliveMs;
  if (mistakesPerBeat(high, keepaliveMs, loss, variance) > perBeat) return null;
  while (high - low > 1) {
    const middle = (low + high) / 2;
    if (mistakesPerBeat(middle, keepaliveMs, loss, variance) > perBeat) low = middle;
    else high = middle;
  }
  return high;
}
