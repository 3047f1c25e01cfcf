/** Which of ha.cf's links a captured datagram travelled on. */
import type { LinkConfig } from '../../../common/config/model.ts';
import { isIpv4Multicast, isIpv6Multicast } from '../../../common/config/address.ts';
import { canonicalAddress } from '../../host/netlinkMessage.ts';

/** Where a datagram came by. */
export interface Passage {
  readonly iface: string;
  readonly source: string;
  readonly destination: string;
  readonly port: number;
}

const canonical = (address: string): string => (address.includes(':') ? canonicalAddress('ipv6', address) : address);

const isMulticast = (address: string): boolean =>
  address.includes(':') ? isIpv6Multicast(address) : isIpv4Multicast(address);

/**
 * The link, or null: a stranger's. `broadcasts`: the broadcast addresses of the interface. A unicast link is known by its peer's address in
 * either direction; where ha.cf names the peer by a host name, any unicast on the interface is taken for it.
 */
export function linkOf(
  passage: Passage,
  links: readonly LinkConfig[],
  broadcasts: ReadonlySet<string>,
): LinkConfig | null {
  const { iface, source, destination, port } = passage;
  const here = links.filter((link) => link.medium !== 'serial' && link.iface === iface && link.port === port);
  if (isMulticast(destination)) {
    return here.find((link) => link.medium === 'mcast' && canonical(link.group) === destination) ?? null;
  }
  if (broadcasts.has(destination) || destination === '255.255.255.255') {
    return here.find((link) => link.medium === 'bcast') ?? null;
  }
  const unicast = here.flatMap((link) => (link.medium === 'ucast' ? [link] : []));
  const exact = unicast.find((link) => [source, destination].includes(canonical(link.peer)));
  const isName = (link: { readonly peer: string }): boolean => !/^[\d.]+$|:/.test(link.peer);
  return exact ?? unicast.find(isName) ?? null;
}
