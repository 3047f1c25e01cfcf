import { expect, test } from 'vitest';
import { Cluster } from '../../../agent/common/sim/cluster.ts';
import { cleanLink } from '../../../agent/common/sim/network.ts';
import type { Link } from '../../../agent/common/sim/network.ts';

const OFFSET_MS = 123_456;

function pair(links: readonly Link[]): Cluster {
  const cluster = new Cluster({
    seed: 1,
    names: ['node1', 'node2'],
    keepaliveMs: 500,
    deadtimeMs: 3000,
    warntimeMs: 1500,
    initdeadMs: 6000,
    autoFailback: ['off', 'off'],
    links,
    groups: [['vip1'], ['vip2']],
    clockOffsetsMs: [0, OFFSET_MS],
    latencyMaxMs: 0,
    plan: () => ({ tookMs: 10, ok: true }),
  });
  for (const node of cluster.nodes) node.start();
  cluster.advance(10_000);
  return cluster;
}

function viewOf(cluster: Cluster, index: 0 | 1) {
  return cluster.nodes[index].engine!.snapshot({ monotonicMs: cluster.nowMs + (index === 0 ? 0 : OFFSET_MS) });
}

test('round trip per link, and the clock offset of two nodes whose clocks differ', () => {
  const cluster = pair([cleanLink('eth1', 2), cleanLink('ttyS0', 90)]);
  const [fast, slow] = viewOf(cluster, 0).links;
  expect(fast!.rttMs).toBeCloseTo(4, 1);
  expect(slow!.rttMs).toBeCloseTo(180, 1);
  expect(fast!.clockOffsetMs).toBeCloseTo(OFFSET_MS, 1);
  expect(fast!.clockErrorMs).toBeCloseTo(2, 1);
  expect(viewOf(cluster, 1).links[0]!.clockOffsetMs).toBeCloseTo(-OFFSET_MS, 1);
});

test('a round trip is shown until its echo is older than the deadtime', () => {
  const cluster = pair([cleanLink('eth1', 2), cleanLink('ttyS0', 20)]);
  cluster.network.links[0]!.back.cut = true;
  cluster.advance(2900);
  expect(viewOf(cluster, 0).links[0]!.rttMs).toBeCloseTo(4, 1);
  cluster.advance(600);
  expect(viewOf(cluster, 0).links.map((link) => link.rttMs === null)).toEqual([true, false]);
});

test('an asymmetric path is inside the stated error', () => {
  const link = cleanLink('eth1', 1);
  link.back.delayMinMs = link.back.delayMaxMs = 21;
  const [view] = viewOf(pair([link]), 0).links;
  expect(Math.abs(view!.clockOffsetMs! - OFFSET_MS)).toBeLessThanOrEqual(view!.clockErrorMs! + 0.01);
});

test('each direction is judged alone: cut one way, the sender learns it from the echoes', () => {
  const cluster = pair([cleanLink('eth1', 1), cleanLink('ttyS0', 20)]);
  cluster.network.links[0]!.forward.cut = true;
  cluster.advance(5000);
  const [sender] = viewOf(cluster, 0).links;
  const [receiver] = viewOf(cluster, 1).links;
  expect([sender!.fromPeer.state, sender!.toPeer.state]).toEqual(['up', 'dead']);
  expect([receiver!.fromPeer.state, receiver!.toPeer.state]).toEqual(['dead', 'up']);
  expect(sender!.toPeer.silenceMs).toBeGreaterThan(4500);
});

test('the way to a peer of which we hear nothing is unknown, not dead', () => {
  const cluster = pair([cleanLink('eth1', 1), cleanLink('ttyS0', 20)]);
  cluster.nodes[1].kill();
  const seen = new Set<string>();
  for (let i = 0; i < 100; i++) {
    cluster.advance(100);
    for (const link of viewOf(cluster, 0).links) seen.add(link.toPeer.state);
  }
  expect(viewOf(cluster, 0).links.map((link) => link.toPeer.state)).toEqual(['unknown', 'unknown']);
  expect([...seen]).toEqual(['up', 'late', 'unknown']);
});

test('a link that never worked is unknown first and dead later, never up', () => {
  const dead = cleanLink('eth2', 1);
  dead.forward.cut = dead.back.cut = true;
  const cluster = pair([cleanLink('eth1', 1), dead]);
  const view = viewOf(cluster, 0).links[1]!;
  expect([view.fromPeer.state, view.toPeer.state]).toEqual(['dead', 'dead']);
  expect(view.rttMs).toBeNull();
});
