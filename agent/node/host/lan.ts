/**
 * What a node says and hears on a LAN about addresses, by ARP or by IPv6 neighbour discovery: announcing that it has
 * one, asking who has one, and hearing who claims one. Raw packets where the C library can be called, else `arping`.
 */
import { execFile } from 'node:child_process';
import { fail, ok, type Result } from '../../common/base/result.ts';
import { announcementFrames, ETHERTYPE_ARP, parseArp, probeFrame } from './arpFrame.ts';
import { ETHERTYPE_IPV6, ND_FILTER, parseNeighbour } from './ndFrame.ts';
import { AF_PACKET, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW, type Libc } from './libc.ts';
import type { HostInterface } from './netlinkMessage.ts';

export type Family = 'ipv4' | 'ipv6';

/** Another host's claim on an address, heard on an interface: by ARP, or by IPv6 neighbour discovery. */
export interface LanClaim {
  readonly iface: string;
  /** As `canonicalAddress` spells it. */
  readonly address: string;
  readonly mac: string;
  /** Told to everybody on its own accord; false: an answer, or not to be told. */
  readonly unasked: boolean;
}

/** A question: who has this address? */
export interface LanQuestion {
  readonly family: Family;
  readonly address: string;
  /** IPv6: an address of the interface that is no VIP; null: it has none (or IPv4, which needs none). */
  readonly source: string | null;
}

export interface Lan {
  readonly means: 'packet-socket' | 'arping' | 'fake';
  /** Tells everybody on the interface's LAN that the address is here. */
  announce(iface: HostInterface, family: Family, address: string): Result<null, string>;
  /** Asks who has the address; answers come out of `claims` some milliseconds later. */
  probe(iface: HostInterface, question: LanQuestion): Result<null, string>;
  /** Claims of others heard since the last call, asked for or not, on every interface that was ever used. */
  claims(): readonly LanClaim[];
  close(): void;
}

const SOCKADDR_LL_BYTES = 20;
const FRAME_BYTES_MAX = 256;
/** Frames taken in one call; a storm of ARP must not hold the main thread. The rest comes next time. */
const FRAMES_PER_CALL_MAX = 256;

const ETHERTYPE = { ipv4: ETHERTYPE_ARP, ipv6: ETHERTYPE_IPV6 } as const;
const PARSE = { ipv4: parseArp, ipv6: parseNeighbour } as const;

function sockaddrLl(family: Family, ifaceIndex: number): Buffer {
  const bytes = Buffer.alloc(SOCKADDR_LL_BYTES);
  bytes.writeUInt16LE(AF_PACKET, 0);
  bytes.writeUInt16BE(ETHERTYPE[family], 2);
  bytes.writeInt32LE(ifaceIndex, 4);
  bytes.writeUInt8(6, 11);
  return bytes;
}

interface LanSocket {
  readonly family: Family;
  readonly iface: string;
  readonly index: number;
  readonly mac: string;
  readonly fd: number;
}

class PacketLan implements Lan {
  readonly means = 'packet-socket';
  private readonly libc: Libc;
  private readonly sockets = new Map<string, LanSocket>();
  private readonly into = Buffer.alloc(FRAME_BYTES_MAX);

  constructor(libc: Libc) {
    this.libc = libc;
  }

  /** One bound socket for each interface and family; renewed when the interface was made anew. */
  private socketOn(iface: HostInterface, family: Family): Result<number, string> {
    const mac = iface.mac;
    if (mac === null) return fail('no-mac', `${iface.name} has no Ethernet address`);
    const key = `${family} ${iface.name}`;
    const known = this.sockets.get(key);
    if (known !== undefined && known.index === iface.index && known.mac === mac) return ok(known.fd);
    if (known !== undefined) this.libc.close(known.fd);
    this.sockets.delete(key);
    // Protocol 0: nothing comes in before the filter is in place and the socket is bound.
    const socket = this.libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (!socket.ok) return socket;
    const filtered = family === 'ipv6' ? this.libc.attachFilter(socket.value, ND_FILTER) : ok(0);
    const bound = filtered.ok ? this.libc.bind(socket.value, sockaddrLl(family, iface.index)) : filtered;
    if (!bound.ok) {
      this.libc.close(socket.value);
      return bound;
    }
    this.sockets.set(key, { family, iface: iface.name, index: iface.index, mac, fd: socket.value });
    return ok(socket.value);
  }

  private send(iface: HostInterface, family: Family, frames: readonly Uint8Array[] | null): Result<null, string> {
    if (frames === null) return fail('bad-address', 'not an address');
    const socket = this.socketOn(iface, family);
    if (!socket.ok) return socket;
    for (const frame of frames) {
      const sent = this.libc.sendto(socket.value, frame, MSG_DONTWAIT, sockaddrLl(family, iface.index));
      if (!sent.ok) return sent;
    }
    return ok(null);
  }

  announce(iface: HostInterface, family: Family, address: string): Result<null, string> {
    return this.send(iface, family, iface.mac === null ? null : announcementFrames(family, address, iface.mac));
  }

  probe(iface: HostInterface, question: LanQuestion): Result<null, string> {
    const { family, address, source } = question;
    const frame = iface.mac === null ? null : probeFrame(family, address, iface.mac, source);
    return this.send(iface, family, frame === null ? null : [frame]);
  }

  claims(): readonly LanClaim[] {
    const claims: LanClaim[] = [];
    const own = new Set([...this.sockets.values()].map((socket) => socket.mac));
    for (const socket of this.sockets.values()) {
      for (let i = 0; i < FRAMES_PER_CALL_MAX; i++) {
        const got = this.libc.recv(socket.fd, this.into, MSG_DONTWAIT);
        if (!got.ok) break;
        const claim = PARSE[socket.family](this.into.subarray(0, got.value));
        if (claim !== null && !own.has(claim.mac)) claims.push({ iface: socket.iface, ...claim });
      }
    }
    return claims;
  }

  close(): void {
    for (const socket of this.sockets.values()) this.libc.close(socket.fd);
    this.sockets.clear();
  }
}

class ArpingLan implements Lan {
  readonly means = 'arping';
  private readonly heard: LanClaim[] = [];

  announce(iface: HostInterface, family: Family, address: string): Result<null, string> {
    if (family === 'ipv6') return fail('unavailable', 'announcing an IPv6 address needs raw packets');
    execFile('arping', ['-q', '-U', '-c', '1', '-I', iface.name, address], { timeout: 2000 }, () => undefined);
    execFile('arping', ['-q', '-A', '-c', '1', '-I', iface.name, address], { timeout: 2000 }, () => undefined);
    return ok(null);
  }

  probe(iface: HostInterface, { family, address }: LanQuestion): Result<null, string> {
    if (family === 'ipv6') return fail('unavailable', 'asking for an IPv6 address needs raw packets');
    execFile('arping', ['-D', '-c', '1', '-w', '1', '-I', iface.name, address], { timeout: 3000 }, (_error, stdout) => {
      const mac = /\[([0-9A-Fa-f:]{17})\]/.exec(stdout)?.[1];
      if (mac !== undefined) this.heard.push({ iface: iface.name, address, mac: mac.toLowerCase(), unasked: false });
    });
    return ok(null);
  }

  claims(): readonly LanClaim[] {
    return this.heard.splice(0);
  }

  close(): void {
    this.heard.length = 0;
  }
}

/** Packet sockets where the C library can be called, else the `arping` command. */
export function openLan(libc: Libc | null): Lan {
  return libc === null ? new ArpingLan() : new PacketLan(libc);
}
