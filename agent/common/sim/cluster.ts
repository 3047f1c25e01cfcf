/** Two simulated nodes and the links between them, on one virtual clock. The same class serves random runs and scenarios. */
import { SeededRandom } from '../base/random.ts';
import type { AutoFailback } from '../config/model.ts';
import type { EngineCommand, EngineConfig, OutgoingMessage } from '../engine/types.ts';
import type { EventDraft } from '../timeline/event.ts';
import { Network } from './network.ts';
import type { Link } from './network.ts';
import { SimNode } from './node.ts';
import type { CommandPlan } from './node.ts';
import { Schedule } from './schedule.ts';

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
  /** How a command of a node goes. Drawn once per command. */
  plan(node: 0 | 1, command: 'acquire' | 'release', groups: readonly string[], random: SeededRandom): CommandPlan;
}

/** What watches a cluster. All optional; called in the middle of a step, so only to take notes. */
export interface Observer {
  message?(node: 0 | 1, message: OutgoingMessage): void;
  event?(node: 0 | 1, draft: EventDraft): void;
  command?(node: 0 | 1, command: EngineCommand): void;
  groupsChanged?(): void;
}

export class Cluster {
  readonly schedule = new Schedule();
  readonly network: Network;
  readonly nodes: readonly [SimNode, SimNode];
  readonly options: ClusterOptions;
  readonly random: SeededRandom;
  private readonly observers: Observer[] = [];

  constructor(options: ClusterOptions) {
    this.options = options;
    this.random = new SeededRandom(options.seed);
    this.network = new Network(options.links, this.schedule, this.random, (to, link, message) =>
      this.nodes[to].arrive(link, message),
    );
    this.nodes = [this.createNode(0), this.createNode(1)];
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

  private createNode(index: 0 | 1): SimNode {
    const { options, schedule, random, observers } = this;
    return new SimNode(options.names[index], {
      schedule,
      random,
      clockOffsetMs: options.clockOffsetsMs[index],
      latencyMaxMs: options.latencyMaxMs,
      config: (generation) => this.engineConfig(index, generation),
      plan: (command, groups) => options.plan(index, command, groups, random),
      send: (message) => {
        for (const o of observers) o.message?.(index, message);
        this.network.send(index, message.link, message.message);
      },
      event: (draft) => observers.forEach((o) => o.event?.(index, draft)),
      command: (command) => observers.forEach((o) => o.command?.(index, command)),
      groupsChanged: () => observers.forEach((o) => o.groupsChanged?.()),
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
      pingNodes: [],
      deadpingMs: this.options.deadtimeMs,
      ipfail: false,
      fencing: false,
      takeoverRequires: [],
      maxRexmitDelayMs: 250,
      seed: this.random.nextUint32(),
    };
  }
}
