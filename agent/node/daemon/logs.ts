/** The log of ha.cf's logfile, debugfile and logfacility lines, opened. */
import type { EventDraft } from '../../common/timeline/event.ts';
import type { Libc } from '../host/libc.ts';
import { HaLog } from '../journal/haLog.ts';
import { openSyslog } from '../journal/syslog.ts';
import type { Setup } from './setup.ts';

/** Heartbeat's own default log file, used when ha.cf names no log at all. */
const LOGFILE_DEFAULT = '/var/log/ha-log';

const UNAVAILABLE = 'syslog-unavailable';

/** `report` must not write to the log that it hears about. `libc` null: there is no way to the system's log. */
export function openHaLog(setup: Setup, libc: Libc | null, report: (draft: EventDraft) => void): HaLog {
  const { logfile, debugfile, logfacility, syslogmsgfmt } = setup.ha;
  const linkNames = new Map(setup.ha.links.map((link) => [link.id, link.name]));
  const none = logfile === null && debugfile === null && logfacility === null;
  const said = new Map<string, string>();
  const problem = (code: string, what: string | null): void => {
    const detail = what ?? said.get(code) ?? 'log';
    said.set(code, detail);
    const severity = what === null ? 'info' : 'warn';
    report({ severity, body: { kind: 'problem', code, over: what === null, detail } });
  };
  if (logfacility !== null && libc === null)
    problem(UNAVAILABLE, 'raw calls are unavailable, by which it is written to');
  return new HaLog(
    {
      logfile: none ? LOGFILE_DEFAULT : logfile,
      debugfile,
      syslog: logfacility === null || libc === null ? null : openSyslog(libc, logfacility),
      syslogForm: syslogmsgfmt,
    },
    { self: setup.node, peer: setup.peer, linkNames },
    problem,
  );
}
