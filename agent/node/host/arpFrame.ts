/** ARP frames as bytes (RFC 826, 5227), and what is the same for both families. No I/O. */
import { advertisementFrame, solicitationFrame } from './ndFrame.ts';
import { addressBytes, macText } from './netlinkMessage.ts';

export const ETHERTYPE_ARP = 0x0806;
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
  if (family === 'ipv6') return [advertisementFrame(ip, from)];
  return [arp('request', from, ip, ZERO_MAC, ip), arp('reply', from, ip, BROADCAST_MAC, ip)];
}

/**
 * Asks who has the address without claiming it. IPv4: the sender's address is 0.0.0.0, so no cache changes. IPv6: the
 * sender is `source`, an address of this interface that is no VIP (see `solicitationFrame`). Null: not an address.
 */
export function probeFrame(
  family: 'ipv4' | 'ipv6',
  address: string,
  mac: string,
  source: string | null,
): Buffer | null {
  const ip = addressBytes(family, address);
  if (ip === null) return null;
  if (family === 'ipv4') return arp('request', macBytes(mac), Uint8Array.of(0, 0, 0, 0), ZERO_MAC, ip);
  return solicitationFrame(ip, macBytes(mac), source === null ? null : addressBytes('ipv6', source));
}

/** A claim as a frame makes it. `unasked`: it tells the whole LAN on its own accord (gratuitous). */
export interface FrameClaim {
  readonly mac: string;
  readonly address: string;
  readonly unasked: boolean;
}

/** Who says to have which address. Null: not an ARP packet over Ethernet for IPv4. */
export function parseArp(frame: Uint8Array): FrameClaim | null {
  const view = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.length < ETHERNET_BYTES + ARP_BYTES || view.readUInt16BE(12) !== ETHERTYPE_ARP) return null;
  const body = view.subarray(ETHERNET_BYTES);
  if (body.readUInt16BE(2) !== 0x0800 || body.readUInt8(4) !== 6 || body.readUInt8(5) !== 4) return null;
  const sender = body.subarray(14, 18);
  // Sender and target are the same in an announcement, request and reply alike (RFC 5227).
  const unasked = sender.equals(body.subarray(24, 28));
  return { mac: macText(body.subarray(8, 14)), address: [...sender].join('.'), unasked };
}
