/** Configuration and the story that mixed pairs (and pairs of real daemons, for comparison) are put through in the rack. */
import type { RackHandle } from '../../electron/lab/index.ts';
import { heartbeatNode, twinbeatNode } from './haNodes.ts';
import type { HaNode } from './haNodes.ts';
import { holders, runOn, until } from './rackRun.ts';

export const VIP = '192.168.2.3';

/**
 * Bound for anything that the pair does by itself. The longest is a first start beside a real daemon:
 * initdead 10 s, then its 10 s resource phase; the rest is room for a loaded machine.
 */
const SETTLE_WITHIN_MS = 90_000;

export interface Timing {
  readonly keepaliveMs: number;
  readonly deadtimeMs: number;
  readonly warntimeMs: number;
  readonly initdeadMs: number;
}

/** The real daemon's own delays on a loaded host forbid a shorter deadtime (reference, section 11.25). */
export const CALM_TIMING: Timing = { keepaliveMs: 1000, deadtimeMs: 5000, warntimeMs: 3000, initdeadMs: 10_000 };

/** ha.cf of one node over serial, broadcast and unicast at once. */
export function haCf(
  names: readonly [string, string],
  peerAddress: string,
  failback: 'on' | 'off',
  timing: Timing,
  media: readonly string[] = ['serial', 'bcast', 'ucast'],
): string {
  const lines = [
    'debugfile /var/log/ha-debug',
    'logfile /var/log/ha-log',
    'logfacility none',
    `keepalive ${timing.keepaliveMs}ms`,
    `deadtime ${timing.deadtimeMs}ms`,
    `warntime ${timing.warntimeMs}ms`,
    `initdead ${timing.initdeadMs}ms`,
    'udpport 694',
    'baud 19200',
    ...(media.includes('bcast') ? ['bcast eth1'] : []),
    ...(media.includes('ucast') ? [`ucast eth0 ${peerAddress}`] : []),
    ...(media.includes('serial') ? ['serial /dev/ttyS0'] : []),
    `auto_failback ${failback}`,
    ...names.map((name) => `node ${name}`),
    '',
  ];
  return lines.join('\n');
}

export interface PairInRack {
  readonly rack: RackHandle;
  readonly names: readonly [string, string];
  readonly nodes: readonly [HaNode, HaNode];
}

/** Installs both nodes of the pair. The first node is the preferred holder of the one group. */
export async function installPair(
  rack: RackHandle,
  engines: readonly [HaNode['engine'], HaNode['engine']],
  failback: 'on' | 'off',
  timing: Timing,
  media?: readonly string[],
  haresources: (preferred: string, other: string) => string = (preferred) =>
    `${preferred} IPaddr2::${VIP}/24/eth0 httpd\n`,
  moreHaCf = '',
): Promise<PairInRack> {
  const [a, b] = rack.state().nodes;
  if (a === undefined || b === undefined) throw new Error('the rack has no two nodes');
  const names = [a.name, b.name] as const;
  const make = (engine: HaNode['engine'], name: string): HaNode =>
    engine === 'twinbeat' ? twinbeatNode(rack, name) : heartbeatNode(rack, name);
  const nodes = [make(engines[0], a.name), make(engines[1], b.name)] as const;
  const shared = { haresources: haresources(a.name, b.name), authkeys: 'auth 1\n1 sha1 myAuthkey\n' };
  await nodes[0].install({ haCf: haCf(names, b.lanAddress, failback, timing, media) + moreHaCf, ...shared });
  await nodes[1].install({ haCf: haCf(names, a.lanAddress, failback, timing, media) + moreHaCf, ...shared });
  return { rack, names, nodes };
}

/** Who answers HTTP on the VIP, asked from the client host; null: nobody. */
export async function answeredBy(rack: RackHandle): Promise<string | null> {
  const code = `fetch('http://${VIP}/', { signal: AbortSignal.timeout(2000) })
    .then((r) => console.log(r.headers.get('x-twinbeat-node')), () => undefined)`;
  const got = await runOn(rack, 'client', `'${process.execPath}' -e "${code}"`);
  return got.lines.at(-1)?.trim() || null;
}

/** Waits until exactly this node holds the VIP and answers the client on it. */
export async function settledOn(pair: PairInRack, name: string): Promise<void> {
  const powered = () =>
    pair.rack
      .state()
      .nodes.filter((n) => n.power === 'on')
      .map((n) => n.name);
  await until(
    `${name} alone holds ${VIP} and serves`,
    async () => {
      const found = await holders(pair.rack, powered(), VIP);
      return found.length === 1 && found[0] === name && (await answeredBy(pair.rack)) === name ? true : null;
    },
    { withinMs: SETTLE_WITHIN_MS, everyMs: 400 },
  );
}

/** Stays on this node for `forMs`: nothing moves although something might. */
export async function staysOn(pair: PairInRack, name: string, forMs: number): Promise<void> {
  const end = performance.now() + forMs;
  while (performance.now() < end) {
    const found = await holders(pair.rack, pair.names, VIP);
    if (found.length !== 1 || found[0] !== name)
      throw new Error(`expected ${name} alone to hold ${VIP}, found: ${found.join(', ') || 'nobody'}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Waits for a line in a node's HA log. */
export async function logged(node: HaNode, what: RegExp): Promise<void> {
  await until(
    `${node.name} logs ${what.source}`,
    async () => ((await node.log()).some((line) => what.test(line)) ? true : null),
    {
      withinMs: SETTLE_WITHIN_MS,
    },
  );
}
