/**
 * Log lines to the system's log: datagrams of RFC 3164 to /dev/log, as every libc writes them. By hand, because Node has no
 * datagram sockets of the local kind; never blocking, because a log that is stuck must not hold up a takeover.
 */
import { fail, ok, type Result } from '../../common/base/result.ts';
import type { Severity } from '../../common/timeline/event.ts';
import { AF_UNIX, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK, sockaddrUn, type Libc } from '../host/libc.ts';

/** Where lines are sent. The fake in tests keeps them. */
export interface Syslog {
  /** One line without stamp and tag. Fails when nobody takes it. */
  write(severity: Severity, wallMs: number, text: string): Result<null, 'not-taken'>;
  close(): void;
}

export const SYSLOG_SOCKET = '/dev/log';
/** As heartbeat has it, so that filters written for it go on working. */
const TAG = 'heartbeat';

const FACILITIES = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
];
/** Number of local0; local1 to local7 follow. */
const LOCAL0 = 16;

const LEVELS: Readonly<Record<Severity, number>> = { crit: 2, error: 3, warn: 4, info: 6, debug: 7 };
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Number of a facility that ha.cf may name. */
export function facilityNumber(name: string): number {
  const local = /^local([0-7])$/.exec(name);
  return local === null ? Math.max(0, FACILITIES.indexOf(name)) : LOCAL0 + Number(local[1]);
}

/** One datagram: `<priority>Mmm dd hh:mm:ss heartbeat: text`, local time, the day padded by a blank. */
export function syslogDatagram(facility: string, severity: Severity, wallMs: number, text: string): string {
  const at = new Date(wallMs);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = String(at.getDate()).padStart(2, ' ');
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const priority = facilityNumber(facility) * 8 + LEVELS[severity];
  return `<${priority}>${MONTHS[at.getMonth()] ?? ''} ${day} ${time} ${TAG}: ${text}`;
}

/** Opens the way to the system's log; whether somebody listens shows at the first line. */
export function openSyslog(libc: Libc, facility: string, path = SYSLOG_SOCKET): Syslog {
  const socket = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const address = sockaddrUn(path);
  return {
    write(severity, wallMs, text) {
      if (!socket.ok) return fail('not-taken', `${path}: ${socket.detail}`);
      const datagram = Buffer.from(syslogDatagram(facility, severity, wallMs, text), 'utf8');
      const sent = libc.sendto(socket.value, datagram, MSG_DONTWAIT, address);
      return sent.ok ? ok(null) : fail('not-taken', `${path}: ${sent.detail}`);
    },
    close: () => {
      if (socket.ok) libc.close(socket.value);
    },
  };
}
