/** What must hold in every run, beside the one owner. Each checker watches on its own and knows nothing of the engine's insides. */
import type { EngineCommand } from '../engine/types.ts';
import type { Cluster } from './cluster.ts';

/** Claims made within this time may have the same rank. */
const CLAIM_STEP_MS = 2000;

/** A broken promise: which one, when, and what was seen. */
export interface Violation {
  readonly checker: string;
  readonly atMs: number;
  readonly detail: string;
}

/** Measures how long groups are served nowhere, from `begin` to `end`. */
export class ServiceMeter {
  private readonly cluster: Cluster;
  private readonly longest = new Map<string, number>();
  private readonly downSince = new Map<string, number>();
  private counting = false;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    cluster.observe({ groupsChanged: () => this.look() });
  }

  /** Counts from now; what is down now is down since now. */
  begin(): void {
    this.longest.clear();
    this.downSince.clear();
    this.counting = true;
    this.look();
  }

  /** Stops counting. Returns the longest time that a group was served nowhere, milliseconds. `exempt` groups do not count. */
  end(exempt: ReadonlySet<string>): number {
    this.look();
    this.counting = false;
    return Math.max(0, ...[...this.longest].filter(([group]) => !exempt.has(group)).map(([, ms]) => ms));
  }

  private look(): void {
    if (!this.counting) return;
    const { nowMs, nodes } = this.cluster;
    for (const group of this.cluster.allGroups) {
      const since = this.downSince.get(group);
      if (since !== undefined) this.longest.set(group, Math.max(this.longest.get(group) ?? 0, nowMs - since));
      const up = nodes.some((node) => node.serving.has(group));
      if (up) this.downSince.delete(group);
      else this.downSince.set(group, since ?? nowMs);
    }
  }
}

/**
 * In a run of splits alone every group, once up, stays up somewhere: healing costs nobody the service. When only one node
 * noticed a split of about deadtime, the other gives way to its takeover; that may cost the time of a start, no more.
 */
export class AvailabilityChecker {
  readonly violations: Violation[] = [];
  private readonly cluster: Cluster;
  private readonly boundMs: number;
  private readonly seen = new Set<string>();
  private readonly downSince = new Map<string, number>();

  /** `boundMs`: longest time without a group. */
  constructor(cluster: Cluster, boundMs: number) {
    this.cluster = cluster;
    this.boundMs = boundMs;
    cluster.observe({ groupsChanged: () => this.check() });
  }

  /** Looks at the present state; a run ends with one more look. */
  check(): void {
    const { nowMs } = this.cluster;
    for (const group of this.cluster.allGroups) {
      const up = this.cluster.nodes.some((node) => node.serving.has(group));
      if (up) this.seen.add(group);
      const since = this.downSince.get(group);
      if (!up && this.seen.has(group) && since === undefined) this.downSince.set(group, nowMs);
      if (since === undefined) continue;
      if (up) this.downSince.delete(group);
      const downMs = nowMs - since;
      if (downMs > this.boundMs) {
        this.violations.push({ checker: 'stays-up', atMs: nowMs, detail: `${group} was down for ${downMs} ms` });
      }
    }
  }
}

/**
 * The rule for healed splits, in a run of splits alone: of two holders the one that has held for longer keeps the group. Only who is not
 * heard by a peer that has taken over gives way to it.
 */
export class SeniorityChecker {
  readonly violations: Violation[] = [];
  private readonly cluster: Cluster;
  private readonly since: readonly [Map<string, number>, Map<string, number>] = [new Map(), new Map()];
  private readonly stopping: readonly [Set<string>, Set<string>] = [new Set(), new Set()];
  private readonly unheardAtMs: [number, number] = [-Infinity, -Infinity];

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    cluster.observe({
      groupsChanged: () => this.look(),
      command: (node, command) => {
        if (command.kind === 'release') for (const group of command.groups) this.stopping[node].add(group);
      },
      event: (node, { body }) => {
        if (body.kind === 'problem' && body.code === 'unheard' && !body.over) this.unheardAtMs[node] = cluster.nowMs;
      },
    });
  }

  private look(): void {
    const { nodes, nowMs, allGroups } = this.cluster;
    for (const node of [0, 1] as const) {
      for (const group of allGroups) {
        const ours = this.since[node].get(group);
        if (nodes[node].groups.has(group)) this.since[node].set(group, ours ?? nowMs);
        else if (ours !== undefined) this.judge(node, group, ours);
      }
    }
  }

  /** The group is down on this node, which had it since `sinceMs`. */
  private judge(node: 0 | 1, group: string, sinceMs: number): void {
    const other = node === 0 ? 1 : 0;
    this.since[node].delete(group);
    this.stopping[node].delete(group);
    const theirs = this.since[other].get(group);
    if (theirs === undefined || Math.max(...this.unheardAtMs) >= Math.min(theirs, sinceMs)) return;
    if (this.stopping[other].has(group)) this.fail(`both nodes give up ${group}`);
    else if (theirs - sinceMs > CLAIM_STEP_MS)
      this.fail(`${this.cluster.nodes[node].name} gives up ${group}, which it has held for longer than its peer`);
  }

  private fail(detail: string): void {
    this.violations.push({ checker: 'older-keeps', atMs: this.cluster.nowMs, detail });
  }
}

/** After healing: every group runs exactly once, both nodes call themselves settled, and from then on nothing moves. */
export class ConvergenceChecker {
  readonly violations: Violation[] = [];
  private readonly cluster: Cluster;
  private moves: { readonly node: 0 | 1; readonly command: EngineCommand }[] = [];

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    cluster.observe({
      command: (node, command) => {
        if (command.kind !== 'exit') this.moves.push({ node, command });
      },
    });
  }

  private fail(checker: string, detail: string): void {
    this.violations.push({ checker, atMs: this.cluster.nowMs, detail });
  }

  /** What is not settled now, in words; empty when everything is. `exempt`: groups that were left to a person. */
  unsettled(exempt: ReadonlySet<string>): readonly { readonly checker: string; readonly detail: string }[] {
    const { cluster } = this;
    const found: { checker: string; detail: string }[] = [];
    for (const group of cluster.allGroups) {
      const owners = cluster.nodes.filter((node) => node.groups.has(group)).map((node) => node.name);
      const served = cluster.nodes.some((node) => node.serving.has(group));
      if ((owners.length === 1 && served) || (owners.length <= 1 && exempt.has(group))) continue;
      found.push({
        checker: 'somebody-owns',
        detail: `${group} is owned by [${owners.join(' ')}], ${served ? 'served' : 'not served'}`,
      });
    }
    for (const node of cluster.nodes) {
      if (node.power === 'running' && node.engine !== null) {
        const view = node.engine.snapshot(node.now);
        // Who cannot start or stop a set may not call itself settled; but no exchange with the peer may wait for that.
        const settled = view.stable || (exempt.size > 0 && view.standby === 'none' && node.idle);
        if (view.status === 'active' && settled && !view.shuttingDown) continue;
        found.push({ checker: 'settled', detail: `${node.name} is not settled: ${JSON.stringify(view)}` });
      } else found.push({ checker: 'settled', detail: `${node.name} is ${node.power}` });
    }
    return found;
  }

  /** Nothing may be unsettled now. */
  requireSettled(exempt: ReadonlySet<string>): void {
    for (const { checker, detail } of this.unsettled(exempt)) this.fail(checker, detail);
  }

  /** Starts to count commands. */
  beginQuiet(): void {
    this.moves = [];
  }

  /** No command since `beginQuiet`. */
  get quiet(): boolean {
    return this.moves.length === 0;
  }

  /** Nothing may have moved since `beginQuiet`. */
  requireQuiet(): void {
    if (this.quiet) return;
    const { names } = this.cluster.options;
    const moves = this.moves.slice(0, 4).map(({ node, command }) => `${names[node]} ${JSON.stringify(command)}`);
    this.fail('no-flapping', `after everything had settled: ${moves.join('; ')}`);
  }
}
