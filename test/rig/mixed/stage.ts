/**
 * One rack, and on it one mixed pair after another: our agent beside Debian's heartbeat. Knows what every story asks of a pair: who holds
 * what, whether both are calm, what both logged since a moment, and whether two ever held an address together.
 */
import { startRack } from '../../../electron/lab/index.ts';
import type { RackHandle } from '../../../electron/lab/index.ts';
import { badLogLines } from '../../support/haLog.ts';
import type { Scenario } from '../../support/haLog.ts';
import type { HaNode } from '../../support/haNodes.ts';
import { answeredBy, CALM_TIMING, installPair, VIP } from '../../support/pairStory.ts';
import type { PairInRack } from '../../support/pairStory.ts';
import { holders, until } from '../../support/rackRun.ts';
import type { Wait } from '../../support/rackRun.ts';
import { HoldWatch } from './holdWatch.ts';

/** The second group's address, in setups that have two. */
export const OTHER_VIP = '192.168.2.4';
export const GATEWAY = '192.168.2.254';
export const LINKS = ['eth0', 'eth1', '/dev/ttyS0'] as const;

/** Bound for anything that a pair does by itself; see pairStory. A double restart after a split is the longest. */
export const WITHIN = { withinMs: 120_000, everyMs: 500 };

/** How long a real daemon's word for an order is awaited, and how often the order is given. */
const ORDER_HEARD = { withinMs: 20_000, everyMs: 500 };
const ORDER_ATTEMPTS = 3;

export interface Setup {
  readonly name: string;
  /** The first node is preferred by the group of VIP. */
  readonly engines: readonly [HaNode['engine'], HaNode['engine']];
  readonly failback: 'on' | 'off';
  /** Two: each node is preferred by one. */
  readonly groups: 1 | 2;
  readonly moreHaCf: string;
}

/** Which node holds which address. */
export type Place = Readonly<Record<string, string>>;

/** A moment in the pair's life: both logs up to there, and the wall clock. */
export interface Mark {
  readonly lines: readonly number[];
  readonly wallMs: number;
}

function install(rack: RackHandle, { engines, failback, groups, moreHaCf }: Setup): Promise<PairInRack> {
  const haresources = (first: string, second: string): string =>
    `${first} IPaddr2::${VIP}/24/eth0 httpd\n${groups === 2 ? `${second} IPaddr2::${OTHER_VIP}/24/eth0\n` : ''}`;
  return installPair(rack, engines, failback, CALM_TIMING, undefined, haresources, moreHaCf);
}

export class Stage {
  readonly rack: RackHandle;
  readonly setup: Setup;
  readonly watch: HoldWatch;
  /** How often the pair's key was changed since it was installed. */
  keyNumber = 0;
  private readonly pair: PairInRack;
  /** Windows of wall time in which two holders are expected, by the story that runs. */
  private excused: { fromMs: number; toMs: number }[] = [];

  /** A rack with the pair installed on it and not started. */
  static async up(setup: Setup): Promise<Stage> {
    const rack = await startRack({ name: `mixed-${setup.name}-${process.pid}` });
    try {
      const pair = await install(rack, setup);
      return new Stage(rack, setup, pair);
    } catch (error) {
      await rack.down();
      throw error;
    }
  }

  private constructor(rack: RackHandle, setup: Setup, pair: PairInRack) {
    this.rack = rack;
    this.setup = setup;
    this.pair = pair;
    this.watch = new HoldWatch(rack, [VIP, OTHER_VIP]);
    for (const { name } of pair.nodes) this.watch.attach(name);
  }

  get nodes(): readonly [HaNode, HaNode] {
    return this.pair.nodes;
  }

  get ours(): HaNode {
    return this.byEngine('twinbeat');
  }

  get heartbeat(): HaNode {
    return this.byEngine('heartbeat');
  }

  private byEngine(engine: HaNode['engine']): HaNode {
    const node = this.nodes.find((one) => one.engine === engine);
    if (node === undefined) throw new Error(`no node runs ${engine}`);
    return node;
  }

  peerOf(node: HaNode): HaNode {
    const [first, second] = this.nodes;
    return node === first ? second : first;
  }

  get addresses(): readonly string[] {
    return this.setup.groups === 2 ? [VIP, OTHER_VIP] : [VIP];
  }

  allOn(node: HaNode): Place {
    return Object.fromEntries(this.addresses.map((address) => [address, node.name]));
  }

  /** Each group on the node that prefers it. */
  get home(): Place {
    const [first, second] = this.nodes;
    return this.setup.groups === 2 ? { [VIP]: first.name, [OTHER_VIP]: second.name } : { [VIP]: first.name };
  }

  /** Where the groups are once `returning` is back beside a peer that holds everything. */
  afterReturn(returning: HaNode): Place {
    return this.setup.failback === 'on' ? this.home : this.allOn(this.peerOf(returning));
  }

  private async placed(place: Place, nodes: readonly string[]): Promise<boolean> {
    for (const address of this.addresses) {
      const found = await holders(this.rack, nodes, address);
      if (found.length !== 1 || found[0] !== place[address]) return false;
    }
    return (await answeredBy(this.rack)) === place[VIP];
  }

  /** True when the addresses are placed in one of these ways. */
  private async placedOneOf(places: readonly Place[], nodes: readonly string[]): Promise<boolean> {
    for (const place of places) if (await this.placed(place, nodes)) return true;
    return false;
  }

  /** Waits until each address is held as one of the places says, by one node, and the client is answered by the right one. */
  async settled(...places: readonly Place[]): Promise<void> {
    const said = places.map((place) =>
      Object.entries(place).map(([address, node]) => `${node} alone holds ${address}`),
    );
    const powered = () => this.rack.state().nodes.flatMap((n) => (n.power === 'on' ? [n.name] : []));
    await until(
      `${said.join(' or ')}, and serves`,
      async () => ((await this.placedOneOf(places, powered())) ? true : null),
      WITHIN,
    );
  }

  /** Waits until both nodes are active, hear each other on every link, and nothing is in transition. */
  async calm(links: readonly string[] = LINKS): Promise<void> {
    for (const node of this.nodes)
      await until(
        `${node.name} (${node.engine}) is calm`,
        async () => ((await node.calm(this.peerOf(node).name, links)) ? true : null),
        WITHIN,
      );
  }

  /** Settled and calm: where a story begins and ends. */
  async rests(...places: readonly Place[]): Promise<void> {
    await this.settled(...places);
    await this.calm();
    // What is being decided while both look calm would move it now.
    await this.settled(...places);
  }

  /** Makes this node hold everything, by an operator's order when it does not already. */
  async gather(node: HaNode): Promise<void> {
    await this.calm();
    if (!(await this.placed(this.allOn(node), this.pair.names)))
      await this.handOver(this.peerOf(node), 'standby', 'all', this.allOn(node));
  }

  /** An operator's order. The real daemon's FIFO loses one now and then, and it tells of every one that it has: who sees nothing, repeats. */
  async order(node: HaNode, order: 'standby' | 'takeover', set: 'local' | 'foreign' | 'all'): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const mark = await this.mark();
      await node.handOver(order, set);
      if (node.engine === 'twinbeat' || attempt === ORDER_ATTEMPTS) return;
      const heard = this.says(node, /wants to go standby/, mark, ORDER_HEARD);
      if (
        await heard.then(
          () => true,
          () => false,
        )
      )
        return;
    }
  }

  /** An operator's order to a pair at rest, and its outcome. */
  async handOver(
    node: HaNode,
    order: 'standby' | 'takeover',
    set: 'local' | 'foreign' | 'all',
    place: Place,
  ): Promise<void> {
    await this.order(node, order, set);
    await this.rests(place);
  }

  /** A power cycle of one node; its daemon is not started. */
  async powerCycle(node: HaNode): Promise<void> {
    await this.rack.power(node.name, 'off');
    await this.powerOn(node);
  }

  async powerOn(node: HaNode): Promise<void> {
    await this.rack.power(node.name, 'on');
    this.watch.attach(node.name);
  }

  async mark(): Promise<Mark> {
    const logs = await Promise.all(this.nodes.map((node) => node.log()));
    return { lines: logs.map((log) => log.length), wallMs: Date.now() };
  }

  /** What the node logged since then. */
  async since(node: HaNode, mark: Mark): Promise<readonly string[]> {
    return (await node.log()).slice(mark.lines[this.nodes.indexOf(node)] ?? 0);
  }

  /** Waits for a line that the node writes after the mark. */
  async says(node: HaNode, what: RegExp, mark: Mark, wait: Wait = WITHIN): Promise<void> {
    await until(
      `${node.name} (${node.engine}) logs ${what.source}`,
      async () => ((await this.since(node, mark)).some((line) => what.test(line)) ? true : null),
      wait,
    );
  }

  /** Lines that the node must not have written since then. */
  async saidNot(node: HaNode, what: RegExp, mark: Mark): Promise<void> {
    const found = (await this.since(node, mark)).filter((line) => what.test(line));
    if (found.length > 0) throw new Error(`${node.name} (${node.engine}) logged:\n${found.join('\n')}`);
  }

  /** Two holders are expected from then until now, for a reason that the story's comment gives. */
  excuseDual(fromMs: number): void {
    this.excused.push({ fromMs, toMs: Date.now() });
  }

  /** What is wrong since the mark by both logs and by both kernels; empty: nothing. */
  async complaints(scenario: Scenario, mark: Mark): Promise<string[]> {
    const found: string[] = [];
    for (const node of this.nodes) {
      const bad = badLogLines(await this.since(node, mark), scenario);
      found.push(...bad.map((line) => `${node.engine}: ${line}`));
    }
    for (const { address, fromMs, toMs } of this.watch.duals(mark.wallMs, Date.now())) {
      const excused = this.excused.some((window) => window.fromMs <= fromMs && toMs <= window.toMs);
      if (!excused) found.push(`${address} had two holders for ${toMs - fromMs} ms`);
    }
    this.excused = [];
    return found;
  }

  /** After a failed cycle: cables plugged, both nodes off and on, installed and started again, from whatever state. */
  async rebuild(): Promise<void> {
    for (const { id } of this.rack.state().cables) await this.rack.cable(id, { aToB: true, bToA: true });
    for (const node of this.nodes) await this.powerCycle(node);
    this.excused = [];
    await install(this.rack, this.setup);
    this.keyNumber = 0;
    const [first, second] = this.nodes;
    await first.start();
    await second.start();
    await this.rests(this.home);
  }

  async down(): Promise<void> {
    this.watch.stop();
    await this.rack.down();
  }
}
