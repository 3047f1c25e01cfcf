/** Out of memory, and swapped out: what the kernel may not do to the process that keeps the address alive. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One means of protection, as it was read back. */
export interface ProtectionState {
  /** `off`: not asked for. `unavailable`: asked for, and this node does not allow it. */
  readonly state: 'on' | 'off' | 'unavailable';
  readonly detail: string;
}

/** Never chosen by the out-of-memory killer. */
const OOM_SCORE_WANTED = -1000;

/** Roots of the file systems that are read and written; tests have others. */
export interface KernelFiles {
  readonly proc: string;
  readonly cgroup: string;
}

export const KERNEL_FILES: KernelFiles = { proc: '/proc', cgroup: '/sys/fs/cgroup' };

function read(path: string): string | null {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return null;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/**
 * Takes this process out of the reach of the out-of-memory killer. Children inherit the score: what the agent starts
 * for others must go through `plainCommand`.
 */
export function protectFromOomKiller(files: KernelFiles = KERNEL_FILES): ProtectionState {
  const path = join(files.proc, 'self/oom_score_adj');
  let refused = '';
  try {
    writeFileSync(path, `${OOM_SCORE_WANTED}\n`);
  } catch (error) {
    refused = ` (${codeOf(error)})`;
  }
  const score = read(path);
  if (score === null) return { state: 'unavailable', detail: `${path} cannot be read` };
  if (Number(score) === OOM_SCORE_WANTED) return { state: 'on', detail: `oom_score_adj ${score}` };
  return { state: 'unavailable', detail: `oom_score_adj stays ${score}: the node does not allow less${refused}` };
}

/** A command line that runs `argv` with the score of an ordinary process. Raising it is always allowed. */
export function plainCommand(argv: readonly string[]): readonly [command: string, args: readonly string[]] {
  return ['/bin/sh', ['-c', 'echo 0 2>/dev/null >/proc/self/oom_score_adj; exec "$0" "$@"', ...argv]];
}

/** Path of this process's cgroup in the unified hierarchy, or null where there is none. */
function cgroupDir(files: KernelFiles): string | null {
  const line = (read(join(files.proc, 'self/cgroup')) ?? '').split('\n').find((text) => text.startsWith('0::'));
  return line === undefined ? null : join(files.cgroup, line.slice('0::'.length));
}

/**
 * Keeps this process's memory out of swap, by its cgroup: mlockall aborts Node from 20 on. The service's unit says so to
 * systemd; a cgroup that holds nothing but this process is set here; one that is shared is left alone, because others
 * would lose their swap with us.
 */
export function protectFromSwap(pid: number, files: KernelFiles = KERNEL_FILES): ProtectionState {
  if (/^SwapTotal:\s+0 kB$/m.test(read(join(files.proc, 'meminfo')) ?? '')) {
    return { state: 'on', detail: 'this node has no swap' };
  }
  const dir = cgroupDir(files);
  const limit = dir === null ? null : join(dir, 'memory.swap.max');
  const before = limit === null ? null : read(limit);
  if (dir === null || limit === null || before === null) {
    return { state: 'unavailable', detail: 'no cgroup v2 with a memory controller' };
  }
  if (before === '0') return { state: 'on', detail: `${limit} is 0` };
  const inside = (read(join(dir, 'cgroup.procs')) ?? '').split('\n').filter((line) => line !== '');
  if (inside.length !== 1 || inside[0] !== String(pid)) {
    return { state: 'unavailable', detail: 'the cgroup is shared with other processes, and its swap is on' };
  }
  try {
    writeFileSync(limit, '0\n');
  } catch (error) {
    return { state: 'unavailable', detail: `${limit} cannot be written (${codeOf(error)})` };
  }
  return read(limit) === '0'
    ? { state: 'on', detail: `${limit} set to 0` }
    : { state: 'unavailable', detail: `${limit} was written and reads otherwise` };
}
