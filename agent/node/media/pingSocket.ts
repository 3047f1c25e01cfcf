/** Echo requests over a raw socket, which root may open everywhere; ICMP's own datagram sockets need a sysctl that forbids them by default. */
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { fail, ok, type Result } from '../../common/base/result.ts';
import {
  AF_INET,
  AF_INET6,
  MSG_DONTWAIT,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  sockaddrIn,
  sockaddrIn6,
  type Libc,
} from '../host/libc.ts';
import { addressBytes } from '../host/netlinkMessage.ts';
import type { EchoReply, PingPort } from './ping.ts';

export type IpFamily = 'ipv4' | 'ipv6';

const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;
const SOL_RAW = 255;
const ICMP_FILTER = 1;
const ICMPV6_FILTER = 1;

const ECHO_REQUEST: Readonly<Record<IpFamily, number>> = { ipv4: 8, ipv6: 128 };
const ECHO_REPLY: Readonly<Record<IpFamily, number>> = { ipv4: 0, ipv6: 129 };
/** Type, code, checksum, id, sequence. */
const ICMP_HEADER_BYTES = 8;
/** Our payload is below 400 bytes; the IP header has at most 60. What is longer is cut off and does not authenticate. */
const REPLY_BYTES_MAX = 2048;
/** Replies taken in one look: a host that floods us with them must not hold the heartbeat. The rest is thrown away by the kernel. */
const REPLIES_PER_LOOK_MAX = 32;

/** The internet checksum of RFC 1071. */
export function internetChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** An echo request. For IPv6 the kernel puts the checksum in, because it covers the addresses. */
export function echoRequest(family: IpFamily, id: number, sequence: number, payload: Uint8Array): Uint8Array {
  const packet = Buffer.alloc(ICMP_HEADER_BYTES + payload.length);
  packet.writeUInt8(ECHO_REQUEST[family], 0);
  packet.writeUInt16BE(id, 4);
  packet.writeUInt16BE(sequence, 6);
  packet.set(payload, ICMP_HEADER_BYTES);
  if (family === 'ipv4') packet.writeUInt16BE(internetChecksum(packet), 2);
  return packet;
}

/** What a raw socket received as a reply to `id`, or null. IPv4 comes with its IP header, IPv6 without. */
export function parseEchoReply(family: IpFamily, packet: Uint8Array, id: number): EchoReply | null {
  const headerBytes = family === 'ipv4' ? ((packet[0] ?? 0) & 0x0f) * 4 : 0;
  if (packet.length < headerBytes + ICMP_HEADER_BYTES) return null;
  const icmp = Buffer.from(packet.subarray(headerBytes));
  if (icmp.readUInt8(0) !== ECHO_REPLY[family] || icmp.readUInt8(1) !== 0 || icmp.readUInt16BE(4) !== id) return null;
  return { sequence: icmp.readUInt16BE(6), payload: icmp.subarray(ICMP_HEADER_BYTES) };
}

/** Everything is kept out but echo replies. In the kernel's mask a set bit is a type that is not wanted. */
function filterOf(family: IpFamily): Buffer {
  const words = family === 'ipv4' ? 1 : 8;
  const mask = Buffer.alloc(words * 4, 0xff);
  const type = ECHO_REPLY[family];
  const at = (type >> 5) * 4;
  mask.writeUInt32LE((mask.readUInt32LE(at) & ~(1 << (type & 31))) >>> 0, at);
  return mask;
}

class IcmpPort implements PingPort {
  private readonly libc: Libc;
  private readonly fd: number;
  private readonly family: IpFamily;
  private readonly address: Uint8Array;
  private readonly id: number;
  private readonly into = Buffer.alloc(REPLY_BYTES_MAX);

  constructor(libc: Libc, fd: number, family: IpFamily, address: Uint8Array, id: number) {
    this.libc = libc;
    this.fd = fd;
    this.family = family;
    this.address = address;
    this.id = id;
  }

  send(sequence: number, payload: Uint8Array): Result<null, string> {
    const sent = this.libc.sendto(
      this.fd,
      echoRequest(this.family, this.id, sequence, payload),
      MSG_DONTWAIT,
      this.address,
    );
    return sent.ok ? ok(null) : sent;
  }

  replies(): readonly EchoReply[] {
    const replies: EchoReply[] = [];
    for (let i = 0; i < REPLIES_PER_LOOK_MAX; i++) {
      const got = this.libc.recv(this.fd, this.into, MSG_DONTWAIT);
      if (!got.ok) break;
      const reply = parseEchoReply(this.family, Uint8Array.from(this.into.subarray(0, got.value)), this.id);
      if (reply !== null) replies.push(reply);
    }
    return replies;
  }

  close(): void {
    this.libc.close(this.fd);
  }
}

/** `fe80::1%eth0` needs its interface's number, which the interface's own link-local address carries. */
function sockaddrOf6(written: string): Uint8Array | null {
  const [address = '', zone] = written.split('%');
  const bytes = addressBytes('ipv6', address);
  const scope = zone === undefined ? 0 : networkInterfaces()[zone]?.find((own) => own.family === 'IPv6')?.scopeid;
  return bytes === null || scope === undefined ? null : sockaddrIn6(bytes, 0, scope);
}

/**
 * Opens a port to one address. The socket is connected, so that the kernel hands over only what comes from there. `id`: of our
 * requests, 16 bits. `unavailable`: raw calls cannot be made on this host.
 */
export function openPingPort(libc: Libc | null, address: string, id: number): Result<PingPort, string> {
  if (libc === null) return fail('unavailable', 'ping nodes need raw sockets, which cannot be called on this host');
  const family: IpFamily = isIPv4(address) ? 'ipv4' : 'ipv6';
  const to = family === 'ipv4' ? sockaddrIn(address, 0) : sockaddrOf6(address);
  if (to === null) return fail('bad-address', `${address}: there is no such interface with an IPv6 address`);
  const [domain, protocol] = family === 'ipv4' ? [AF_INET, IPPROTO_ICMP] : [AF_INET6, IPPROTO_ICMPV6];
  const socket = libc.socket(domain, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (!socket.ok) return fail(socket.reason, `no raw socket for ping nodes: ${socket.detail}`);
  const fd = socket.value;
  const filtered =
    family === 'ipv4'
      ? libc.setsockopt(fd, SOL_RAW, ICMP_FILTER, filterOf(family))
      : libc.setsockopt(fd, IPPROTO_ICMPV6, ICMPV6_FILTER, filterOf(family));
  const ready = filtered.ok ? libc.connect(fd, to) : filtered;
  if (!ready.ok) {
    libc.close(fd);
    return fail(ready.reason, `${address}: ${ready.detail}`);
  }
  return ok(new IcmpPort(libc, fd, family, to, id));
}
