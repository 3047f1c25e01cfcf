/** Faults of both nodes at once: parts that agents and the rack do, each with an end of its own, put together here. */
import type { ActiveFault, ConsoleFaultName } from '../../common/contract/state.ts';
import { monotonicNowMs, sleepMs } from '../base/time.ts';
import { isActive } from './openFault.ts';
import type { FaultLeg, OpenFault } from './openFault.ts';

/** One part and when it ends: `share` of the fault's time. */
export interface TimedLeg {
  readonly leg: FaultLeg;
  readonly share: number;
}

export interface Rhythm {
  /** Each time the parts are in force for this long, and gone for as long; milliseconds. */
  readonly halfMs: number;
  readonly cycles: number;
}

export interface PairFaultPlan {
  readonly name: ConsoleFaultName;
  readonly node: string;
  readonly durationMs: number;
  readonly legs: readonly TimedLeg[];
  /** Null: once. */
  readonly rhythm: Rhythm | null;
  readonly detail: string;
  /** Before the parts: brings the pair to the moment that the fault is about. */
  prepare(): Promise<void>;
}

/** How often the parts are looked at while one cycle waits for its end, milliseconds. */
const LOOK_MS = 200;
/** A part may take this much longer than its time to be seen as over, milliseconds. */
const OVER_SLACK_MS = 15_000;

export class PairFault implements OpenFault {
  readonly faultId: string;
  readonly node: string;
  readonly name: ConsoleFaultName;
  private readonly plan: PairFaultPlan;
  private readonly stop = new AbortController();
  private readonly onChange: () => void;
  private readonly ids: string[] = [];
  private endsAtMs: number;
  private phase: ActiveFault['phase'] = 'armed';
  private detail: string;

  constructor(plan: PairFaultPlan, faultId: string, onChange: () => void) {
    this.plan = plan;
    this.faultId = faultId;
    this.node = plan.node;
    this.name = plan.name;
    this.detail = plan.detail;
    this.onChange = onChange;
    this.endsAtMs = monotonicNowMs() + plan.durationMs;
  }

  /** All parts, or none: what is done when one refuses is undone. Throws what it says. */
  async inject(): Promise<void> {
    await this.plan.prepare();
    const { rhythm, durationMs } = this.plan;
    this.endsAtMs = monotonicNowMs() + durationMs;
    await this.cut(rhythm === null ? durationMs : rhythm.halfMs);
    this.phase = 'injected';
    if (rhythm !== null) void this.repeat(rhythm);
  }

  private async cut(durationMs: number): Promise<void> {
    const { legs } = this.plan;
    const done = await Promise.allSettled(legs.map(({ leg, share }) => leg.inject(Math.max(500, durationMs * share))));
    this.ids.push(...legs.flatMap(({ leg }) => leg.id() ?? []));
    const failed = done.find((result) => result.status === 'rejected');
    if (failed === undefined) return;
    await Promise.allSettled(legs.map(({ leg }) => leg.revert()));
    throw failed.reason;
  }

  /** The first cut is in force. Ends at its count, at its time, or when it is called off. */
  private async repeat({ halfMs, cycles }: Rhythm): Promise<void> {
    const { signal } = this.stop;
    try {
      for (let cycle = 1; ; cycle += 1) {
        this.detail = `${this.plan.detail}; ${cycle} of ${cycles}`;
        this.onChange();
        await this.untilOver(halfMs + OVER_SLACK_MS);
        if (cycle === cycles || signal.aborted || monotonicNowMs() + 2 * halfMs > this.endsAtMs) break;
        await sleepMs(halfMs, signal);
        if (signal.aborted) break;
        await this.cut(halfMs);
      }
    } catch (error) {
      this.detail = error instanceof Error ? error.message : String(error);
    }
    this.finish();
  }

  private async untilOver(limitMs: number): Promise<void> {
    const deadline = monotonicNowMs() + limitMs;
    while (!this.isOver() && !this.stop.signal.aborted && monotonicNowMs() < deadline)
      await sleepMs(LOOK_MS, this.stop.signal);
  }

  private isOver(): boolean {
    return this.plan.legs.every(({ leg }) => leg.isOver());
  }

  private finish(): void {
    if (this.isOver()) this.phase = 'reverted';
    this.onChange();
  }

  async revert(): Promise<void> {
    if (!isActive(this.phase)) return;
    this.stop.abort();
    const done = await Promise.allSettled(this.plan.legs.map(({ leg }) => leg.revert()));
    this.refresh();
    const failed = done.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  refresh(): void {
    if (this.phase !== 'injected') return;
    const isBetween = this.plan.rhythm !== null && !this.stop.signal.aborted && monotonicNowMs() < this.endsAtMs;
    if (!isBetween && this.isOver()) this.phase = 'reverted';
  }

  /** Ids of the agents' parts, which are no faults of their own. */
  legIds(): string[] {
    return this.ids;
  }

  toState(): ActiveFault {
    const { faultId, node, name, phase, detail } = this;
    const revertsInMs = phase === 'injected' ? Math.max(0, this.endsAtMs - monotonicNowMs()) : null;
    return { faultId, node, name, phase, link: null, revertsInMs, detail, handwork: null };
  }
}
