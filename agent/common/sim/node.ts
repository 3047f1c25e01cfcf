/**
 * One simulated server: hosts an engine as the daemon does, runs its commands in order, and can be paused, killed, powered
 * off and started again. What the groups really do is kept here, beside what the engine believes.
 */
import { assert } from '../base/assert.ts';
import { instant } from '../base/instant.ts';
import type { SeededRandom } from '../base/random.ts';
import { createEngine } from '../engine/engine.ts';
import type { Engine, EngineCommand, EngineConfig, EngineInput, OutgoingMessage, World } from '../engine/types.ts';
import type { EventDraft } from '../timeline/event.ts';
import type { WireMessage } from '../wire/message.ts';
import type { Schedule } from './schedule.ts';

/** How one command of a group set goes. */
export interface CommandPlan {
  readonly tookMs: number;
  readonly ok: boolean;
}

/** What a node needs from its surroundings. */
export interface NodeHost {
  readonly schedule: Schedule;
  readonly random: SeededRandom;
  /** Node's monotonic clock minus virtual time, milliseconds: no two hosts agree. */
  readonly clockOffsetMs: number;
  /** Longest time the host takes to feed a due input, milliseconds. */
  readonly latencyMaxMs: number;
  config(generation: number): EngineConfig;
  plan(command: 'acquire' | 'release', groups: readonly string[]): CommandPlan;
  send(message: OutgoingMessage): void;
  event(draft: EventDraft): void;
  /** Groups that run here changed. */
  groupsChanged(): void;
  command(command: EngineCommand): void;
}

/** Datagrams that a paused node's sockets hold; later ones are lost, as in a kernel. */
const BUFFERED_MAX = 200;

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
  engine: Engine | null = null;
  generation = 0;
  private readonly host: NodeHost;
  private life = 0;
  private queue: EngineCommand[] = [];
  private working = false;
  private buffered: EngineInput[] = [];
  private wakeOrder = 0;

  constructor(name: string, host: NodeHost) {
    this.name = name;
    this.host = host;
  }

  private get world(): World {
    const virtualMs = this.host.schedule.nowMs;
    return {
      now: instant(virtualMs + this.host.clockOffsetMs),
      wallSeconds: 1_700_000_000 + Math.floor(virtualMs / 1000),
      loadAverage: '0.00 0.00 0.00 1/100 1000',
    };
  }

  /** Starts the daemon. It first releases what an earlier life left behind. */
  start(): void {
    if (this.power === 'running' || this.power === 'paused') return;
    this.power = 'running';
    this.groups.clear();
    this.host.groupsChanged();
    this.life++;
    this.generation++;
    this.queue = [];
    this.buffered = [];
    this.working = false;
    this.engine = createEngine(this.host.config(this.generation));
    this.feed({ kind: 'start' });
  }

  /** The daemon and everything else is gone at once. */
  powerOff(): void {
    this.end('off');
    this.groups.clear();
    this.host.groupsChanged();
  }

  /** The daemon is gone at once; the groups stay up. */
  kill(): void {
    if (this.power !== 'off') this.end('idle');
  }

  private end(power: Power): void {
    this.power = power;
    this.life++;
    this.engine = null;
    this.queue = [];
    this.buffered = [];
  }

  /** The daemon is not scheduled until `resume`. */
  pause(): void {
    if (this.power === 'running') this.power = 'paused';
  }

  /** The daemon goes on, with what its sockets held. */
  resume(): void {
    if (this.power !== 'paused') return;
    this.power = 'running';
    const inputs = this.buffered;
    this.buffered = [];
    // Timer or socket first: both happen.
    if (this.host.random.chance(0.5)) this.feed({ kind: 'tick' });
    for (const input of inputs) this.feed(input.kind === 'received' ? { ...input, receivedAt: this.world.now } : input);
    this.feed({ kind: 'tick' });
  }

  /** A message arrives at the machine. */
  arrive(link: string, message: WireMessage): void {
    if (this.power === 'running' || this.power === 'paused') {
      this.feed({ kind: 'received', link, message, receivedAt: this.world.now });
    }
  }

  /** Feeds one input to the engine, now; a paused daemon gets it later. */
  feed(input: EngineInput): void {
    if (this.power === 'paused') {
      if (this.buffered.length < BUFFERED_MAX || input.kind !== 'received') this.buffered.push(input);
      return;
    }
    if (this.power !== 'running' || this.engine === null) return;
    const life = this.life;
    const ready = this.engine.step(input, this.world);
    for (const message of ready.messages) this.host.send(message);
    for (const command of ready.commands) this.enqueue(command);
    for (const event of ready.events) this.host.event(event);
    if (this.life === life) this.scheduleWake(ready.wakeAt.monotonicMs - this.host.clockOffsetMs);
  }

  private scheduleWake(atMs: number): void {
    const order = ++this.wakeOrder;
    const lateMs = this.host.random.nextFraction() * this.host.latencyMaxMs;
    const life = this.life;
    assert(atMs > this.host.schedule.nowMs - 1e-6, `${this.name} asks to be woken in the past`);
    this.host.schedule.at(atMs + lateMs, () => {
      if (order === this.wakeOrder && life === this.life && this.power === 'running') this.feed({ kind: 'tick' });
    });
  }

  private enqueue(command: EngineCommand): void {
    this.host.command(command);
    this.queue.push(command);
    this.work();
  }

  /** Commands run one at a time, also while the daemon is paused: scripts are processes of their own. */
  private work(): void {
    const command = this.queue[0];
    if (this.working || command === undefined) return;
    if (command.kind === 'exit') {
      this.exit(command.restart, command.afterMs);
      return;
    }
    if (command.kind === 'fence' || command.kind === 'let-go') {
      this.queue.shift();
      this.feed({ kind: 'command-done', id: command.id, ok: false, detail: 'no device' });
      return;
    }
    this.working = true;
    const plan = this.host.plan(command.kind, command.groups);
    const life = this.life;
    if (command.kind === 'acquire') this.change(() => command.groups.forEach((g) => this.groups.add(g)));
    this.host.schedule.at(this.host.schedule.nowMs + plan.tookMs, () => {
      if (life !== this.life) return;
      if (command.kind === 'release' && plan.ok)
        this.change(() => command.groups.forEach((g) => this.groups.delete(g)));
      this.working = false;
      this.queue.shift();
      this.feed({ kind: 'command-done', id: command.id, ok: plan.ok, detail: plan.ok ? '' : 'planned failure' });
      this.work();
    });
  }

  private change(how: () => void): void {
    how();
    this.host.groupsChanged();
  }

  private exit(restart: boolean, afterMs: number): void {
    this.end('idle');
    if (!restart) return;
    const life = this.life;
    this.host.schedule.at(this.host.schedule.nowMs + afterMs, () => {
      if (life === this.life && this.power === 'idle') this.start();
    });
  }
}
