/** Where an address belongs: the interface, prefix and broadcast that Linux-HA's `findif` would take. */
import { fail, ok, type Result } from '../../common/base/result.ts';
import type { VipSpec } from '../../common/config/model.ts';
import {
  addressBytes,
  addressText,
  type AddressChange,
  type HostAddress,
  type HostInterface,
} from '../host/netlinkMessage.ts';

/** One row of /proc/net/route or /proc/net/ipv6_route. */
interface Route {
  readonly iface: string;
  /** In network order. */
  readonly destination: Uint8Array;
  readonly prefixBits: number;
}

/** Flags of a route, as both files print them. */
const RTF_UP = 1;
const RTF_REJECT = 0x200;
/** IPv6 only: one of this host's own addresses. */
const RTF_LOCAL = 0x8000_0000;

function toNumber(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

function maskOf(prefixBits: number): number {
  return prefixBits === 0 ? 0 : (0xffffffff << (32 - prefixBits)) >>> 0;
}

/** The kernel prints the words as this machine stores them: little-endian. */
function wordBytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex').reverse());
}

/** Rows of /proc/net/route that are up. */
function parseRoutes4(text: string): Route[] {
  const routes: Route[] = [];
  for (const line of text.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    const [iface, destination, , flags] = columns;
    const mask = columns[7];
    if (iface === undefined || destination === undefined || flags === undefined || mask === undefined) continue;
    if (destination.length !== 8 || mask.length !== 8 || (Number.parseInt(flags, 16) & RTF_UP) === 0) continue;
    const prefixBits = toNumber(wordBytes(mask)).toString(2).replaceAll('0', '').length;
    routes.push({ iface, destination: wordBytes(destination), prefixBits });
  }
  return routes;
}

/** Rows of /proc/net/ipv6_route that lead out of this host: multicast goes everywhere and says nothing. */
function parseRoutes6(text: string): Route[] {
  const routes: Route[] = [];
  for (const line of text.split('\n')) {
    const columns = line.trim().split(/\s+/);
    const [destination, prefix] = columns;
    const [flagsText, iface] = [columns[8], columns[9]];
    if (destination?.length !== 32 || prefix === undefined || flagsText === undefined || iface === undefined) continue;
    const flags = Number.parseInt(flagsText, 16);
    const leadsOut = (flags & RTF_UP) !== 0 && (flags & (RTF_REJECT | RTF_LOCAL)) === 0 && iface !== 'lo';
    if (!leadsOut || destination.startsWith('ff')) continue;
    routes.push({
      iface,
      destination: Uint8Array.from(Buffer.from(destination, 'hex')),
      prefixBits: Number.parseInt(prefix, 16),
    });
  }
  return routes;
}

/** Routes of /proc/net/route or /proc/net/ipv6_route that could carry a VIP. */
export function parseRoutes(family: VipSpec['family'], text: string): Route[] {
  return family === 'ipv4' ? parseRoutes4(text) : parseRoutes6(text);
}

/** Broadcast address of the network, or null where there is none (prefix 31 and 32). */
export function broadcastOf(address: string, prefixBits: number): string | null {
  const bytes = addressBytes('ipv4', address);
  if (bytes === null || prefixBits > 30) return null;
  const all = (toNumber(bytes) | ~maskOf(prefixBits)) >>> 0;
  return addressText(Uint8Array.of(all >>> 24, (all >>> 16) & 255, (all >>> 8) & 255, all & 255));
}

function sameNetwork(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  for (let i = 0; i < bits; i++) {
    const bit = 7 - (i % 8);
    if ((((a[i >> 3] ?? 0) ^ (b[i >> 3] ?? 0)) >> bit) & 1) return false;
  }
  return true;
}

/** What a host knows that decides where an address goes. */
export interface Surroundings {
  readonly interfaces: readonly HostInterface[];
  readonly addresses: readonly HostAddress[];
  /** Text of /proc/net/route, or for an IPv6 VIP of /proc/net/ipv6_route; empty where it cannot be read. */
  readonly routesText: string;
}

export type PlacementFailure = 'bad-address' | 'no-such-interface' | 'no-route';

/** The neighbour on the same network, longest prefix first; the address itself does not count. */
function networkOf(vip: VipSpec, bytes: Uint8Array, at: Surroundings, iface: HostInterface | null): HostAddress | null {
  const own = addressText(bytes);
  return at.addresses
    .filter((a) => a.family === vip.family && a.address !== own && (iface === null || a.ifaceIndex === iface.index))
    .filter((a) => a.prefixBits > 0 && a.prefixBits < bytes.length * 8)
    .filter((a) => sameNetwork(addressBytes(a.family, a.address) ?? bytes, bytes, a.prefixBits))
    .reduce<HostAddress | null>((best, a) => (best === null || a.prefixBits > best.prefixBits ? a : best), null);
}

/**
 * Completes a VIP: what the file leaves out comes from an address of the same network, else from the most specific
 * route, as `findif` does.
 */
export function placeVip(
  vip: VipSpec,
  at: Surroundings,
): Result<{ iface: HostInterface; change: AddressChange }, PlacementFailure> {
  const bytes = addressBytes(vip.family, vip.address);
  if (bytes === null) return fail('bad-address', `${vip.address} is not an ${vip.family} address`);
  const named = vip.iface === null ? null : (at.interfaces.find((i) => i.name === vip.iface) ?? null);
  if (vip.iface !== null && named === null) return fail('no-such-interface', `there is no interface ${vip.iface}`);
  const network = networkOf(vip, bytes, at, named);
  const route = parseRoutes(vip.family, at.routesText)
    .filter((r) => (named === null || r.iface === named.name) && sameNetwork(r.destination, bytes, r.prefixBits))
    .reduce<Route | null>((best, r) => (best === null || r.prefixBits > best.prefixBits ? r : best), null);
  const iface =
    named ??
    at.interfaces.find((i) => (network === null ? i.name === route?.iface : i.index === network.ifaceIndex)) ??
    null;
  if (iface === null) return fail('no-route', `no interface has a route to ${vip.address}`);
  const alone = bytes.length * 8;
  const derived = network?.prefixBits ?? (route === null || route.prefixBits === 0 ? alone : route.prefixBits);
  const prefixBits = vip.prefixBits ?? derived;
  const broadcast = vip.family === 'ipv6' ? null : (vip.broadcast ?? broadcastOf(vip.address, prefixBits));
  const change = {
    family: vip.family,
    address: vip.address,
    prefixBits,
    ifaceIndex: iface.index,
    broadcast,
    label: vip.label,
  };
  return ok({ iface, change });
}
