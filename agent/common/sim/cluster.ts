/** Two simulated nodes and what is around them, on one virtual clock. The same class serves random runs and scenarios. */
import { SeededRandom } from '../base/random.ts';
import type { AutoFailback } from '../config/model.ts';
import type { EngineCommand, EngineConfig, EngineInput, OutgoingMessage, Ready } from '../engine/types.ts';
import type { EventDraft } from '../timeline/event.ts';
import type { WireMessage } from '../wire/message.ts';
import { Lan } from './lan.ts';
import { Network } from './network.ts';
import type { Link, Receiver } from './network.ts';
import { SimNode } from './node.ts';
import type { CommandPlan } from './node.ts';
import { Schedule } from './schedule.ts';

/** How one operation of the stonith device goes. */
export interface FencePlan {
  /** When the device reports, milliseconds. */
  readonly tookMs: number;
  /** What it reports. It never reports success when the power stays on. */
  readonly ok: boolean;
  /** When the target loses its power, at most `tookMs`; null: it does not. */
  readonly offAfterMs: number | null;
  /** From power loss until the target's daemon starts again, milliseconds; null: it stays off. */
  readonly bootMs: number | null;
}

/** What a pair demands before a takeover; the same on both nodes. */
export type SafetyOptions = Pick<
  EngineConfig,
  'pingNodes' | 'deadpingMs' | 'ipfail' | 'fencingDevice' | 'takeoverRequires'
>;

export interface ClusterOptions {
  readonly seed: number;
  readonly names: readonly [string, string];
  readonly keepaliveMs: number;
  readonly deadtimeMs: number;
  readonly warntimeMs: number;
  readonly initdeadMs: number;
  readonly autoFailback: readonly [AutoFailback, AutoFailback];
  readonly links: readonly Link[];
  /** Groups preferred by the first and by the second node. */
  readonly groups: readonly [readonly string[], readonly string[]];
  readonly clockOffsetsMs: readonly [number, number];
  readonly latencyMaxMs: number;
  /** Absent: no ping nodes, no fencing, no conditions. */
  readonly safety?: SafetyOptions;
  /** Every how many milliseconds a node looks for a second holder of what it runs; absent or null: never. */
  readonly lanProbeMs?: number | null;
  /** How a command of a node goes. Drawn once per command. */
  plan(node: 0 | 1, command: 'acquire' | 'release', groups: readonly string[], random: SeededRandom): CommandPlan;
  /** How a fencing ordered by this node goes; absent: there is no device and every one fails at once. */
  planFence?(node: 0 | 1, random: SeededRandom): FencePlan;
}

/** What watches a cluster. All optional; called in the middle of a step, so only to take notes. */
export interface Observer {
  /** A node begins a new life. */
  readonly started?: (node: 0 | 1) => void;
  /** An engine is about to be given this input. */
  readonly fed?: (node: 0 | 1, input: EngineInput) => void;
  /** What it made of it; nothing of that was carried out yet. */
  readonly stepped?: (node: 0 | 1, input: EngineInput, ready: Ready) => void;
  readonly message?: (node: 0 | 1, message: OutgoingMessage) => void;
  /** A message came out of a link, before its receiver's engine sees it. */
  readonly arrived?: (to: 0 | 1, message: WireMessage) => void;
  readonly event?: (node: 0 | 1, draft: EventDraft) => void;
  readonly command?: (node: 0 | 1, command: EngineCommand) => void;
  readonly groupsChanged?: () => void;
  /** The stonith device cut this node's power. */
  readonly fenced?: (node: 0 | 1) => void;
}

/** Every observer's functions by what they watch: most watch little, and some of it happens all the time. */
type Hooks = { readonly [Name in keyof Observer]-?: NonNullable<Observer[Name]>[] };

const NO_SAFETY = { pingNodes: [], ipfail: false, fencingDevice: null, takeoverRequires: [] };

const NO_DEVICE: FencePlan = { tookMs: 0, ok: false, offAfterMs: null, bootMs: null };

export class Cluster implements Receiver {
  readonly schedule = new Schedule();
  readonly network: Network;
  readonly lan: Lan;
  readonly nodes: readonly [SimNode, SimNode];
  readonly options: ClusterOptions;
  readonly random: SeededRandom;
  /** Takes what comes out of the links instead of the nodes themselves: a run with keys checks it first. */
  receiver: Receiver | null = null;
  /** Stonith devices at work: whatever was ordered is carried through. */
  fencings = 0;
  private readonly hooks: Hooks = {
    started: [],
    fed: [],
    stepped: [],
    message: [],
    arrived: [],
    event: [],
    command: [],
    groupsChanged: [],
    fenced: [],
  };

  constructor(options: ClusterOptions) {
    this.options = options;
    this.random = new SeededRandom(options.seed);
    this.network = new Network(options.links, this.schedule, this.random, {
      deliver: (to, link, parcel) => (this.receiver ?? this).deliver(to, link, parcel),
      damaged: (to, link, parcel) => (this.receiver ?? this).damaged(to, link, parcel),
    });
    this.nodes = [this.createNode(0), this.createNode(1)];
    this.lan = new Lan(this, options.safety?.pingNodes ?? []);
  }

  /** Adds an observer for the rest of the run. */
  observe(observer: Observer): void {
    const { hooks } = this;
    if (observer.started !== undefined) hooks.started.push(observer.started);
    if (observer.fed !== undefined) hooks.fed.push(observer.fed);
    if (observer.stepped !== undefined) hooks.stepped.push(observer.stepped);
    if (observer.message !== undefined) hooks.message.push(observer.message);
    if (observer.arrived !== undefined) hooks.arrived.push(observer.arrived);
    if (observer.event !== undefined) hooks.event.push(observer.event);
    if (observer.command !== undefined) hooks.command.push(observer.command);
    if (observer.groupsChanged !== undefined) hooks.groupsChanged.push(observer.groupsChanged);
    if (observer.fenced !== undefined) hooks.fenced.push(observer.fenced);
  }

  /** Present virtual time, milliseconds. */
  get nowMs(): number {
    return this.schedule.nowMs;
  }

  /** Lets virtual time pass. */
  advance(ms: number): void {
    this.schedule.advanceTo(this.schedule.nowMs + ms);
  }

  /** Every group of the pair. */
  get allGroups(): readonly string[] {
    return [...this.options.groups[0], ...this.options.groups[1]];
  }

  deliver(to: 0 | 1, link: string, { message }: Parameters<Receiver['deliver']>[2]): void {
    for (const arrived of this.hooks.arrived) arrived(to, message);
    this.nodes[to].arrive(link, message);
  }

  /** Line noise often spares the sender's name. */
  damaged(to: 0 | 1, link: string): void {
    const claimed = this.random.chance(0.5) ? this.options.names[to === 0 ? 1 : 0] : null;
    this.nodes[to].reject(link, claimed);
  }

  private createNode(index: 0 | 1): SimNode {
    const { options, schedule, random, hooks } = this;
    return new SimNode(options.names[index], {
      schedule,
      random,
      clockOffsetMs: options.clockOffsetsMs[index],
      latencyMaxMs: options.latencyMaxMs,
      deadtimeMs: options.deadtimeMs,
      keepaliveMs: options.keepaliveMs,
      config: (generation) => this.engineConfig(index, generation),
      plan: (command, groups) => options.plan(index, command, groups, random),
      fed: (input) => {
        if (input.kind === 'start') for (const started of hooks.started) started(index);
        for (const fed of hooks.fed) fed(index, input);
      },
      stepped: (input, ready) => {
        for (const stepped of hooks.stepped) stepped(index, input, ready);
      },
      send: (message) => {
        for (const sent of hooks.message) sent(index, message);
        this.network.send(index, message.link, message.message);
      },
      event: (draft) => {
        for (const event of hooks.event) event(index, draft);
      },
      command: (command) => {
        for (const ordered of hooks.command) ordered(index, command);
      },
      groupsChanged: () => {
        for (const changed of hooks.groupsChanged) changed();
      },
      fence: (done) => this.fence(index, done),
    });
  }

  /** The device works on whether or not the node that ordered it lives to see the end. It may be done long before it says so. */
  private fence(by: 0 | 1, done: (ok: boolean) => void): void {
    const { schedule } = this;
    const plan = this.options.planFence?.(by, this.random) ?? NO_DEVICE;
    const target = by === 0 ? 1 : 0;
    const { offAfterMs } = plan;
    this.fencings++;
    if (offAfterMs !== null) schedule.at(schedule.nowMs + offAfterMs, () => this.cutPower(target, plan.bootMs));
    schedule.at(schedule.nowMs + plan.tookMs, () => {
      this.fencings--;
      done(plan.ok);
    });
  }

  private cutPower(target: 0 | 1, bootMs: number | null): void {
    const node = this.nodes[target];
    node.powerOff();
    for (const fenced of this.hooks.fenced) fenced(target);
    if (bootMs === null) return;
    const { outages } = node;
    this.schedule.at(this.schedule.nowMs + bootMs, () => {
      if (node.power === 'off' && node.outages === outages) node.start();
    });
  }

  private engineConfig(index: 0 | 1, generation: number): EngineConfig {
    const { options } = this;
    const other = index === 0 ? 1 : 0;
    return {
      self: options.names[index],
      peer: options.names[other],
      keepaliveMs: options.keepaliveMs,
      deadtimeMs: options.deadtimeMs,
      warntimeMs: options.warntimeMs,
      initdeadMs: options.initdeadMs,
      autoFailback: options.autoFailback[index],
      links: options.links.map((link) => ({ id: link.id, name: link.id })),
      localGroups: options.groups[index],
      foreignGroups: options.groups[other],
      generation,
      uuid: new Uint8Array(16).fill(index + 1),
      hopfudge: 1,
      deadpingMs: options.deadtimeMs,
      ...(options.safety ?? NO_SAFETY),
      maxRexmitDelayMs: 250,
      seed: this.random.nextUint32(),
    };
  }
}
