/** What must hold in every run. Each checker watches on its own and knows nothing of the engine's insides. */
import type { Cluster } from './cluster.ts';

/** A broken promise: which one, when, and what was seen. */
export interface Violation {
  readonly checker: string;
  readonly atMs: number;
  readonly detail: string;
}

/**
 * Exactly one owner: two nodes may run the same group only when they could not talk to each other, because of a
 * split, a one-way cut, a pause or a daemon that is not there, and only for a bounded time after that is over.
 */
export class OwnershipChecker {
  readonly violations: Violation[] = [];
  private readonly cluster: Cluster;
  private readonly boundMs: number;
  private lastApartMs: number | null = 0;
  private apart = true;

  /** `boundMs`: longest time that a double owner may stay after the nodes can talk again. */
  constructor(cluster: Cluster, boundMs: number) {
    this.cluster = cluster;
    this.boundMs = boundMs;
    cluster.observe({ groupsChanged: () => this.check() });
  }

  /** To be called after every change of a link or a node's power. */
  conditionsChanged(): void {
    const [a, b] = this.cluster.nodes;
    const now = this.cluster.network.connected && a.power === 'running' && b.power === 'running';
    if (this.apart) this.lastApartMs = this.cluster.nowMs;
    this.apart = !now;
    this.check();
  }

  /** Looks at the present state; a run ends with one more look. */
  check(): void {
    const nowMs = this.cluster.nowMs;
    const excused = this.apart || (this.lastApartMs !== null && nowMs - this.lastApartMs <= this.boundMs);
    if (excused) return;
    const [a, b] = this.cluster.nodes;
    for (const group of a.groups) {
      if (b.groups.has(group))
        this.violations.push({ checker: 'one-owner', atMs: nowMs, detail: `${group} runs twice` });
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
      const up = this.cluster.nodes.some((node) => node.groups.has(group));
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

/** After healing: every group runs exactly once, both nodes call themselves settled, and from then on nothing moves. */
export class ConvergenceChecker {
  readonly violations: Violation[] = [];
  private readonly cluster: Cluster;
  private moves = 0;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    cluster.observe({ groupsChanged: () => this.moves++ });
  }

  private fail(checker: string, detail: string): void {
    this.violations.push({ checker, atMs: this.cluster.nowMs, detail });
  }

  /** `exempt`: groups that failed to start on every node, which nobody retries for ever. */
  requireSettled(exempt: ReadonlySet<string>): void {
    const { cluster } = this;
    for (const group of cluster.allGroups) {
      const owners = cluster.nodes.filter((node) => node.groups.has(group)).map((node) => node.name);
      if (owners.length === 1 || (owners.length === 0 && exempt.has(group))) continue;
      this.fail('somebody-owns', `${group} is owned by [${owners.join(' ')}]`);
    }
    if (exempt.size > 0) return;
    for (const node of cluster.nodes) {
      if (node.power !== 'running' || node.engine === null) continue;
      const now = { monotonicMs: cluster.nowMs };
      const view = node.engine.snapshot(now);
      if (!view.stable) this.fail('settled', `${node.name} is not settled: ${JSON.stringify(view)}`);
    }
  }

  /** Starts to count moves of groups. */
  beginQuiet(): void {
    this.moves = 0;
  }

  /** Nothing may have moved since `beginQuiet`. */
  requireQuiet(): void {
    if (this.moves > 0) this.fail('no-flapping', `${this.moves} changes after everything had settled`);
  }
}
