/** What the rack's tests share: whole process trees, polling, and an exact account of what a rack is made of. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import type { RackHandle } from '../../electron/lab/index.ts';

/** Polls until `condition` holds; throws with `what` when it does not within `withinMs`. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 10_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Resolves after `ms` milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Start time in clock ticks: with the pid it names a process for ever. */
function startTime(pid: number): string {
  return read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ')[19] ?? '';
}

function isZombie(pid: number): boolean {
  return read(`/proc/${pid}/stat`).split(') ')[1]?.startsWith('Z') === true;
}

export interface TreeProcess {
  readonly pid: number;
  readonly command: string;
  readonly startTime: string;
}

/** `root` and everything below it. */
export function processTree(root: number): TreeProcess[] {
  const command = read(`/proc/${root}/cmdline`).replaceAll('\0', ' ').trim();
  const children = read(`/proc/${root}/task/${root}/children`).trim().split(' ').filter(Boolean).map(Number);
  return [{ pid: root, command, startTime: startTime(root) }, ...children.flatMap(processTree)];
}

function namespacesOf(pid: number): string[] {
  return ['net', 'mnt', 'pid', 'uts', 'ipc', 'user'].flatMap((kind) => {
    try {
      return [readlinkSync(`/proc/${pid}/ns/${kind}`)];
    } catch {
      return [];
    }
  });
}

/** Everything that a running rack put into this machine. */
export interface Footprint {
  readonly processes: readonly TreeProcess[];
  readonly namespaces: ReadonlySet<string>;
  readonly dir: string;
}

/** Takes stock of a running rack whose host is `hostPid`. */
export function footprintOf(hostPid: number, keyFile: string): Footprint {
  const ours = new Set(namespacesOf(process.pid));
  const processes = processTree(hostPid);
  const namespaces = new Set(processes.flatMap(({ pid }) => namespacesOf(pid)).filter((name) => !ours.has(name)));
  return { processes, namespaces, dir: keyFile.slice(0, keyFile.lastIndexOf('/')) };
}

/** What is left of it, in words; empty when nothing is. */
export function leftovers({ processes, namespaces, dir }: Footprint): string[] {
  const alive = processes
    .filter(({ pid, startTime: since }) => since !== '' && startTime(pid) === since && !isZombie(pid))
    .map(({ pid, command }) => `process ${pid}: ${command}`);
  const held = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) =>
      namespacesOf(Number(name))
        .filter((ns) => namespaces.has(ns))
        .map((ns) => `process ${name} is in ${ns}`),
    );
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(dir))
    .map((line) => `mount ${line}`);
  const links = spawnSync('ip', ['-o', 'link'], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((line) => /: (lan-|cross-|lan|cross)[@:]/.test(line))
    .map((line) => `interface ${line}`);
  return [...alive, ...held, ...mounts, ...links, ...(existsSync(dir) ? [`directory ${dir}`] : [])];
}

/** A shell command on a node, its output without the last line end. Throws when it fails. */
export async function on(rack: RackHandle, node: string, command: string): Promise<string> {
  const { status, stdout, stderr } = await rack.runOn(node, ['sh', '-c', command]);
  if (status !== 0) throw new Error(`${node}: ${command}: status ${status}: ${stderr}`);
  return stdout.trimEnd();
}

/** The two nodes' names. */
export function names(rack: RackHandle): [string, string] {
  const [a, b] = rack.pairSpec().nodes;
  return [a.name, b.name];
}
