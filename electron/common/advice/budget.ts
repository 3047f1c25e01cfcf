/** A year's downtime, and how many failovers fit into it. */
import type { Advice } from '../contract/advice.ts';

export const AVAILABILITIES = [0.99, 0.999, 0.9995, 0.9999, 0.99999] as const;

/** 365 days: the year that availability tables are printed for. */
export const YEAR_MS = 365 * 86_400_000;

/** What each availability leaves, and the whole failovers of `outageMs` in it; null: no outage is known. */
export function downtimeBudgets(outageMs: number | null): Advice['budgets'] {
  return AVAILABILITIES.map((availability) => {
    // Thousandths of a percent: 1 - 0.999 is not 0.001 in binary.
    const downtimeMsPerYear = (Math.round((1 - availability) * 1e5) / 1e5) * YEAR_MS;
    const failoversPerYear = outageMs === null || outageMs <= 0 ? null : Math.floor(downtimeMsPerYear / outageMs);
    return { availability, downtimeMsPerYear, failoversPerYear };
  });
}
