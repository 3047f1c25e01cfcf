/**
 * Peaks over a threshold: the excesses of the longest gaps, fitted by a generalised Pareto distribution, and the reasons for
 * which such a fit may not be used. Pure numbers; the sentences are in methods.ts.
 */
import { quantile } from './numbers.ts';

/** Fewer independent exceedances than this say nothing about a shape. */
export const EXCEEDANCES_MIN = 50;

/** Beyond it the variance of the tail is infinite: no quantile far out means anything. */
export const SHAPE_MAX = 0.5;

/** The fit is a maximum of the likelihood only above this. */
const SHAPE_MIN = -0.5;

/** More of them cost time and add bias. */
const EXCEEDANCES_MAX = 2000;

/** Shares of the sample above the threshold that are tried, from most data to least bias. */
const SHARES = [0.1, 0.05, 0.025, 0.01, 0.005, 0.0025, 0.001, 0.0005];

/** Exceedances with no more than this many shorter gaps between them are one event. */
const CLUSTER_BEATS = 3;

/** Share of all excess that one event may have before the tail is that one event. */
const ONE_EVENT_SHARE = 0.5;

/**
 * Largest Cramér-von Mises distance of a fit that is believed. A test fits thousands of samples that truly are of this kind: fewer than 2 % of
 * them are farther off.
 */
export const DISTANCE_MAX = 0.24;

export interface GpdFit {
  readonly thresholdMs: number;
  /** ξ: below 0 the tail ends, at 0 it is exponential, above it is heavy. */
  readonly shape: number;
  /** Half width of its 95 % interval. */
  readonly shapeError: number;
  /** σ, milliseconds. */
  readonly scaleMs: number;
  /** Beats of the whole sample, and independent exceedances of the threshold. */
  readonly beats: number;
  readonly exceedances: number;
}

export type GpdRefusal =
  /** Fewer than EXCEEDANCES_MIN independent exceedances. */
  | 'few'
  /** The interval of ξ includes more than 0.5. */
  | 'heavy'
  /** One event has most of the excess. */
  | 'one-event'
  /** At no threshold is the tail of this family: mostly lost heartbeats beside jitter. */
  | 'shape';

export type GpdResult =
  | { readonly ok: true; readonly fit: GpdFit }
  | { readonly ok: false; readonly reason: GpdRefusal; readonly fit: GpdFit | null };

/** Excesses over `thresholdMs` of gaps in the order of time: of each run of neighbours the largest. */
export function clusterPeaks(gapsMs: readonly number[], thresholdMs: number): number[] {
  const peaks: number[] = [];
  let lastIndex = -Infinity;
  gapsMs.forEach((gapMs, index) => {
    if (gapMs <= thresholdMs) return;
    const excessMs = gapMs - thresholdMs;
    const isNew = index - lastIndex > CLUSTER_BEATS;
    if (isNew) peaks.push(excessMs);
    else peaks[peaks.length - 1] = Math.max(peaks[peaks.length - 1] ?? 0, excessMs);
    lastIndex = index;
  });
  return peaks;
}

interface Candidate {
  readonly shape: number;
  readonly scale: number;
  readonly likelihood: number;
}

/** Grimshaw's profile: with θ = ξ/σ given, ξ is the mean of ln(1 + θy). */
function profile(excess: readonly number[], theta: number): Candidate {
  const mean = excess.reduce((a, b) => a + b, 0) / excess.length;
  if (Math.abs(theta) < 1e-9) return { shape: 0, scale: mean, likelihood: -Math.log(mean) - 1 };
  const shape = excess.reduce((sum, y) => sum + Math.log1p(theta * y), 0) / excess.length;
  const scale = shape / theta;
  return { shape, scale, likelihood: shape < SHAPE_MIN ? -Infinity : -Math.log(scale) - shape - 1 };
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;
const STEPS = 40;

/** Maximum likelihood within ξ >= -0.5. `excess` has at least one value above 0. */
export function fitExcess(excess: readonly number[]): { readonly shape: number; readonly scale: number } {
  const mean = excess.reduce((a, b) => a + b, 0) / excess.length;
  const most = excess.reduce((a, b) => Math.max(a, b), 0);
  // θ in units of 1/mean; its lower end is where the tail would end before its largest value.
  const floor = (-mean / most) * (1 - 1e-6);
  const thetas = [
    ...Array.from({ length: STEPS }, (_, i) => floor * (1 - i / STEPS)),
    0,
    ...Array.from({ length: STEPS }, (_, i) => 10 ** (-3 + (5 * i) / (STEPS - 1))),
  ].map((t) => t / mean);
  const at = (theta: number): number => profile(excess, theta).likelihood;
  let best = 0;
  thetas.forEach((theta, i) => {
    if (at(theta) > at(thetas[best] ?? 0)) best = i;
  });
  let low = thetas[Math.max(0, best - 1)] ?? 0;
  let high = thetas[Math.min(thetas.length - 1, best + 1)] ?? 0;
  for (let i = 0; i < STEPS; i += 1) {
    const [a, b] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
    if (at(a) < at(b)) low = a;
    else high = b;
  }
  return profile(excess, (low + high) / 2);
}

/** Chance that an excess is longer than `excessMs`. */
function survival(excessMs: number, shape: number, scaleMs: number): number {
  if (Math.abs(shape) < 1e-9) return Math.exp(-excessMs / scaleMs);
  const base = 1 + (shape * excessMs) / scaleMs;
  return base <= 0 ? 0 : base ** (-1 / shape);
}

/** Cramér-von Mises distance between the excesses and the fit. */
export function fitDistance(excess: readonly number[], shape: number, scaleMs: number): number {
  const sorted = [...excess].sort((a, b) => a - b);
  const n = sorted.length;
  return sorted.reduce(
    (sum, y, i) => {
      const off = 1 - survival(y, shape, scaleMs) - (2 * i + 1) / (2 * n);
      return sum + off * off;
    },
    1 / (12 * n),
  );
}

function fitAbove(gapsMs: readonly number[], thresholdMs: number): { fit: GpdFit; distance: number } | null {
  const excess = clusterPeaks(gapsMs, thresholdMs);
  if (excess.length < EXCEEDANCES_MIN) return null;
  const { shape, scale } = fitExcess(excess);
  // The asymptotic one; of a tail that seems to end, no narrower than of an exponential one.
  const shapeError = (1.96 * (1 + Math.max(0, shape))) / Math.sqrt(excess.length);
  const [beats, exceedances] = [gapsMs.length, excess.length];
  return {
    fit: { thresholdMs, shape, shapeError, scaleMs: scale, beats, exceedances },
    distance: fitDistance(excess, shape, scale),
  };
}

/** True when the least that is needed above a threshold comes mostly from one event. */
function isOneEvent(gapsMs: readonly number[], sorted: readonly number[]): boolean {
  const thresholdMs = sorted[Math.max(0, sorted.length - 1 - EXCEEDANCES_MIN)] ?? 0;
  const sums: number[] = [];
  let lastIndex = -Infinity;
  gapsMs.forEach((gapMs, index) => {
    if (gapMs <= thresholdMs) return;
    if (index - lastIndex > CLUSTER_BEATS) sums.push(0);
    sums[sums.length - 1] = (sums[sums.length - 1] ?? 0) + gapMs - thresholdMs;
    lastIndex = index;
  });
  const total = sums.reduce((a, b) => a + b, 0);
  return total > 0 && sums.reduce((a, b) => Math.max(a, b), 0) > ONE_EVENT_SHARE * total;
}

/**
 * Fits the tail of gaps in the order of time, at the lowest threshold from which on the shape is the family's. Refuses
 * where extrapolating would be guessing.
 */
export function fitTail(gapsMs: readonly number[]): GpdResult {
  const sorted = [...gapsMs].sort((a, b) => a - b);
  if (gapsMs.length < 2 * EXCEEDANCES_MIN) return { ok: false, reason: 'few', fit: null };
  if (isOneEvent(gapsMs, sorted)) return { ok: false, reason: 'one-event', fit: null };
  const fits = SHARES.flatMap((share) => {
    if (share * sorted.length > EXCEEDANCES_MAX) return [];
    const found = fitAbove(gapsMs, quantile(sorted, 1 - share) ?? 0);
    return found === null ? [] : [found];
  });
  if (fits.length === 0) return { ok: false, reason: 'few', fit: null };
  const index = fits.findIndex(({ fit, distance }, i) => {
    const next = fits[i + 1]?.fit;
    const isStable = next === undefined || Math.abs(next.shape - fit.shape) <= fit.shapeError + next.shapeError;
    return distance <= DISTANCE_MAX && isStable;
  });
  const chosen = fits[index]?.fit;
  if (chosen === undefined) return { ok: false, reason: 'shape', fit: fits.at(-1)?.fit ?? null };
  if (chosen.shape + chosen.shapeError > SHAPE_MAX) return { ok: false, reason: 'heavy', fit: chosen };
  return { ok: true, fit: chosen };
}

/** Length that a gap exceeds with probability `p` per beat, milliseconds: x_p = u + σ/ξ ((n p/k)^-ξ - 1). */
export function tailQuantileMs(fit: GpdFit, p: number): number {
  const ratio = (fit.beats * p) / fit.exceedances;
  if (ratio >= 1) return fit.thresholdMs;
  const { shape, scaleMs, thresholdMs } = fit;
  const excess = Math.abs(shape) < 1e-9 ? -scaleMs * Math.log(ratio) : (scaleMs / shape) * (ratio ** -shape - 1);
  return thresholdMs + excess;
}

/** Probability per beat that a gap is longer than `gapMs`. Below the threshold: that of the threshold, which is the least it can be. */
export function tailProbability(fit: GpdFit, gapMs: number): number {
  const excessMs = Math.max(0, gapMs - fit.thresholdMs);
  return (fit.exceedances / fit.beats) * survival(excessMs, fit.shape, fit.scaleMs);
}
