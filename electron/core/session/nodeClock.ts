import type { TimelineEventSchema } from '../../../agent/common/rpc/agentContract.ts';
import { ClockFilter } from '../../common/session/clock.ts';
import type { z } from 'zod';
import { monotonicNowMs } from '../base/time.ts';
import type { Session } from './session.ts';

export type WireEvent = z.infer<typeof TimelineEventSchema>;

/** How far wall and monotonic clock may part before an event is taken for one of an earlier boot, milliseconds. */
const SAME_BOOT_SLACK_MS = 2000;

/** Error of an event that can only be placed by the wall clock, milliseconds: NTP's usual order, generously. */
const WALL_ERROR_MS = 1000;

/** Maps one node's clock readings to the session axis. */
export class NodeClock {
  private readonly filter = new ClockFilter();
  private wallMinusMonotonicMs: number | null = null;
  private readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  /** One exchange: `ask` is the round trip itself. */
  async measure(ask: () => Promise<{ monotonicMs: number; wallMs: number }>): Promise<void> {
    const sentMs = monotonicNowMs();
    const answer = await ask();
    this.filter.add({ sentMs, receivedMs: monotonicNowMs(), nodeMs: answer.monotonicMs });
    this.wallMinusMonotonicMs = answer.wallMs - answer.monotonicMs;
  }

  reset(): void {
    this.filter.reset();
    this.wallMinusMonotonicMs = null;
  }

  /** Offset and error right now; null before the first exchange. */
  now(): { offsetMs: number; errorMs: number } | null {
    const estimate = this.filter.estimate(monotonicNowMs());
    return estimate === null ? null : { offsetMs: estimate.offsetMs, errorMs: estimate.errorMs };
  }

  /** The node's wall clock now, Unix epoch milliseconds; null before the first exchange. */
  wallMs(): number | null {
    const here = this.now();
    return here === null || this.wallMinusMonotonicMs === null
      ? null
      : monotonicNowMs() + here.offsetMs + this.wallMinusMonotonicMs;
  }

  /** A reading of the node's monotonic clock (this boot) on the session axis. */
  place(nodeMonotonicMs: number): { tMs: number; errorMs: number } | null {
    const estimate = this.filter.estimate(monotonicNowMs());
    if (estimate === null) return null;
    return { tMs: this.session.axisMs(nodeMonotonicMs - estimate.offsetMs), errorMs: estimate.errorMs };
  }

  /**
   * A journaled event on the session axis. The journal outlives a reboot and the monotonic clock does
   * not: where both clocks of the event disagree with the present ones, only its wall time can place it.
   */
  placeEvent(event: WireEvent): { tMs: number; errorMs: number } | null {
    if (this.wallMinusMonotonicMs === null) return null;
    const slipMs = event.wallMs - event.at.monotonicMs - this.wallMinusMonotonicMs;
    if (Math.abs(slipMs) <= SAME_BOOT_SLACK_MS) return this.place(event.at.monotonicMs);
    const placed = this.place(event.wallMs - this.wallMinusMonotonicMs);
    return placed === null ? null : { tMs: placed.tMs, errorMs: placed.errorMs + WALL_ERROR_MS };
  }
}
