/**
 * How many channels a connection has open at once. OpenSSH allows ten sessions a connection
 * (MaxSessions) and refuses the eleventh; eight leaves room for what somebody else multiplexes.
 */
export const CHANNELS_MAX = 8;

/** First come, first served. */
export class Slots {
  private readonly max: number;
  private used = 0;
  private readonly waiting: { readonly enter: () => void; readonly leave: () => void }[] = [];

  constructor(max: number) {
    this.max = max;
  }

  get inUse(): number {
    return this.used;
  }

  /** Resolves to true with a slot, or to false when everything was given up by `abandon`. */
  take(): Promise<boolean> {
    if (this.used < this.max) {
      this.used++;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => this.waiting.push({ enter: () => resolve(true), leave: () => resolve(false) }));
  }

  /** Gives a slot back; the longest waiting one gets it. */
  release(): void {
    const next = this.waiting.shift();
    if (next !== undefined) next.enter();
    else this.used--;
  }

  /** Sends everybody who waits away. */
  abandon(): void {
    for (const one of this.waiting.splice(0)) one.leave();
  }
}
