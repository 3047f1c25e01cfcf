/** Wall time as text where there is no `Date`: the pure rooms get their times and their zone as numbers. */

/** A moment on a clock on the wall. */
export interface WallParts {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly milli: number;
}

const DAY_MS = 86_400_000;

/** `wallMs`: Unix epoch milliseconds. `offsetMin`: minutes that local time is ahead of UTC. Proleptic Gregorian. */
export function wallParts(wallMs: number, offsetMin: number): WallParts {
  const localMs = Math.floor(wallMs + offsetMin * 60_000);
  const days = Math.floor(localMs / DAY_MS);
  const inDay = localMs - days * DAY_MS;
  // Days since 0000-03-01, so that a leap day is the last of its year; then by eras of 400 years.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
    hour: Math.floor(inDay / 3_600_000),
    minute: Math.floor(inDay / 60_000) % 60,
    second: Math.floor(inDay / 1000) % 60,
    milli: inDay % 1000,
  };
}

const digits = (value: number, count: number): string => String(value).padStart(count, '0');

/** `2026-11-21 08:37:05`; with `decimals` of the second (0 to 3), cut off. */
export function wallText(wallMs: number, offsetMin: number, decimals = 0): string {
  const p = wallParts(wallMs, offsetMin);
  const date = `${digits(p.year, 4)}-${digits(p.month, 2)}-${digits(p.day, 2)}`;
  const time = `${digits(p.hour, 2)}:${digits(p.minute, 2)}:${digits(p.second, 2)}`;
  return `${date} ${time}${decimals === 0 ? '' : `.${digits(p.milli, 3).slice(0, decimals)}`}`;
}

/** `UTC`, `UTC+08:00`, `UTC-03:30`. */
export function zoneText(offsetMin: number): string {
  if (offsetMin === 0) return 'UTC';
  const size = Math.abs(offsetMin);
  return `UTC${offsetMin < 0 ? '-' : '+'}${digits(Math.floor(size / 60), 2)}:${digits(size % 60, 2)}`;
}
