/**
 * One simulated server: hosts an engine as the daemon does, runs its commands in order, and can be paused, suspended,
 * killed, powered off and started again. What the groups really do is kept here, beside what the engine believes.
 */
import { assert } from '../base/assert.ts';
import { instant } from '../base/instant.ts';
import type { Instant } from '../base/instant.ts';
import type { SeededRandom } from '../base/random.ts';
import { createEngine } from '../engine/engine.ts';
import type {
  Engine,
  EngineCommand,
  EngineConfig,
  EngineInput,
  OutgoingMessage,
  Ready,
  World,
} from '../engine/types.ts';
import type { EventDraft } from '../timeline/event.ts';
import type { WireMessage } from '../wire/message.ts';
import type { Schedule } from './schedule.ts';

/** How one command of a group set goes. */
export interface CommandPlan {
  readonly tookMs: number;
  readonly ok: boolean;
  /** Of a start that fails: groups that run all the same, while the host has stopped what there was of the others. Absent: nothing serves. */
  readonly started?: readonly string[];
}

/** What a node needs from its surroundings. */
export interface NodeHost {
  readonly schedule: Schedule;
  readonly random: SeededRandom;
  /** Node's monotonic clock minus virtual time, milliseconds: no two hosts agree. */
  readonly clockOffsetMs: number;
  /** Longest time the host takes to feed a due input, milliseconds. */
  readonly latencyMaxMs: number;
  readonly deadtimeMs: number;
  readonly keepaliveMs: number;
  config(generation: number): EngineConfig;
  plan(command: 'acquire' | 'release', groups: readonly string[]): CommandPlan;
  /** Before and after each step of the engine. */
  fed(input: EngineInput): void;
  stepped(input: EngineInput, ready: Ready): void;
  send(message: OutgoingMessage): void;
  event(draft: EventDraft): void;
  /** Groups that run here changed. */
  groupsChanged(): void;
  command(command: EngineCommand): void;
  /** Works the stonith device against the other node; `done` once, with what the device says. */
  fence(done: (ok: boolean) => void): void;
}

/** Datagrams that a paused node's sockets hold; later ones are lost, as in a kernel. */
const BUFFERED_MAX = 200;

/** Packets that failed authentication are told to the engine this often per link, as the daemon does. */
const REJECTED_EVERY_MS = 1000;

const WALL_START_SECONDS = 1_700_000_000;

const LOAD_AVERAGE = '0.00 0.00 0.00 1/100 1000';

/** Packets of one link that failed authentication. */
interface Rejects {
  toldAtMs: number;
  /** What the engine is told when the next second begins; null: nothing. */
  pending: Extract<EngineInput, { kind: 'rejected' }> | null;
}

export type Power =
  /** No power: nothing runs, no group is up. */
  | 'off'
  /** The machine runs, the daemon does not; groups it left are still up. */
  | 'idle'
  | 'running'
  /** The daemon is not scheduled; groups are still up. */
  | 'paused';

export class SimNode {
  readonly name: string;
  power: Power = 'off';
  /** Groups of which anything runs on this machine, whoever started it. */
  readonly groups = new Set<string>();
  /** Those of them that were started successfully and are not being stopped: what clients can use. */
  readonly serving = new Set<string>();
  engine: Engine | null = null;
  generation = 0;
  /** An engine that stops is started again at once: whoever stopped it is done. */
  restartsAlways = false;
  /** How often the power was cut. */
  outages = 0;
  /** Longest sleep of this life that was too short to be noticed by anybody (a keepalive at most), milliseconds. */
  napMs = 0;
  /** Wall clock minus what it should be, seconds. */
  wallErrorSeconds = 0;
  private readonly host: NodeHost;
  private clockOffsetMs: number;
  private suspendedAtMs: number | null = null;
  /** Ends of commands that fell into a suspension. */
  private held: (() => void)[] = [];
  private life = 0;
  private queue: EngineCommand[] = [];
  private working = false;
  private buffered: EngineInput[] = [];
  private readonly rejects = new Map<string, Rejects>();
  private steppedAtMs = 0;
  private wakeAtMs = 0;
  private timerAtMs = Infinity;
  private timerOrder = 0;

  constructor(name: string, host: NodeHost) {
    this.name = name;
    this.host = host;
    this.clockOffsetMs = host.clockOffsetMs;
  }

  /** No command that starts or stops groups is being done or waits. */
  get idle(): boolean {
    return !this.queue.some(({ kind }) => kind === 'acquire' || kind === 'release');
  }

  /** This node's monotonic clock. */
  get now(): Instant {
    return instant(this.host.schedule.nowMs + this.clockOffsetMs);
  }

  private get world(): World {
    const virtualSeconds = Math.floor(this.host.schedule.nowMs / 1000);
    return {
      now: this.now,
      wallSeconds: Math.max(0, WALL_START_SECONDS + virtualSeconds + this.wallErrorSeconds),
      loadAverage: LOAD_AVERAGE,
    };
  }

  /** Starts the daemon. It first releases what an earlier life left behind. */
  start(): void {
    if (this.power === 'running' || this.power === 'paused') return;
    this.beginLife('running');
    this.clearGroups();
    this.host.groupsChanged();
    this.generation++;
    this.steppedAtMs = this.host.schedule.nowMs;
    this.engine = createEngine(this.host.config(this.generation));
    this.feed({ kind: 'start' });
  }

  /** The daemon and everything else is gone at once. */
  powerOff(): void {
    this.outages++;
    this.beginLife('off');
    this.clearGroups();
    this.host.groupsChanged();
  }

  /** The daemon is gone at once; the groups stay up. */
  kill(): void {
    if (this.power !== 'off') this.beginLife('idle');
  }

  private clearGroups(): void {
    this.groups.clear();
    this.serving.clear();
  }

  private beginLife(power: Power): void {
    this.power = power;
    this.life++;
    this.engine = null;
    this.queue = [];
    this.working = false;
    this.buffered = [];
    this.held = [];
    this.suspendedAtMs = null;
    this.napMs = 0;
    this.rejects.clear();
    this.timerOrder++;
    this.timerAtMs = Infinity;
  }

  /** The daemon is not scheduled until `resume`. */
  pause(): void {
    if (this.power === 'running') this.power = 'paused';
  }

  /** The whole machine sleeps until `resume`: its monotonic clock stands, its network card hears nothing. */
  suspend(): void {
    if (this.power !== 'running') return;
    this.power = 'paused';
    this.suspendedAtMs = this.host.schedule.nowMs;
  }

  /** The daemon goes on, with what its sockets held. It notices most pauses itself, as the daemon does, before anything else. */
  resume(): void {
    if (this.power !== 'paused') return;
    this.power = 'running';
    const { random, schedule } = this.host;
    // Whole milliseconds keep the sums of two clocks exact: a wish to be woken must not come out a hair too early.
    const asleepMs = this.suspendedAtMs === null ? 0 : Math.floor(schedule.nowMs - this.suspendedAtMs);
    this.suspendedAtMs = null;
    this.clockOffsetMs -= asleepMs;
    if (asleepMs <= this.host.keepaliveMs) this.napMs = Math.max(this.napMs, asleepMs);
    const awayMs = schedule.nowMs - this.steppedAtMs - asleepMs;
    const { buffered: inputs, held } = this;
    this.buffered = [];
    this.held = [];
    // A sleep shows only on the other clock; a pause also in the engine's own reckoning, which is tried alone.
    const told = asleepMs > this.host.keepaliveMs || (awayMs > this.host.deadtimeMs && random.chance(0.5));
    if (told) this.feed({ kind: 'stalled', gapMs: Math.max(awayMs, asleepMs) });
    // Timer or socket first: both happen.
    if (random.chance(0.5)) this.feed({ kind: 'tick' });
    for (const end of held) end();
    for (const input of inputs) this.feed('receivedAt' in input ? { ...input, receivedAt: this.now } : input);
    this.feed({ kind: 'tick' });
  }

  /** An authenticated message arrives at the machine. */
  arrive(link: string, message: WireMessage): void {
    if (this.power === 'running' || (this.power === 'paused' && this.suspendedAtMs === null)) {
      this.feed({ kind: 'received', link, message, receivedAt: this.now });
    }
  }

  /**
   * A packet arrives that does not authenticate. As in the daemon the engine is told of one a second for each link at most, of one in
   * the peer's name rather than of one that cannot be read.
   */
  reject(link: string, claimedSource: string | null): void {
    if (this.power !== 'running') return;
    const { schedule } = this.host;
    const rejects = this.rejects.get(link) ?? { toldAtMs: -Infinity, pending: null };
    this.rejects.set(link, rejects);
    const waiting = rejects.pending;
    if (waiting !== null && (waiting.claimedSource !== null || claimedSource === null)) return;
    rejects.pending = { kind: 'rejected', link, claimedSource, receivedAt: this.now };
    if (waiting !== null) return;
    const { life } = this;
    const tell = () => {
      if (life === this.life) this.tellRejected(rejects);
    };
    const dueMs = rejects.toldAtMs + REJECTED_EVERY_MS;
    if (dueMs <= schedule.nowMs) tell();
    else schedule.at(dueMs, tell);
  }

  /** Whatever is due anyway is done first, so that what the refused packet does can be seen. */
  private tellRejected(rejects: Rejects): void {
    const { pending } = rejects;
    if (pending === null) return;
    rejects.pending = null;
    rejects.toldAtMs = this.host.schedule.nowMs;
    this.feed({ kind: 'tick' });
    this.feed(pending);
  }

  /** Feeds one input to the engine, now; a paused daemon gets it later. */
  feed(input: EngineInput): void {
    if (this.power === 'paused') {
      if (this.suspendedAtMs !== null && 'receivedAt' in input) return;
      if (this.buffered.length < BUFFERED_MAX || !('receivedAt' in input)) this.buffered.push(input);
      return;
    }
    if (this.power !== 'running' || this.engine === null) return;
    const { life, host } = this;
    this.steppedAtMs = host.schedule.nowMs;
    host.fed(input);
    const ready = this.engine.step(input, this.world);
    host.stepped(input, ready);
    for (const message of ready.messages) host.send(message);
    for (const command of ready.commands) this.enqueue(command);
    for (const event of ready.events) host.event(event);
    if (this.life === life) this.scheduleWake(ready.wakeAt.monotonicMs - this.clockOffsetMs);
  }

  /** One timer is enough: one that comes before the newest wish sets itself again. */
  private scheduleWake(atMs: number): void {
    const { schedule, latencyMaxMs, random } = this.host;
    assert(atMs > schedule.nowMs - 1e-6, `${this.name} asks to be woken in the past`);
    this.wakeAtMs = latencyMaxMs > 0 ? atMs + random.nextFraction() * latencyMaxMs : atMs;
    if (this.timerAtMs <= this.wakeAtMs) return;
    this.setTimer();
  }

  private setTimer(): void {
    const order = ++this.timerOrder;
    this.timerAtMs = this.wakeAtMs;
    this.host.schedule.at(this.wakeAtMs, () => {
      if (order !== this.timerOrder) return;
      this.timerAtMs = Infinity;
      if (this.power !== 'running') return;
      if (this.wakeAtMs > this.host.schedule.nowMs) this.setTimer();
      else this.feed({ kind: 'tick' });
    });
  }

  private enqueue(command: EngineCommand): void {
    this.host.command(command);
    if (command.kind === 'fence') {
      const { life } = this;
      this.host.fence((ok) => {
        if (life === this.life) this.finish(() => this.answer(command.id, ok));
      });
      return;
    }
    this.queue.push(command);
    this.work();
  }

  private answer(id: number, ok: boolean): void {
    this.feed({ kind: 'command-done', id, ok, detail: ok ? '' : 'planned failure' });
  }

  /** Runs the end of a command, or keeps it until a suspended machine goes on. */
  private finish(end: () => void): void {
    if (this.suspendedAtMs !== null) this.held.push(end);
    else end();
  }

  /** Commands run one at a time, also while the daemon is paused: scripts are processes of their own. */
  private work(): void {
    const command = this.queue[0];
    if (this.working || command === undefined) return;
    if (command.kind === 'exit') {
      this.exit(command.restart, command.afterMs);
      return;
    }
    this.working = true;
    const groups = command.kind === 'acquire' || command.kind === 'release' ? command.groups : [];
    const plan =
      command.kind === 'acquire' || command.kind === 'release'
        ? this.host.plan(command.kind, groups)
        : { tookMs: 1, ok: true, started: undefined };
    const { life } = this;
    if (command.kind === 'acquire') this.change(() => groups.forEach((g) => this.groups.add(g)));
    if (command.kind === 'release') this.change(() => groups.forEach((g) => this.serving.delete(g)));
    const end = () => {
      if (life !== this.life) return;
      if (plan.ok) this.change(() => this.takeEffect(command, groups));
      else if (plan.started !== undefined) this.change(() => this.startInPart(groups, plan.started ?? []));
      this.working = false;
      this.queue.shift();
      this.answer(command.id, plan.ok);
      this.work();
    };
    this.host.schedule.at(this.host.schedule.nowMs + plan.tookMs, () => {
      if (life === this.life) this.finish(end);
    });
  }

  private takeEffect(command: EngineCommand, groups: readonly string[]): void {
    for (const group of groups) {
      if (command.kind === 'acquire') this.serving.add(group);
      else this.groups.delete(group);
    }
    if (command.kind !== 'let-go') return;
    this.groups.delete(command.address);
    this.serving.delete(command.address);
  }

  private startInPart(groups: readonly string[], started: readonly string[]): void {
    for (const group of groups) {
      if (started.includes(group)) this.serving.add(group);
      else this.groups.delete(group);
    }
  }

  private change(how: () => void): void {
    how();
    this.host.groupsChanged();
  }

  private exit(restart: boolean, afterMs: number): void {
    this.beginLife('idle');
    if (!restart && !this.restartsAlways) return;
    const { life } = this;
    this.host.schedule.at(this.host.schedule.nowMs + afterMs, () => {
      if (life === this.life && this.power === 'idle') this.start();
    });
  }
}
