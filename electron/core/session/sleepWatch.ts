import { say } from '../../common/words/sentence.ts';
import { monotonicNowMs } from '../base/time.ts';
import type { Session } from './session.ts';

const PERIOD_MS = 1000;

/** Wall and monotonic clock parting by more than this within one period: a sleep (or a clock that was set). Milliseconds. */
const JUMP_MS_MIN = 2000;

/** A tick that comes later than this was not scheduled: the machine or this process stood still. Milliseconds. */
const STALL_MS_MIN = 3000;

/**
 * Notices that this computer slept or stood still, and marks the stretch as a gap of the
 * console's own: it must never look like the silence of a heartbeat.
 */
export class SleepWatch {
  private readonly timer: NodeJS.Timeout;
  private lastMonotonicMs = monotonicNowMs();
  private lastWallMs: number;

  /** `onSlept`: whatever was measured against the old clock is void. */
  constructor(session: Session, wallMs: () => number, onSlept: () => void) {
    this.lastWallMs = wallMs();
    this.timer = setInterval(() => {
      const monotonicMs = monotonicNowMs();
      const wall = wallMs();
      const passedMs = monotonicMs - this.lastMonotonicMs;
      const jumpMs = wall - this.lastWallMs - passedMs;
      const fromMs = session.axisMs(this.lastMonotonicMs);
      if (Math.abs(jumpMs) > JUMP_MS_MIN) {
        const seconds = Math.round(Math.abs(jumpMs) / 1000);
        session.addGap('console', fromMs, session.nowMs(), say('gapSleptFor', { seconds }));
        onSlept();
      } else if (passedMs > STALL_MS_MIN) {
        session.addGap('console', fromMs, session.nowMs(), say('gapStood', { ms: Math.round(passedMs) }));
      }
      this.lastMonotonicMs = monotonicMs;
      this.lastWallMs = wall;
    }, PERIOD_MS);
  }

  close(): void {
    clearInterval(this.timer);
  }
}
