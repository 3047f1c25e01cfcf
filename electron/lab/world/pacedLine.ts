/** One direction of a serial cable: bytes come out at the line's speed, some of them damaged. No I/O, no clock. */
import type { SeededRandom } from '../../../agent/common/base/random.ts';

/** Bits on the wire for one byte at 8N1: start, eight data, stop. */
const BITS_PER_BYTE = 10;

/** A 16550's receive trigger is 14 bytes; smaller is smoother and costs more timers. */
const SLICE_BYTES_MIN = 8;

/** Timers are not finer than this; a faster line delivers more bytes at once instead. */
const SLICE_MS_MIN = 2;

/** What the sender's driver buffers (the kernel's UART transmit ring). Beyond it the sender has to wait. */
export const LINE_QUEUE_BYTES_MAX = 4096;

export class PacedLine {
  private readonly byteMs: number;
  private readonly sliceBytes: number;
  private readonly random: SeededRandom;
  private queue: number[] = [];
  /** When the byte in front of the queue starts on the wire. */
  private frontStartMs = 0;
  /** Damaged bytes per million. */
  noisePpm = 0;
  /** False: bytes take their time on the wire as ever, and are lost. */
  carries = true;

  /** `baud` in bits per second. */
  constructor(baud: number, random: SeededRandom) {
    this.byteMs = (BITS_PER_BYTE * 1000) / baud;
    this.sliceBytes = Math.max(SLICE_BYTES_MIN, Math.ceil(SLICE_MS_MIN / this.byteMs));
    this.random = random;
  }

  /** True when the sender must not be read from for now. */
  get full(): boolean {
    return this.queue.length >= LINE_QUEUE_BYTES_MAX;
  }

  push(bytes: Uint8Array, nowMs: number): void {
    if (this.queue.length === 0) this.frontStartMs = Math.max(this.frontStartMs, nowMs);
    for (const byte of bytes) this.queue.push(byte);
  }

  /** Milliseconds from `nowMs` until `take` has something; null: the line is idle. */
  dueInMs(nowMs: number): number | null {
    if (this.queue.length === 0) return null;
    const bytes = Math.min(this.queue.length, this.sliceBytes);
    return Math.max(0, this.frontStartMs + bytes * this.byteMs - nowMs);
  }

  /** The bytes that have fully crossed by `nowMs`; empty when none, or when the line does not carry. */
  take(nowMs: number): Uint8Array {
    const crossed = Math.min(this.queue.length, Math.floor((nowMs - this.frontStartMs) / this.byteMs + 1e-6));
    if (crossed <= 0) return new Uint8Array(0);
    this.frontStartMs += crossed * this.byteMs;
    const bytes = Uint8Array.from(this.queue.splice(0, crossed));
    if (!this.carries) return new Uint8Array(0);
    if (this.noisePpm > 0) {
      for (let i = 0; i < bytes.length; i++) {
        if (this.random.chance(this.noisePpm / 1e6)) bytes[i] = (bytes[i] ?? 0) ^ (1 << this.random.nextInteger(0, 7));
      }
    }
    return bytes;
  }

  /** Forgets what has not crossed yet: the sender lost its power. */
  clear(): void {
    this.queue = [];
  }
}
