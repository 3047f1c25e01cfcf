/**
 * The files of /etc/ha.d that a pair specification stands for, as the console deploys them.
 * authkeys is not here: a specification holds no secret.
 */
import { assert } from '../../../agent/common/base/assert.ts';
import { formatDuration } from '../../../agent/common/config/time.ts';
import type { HaSpec, LinkSpec, PairSpec } from '../contract/pair.ts';

/** A pair whose configuration the console writes. */
export type ConfiguredPair = PairSpec & { readonly ha: HaSpec };

export interface NodeFiles {
  readonly haCf: string;
  readonly haresources: string;
}

/** Where the daemon writes its log on a node that the console set up. */
const LOG_FILE = '/var/log/ha-log';

/**
 * What a specification lacks to be rendered, one sentence each; empty when nothing. The schema cannot say that
 * every link must name its end on both nodes.
 */
export function specificationGaps(pair: ConfiguredPair): string[] {
  const gaps: string[] = [];
  for (const [i, link] of pair.ha.links.entries()) {
    for (const { name } of pair.nodes) {
      for (const [what, ends] of endsOf(link)) {
        if (ends[name] === undefined) gaps.push(`ha.links[${i}] (${link.medium}) names no ${what} for node ${name}.`);
      }
    }
  }
  const speeds = new Set(pair.ha.links.flatMap((link) => (link.medium === 'serial' ? [link.baud] : [])));
  if (speeds.size > 1) gaps.push('The serial links have different baud rates; ha.cf knows only one.');
  if (pair.nodes[0].name === pair.nodes[1].name) gaps.push('Both nodes have the same name.');
  return gaps;
}

/**
 * Renders one node's files. The two nodes' files differ where a link ends differently on them; a
 * unicast link names the *other* node's address. Asserts that `specificationGaps` is empty and that
 * `nodeName` is one of the pair's.
 */
export function renderNodeFiles(pair: ConfiguredPair, nodeName: string): NodeFiles {
  const [first, second] = pair.nodes;
  assert(nodeName === first.name || nodeName === second.name, `${nodeName} is not a node of this pair`);
  const peerName = nodeName === first.name ? second.name : first.name;
  return { haCf: renderHaCf(pair, nodeName, peerName), haresources: renderHaresources(pair.ha) };
}

function renderHaCf(pair: ConfiguredPair, self: string, peer: string): string {
  const { ha } = pair;
  const lines = [
    `# Written by Twinbeat for ${self}. Changes are lost when the pair is deployed again.`,
    `logfile ${LOG_FILE}`,
    `keepalive ${formatDuration(ha.keepaliveMs)}`,
    `warntime ${formatDuration(ha.warntimeMs)}`,
    `deadtime ${formatDuration(ha.deadtimeMs)}`,
    `initdead ${formatDuration(ha.initdeadMs)}`,
    // udpport and baud work only on the media lines behind them.
    `udpport ${ha.udpPort}`,
    ...renderLinks(ha.links, self, peer),
    `auto_failback ${ha.autoFailback}`,
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
      case 'ucast':
        lines.push(`ucast ${end(link.iface, self)} ${end(link.address, peer)}`);
        break;
      case 'mcast':
        lines.push(`mcast ${end(link.iface, self)} ${link.group} ${link.port} ${link.ttl} 0`);
        break;
    }
  }
  return lines;
}

/** The same on both nodes, as heartbeat demands. */
function renderHaresources(ha: HaSpec): string {
  return `${ha.haresources.join('\n')}\n`;
}

function endsOf(link: LinkSpec): [string, Readonly<Record<string, string>>][] {
  switch (link.medium) {
    case 'serial':
      return [['device', link.device]];
    case 'bcast':
    case 'mcast':
      return [['interface', link.iface]];
    case 'ucast':
      return [
        ['interface', link.iface],
        ['address', link.address],
      ];
  }
}

function end(ends: Readonly<Record<string, string>>, node: string): string {
  const found = ends[node];
  assert(found !== undefined, `a link names no end on node ${node}`);
  return found;
}
