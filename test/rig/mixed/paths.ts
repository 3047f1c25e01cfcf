/** Stories in which the paths between the nodes, or to the gateway, are bad. */
import type { CableId } from '../../../electron/common/contract/rack.ts';
import { VIP } from '../../support/pairStory.ts';
import type { HaNode } from '../../support/haNodes.ts';
import { holders, runOn, until } from '../../support/rackRun.ts';
import type { Story } from './story.ts';
import { GATEWAY, WITHIN, type Stage } from './stage.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Each node loses this share of the UDP heartbeats that reach it; null: none any more, and how many it lost comes back. */
async function loseUdp(stage: Stage, percent: number | null): Promise<number> {
  let lost = 0;
  for (const { name } of stage.nodes) {
    const old = await runOn(
      stage.rack,
      name,
      'nft list table inet loss 2>/dev/null; nft delete table inet loss 2>/dev/null',
    );
    lost += Number(/packets (\d+)/.exec(old.lines.join(' '))?.[1] ?? 0);
    if (percent === null) continue;
    const rules = `table inet loss {
      chain in { type filter hook input priority 0; udp dport 694 numgen random mod 100 < ${percent} counter drop; };
    }`;
    const made = await runOn(stage.rack, name, `nft '${rules.replaceAll('\n', ' ')}'`);
    if (made.status !== 0) throw new Error(`nft on ${name}: ${made.lines.join('\n')}`);
  }
  return lost;
}

/** The group to the other node and back while the paths are bad; only the answers on the address are looked at. */
async function thereAndBack(stage: Stage): Promise<void> {
  for (const node of [stage.ours, stage.heartbeat]) {
    await stage.calm([]);
    await stage.order(node, 'standby', 'all');
    await stage.settled(stage.allOn(stage.peerOf(node)));
  }
}

/**
 * Three kinds of bad paths, each with a hand-over in both directions. What UDP loses comes late by the serial line, a tenth of a second
 * behind what was sent after it: true reordering, and many duplicates. Without the serial line a third on both UDP paths is true loss, to
 * be asked for again. With noise a part of the serial frames is damaged.
 */
export const loss: Story = {
  scenario: 'loss and reordering',
  run: async (stage) => {
    await stage.gather(stage.ours);
    const mark = await stage.mark();
    const serial = (plugged: boolean, noisePpm = 0) =>
      stage.rack.cable('serial', { aToB: plugged, bToA: plugged, noisePpm });
    let lost = 0;
    for (const bad of [
      { percent: 50, plugged: true, noisePpm: 0 },
      { percent: 30, plugged: false, noisePpm: 0 },
      { percent: 20, plugged: true, noisePpm: 1500 },
    ]) {
      lost += await loseUdp(stage, bad.percent);
      await serial(bad.plugged, bad.noisePpm);
      await thereAndBack(stage);
      await pause(3000);
    }
    lost += await loseUdp(stage, null);
    await serial(true);
    if (lost === 0) throw new Error('no heartbeat was lost: the filter did nothing');
    await stage.rests(stage.allOn(stage.ours));
    for (const node of stage.nodes)
      await stage.saidNot(node, /node \S+: is dead|returning after partition|Heartbeat restart/, mark);
  },
};

const WAYS = [
  { aToB: false, bToA: false },
  { aToB: false, bToA: true },
  { aToB: true, bToA: false },
] as const;

/** The links that a cable carries, and the cable's first node by its own naming: a LAN cable goes from its node to the switch. */
function cablesOf(stage: Stage): { id: CableId; link: string; from: HaNode }[] {
  const [first, second] = stage.nodes;
  return [
    { id: 'crossover', link: 'eth1', from: first },
    { id: 'serial', link: '/dev/ttyS0', from: first },
    { id: 'lan-a', link: 'eth0', from: first },
    { id: 'lan-b', link: 'eth0', from: second },
  ];
}

/**
 * One cable after another, pulled or cut in one direction (which one changes with the cycle). Who hears nothing says so (M8, M9),
 * nothing moves, and both hear each other again afterwards. The holder changes from cycle to cycle.
 */
export const links: Story = {
  scenario: 'links cut and restored',
  run: async (stage, cycle) => {
    const holder = cycle % 2 === 0 ? stage.ours : stage.heartbeat;
    await stage.gather(holder);
    for (const [i, { id, link, from }] of cablesOf(stage).entries()) {
      const way = WAYS[(cycle + i) % WAYS.length] ?? WAYS[0];
      const mark = await stage.mark();
      await stage.rack.cable(id, way);
      const to = stage.peerOf(from);
      const deaf = [...(way.aToB ? [] : [to]), ...(way.bToA ? [] : [from])];
      for (const node of deaf) await stage.says(node, new RegExp(`Link \\S+:${link} dead`), mark);
      await stage.rack.cable(id, { aToB: true, bToA: true });
      for (const node of deaf) await stage.says(node, new RegExp(`Link \\S+:${link} up`), mark);
      await stage.rests(stage.allOn(holder));
      for (const node of stage.nodes)
        await stage.saidNot(node, /node \S+: is dead|standby|returning after partition|Heartbeat restart/, mark);
    }
  },
};

/** The holder's LAN cable is pulled: the two ipfails compare over the other links, and the node that sees the gateway gets the group. */
export const ipfail: Story = {
  scenario: 'ipfail',
  run: async (stage) => {
    for (const holder of [stage.ours, stage.heartbeat]) {
      await stage.gather(holder);
      await gatewaySeen(stage);
      const peer = stage.peerOf(holder);
      const cable = holder === stage.nodes[0] ? 'lan-a' : 'lan-b';
      const mark = await stage.mark();
      await stage.rack.cable(cable, { aToB: false, bToA: false });
      await stage.says(holder, new RegExp(`node ${GATEWAY.replaceAll('.', '\\.')}: is dead`), mark);
      const names = stage.nodes.map(({ name }) => name);
      await until(
        `${peer.name} (${peer.engine}) alone holds ${VIP}`,
        async () => ((await holders(stage.rack, names, VIP)).join() === peer.name ? true : null),
        WITHIN,
      );
      await stage.settled(stage.allOn(peer));
      await stage.rack.cable(cable, { aToB: true, bToA: true });
      await gatewaySeen(stage);
      await stage.rests(stage.allOn(peer));
      for (const node of stage.nodes) await stage.saidNot(node, /returning after partition|Heartbeat restart/, mark);
    }
  },
};

/** Both nodes have the gateway's answers. */
async function gatewaySeen(stage: Stage): Promise<void> {
  for (const node of stage.nodes)
    await until(
      `${node.name} (${node.engine}) sees the gateway`,
      async () => ((await node.sees(GATEWAY)) ? true : null),
      WITHIN,
    );
}
