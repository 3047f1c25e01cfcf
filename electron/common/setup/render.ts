/**
 * The files of /etc/ha.d that a pair specification stands for, as the console deploys them.
 * authkeys is not here: a specification holds no secret.
 */
import { assert } from '../../../agent/common/base/assert.ts';
import { formatDuration } from '../../../agent/common/config/time.ts';
import type { HaSpec, LinkSpec, PairSpec } from '../contract/pair.ts';
import { stonithLines } from './fencing.ts';
import { specificationGaps } from './gaps.ts';

/** A pair whose configuration the console writes. */
export type ConfiguredPair = PairSpec & { readonly ha: HaSpec };

export interface NodeFiles {
  readonly haCf: string;
  readonly haresources: string;
  /** null: nothing differs from the defaults, so there is to be no such file. */
  readonly twinbeatCf: string | null;
}

/**
 * Where ipfail may be, the newest place first: the file is to serve the node's own daemon as well, and that one refuses to start for a program
 * that is not there. Our agent knows the line by the program's name and does ipfail's work itself.
 */
export const IPFAIL_PATHS = [
  '/usr/libexec/heartbeat/ipfail',
  '/usr/lib/heartbeat/ipfail',
  '/usr/lib64/heartbeat/ipfail',
] as const;

/** twinbeat.cf's words for what a takeover needs. */
const CONDITION_WORDS = { reference: 'reference', 'two-links': 'two_links', fencing: 'fencing' } as const;

/** Where the daemon writes its log on a node that the console set up. */
const LOG_FILE = '/var/log/ha-log';

/**
 * Renders one node's files. The two nodes' files differ where a link ends differently on them; a
 * unicast link names the *other* node's address. `ipfailPath`: where the node has that program; the newest place where it has none. Asserts that `specificationGaps` (gaps.ts) is empty and that
 * `nodeName` is one of the pair's.
 */
export function renderNodeFiles(
  pair: ConfiguredPair,
  nodeName: string,
  ipfailPath: string = IPFAIL_PATHS[0],
): NodeFiles {
  const [first, second] = pair.nodes;
  assert(nodeName === first.name || nodeName === second.name, `${nodeName} is not a node of this pair`);
  const peerName = nodeName === first.name ? second.name : first.name;
  const gaps = specificationGaps(pair);
  assert(gaps.length === 0, gaps.join(' '));
  return {
    haCf: renderHaCf(pair, nodeName, peerName, ipfailPath),
    haresources: renderHaresources(pair.ha),
    twinbeatCf: renderTwinbeatCf(pair.ha, nodeName),
  };
}

const header = (self: string): string =>
  `# Written by Twinbeat for ${self}. Changes are lost when the pair is deployed again.`;

function renderHaCf(pair: ConfiguredPair, self: string, peer: string, ipfailPath: string): string {
  const { ha } = pair;
  const lines = [
    header(self),
    `logfile ${LOG_FILE}`,
    `keepalive ${formatDuration(ha.keepaliveMs)}`,
    `warntime ${formatDuration(ha.warntimeMs)}`,
    `deadtime ${formatDuration(ha.deadtimeMs)}`,
    `initdead ${formatDuration(ha.initdeadMs)}`,
    // udpport and baud work only on the media lines behind them.
    `udpport ${ha.udpPort}`,
    ...renderLinks(ha.links, self, peer),
    `auto_failback ${ha.autoFailback}`,
    // One a line: each is a node of its own. `ping_group` would call them all alive while one of them is.
    ...ha.pingNodes.map((address) => `${address.includes(':') ? 'ping6' : 'ping'} ${address}`),
    ...(ha.ipfail ? [`respawn hacluster ${ipfailPath}`] : []),
    ...stonithLines(pair, self),
    ...(ha.watchdog === null ? [] : [`watchdog ${ha.watchdog}`]),
    ...pair.nodes.map((node) => `node ${node.name}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** `baud` may stand only once in a file, so all serial links run at the speed of the first one. */
function renderLinks(links: readonly LinkSpec[], self: string, peer: string): string[] {
  const serial = links.find((link) => link.medium === 'serial');
  const lines = serial === undefined ? [] : [`baud ${serial.baud}`];
  for (const link of links) {
    switch (link.medium) {
      case 'serial':
        assert(link.baud === serial?.baud, 'all serial links of a pair have one baud rate');
        lines.push(`serial ${end(link.device, self)}`);
        break;
      case 'bcast':
        lines.push(`bcast ${end(link.iface, self)}`);
        break;
      case 'ucast': {
        const address = end(link.address, peer);
        lines.push(`${address.includes(':') ? 'ucast6' : 'ucast'} ${end(link.iface, self)} ${address}`);
        break;
      }
      case 'mcast': {
        const directive = link.group.includes(':') ? 'mcast6' : 'mcast';
        lines.push(`${directive} ${end(link.iface, self)} ${link.group} ${link.port} ${link.ttl} 0`);
        break;
      }
    }
  }
  return lines;
}

/** The same on both nodes, as heartbeat demands. */
function renderHaresources(ha: HaSpec): string {
  return `${ha.haresources.join('\n')}\n`;
}

/** What the product adds to heartbeat's own files; the real daemon does not read it. */
function renderTwinbeatCf(ha: HaSpec, self: string): string | null {
  if (ha.takeoverRequires.length === 0) return null;
  const words = new Set(ha.takeoverRequires.map((condition) => CONDITION_WORDS[condition]));
  return `${header(self)}\ntakeover_requires ${[...words].join(' ')}\n`;
}

function end(ends: Readonly<Record<string, string>>, node: string): string {
  const found = ends[node];
  assert(found !== undefined, `a link names no end on node ${node}`);
  return found;
}
