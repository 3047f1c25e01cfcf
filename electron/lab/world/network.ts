/**
 * The rack's two boxes and its cables. The LAN switch is a bridge; the crossover cable is a bridge of
 * its own with two ports, not a bare veth pair, so that each end can lose its carrier when the other
 * end loses power, and so that cuts work the same way on both.
 */
import type { CableId } from '../../common/contract/rack.ts';
import { run } from './command.ts';

export type Side = 'a' | 'b';

/** A network cable as the rack has it plugged right now. */
export interface Plug {
  aToB: boolean;
  bToA: boolean;
}

/** Port on the switch side and the node's own name for the card. */
interface Card {
  readonly port: string;
  readonly card: string;
  readonly bridge: string;
  readonly mac: string;
}

function cardsOf(side: Side, crossover: boolean): Card[] {
  const node = side === 'a' ? '0a' : '0b';
  const lan = { port: `lan-${side}`, card: 'eth0', bridge: 'lan', mac: `02:54:42:00:00:${node}` };
  const cross = { port: `cross-${side}`, card: 'eth1', bridge: 'cross', mac: `02:54:42:00:01:${node}` };
  return crossover ? [lan, cross] : [lan];
}

/**
 * The packet filter's whole text for these cables, replacing what was there in one transaction.
 * Only one-way cuts are in it: a cable with both directions gone is a port without carrier instead.
 */
export function filterText(cables: ReadonlyMap<CableId, Plug>): string {
  const rules: string[] = [];
  for (const [id, { aToB, bToA }] of cables) {
    if (id === 'serial' || aToB === bToA) continue;
    if (id === 'crossover') rules.push(`iifname "${aToB ? 'cross-b' : 'cross-a'}" drop`);
    else rules.push(`${aToB ? 'oifname' : 'iifname'} "${id}" drop`);
  }
  return [
    'add table bridge rack',
    'delete table bridge rack',
    'table bridge rack {',
    '  chain cut {',
    '    type filter hook forward priority 0; policy accept;',
    ...rules.map((rule) => `    ${rule}`),
    '  }',
    '}',
    '',
  ].join('\n');
}

/** Which ports have a carrier. A crossover end is dark while the other end has no power. */
export function portsUp(cables: ReadonlyMap<CableId, Plug>, powered: ReadonlySet<Side>): ReadonlyMap<string, boolean> {
  const whole = (id: CableId): boolean => {
    const plug = cables.get(id);
    return plug !== undefined && (plug.aToB || plug.bToA);
  };
  const ports = new Map<string, boolean>();
  for (const side of powered) {
    ports.set(`lan-${side}`, whole(`lan-${side}`));
    if (cables.has('crossover')) ports.set(`cross-${side}`, whole('crossover') && powered.size === 2);
  }
  return ports;
}

/** Bridges, ports and filter of one rack, in the namespace that this process lives in. */
export class Network {
  private readonly crossover: boolean;
  private queue: Promise<unknown> = Promise.resolve();
  /** Why one-way cuts are impossible here; null: they work. Known after `build`. */
  oneWayReason: string | null = null;

  constructor(crossover: boolean) {
    this.crossover = crossover;
  }

  /** One change at a time: two interleaved ones could leave a port in the older one's state. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.queue.then(work, work);
    this.queue = done.catch(() => undefined);
    return done;
  }

  /** Makes the boxes. `pids`: processes that keep the gateway's and the client's namespaces. */
  async build(hosts: readonly { port: string; pid: number; address: string }[]): Promise<void> {
    const bridges = this.crossover ? ['lan', 'cross'] : ['lan'];
    const lines = ['link set lo up'];
    for (const bridge of bridges) {
      lines.push(
        `link add ${bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
        `link set ${bridge} up`,
      );
    }
    for (const { port, pid } of hosts) {
      lines.push(`link add ${port} type veth peer name eth0 netns ${pid}`, `link set ${port} master lan up`);
    }
    await run('ip', ['-batch', '-'], `${lines.join('\n')}\n`);
    for (const { pid, address } of hosts) {
      const inside = `addr add ${address} brd + dev eth0\nlink set lo up\nlink set eth0 up\n`;
      await run('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', '-batch', '-'], inside);
    }
    await run('nft', ['-f', '-'], filterText(new Map())).catch((error: Error) => {
      this.oneWayReason = error.message.includes('ENOENT')
        ? 'one direction alone cannot be cut: nft (package nftables) is not installed'
        : `one direction alone cannot be cut: ${error.message}`;
    });
  }

  /** Plugs a host into the LAN that has the address and announces it, as an operating system does that has just been given it. */
  plugHost(port: string, pid: number, address: string): Promise<void> {
    return this.inTurn(async () => {
      const lines = [`link add ${port} type veth peer name eth0 netns ${pid}`, `link set ${port} master lan up`];
      await run('ip', ['-batch', '-'], `${lines.join('\n')}\n`);
      const inside =
        'echo 1 >/proc/sys/net/ipv4/conf/eth0/arp_notify; ip link set lo up; ip addr add "$1" dev eth0; ip link set eth0 up';
      await run('nsenter', [`--net=/proc/${pid}/ns/net`, 'sh', '-ec', inside, 'sh', `${address}/24`], '');
    });
  }

  unplugHost(port: string): Promise<void> {
    // Its namespace may have gone first and taken it along.
    return this.inTurn(() =>
      run('ip', ['link', 'del', port], '').then(
        () => undefined,
        () => undefined,
      ),
    );
  }

  /** Puts new network cards into the node whose PID 1 is `pid`. */
  insertCards(side: Side, pid: number): Promise<void> {
    return this.inTurn(async () => {
      const lines = cardsOf(side, this.crossover).flatMap(({ port, card, bridge, mac }) => [
        `link add ${port} type veth peer name ${card} address ${mac} netns ${pid}`,
        `link set ${port} master ${bridge}`,
      ]);
      await run('ip', ['-batch', '-'], `${lines.join('\n')}\n`);
    });
  }

  /**
   * Takes a node's cards out. Killing its processes is not enough: the kernel goes on answering ARP for
   * its addresses until the namespace is cleaned up, some ten milliseconds later.
   */
  removeCards(side: Side): Promise<void> {
    return this.inTurn(async () => {
      const lines = cardsOf(side, this.crossover).map(({ port }) => `link del ${port}`);
      // The namespace may have gone first and taken them along.
      await run('ip', ['-force', '-batch', '-'], `${lines.join('\n')}\n`).catch(() => undefined);
    });
  }

  /** Makes carriers and filter what `cables` and `powered` say. */
  apply(cables: ReadonlyMap<CableId, Plug>, powered: ReadonlySet<Side>): Promise<void> {
    return this.inTurn(async () => {
      if (this.oneWayReason === null) await run('nft', ['-f', '-'], filterText(cables));
      const lines = [...portsUp(cables, powered)].map(([port, up]) => `link set ${port} ${up ? 'up' : 'down'}`);
      if (lines.length > 0) await run('ip', ['-force', '-batch', '-'], `${lines.join('\n')}\n`).catch(() => undefined);
    });
  }
}
