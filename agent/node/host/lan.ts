/**
 * What a node says and hears on a LAN about addresses: announcing that it has one, asking who has
 * one, and hearing who claims one. Raw packets where the C library can be called, else `arping`.
 */
import { execFile } from 'node:child_process';
import { fail, ok, type Result } from '../../common/base/result.ts';
import { announcementFrames, ETHERTYPE_ARP, parseArp, probeFrame } from './arpFrame.ts';
import { AF_PACKET, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW, type Libc } from './libc.ts';
import type { HostInterface } from './netlinkMessage.ts';

/** Another host's claim on an address, heard on an interface. */
export interface ArpClaim {
  readonly iface: string;
  readonly address: string;
  readonly mac: string;
}

export interface Lan {
  readonly means: 'packet-socket' | 'arping' | 'fake';
  /** Tells everybody on the interface's LAN that the address is here. */
  announce(iface: HostInterface, family: 'ipv4' | 'ipv6', address: string): Result<null, string>;
  /** Asks who has the address; answers come out of `claims` some milliseconds later. IPv4 only. */
  probe(iface: HostInterface, address: string): Result<null, string>;
  /** Claims of others heard since the last call, on every interface that was ever probed. */
  claims(): readonly ArpClaim[];
  close(): void;
}

const SOCKADDR_LL_BYTES = 20;
const FRAME_BYTES_MAX = 256;
/** Frames taken in one call; a storm of ARP must not hold the main thread. The rest comes next time. */
const FRAMES_PER_CALL_MAX = 256;

function sockaddrLl(ifaceIndex: number): Buffer {
  const bytes = Buffer.alloc(SOCKADDR_LL_BYTES);
  bytes.writeUInt16LE(AF_PACKET, 0);
  bytes.writeUInt16BE(ETHERTYPE_ARP, 2);
  bytes.writeInt32LE(ifaceIndex, 4);
  bytes.writeUInt8(6, 11);
  return bytes;
}

class PacketLan implements Lan {
  readonly means = 'packet-socket';
  private readonly libc: Libc;
  private readonly sockets = new Map<string, { readonly index: number; readonly mac: string; readonly fd: number }>();
  private readonly into = Buffer.alloc(FRAME_BYTES_MAX);

  constructor(libc: Libc) {
    this.libc = libc;
  }

  /** One bound socket an interface; renewed when the interface was made anew. */
  private socketOn(iface: HostInterface): Result<number, string> {
    const mac = iface.mac;
    if (mac === null) return fail('no-mac', `${iface.name} has no Ethernet address`);
    const known = this.sockets.get(iface.name);
    if (known !== undefined && known.index === iface.index && known.mac === mac) return ok(known.fd);
    if (known !== undefined) this.libc.close(known.fd);
    this.sockets.delete(iface.name);
    const protocol = ((ETHERTYPE_ARP & 0xff) << 8) | (ETHERTYPE_ARP >> 8); // htons
    const socket = this.libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (!socket.ok) return socket;
    const bound = this.libc.bind(socket.value, sockaddrLl(iface.index));
    if (!bound.ok) {
      this.libc.close(socket.value);
      return bound;
    }
    this.sockets.set(iface.name, { index: iface.index, mac, fd: socket.value });
    return ok(socket.value);
  }

  private send(iface: HostInterface, frames: readonly Uint8Array[] | null): Result<null, string> {
    if (frames === null) return fail('bad-address', 'not an address');
    const socket = this.socketOn(iface);
    if (!socket.ok) return socket;
    for (const frame of frames) {
      const sent = this.libc.sendto(socket.value, frame, MSG_DONTWAIT, sockaddrLl(iface.index));
      if (!sent.ok) return sent;
    }
    return ok(null);
  }

  announce(iface: HostInterface, family: 'ipv4' | 'ipv6', address: string): Result<null, string> {
    return this.send(iface, iface.mac === null ? null : announcementFrames(family, address, iface.mac));
  }

  probe(iface: HostInterface, address: string): Result<null, string> {
    const frame = iface.mac === null ? null : probeFrame(address, iface.mac);
    return this.send(iface, frame === null ? null : [frame]);
  }

  claims(): readonly ArpClaim[] {
    const claims: ArpClaim[] = [];
    const own = new Set([...this.sockets.values()].map((socket) => socket.mac));
    for (const [iface, socket] of this.sockets) {
      for (let i = 0; i < FRAMES_PER_CALL_MAX; i++) {
        const got = this.libc.recv(socket.fd, this.into, MSG_DONTWAIT);
        if (!got.ok) break;
        const arp = parseArp(this.into.subarray(0, got.value));
        if (arp !== null && !own.has(arp.senderMac))
          claims.push({ iface, address: arp.senderAddress, mac: arp.senderMac });
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
  private readonly heard: ArpClaim[] = [];

  announce(iface: HostInterface, family: 'ipv4' | 'ipv6', address: string): Result<null, string> {
    if (family === 'ipv6') return fail('unavailable', 'announcing an IPv6 address needs raw packets');
    execFile('arping', ['-q', '-U', '-c', '1', '-I', iface.name, address], { timeout: 2000 }, () => undefined);
    execFile('arping', ['-q', '-A', '-c', '1', '-I', iface.name, address], { timeout: 2000 }, () => undefined);
    return ok(null);
  }

  probe(iface: HostInterface, address: string): Result<null, string> {
    execFile('arping', ['-D', '-c', '1', '-w', '1', '-I', iface.name, address], { timeout: 3000 }, (_error, stdout) => {
      const mac = /\[([0-9A-Fa-f:]{17})\]/.exec(stdout)?.[1];
      if (mac !== undefined) this.heard.push({ iface: iface.name, address, mac: mac.toLowerCase() });
    });
    return ok(null);
  }

  claims(): readonly ArpClaim[] {
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
