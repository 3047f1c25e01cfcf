/** IPv6 neighbour discovery frames as bytes (RFC 4861, 4862), and the packet filter that lets only these in. No I/O. */
import type { FrameClaim } from './arpFrame.ts';
import { addressText, macText } from './netlinkMessage.ts';

export const ETHERTYPE_IPV6 = 0x86dd;
const ETHERNET_BYTES = 14;
const IPV6_BYTES = 40;
const NEXT_HEADER_AT = ETHERNET_BYTES + 6;
const HOP_LIMIT_AT = ETHERNET_BYTES + 7;
const SOURCE_AT = ETHERNET_BYTES + 8;
const MESSAGE_AT = ETHERNET_BYTES + IPV6_BYTES;
const TARGET_AT = MESSAGE_AT + 8;
const OPTIONS_AT = TARGET_AT + 16;
const ICMPV6 = 58;
const SOLICITATION = 135;
const ADVERTISEMENT = 136;
const SOURCE_MAC = 1;
const TARGET_MAC = 2;
/** Flag of an advertisement that answers a question. */
const SOLICITED = 0x40;
/** Receivers refuse anything that was routed. */
const HOP_LIMIT = 255;
const ALL_NODES = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
const UNSPECIFIED = new Uint8Array(16);

function onesComplementSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** One message in its headers, its checksum filled in. `to` is a multicast group. */
function frame(from: { mac: Uint8Array; address: Uint8Array }, to: Uint8Array, message: Buffer): Buffer {
  const pseudo = Buffer.alloc(IPV6_BYTES);
  pseudo.set(from.address, 0);
  pseudo.set(to, 16);
  pseudo.writeUInt32BE(message.length, 32);
  pseudo.writeUInt8(ICMPV6, 39);
  message.writeUInt16BE(onesComplementSum(Buffer.concat([pseudo, message])), 2);
  const header = Buffer.alloc(ETHERNET_BYTES + IPV6_BYTES);
  header.set([0x33, 0x33, ...to.subarray(12)], 0);
  header.set(from.mac, 6);
  header.writeUInt16BE(ETHERTYPE_IPV6, 12);
  header.writeUInt8(0x60, ETHERNET_BYTES);
  header.writeUInt16BE(message.length, ETHERNET_BYTES + 4);
  header.writeUInt8(ICMPV6, NEXT_HEADER_AT);
  header.writeUInt8(HOP_LIMIT, HOP_LIMIT_AT);
  header.set(from.address, SOURCE_AT);
  header.set(to, SOURCE_AT + 16);
  return Buffer.concat([header, message]);
}

function macOption(type: number, mac: Uint8Array): Buffer {
  return Buffer.from([type, 1, ...mac]);
}

/** "This address is at this MAC", unasked, with the override flag: replace what the cache holds. */
export function advertisementFrame(address: Uint8Array, mac: Uint8Array): Buffer {
  const message = Buffer.concat([Buffer.alloc(24), macOption(TARGET_MAC, mac)]);
  message.writeUInt8(ADVERTISEMENT, 0);
  message.writeUInt8(0x20, 4);
  message.set(address, 8);
  return frame({ mac, address }, ALL_NODES, message);
}

/**
 * Asks who has `target`. With a `source` of ours it is an ordinary question. Without one it is the probe of duplicate
 * address detection, which makes a host that is only just adding the address give it up: a last resort, used where
 * this interface has no address of its own.
 */
export function solicitationFrame(target: Uint8Array, mac: Uint8Array, source: Uint8Array | null): Buffer {
  const option = source === null ? Buffer.alloc(0) : macOption(SOURCE_MAC, mac);
  const message = Buffer.concat([Buffer.alloc(24), option]);
  message.writeUInt8(SOLICITATION, 0);
  message.set(target, 8);
  // The solicited-node group: the last three bytes of the address say which.
  const group = Uint8Array.from([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, ...target.subarray(13)]);
  return frame({ mac, address: source ?? UNSPECIFIED }, group, message);
}

function optionMac(view: Buffer, type: number): string | null {
  for (let at = OPTIONS_AT; at + 8 <= view.length;) {
    const bytes = view.readUInt8(at + 1) * 8;
    if (bytes === 0) return null;
    if (view.readUInt8(at) === type) return macText(view.subarray(at + 2, at + 8));
    at += bytes;
  }
  return null;
}

/**
 * Who says to have which address: the target of an advertisement, or the sender of a solicitation. Null: neither, or
 * a probe, whose sender claims nothing.
 */
export function parseNeighbour(bytes: Uint8Array): FrameClaim | null {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < OPTIONS_AT || view.readUInt16BE(12) !== ETHERTYPE_IPV6) return null;
  if (view.readUInt8(NEXT_HEADER_AT) !== ICMPV6 || view.readUInt8(HOP_LIMIT_AT) !== HOP_LIMIT) return null;
  const etherMac = macText(view.subarray(6, 12));
  const type = view.readUInt8(MESSAGE_AT);
  if (type === ADVERTISEMENT) {
    return {
      mac: optionMac(view, TARGET_MAC) ?? etherMac,
      address: addressText(view.subarray(TARGET_AT, OPTIONS_AT)),
      unasked: (view.readUInt8(MESSAGE_AT + 4) & SOLICITED) === 0,
    };
  }
  const source = view.subarray(SOURCE_AT, SOURCE_AT + 16);
  if (type !== SOLICITATION || source.every((byte) => byte === 0)) return null;
  return { mac: optionMac(view, SOURCE_MAC) ?? etherMac, address: addressText(source), unasked: false };
}

/**
 * Classic BPF for a packet socket: neighbour solicitations and advertisements only. Without it the socket would be
 * handed a copy of all the host's IPv6 traffic, and its buffer would be full when an answer comes.
 */
export const ND_FILTER: Uint8Array = filter([
  [0x30, 0, 0, NEXT_HEADER_AT], // load the byte
  [0x15, 0, 4, ICMPV6], // equal: go on; else drop
  [0x30, 0, 0, MESSAGE_AT],
  [0x15, 1, 0, SOLICITATION], // equal: accept
  [0x15, 0, 1, ADVERTISEMENT], // equal: accept; else drop
  [0x06, 0, 0, 256], // accept, that many bytes
  [0x06, 0, 0, 0], // drop
]);

function filter(instructions: readonly (readonly [code: number, yes: number, no: number, k: number])[]): Uint8Array {
  const bytes = Buffer.alloc(instructions.length * 8);
  instructions.forEach(([code, yes, no, k], i) => {
    bytes.writeUInt16LE(code, i * 8);
    bytes.writeUInt8(yes, i * 8 + 2);
    bytes.writeUInt8(no, i * 8 + 3);
    bytes.writeUInt32LE(k, i * 8 + 4);
  });
  return bytes;
}
