/** A pseudo terminal without a program, by the C library: Node itself has no call for it. */
import koffi from 'koffi';
import { constants } from 'node:fs';

/** Linux: a descriptor that programs started later do not inherit. Node's constants leave it out. */
const O_CLOEXEC = 0o2000000;

export interface PtyPair {
  /** Descriptor of our end. */
  readonly master: number;
  /** Path of the other end, which behaves like a serial device. */
  readonly path: string;
}

/**
 * Makes one. node-pty's own `open` starts to read the far end, which would eat the node's bytes, and lets every
 * program started later inherit both ends, which would keep a port open that nobody uses. Throws when the kernel refuses.
 */
export function openPty(): PtyPair {
  const libc = koffi.load(null);
  const posixOpenpt = libc.func('int posix_openpt(int flags)') as (flags: number) => number;
  const grantpt = libc.func('int grantpt(int fd)') as (fd: number) => number;
  const unlockpt = libc.func('int unlockpt(int fd)') as (fd: number) => number;
  const ptsname = libc.func('const char *ptsname(int fd)') as (fd: number) => string | null;
  const master = posixOpenpt(constants.O_RDWR | constants.O_NOCTTY | O_CLOEXEC);
  if (master < 0 || grantpt(master) !== 0 || unlockpt(master) !== 0)
    throw new Error('the kernel gives no pseudo terminal');
  const path = ptsname(master);
  if (path === null) throw new Error('the new pseudo terminal has no name');
  return { master, path };
}
