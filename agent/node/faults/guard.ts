/**
 * Guards: a fault's undoing, as a process of its own that outlives the agent, the SSH session and the console. Order,
 * always: write the scripts and sync them, start the guard, see that it lives and holds its deadline, only then inject.
 *
 * The guard counts by the time since boot, which no step of a clock moves, and ends the fault at its cap, or before
 * when the lease that a console renews has run out. What it wrote stays on disk until the fault is undone, so that a
 * start after a power cut finds it (pending.ts).
 */
import { spawn, execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { fail, ok, type Result } from '../../common/base/result.ts';
import { bootTimeMs } from '../host/clock.ts';
import { sleep, type Timers } from '../host/timers.ts';
import type { FaultPlan } from './plan.ts';
import { keptFile } from './shell.ts';

/** Between arming and injecting by the guard: the agent's answer leaves before the agent is stopped. */
const GUARD_HEAD_START_S = 0.3;
/** A guard that has not shown its pid and deadline by then is not trusted. */
const PROOF_MS = 2000;
const PROOF_POLL_MS = 10;
/** Longest undoing that the agent waits for: it may start services. */
const SCRIPT_TIMEOUT_MS = 60_000;

/** The guard's pid and the deadline that it holds, milliseconds since boot. */
const PID_FILE = 'guard.pid';
const REVERTED_FILE = 'reverted';
const LEASE_FILE = 'lease';
const RENEW_FILE = 'renew.sh';
export const REVERT_FILE = 'revert.sh';
const GUARD_FILE = 'guard.sh';
export const RECORD_FILE = 'record.json';

/** Reads the time since boot into `now`, milliseconds. Shell built-ins only: it works without memory for a process. */
const UPTIME_SH = `uptime_ms() {
  read -r up _ </proc/uptime
  c=\${up#*.}
  c=\${c#0}
  now=$((\${up%.*} * 1000 + \${c:-0} * 10))
}`;

function writeSynced(file: string, text: string | Uint8Array, mode = 0o700): void {
  const fd = openSync(file, 'w', mode);
  try {
    if (typeof text === 'string') writeSync(fd, text);
    else writeSync(fd, text, 0, text.length);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** `sh revert.sh boot`: at a boot, before anything is started: what the fault had ended is left to the boot. */
function revertScript(plan: FaultPlan, dir: string): string {
  return [
    '#!/bin/sh',
    `# Undoes the fault of ${dir}. Safe to run at any time, any number of times.`,
    'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin',
    'echo 0 > /proc/self/oom_score_adj 2>/dev/null',
    ...plan.revert,
    ...(plan.restart.length === 0 ? [] : ['if [ "$1" != boot ]; then', ...plan.restart, 'fi']),
    ...(plan.isGone === null ? [] : [`${plan.isGone} || exit 1`]),
    `: > '${join(dir, REVERTED_FILE)}'`,
    '',
  ].join('\n');
}

/**
 * `sleep` in the background and `wait`: a signal that ends the guard is then not held up by the sleep, and USR1 has it
 * read its lease at once. Its own priority is real-time, if it may; not that of what it starts.
 */
function guardScript(plan: FaultPlan, dir: string, capMs: number): string {
  const revert = `'${join(dir, REVERT_FILE)}'`;
  return [
    '#!/bin/sh',
    "trap '' HUP",
    "trap ':' USR1",
    'chrt -R -r -p 2 $$ >/dev/null 2>&1',
    'echo -900 > /proc/self/oom_score_adj 2>/dev/null',
    UPTIME_SH,
    `cap=${capMs}`,
    `echo "$$ $cap" > '${join(dir, PID_FILE)}'`,
    ...(plan.by === 'guard' ? [`sleep ${GUARD_HEAD_START_S}`, ...plan.inject] : []),
    'while :; do',
    '  end=$cap',
    `  if read -r lease <'${join(dir, LEASE_FILE)}' && [ "$lease" -lt "$cap" ]; then end=$lease; fi`,
    '  uptime_ms',
    '  left=$((end - now))',
    '  [ $left -gt 0 ] || break',
    '  [ $left -lt 1000 ] || left=999',
    '  sleep "$(printf "0.%03d" $left)" &',
    '  wait $!',
    'done 2>/dev/null',
    // Without the script there is nothing left that this guard could do.
    `until sh ${revert}; do [ -e ${revert} ] || exit; sleep 1; done`,
    '',
  ].join('\n');
}

/** `sh renew.sh MS`: another lease, by whoever reaches this node without the agent. Whole or not at all. */
function renewScript(dir: string): string {
  const lease = join(dir, LEASE_FILE);
  return `#!/bin/sh\n${UPTIME_SH}\nuptime_ms\necho $((now + $1)) > '${lease}.new' && mv '${lease}.new' '${lease}'\n`;
}

function keep(dir: string, plan: FaultPlan): void {
  plan.files.forEach((file, i) => {
    const { mode, uid, gid, atime, mtime } = statSync(file);
    const kept = keptFile(dir, i);
    writeSynced(kept, readFileSync(file), 0o600);
    chownSync(kept, uid, gid);
    chmodSync(kept, mode & 0o7777);
    utimesSync(kept, atime, mtime);
  });
}

/** Text files of one fault, on disk. */
export interface GuardFiles {
  readonly dir: string;
  /** What another life of the agent must know about it; JSON. */
  readonly record: string;
}

export interface GuardTime {
  readonly durationMs: number;
  /** null: no lease, the cap alone. */
  readonly leaseMs: number | null;
}

/** Time since boot when the guard is to act at the latest, milliseconds. */
function capOf(durationMs: number): number {
  return Math.round((bootTimeMs() ?? 0) + durationMs);
}

/** Keeps the files, writes and syncs everything a guard needs; nothing is started or changed yet. Resolves to the cap. */
export function writeGuard(files: GuardFiles, plan: FaultPlan, time: GuardTime): Result<number, 'not-writable'> {
  const { dir } = files;
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    keep(dir, plan);
    const capMs = capOf(time.durationMs);
    writeSynced(join(dir, REVERT_FILE), revertScript(plan, dir));
    writeSynced(join(dir, RENEW_FILE), renewScript(dir));
    writeSynced(join(dir, GUARD_FILE), guardScript(plan, dir, capMs));
    if (time.leaseMs !== null) writeSynced(join(dir, LEASE_FILE), `${capOf(time.leaseMs)}\n`);
    writeSynced(join(dir, RECORD_FILE), files.record);
    const folder = openSync(dir, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
    return ok(capMs);
  } catch (error) {
    return fail('not-writable', error instanceof Error ? error.message : String(error));
  }
}

/**
 * Starts the guard away from the agent: as a unit of its own where systemd manages the agent (which would otherwise
 * end the guard together with the agent), else as the leader of a session of its own. It is trusted once it has shown
 * the deadline that was meant.
 */
export async function armGuard(
  dir: string,
  id: string,
  capMs: number,
  timers: Timers,
): Promise<Result<number, 'not-armed'>> {
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
    if (pid !== null && heldDeadline(dir) === capMs) return ok(pid);
    await sleep(timers, PROOF_POLL_MS);
  }
  return fail('not-armed', refused ?? 'the guard did not show that it runs and holds its deadline');
}

function shown(dir: string): string[] {
  return readFileSync(join(dir, PID_FILE), 'latin1').trim().split(' ');
}

/** The deadline that the guard holds by its own word, milliseconds since boot. */
function heldDeadline(dir: string): number | null {
  try {
    return Number(shown(dir)[1]);
  } catch {
    return null;
  }
}

/** Pid of the fault's living guard, or null. */
export function guardPid(dir: string): number | null {
  try {
    const pid = Number(shown(dir)[0]);
    const runs = readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(join(dir, GUARD_FILE));
    return runs ? pid : null;
  } catch {
    return null;
  }
}

/** Sets the lease to end this long from now; 0: the guard acts at once. */
export function setLease(dir: string, leaseMs: number): Result<null, 'failed'> {
  const file = join(dir, LEASE_FILE);
  try {
    writeSynced(`${file}.new`, `${capOf(leaseMs)}\n`);
    renameSync(`${file}.new`, file);
    const pid = guardPid(dir);
    if (leaseMs === 0 && pid !== null) process.kill(pid, 'SIGUSR1');
    return ok(null);
  } catch (error) {
    return fail('failed', error instanceof Error ? error.message : String(error));
  }
}

/** Milliseconds until the guard acts, by lease or cap as it would read them now; null: not to be told. */
export function endsInMs(dir: string): number | null {
  const now = bootTimeMs();
  const cap = heldDeadline(dir);
  if (now === null || cap === null || !Number.isFinite(cap)) return null;
  try {
    return Math.max(0, Math.min(cap, Number(readFileSync(join(dir, LEASE_FILE), 'latin1'))) - now);
  } catch {
    return Math.max(0, cap - now);
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

/** Its folder is gone: somebody undid it from outside, and took what was written away. */
export function isForgotten(dir: string): boolean {
  return !existsSync(join(dir, REVERT_FILE));
}

export function forget(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
}
