/** The observed daemon's processes: by its pid file and the process tree, never by a name alone. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** One process, named for ever: a pid that was given to another one meanwhile has other ticks. */
export interface ProcessId {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat. */
  readonly startTicks: string;
}

/** The master control process, without whom there is no daemon. */
export interface DaemonState {
  readonly state: 'running' | 'frozen' | 'not-running';
  /** Null: it does not run. */
  readonly master: ProcessId | null;
}

interface Stat {
  readonly pid: number;
  readonly name: string;
  readonly state: string;
  readonly parent: number;
  readonly startTicks: string;
}

/** What the daemon's processes are called by the kernel: its program's name. */
const NAME = 'heartbeat';

/** Where its pid file is, newest place first. */
export const PID_FILES: readonly string[] = ['/run/heartbeat.pid', '/var/run/heartbeat.pid'];

export const NO_DAEMON: DaemonState = { state: 'not-running', master: null };

/** Null: there is no such process any more. */
export function readStat(proc: string, pid: number): Stat | null {
  try {
    const text = readFileSync(join(proc, String(pid), 'stat'), 'latin1');
    // The name is in parentheses and may itself contain some.
    const end = text.lastIndexOf(')');
    const fields = text.slice(end + 2).split(' ');
    return {
      pid,
      name: text.slice(text.indexOf('(') + 1, end),
      state: fields[0] ?? '',
      parent: Number(fields[1]),
      startTicks: fields[19] ?? '',
    };
  } catch {
    return null;
  }
}

function pidIn(file: string): number | null {
  try {
    const pid = Number(readFileSync(file, 'latin1').trim());
    return Number.isInteger(pid) && pid > 1 ? pid : null;
  } catch {
    return null;
  }
}

const isAlive = (stat: Stat): boolean => stat.state !== 'Z' && stat.state !== 'X';

/** Program file of a process; null: it has ended, or is not to be told. */
export function programOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return null;
  }
}

/** Looks at the master, without a signal. `proc`: root of the process file system; tests have another one. */
export function daemonState(pidFiles: readonly string[] = PID_FILES, proc = '/proc'): DaemonState {
  for (const file of pidFiles) {
    const pid = pidIn(file);
    const master = pid === null ? null : readStat(proc, pid);
    // A stale pid file may name anybody's process by now.
    if (master === null || master.name !== NAME || !isAlive(master)) continue;
    const { startTicks, state } = master;
    return {
      state: state === 'T' || state === 't' ? 'frozen' : 'running',
      master: { pid: master.pid, startTicks },
    };
  }
  return NO_DAEMON;
}

/** The master and its own processes (readers, writers, FIFO), without clients, scripts and services. The master is first. */
export function processesOf(master: ProcessId, proc = '/proc'): readonly ProcessId[] {
  const children = readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(proc, Number(name)) ?? [])
    .filter((stat) => stat.parent === master.pid && stat.name === NAME && isAlive(stat));
  return [master, ...children.map(({ pid, startTicks }) => ({ pid, startTicks }))];
}
