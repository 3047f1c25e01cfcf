/** Spreads the heartbeat thread's samples over consumers with periods of their own, keeping extremes. */
import type { AgentSample } from '../../common/rpc/agentContract.ts';
import { mergeSamples } from './status.ts';
import { PushStream } from './stream.ts';

/** Samples kept for a slow consumer; older ones are merged away by its own gap on the time axis. */
const QUEUED_SAMPLES_MAX = 200;

interface Subscriber {
  readonly periodMs: number;
  readonly stream: PushStream<AgentSample>;
  pending: AgentSample | null;
  lastAtMs: number;
}

export class SampleHub {
  private readonly subscribers = new Set<Subscriber>();
  private readonly onPeriod: (periodMs: number | null) => void;
  private readonly idlePeriodMs: number | null;
  private period: number | null;

  /** `onPeriod` is told the smallest period that anyone wants, and `idlePeriodMs` when nobody wants any (null: then none). */
  constructor(onPeriod: (periodMs: number | null) => void, idlePeriodMs: number | null = null) {
    this.onPeriod = onPeriod;
    this.idlePeriodMs = idlePeriodMs;
    this.period = idlePeriodMs;
  }

  /** Smallest period wanted, or null. */
  get periodMs(): number | null {
    return this.period;
  }

  subscribe(periodMs: number): PushStream<AgentSample> {
    const subscriber: Subscriber = {
      periodMs,
      stream: new PushStream<AgentSample>(QUEUED_SAMPLES_MAX, () => {
        this.subscribers.delete(subscriber);
        this.retime();
      }),
      pending: null,
      lastAtMs: -Infinity,
    };
    this.subscribers.add(subscriber);
    this.retime();
    return subscriber.stream;
  }

  push(sample: AgentSample): void {
    for (const subscriber of this.subscribers) {
      const merged = subscriber.pending === null ? sample : mergeSamples(subscriber.pending, sample);
      // Half a sampling period of slack: a sample that is a little early must not be held back for a whole period.
      const slackMs = (this.period ?? 0) / 2;
      if (sample.atMonotonicMs - subscriber.lastAtMs >= subscriber.periodMs - slackMs) {
        subscriber.lastAtMs = sample.atMonotonicMs;
        subscriber.pending = null;
        subscriber.stream.push(merged);
      } else subscriber.pending = merged;
    }
  }

  private retime(): void {
    const periods = [...this.subscribers].map((subscriber) => subscriber.periodMs);
    const next = periods.length === 0 ? this.idlePeriodMs : Math.min(...periods, this.idlePeriodMs ?? Infinity);
    if (next === this.period) return;
    this.period = next;
    this.onPeriod(next);
  }
}
