/** rtnetlink messages as bytes (linux/netlink.h, linux/rtnetlink.h, linux/if_addr.h). No I/O. Little-endian hosts only. */

export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const RTM_NEWLINK = 16;
export const RTM_GETLINK = 18;
export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
export const RTM_GETADDR = 22;
export const NLM_F_REQUEST = 1;
export const NLM_F_ACK = 4;
export const NLM_F_DUMP = 0x300;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;

const HEADER_BYTES = 16;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_LABEL = 3;
const IFA_BROADCAST = 4;
const IFA_CACHEINFO = 6;
const IFA_F_NODAD = 0x02;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFF_UP = 1;
const IFF_LOWER_UP = 0x10000;
const FAMILY = { ipv4: 2, ipv6: 10 } as const;

/** One interface of this host. `carrier` is false when the cable is out. */
export interface HostInterface {
  readonly name: string;
  readonly index: number;
  readonly mac: string | null;
  readonly up: boolean;
  readonly carrier: boolean;
}

/** One address on one interface, as the kernel has it right now. */
export interface HostAddress {
  readonly family: 'ipv4' | 'ipv6';
  readonly address: string;
  readonly prefixBits: number;
  readonly ifaceIndex: number;
  readonly broadcast: string | null;
}

/** An address to add or remove. */
export interface AddressChange {
  readonly family: 'ipv4' | 'ipv6';
  readonly address: string;
  readonly prefixBits: number;
  readonly ifaceIndex: number;
  /** Null: none. */
  readonly broadcast: string | null;
  /** At most 15 characters, starting with the interface's name; null: none. */
  readonly label: string | null;
}

function align4(n: number): number {
  return (n + 3) & ~3;
}

/** `::ffff:10.0.0.1` with its last 32 bits as two groups; anything else as it is. */
function withoutTail(address: string): string {
  const [tail] = /[^:]*\.[^:]*$/.exec(address) ?? [];
  const bytes = tail === undefined ? null : addressBytes('ipv4', tail);
  if (tail === undefined || bytes === null) return address;
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return `${address.slice(0, -tail.length)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

/** The bytes of an address in network order, or null when it is not one of that family. */
export function addressBytes(family: 'ipv4' | 'ipv6', address: string): Uint8Array | null {
  if (family === 'ipv4') {
    const parts = address.split('.').map(Number);
    if (parts.length !== 4 || parts.some((p) => !Number.isInteger(p) || p < 0 || p > 255)) return null;
    return Uint8Array.from(parts);
  }
  const halves = withoutTail(address).split('::');
  if (halves.length > 2) return null;
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((g) => Number.parseInt(g, 16)));
  const head = groups(halves[0] ?? '');
  const tail = groups(halves[1] ?? '');
  const gap = 8 - head.length - tail.length;
  if (halves.length === 1 ? gap !== 0 : gap < 1) return null;
  const all = [...head, ...Array.from({ length: halves.length === 1 ? 0 : gap }, () => 0), ...tail];
  if (all.some((g) => !Number.isInteger(g) || g < 0 || g > 0xffff)) return null;
  return Uint8Array.from(all.flatMap((g) => [g >> 8, g & 0xff]));
}

/** One spelling for each address, so that two can be compared as text. Unparsable text is returned as it is. */
export function canonicalAddress(family: 'ipv4' | 'ipv6', address: string): string {
  const bytes = addressBytes(family, address);
  return bytes === null ? address : addressText(bytes);
}

/** Dotted quad, or IPv6 as eight groups without leading zeros: not the shortest form, but one form. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return [...bytes].join('.');
  const view = Buffer.from(bytes);
  return Array.from({ length: 8 }, (_, i) => view.readUInt16BE(i * 2).toString(16)).join(':');
}

function attribute(type: number, payload: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(align4(4 + payload.length));
  bytes.writeUInt16LE(4 + payload.length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(payload, 4);
  return bytes;
}

function request(type: number, flags: number, seq: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = HEADER_BYTES + parts.reduce((sum, part) => sum + part.length, 0);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags | NLM_F_REQUEST, 6);
  header.writeUInt32LE(seq, 8);
  return Buffer.concat([header, ...parts], length);
}

/** Asks for all links or all addresses. */
export function dumpRequest(type: typeof RTM_GETLINK | typeof RTM_GETADDR, seq: number): Uint8Array {
  return request(type, NLM_F_DUMP, seq, [Buffer.alloc(16)]);
}

/**
 * Deprecated for good, valid for good: the address answers, and is never chosen as the source of what this host
 * itself sends. IPv4 VIPs have this by being secondary; an IPv6 VIP would be preferred to the node's own address,
 * and every connection out of the node would break with the next takeover.
 */
function deprecatedLifetime(): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(0, 0);
  bytes.writeUInt32LE(0xffffffff, 4);
  return bytes;
}

/** Adds or removes one address; null when the address is not well-formed. */
export function addressRequest(
  type: typeof RTM_NEWADDR | typeof RTM_DELADDR,
  change: AddressChange,
  seq: number,
): Uint8Array | null {
  const local = addressBytes(change.family, change.address);
  if (local === null) return null;
  const head = Buffer.alloc(8);
  head.writeUInt8(FAMILY[change.family], 0);
  head.writeUInt8(change.prefixBits, 1);
  // A floating address must answer at once: no duplicate address detection. We look for a second holder ourselves.
  head.writeUInt8(change.family === 'ipv6' && type === RTM_NEWADDR ? IFA_F_NODAD : 0, 2);
  head.writeUInt32LE(change.ifaceIndex, 4);
  const parts: Uint8Array[] = [head, attribute(IFA_LOCAL, local), attribute(IFA_ADDRESS, local)];
  if (type === RTM_NEWADDR && change.broadcast !== null) {
    const broadcast = addressBytes('ipv4', change.broadcast);
    if (broadcast !== null) parts.push(attribute(IFA_BROADCAST, broadcast));
  }
  if (type === RTM_NEWADDR && change.label !== null)
    parts.push(attribute(IFA_LABEL, Buffer.from(`${change.label}\0`, 'latin1')));
  if (type === RTM_NEWADDR && change.family === 'ipv6') parts.push(attribute(IFA_CACHEINFO, deprecatedLifetime()));
  const create = type === RTM_NEWADDR ? NLM_F_CREATE | NLM_F_EXCL : 0;
  return request(type, NLM_F_ACK | create, seq, parts);
}

/** One message of a reply. */
export interface NetlinkMessage {
  readonly type: number;
  readonly seq: number;
  readonly payload: Uint8Array;
}

/** Splits one datagram. Stops at the first length that cannot be true. */
export function splitMessages(datagram: Uint8Array): NetlinkMessage[] {
  const view = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + HEADER_BYTES <= view.length;) {
    const length = view.readUInt32LE(at);
    if (length < HEADER_BYTES || at + length > view.length) break;
    messages.push({
      type: view.readUInt16LE(at + 4),
      seq: view.readUInt32LE(at + 8),
      payload: view.subarray(at + HEADER_BYTES, at + length),
    });
    at += align4(length);
  }
  return messages;
}

/** Positive errno of an NLMSG_ERROR; 0 is an acknowledgement. */
export function errorOf(message: NetlinkMessage): number {
  return message.payload.length < 4 ? 0 : -Buffer.from(message.payload).readInt32LE(0);
}

function attributes(payload: Uint8Array, from: number): Map<number, Uint8Array> {
  const view = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const found = new Map<number, Uint8Array>();
  for (let at = from; at + 4 <= view.length;) {
    const length = view.readUInt16LE(at);
    if (length < 4 || at + length > view.length) break;
    found.set(view.readUInt16LE(at + 2) & 0x3fff, view.subarray(at + 4, at + length));
    at += align4(length);
  }
  return found;
}

/** Colon-separated lower-case hex. */
export function macText(bytes: Uint8Array): string {
  return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join(':');
}

/** A link message as an interface, or null when it has no name. */
export function parseLink(message: NetlinkMessage): HostInterface | null {
  if (message.type !== RTM_NEWLINK || message.payload.length < 16) return null;
  const view = Buffer.from(message.payload);
  const found = attributes(message.payload, 16);
  const name = found.get(IFLA_IFNAME);
  if (name === undefined) return null;
  const mac = found.get(IFLA_ADDRESS);
  const flags = view.readUInt32LE(8);
  return {
    name: Buffer.from(name).toString('latin1').replace(/\0.*$/s, ''),
    index: view.readInt32LE(4),
    mac: mac === undefined || mac.length !== 6 ? null : macText(mac),
    up: (flags & IFF_UP) !== 0,
    carrier: (flags & IFF_LOWER_UP) !== 0,
  };
}

/** An address message, or null when it is of neither family. */
export function parseAddress(message: NetlinkMessage): HostAddress | null {
  if (message.type !== RTM_NEWADDR || message.payload.length < 8) return null;
  const view = Buffer.from(message.payload);
  const family = view.readUInt8(0) === FAMILY.ipv4 ? 'ipv4' : view.readUInt8(0) === FAMILY.ipv6 ? 'ipv6' : null;
  const found = attributes(message.payload, 8);
  const local = found.get(IFA_LOCAL) ?? found.get(IFA_ADDRESS);
  if (family === null || local === undefined) return null;
  const broadcast = found.get(IFA_BROADCAST);
  return {
    family,
    address: addressText(local),
    prefixBits: view.readUInt8(1),
    ifaceIndex: view.readUInt32LE(4),
    broadcast: broadcast === undefined ? null : addressText(broadcast),
  };
}
