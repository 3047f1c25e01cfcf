/** Collects what happens during one run: events, probes, the smallest margin, windows of what was broken. */
import { cpus, loadavg } from 'node:os';
import type { ProbeSample, SessionEvent, SessionSample, WitnessSample } from '../../common/contract/session.ts';
import type { MarginStream } from '../../common/advice/margin.ts';
import type { ProbePoint } from '../../common/drill/outage.ts';
import type { LanWord, PowerCut, RunWindow, Silence } from '../../common/drill/record.ts';
import type { Session } from '../session/session.ts';

/** How often the load is read, milliseconds: it is an average of a minute. */
const LOAD_PERIOD_MS = 5000;

/** Samples come five a second; without one for this long a node's agent is silent, milliseconds. */
const SILENCE_MS_MIN = 1500;

/** Arming writes, syncs and proves a guard before it injects; the agent says when it did. Milliseconds. */
const ARMING_MS_MAX = 20_000;

interface Mark {
  readonly kind: RunWindow['kind'];
  readonly atMs: number;
  readonly isTimed: boolean;
}

export class RunWatch {
  beganAtMs: number;
  readonly events: SessionEvent[] = [];
  readonly powerCuts: PowerCut[] = [];
  readonly loadPerCore: number[] = [];
  readonly lanWords: LanWord[] = [];
  marginMinMs: number | null = null;

  private readonly session: Session;
  private readonly probes: ProbePoint[] = [];
  private readonly marks: Mark[] = [];
  private ended: Silence[] = [];
  private readonly heard = new Map<string, { readonly count: number; readonly maxMs: number; readonly atMs: number }>();
  private readonly lastSampleMs = new Map<string, number>();
  private readonly off: (() => void)[];
  private readonly loadTimer: NodeJS.Timeout;

  constructor(session: Session) {
    this.session = session;
    this.beganAtMs = session.nowMs();
    this.off = [
      session.onEvent.on((e) => this.events.push(e)),
      session.onProbe.on((p) => this.takeProbe(p)),
      session.onSample.on((s) => this.takeSample(s)),
      session.onWitness.on((w) => this.takeWitness(w)),
    ];
    this.readLoad();
    this.loadTimer = setInterval(() => this.readLoad(), LOAD_PERIOD_MS);
  }

  /** Forgets what came before: how the pair got in order is no part of the run. */
  restart(): void {
    this.beganAtMs = this.session.nowMs();
    for (const list of [this.events, this.probes, this.marks, this.lanWords, this.powerCuts]) list.length = 0;
    this.ended = [];
    this.marginMinMs = null;
    this.heard.clear();
  }

  /** Runnable processes a core, averaged over a minute by the kernel. */
  readLoad(): void {
    this.loadPerCore.push((loadavg()[0] ?? 0) / cpus().length);
  }

  /** Results arrive as requests end, not as they were due: a failed one comes later than the good ones behind it. */
  private takeProbe({ tMs, ok, answeredBy }: ProbeSample): void {
    if (tMs < this.beganAtMs) return;
    let at = this.probes.length;
    while (at > 0 && (this.probes[at - 1]?.tMs ?? 0) > tMs) at -= 1;
    this.probes.splice(at, 0, { tMs, ok, answeredBy });
  }

  private takeWitness({ tMs, address, kind, holders }: WitnessSample): void {
    if (kind !== 'asked') return;
    const nodes = holders.flatMap((h) => (h.node === null ? [] : [h.node]));
    this.lanWords.push({ tMs, address, nodes: nodes.length === holders.length ? nodes : null });
  }

  /** Stretches without a word of a node's agent; the last one goes on to now. */
  silences(): Silence[] {
    const nowMs = this.session.nowMs();
    const open = [...this.lastSampleMs].flatMap(([node, fromMs]) =>
      nowMs - fromMs > SILENCE_MS_MIN ? [{ node, fromMs, toMs: nowMs, heldAfter: null }] : [],
    );
    return [...this.ended, ...open];
  }

  /** The longest time between two heartbeats of the peer, both of this run. */
  private takeArrivals({ node, arrivals }: SessionSample): void {
    for (const { tMs, gapMs } of arrivals ?? []) {
      if (tMs - gapMs < this.beganAtMs) continue;
      const before = this.heard.get(node);
      const isLongest = before === undefined || gapMs > before.maxMs;
      const count = (before?.count ?? 0) + 1;
      this.heard.set(node, isLongest ? { count, maxMs: gapMs, atMs: tMs } : { ...before, count });
    }
  }

  /** What each node heard of its peer, over all links. `deadtimeOf`: what a node is judged by when it is silent; null: not known. */
  margins(nodes: readonly [string, string], deadtimeOf: (node: string) => number | null): MarginStream[] {
    const [a, b] = nodes;
    return [[a, b] as const, [b, a] as const].flatMap(([from, to]) => {
      const heard = this.heard.get(to);
      if (heard === undefined) return [];
      const deadtimeMs = deadtimeOf(from);
      const smallestMarginMs = deadtimeMs === null ? null : deadtimeMs - heard.maxMs;
      const { count, maxMs, atMs } = heard;
      return [{ from, to, link: null, count, maxMs, smallestMarginMs, smallestMarginAtMs: atMs }];
    });
  }

  private takeSample(sample: SessionSample): void {
    const { tMs, node, heldVips, peerStatus, nodeMarginMs } = sample;
    this.takeArrivals(sample);
    const lastMs = this.lastSampleMs.get(node) ?? tMs;
    if (tMs - lastMs > SILENCE_MS_MIN) this.ended.push({ node, fromMs: lastMs, toMs: tMs, heldAfter: heldVips });
    this.lastSampleMs.set(node, Math.max(lastMs, tMs));
    if (peerStatus === 'dead' || nodeMarginMs === null) return;
    this.marginMinMs = Math.min(this.marginMinMs ?? nodeMarginMs, nodeMarginMs);
  }

  /** By due time. */
  allProbes(): readonly ProbePoint[] {
    return this.probes;
  }

  /** The newest by due time of those that belong to the present window. */
  newestProbes(count: number): readonly ProbePoint[] {
    const fromMs = this.marks.at(-1)?.atMs ?? this.beganAtMs;
    return this.probes.slice(-count).filter((p) => p.tMs >= fromMs);
  }

  /** Something is broken, or asked of the nodes, from now on. A second one while something is changes nothing. */
  markFault(isTimed = true): void {
    if (this.marks.at(-1)?.kind !== 'fault') this.marks.push({ kind: 'fault', atMs: this.session.nowMs(), isTimed });
  }

  markHeal(): void {
    if (this.marks.at(-1)?.kind === 'fault')
      this.marks.push({ kind: 'heal', atMs: this.session.nowMs(), isTimed: true });
  }

  /** A fault that an agent injected began when the agent says that it did, not when it was asked to. */
  private effectiveMs({ kind, atMs }: Mark, untilMs: number): number {
    if (kind === 'heal') return atMs;
    const injected = this.events.filter(
      (e) =>
        e.event.body.kind === 'fault' &&
        e.event.body['phase'] === 'injected' &&
        e.tMs >= atMs &&
        e.tMs <= Math.min(untilMs, atMs + ARMING_MS_MAX),
    );
    return injected.length === 0 ? atMs : Math.min(...injected.map((e) => e.tMs));
  }

  windows(): RunWindow[] {
    return this.marks.map((mark, i) => {
      const toMs = this.marks[i + 1]?.atMs ?? this.session.nowMs();
      return { kind: mark.kind, fromMs: this.effectiveMs(mark, toMs), toMs, isTimed: mark.isTimed };
    });
  }

  /** Nodes that reported the end of a takeover in the present window. */
  takenOver(): string[] {
    const fromMs = this.marks.at(-1)?.atMs ?? this.beganAtMs;
    return this.events
      .filter((e) => e.tMs >= fromMs && e.event.body.kind === 'takeover' && e.event.body['phase'] === 'done')
      .map((e) => e.event.node);
  }

  close(): void {
    clearInterval(this.loadTimer);
    for (const off of this.off) off();
  }
}
