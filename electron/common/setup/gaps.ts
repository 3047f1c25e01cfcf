/** What a pair specification lacks to be written into files: rules that join several fields, which its schema cannot say. */
import { isHost, isIpv4Multicast, isIpv6 } from '../../../agent/common/config/address.ts';
import { parseHaresources } from '../../../agent/common/config/haresources.ts';
import type { HaSpec, LinkSpec } from '../contract/pair.ts';
import { fencingGaps } from './fencing.ts';
import type { ConfiguredPair } from './render.ts';

/** One sentence each, naming the field; empty when the pair can be rendered. */
export function specificationGaps(pair: ConfiguredPair): string[] {
  return [
    ...linkGaps(pair),
    ...pingNodeGaps(pair),
    ...fencingGaps(pair),
    ...demandGaps(pair.ha),
    ...watchdogGaps(pair),
  ];
}

function linkGaps(pair: ConfiguredPair): string[] {
  const gaps: string[] = [];
  for (const [i, link] of pair.ha.links.entries()) {
    const where = `ha.links[${i}] (${link.medium})`;
    for (const { name } of pair.nodes) {
      for (const [what, ends] of endsOf(link)) {
        if (ends[name] === undefined) gaps.push(`${where} names no ${what} for node ${name}.`);
      }
    }
    gaps.push(...addressGaps(where, link));
  }
  const speeds = new Set(pair.ha.links.flatMap((link) => (link.medium === 'serial' ? [link.baud] : [])));
  if (speeds.size > 1) gaps.push('The serial links have different baud rates; ha.cf knows only one.');
  if (pair.nodes[0].name === pair.nodes[1].name) gaps.push('Both nodes have the same name.');
  return gaps;
}

function addressGaps(where: string, link: LinkSpec): string[] {
  if (link.medium === 'mcast' && !isIpv4Multicast(link.group) && !isIpv6Multicast(link.group)) {
    return [
      `${where}: group "${link.group}" is no multicast group, expected 224.0.0.0 to 239.255.255.255 or ff00::/8.`,
    ];
  }
  if (link.medium !== 'ucast') return [];
  const addresses = Object.values(link.address);
  const bad = addresses.find((address) => !isHost(address) && !isIpv6(address));
  if (bad !== undefined) return [`${where}: "${bad}" is not an address or host name.`];
  const families = new Set(addresses.map((address) => address.includes(':')));
  return families.size > 1 ? [`${where} has an IPv4 address on one node and an IPv6 address on the other.`] : [];
}

function isIpv6Multicast(group: string): boolean {
  return isIpv6(group) && /^ff/i.test(group);
}

/**
 * A ping node must be somebody else: one of the two nodes answers itself whatever is cut, and a service address is silent whenever nobody
 * holds it.
 */
function pingNodeGaps({ ha, nodes }: ConfiguredPair): string[] {
  const gaps: string[] = [];
  const own = new Set([
    ...nodes.flatMap((node) => [node.name, node.host]),
    ...ha.links.flatMap((link) => (link.medium === 'ucast' ? Object.values(link.address) : [])),
  ]);
  const { groups } = parseHaresources(
    `${ha.haresources.join('\n')}\n`,
    'haresources',
    nodes.map((node) => node.name),
  );
  const vips = new Set(groups.flatMap((group) => group.resources.map((resource) => resource.vip?.address ?? '')));
  for (const [i, address] of ha.pingNodes.entries()) {
    const where = `ha.pingNodes[${i}] ("${address}")`;
    if (!isHost(address) && !isIpv6(address)) gaps.push(`${where} is not an address or host name.`);
    else if (own.has(address)) gaps.push(`${where} is one of the two nodes: expected a host outside the pair.`);
    else if (vips.has(address))
      gaps.push(`${where} is an address that the pair guards: expected a host outside the pair.`);
  }
  if (new Set(ha.pingNodes).size < ha.pingNodes.length) gaps.push('ha.pingNodes names a host twice.');
  return gaps;
}

/** Demands of a configuration that nothing in it can meet. */
export function demandGaps(ha: HaSpec): string[] {
  const gaps: string[] = [];
  if (ha.takeoverRequires.includes('reference') && ha.pingNodes.length === 0)
    gaps.push('ha.takeoverRequires demands a reference address, and ha.pingNodes names none.');
  if (ha.takeoverRequires.includes('two-links') && ha.links.length < 2)
    gaps.push('ha.takeoverRequires demands two links, and ha.links has only one.');
  if (ha.ipfail && ha.pingNodes.length === 0) gaps.push('ha.ipfail compares ping nodes, and ha.pingNodes names none.');
  if (ha.ipfail && ha.autoFailback === 'legacy')
    gaps.push('ha.ipfail does nothing with ha.autoFailback legacy: expected on or off.');
  return gaps;
}

function watchdogGaps({ ha }: ConfiguredPair): string[] {
  if (ha.watchdog === null || /^\/[^\s#,]+$/.test(ha.watchdog)) return [];
  return [`ha.watchdog is "${ha.watchdog}", expected the absolute path of a device like /dev/watchdog.`];
}

/** What a link must say for each node, by what it is called. */
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
