/** How late our own timers fire. A late heartbeat thread is a false failover in waiting, so it is measured always. */
import { elapsedMs, type Instant } from '../../common/base/instant.ts';

const WINDOW_MS = 60_000;
/** At a 10 ms rhythm one minute has 6000 readings; older ones go first. */
const READINGS_MAX = 6000;

export class Lateness {
  private readings: { readonly at: Instant; readonly lateMs: number }[] = [];
  private sinceLastTakeMs = 0;

  /** One timer was due at `due` and ran at `now`. */
  ran(due: Instant, now: Instant): void {
    const lateMs = Math.max(0, elapsedMs(due, now));
    this.sinceLastTakeMs = Math.max(this.sinceLastTakeMs, lateMs);
    this.readings.push({ at: now, lateMs });
    if (this.readings.length > READINGS_MAX) this.readings = this.readings.slice(READINGS_MAX / 2);
  }

  /** Largest lateness since this was last asked. */
  takeMaxMs(): number {
    const max = this.sinceLastTakeMs;
    this.sinceLastTakeMs = 0;
    return max;
  }

  /** Over the last minute. Zeroes before the first reading. */
  summary(now: Instant): { maxMs: number; p99Ms: number } {
    this.readings = this.readings.filter((reading) => elapsedMs(reading.at, now) <= WINDOW_MS);
    const sorted = this.readings.map((reading) => reading.lateMs).sort((a, b) => a - b);
    const at = (fraction: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? 0;
    return { maxMs: at(1), p99Ms: at(0.99) };
  }
}
