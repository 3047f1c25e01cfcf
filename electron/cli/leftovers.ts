/** What a rack may leave behind on this machine: looked for in the system itself, not asked of the rack. Linux only. */
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleepMs } from '../core/base/time.ts';

/** The last processes may need a moment to be reaped, milliseconds. */
const REAPED_MS_MAX = 3000;

async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

/** `pid/starttime`: a pid alone may be another process by the time it is looked at again. */
async function identity(pid: string): Promise<{ id: string; parent: string } | null> {
  const stat = await read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields;
  const start = fields[19];
  // A zombie holds nothing any more.
  return parent === undefined || start === undefined || state === 'Z' ? null : { id: `${pid}/${start}`, parent };
}

async function allProcesses(): Promise<Map<string, { id: string; parent: string }>> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map(async (pid) => [pid, await identity(pid)] as const));
  return new Map(found.filter((entry): entry is [string, { id: string; parent: string }] => entry[1] !== null));
}

/** Identities of a process and all that descend from it. */
export async function processTree(root: number): Promise<string[]> {
  const all = await allProcesses();
  const inTree = new Set([String(root)]);
  for (let grown = true; grown;) {
    grown = false;
    for (const [pid, { parent }] of all) {
      if (inTree.has(pid) || !inTree.has(parent)) continue;
      inTree.add(pid);
      grown = true;
    }
  }
  return [...inTree].flatMap((pid) => all.get(pid)?.id ?? []);
}

async function livingOf(identities: readonly string[]): Promise<string[]> {
  const living = new Set([...(await allProcesses()).values()].map((p) => p.id));
  return identities.filter((id) => living.has(id));
}

/** Everything of the rack called `rackName` that is still there: processes, mounts, files. Empty: nothing. */
export async function leftovers(rackName: string, identities: readonly string[]): Promise<string[]> {
  let living = await livingOf(identities);
  for (let waited = 0; living.length > 0 && waited < REAPED_MS_MAX; waited += 100) {
    await sleepMs(100);
    living = await livingOf(identities);
  }
  const mounts = (await read('/proc/self/mountinfo')).split('\n').filter((line) => line.includes(`/${rackName}`));
  const runtime = process.env['XDG_RUNTIME_DIR'];
  const bases = [
    ...(runtime === undefined ? [] : [join(runtime, 'twinbeat')]),
    join(tmpdir(), `twinbeat-${process.getuid?.() ?? 0}`),
  ];
  const names = await Promise.all(bases.map(async (base) => ({ base, found: await readdir(base).catch(() => []) })));
  return [
    ...living.map((id) => `process ${id}`),
    ...mounts.map((line) => `mount ${line.split(' ')[4] ?? line}`),
    ...names.flatMap(({ base, found }) =>
      found.filter((name) => name === rackName).map((name) => `directory ${join(base, name)}`),
    ),
  ];
}
