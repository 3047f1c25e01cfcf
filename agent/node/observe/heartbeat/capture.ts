/**
 * The packets of a pair, seen without taking part: one packet socket for each interface, which gets copies of what
 * the daemon and its peer send. Nothing is bound to the heartbeat's port, because a second receiver there would take
 * datagrams away from the daemon.
 */
import { plusMs, type Instant } from '../../../common/base/instant.ts';
import { fail, ok, type Result } from '../../../common/base/result.ts';
import { AF_PACKET, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW, type Libc } from '../../host/libc.ts';
import type { HostInterface } from '../../host/netlinkMessage.ts';
import { captureFilter, FRAME_BYTES_MAX, parseFrame, type SeenFrame } from './frame.ts';

/** A frame, where and when it was seen. */
export interface Captured {
  readonly iface: string;
  readonly at: Instant;
  readonly frame: SeenFrame;
}

export interface Capture {
  /** Follows interfaces that come, go, or are made anew. */
  refresh(interfaces: readonly HostInterface[]): void;
  /** What was seen since the last time, in the order of each interface; a bounded number of frames. */
  drain(now: Instant): readonly Captured[];
  /** Why an interface is not captured from, or null. */
  problem(iface: string): string | null;
  close(): void;
}

/** Protocol of a socket that sees both directions: only taps on everything are shown what this host sends. */
const ETH_P_ALL = 3;
const SOCKADDR_LL_BYTES = 20;
/** Asks for the kernel's stamp of the packet that was read last (asm-generic/sockios.h). */
const SIOCGSTAMPNS = 0x8907;
const TIMESPEC_BYTES = 16;
/** Frames taken from one interface at once; the rest comes next time. A pair sends some ten a second. */
const FRAMES_PER_DRAIN_MAX = 256;
/** A stamp that lies further back is that of a clock which was set meanwhile. */
const STAMP_AGE_MS_MAX = 2000;

interface Tap {
  readonly index: number;
  readonly fd: number;
}

function sockaddrLl(ifaceIndex: number): Buffer {
  const bytes = Buffer.alloc(SOCKADDR_LL_BYTES);
  bytes.writeUInt16LE(AF_PACKET, 0);
  bytes.writeUInt16BE(ETH_P_ALL, 2);
  bytes.writeInt32LE(ifaceIndex, 4);
  return bytes;
}

export class PacketCapture implements Capture {
  private readonly libc: Libc;
  private readonly wallMs: () => number;
  private readonly filter: Uint8Array;
  private readonly wanted: readonly string[];
  private readonly taps = new Map<string, Tap>();
  private readonly problems = new Map<string, string>();
  private readonly into = Buffer.alloc(FRAME_BYTES_MAX);

  /** `wallMs`: Unix epoch milliseconds, the clock of the kernel's stamps. */
  constructor(libc: Libc, ifaces: readonly string[], ports: readonly number[], wallMs: () => number) {
    this.libc = libc;
    this.wanted = ifaces;
    this.filter = captureFilter(ports);
    this.wallMs = wallMs;
  }

  refresh(interfaces: readonly HostInterface[]): void {
    for (const name of this.wanted) {
      const found = interfaces.find((iface) => iface.name === name);
      const tap = this.taps.get(name);
      if (tap !== undefined && tap.index === found?.index) continue;
      if (tap !== undefined) this.libc.close(tap.fd);
      this.taps.delete(name);
      const opened = found === undefined ? fail('missing', `there is no interface ${name}`) : this.open(found.index);
      if (opened.ok) this.taps.set(name, { index: found?.index ?? 0, fd: opened.value });
      if (opened.ok) this.problems.delete(name);
      else this.problems.set(name, `cannot be captured from: ${opened.detail}`);
    }
  }

  drain(now: Instant): readonly Captured[] {
    const seen: Captured[] = [];
    for (const [iface, { fd }] of this.taps) {
      for (let i = 0; i < FRAMES_PER_DRAIN_MAX; i++) {
        const got = this.libc.recv(fd, this.into, MSG_DONTWAIT);
        // An interface that was set down says so once; there is more behind that.
        if (!got.ok && got.reason === 'ENETDOWN') continue;
        if (!got.ok) break;
        const frame = parseFrame(this.into.subarray(0, got.value));
        if (frame !== null) seen.push({ iface, at: this.stampOf(fd, now), frame });
      }
    }
    return seen;
  }

  problem(iface: string): string | null {
    return this.problems.get(iface) ?? null;
  }

  close(): void {
    for (const { fd } of this.taps.values()) this.libc.close(fd);
    this.taps.clear();
  }

  private open(ifaceIndex: number): Result<number, string> {
    // Protocol 0: nothing comes in before the filter is in place and the socket is bound.
    const socket = this.libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (!socket.ok) return socket;
    const filtered = this.libc.attachFilter(socket.value, this.filter);
    const bound = filtered.ok ? this.libc.bind(socket.value, sockaddrLl(ifaceIndex)) : filtered;
    if (!bound.ok) {
      this.libc.close(socket.value);
      return bound;
    }
    return ok(socket.value);
  }

  /** When the kernel took the frame that was read last. Sockets are read every few milliseconds; the kernel stamps at once. */
  private stampOf(fd: number, now: Instant): Instant {
    const stamp = Buffer.alloc(TIMESPEC_BYTES);
    if (!this.libc.ioctl(fd, SIOCGSTAMPNS, stamp).ok) return now;
    const takenMs = Number(stamp.readBigInt64LE(0)) * 1000 + Number(stamp.readBigInt64LE(8)) / 1e6;
    const ageMs = this.wallMs() - takenMs;
    return ageMs > 0 && ageMs < STAMP_AGE_MS_MAX ? plusMs(now, -ageMs) : now;
  }
}
