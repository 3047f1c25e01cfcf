/** The alarm about keys: it comes when nothing but refused packets does, is over with the first valid one, and never comes without reason. */
import type { EngineInput } from '../engine/types.ts';
import type { EventDraft } from '../timeline/event.ts';
import type { Violation } from './checkers.ts';
import type { Cluster } from './cluster.ts';
import type { Hearsay } from './told.ts';

/** A refused packet beside a valid one this many keepalives old says nothing yet. */
const HEARD_KEEPALIVES = 2;

/** Refused heartbeats further apart than this are not one row of them. */
const REFUSED_KEEPALIVES = 1.5;

/** The host tells of refused packets once a second: one may be told too early, the next one second later. */
const TOLD_MS = 2500;

/** Longest time for which a refusal is remembered; the deadtime when that is longer. */
const MEMORY_MS = 3000;

/** An engine that was not fed for this long was paused: it beats at least once a second. */
const PAUSE_MS = 1500;

interface Watch {
  /** The alarm stands. */
  alarm: boolean;
  /** It should be over when the present step is. */
  over: boolean;
  /** First packet that was refused in the peer's name since a valid one came; null: none. */
  refusedSinceMs: number | null;
  /** Newest such packet. */
  refusedAtMs: number;
  /** Newest refused packet of which the engine was told, whoever sent it. */
  toldAtMs: number;
  /** Newest heartbeat: life and number. */
  heartbeat: string;
  steppedAtMs: number;
}

function calm(): Watch {
  return {
    alarm: false,
    over: false,
    refusedSinceMs: null,
    refusedAtMs: -Infinity,
    toldAtMs: -Infinity,
    heartbeat: '0 0',
    steppedAtMs: 0,
  };
}

export class KeyAlarmChecker {
  readonly violations: Violation[] = [];
  private readonly cluster: Cluster;
  private readonly hearsay: Hearsay;
  private readonly watch: [Watch, Watch] = [calm(), calm()];

  constructor(cluster: Cluster, hearsay: Hearsay) {
    this.cluster = cluster;
    this.hearsay = hearsay;
    cluster.observe({
      fed: (node, input) => this.noteInput(node, input),
      event: (node, draft) => this.noteEvent(node, draft),
    });
  }

  private fail(node: 0 | 1, detail: string): void {
    const { nodes, nowMs } = this.cluster;
    this.violations.push({ checker: 'key-alarm', atMs: nowMs, detail: `${nodes[node].name} ${detail}` });
  }

  private noteInput(node: 0 | 1, input: EngineInput): void {
    const { nowMs } = this.cluster;
    if (input.kind === 'start') this.watch[node] = calm();
    const watch = this.watch[node];
    if (watch.over && watch.alarm) this.fail(node, 'keeps its alarm about keys although it heard its peer');
    watch.over = false;
    // While it was paused nobody could be told.
    if (nowMs - watch.steppedAtMs > PAUSE_MS) watch.refusedSinceMs = null;
    watch.steppedAtMs = nowMs;
    if (input.kind === 'rejected') watch.toldAtMs = nowMs;
    if (input.kind !== 'received') return;
    const { generation, statusSeq, lastAtMs } = this.hearsay.of[node];
    // Any valid message may have ended it, a heartbeat must have.
    if (lastAtMs === nowMs) watch.refusedSinceMs = null;
    const heartbeat = `${generation} ${statusSeq}`;
    if (heartbeat === watch.heartbeat) return;
    Object.assign(watch, { heartbeat, over: true, refusedSinceMs: null });
  }

  private noteEvent(node: 0 | 1, { body }: EventDraft): void {
    if (body.kind !== 'key-mismatch') return;
    const watch = this.watch[node];
    watch.alarm = !body.over;
    // It is over with any message of the peer, also one that had been missing.
    if (body.over) watch.refusedSinceMs = null;
    const memoryMs = Math.max(MEMORY_MS, this.cluster.options.deadtimeMs);
    if (watch.alarm && this.cluster.nowMs - watch.toldAtMs > memoryMs)
      this.fail(node, 'raises an alarm about keys for nothing');
  }

  /** A packet in the name of its peer was refused by this machine, whether or not the engine is told of this one. */
  refused(node: 0 | 1): void {
    const { nowMs, nodes, options } = this.cluster;
    const watch = this.watch[node];
    if (nodes[node].power !== 'running') return;
    const heardUntilMs = this.hearsay.of[node].lastAtMs + HEARD_KEEPALIVES * options.keepaliveMs;
    // What noise made unreadable in between told nobody anything.
    if (nowMs - watch.refusedAtMs > REFUSED_KEEPALIVES * options.keepaliveMs) watch.refusedSinceMs = nowMs;
    watch.refusedSinceMs ??= nowMs;
    watch.refusedAtMs = nowMs;
    const forMs = nowMs - Math.max(watch.refusedSinceMs, heardUntilMs);
    if (forMs > TOLD_MS && !watch.alarm)
      this.fail(node, `refuses what comes in the name of its peer for ${Math.round(forMs)} ms without an alarm`);
  }

  /** At the end, when the keys agree: nobody is still alarmed. */
  requireCalm(): void {
    for (const node of [0, 1] as const) if (this.watch[node].alarm) this.fail(node, 'is still alarmed about keys');
  }
}
