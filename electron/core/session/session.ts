/**
 * The session of one pair: one time axis, one record on disk, any number of live subscribers.
 * `tMs` is this computer's monotonic clock since the session began.
 */
import { randomUUID } from 'node:crypto';
import type { AgentStatus } from '../../../agent/common/rpc/agentContract.ts';
import type { CancelSignal } from '../../../agent/common/rpc/cancel.ts';
import type { DrillRun } from '../../common/contract/drill.ts';
import type { PairSpec } from '../../common/contract/pair.ts';
import type {
  NodeFacts,
  ProbeSample,
  SessionBatch,
  SessionEvent,
  SessionFault,
  SessionSample,
  WitnessSample,
} from '../../common/contract/session.ts';
import type { NodeRecord } from '../../common/report/record.ts';
import { decimateProbes, decimateSamples, decimateWitness } from '../../common/session/decimate.ts';
import { AsyncQueue } from '../base/asyncQueue.ts';
import { Emitter } from '../base/emitter.ts';
import { monotonicNowMs } from '../base/time.ts';
import { SaidTape } from '../recorder/saidTape.ts';
import { Tapes } from '../recorder/tapes.ts';
import type { Said } from '../../common/words/sentence.ts';
import type { NumberedGap, SessionStore } from '../store/sessionStore.ts';

/** Live batches leave this often, milliseconds: smooth to the eye, ten messages a second. */
export const BATCH_PERIOD_MS = 100;

/** Items of one batch at most; history is cut into pieces of this size so that no message is huge. */
const BATCH_ITEMS_MAX = 500;

/** Points of history a node or the probe gets in front of the live feed. A screen is not wider. */
const HISTORY_POINTS_MAX = 2000;

/** Batches a subscriber may leave unread (one minute). Then it gets no more and is told by an error. */
const WAITING_BATCHES_MAX = 600;

function emptyBatch(): SessionBatch {
  return { samples: [], events: [], probes: [], gaps: [], witness: [], faults: [], facts: [] };
}

/** Items in the longest part of a batch. */
function longestPart(batch: SessionBatch): number {
  return Math.max(...Object.values(batch).map((part) => part.length));
}

/** Cuts a big batch into pieces, each sorted as the whole was. */
export function cutBatch(batch: SessionBatch, itemsMax: number = BATCH_ITEMS_MAX): SessionBatch[] {
  const longest = longestPart(batch);
  const pieces: SessionBatch[] = [];
  for (let at = 0; at === 0 || at < longest; at += itemsMax) {
    pieces.push({
      samples: batch.samples.slice(at, at + itemsMax),
      events: batch.events.slice(at, at + itemsMax),
      probes: batch.probes.slice(at, at + itemsMax),
      gaps: batch.gaps.slice(at, at + itemsMax),
      witness: batch.witness.slice(at, at + itemsMax),
      faults: batch.faults.slice(at, at + itemsMax),
      facts: batch.facts.slice(at, at + itemsMax),
    });
  }
  return pieces;
}

/** Thins samples node by node, the probe and the LAN witness to at most `pointsMax` each. The rest stays whole. */
export function decimateBatch(batch: SessionBatch, pointsMax: number): SessionBatch {
  const nodes = [...new Set(batch.samples.map((s) => s.node))];
  const thinned = nodes.map((node) =>
    decimateSamples(
      batch.samples.filter((s) => s.node === node),
      pointsMax,
    ),
  );
  return {
    ...batch,
    samples: thinned.flat().sort((a, b) => a.tMs - b.tMs),
    probes: decimateProbes(batch.probes, pointsMax),
    witness: decimateWitness(batch.witness, pointsMax),
  };
}

/** Records and distributes. Made when the pair is connected, closed when it is disconnected. */
export class Session {
  readonly id: string = randomUUID();
  readonly startedWallMs: number;
  /** Every event as it is recorded, for those inside the core who wait for one. */
  readonly onEvent = new Emitter<SessionEvent>();
  readonly onProbe = new Emitter<ProbeSample>();
  /** What its terminals show. */
  readonly tapes: Tapes;
  /** Everything as it is recorded, for what inside the core judges the present. */
  readonly onWitness = new Emitter<WitnessSample>();
  readonly onFault = new Emitter<SessionFault>();
  readonly onFacts = new Emitter<NodeFacts>();
  readonly onSample = new Emitter<SessionSample>();

  private readonly store: SessionStore;
  private readonly originMs = monotonicNowMs();
  private readonly subscribers = new Set<AsyncQueue<SessionBatch>>();
  private readonly timer: NodeJS.Timeout;
  private readonly openGaps = new Map<string, NumberedGap>();
  private readonly said = new Map<string, SaidTape>();
  private pending = emptyBatch();
  private eventCount = 0;
  private gapCount = 0;

  /** `wallMs`: Unix epoch milliseconds, for people to find the session again. */
  constructor(store: SessionStore, pair: PairSpec, host: string, wallMs: number) {
    this.store = store;
    this.startedWallMs = wallMs;
    store.begin({ id: this.id, pairId: pair.id, pairJson: JSON.stringify(pair), host, startedWallMs: wallMs });
    this.tapes = new Tapes(store, this.id, () => this.nowMs());
    this.timer = setInterval(() => this.distribute(), BATCH_PERIOD_MS);
  }

  /** The present on the session axis. */
  nowMs(): number {
    return monotonicNowMs() - this.originMs;
  }

  /** A reading of this computer's monotonic clock, on the session axis. */
  axisMs(monotonicMs: number): number {
    return monotonicMs - this.originMs;
  }

  addSample(sample: SessionSample): void {
    this.store.addSample(this.id, sample);
    this.pending.samples.push(sample);
    this.onSample.fire(sample);
  }

  addEvent(journalId: string, entry: Omit<SessionEvent, 'index'>): void {
    const numbered = { index: this.eventCount, ...entry };
    this.eventCount += 1;
    this.store.addEvent(this.id, journalId, numbered);
    this.pending.events.push(numbered);
    this.onEvent.fire(numbered);
  }

  addProbe(probe: ProbeSample): void {
    this.store.addProbe(this.id, probe);
    this.pending.probes.push(probe);
    this.onProbe.fire(probe);
  }

  /** What the witness on the LAN saw. */
  addWitness(sample: WitnessSample): void {
    this.store.addWitness(this.id, sample);
    this.pending.witness.push(sample);
    this.onWitness.fire(sample);
  }

  /** A fault that began, was armed, ended or failed. */
  addFault(fault: SessionFault): void {
    this.store.addFault(this.id, fault);
    this.pending.faults.push(fault);
    this.onFault.fire(fault);
  }

  /** What is true of a node from now on. */
  addFacts(facts: NodeFacts): void {
    this.store.addFacts(this.id, facts);
    this.pending.facts.push(facts);
    this.onFacts.fire(facts);
  }

  addDrill(run: DrillRun): void {
    this.store.addDrill(this.id, this.nowMs(), run);
  }

  /** What a node says about itself; recorded when it is news. */
  addStatus(status: AgentStatus, tMs: number): void {
    const tape = this.said.get(status.node) ?? new SaidTape();
    this.said.set(status.node, tape);
    if (tape.isNews(status, tMs)) this.store.addSaid(this.id, 'status', status.node, tMs, status);
  }

  /** How a node is configured and what is on it, as just read. */
  addRecord(record: NodeRecord): void {
    this.store.addSaid(this.id, 'record', record.node, this.nowMs(), record);
  }

  /** Marks that nothing is heard from `source` since `fromMs`. A second call while one is open changes nothing. */
  openGap(source: string, fromMs: number, { detail: reason, said }: Said): void {
    if (this.openGaps.has(source)) return;
    this.gapCount += 1;
    const gap: NumberedGap = { number: this.gapCount, source, fromMs, toMs: null, reason, said };
    this.openGaps.set(source, gap);
    this.putGap(gap);
  }

  closeGap(source: string, toMs: number): void {
    const gap = this.openGaps.get(source);
    if (gap === undefined) return;
    this.openGaps.delete(source);
    this.putGap({ ...gap, toMs });
  }

  /** Marks a stretch that is over already: a hole in a journal, a sleep of this computer. */
  addGap(source: string, fromMs: number, toMs: number, { detail: reason, said }: Said): void {
    this.gapCount += 1;
    this.putGap({ number: this.gapCount, source, fromMs, toMs, reason, said });
  }

  private putGap(gap: NumberedGap): void {
    this.store.putGap(this.id, gap);
    const { number: _number, ...told } = gap;
    this.pending.gaps.push(told);
  }

  private distribute(): void {
    if (longestPart(this.pending) === 0) return;
    const batch = this.pending;
    this.pending = emptyBatch();
    for (const queue of this.subscribers) {
      if (queue.length < WAITING_BATCHES_MAX) queue.push(batch);
      else queue.end(new Error('the session feed was not read for a minute; ask again for what was missed'));
    }
  }

  /** A stretch of the record, at most `pointsMax` samples a node, keeping extremes. */
  range(fromMs: number, toMs: number, pointsMax: number): SessionBatch {
    return decimateBatch(this.store.range(this.id, fromMs, toMs), pointsMax);
  }

  /** Everything of a stretch, not thinned: for measuring. */
  raw(fromMs: number, toMs: number): SessionBatch {
    return this.store.range(this.id, fromMs, toMs);
  }

  /** The last `historyMs` first, then live. Ends when the session closes or the consumer leaves. */
  subscribe(historyMs: number, signal: CancelSignal): AsyncIterable<SessionBatch> {
    const queue: AsyncQueue<SessionBatch> = new AsyncQueue(signal, () => this.subscribers.delete(queue));
    // What is pending is on its way to the store and would otherwise come twice.
    this.distribute();
    const history = this.range(this.nowMs() - historyMs, Number.MAX_SAFE_INTEGER, HISTORY_POINTS_MAX);
    for (const piece of cutBatch(history)) queue.push(piece);
    if (!signal.aborted) this.subscribers.add(queue);
    return queue;
  }

  close(wallMs: number): void {
    clearInterval(this.timer);
    this.tapes.close();
    const now = this.nowMs();
    for (const source of [...this.openGaps.keys()]) this.closeGap(source, now);
    this.distribute();
    for (const queue of [...this.subscribers]) queue.end();
    this.subscribers.clear();
    this.store.end(this.id, wallMs);
  }
}
