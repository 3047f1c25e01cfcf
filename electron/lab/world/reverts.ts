/** Faults that end by themselves, armed inside the rack so that they outlive the console that asked for them. */

interface Armed {
  readonly timer: NodeJS.Timeout;
  readonly dueAtMs: number;
}

function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export class Reverts {
  private readonly armed = new Map<string, Armed>();

  /** Arms `action` for `what`, replacing an older one; `afterMs` null only disarms. */
  arm(what: string, afterMs: number | null, action: () => void): void {
    this.disarm(what);
    if (afterMs === null) return;
    const timer = setTimeout(() => {
      this.armed.delete(what);
      action();
    }, afterMs);
    this.armed.set(what, { timer, dueAtMs: nowMs() + afterMs });
  }

  disarm(what: string): void {
    clearTimeout(this.armed.get(what)?.timer);
    this.armed.delete(what);
  }

  /** Milliseconds until `what` ends by itself; null: nothing is armed. */
  inMs(what: string): number | null {
    const found = this.armed.get(what);
    return found === undefined ? null : Math.max(0, Math.round(found.dueAtMs - nowMs()));
  }
}
