/** What can go wrong in a run, and how it is done to a cluster and undone. */
import { unreachable } from '../base/assert.ts';
import type { Cluster } from './cluster.ts';
import type { KeyModel } from './keys.ts';
import type { Attacker } from './attacker.ts';
import type { Moment } from './moments.ts';
import type { Direction } from './network.ts';

type Ways = 'forward' | 'back' | 'both';

export type Fault =
  | { readonly kind: 'cut'; readonly link: number; readonly direction: Ways; readonly forMs: number }
  | { readonly kind: 'split'; readonly direction: Ways; readonly forMs: number }
  /** One node's network cards are dead: every link but the serial ones, and the LAN. */
  | { readonly kind: 'isolate'; readonly node: 0 | 1; readonly forMs: number }
  /** A node loses sight of the ping nodes; null: they themselves are down. */
  | { readonly kind: 'reference'; readonly node: 0 | 1 | null; readonly forMs: number }
  /** Half of the packets of a link are damaged. */
  | { readonly kind: 'noise'; readonly link: number; readonly forMs: number }
  /** Old packets of a link come again. */
  | { readonly kind: 'replay'; readonly link: number; readonly forMs: number }
  /** The next message of that type from this node is held up. */
  | { readonly kind: 'detain'; readonly node: 0 | 1; readonly type: string; readonly forMs: number }
  | { readonly kind: 'pause' | 'suspend'; readonly node: 0 | 1; readonly forMs: number }
  | { readonly kind: 'power-off' | 'kill' | 'stop'; readonly node: 0 | 1; readonly forMs: number }
  /** A node's wall clock is set wrong by this much. */
  | { readonly kind: 'wall-clock'; readonly node: 0 | 1; readonly seconds: number }
  | {
      readonly kind: 'operator';
      readonly node: 0 | 1;
      readonly request: 'standby' | 'takeover';
      readonly set: 'local' | 'foreign' | 'all';
    }
  /** A person at this node confirms that the peer is off, having looked: nothing happens when it is not. */
  | { readonly kind: 'confirm'; readonly node: 0 | 1 }
  /** A node has other keys than its peer; `halfway`: it still accepts the right one, so that only the peer hears nothing. */
  | { readonly kind: 'rekey'; readonly node: 0 | 1; readonly halfway: boolean; readonly forMs: number }
  /** The keys of both are changed in the three steps of a rotation, `stepMs` apart. */
  | { readonly kind: 'rotate'; readonly stepMs: number }
  /** Somebody without the key forges the messages of the peer of `node` on a link. */
  | { readonly kind: 'attack'; readonly node: 0 | 1; readonly link: number; readonly forMs: number };

export interface PlannedFault {
  readonly atMs: number;
  /** It waits, from `atMs` on, until this node does that, and happens `afterMs` later; null: at `atMs`. */
  readonly when: { readonly moment: Moment; readonly node: 0 | 1; readonly afterMs: number } | null;
  readonly fault: Fault;
}

/** What an injector works on. */
export interface FaultTargets {
  readonly cluster: Cluster;
  readonly keys: KeyModel | null;
  readonly attacker: Attacker | null;
  /** Everything was healed: what is left of earlier faults has nothing to undo. */
  readonly healed: boolean;
  log(text: string): void;
  /** Runs something later; what it changed is looked at by the checkers. */
  later(ms: number, run: () => void): void;
}

/** Does a fault, now, and arranges for its end. */
export function inject(targets: FaultTargets, fault: Fault): void {
  const { cluster } = targets;
  const { links } = cluster.network;
  switch (fault.kind) {
    case 'cut':
      return cut(targets, directionsOf(links.slice(fault.link, fault.link + 1), fault.direction), fault);
    case 'split':
      return cut(targets, directionsOf(links, fault.direction), fault);
    case 'isolate':
      cut(
        targets,
        directionsOf(
          links.filter((link) => !link.id.startsWith('tty')),
          'both',
        ),
        fault,
      );
      return unplug(targets, fault.node, fault.forMs);
    case 'reference':
      if (fault.node === null) return silencePings(targets, fault.forMs);
      return unplug(targets, fault.node, fault.forMs);
    case 'noise':
      return worsen(targets, fault.link, 'garbage', fault.forMs);
    case 'replay':
      return worsen(targets, fault.link, 'replay', fault.forMs);
    case 'detain':
      cluster.network.detentions = [
        ...cluster.network.detentions,
        { from: fault.node, type: fault.type, forMs: fault.forMs },
      ];
      return;
    case 'wall-clock':
      cluster.nodes[fault.node].wallErrorSeconds = fault.seconds;
      return;
    case 'operator':
      cluster.nodes[fault.node].feed({ kind: 'operator', request: fault.request, set: fault.set });
      return;
    case 'confirm':
      if (cluster.nodes[fault.node === 0 ? 1 : 0].power === 'off')
        cluster.nodes[fault.node].feed({ kind: 'confirm-dead' });
      return;
    case 'rekey':
    case 'rotate':
    case 'attack':
      return disturbKeys(targets, fault);
    default:
      return disturbNode(targets, fault);
  }
}

type NodeFault = Extract<Fault, { kind: 'pause' | 'suspend' | 'power-off' | 'kill' | 'stop' }>;

function disturbNode(targets: FaultTargets, fault: NodeFault): void {
  const node = targets.cluster.nodes[fault.node];
  if (fault.kind === 'pause') node.pause();
  if (fault.kind === 'suspend') node.suspend();
  if (fault.kind === 'power-off') node.powerOff();
  if (fault.kind === 'kill') node.kill();
  if (fault.kind === 'stop') node.feed({ kind: 'stop' });
  revert(targets, fault.forMs, `${fault.kind} of ${node.name}`, () => {
    if (fault.kind === 'pause' || fault.kind === 'suspend') node.resume();
    else node.start();
  });
}

function disturbKeys(targets: FaultTargets, fault: Extract<Fault, { kind: 'rekey' | 'rotate' | 'attack' }>): void {
  const { keys, attacker } = targets;
  if (keys === null || attacker === null) return;
  switch (fault.kind) {
    case 'rekey':
      keys.estrange(fault.node, fault.halfway);
      return revert(targets, fault.forMs, 'rekey', () => keys.agree());
    case 'rotate':
      keys.addNew();
      revert(targets, fault.stepMs, 'signing with the old key', () => keys.signWithNew());
      return revert(targets, 2 * fault.stepMs, 'accepting the old key', () => keys.dropOld());
    case 'attack':
      attacker.begin(fault.node, fault.link);
      return revert(targets, fault.forMs, 'attack', () => attacker.end());
    default:
      unreachable(fault);
  }
}

function revert(targets: FaultTargets, ms: number, what: string, how: () => void): void {
  targets.later(ms, () => {
    if (targets.healed) return;
    targets.log(`REVERT ${what}`);
    how();
  });
}

function directionsOf(links: Cluster['network']['links'], ways: Ways): Direction[] {
  const forward = ways === 'back' ? [] : links.map((link) => link.forward);
  const back = ways === 'forward' ? [] : links.map((link) => link.back);
  return [...forward, ...back];
}

function cut(targets: FaultTargets, directions: readonly Direction[], fault: { kind: string; forMs: number }): void {
  for (const direction of directions) direction.cut = true;
  revert(targets, fault.forMs, fault.kind, () => {
    for (const direction of directions) direction.cut = false;
  });
}

function unplug(targets: FaultTargets, node: 0 | 1, forMs: number): void {
  const { lan } = targets.cluster;
  lan.plugged[node] = false;
  revert(targets, forMs, `LAN of node${node + 1}`, () => {
    lan.plugged[node] = true;
  });
}

function silencePings(targets: FaultTargets, forMs: number): void {
  const { lan } = targets.cluster;
  lan.answers.fill(false);
  revert(targets, forMs, 'ping nodes', () => lan.answers.fill(true));
}

function worsen(targets: FaultTargets, index: number, what: 'garbage' | 'replay', forMs: number): void {
  const link = targets.cluster.network.links[index];
  if (link === undefined) return;
  [link.forward[what], link.back[what]] = [0.5, 0.5];
  revert(targets, forMs, what, () => {
    [link.forward[what], link.back[what]] = [0, 0];
  });
}

/** Ends everything that is wrong: links, LAN, clocks, keys; every node runs. `targets.healed` is set by then. */
export function healAll(targets: FaultTargets): void {
  const { cluster, keys, attacker } = targets;
  for (const link of cluster.network.links) {
    for (const direction of [link.forward, link.back]) {
      Object.assign(direction, { cut: false, loss: 0, duplication: 0, garbage: 0, replay: 0 });
    }
  }
  cluster.network.detentions = [];
  cluster.lan.plugged.fill(true);
  cluster.lan.answers.fill(true);
  keys?.agree();
  attacker?.end();
  for (const node of cluster.nodes) {
    node.restartsAlways = true;
    node.wallErrorSeconds = 0;
    node.resume();
    node.start();
  }
}
