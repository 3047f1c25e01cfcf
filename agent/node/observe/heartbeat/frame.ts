/** Ethernet frames of a pair as a capture sees them: heartbeats over UDP, and announcements of addresses by this host. No I/O. */
import { addressText } from '../../host/netlinkMessage.ts';
import { ETHERTYPE_ARP, parseArp } from '../../host/arpFrame.ts';
import { ETHERTYPE_IPV6 } from '../../host/ndFrame.ts';
import { assemble, type Instruction } from './bpf.ts';

/** What a frame says. */
export type SeenFrame =
  | {
      readonly kind: 'datagram';
      readonly source: string;
      readonly destination: string;
      readonly port: number;
      readonly payload: Uint8Array;
    }
  /** An ARP packet whose sender is also whom it asks for, or that nobody asked for: "this address is here". */
  | { readonly kind: 'announcement'; readonly address: string; readonly mac: string };

/** Longest frame handed over. Real messages are below 1.5 KiB; a jumbo frame is the longest that is not in pieces. */
export const FRAME_BYTES_MAX = 9216;

const ETHERNET_BYTES = 14;
const ETHERTYPE_IPV4 = 0x0800;
const IPV6_BYTES = 40;
const UDP_BYTES = 8;
const UDP = 17;
/** The offset under which a filter finds the packet's type (linux/filter.h, SKF_AD_OFF + SKF_AD_PKTTYPE), and the type "sent by us". */
const PACKET_TYPE_AT = 0xffff_f004;
const PACKET_OUTGOING = 4;

/**
 * Lets in UDP to one of the ports, whichever host sent it, and ARP that this host sent; the first piece of a datagram only.
 * Everything else never leaves the kernel.
 */
export function captureFilter(ports: readonly number[]): Uint8Array {
  const checkPort = (): Instruction[] => [
    ...ports.map((port): Instruction => ({ code: 'equal', k: port, yes: 'accept' })),
    { code: 'ret', k: 0 },
  ];
  return assemble([
    { code: 'ldh', k: 12 },
    { code: 'equal', k: ETHERTYPE_ARP, yes: 'arp' },
    { code: 'equal', k: ETHERTYPE_IPV4, yes: 'ipv4' },
    { code: 'equal', k: ETHERTYPE_IPV6, yes: 'ipv6', no: 'drop' },
    { code: 'ldb', k: PACKET_TYPE_AT, label: 'arp' },
    { code: 'equal', k: PACKET_OUTGOING, yes: 'accept', no: 'drop' },
    { code: 'ldb', k: ETHERNET_BYTES + 9, label: 'ipv4' },
    { code: 'equal', k: UDP, no: 'drop' },
    { code: 'ldh', k: ETHERNET_BYTES + 6 },
    // The offset of a piece: only the first one has the ports.
    { code: 'set', k: 0x1fff, yes: 'drop' },
    { code: 'ldx-ip-header', k: ETHERNET_BYTES },
    { code: 'ldh-indexed', k: ETHERNET_BYTES + 2 },
    ...checkPort(),
    { code: 'ldb', k: ETHERNET_BYTES + 6, label: 'ipv6' },
    { code: 'equal', k: UDP, no: 'drop' },
    { code: 'ldh', k: ETHERNET_BYTES + IPV6_BYTES + 2 },
    ...checkPort(),
    { code: 'ret', k: FRAME_BYTES_MAX, label: 'accept' },
    { code: 'ret', k: 0, label: 'drop' },
  ]);
}

function datagram(view: Buffer, at: number, source: string, destination: string): SeenFrame | null {
  if (view.length < at + UDP_BYTES) return null;
  const bytes = view.readUInt16BE(at + 4);
  // A longer datagram than the frame holds arrives in pieces, and this is the first: it cannot be read.
  if (bytes < UDP_BYTES || at + bytes > view.length) return null;
  const payload = Uint8Array.from(view.subarray(at + UDP_BYTES, at + bytes));
  return { kind: 'datagram', source, destination, port: view.readUInt16BE(at + 2), payload };
}

function ipv4(view: Buffer): SeenFrame | null {
  if (view.length < ETHERNET_BYTES + 20 || view.readUInt8(ETHERNET_BYTES + 9) !== UDP) return null;
  const headerBytes = (view.readUInt8(ETHERNET_BYTES) & 0x0f) * 4;
  const [source, destination] = [12, 16].map((at) =>
    addressText(view.subarray(ETHERNET_BYTES + at, ETHERNET_BYTES + at + 4)),
  );
  return datagram(view, ETHERNET_BYTES + headerBytes, source ?? '', destination ?? '');
}

function ipv6(view: Buffer): SeenFrame | null {
  const at = ETHERNET_BYTES + IPV6_BYTES;
  if (view.length < at || view.readUInt8(ETHERNET_BYTES + 6) !== UDP) return null;
  const [source, destination] = [8, 24].map((from) =>
    addressText(view.subarray(ETHERNET_BYTES + from, ETHERNET_BYTES + from + 16)),
  );
  return datagram(view, at, source ?? '', destination ?? '');
}

function announcement(frame: Uint8Array): SeenFrame | null {
  const claim = parseArp(frame);
  return claim?.unasked === true ? { kind: 'announcement', address: claim.address, mac: claim.mac } : null;
}

/** Null: neither of the two, or damaged. */
export function parseFrame(frame: Uint8Array): SeenFrame | null {
  const view = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.length < ETHERNET_BYTES) return null;
  switch (view.readUInt16BE(12)) {
    case ETHERTYPE_IPV4:
      return ipv4(view);
    case ETHERTYPE_IPV6:
      return ipv6(view);
    case ETHERTYPE_ARP:
      return announcement(frame);
    default:
      return null;
  }
}
