/**
 * ucast, bcast and mcast over UDP. The sockets are made by hand where the C library can be called, because
 * heartbeat needs them bound to their interface (SO_BINDTODEVICE) with the port shared between
 * links (SO_REUSEPORT); Node then reads and writes them. Where it cannot be called, a socket is bound
 * to the address that the peer sends to, which tells the links apart as well, and that is reported.
 */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import type { Instant } from '../../common/base/instant.ts';
import { fail, ok, type Result } from '../../common/base/result.ts';
import type { LinkConfig } from '../../common/config/model.ts';
import {
  AF_INET,
  int32,
  IP_TOS,
  IPPROTO_IP,
  SO_BINDTODEVICE,
  SO_BROADCAST,
  SO_DONTROUTE,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  sockaddrIn,
  SOL_SOCKET,
  type Libc,
  type LibcResult,
} from '../host/libc.ts';
import type { NetKernel } from '../host/netKernel.ts';
import type { Medium, MediumProblem, MediumProblemCode, PacketKind } from './medium.ts';

export type UdpLink = Extract<LinkConfig, { medium: 'ucast' | 'bcast' | 'mcast' }>;

/** The edges a UDP medium stands on. `libc` null: raw calls are unavailable. */
export interface UdpHost {
  readonly libc: Libc | null;
  readonly kernel: NetKernel;
  now(): Instant;
}

/** IPTOS_LOWDELAY, as the real daemon sets it. */
const TOS_LOWDELAY = 0x10;
/** These mean that the socket's interface is gone for good; a new one of that name needs a new socket. */
const GONE = new Set(['ENODEV', 'ENXIO', 'EBADF', 'EADDRNOTAVAIL']);
/** These pass when the interface comes up again. */
const DOWN = new Set(['ENETUNREACH', 'ENETDOWN', 'EHOSTUNREACH', 'EHOSTDOWN']);

function codeOf(errno: string): MediumProblemCode {
  if (errno === 'ENODEV' || errno === 'ENXIO') return 'interface-missing';
  if (DOWN.has(errno)) return 'interface-down';
  if (errno === 'EADDRINUSE') return 'port-in-use';
  if (errno === 'EPERM' || errno === 'EACCES') return 'not-permitted';
  return 'send-failed';
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
}

/** Where packets go to, and which addresses of ours take part. */
interface Target {
  readonly destination: string;
  /** Our own address on the interface; null: it has none, or none is needed. */
  readonly own: string | null;
}

export class UdpMedium implements Medium {
  private readonly link: UdpLink;
  private readonly host: UdpHost;
  private receiver: Socket | null = null;
  private sender: Socket | null = null;
  private destination = '';
  private failing = false;
  private packetListener: (packet: Uint8Array, receivedAt: Instant) => void = () => undefined;
  private problemListener: (problem: MediumProblem | null) => void = () => undefined;

  constructor(link: UdpLink, host: UdpHost) {
    this.link = link;
    this.host = host;
  }

  onPacket(listener: (packet: Uint8Array, receivedAt: Instant) => void): void {
    this.packetListener = listener;
  }

  onProblem(listener: (problem: MediumProblem | null) => void): void {
    this.problemListener = listener;
  }

  async open(): Promise<Result<null, MediumProblemCode>> {
    this.close();
    const target = await this.findTarget();
    if (!target.ok) return target;
    this.destination = target.value.destination;
    try {
      if (this.host.libc === null) await this.openByAddress(target.value);
      else {
        const opened = await this.openByDevice(this.host.libc);
        if (!opened.ok) {
          this.close();
          return opened;
        }
      }
      if (this.link.medium === 'mcast' && target.value.own !== null) this.joinGroup(this.link, target.value.own);
    } catch (error) {
      this.close();
      return fail(codeOf(errnoOf(error)), `${this.link.name}: ${errnoOf(error)}`);
    }
    this.failing = false;
    if (this.host.libc === null) {
      const detail = `${this.link.name}: raw socket calls are unavailable; bound to an address instead of the interface`;
      this.problemListener({ code: 'device-binding-unavailable', detail, closed: false });
    }
    return ok(null);
  }

  private async findTarget(): Promise<Result<Target, MediumProblemCode>> {
    const link = this.link;
    const iface = this.host.kernel.interfaces().find((i) => i.name === link.iface);
    if (iface === undefined) return fail('interface-missing', `there is no interface ${link.iface}`);
    const own = this.host.kernel.addresses().find((a) => a.family === 'ipv4' && a.ifaceIndex === iface.index) ?? null;
    if (link.medium === 'ucast') {
      if (isIPv4(link.peer)) return ok({ destination: link.peer, own: own?.address ?? null });
      try {
        const { address } = await lookup(link.peer, 4);
        return ok({ destination: address, own: own?.address ?? null });
      } catch (error) {
        return fail('peer-unresolved', `${link.peer}: ${errnoOf(error)}`);
      }
    }
    if (own === null) return fail('interface-no-address', `${link.iface} has no IPv4 address`);
    if (link.medium === 'mcast') return ok({ destination: link.group, own: own.address });
    if (own.broadcast === null) return fail('interface-no-address', `${link.iface} has no broadcast address`);
    return ok({ destination: own.broadcast, own: own.address });
  }

  /** The way of the real daemon. Two sockets only for mcast, whose receiver is bound to the group. */
  private async openByDevice(libc: Libc): Promise<Result<null, MediumProblemCode>> {
    const receiver = this.makeSocket(libc, this.link.medium === 'mcast' ? this.link.group : '0.0.0.0', this.link.port);
    if (!receiver.ok) return fail(codeOf(receiver.reason), `${this.link.name}: ${receiver.detail}`);
    this.receiver = await this.adopt(receiver.value);
    if (this.link.medium !== 'mcast') {
      this.sender = this.receiver;
      return ok(null);
    }
    const sender = this.makeSocket(libc, '0.0.0.0', 0);
    if (!sender.ok) return fail(codeOf(sender.reason), `${this.link.name}: ${sender.detail}`);
    this.sender = await this.adopt(sender.value);
    return ok(null);
  }

  private makeSocket(libc: Libc, address: string, port: number): LibcResult {
    const socket = libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (!socket.ok) return socket;
    const options: [number, number, Uint8Array][] = [
      [SOL_SOCKET, SO_REUSEADDR, int32(1)],
      [SOL_SOCKET, SO_REUSEPORT, int32(1)],
      [SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${this.link.iface}\0`, 'latin1')],
      [IPPROTO_IP, IP_TOS, int32(TOS_LOWDELAY)],
    ];
    if (this.link.medium === 'bcast') {
      options.push([SOL_SOCKET, SO_BROADCAST, int32(1)], [SOL_SOCKET, SO_DONTROUTE, int32(1)]);
    }
    for (const [level, name, value] of options) {
      const set = libc.setsockopt(socket.value, level, name, value);
      if (!set.ok) {
        libc.close(socket.value);
        return set;
      }
    }
    const bound = libc.bind(socket.value, sockaddrIn(address, port));
    if (!bound.ok) {
      libc.close(socket.value);
      return bound;
    }
    return socket;
  }

  /** Hands a bound descriptor to Node, which owns it from here on. */
  private adopt(fd: number): Promise<Socket> {
    const socket = createSocket('udp4');
    return this.listen(socket, () => socket.bind({ fd }));
  }

  private listen(socket: Socket, bind: () => void): Promise<Socket> {
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('listening', () => {
        socket.off('error', reject);
        socket.on('error', (error) => this.broken(errnoOf(error), true));
        socket.on('message', (packet) => this.packetListener(packet, this.host.now()));
        resolve(socket);
      });
      bind();
    });
  }

  private async openByAddress(target: Target): Promise<void> {
    const { port } = this.link;
    const listenAt = this.link.medium === 'ucast' ? (target.own ?? '0.0.0.0') : target.destination;
    const receiver = createSocket({ type: 'udp4', reuseAddr: true, reusePort: true });
    this.receiver = await this.listen(receiver, () => receiver.bind(port, listenAt));
    if (this.link.medium === 'ucast') {
      this.sender = this.receiver;
      return;
    }
    const sender = createSocket('udp4');
    this.sender = await this.listen(sender, () => sender.bind(0, target.own ?? undefined));
    if (this.link.medium === 'bcast') sender.setBroadcast(true);
  }

  private joinGroup(link: Extract<UdpLink, { medium: 'mcast' }>, own: string): void {
    this.receiver?.addMembership(link.group, own);
    this.sender?.setMulticastInterface(own);
    this.sender?.setMulticastTTL(link.ttl);
    this.sender?.setMulticastLoopback(link.loop);
  }

  send(packet: Uint8Array, _kind: PacketKind): void {
    this.sender?.send(packet, this.link.port, this.destination, (error) => {
      if (this.sender === null) return;
      if (error !== null) {
        const errno = errnoOf(error);
        this.broken(errno, GONE.has(errno));
      } else if (this.failing) {
        this.failing = false;
        this.problemListener(null);
      }
    });
  }

  private broken(errno: string, closed: boolean): void {
    if (this.receiver === null) return;
    this.failing = true;
    if (closed) this.close();
    // The kernel's answer to a packet that a firewall rule of this host drops on its way out.
    const blocked = errno === 'EPERM';
    const why = blocked ? 'a firewall rule of this host drops it (EPERM)' : errno;
    this.problemListener({
      code: blocked ? 'send-blocked' : codeOf(errno),
      detail: `${this.link.name}: cannot send to ${this.destination}: ${why}`,
      closed,
    });
  }

  close(): void {
    const sockets = new Set([this.receiver, this.sender]);
    this.receiver = this.sender = null;
    for (const socket of sockets) {
      socket?.removeAllListeners('message');
      socket?.close();
    }
  }
}
