/**
 * Alignment of one node's monotonic clock with the console's, by repeated round trips.
 *
 * Of many exchanges the quickest tells most: its answer was made somewhere between sending
 * and receiving, so the offset is known to half the round trip. Older exchanges lose worth
 * with age, because the clocks drift apart.
 */

/** One exchange: sent and received on the console's clock, `nodeMs` read by the node in between. Milliseconds. */
export interface ClockExchange {
  readonly sentMs: number;
  readonly receivedMs: number;
  readonly nodeMs: number;
}

export interface ClockEstimate {
  /** Node's clock minus the console's, milliseconds. */
  readonly offsetMs: number;
  /** Half width of what the offset can be wrong by, milliseconds. */
  readonly errorMs: number;
  /** Measured drift of the node's clock against the console's, parts per million; null: not known yet. */
  readonly driftPpm: number | null;
}

/** How fast two machines' clocks may part before it has been measured: 100 ppm is twice the usual crystal. */
const DRIFT_PPM_ASSUMED = 100;

/** Exchanges kept. At one a second that is about two minutes: enough to see drift, short enough to follow it. */
const EXCHANGES_MAX = 128;

/** Least time between two exchanges that may tell a drift, milliseconds; shorter ones measure only their own error. */
const DRIFT_SPAN_MIN_MS = 20_000;

interface Measured {
  readonly atMs: number;
  readonly offsetMs: number;
  readonly halfTripMs: number;
}

/** Collects exchanges of one node; `estimate` answers for any time near the present. */
export class ClockFilter {
  private measured: Measured[] = [];

  /** Takes one exchange. Nonsense (received before sent) is ignored. */
  add(exchange: ClockExchange): void {
    const tripMs = exchange.receivedMs - exchange.sentMs;
    if (!(tripMs >= 0)) return;
    const atMs = exchange.sentMs + tripMs / 2;
    this.measured.push({ atMs, offsetMs: exchange.nodeMs - atMs, halfTripMs: tripMs / 2 });
    if (this.measured.length > EXCHANGES_MAX) this.measured.shift();
  }

  /** Forgets everything: the node was restarted, or this computer slept. */
  reset(): void {
    this.measured = [];
  }

  /** The best that is known for console time `atMs`; null before the first exchange. */
  estimate(atMs: number): ClockEstimate | null {
    const drift = this.drift();
    const spreadPpm = drift?.errorPpm ?? DRIFT_PPM_ASSUMED;
    let best: ClockEstimate | null = null;
    for (const m of this.measured) {
      const ageMs = atMs - m.atMs;
      const errorMs = m.halfTripMs + (Math.abs(ageMs) * spreadPpm) / 1e6;
      if (best !== null && errorMs >= best.errorMs) continue;
      best = { offsetMs: m.offsetMs + (ageMs * (drift?.ppm ?? 0)) / 1e6, errorMs, driftPpm: drift?.ppm ?? null };
    }
    return best;
  }

  /**
   * Drift between the quickest exchange of the older and of the newer half. It is as uncertain as
   * both together over the time between them; used only when that is better than assuming.
   */
  private drift(): { readonly ppm: number; readonly errorPpm: number } | null {
    const half = Math.floor(this.measured.length / 2);
    const older = quickest(this.measured.slice(0, half));
    const newer = quickest(this.measured.slice(half));
    if (older === null || newer === null) return null;
    const spanMs = newer.atMs - older.atMs;
    if (spanMs < DRIFT_SPAN_MIN_MS) return null;
    const ppm = ((newer.offsetMs - older.offsetMs) / spanMs) * 1e6;
    const errorPpm = ((newer.halfTripMs + older.halfTripMs) / spanMs) * 1e6;
    // More than ten times the assumption is no drift: somebody's clock was stopped. The caller resets on a new boot.
    return errorPpm < DRIFT_PPM_ASSUMED && Math.abs(ppm) <= 10 * DRIFT_PPM_ASSUMED ? { ppm, errorPpm } : null;
  }
}

function quickest(list: readonly Measured[]): Measured | null {
  return list.reduce<Measured | null>((best, m) => (best === null || m.halfTripMs < best.halfTripMs ? m : best), null);
}
