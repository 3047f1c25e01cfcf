/** The network on which the clients are: ping nodes that answer each server or do not, and the search for a second holder. */
import type { Cluster } from './cluster.ts';

/** An echo reply takes this long, milliseconds. */
const REPLY_MS = 1;

/** MAC addresses of the two nodes, as their neighbours would report them. */
const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as const;

export class Lan {
  /** Whether each node's cable to the LAN is in. */
  readonly plugged: [boolean, boolean] = [true, true];
  /** Whether each ping node itself answers. */
  readonly answers: boolean[];
  private readonly cluster: Cluster;
  private readonly pingNodes: readonly string[];

  constructor(cluster: Cluster, pingNodes: readonly string[]) {
    this.cluster = cluster;
    this.pingNodes = pingNodes;
    this.answers = pingNodes.map(() => true);
    const { lanProbeMs, keepaliveMs } = cluster.options;
    // Echo requests leave with every heartbeat, as the real daemon sends them.
    if (pingNodes.length > 0) this.every(keepaliveMs, () => this.echo());
    if (lanProbeMs !== undefined && lanProbeMs !== null) this.every(lanProbeMs, () => this.probe());
  }

  /** At least one ping node answers this node. */
  seesReference(node: 0 | 1): boolean {
    return this.plugged[node] && this.answers.includes(true);
  }

  private every(periodMs: number, run: () => void): void {
    const { schedule } = this.cluster;
    const again = () => {
      run();
      schedule.at(schedule.nowMs + periodMs, again);
    };
    schedule.at(schedule.nowMs + REPLY_MS, again);
  }

  private echo(): void {
    for (const index of [0, 1] as const) {
      const node = this.cluster.nodes[index];
      if (!this.plugged[index] || (node.power !== 'running' && node.power !== 'paused')) continue;
      this.pingNodes.forEach((name, i) => {
        if (this.answers[i] === true) node.feed({ kind: 'ping-reply', node: name, receivedAt: node.now });
      });
    }
  }

  /** Each node that runs a group sees the other one answer for it as well, while both are on the LAN. */
  private probe(): void {
    if (!this.plugged[0] || !this.plugged[1]) return;
    const [a, b] = this.cluster.nodes;
    for (const group of [...a.groups]) {
      if (!b.groups.has(group)) continue;
      if (a.power === 'running') a.feed({ kind: 'second-holder', address: group, group, mac: MACS[1] });
      if (b.power === 'running') b.feed({ kind: 'second-holder', address: group, group, mac: MACS[0] });
    }
  }
}
