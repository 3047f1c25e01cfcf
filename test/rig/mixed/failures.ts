/** Stories in which a daemon starts, ends, or does not run for a while. Each cycle goes both ways: ours fails, then heartbeat does. */
import { VIP } from '../../support/pairStory.ts';
import { runOn } from '../../support/rackRun.ts';
import type { Story } from './story.ts';
import { OTHER_VIP, type Stage } from './stage.ts';
import type { HaNode } from '../../support/haNodes.ts';

/** Each node in turn, holding everything when one of `failback off`, in its own place otherwise. */
async function bothWays(stage: Stage, fails: (node: HaNode) => Promise<void>): Promise<void> {
  for (const node of [stage.ours, stage.heartbeat]) {
    if (stage.setup.failback === 'off') await stage.gather(node);
    else await stage.rests(stage.home);
    await fails(node);
    await stage.rests(stage.afterReturn(node));
  }
}

export type Order = 'ours first' | 'heartbeat first' | 'together';
export const ORDERS: readonly Order[] = ['ours first', 'heartbeat first', 'together'];

/** Starts a pair of which nothing runs; with one node first, that one takes everything before the other comes. */
export async function startInOrder(stage: Stage, order: Order): Promise<void> {
  const first = order === 'heartbeat first' ? stage.heartbeat : stage.ours;
  await first.start();
  if (order !== 'together') await stage.settled(stage.allOn(first));
  await stage.peerOf(first).start();
  await stage.rests(order === 'together' ? stage.home : stage.afterReturn(stage.peerOf(first)));
}

/** The pair is stopped, the node without the address first, and started in the next order. */
export const startOrder: Story = {
  scenario: 'start order',
  run: async (stage) => {
    for (const order of ORDERS) {
      await stage.calm();
      for (const node of stage.nodes) await node.stop();
      await startInOrder(stage, order);
    }
  },
};

export const gracefulStop: Story = {
  scenario: 'graceful stop',
  run: (stage) =>
    bothWays(stage, async (node) => {
      const mark = await stage.mark();
      await stage.calm();
      await node.stop();
      await stage.settled(stage.allOn(stage.peerOf(node)));
      // Nobody is waited for: the peer was told.
      await stage.says(stage.peerOf(node), /Received shutdown notice from/, mark);
      await node.start();
    }),
};

export const kill: Story = {
  scenario: 'kill',
  run: (stage) =>
    bothWays(stage, async (node) => {
      const mark = await stage.mark();
      await node.kill();
      await stage.says(stage.peerOf(node), /node \S+: is dead/, mark);
      await stage.says(stage.peerOf(node), /takeover complete/, mark);
      if (node.engine === 'heartbeat') {
        // M1: what kills the real daemon leaves its addresses behind, and its next start does not release them. The operator's
        // step is done for it. Ours has a guard that takes them off at once.
        for (const address of [VIP, OTHER_VIP])
          await runOn(stage.rack, node.name, `ip addr del ${address}/24 dev eth0 2>/dev/null; /etc/init.d/httpd stop`);
        stage.excuseDual(mark.wallMs);
      }
      await stage.settled(stage.allOn(stage.peerOf(node)));
      await node.start();
    }),
};

export const powerOff: Story = {
  scenario: 'power-off',
  run: (stage) =>
    bothWays(stage, async (node) => {
      await stage.rack.power(node.name, 'off');
      await stage.settled(stage.allOn(stage.peerOf(node)));
      await stage.powerOn(node);
      await node.start();
    }),
};

/**
 * Every process of a node stands still until the other has taken over, and goes on (M4). The address stays on the frozen node, so both
 * hold it; no process can help that (a watchdog device can). Ours lets go when it wakes and starts over, and the real one keeps what it
 * took. The real one resumes under its old generation: ours starts over for that, as a real peer would (section 6.8). Whether the waking
 * one does so too is a race inside it, between its poll for dead nodes and the heartbeats that waited for it. If it does, each node gets
 * its own groups; if not, it keeps everything. Either way one holds, and both hear each other again.
 */
export const freeze: Story = {
  scenario: 'freeze and thaw',
  run: async (stage) => {
    for (const node of [stage.ours, stage.heartbeat]) {
      if (stage.setup.failback === 'off') await stage.gather(node);
      else await stage.rests(stage.home);
      const peer = stage.peerOf(node);
      const mark = await stage.mark();
      await node.freeze();
      await stage.says(peer, /node \S+: is dead/, mark);
      await stage.says(peer, /takeover complete/, mark);
      await node.thaw();
      await stage.says(stage.ours, /Heartbeat restart triggered/, mark);
      if (node === stage.ours) {
        await stage.says(peer, /Heartbeat restart on node/, mark);
        await stage.rests(stage.afterReturn(node));
        await stage.saidNot(peer, /returning after partition|Heartbeat restart triggered/, mark);
      } else {
        await stage.rests(stage.home, stage.allOn(node));
      }
      stage.excuseDual(mark.wallMs);
    }
  },
};
