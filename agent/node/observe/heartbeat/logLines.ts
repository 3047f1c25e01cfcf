/**
 * Lines of heartbeat's log, in the forms in which they reach a file: the daemon's own (both settings of syslogmsgfmt), those of its
 * scripts, and what syslog makes of either (reference, section 10). Pure.
 */
import type { Severity } from '../../../common/timeline/event.ts';

export interface LogLine {
  /** Unix epoch milliseconds, exact to a second; null: its stamp cannot be read. */
  readonly wallMs: number | null;
  /** `heartbeat`, `ipfail`, `ResourceManager`, `mach_down`, a resource's script … without its path. */
  readonly program: string;
  readonly pid: number;
  readonly severity: Severity;
  readonly text: string;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const HALF_YEAR_MS = 183 * 86_400_000;

const STAMP = String.raw`(?<stamp>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+|\d{4}\/\d\d\/\d\d_\d\d:\d\d:\d\d)`;
const WORD = String.raw`(?<word>[A-Za-z]+)`;

const FORMS: readonly RegExp[] = [
  // Nov 21 00:09:07 node1 heartbeat: [15]: info: text (the daemon's, and syslog's of it)
  new RegExp(String.raw`^${STAMP} \S+ (?<program>[^\s:[]+)(?:\[\d+\])?: \[(?<pid>\d+)\]: ${WORD}: (?<text>.*)$`),
  // heartbeat[15]: 2026/11/21_00:09:07 info: text (syslogmsgfmt false)
  new RegExp(String.raw`^(?<program>[^\s:[]+)\[(?<pid>\d+)\]: ${STAMP} ${WORD}: (?<text>.*)$`),
  // 2026/11/21_00:09:08  harc(default)[26]:    info: Running … (scripts)
  new RegExp(String.raw`^${STAMP}\s+(?<program>[^\s([]+)(?:\([^)]*\))?\[(?<pid>\d+)\]:\s+(?:${WORD}:\s+)?(?<text>.*)$`),
  // Nov 21 00:09:08 node1 ResourceManager(default)[159]: info: … (scripts, by syslog)
  new RegExp(
    String.raw`^${STAMP} \S+ (?<program>[^\s([]+)(?:\([^)]*\))?\[(?<pid>\d+)\]:\s+(?:${WORD}:\s+)?(?<text>.*)$`,
  ),
];

const SEVERITIES: Readonly<Record<string, Severity>> = {
  debug: 'debug',
  info: 'info',
  notice: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  crit: 'crit',
  critical: 'crit',
  alert: 'crit',
  emerg: 'crit',
};

/** Local time, as both daemon and syslog write it; a stamp without a year belongs to the one that brings it closest to `nowMs`. */
function wallMsOf(stamp: string, nowMs: number): number | null {
  const syslog = /^([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d)$/.exec(stamp);
  if (syslog !== null) {
    const month = MONTHS.indexOf(syslog[1] ?? '');
    const [day, hours, minutes, seconds] = syslog.slice(2).map(Number);
    const inYear = (year: number): number => new Date(year, month, day, hours, minutes, seconds).getTime();
    const year = new Date(nowMs).getFullYear();
    return [inYear(year), inYear(year - 1), inYear(year + 1)].find((ms) => Math.abs(ms - nowMs) < HALF_YEAR_MS) ?? null;
  }
  const written = /^\d{4}\//.test(stamp) ? stamp.replaceAll('/', '-').replace('_', 'T') : stamp;
  const ms = Date.parse(written);
  return Number.isNaN(ms) ? null : ms;
}

/** Null: no line of heartbeat's. `nowMs`: Unix epoch, to complete stamps without a year. */
export function parseLogLine(line: string, nowMs: number): LogLine | null {
  for (const form of FORMS) {
    const found = form.exec(line)?.groups;
    if (found === undefined) continue;
    const { stamp = '', program = '', pid = '0', word = 'info', text = '' } = found;
    const severity = SEVERITIES[word.toLowerCase()];
    return {
      wallMs: wallMsOf(stamp, nowMs),
      program: program.slice(program.lastIndexOf('/') + 1),
      pid: Number(pid),
      severity: severity ?? 'info',
      // A script's line may begin with a word that is no level.
      text: severity === undefined && found['word'] !== undefined ? `${word}: ${text}` : text,
    };
  }
  return null;
}
