/** Whether an address is on its way between the nodes, from what they say of takeovers and hand-overs. */
import type { SessionEvent } from '../contract/session.ts';

/** A takeover or hand-over that has begun and not ended. */
export interface MotionWord {
  readonly node: string;
  readonly sinceMs: number;
}

/** A move that takes longer than this has got stuck, milliseconds: scripts have their own bound, half as long. */
export const MOTION_MS_MAX = 30_000;

const STANDBY_ENDS = new Set(['done', 'refused', 'timed-out']);

/** Follows the events of both nodes, in the order in which they come. */
export class Motion {
  private word: MotionWord | null = null;

  take({ tMs, event }: SessionEvent): void {
    const { node, body } = event;
    const phase = body['phase'];
    if (body.kind === 'takeover') {
      if (phase === 'begin') this.word = { node, sinceMs: tMs };
      else this.word = null;
    } else if (body.kind === 'standby') {
      if (typeof phase === 'string' && STANDBY_ENDS.has(phase)) this.word = null;
      else this.word ??= { node, sinceMs: tMs };
    } else if (body.kind === 'shutdown' && phase === 'begin') this.word = { node, sinceMs: tMs };
    else if (body.kind === 'restart') this.word = null;
  }

  /** The move under way at `nowMs`; null: none, or one that has got stuck. */
  at(nowMs: number): MotionWord | null {
    return this.word !== null && nowMs - this.word.sinceMs <= MOTION_MS_MAX ? this.word : null;
  }
}
