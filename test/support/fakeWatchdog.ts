/**
 * A watchdog as the kernel documents it (watchdog-api): opening starts the countdown, every write starts it anew, a 'V' in
 * the last write before the close ends it, a close without it does not, and only one may have it open. Time is wound by hand.
 */
import { fail, ok, type Result } from '../../agent/common/base/result.ts';
import type { OpenWatchdog, WatchdogFailure, Watchdogs } from '../../agent/node/host/watchdog.ts';

/** What a driver sets that was never told a time limit. */
const DRIVER_DEFAULT_S = 60;

export class FakeWatchdog implements Watchdogs {
  readonly device: string;
  /** Identity as the driver says it; null: an ordinary file lies there. */
  readonly identity: string | null;
  /** The driver's smallest and largest time limit. */
  readonly rangeS: readonly [min: number, max: number];
  isOpen = false;
  /** The node was reset. */
  fired = false;
  timeoutS = DRIVER_DEFAULT_S;
  private nowS = 0;
  private deadlineS: number | null = null;
  private lastByte = '';

  constructor(device: string, identity: string | null = 'Fake Watchdog', rangeS: readonly [number, number] = [1, 600]) {
    this.device = device;
    this.identity = identity;
    this.rangeS = rangeS;
  }

  open(device: string, timeoutS: number): Result<OpenWatchdog, WatchdogFailure> {
    if (device !== this.device) return fail('missing', `${device}: no such file`);
    if (this.isOpen) return fail('busy', `${device}: busy`);
    this.isOpen = true;
    const setTimeout = (seconds: number): number => {
      this.timeoutS = Math.min(Math.max(seconds, this.rangeS[0]), this.rangeS[1]);
      this.restart();
      return this.timeoutS;
    };
    const isReal = this.identity !== null;
    if (isReal) setTimeout(timeoutS);
    return ok({
      fd: 42,
      identity: this.identity,
      canStop: true,
      timeoutS: isReal ? this.timeoutS : null,
      setTimeout: (seconds) => (isReal ? setTimeout(seconds) : null),
      stop: () => {
        this.write('V');
        this.close();
      },
    });
  }

  write(byte: string): void {
    this.lastByte = byte;
    this.restart();
  }

  /** The descriptor is gone: by a close, or because the process died. */
  close(): void {
    this.isOpen = false;
    if (this.lastByte === 'V') this.deadlineS = null;
  }

  advance(seconds: number): void {
    this.nowS += seconds;
    if (this.deadlineS !== null && this.nowS >= this.deadlineS) this.fired = true;
  }

  private restart(): void {
    if (this.identity !== null) this.deadlineS = this.nowS + this.timeoutS;
  }
}
