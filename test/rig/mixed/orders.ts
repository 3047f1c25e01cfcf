/** Stories in which people act on a running pair: hand-overs of every kind, and new keys. */
import { writeOn } from '../../support/rackRun.ts';
import type { HaNode } from '../../support/haNodes.ts';
import type { Story } from './story.ts';
import type { Stage } from './stage.ts';

/** From each node, with a group of its own on each: every order with every set that moves something there. */
async function everyOrder(stage: Stage, node: HaNode): Promise<void> {
  const peer = stage.peerOf(node);
  const steps = [
    ['standby', 'local', stage.allOn(peer)],
    ['takeover', 'local', stage.home],
    ['takeover', 'foreign', stage.allOn(node)],
    ['standby', 'foreign', stage.home],
    ['standby', 'all', stage.allOn(peer)],
    ['takeover', 'all', stage.allOn(node)],
    ['standby', 'foreign', stage.home],
  ] as const;
  for (const [order, set, place] of steps) await stage.handOver(node, order, set, place);
}

export const handOvers: Story = {
  scenario: 'standby and takeover',
  run: async (stage) => {
    await stage.rests(stage.home);
    for (const node of [stage.ours, stage.heartbeat]) await everyOrder(stage, node);
  },
};

/** The index of a key in authkeys goes up to 15; each cycle brings a new one with a new secret. */
const KEYS_MAX = 14;
const METHODS = ['sha1', 'md5'] as const;

/** A line of authkeys. Number 0 is the one that the pair is installed with. */
function keyLine(number: number): string {
  if (number === 0) return '1 sha1 myAuthkey';
  return `${(number % KEYS_MAX) + 1} ${METHODS[number % METHODS.length]} secret${number}`;
}

const indexOf = (line: string): string => line.split(' ')[0] ?? '';

/** mtimes are compared in seconds by the real daemon. */
const MTIME_STEP_MS = 1100;

async function giveKeys(
  stage: Stage,
  node: HaNode,
  signing: string,
  also: string | null,
  how: 'command' | 'signal',
): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, MTIME_STEP_MS));
  const mark = await stage.mark();
  const text = `auth ${indexOf(signing)}\n${signing}\n${also === null ? '' : `${also}\n`}`;
  await writeOn(stage.rack, node.name, '/etc/ha.d/authkeys', text, '600');
  await node.rereadKeys(how);
  if (node.engine === 'heartbeat') await stage.says(node, /Rereading authentication file/, mark);
  // Two heartbeats of each node, or the next step would come before this one was tried.
  await new Promise((resolve) => setTimeout(resolve, 2500));
}

/**
 * Both learn the new key, one after the other signs with it, both forget the old one; which node is first changes from cycle to cycle.
 * Two real daemons cannot do that: each verifies netstrings with its own signing secret (section 2.5). A mixed pair can, as ours sends
 * text, which the real one verifies with the key named in it, and verifies everything with the key named in it.
 */
export const keyChange: Story = {
  scenario: 'key change',
  run: async (stage, cycle) => {
    await stage.calm();
    const [old, fresh] = [keyLine(stage.keyNumber), keyLine(stage.keyNumber + 1)];
    const order = cycle % 2 === 0 ? [stage.ours, stage.heartbeat] : [stage.heartbeat, stage.ours];
    const how = cycle % 4 < 2 ? 'command' : 'signal';
    const mark = await stage.mark();
    for (const node of order) await giveKeys(stage, node, old, fresh, how);
    for (const node of order) await giveKeys(stage, node, fresh, old, how);
    for (const node of order) await giveKeys(stage, node, fresh, null, how);
    stage.keyNumber += 1;
    // Of netstrings the real daemon may reject its own, and of text half a frame without `auth`; not what is whole and ours.
    for (const node of stage.nodes)
      await stage.saidNot(
        node,
        /node \[[^?\]]+\] failed authentication|auth token(?!, authtoken=\(nil\))|Invalid authentication|Link \S+ dead|is dead/,
        mark,
      );
    // Everything works under the new key alone.
    for (const node of [stage.ours, stage.heartbeat]) {
      await stage.gather(node);
      await stage.handOver(node, 'standby', 'all', stage.allOn(stage.peerOf(node)));
    }
  },
};
