/**
 * The kernel's watchdog: resets the machine when it is not written to in time. Opened and closed by the main thread,
 * fed by the heartbeat thread alone, so that a heartbeat thread that hangs resets the node whatever else still runs.
 * The fake is in test support.
 */
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { fail, ok, type Result } from '../../common/base/result.ts';
import { int32, type Libc } from './libc.ts';

export type WatchdogFailure =
  /** There is no such device. */
  | 'missing'
  /** Somebody else, often systemd, holds it. */
  | 'busy'
  | 'not-permitted'
  | 'failed';

/** An open watchdog: its countdown runs. */
export interface OpenWatchdog {
  /** What the heartbeat thread writes to. */
  readonly fd: number;
  /** What the driver says that it is; null: a file that only looks like a watchdog, and resets nothing. */
  readonly identity: string | null;
  /** The driver obeys the magic close. False: once opened, nothing but feeding keeps the node up. */
  readonly canStop: boolean;
  /** Time limit as the driver has it; null: it does not say. */
  readonly timeoutS: number | null;
  /** Another time limit, in whole seconds. Returns what the driver made of it. */
  setTimeout(seconds: number): number | null;
  /** Magic close: the countdown ends. */
  stop(): void;
}

export interface Watchdogs {
  open(device: string, timeoutS: number): Result<OpenWatchdog, WatchdogFailure>;
}

/** `_IOR('W', 0, struct watchdog_info)` and its neighbours, on machines with the common encoding (x86, ARM). */
const WDIOC_GETSUPPORT = 0x8028_5700;
const WDIOC_SETTIMEOUT = 0xc004_5706;
const WDIOC_GETTIMEOUT = 0x8004_5707;
const WATCHDOG_INFO_BYTES = 40;
const IDENTITY_OFFSET = 8;
const WDIOF_MAGICCLOSE = 0x0100;

const MAGIC_CLOSE = Buffer.from('V');
/** Any byte but the magic one. */
const FEED = Buffer.from('\0');

/** One feeding. Returns why it failed, or null. Called from the heartbeat thread. */
export function feedWatchdog(fd: number): string | null {
  try {
    writeSync(fd, FEED);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function failureOf(error: unknown): WatchdogFailure {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOENT' || code === 'ENODEV' || code === 'ENXIO') return 'missing';
  if (code === 'EBUSY') return 'busy';
  return code === 'EACCES' || code === 'EPERM' ? 'not-permitted' : 'failed';
}

/** The machine's watchdogs. `libc` null: the time limit cannot be set and stays the driver's. */
export function realWatchdogs(libc: Libc | null): Watchdogs {
  const number = (fd: number, request: number, value: number): number | null => {
    const argument = Buffer.from(int32(value));
    const done = libc?.ioctl(fd, request, argument);
    return done?.ok === true ? argument.readInt32LE(0) : null;
  };
  return {
    open(device, timeoutS) {
      let fd: number;
      try {
        // Not blocking: a FIFO in its place must not hold up the start.
        fd = openSync(device, constants.O_WRONLY | constants.O_NONBLOCK);
      } catch (error) {
        return fail(failureOf(error), error instanceof Error ? error.message : String(error));
      }
      const info = Buffer.alloc(WATCHDOG_INFO_BYTES);
      const known = fstatSync(fd).isCharacterDevice() && libc?.ioctl(fd, WDIOC_GETSUPPORT, info).ok === true;
      const [identity = ''] = info.toString('latin1', IDENTITY_OFFSET).split('\0');
      const setTimeout = (seconds: number): number | null => {
        number(fd, WDIOC_SETTIMEOUT, seconds);
        return number(fd, WDIOC_GETTIMEOUT, 0);
      };
      return ok({
        fd,
        identity: known ? identity : null,
        canStop: !known || (info.readUInt32LE(0) & WDIOF_MAGICCLOSE) !== 0,
        timeoutS: known ? setTimeout(timeoutS) : null,
        setTimeout,
        stop: () => {
          try {
            writeSync(fd, MAGIC_CLOSE);
          } catch {
            // The countdown goes on, and the close is all that can still be done.
          }
          closeSync(fd);
        },
      });
    },
  };
}
