/**
 * What advice is computed from: exact arrivals where agents say them, else the best that samples support, and what else happened.
 * Built piece by piece, because a session of days does not fit into one batch.
 */
import type { LinkSpec } from '../contract/pair.ts';
import type { NodeFacts, SessionBatch, SessionEvent, SessionFault, SessionGap } from '../contract/session.ts';
import type { SessionSample, SessionTiming } from '../contract/session.ts';

/** Arrivals of one direction: of a link, or with `link` null of all links together. Sorted by time; times on the session's axis. */
export interface ArrivalStream {
  readonly from: string;
  readonly to: string;
  readonly link: string | null;
  readonly resolution: 'exact' | 'sampled';
  readonly resolutionMs: number;
  readonly atMs: readonly number[];
  readonly gapMs: readonly number[];
}

export interface NodeReading {
  readonly node: string;
  readonly tMs: number;
  readonly value: number;
}

export interface RecordLink {
  readonly id: string;
  readonly label: string;
  readonly medium: string;
}

/** What a client saw in a drill, and the deadtime that it was measured with. */
export interface MeasuredOutage {
  readonly ms: number;
  readonly deadtimeMs: number;
}

export interface AdviceRecord {
  readonly pairId: string;
  readonly pairName: string;
  readonly nodes: readonly [string, string];
  readonly sessionId: string;
  readonly source: 'live' | 'stored';
  readonly startedWallMs: number;
  /** End of the record on the session's axis. */
  readonly toMs: number;
  /** What each node says is set on it; missing: nobody knows. */
  readonly timings: ReadonlyMap<string, SessionTiming>;
  readonly links: readonly RecordLink[];
  /** The slowest serial line; null: there is none, or its speed is not known (`serialUnknown`). */
  readonly serial: { readonly baud: number; readonly device: string | null } | null;
  readonly serialUnknown: boolean;
  readonly streams: readonly ArrivalStream[];
  /** Sorted by time; those from before the session too. */
  readonly events: readonly Omit<SessionEvent, 'index'>[];
  readonly faults: readonly SessionFault[];
  readonly gaps: readonly SessionGap[];
  /** Milliseconds by which an agent's own timers ran late, where that was worth telling. */
  readonly lateness: readonly NodeReading[];
  readonly loads: readonly NodeReading[];
  readonly outages: readonly MeasuredOutage[];
}

/** Outages that were measured with this deadtime: with another one it was another pair. */
export function outagesWith(record: Pick<AdviceRecord, 'outages'>, deadtimeMs: number | undefined): number[] {
  return record.outages.filter((o) => o.deadtimeMs === deadtimeMs).map((o) => o.ms);
}

/** An agent that runs this much late is part of the story of a gap, milliseconds. */
const LATENESS_TOLD_MS = 20;
const LATENESS_KEPT_MAX = 10_000;

/** Load averages change over a minute: one reading of each node in ten seconds is plenty. */
const LOAD_PERIOD_MS = 10_000;

/** Agents round to hundredths, and stamp in the thread that reads. */
const EXACT_MS = 0.1;

class StreamBuilder {
  readonly atMs: number[] = [];
  readonly gapMs: number[] = [];
  isExact = false;
  private lastAtMs: number | null = null;
  private lastSampleMs: number | null = null;
  private periodMs = 0;

  add(arrivals: readonly { readonly tMs: number; readonly gapMs: number }[]): void {
    if (!this.isExact) {
      this.isExact = true;
      // Half a record from the samples and half from the agent would be neither.
      this.atMs.length = this.gapMs.length = 0;
    }
    for (const { tMs, gapMs } of arrivals) {
      this.atMs.push(tMs);
      this.gapMs.push(gapMs);
    }
  }

  /**
   * From a silence at an instant: the newest heartbeat came at `tMs - silenceMs`. A second one within the same sample is not
   * seen, and then the gap reads as both together.
   */
  addSilence(tMs: number, silenceMs: number, errorMs: number): void {
    if (this.isExact) return;
    if (this.lastSampleMs !== null) this.periodMs = Math.max(this.periodMs, tMs - this.lastSampleMs);
    this.lastSampleMs = tMs;
    const arrivedMs = tMs - silenceMs;
    // The same heartbeat seen twice differs by the error of the clock only.
    if (this.lastAtMs !== null && arrivedMs - this.lastAtMs <= 2 * errorMs + 1) return;
    if (this.lastAtMs !== null) {
      this.atMs.push(arrivedMs);
      this.gapMs.push(arrivedMs - this.lastAtMs);
    }
    this.lastAtMs = arrivedMs;
  }

  /** The peer began anew, or nobody listened: the next heartbeat has none before it. */
  breakOff(): void {
    this.lastAtMs = null;
    this.lastSampleMs = null;
  }

  get resolutionMs(): number {
    return this.isExact ? EXACT_MS : this.periodMs;
  }
}

/** An agent forgets when its node is rebooted, a session does not: what it has from before the agent's memory goes in front. */
function joinStreams(recorded: readonly ArrivalStream[], memory: readonly ArrivalStream[]): ArrivalStream[] {
  const isSame = (a: ArrivalStream, b: ArrivalStream): boolean => a.to === b.to && a.link === b.link;
  const joined = memory.map((stream) => {
    const before = recorded.find((r) => isSame(r, stream));
    const [beginMs, firstGapMs] = [stream.atMs[0], stream.gapMs[0]];
    if (before?.resolution !== 'exact' || beginMs === undefined || firstGapMs === undefined) return stream;
    // Half a gap before its own first one: what is the same heartbeat differs by the error of the clock only.
    const end = before.atMs.findIndex((at) => at > beginMs - firstGapMs / 2);
    const count = end < 0 ? before.atMs.length : end;
    return {
      ...stream,
      atMs: [...before.atMs.slice(0, count), ...stream.atMs],
      gapMs: [...before.gapMs.slice(0, count), ...stream.gapMs],
    };
  });
  return [...joined, ...recorded.filter((r) => !memory.some((m) => isSame(m, r)))];
}

/** A sample later than this after the one before it leaves a hole that is no silence of a heartbeat, milliseconds. */
const SAMPLE_HOLE_MS = 1500;

export interface RecordHead {
  readonly pairId: string;
  readonly pairName: string;
  readonly nodes: readonly [string, string];
  readonly sessionId: string;
  readonly source: 'live' | 'stored';
  readonly startedWallMs: number;
  readonly toMs: number;
  /** Links of the pair's file, for the speed of a serial line; empty: the console did not write the configuration. */
  readonly specLinks: readonly LinkSpec[];
  readonly outages: readonly MeasuredOutage[];
  /** What agents remember: counts for its time; from before it counts what the session has. */
  readonly memory: readonly ArrivalStream[];
  /** Events from before the session. */
  readonly earlier: readonly Omit<SessionEvent, 'index'>[];
}

/** `from` and `to` of a node's samples: it hears its peer. */
function peerOf(nodes: readonly [string, string], node: string): string {
  return node === nodes[0] ? nodes[1] : nodes[0];
}

function serialLine(links: readonly LinkSpec[]): AdviceRecord['serial'] {
  const lines = links.flatMap((link) =>
    link.medium === 'serial' ? [{ baud: link.baud, device: Object.values(link.device)[0] ?? null }] : [],
  );
  return lines.reduce<AdviceRecord['serial']>(
    (slow, line) => (slow === null || line.baud < slow.baud ? line : slow),
    null,
  );
}

export class RecordBuilder {
  private readonly nodes: readonly [string, string];
  private readonly streams = new Map<string, { node: string; link: string | null; builder: StreamBuilder }>();
  private readonly events: Omit<SessionEvent, 'index'>[] = [];
  private readonly faults: SessionFault[] = [];
  private readonly gaps = new Map<string, SessionGap>();
  private readonly facts = new Map<string, NodeFacts>();
  private readonly lateness: NodeReading[] = [];
  private readonly loads: NodeReading[] = [];
  private readonly lastSampleMs = new Map<string, number>();
  private readonly lastLoadMs = new Map<string, number>();

  constructor(nodes: readonly [string, string]) {
    this.nodes = nodes;
  }

  /** Batches must come in the order of time and must not overlap. */
  add(batch: SessionBatch): void {
    for (const facts of batch.facts) this.facts.set(facts.node, facts);
    for (const sample of batch.samples) this.addSample(sample);
    this.events.push(...batch.events);
    this.faults.push(...batch.faults);
    // One that touches two batches comes twice, the second time with its end.
    for (const gap of batch.gaps) this.gaps.set(`${gap.source} ${gap.fromMs}`, gap);
  }

  private stream(node: string, link: string | null): StreamBuilder {
    const key = `${node} ${link ?? ''}`;
    let found = this.streams.get(key);
    if (found === undefined) this.streams.set(key, (found = { node, link, builder: new StreamBuilder() }));
    return found.builder;
  }

  private addSample(sample: SessionSample): void {
    const { node, tMs } = sample;
    const beforeMs = this.lastSampleMs.get(node);
    this.lastSampleMs.set(node, tMs);
    const isBroken = beforeMs === undefined || tMs - beforeMs > SAMPLE_HOLE_MS || sample.peerStatus === 'init';
    if (isBroken) for (const s of this.streams.values()) if (s.node === node) s.builder.breakOff();
    const ownDeadtimeMs = this.facts.get(node)?.timing?.deadtimeMs ?? null;
    const peerDeadtimeMs = this.facts.get(peerOf(this.nodes, node))?.timing?.deadtimeMs ?? ownDeadtimeMs;
    this.addTo(this.stream(node, null), sample, sample.arrivals, sample.nodeMarginMs, peerDeadtimeMs);
    for (const link of sample.links) {
      this.addTo(this.stream(node, link.id), sample, link.arrivals, link.marginMs, ownDeadtimeMs);
    }
    this.addReadings(sample);
  }

  private addTo(
    builder: StreamBuilder,
    sample: SessionSample,
    arrivals: SessionSample['arrivals'],
    marginMs: number | null,
    deadtimeMs: number | null,
  ): void {
    if (arrivals !== undefined) builder.add(arrivals);
    else if (marginMs !== null && deadtimeMs !== null) {
      builder.addSilence(sample.tMs, deadtimeMs - marginMs, sample.errorMs);
    }
  }

  private addReadings({ node, tMs, latenessMs, loadAverage }: SessionSample): void {
    if (latenessMs >= LATENESS_TOLD_MS && this.lateness.length < LATENESS_KEPT_MAX) {
      this.lateness.push({ node, tMs, value: latenessMs });
    }
    if (loadAverage == null || tMs - (this.lastLoadMs.get(node) ?? -Infinity) < LOAD_PERIOD_MS) return;
    this.lastLoadMs.set(node, tMs);
    this.loads.push({ node, tMs, value: loadAverage });
  }

  build(head: RecordHead): AdviceRecord {
    const { specLinks, memory, earlier, ...rest } = head;
    const links = [...this.facts.values()].flatMap(({ links: own }) => own);
    const recorded = [...this.streams.values()].map(({ node, link, builder }): ArrivalStream => ({
      ...{ from: peerOf(this.nodes, node), to: node, link },
      resolution: builder.isExact ? 'exact' : 'sampled',
      resolutionMs: builder.resolutionMs,
      atMs: builder.atMs,
      gapMs: builder.gapMs,
    }));
    const serial = serialLine(specLinks);
    return {
      ...rest,
      timings: new Map([...this.facts].flatMap(([node, { timing }]) => (timing === null ? [] : [[node, timing]]))),
      links: links.filter((link, i) => links.findIndex((other) => other.id === link.id) === i),
      serial,
      serialUnknown: serial === null && links.some((link) => link.medium === 'serial'),
      streams: joinStreams(recorded, memory),
      events: [...earlier, ...this.events].sort((a, b) => a.tMs - b.tMs),
      faults: [...this.faults].sort((a, b) => a.tMs - b.tMs),
      gaps: [...this.gaps.values()],
      lateness: this.lateness,
      loads: this.loads,
    };
  }
}
