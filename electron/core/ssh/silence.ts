/**
 * Patience while a bulk transfer runs, as a multiple of the misses allowed. On a slow line up to
 * two megabytes of the transfer stand in front of a ping in the buffers; at 1 Mbit/s that is 16 s.
 */
const BULK_PATIENCE = 6;

/**
 * Counts keepalive periods without a single byte. Periods, not elapsed time: after this
 * computer slept or stalled, one late timer is one period, not a dead server.
 */
export class Silence {
  private readonly misses: number;
  private silentPeriods = 0;
  private bulkTransfers = 0;

  constructor(misses: number) {
    this.misses = misses;
  }

  /** A byte arrived. */
  heard(): void {
    this.silentPeriods = 0;
  }

  /** More patience until the returned function is called. */
  beginBulk(): () => void {
    this.bulkTransfers++;
    let over = false;
    return () => {
      if (!over) this.bulkTransfers--;
      over = true;
    };
  }

  /** A period is over: how many were allowed, when that was one too many; else null. */
  periodOver(): number | null {
    const limit = this.misses * (this.bulkTransfers > 0 ? BULK_PATIENCE : 1);
    this.silentPeriods++;
    // One more than the limit: the first period may have begun with a byte and holds no ping yet.
    return this.silentPeriods <= limit ? null : limit;
  }
}
