/**
 * Guards: a fault's undoing, as a process of its own that outlives the agent, the SSH session and the console. Order,
 * always: write the scripts and sync them, start the guard, see that it lives, only then inject.
 */
import { spawn, execFile } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { fail, ok, type Result } from '../../common/base/result.ts';
import { sleep, type Timers } from '../host/timers.ts';
import type { FaultPlan } from './plan.ts';

/** Between arming and injecting by the guard: the agent's answer leaves before the agent is stopped. */
const GUARD_HEAD_START_S = 0.3;
/** A guard that has not shown its pid by then is not trusted. */
const PROOF_MS = 2000;
const PROOF_POLL_MS = 10;
const SCRIPT_TIMEOUT_MS = 20_000;

const PID_FILE = 'guard.pid';
const REVERTED_FILE = 'reverted';
const REVERT_FILE = 'revert.sh';
const GUARD_FILE = 'guard.sh';
const RECORD_FILE = 'record.json';

function writeSynced(file: string, text: string): void {
  const fd = openSync(file, 'w', 0o700);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function revertScript(plan: FaultPlan, dir: string): string {
  const check = plan.isGone === null ? '' : `${plan.isGone} || exit 1\n`;
  return `#!/bin/sh\n# Undoes the fault of ${dir}. Safe to run at any time, any number of times.\n${plan.revert.join('\n')}\n${check}: > '${join(dir, REVERTED_FILE)}'\n`;
}

/** `sleep` in the background and `wait`: a signal that ends the guard is then not held up by the sleep. */
function guardScript(plan: FaultPlan, dir: string, durationMs: number): string {
  const inject = plan.by === 'guard' ? `sleep ${GUARD_HEAD_START_S}\n${plan.inject.join('\n')}\n` : '';
  return [
    '#!/bin/sh',
    "trap '' HUP",
    `echo $$ > '${join(dir, PID_FILE)}'`,
    inject + `sleep ${(durationMs / 1000).toFixed(3)}`,
    // Without the script there is nothing left that this guard could do.
    `until sh '${join(dir, REVERT_FILE)}'; do [ -e '${join(dir, REVERT_FILE)}' ] || exit; sleep 1; done`,
    '',
  ].join('\n');
}

/** Text files of one fault, on disk. */
export interface GuardFiles {
  readonly dir: string;
  /** What another life of the agent must know about it; JSON. */
  readonly record: string;
}

/** Writes and syncs everything a guard needs; nothing is started or changed yet. */
export function writeGuard(files: GuardFiles, plan: FaultPlan, durationMs: number): Result<null, 'not-writable'> {
  try {
    mkdirSync(files.dir, { recursive: true, mode: 0o700 });
    writeSynced(join(files.dir, REVERT_FILE), revertScript(plan, files.dir));
    writeSynced(join(files.dir, GUARD_FILE), guardScript(plan, files.dir, durationMs));
    writeSynced(join(files.dir, RECORD_FILE), files.record);
    const dir = openSync(files.dir, 'r');
    try {
      fsyncSync(dir);
    } finally {
      closeSync(dir);
    }
    return ok(null);
  } catch (error) {
    return fail('not-writable', error instanceof Error ? error.message : String(error));
  }
}

/**
 * Starts the guard away from the agent: as a unit of its own where systemd manages the agent (which would otherwise
 * end the guard together with the agent), else as the leader of a session of its own.
 */
export async function armGuard(dir: string, id: string, timers: Timers): Promise<Result<number, 'not-armed'>> {
  const script = join(dir, GUARD_FILE);
  const underSystemd = process.env['INVOCATION_ID'] !== undefined && existsSync('/run/systemd/system');
  const argv = underSystemd
    ? ['systemd-run', '--quiet', '--collect', `--unit=twinbeat-guard-${id}`, '/bin/sh', script]
    : ['/bin/sh', script];
  const [command = '', ...args] = argv;
  const child = spawn(command, args, { detached: true, stdio: 'ignore', cwd: '/' });
  let refused: string | null = null;
  child.once('error', (error) => (refused = error.message));
  child.unref();
  for (let waitedMs = 0; waitedMs < PROOF_MS && refused === null; waitedMs += PROOF_POLL_MS) {
    const pid = guardPid(dir);
    if (pid !== null) return ok(pid);
    await sleep(timers, PROOF_POLL_MS);
  }
  return fail('not-armed', refused ?? 'the guard did not show that it runs');
}

/** Pid of the fault's living guard, or null. */
export function guardPid(dir: string): number | null {
  try {
    const pid = Number(readFileSync(join(dir, PID_FILE), 'latin1').trim());
    const runs = readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(join(dir, GUARD_FILE));
    return runs ? pid : null;
  } catch {
    return null;
  }
}

function runScript(file: string, args: readonly string[]): Promise<Result<null, 'failed'>> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: SCRIPT_TIMEOUT_MS, cwd: '/' }, (error, stdout, stderr) => {
      resolve(error === null ? ok(null) : fail('failed', `${stderr.trim() || stdout.trim() || error.message}`));
    });
  });
}

/** Runs the injecting commands here. */
export function inject(plan: FaultPlan): Promise<Result<null, 'failed'>> {
  return runScript('/bin/sh', ['-c', `set -e\n${plan.inject.join('\n')}`]);
}

/** Runs the undoing; success means that it was read back to be undone. */
export function revert(dir: string): Promise<Result<null, 'failed'>> {
  return runScript('/bin/sh', [join(dir, REVERT_FILE)]);
}

/** Ends a guard that has nothing left to do. */
export function dismissGuard(dir: string): void {
  const pid = guardPid(dir);
  try {
    // The session's group: the guard and its sleep.
    if (pid !== null) process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

export function isReverted(dir: string): boolean {
  return existsSync(join(dir, REVERTED_FILE));
}

export function forget(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
}

/** Faults on disk: what an earlier life armed, by directory name. */
export function recordedFaults(root: string): { readonly dir: string; readonly record: string }[] {
  try {
    return readdirSync(root).flatMap((name) => {
      try {
        return [{ dir: join(root, name), record: readFileSync(join(root, name, RECORD_FILE), 'utf8') }];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}
