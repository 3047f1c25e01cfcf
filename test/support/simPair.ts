/** A simulated pair without faults, for tests of the simulator itself. */
import type { Engine, EngineInput } from '../../agent/common/engine/types.ts';
import { Cluster } from '../../agent/common/sim/cluster.ts';
import type { ClusterOptions } from '../../agent/common/sim/cluster.ts';
import { cleanLink } from '../../agent/common/sim/network.ts';

export const SIM_DEADTIME_MS = 5000;

/** Two nodes, one link, one group that prefers the first; scripts take 10 ms and work. */
export function simPair(changes: Partial<ClusterOptions> = {}): Cluster {
  return new Cluster({
    seed: 1,
    names: ['node1', 'node2'],
    keepaliveMs: 1000,
    deadtimeMs: SIM_DEADTIME_MS,
    warntimeMs: 3000,
    initdeadMs: SIM_DEADTIME_MS,
    autoFailback: ['off', 'off'],
    links: [cleanLink('eth1', 1)],
    groups: [['vip1'], []],
    clockOffsetsMs: [0, 500_000],
    latencyMaxMs: 0,
    plan: () => ({ tookMs: 10, ok: true }),
    ...changes,
  });
}

/** Breaks the engine of a running node: it is given `change(input)` instead of each input. */
export function mishear(cluster: Cluster, node: 0 | 1, change: (input: EngineInput) => EngineInput): void {
  const { engine } = cluster.nodes[node];
  if (engine === null) throw new Error('the node does not run');
  const broken: Engine = {
    step: (input, world) => engine.step(change(input), world),
    snapshot: (now) => engine.snapshot(now),
  };
  cluster.nodes[node].engine = broken;
}
