/** Everything plotted of one session, in bounded memory and outside React. */
import type {
  SessionBatch,
  SessionEvent,
  SessionGap,
  SessionSample,
  ProbeSample,
} from '../../electron/common/contract/session.ts';
import { Ring } from './ring.ts';

/** One hour at ten samples a second. Older stretches are fetched again when somebody looks at them. */
export const SAMPLES_MAX = 36_000;
/** 100 Hz probes for twenty minutes, 10 Hz for more than three hours. */
export const PROBES_MAX = 120_000;
export const EVENTS_MAX = 5000;
const GAPS_MAX = 1000;

/** Columns of a node's ring. */
export const NodeColumn = { status: 0, peerStatus: 1, mine: 2, held: 3, margin: 4, lateness: 5 } as const;
/** Columns of a link's ring: what the node hears from its peer over that link. */
export const LinkColumn = { margin: 0, marginMin: 1, rtt: 2, state: 3 } as const;
/** Columns of the probe ring. `answered`: -1 failed, 0 somebody unnamed, n+1 the n-th node name. */
export const ProbeColumn = { answered: 0, latency: 1 } as const;

export const NODE_STATUSES = ['init', 'up', 'active', 'dead'] as const;
const RESOURCE_SETS = ['none', 'local', 'foreign', 'all'] as const;
const DIRECTION_STATES = ['up', 'late', 'dead', 'unknown'] as const;

const orNaN = (value: number | null): number => value ?? NaN;

export interface NodeSeries {
  readonly samples: Ring;
  readonly links: Map<string, Ring>;
}

export class SessionData {
  readonly nodes = new Map<string, NodeSeries>();
  /** Names in the order in which the probe first heard them. */
  readonly answerers: string[] = [];
  /** Addresses in the order of their bit in the `held` column. */
  readonly addresses: string[] = [];
  readonly probes = new Ring(PROBES_MAX, 2);
  readonly events: SessionEvent[] = [];
  private readonly gapByKey = new Map<string, SessionGap>();
  private readonly samplesMax: number;
  /** Grows with every batch: readers compare it to know whether to draw. */
  revision = 0;
  /** Up to here the data came as decimated history; finer detail of it can be fetched. NaN while empty. */
  historyUntilMs = NaN;

  constructor(samplesMax: number = SAMPLES_MAX) {
    this.samplesMax = samplesMax;
  }

  get gaps(): readonly SessionGap[] {
    return [...this.gapByKey.values()];
  }

  /** Newest instant of any sample or probe; NaN while empty. */
  get newestMs(): number {
    let newest = this.probes.newestMs;
    for (const { samples } of this.nodes.values()) {
      if (Number.isNaN(newest) || samples.newestMs > newest) newest = samples.newestMs;
    }
    return newest;
  }

  /** Oldest instant still held; NaN while empty. */
  get oldestMs(): number {
    let oldest = this.probes.oldestMs;
    for (const { samples } of this.nodes.values()) {
      if (Number.isNaN(oldest) || samples.oldestMs < oldest) oldest = samples.oldestMs;
    }
    return oldest;
  }

  /** Gaps of one source, open ones running to `nowMs`. */
  gapsOf(source: string, nowMs: number): { fromMs: number; toMs: number }[] {
    return this.gaps.filter((g) => g.source === source).map((g) => ({ fromMs: g.fromMs, toMs: g.toMs ?? nowMs }));
  }

  append(batch: SessionBatch): void {
    for (const sample of batch.samples) this.appendSample(sample);
    for (const probe of batch.probes) this.appendProbe(probe);
    for (const event of batch.events) this.appendEvent(event);
    for (const gap of batch.gaps) {
      this.gapByKey.set(`${gap.source} ${gap.fromMs}`, gap);
      const oldest = this.gapByKey.keys().next().value;
      if (this.gapByKey.size > GAPS_MAX && oldest !== undefined) this.gapByKey.delete(oldest);
    }
    if (Number.isNaN(this.historyUntilMs)) this.historyUntilMs = this.newestMs;
    this.revision += 1;
  }

  clear(): void {
    this.nodes.clear();
    this.answerers.length = 0;
    this.addresses.length = 0;
    this.probes.clear();
    this.events.length = 0;
    this.gapByKey.clear();
    this.historyUntilMs = NaN;
    this.revision += 1;
  }

  private seriesOf(node: string): NodeSeries {
    let series = this.nodes.get(node);
    if (series === undefined) {
      series = { samples: new Ring(this.samplesMax, 6), links: new Map() };
      this.nodes.set(node, series);
    }
    return series;
  }

  private bitOf(address: string): number {
    if (!this.addresses.includes(address)) this.addresses.push(address);
    return 1 << this.addresses.indexOf(address);
  }

  private appendSample(sample: SessionSample): void {
    const series = this.seriesOf(sample.node);
    series.samples.push(sample.tMs, [
      NODE_STATUSES.indexOf(sample.status),
      NODE_STATUSES.indexOf(sample.peerStatus),
      RESOURCE_SETS.indexOf(sample.mine),
      sample.heldVips.reduce((mask, address) => mask | this.bitOf(address), 0),
      orNaN(sample.nodeMarginMs),
      sample.latenessMs,
    ]);
    for (const link of sample.links) {
      let ring = series.links.get(link.id);
      if (ring === undefined) {
        ring = new Ring(this.samplesMax, 4);
        series.links.set(link.id, ring);
      }
      const state = DIRECTION_STATES.indexOf(link.fromPeer);
      // The round trip is that of the newest echo. On a dead direction it is history, not a measurement.
      const rttMs = link.fromPeer === 'dead' || link.fromPeer === 'unknown' ? null : link.rttMs;
      ring.push(sample.tMs, [orNaN(link.marginMs), orNaN(link.marginMinMs), orNaN(rttMs), state]);
    }
  }

  private appendProbe(probe: ProbeSample): void {
    if (probe.answeredBy !== null && !this.answerers.includes(probe.answeredBy)) this.answerers.push(probe.answeredBy);
    const answered = !probe.ok ? -1 : probe.answeredBy === null ? 0 : this.answerers.indexOf(probe.answeredBy) + 1;
    this.probes.push(probe.tMs, [answered, orNaN(probe.latencyMs)]);
  }

  private appendEvent(event: SessionEvent): void {
    const newest = this.events.at(-1);
    if (newest === undefined || event.index > newest.index) this.events.push(event);
    else {
      // History after a reconnection, or a node's late report: to its place, once.
      const at = this.events.findIndex((e) => e.index >= event.index);
      if (this.events[at]?.index === event.index) return;
      this.events.splice(at, 0, event);
    }
    if (this.events.length > EVENTS_MAX) this.events.shift();
  }
}
