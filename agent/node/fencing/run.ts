/** Runs a fencing program: bounded time, its whole process group killed at the end of it, the end of its output kept. */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import type { Timers } from '../host/timers.ts';

export interface DeviceRun {
  /** Null: it did not end by itself, or could not be started. */
  readonly exitStatus: number | null;
  /** Standard output alone, for programs whose answer it is. */
  readonly stdout: string;
  /** How it ended and the end of what it printed, for people. */
  readonly said: string;
}

export interface DeviceProgram {
  readonly argv: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  /** Standard input; secrets go this way or by the environment, never by the command line, which everybody may read. */
  readonly input?: string;
  readonly timeoutMs: number;
}

/** How programs are run; the fake in tests answers from a table. */
export type DeviceRunner = (program: DeviceProgram, signal: AbortSignal) => Promise<DeviceRun>;

/** Kept of each stream, in UTF-16 units: what a person needs to see why it failed. */
const OUTPUT_KEPT = 2000;
/** What the program started may hold its output open for ever; this long after its end nothing new is expected. */
const DRAIN_MS = 200;
/** As cluster-glue's own caller has it, so that its plugins find their helpers. */
const PATH = '/usr/share/cluster-glue:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** True for a file that this user may run. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** First existing program called `name` in `dirs`, or null. */
export function findProgram(name: string, dirs: readonly string[]): string | null {
  return dirs.map((dir) => `${dir}/${name}`).find(isProgram) ?? null;
}

/** The real runner. */
export function deviceRunner(timers: Timers): DeviceRunner {
  return (program, signal) =>
    new Promise((resolve) => {
      const [command, ...args] = program.argv;
      const env = { PATH, LANG: 'C', LC_ALL: 'C', HA_LOGTAG: 'stonith', ...program.environment };
      // Its own process group, so that a time limit ends what it started too.
      const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd: '/', detached: true, env });
      const kept = { out: '', err: '' };
      let ending: string | null = null;
      const kill = (why: string): void => {
        ending ??= why;
        try {
          if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        } catch {
          // Gone already.
        }
      };
      const abort = (): void => kill('was stopped because this agent ends');
      let cancel = timers.after(program.timeoutMs, () =>
        kill(`did not end within ${program.timeoutMs / 1000} s and was killed`),
      );
      const finish = (exitStatus: number | null, how: string): void => {
        cancel();
        signal.removeEventListener('abort', abort);
        child.stdout.destroy();
        child.stderr.destroy();
        const said = [how, kept.err.trim(), kept.out.trim()].filter((part) => part !== '').join(': ');
        resolve({ exitStatus: ending === null ? exitStatus : null, stdout: kept.out, said });
      };
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      for (const [stream, name] of [
        [child.stdout, 'out'],
        [child.stderr, 'err'],
      ] as const) {
        stream.setEncoding('utf8').on('data', (text: string) => (kept[name] = (kept[name] + text).slice(-OUTPUT_KEPT)));
        stream.on('error', () => undefined);
      }
      child.stdin.on('error', () => undefined); // It does not read: its exit status says what that means.
      child.stdin.end(program.input ?? '');
      child.once('error', (error) => finish(null, `cannot be started: ${error.message}`));
      child.once('exit', (status, killedBy) => {
        cancel();
        const how = ending ?? (status === null ? `was killed by ${killedBy}` : `ended with ${status}`);
        const done = (): void => finish(status, how);
        cancel = timers.after(DRAIN_MS, done);
        child.once('close', () => {
          cancel();
          done();
        });
      });
    });
}
