/** How the sockets of a UDP link are made: by hand and bound to the interface, or by Node where raw calls are unavailable. */
import { fail } from '../../common/base/result.ts';
import type { LinkConfig } from '../../common/config/model.ts';
import {
  AF_INET,
  AF_INET6,
  int32,
  IP_MULTICAST_ALL,
  IP_TOS,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_MULTICAST_ALL,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_LOOP,
  IPV6_TCLASS,
  IPV6_V6ONLY,
  SO_BINDTODEVICE,
  SO_BROADCAST,
  SO_DONTROUTE,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  sockaddrIn,
  sockaddrIn6,
  SOL_SOCKET,
  type Libc,
  type LibcResult,
} from '../host/libc.ts';
import { addressBytes, canonicalAddress, type HostAddress } from '../host/netlinkMessage.ts';

export type UdpLink = Extract<LinkConfig, { medium: 'ucast' | 'bcast' | 'mcast' }>;
export type Family = 'ipv4' | 'ipv6';

/** IPTOS_LOWDELAY, as the real daemon sets it. */
const TOS_LOWDELAY = 0x10;

/** ucast6 and mcast6 differ from their elder forms by their address alone. */
export function familyOf(link: UdpLink): Family {
  const address = link.medium === 'ucast' ? link.peer : link.medium === 'mcast' ? link.group : '';
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

/** An address that receives whatever is sent to this host. */
export function anyAddress(family: Family): string {
  return family === 'ipv6' ? '::' : '0.0.0.0';
}

/** Link-local: means nothing without an interface. */
function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address);
}

/** With the interface as its zone. The kernel looks at it only where the address needs one. */
export function withZone(address: string, iface: string): string {
  return address.includes(':') && address !== '::' ? `${address}%${iface}` : address;
}

/** One spelling, without zone: what can be compared with where a packet came from. */
export function plainAddress(address: string): string {
  const [bare = ''] = address.split('%');
  return bare.includes(':') ? canonicalAddress('ipv6', bare) : bare;
}

function sharesPrefix(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  for (let bit = 0; bit < bits; bit++) {
    const mask = 0x80 >> (bit & 7);
    if (((a[bit >> 3] ?? 0) & mask) !== ((b[bit >> 3] ?? 0) & mask)) return false;
  }
  return true;
}

/** Our own address in the network of `peer`, or null. The kernel's order: secondary addresses come later. */
export function ownAddressFor(peer: string, addresses: readonly HostAddress[]): string | null {
  const family: Family = peer.includes(':') ? 'ipv6' : 'ipv4';
  const target = addressBytes(family, peer);
  if (target === null) return null;
  const near = addresses.find((own) => {
    const bytes = own.family === family ? addressBytes(family, own.address) : null;
    return bytes !== null && sharesPrefix(bytes, target, own.prefixBits);
  });
  return near?.address ?? null;
}

/** Our address of a family on the interface; for a group or a link-local peer a link-local one will do. */
export function ownAddress(family: Family, addresses: readonly HostAddress[]): HostAddress | null {
  const ours = addresses.filter((own) => own.family === family);
  return ours.find((own) => !isLinkLocal(own.address)) ?? ours[0] ?? null;
}

type Option = readonly [level: number, name: number, value: Uint8Array];

function options(link: UdpLink): { readonly needed: readonly Option[]; readonly wished: readonly Option[] } {
  const needed: Option[] = [
    [SOL_SOCKET, SO_REUSEADDR, int32(1)],
    [SOL_SOCKET, SO_REUSEPORT, int32(1)],
    [SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${link.iface}\0`, 'latin1')],
  ];
  if (familyOf(link) === 'ipv6') {
    // Without it a link of the other family on the same port could not be opened.
    needed.push([IPPROTO_IPV6, IPV6_V6ONLY, int32(1)]);
    if (link.medium === 'mcast') {
      // Here, because Node takes a socket that it did not make for an IPv4 one and would set IPv4's options.
      needed.push([IPPROTO_IPV6, IPV6_MULTICAST_HOPS, int32(link.ttl)]);
      needed.push([IPPROTO_IPV6, IPV6_MULTICAST_LOOP, int32(link.loop ? 1 : 0)]);
    }
    return {
      needed,
      wished: [
        [IPPROTO_IPV6, IPV6_TCLASS, int32(TOS_LOWDELAY)],
        // Since Linux 4.20.
        [IPPROTO_IPV6, IPV6_MULTICAST_ALL, int32(0)],
      ],
    };
  }
  needed.push([IPPROTO_IP, IP_TOS, int32(TOS_LOWDELAY)]);
  if (link.medium === 'bcast') needed.push([SOL_SOCKET, SO_BROADCAST, int32(1)], [SOL_SOCKET, SO_DONTROUTE, int32(1)]);
  return { needed, wished: [[IPPROTO_IP, IP_MULTICAST_ALL, int32(0)]] };
}

/** A socket bound to the link's interface, as the real daemon makes it. `scope`: the interface's index. */
export function makeSocket(
  libc: Libc,
  link: UdpLink,
  at: { address: string; port: number; scope: number },
): LibcResult {
  const family = familyOf(link);
  const bytes = addressBytes(family, at.address);
  if (bytes === null) return fail('EINVAL', `${at.address} cannot be bound`);
  const domain = family === 'ipv6' ? AF_INET6 : AF_INET;
  const socket = libc.socket(domain, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (!socket.ok) return socket;
  const { needed, wished } = options(link);
  for (const [level, name, value] of needed) {
    const set = libc.setsockopt(socket.value, level, name, value);
    if (!set.ok) {
      libc.close(socket.value);
      return set;
    }
  }
  for (const [level, name, value] of wished) libc.setsockopt(socket.value, level, name, value);
  const address = family === 'ipv6' ? sockaddrIn6(bytes, at.port, at.scope) : sockaddrIn(at.address, at.port);
  const bound = libc.bind(socket.value, address);
  if (bound.ok) return socket;
  libc.close(socket.value);
  return bound;
}
