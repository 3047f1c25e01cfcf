/** Order statistics, moments and the normal distribution's upper quantile. Inputs are finite; times in milliseconds. */

/** Value below which a share `p` of the sorted values lies, by the nearest rank; null for none. */
export function quantile(sorted: readonly number[], p: number): number | null {
  if (sorted.length === 0) return null;
  const index = Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1));
  return sorted[index] ?? null;
}

export interface Moments {
  readonly count: number;
  readonly mean: number;
  /** Sample standard deviation; 0 for fewer than two values. */
  readonly sd: number;
}

/** Mean and standard deviation, by Welford's method: the differences are a millionth of the values. */
export function moments(values: readonly number[], from = 0, to = values.length): Moments {
  let mean = 0;
  let squares = 0;
  let count = 0;
  for (let i = from; i < to; i += 1) {
    const value = values[i] ?? 0;
    count += 1;
    const off = value - mean;
    mean += off / count;
    squares += off * (value - mean);
  }
  return { count, mean, sd: count < 2 ? 0 : Math.sqrt(squares / (count - 1)) };
}

export const smallest = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity);

export const largest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity);

const CENTRAL_A = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716];
const CENTRAL_B = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
const TAIL_C = [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968];
const TAIL_D = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];

const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, c) => sum * x + c, 0);

/**
 * How many standard deviations above the mean a normal value lies with probability `tail` (Acklam's approximation, relative
 * error below 1.2e-9). `tail` within 0 and 0.5, both excluded.
 */
export function normalUpperQuantile(tail: number): number {
  if (tail < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(tail));
    return -polynomial([...TAIL_C, 2.938163982698783], q) / polynomial([...TAIL_D, 1], q);
  }
  const q = 0.5 - tail;
  const r = q * q;
  return (polynomial([...CENTRAL_A, 2.506628277459239], r) * q) / polynomial([...CENTRAL_B, 1], r);
}
