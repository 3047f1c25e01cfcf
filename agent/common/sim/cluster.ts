/** Two simulated nodes and what is around them, on one virtual clock. The same class serves random runs and scenarios. */
import { SeededRandom } from '../base/random.ts';
import type { AutoFailback } from '../config/model.ts';
import type { EngineCommand, EngineConfig, OutgoingMessage } from '../engine/types.ts';
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
  readonly tookMs: number;
  /** What the device reports. It never reports success without `off`. */
  readonly ok: boolean;
  /** The target really loses power. */
  readonly off: boolean;
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
  message?(node: 0 | 1, message: OutgoingMessage): void;
  /** A message came out of a link, before its receiver's engine sees it. */
  arrived?(to: 0 | 1, message: WireMessage): void;
  event?(node: 0 | 1, draft: EventDraft): void;
  command?(node: 0 | 1, command: EngineCommand): void;
  groupsChanged?(): void;
  /** The stonith device cut this node's power. */
  fenced?(node: 0 | 1): void;
}

const NO_SAFETY = { pingNodes: [], ipfail: false, fencingDevice: null, takeoverRequires: [] };

const NO_DEVICE: FencePlan = { tookMs: 0, ok: false, off: false, bootMs: null };

export class Cluster implements Receiver {
  readonly schedule = new Schedule();
  readonly network: Network;
  readonly lan: Lan;
  readonly nodes: readonly [SimNode, SimNode];
  readonly options: ClusterOptions;
  readonly random: SeededRandom;
  /** Takes what comes out of the links instead of the nodes themselves: a run with keys checks it first. */
  receiver: Receiver | null = null;
  private readonly observers: Observer[] = [];

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
    this.observers.push(observer);
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
    for (const o of this.observers) o.arrived?.(to, message);
    this.nodes[to].arrive(link, message);
  }

  /** Line noise most often spares the sender's name. */
  damaged(to: 0 | 1, link: string): void {
    const claimed = this.random.chance(0.5) ? this.options.names[to === 0 ? 1 : 0] : null;
    this.nodes[to].reject(link, claimed);
  }

  private createNode(index: 0 | 1): SimNode {
    const { options, schedule, random, observers } = this;
    return new SimNode(options.names[index], {
      schedule,
      random,
      clockOffsetMs: options.clockOffsetsMs[index],
      latencyMaxMs: options.latencyMaxMs,
      deadtimeMs: options.deadtimeMs,
      config: (generation) => this.engineConfig(index, generation),
      plan: (command, groups) => options.plan(index, command, groups, random),
      send: (message) => {
        for (const o of observers) o.message?.(index, message);
        this.network.send(index, message.link, message.message);
      },
      event: (draft) => observers.forEach((o) => o.event?.(index, draft)),
      command: (command) => observers.forEach((o) => o.command?.(index, command)),
      groupsChanged: () => observers.forEach((o) => o.groupsChanged?.()),
      fence: (done) => this.fence(index, done),
    });
  }

  /** The device works on whether or not the node that ordered it lives to see the end. */
  private fence(by: 0 | 1, done: (ok: boolean) => void): void {
    const { schedule } = this;
    const plan = this.options.planFence?.(by, this.random) ?? NO_DEVICE;
    const target = by === 0 ? 1 : 0;
    schedule.at(schedule.nowMs + plan.tookMs, () => {
      if (plan.off) this.cutPower(target, plan.bootMs);
      done(plan.ok);
    });
  }

  private cutPower(target: 0 | 1, bootMs: number | null): void {
    const node = this.nodes[target];
    node.powerOff();
    for (const o of this.observers) o.fenced?.(target);
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
