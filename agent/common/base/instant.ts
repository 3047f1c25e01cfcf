/**
 * A reading of one host's monotonic clock.
 *
 * Unit: milliseconds (fractions allowed) since an arbitrary start. Two instants of the
 * same host can be compared and subtracted; instants of two hosts cannot, not even after
 * a reboot of the same one. Wall-clock times are plain numbers named `…WallMs` (Unix epoch,
 * milliseconds) and are only ever shown to people.
 */
export interface Instant {
  readonly monotonicMs: number;
}

/** An instant from a raw monotonic reading in milliseconds. */
export function instant(monotonicMs: number): Instant {
  return { monotonicMs };
}

/** Milliseconds from `earlier` to `later`; negative when they are swapped. */
export function elapsedMs(earlier: Instant, later: Instant): number {
  return later.monotonicMs - earlier.monotonicMs;
}

/** The instant `ms` milliseconds after `from`. */
export function plusMs(from: Instant, ms: number): Instant {
  return { monotonicMs: from.monotonicMs + ms };
}

/** True when `a` is before `b`. */
export function isBefore(a: Instant, b: Instant): boolean {
  return a.monotonicMs < b.monotonicMs;
}
