/** Where the observed daemon's log is, by ha.cf and what this host has; and following it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HaConfig } from '../../../common/config/model.ts';
import { LogFollower, type LogPosition } from './logFollower.ts';

export interface LogSource {
  /** What is followed, for people. */
  readonly name: string;
  /** Why nothing can be read at present, or null. */
  problem(): string | null;
  /** Whole lines since the last time. */
  poll(): readonly string[];
  /** Remembers how far it was read. */
  save(): void;
  close(): void;
}

/** Files that syslog daemons write such lines to, where ha.cf names only a facility. */
const SYSLOG_FILES = ['/var/log/ha-log', '/var/log/syslog', '/var/log/messages', '/var/log/daemon.log'];
/** Configuration of heartbeat's own logging daemon, which is used where ha.cf names no log at all. */
const LOGD_FILE = '/etc/logd.cf';
const POSITION_FILE = 'observed-log';
const JOURNAL_LINES_MAX = 10_000;

/** Name of a log file that heartbeat writes itself; null: it writes none. */
function ownFile(ha: Pick<HaConfig, 'logfile' | 'debugfile' | 'logfacility'>, logdText: string | null): string | null {
  const isFile = (path: string | null | undefined): path is string => path != null && path !== '/dev/null';
  if (isFile(ha.logfile)) return ha.logfile;
  if (isFile(ha.debugfile)) return ha.debugfile;
  const named = /^\s*(?:logfile|debugfile)\s+(\S+)/m.exec(logdText ?? '')?.[1];
  return ha.logfacility === null && isFile(named) ? named : null;
}

function readOr<T>(file: string, otherwise: T): string | T {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}

class FileSource implements LogSource {
  private readonly follower: LogFollower;
  private readonly positionFile: string;
  private saved = '';

  constructor(path: string, stateDir: string) {
    this.positionFile = join(stateDir, POSITION_FILE);
    this.follower = new LogFollower(path, this.lastPosition());
  }

  get name(): string {
    return this.follower.path;
  }

  problem(): string | null {
    return this.follower.problem;
  }

  poll(): readonly string[] {
    return this.follower.poll();
  }

  save(): void {
    const text = JSON.stringify(this.follower.position);
    if (text === this.saved) return;
    this.saved = text;
    try {
      writeFileSync(this.positionFile, text);
    } catch {
      // Costs the lines between two lives of the agent, no more.
    }
  }

  close(): void {
    this.save();
    this.follower.close();
  }

  private lastPosition(): LogPosition | null {
    try {
      return JSON.parse(readOr(this.positionFile, 'null')) as LogPosition | null;
    } catch {
      return null;
    }
  }
}

/** Where syslog keeps no file: systemd's journal, by its own command. */
class JournalSource implements LogSource {
  readonly name = "systemd's journal";
  private readonly child: ChildProcess;
  private readonly lines: string[] = [];
  private rest = '';
  private ended: string | null = null;

  constructor() {
    const args = [
      '--follow',
      '--lines=0',
      '--output=short-iso',
      '--identifier=heartbeat',
      '--identifier=ResourceManager',
    ];
    this.child = spawn('journalctl', [...args, '--identifier=mach_down', '--identifier=ipfail'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      cwd: '/',
    });
    this.child.on('error', (error) => (this.ended = error.message));
    this.child.on('exit', () => (this.ended ??= 'journalctl ended'));
    this.child.stdout?.setEncoding('latin1').on('data', (text: string) => {
      const parts = (this.rest + text).split('\n');
      this.rest = parts.pop() ?? '';
      this.lines.push(...parts);
      this.lines.splice(0, Math.max(0, this.lines.length - JOURNAL_LINES_MAX));
    });
  }

  problem(): string | null {
    return this.ended;
  }

  poll(): readonly string[] {
    return this.lines.splice(0);
  }

  save(): void {
    // What was read is not read again: it follows from its start on.
  }

  close(): void {
    this.child.kill();
  }
}

class NoSource implements LogSource {
  readonly name = 'none';
  private readonly why: string;

  constructor(why: string) {
    this.why = why;
  }

  problem(): string | null {
    return this.why;
  }

  poll(): readonly string[] {
    return [];
  }

  save(): void {
    // Nothing was read.
  }

  close(): void {
    // Nothing is open.
  }
}

/** Opens what `ha` says. A file that is not there yet is waited for. */
export function openLogSource(
  ha: Pick<HaConfig, 'logfile' | 'debugfile' | 'logfacility'>,
  stateDir: string,
): LogSource {
  const file = ownFile(ha, readOr(LOGD_FILE, null));
  if (file !== null) return new FileSource(file, stateDir);
  const syslog = SYSLOG_FILES.find((path) => existsSync(path));
  if (syslog !== undefined) return new FileSource(syslog, stateDir);
  if (existsSync('/run/systemd/journal')) return new JournalSource();
  return new NoSource(`ha.cf names no log file, and none of ${SYSLOG_FILES.join(', ')} is here`);
}
