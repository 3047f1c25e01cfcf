/**
 * A serial line. Not by the serialport package: its poller is tied to the process's default
 * event loop, so that inside the heartbeat's own thread reads stall (measured: docs/adr/0004). Node's
 * tty streams live on the loop of their thread, notice a hang-up, and need no native module.
 */
import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { isatty, ReadStream } from 'node:tty';
import type { Instant } from '../../common/base/instant.ts';
import { fail, ok, type Result } from '../../common/base/result.ts';
import type { LinkConfig } from '../../common/config/model.ts';
import { FrameStamps } from './frameStamps.ts';
import { TIOCOUTQ, type Libc } from '../host/libc.ts';
import type { Timers } from '../host/timers.ts';
import type { Medium, MediumProblem, MediumProblemCode, PacketKind } from './medium.ts';
import { SerialQueue } from './serialQueue.ts';

export type SerialLink = Extract<LinkConfig, { medium: 'serial' }>;

export interface SerialHost {
  readonly libc: Libc | null;
  readonly timers: Timers;
  now(): Instant;
}

/** 8N1: ten bits on the wire for each byte. */
const BITS_PER_BYTE = 10;
/** Retry of a write that the driver refused: about 40 bytes at 19200 baud. */
const WRITE_RETRY_MS = 20;
/** A line that took nothing for this long is stalled; a full kernel buffer of 4 KiB at 9600 baud drains in 4.3 s. */
const STALLED_AFTER_MS = 5000;
/** Bytes the driver may still hold when the next frame is written: about two frames. More means that the line does not move. */
const DRIVER_BYTES_MAX = 512;
const STTY_TIMEOUT_MS = 3000;

/** What heartbeat sets: raw 8N1, no carrier needed, RTS/CTS flow control, CR dropped on input. */
function sttyArguments(link: SerialLink, flowControl: boolean): string[] {
  const common = [
    '-F',
    link.device,
    'raw',
    String(link.baud),
    'cs8',
    '-parenb',
    '-cstopb',
    'clocal',
    'cread',
    '-echo',
    'igncr',
    '-hupcl',
  ];
  return [...common, flowControl ? 'crtscts' : '-crtscts'];
}

function runStty(args: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    execFile('stty', args, { timeout: STTY_TIMEOUT_MS }, (error, _stdout, stderr) => {
      resolve(error === null ? null : stderr.trim() || error.message);
    });
  });
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
}

export class SerialMedium implements Medium {
  private readonly link: SerialLink;
  private readonly host: SerialHost;
  private frames: FrameStamps;
  private readonly queue = new SerialQueue();
  private stream: ReadStream | null = null;
  private fd = -1;
  /** Rest of the frame that the driver took only in part. */
  private tail: Uint8Array | null = null;
  private lineFreeAtMs = 0;
  private lastProgressMs = 0;
  private stalled = false;
  private cancelRetry: () => void = () => undefined;
  private packetListener: (packet: Uint8Array, receivedAt: Instant) => void = () => undefined;
  private problemListener: (problem: MediumProblem | null) => void = () => undefined;

  constructor(link: SerialLink, host: SerialHost) {
    this.link = link;
    this.host = host;
    this.frames = new FrameStamps(link.baud);
  }

  onPacket(listener: (packet: Uint8Array, receivedAt: Instant) => void): void {
    this.packetListener = listener;
  }

  onProblem(listener: (problem: MediumProblem | null) => void): void {
    this.problemListener = listener;
  }

  async open(): Promise<Result<null, MediumProblemCode>> {
    this.close();
    let fd: number;
    try {
      fd = openSync(this.link.device, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    } catch (error) {
      const errno = errnoOf(error);
      const code = errno === 'EACCES' || errno === 'EPERM' ? 'not-permitted' : 'serial-missing';
      return fail(code, `${this.link.device}: ${errno}`);
    }
    if (!isatty(fd)) {
      closeSync(fd);
      return fail('serial-not-a-tty', `${this.link.device} is not a serial line`);
    }
    // Some drivers refuse hardware flow control; the line is then used without it.
    const refused = await runStty(sttyArguments(this.link, true));
    const failed = refused === null ? null : await runStty(sttyArguments(this.link, false));
    if (failed !== null) {
      closeSync(fd);
      return fail('serial-missing', `${this.link.device} cannot be set up: ${failed}`);
    }
    this.startReading(fd);
    this.lineFreeAtMs = 0;
    this.lastProgressMs = this.host.now().monotonicMs;
    this.stalled = false;
    // Ends whatever half line the peer's reader holds; its resynchronisation needs a line of its own for the start mark.
    this.write(Buffer.from('\n'));
    return ok(null);
  }

  private startReading(fd: number): void {
    this.fd = fd;
    this.frames = new FrameStamps(this.link.baud);
    const stream = new ReadStream(fd);
    this.stream = stream;
    stream.on('data', (bytes: Buffer) => this.take(bytes));
    stream.on('error', (error) => this.hungUp(stream, errnoOf(error)));
    stream.on('end', () => this.hungUp(stream, 'end of file'));
  }

  private take(bytes: Buffer): void {
    for (const { frame, receivedAt } of this.frames.push(bytes, this.host.now())) {
      this.packetListener(frame, receivedAt);
    }
  }

  private hungUp(stream: ReadStream, why: string): void {
    if (this.stream !== stream) return;
    this.close();
    this.problemListener({ code: 'serial-hung-up', detail: `${this.link.device}: ${why}`, closed: true });
  }

  send(packet: Uint8Array, kind: PacketKind): void {
    if (this.stream === null) return;
    this.queue.push(packet, kind);
    this.pump();
  }

  /** Writes what the line has room for. At most one frame is ahead of the line, so that nothing grows stale in the driver. */
  private pump(): void {
    this.cancelRetry();
    this.cancelRetry = () => undefined;
    if (this.stream === null || (this.queue.length === 0 && this.tail === null)) return;
    const nowMs = this.host.now().monotonicMs;
    if (this.lineFreeAtMs > nowMs) return this.retryIn(this.lineFreeAtMs - nowMs);
    if (this.driverHolds() > DRIVER_BYTES_MAX) {
      this.noProgress(nowMs);
      return this.retryIn(WRITE_RETRY_MS);
    }
    const next = this.tail ?? this.queue.shift();
    this.tail = null;
    if (next === null) return;
    if (this.write(next)) this.pump();
    else if (this.stream !== null) this.retryIn(WRITE_RETRY_MS);
  }

  private retryIn(ms: number): void {
    this.cancelRetry = this.host.timers.after(ms, () => this.pump());
  }

  /** False: not all of it was taken; the rest is in `tail`, or the line is gone. */
  private write(bytes: Uint8Array): boolean {
    const nowMs = this.host.now().monotonicMs;
    let taken = 0;
    try {
      taken = writeSync(this.fd, bytes);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno !== 'EAGAIN' && errno !== 'EINTR') {
        if (this.stream !== null) this.hungUp(this.stream, errno);
        return false;
      }
    }
    if (taken > 0) {
      this.lineFreeAtMs = Math.max(this.lineFreeAtMs, nowMs) + (taken * BITS_PER_BYTE * 1000) / this.link.baud;
      this.lastProgressMs = nowMs;
      if (this.stalled) {
        this.stalled = false;
        this.problemListener(null);
      }
    } else this.noProgress(nowMs);
    if (taken === bytes.length) return true;
    this.tail = bytes.subarray(taken);
    return false;
  }

  private noProgress(nowMs: number): void {
    if (this.stalled || nowMs - this.lastProgressMs < STALLED_AFTER_MS) return;
    this.stalled = true;
    const detail = `${this.link.device} takes no bytes: flow control (CTS) holds it, or the cable lacks the handshake wires`;
    this.problemListener({ code: 'serial-stalled', detail, closed: false });
  }

  /** Bytes waiting in the driver; 0 where it does not tell (ptys). */
  private driverHolds(): number {
    if (this.host.libc === null) return 0;
    const count = Buffer.alloc(4);
    return this.host.libc.ioctl(this.fd, TIOCOUTQ, count).ok ? count.readInt32LE(0) : 0;
  }

  close(): void {
    this.cancelRetry();
    this.cancelRetry = () => undefined;
    this.queue.clear();
    this.tail = null;
    const stream = this.stream;
    this.stream = null;
    this.fd = -1;
    // Closes the descriptor too: the stream owns it since it was made.
    stream?.destroy();
  }
}
