/**
 * Resource scripts as heartbeat calls them (reference, section 8.2): found in resource.d of the configuration,
 * in /etc/init.d, or as a systemd unit; arguments first, action last; status is read from the output.
 */
import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, fstatSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ResourceSpec } from '../../common/config/model.ts';
import { fail, ok, type Result } from '../../common/base/result.ts';
import { plainCommand } from '../host/protections.ts';
import type { Timers } from '../host/timers.ts';

export type ScriptAction = 'start' | 'stop' | 'status';

export interface ScriptRun {
  /** Null: it did not end by itself (killed after its time limit, or by a signal). */
  readonly exitStatus: number | null;
  readonly timedOut: boolean;
  /** The end of what it printed; of `status` standard output alone, because heartbeat reads nothing else. */
  readonly output: string;
}

/** Runs resources. The fake in tests answers from a table. */
export interface ScriptRunner {
  run(resource: ResourceSpec, action: ScriptAction): Promise<Result<ScriptRun, 'not-found' | 'not-startable'>>;
}

/**
 * How long a script may take. Heartbeat itself waits for ever; a hung script then blocks every later takeover.
 * The values are far above any sane script, so that none that works under heartbeat is killed by us.
 */
export const SCRIPT_TIMEOUT_MS: Readonly<Record<ScriptAction, number>> = {
  start: 120_000,
  stop: 60_000,
  status: 10_000,
};
/** Between TERM and KILL, and between KILL and not waiting any longer (a process stuck in the kernel does not die). */
const KILL_AFTER_MS = 5000;
const OUTPUT_BYTES_MAX = 4096;
/** A status may be long, and its word anywhere in it. */
const STATUS_BYTES_MAX = 65_536;

/** Heartbeat's reading of a status call: only the text counts, never the exit status. */
export function isRunningText(output: string): boolean {
  if (/not .*[rR]unning/s.test(output.replace(/NOT /gi, 'not '))) return false;
  return /[rR]unning/.test(output) || output.includes('OK');
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

export interface ScriptDirs {
  /** `/etc/ha.d` or what stands for it; its resource.d comes first. */
  readonly configDir: string;
  readonly initDir: string;
  readonly unitDirs: readonly string[];
  /** Where the output of running scripts is kept. */
  readonly runDir: string;
}

export const UNIT_DIRS = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];

/** Command line of an action without its arguments, or null when there is no such resource. */
export function resolveScript(name: string, dirs: ScriptDirs): { file: string; isUnit: boolean } | null {
  // A name from haresources is a file name; with a slash it could leave the directories.
  if (name.includes('/') || name.startsWith('.')) return null;
  for (const path of [join(dirs.configDir, 'resource.d', name), join(dirs.initDir, name)]) {
    if (isExecutableFile(path)) return { file: path, isUnit: false };
  }
  const unit = name.endsWith('.service') ? name : `${name}.service`;
  for (const dir of dirs.unitDirs) {
    try {
      if (statSync(join(dir, unit)).isFile()) return { file: unit, isUnit: true };
    } catch {
      // Not in this directory.
    }
  }
  return null;
}

function tailOf(fd: number, bytesMax: number): string {
  const size = fstatSync(fd).size;
  const bytes = Buffer.alloc(Math.min(size, bytesMax));
  readSync(fd, bytes, 0, bytes.length, Math.max(0, size - bytes.length));
  return bytes.toString('utf8').trim();
}

export class RealScripts implements ScriptRunner {
  private readonly dirs: ScriptDirs;
  private readonly timers: Timers;
  private readonly environment: Readonly<Record<string, string>>;
  private readonly limitMs: Readonly<Record<ScriptAction | 'kill', number>>;

  /** `environment`: heartbeat's HA_… variables, added to a minimal one. */
  constructor(
    dirs: ScriptDirs,
    timers: Timers,
    environment: Readonly<Record<string, string>>,
    limitMs: Readonly<Record<ScriptAction | 'kill', number>> = { ...SCRIPT_TIMEOUT_MS, kill: KILL_AFTER_MS },
  ) {
    this.dirs = dirs;
    this.timers = timers;
    this.environment = environment;
    this.limitMs = limitMs;
    mkdirSync(join(dirs.runDir, 'scripts'), { recursive: true, mode: 0o700 });
  }

  async run(resource: ResourceSpec, action: ScriptAction): Promise<Result<ScriptRun, 'not-found' | 'not-startable'>> {
    const script = resolveScript(resource.script, this.dirs);
    if (script === null) return fail('not-found', `no resource script or unit named ${resource.script}`);
    // `is-active` prints "active": a unit's status output differs in every version, its exit status does not.
    const argv = script.isUnit
      ? ['systemctl', action === 'status' ? 'is-active' : action, script.file]
      : [script.file, ...resource.args.flatMap((arg) => arg.split(/\s+/).filter((part) => part !== '')), action];
    const run = await this.spawn(argv, resource.script, action);
    if (!run.ok || !script.isUnit || action !== 'status') return run;
    return ok({ ...run.value, output: run.value.exitStatus === 0 ? 'running' : 'not running' });
  }

  /**
   * Output goes to a file, not to a pipe: a service started by the script inherits it, and would
   * otherwise hold the pipe open for ever or die of its end.
   */
  private spawn(
    argv: readonly string[],
    name: string,
    action: ScriptAction,
  ): Promise<Result<ScriptRun, 'not-startable'>> {
    const output = this.openLog(`${name}.${action}`);
    const errors = action === 'status' ? this.openLog(`${name}.status-errors`) : output;
    return new Promise((resolve) => {
      const [command, args] = plainCommand(argv);
      const child = spawn(command, args, {
        stdio: ['ignore', output, errors],
        cwd: '/',
        // Its own process group, so that a time limit ends what it started too.
        detached: true,
        env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C', ...this.environment },
      });
      let timedOut = false;
      let cancel = (): void => undefined;
      const finish = (result: () => Result<ScriptRun, 'not-startable'>): void => {
        cancel();
        const value = result();
        closeSync(output);
        if (errors !== output) closeSync(errors);
        resolve(value);
      };
      const ended = (code: number | null): void =>
        finish(() => {
          const bytesMax = action === 'status' ? STATUS_BYTES_MAX : OUTPUT_BYTES_MAX;
          return ok({ exitStatus: timedOut ? null : code, timedOut, output: tailOf(output, bytesMax) });
        });
      const give = (signal: NodeJS.Signals): void => {
        try {
          if (child.pid !== undefined) process.kill(-child.pid, signal);
        } catch {
          // Gone already.
        }
      };
      cancel = this.timers.after(this.limitMs[action], () => {
        timedOut = true;
        give('SIGTERM');
        cancel = this.timers.after(this.limitMs.kill, () => {
          give('SIGKILL');
          cancel = this.timers.after(this.limitMs.kill, () => {
            child.removeAllListeners();
            ended(null);
          });
        });
      });
      child.once('error', (error) => finish(() => fail('not-startable', error.message)));
      child.once('exit', (code) => {
        // What the script had started and not waited for hangs as it did.
        if (timedOut) give('SIGKILL');
        ended(code);
      });
    });
  }

  private openLog(name: string): number {
    try {
      return openSync(join(this.dirs.runDir, 'scripts', `${name.replaceAll('/', '_')}.log`), 'w+', 0o600);
    } catch {
      return openSync('/dev/null', 'r+');
    }
  }
}
