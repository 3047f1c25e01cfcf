/**
 * ucast, bcast and mcast over UDP, IPv4 and IPv6. The sockets are made by hand where the C library can be called,
 * because heartbeat needs them bound to their interface (SO_BINDTODEVICE) with the port shared between
 * links (SO_REUSEPORT); Node then reads and writes them. Where it cannot be called, a socket is bound
 * to the address that the peer sends to, which tells the links apart as well, and that is reported.
 */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Instant } from '../../common/base/instant.ts';
import { fail, ok, type Result } from '../../common/base/result.ts';
import type { Libc } from '../host/libc.ts';
import type { NetKernel } from '../host/netKernel.ts';
import type { Medium, MediumProblem, MediumProblemCode, PacketKind } from './medium.ts';
import {
  anyAddress,
  familyOf,
  makeSocket,
  ownAddress,
  ownAddressFor,
  plainAddress,
  withZone,
  type Family,
  type UdpLink,
} from './udpSocket.ts';

/**
 * The UDP links of one node. Several ucast links on one interface share their port, and the kernel hands a packet to
 * any of their sockets (SO_REUSEPORT picks by hash): whose it is, is decided by where it came from.
 */
export class UdpLinks {
  private readonly media: UdpMedium[] = [];

  add(medium: UdpMedium): void {
    this.media.push(medium);
  }

  /** The open link that a packet from `source`, which `receiver` got, belongs to. */
  ownerOf(receiver: UdpMedium, source: string): UdpMedium {
    if (receiver.link.medium !== 'ucast' || receiver.isFor(receiver, source)) return receiver;
    return this.media.find((medium) => medium.isFor(receiver, source)) ?? receiver;
  }

  /** A broadcast path on the same interface and port: a ucast socket bound to any address would hear it as well. */
  hasBroadcastBeside(medium: UdpMedium): boolean {
    return this.media.some(({ link }) => {
      return link.medium === 'bcast' && link.iface === medium.link.iface && link.port === medium.link.port;
    });
  }
}

/** The edges a UDP medium stands on. `libc` null: raw calls are unavailable. */
export interface UdpHost {
  readonly libc: Libc | null;
  readonly kernel: NetKernel;
  /** The links beside this one; every medium adds itself. */
  readonly links: UdpLinks;
  now(): Instant;
}

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
  /** Our own address in the peer's network. */
  readonly near: string | null;
  readonly ifaceIndex: number;
}

export class UdpMedium implements Medium {
  readonly link: UdpLink;
  private readonly family: Family;
  private readonly host: UdpHost;
  private receiver: Socket | null = null;
  private sender: Socket | null = null;
  private destination = '';
  private failing = false;
  private packetListener: (packet: Uint8Array, receivedAt: Instant) => void = () => undefined;
  private problemListener: (problem: MediumProblem | null) => void = () => undefined;

  constructor(link: UdpLink, host: UdpHost) {
    this.link = link;
    this.family = familyOf(link);
    this.host = host;
    host.links.add(this);
  }

  /** Open, with a receiver that shares the port of `other`'s, and the peer at `source`. */
  isFor(other: UdpMedium, source: string): boolean {
    const { link } = this;
    const same = link.iface === other.link.iface && link.port === other.link.port && this.family === other.family;
    return same && link.medium === 'ucast' && this.receiver !== null && plainAddress(this.destination) === source;
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
        const opened = await this.openByDevice(this.host.libc, target.value);
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
    const addresses = this.host.kernel.addresses().filter((address) => address.ifaceIndex === iface.index);
    const own = ownAddress(this.family, addresses);
    const ifaceIndex = iface.index;
    if (link.medium === 'ucast') {
      const peer = await this.resolve(link.peer);
      if (!peer.ok) return peer;
      const near = ownAddressFor(peer.value, addresses);
      return ok({
        destination: withZone(peer.value, link.iface),
        own: near ?? own?.address ?? null,
        near,
        ifaceIndex,
      });
    }
    const name = this.family === 'ipv6' ? 'IPv6' : 'IPv4';
    if (own === null) return fail('interface-no-address', `${link.iface} has no ${name} address`);
    const ours = { own: own.address, near: null, ifaceIndex };
    if (link.medium === 'mcast') return ok({ destination: withZone(link.group, link.iface), ...ours });
    if (own.broadcast === null) return fail('interface-no-address', `${link.iface} has no broadcast address`);
    return ok({ destination: own.broadcast, ...ours });
  }

  private async resolve(peer: string): Promise<Result<string, MediumProblemCode>> {
    if (isIP(peer) !== 0) return ok(peer);
    try {
      return ok((await lookup(peer, 4)).address);
    } catch (error) {
      return fail('peer-unresolved', `${peer}: ${errnoOf(error)}`);
    }
  }

  /** The way of the real daemon. Two sockets only for mcast, whose receiver is bound to the group. */
  private async openByDevice(libc: Libc, target: Target): Promise<Result<null, MediumProblemCode>> {
    const { link } = this;
    const any = anyAddress(this.family);
    const apart = link.medium === 'ucast' && this.host.links.hasBroadcastBeside(this);
    const address = link.medium === 'mcast' ? link.group : apart ? (target.near ?? any) : any;
    const receiver = makeSocket(libc, link, { address, port: link.port, scope: target.ifaceIndex });
    if (!receiver.ok) return fail(codeOf(receiver.reason), `${link.name}: ${receiver.detail}`);
    this.receiver = await this.adopt(receiver.value);
    if (link.medium !== 'mcast') {
      this.sender = this.receiver;
      return ok(null);
    }
    const sender = makeSocket(libc, link, { address: any, port: 0, scope: 0 });
    if (!sender.ok) return fail(codeOf(sender.reason), `${link.name}: ${sender.detail}`);
    this.sender = await this.adopt(sender.value);
    return ok(null);
  }

  private get socketType(): 'udp4' | 'udp6' {
    return this.family === 'ipv6' ? 'udp6' : 'udp4';
  }

  /** Hands a bound descriptor to Node, which owns it from here on. */
  private adopt(fd: number): Promise<Socket> {
    const socket = createSocket(this.socketType);
    return this.listen(socket, () => socket.bind({ fd }));
  }

  private listen(socket: Socket, bind: () => void): Promise<Socket> {
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('listening', () => {
        socket.off('error', reject);
        socket.on('error', (error) => this.broken(errnoOf(error), true));
        socket.on('message', (packet, from) => this.arrived(packet, from.address));
        resolve(socket);
      });
      bind();
    });
  }

  private arrived(packet: Uint8Array, source: string): void {
    const now = this.host.now();
    this.host.links.ownerOf(this, plainAddress(source)).packetListener(packet, now);
  }

  private async openByAddress(target: Target): Promise<void> {
    const { port, iface } = this.link;
    const own = withZone(target.own ?? anyAddress(this.family), iface);
    const listenAt = this.link.medium === 'ucast' ? own : target.destination;
    const type = this.socketType;
    const receiver = createSocket({ type, reuseAddr: true, reusePort: true, ipv6Only: type === 'udp6' });
    this.receiver = await this.listen(receiver, () => receiver.bind(port, listenAt));
    if (this.link.medium === 'ucast') {
      this.sender = this.receiver;
      return;
    }
    const sender = createSocket({ type, ipv6Only: type === 'udp6' });
    this.sender = await this.listen(sender, () => sender.bind(0, this.family === 'ipv6' ? undefined : own));
    if (this.link.medium === 'bcast') sender.setBroadcast(true);
  }

  private joinGroup(link: Extract<UdpLink, { medium: 'mcast' }>, own: string): void {
    // IPv6 names the interface, IPv4 an address that it has.
    const via = this.family === 'ipv6' ? `::%${link.iface}` : own;
    this.receiver?.addMembership(link.group, via);
    this.sender?.setMulticastInterface(via);
    if (this.family === 'ipv6' && this.host.libc !== null) return;
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
