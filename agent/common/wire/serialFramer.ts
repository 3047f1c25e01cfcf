/**
 * Finds whole text frames in the bytes of a serial line (reference, section 1.7).
 *
 * The line loses, inserts and changes bytes, and is plugged in the middle of a frame. The real
 * reader looks for a line that *starts* with `>>>` and then takes everything up to a line that
 * starts with `<<<`; it loses a frame whose start mark has garbage glued in front, and two frames
 * when the first is torn. This reader takes a line that *ends* with `>>>` as a start mark too, also
 * inside a frame: a torn frame costs only itself. Price: a value ending in `>>>` does not cross
 * a serial line; none of the protocol's values does.
 *
 * Nothing here decides whether a frame is genuine: `decodePacket` does, by its signature.
 */
import { SERIAL_FRAME_BYTES_MAX } from './limits.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const GREATER = 0x3e;
const LESS = 0x3c;
const START_MARK = Uint8Array.of(GREATER, GREATER, GREATER, LINE_FEED);

/**
 * The real reader's tty strips the eighth bit (ISTRIP). Doing the same makes noise on that bit harmless;
 * everything that the protocol writes in text form is ASCII.
 */
const SEVEN_BITS = 0x7f;

export class SerialFramer {
  private readonly buffer = new Uint8Array(SERIAL_FRAME_BYTES_MAX);
  /** Bytes held: the frame so far, start mark included, or the present line while looking for one. */
  private held = 0;
  private lineStart = 0;
  private inside = false;
  private dropped = 0;

  /** Bytes that were on the line but in no frame that came out whole. Line ends between frames do not count. */
  get droppedBytes(): number {
    return this.dropped;
  }

  /** True between a start mark and its end mark: the rest of a frame is on its way. */
  get insideFrame(): boolean {
    return this.inside;
  }

  /**
   * Takes the bytes as they come and returns the frames that they complete, each from `>>>`
   * to `<<<` with its line ends. Chunk borders mean nothing. Holds at most
   * SERIAL_FRAME_BYTES_MAX bytes; work is linear in `bytes`.
   */
  push(bytes: Uint8Array): Uint8Array[] {
    const frames: Uint8Array[] = [];
    for (const raw of bytes) {
      const byte = raw & SEVEN_BITS;
      // A CR is never data here, and a NUL is how a break on the line arrives.
      if (byte === CARRIAGE_RETURN || byte === 0) continue;
      if (byte !== LINE_FEED) {
        this.hold(byte);
        continue;
      }
      const frame = this.endLine();
      if (frame !== null) frames.push(frame);
    }
    return frames;
  }

  /** Forgets a half-read frame: after reopening the line its rest will not come. */
  reset(): void {
    this.dropped += this.held;
    this.look();
  }

  private hold(byte: number): void {
    if (this.held === this.buffer.length) {
      // Too long for a message, so an end mark was lost. The last bytes may be the next start mark.
      const kept = START_MARK.length - 1;
      this.dropped += this.held - kept;
      this.buffer.copyWithin(0, this.held - kept, this.held);
      this.look();
      this.held = kept;
    }
    this.buffer[this.held++] = byte;
  }

  private endLine(): Uint8Array | null {
    if (this.isStartMark()) {
      this.dropped += this.held - (START_MARK.length - 1);
      this.buffer.set(START_MARK);
      this.held = this.lineStart = START_MARK.length;
      this.inside = true;
      return null;
    }
    if (!this.inside) {
      this.reset();
      return null;
    }
    if (this.held === this.buffer.length) {
      this.reset();
      return null;
    }
    const isEnd = this.isMarkAt(this.lineStart, LESS);
    this.buffer[this.held++] = LINE_FEED;
    this.lineStart = this.held;
    if (!isEnd) return null;
    const frame = this.buffer.slice(0, this.held);
    this.look();
    return frame;
  }

  /** Starts or ends with `>>>`. At the start, what follows on the line is noise. */
  private isStartMark(): boolean {
    return this.isMarkAt(this.lineStart, GREATER) || this.isMarkAt(this.held - 3, GREATER);
  }

  private isMarkAt(at: number, character: number): boolean {
    if (at < this.lineStart || at + 3 > this.held) return false;
    return this.buffer[at] === character && this.buffer[at + 1] === character && this.buffer[at + 2] === character;
  }

  private look(): void {
    this.held = this.lineStart = 0;
    this.inside = false;
  }
}
