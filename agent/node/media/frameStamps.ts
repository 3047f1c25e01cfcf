import { elapsedMs, plusMs } from '../../common/base/instant.ts';
import type { Instant } from '../../common/base/instant.ts';
import { SerialFramer } from '../../common/wire/serialFramer.ts';

/** Bits on an 8N1 line for one byte. */
const LINE_BITS_PER_BYTE = 10;

/** A whole frame and when its first byte arrived. */
export interface StampedFrame {
  readonly frame: Uint8Array;
  readonly receivedAt: Instant;
}

/**
 * Frames of a serial line with the arrival of their first byte. The framer may recover a header from inside a
 * torn frame, so the begin of what it was collecting is no evidence by itself:
 *
 *   1. The peer loses its power in the middle of a frame; half a frame waits here.
 *   2. Its next life's first frame arrives eight seconds later, glued to that half.
 *   3. Stamped with the begin of the half, the peer counts as silent for eight seconds
 *      and is declared dead in the very step in which it was heard.
 *
 * A frame therefore never began earlier than its own length takes on the line.
 */
export class FrameStamps {
  private readonly framer = new SerialFramer();
  private readonly baud: number;
  private collectingSince: Instant | null = null;

  constructor(baud: number) {
    this.baud = baud;
  }

  /** Takes bytes as they were read at `now`. */
  push(bytes: Uint8Array, now: Instant): StampedFrame[] {
    const since = this.collectingSince ?? now;
    const frames = this.framer.push(bytes).map((frame, index) => {
      const earliest = plusMs(now, (-frame.length * LINE_BITS_PER_BYTE * 1000) / this.baud);
      const begun = index === 0 ? since : now;
      return { frame, receivedAt: elapsedMs(begun, earliest) > 0 ? earliest : begun };
    });
    if (!this.framer.insideFrame) this.collectingSince = null;
    else if (this.collectingSince === null || frames.length > 0) this.collectingSince = now;
    return frames;
  }
}
