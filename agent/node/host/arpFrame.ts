/** ARP and neighbour advertisement frames as bytes (RFC 826, 5227, 4861). No I/O. */
import { addressBytes, macText } from './netlinkMessage.ts';

export const ETHERTYPE_ARP = 0x0806;
const ETHERTYPE_IPV6 = 0x86dd;
const ARP_BYTES = 28;
const ETHERNET_BYTES = 14;
const BROADCAST_MAC = Buffer.alloc(6, 0xff);
const ZERO_MAC = Buffer.alloc(6);
const OPERATION = { request: 1, reply: 2 } as const;

/** The six bytes of `aa:bb:cc:dd:ee:ff`. */
export function macBytes(mac: string): Buffer {
  return Buffer.from(mac.split(':').map((part) => Number.parseInt(part, 16)));
}

function ethernet(to: Uint8Array, from: Uint8Array, type: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(ETHERNET_BYTES);
  header.set(to, 0);
  header.set(from, 6);
  header.writeUInt16BE(type, 12);
  return Buffer.concat([header, payload]);
}

function arp(
  operation: keyof typeof OPERATION,
  senderMac: Buffer,
  sender: Uint8Array,
  targetMac: Uint8Array,
  target: Uint8Array,
): Buffer {
  const bytes = Buffer.alloc(ARP_BYTES);
  bytes.writeUInt16BE(1, 0);
  bytes.writeUInt16BE(0x0800, 2);
  bytes.writeUInt8(6, 4);
  bytes.writeUInt8(4, 5);
  bytes.writeUInt16BE(OPERATION[operation], 6);
  bytes.set(senderMac, 8);
  bytes.set(sender, 14);
  bytes.set(targetMac, 18);
  bytes.set(target, 24);
  return ethernet(BROADCAST_MAC, senderMac, ETHERTYPE_ARP, bytes);
}

/**
 * The frames that tell a LAN "this address is at this MAC". Both ARP forms: RFC 5227 says request,
 * but some stacks only learn from replies, some only from requests; Linux-HA sends both too.
 * IPv6: one unsolicited neighbour advertisement with the override flag. Null: not an address.
 */
export function announcementFrames(family: 'ipv4' | 'ipv6', address: string, mac: string): Buffer[] | null {
  const ip = addressBytes(family, address);
  if (ip === null) return null;
  const from = macBytes(mac);
  if (family === 'ipv6') return [neighbourAdvertisement(ip, from)];
  return [arp('request', from, ip, ZERO_MAC, ip), arp('reply', from, ip, BROADCAST_MAC, ip)];
}

/** Asks who has the address without claiming it: the sender's address is 0.0.0.0, so no cache changes. Null: not IPv4. */
export function probeFrame(address: string, mac: string): Buffer | null {
  const ip = addressBytes('ipv4', address);
  return ip === null ? null : arp('request', macBytes(mac), Uint8Array.of(0, 0, 0, 0), ZERO_MAC, ip);
}

/** Who says to have which address. Null: not an ARP packet over Ethernet for IPv4. */
export function parseArp(frame: Uint8Array): { readonly senderMac: string; readonly senderAddress: string } | null {
  const view = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.length < ETHERNET_BYTES + ARP_BYTES || view.readUInt16BE(12) !== ETHERTYPE_ARP) return null;
  const body = view.subarray(ETHERNET_BYTES);
  if (body.readUInt16BE(2) !== 0x0800 || body.readUInt8(4) !== 6 || body.readUInt8(5) !== 4) return null;
  return { senderMac: macText(body.subarray(8, 14)), senderAddress: [...body.subarray(14, 18)].join('.') };
}

function onesComplementSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function neighbourAdvertisement(address: Uint8Array, mac: Buffer): Buffer {
  const allNodes = addressBytes('ipv6', 'ff02::1') ?? new Uint8Array(16);
  const message = Buffer.alloc(32);
  message.writeUInt8(136, 0);
  message.writeUInt8(0x20, 4); // override: replace what the cache holds
  message.set(address, 8);
  message.writeUInt8(2, 24); // target link-layer address, one unit of 8 bytes
  message.writeUInt8(1, 25);
  message.set(mac, 26);
  const pseudo = Buffer.alloc(40);
  pseudo.set(address, 0);
  pseudo.set(allNodes, 16);
  pseudo.writeUInt32BE(message.length, 32);
  pseudo.writeUInt8(58, 39);
  message.writeUInt16BE(onesComplementSum(Buffer.concat([pseudo, message])), 2);
  const header = Buffer.alloc(40);
  header.writeUInt8(0x60, 0);
  header.writeUInt16BE(message.length, 4);
  header.writeUInt8(58, 6);
  header.writeUInt8(255, 7); // receivers refuse anything that was routed
  header.set(address, 8);
  header.set(allNodes, 24);
  return ethernet(Uint8Array.of(0x33, 0x33, 0, 0, 0, 1), mac, ETHERTYPE_IPV6, Buffer.concat([header, message]));
}
