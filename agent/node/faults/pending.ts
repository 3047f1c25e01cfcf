/**
 * The boot journal: faults on disk, written before they were injected. What a power cut or a kill left is undone here,
 * before the configuration is read (a fault may have changed it) and before anything is started.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { forget, guardPid, isReverted, RECORD_FILE, REVERT_FILE } from './guard.ts';

/** An undoing at boot starts nothing, so it is short. */
const BOOT_REVERT_MS_MAX = 20_000;

/** Folder of all faults of a node. */
export function faultsRoot(stateDir: string): string {
  return join(stateDir, 'faults');
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

export interface Mended {
  readonly dir: string;
  /** What went wrong; null: it is undone, read back. */
  readonly problem: string | null;
}

/**
 * Undoes every fault that has no living guard, one after the other, and says what became of each. A guard at work is
 * left alone: it may be what is just starting us.
 */
export function mendPending(stateDir: string): Mended[] {
  const root = faultsRoot(stateDir);
  let names: string[];
  try {
    names = readdirSync(root);
  } catch {
    return [];
  }
  return names.flatMap((name): Mended[] => {
    const dir = join(root, name);
    if (!existsSync(join(dir, RECORD_FILE))) {
      // The writing was cut off before the guard was armed: nothing was injected.
      forget(dir);
      return [];
    }
    if (isReverted(dir) || guardPid(dir) !== null) return [];
    const run = spawnSync('/bin/sh', [join(dir, REVERT_FILE), 'boot'], {
      timeout: BOOT_REVERT_MS_MAX,
      encoding: 'utf8',
      cwd: '/',
    });
    const problem =
      run.status === 0 ? null : run.stderr.trim() || run.error?.message || `status ${run.status ?? 'none'}`;
    return [{ dir, problem }];
  });
}

/** An agent runs with this folder of sockets: what is pending there is its own business. */
export function isAgentAlive(runDir: string): boolean {
  try {
    const pid = Number(readFileSync(join(runDir, 'agent.pid'), 'latin1').trim());
    return pid !== process.pid && /agent/.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
  } catch {
    return false;
  }
}
