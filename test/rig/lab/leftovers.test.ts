import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { attachRack, startRack } from '../../../electron/lab/index.ts';
import type { RackHandle } from '../../../electron/lab/index.ts';
import { missing } from '../../support/needs.ts';
import { footprintOf, leftovers, on, names, processTree, until } from '../../support/rackTools.ts';
import type { Footprint } from '../../support/rackTools.ts';

const HOLDER = join(import.meta.dirname, '..', '..', 'support', 'rackHolder.ts');

let holder: ChildProcess | null = null;
let rack: RackHandle | null = null;

afterEach(async () => {
  holder?.kill('SIGKILL');
  holder = null;
  await rack?.down();
  rack = null;
});

async function hold(name: string, detached = false): Promise<Footprint> {
  holder = spawn(process.execPath, [HOLDER, name, detached ? 'detached' : 'held'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: holder.stdout! });
  for await (const line of lines) {
    const { hostPid, keyFile } = JSON.parse(line) as { hostPid: number; keyFile: string };
    return footprintOf(hostPid, keyFile);
  }
  throw new Error('the holder ended without a rack');
}

async function expectNothingLeft(footprint: Footprint): Promise<void> {
  await until('nothing of the rack is left', () => leftovers(footprint).length === 0).catch(() => undefined);
  expect(leftovers(footprint)).toEqual([]);
}

vi.setConfig({ testTimeout: 60_000 });

describe.skipIf(missing('linux', 'namespaces', 'iproute') !== null)('a rack leaves nothing behind', () => {
  // Goal: the account itself can see a rack, else an empty one proves nothing.
  test('while it runs, its processes, namespaces and files are seen', async () => {
    rack = await startRack({ name: 'seen' });
    const footprint = footprintOf(rack.state().pid ?? 0, rack.credentials().privateKeyFile);
    const found = leftovers(footprint);
    expect(found.filter((line) => line.startsWith('process')).length).toBeGreaterThan(10);
    expect(footprint.namespaces.size).toBeGreaterThanOrEqual(4 * 3);
    expect(found.some((line) => line.startsWith('directory'))).toBe(true);
    await rack.down();
    await expectNothingLeft(footprint);
  });

  test('after kill -9 of the console that started it', async () => {
    const footprint = await hold('kill-console');
    holder?.kill('SIGKILL');
    await expectNothingLeft(footprint);
  });

  // Every link of host → unshare (exec'd by setpriv) → sh → node (world), and the SSH server's and a node's PID 1's parents.
  const links: readonly (readonly [string, (command: string) => boolean])[] = [
    ['the rack host', (command) => command.includes('main.ts host')],
    ['the outer unshare', (command) => command.startsWith('unshare') && command.includes('--mount-proc')],
    ["the world's PID 1", (command) => command.startsWith('sh -c') && command.includes('rack-world')],
    ['the world', (command) => command.endsWith('main.ts world')],
  ];
  test.each(links)('after kill -9 of %s', async (what, isIt) => {
    const footprint = await hold(`kill-${what.replaceAll(/[^a-z]/g, '-')}`);
    const victims = footprint.processes.filter(({ command }) => isIt(command));
    const victim = victims.find(({ command }) => !command.startsWith('setpriv')) ?? victims[0];
    expect(victim, `no process is ${what}`).toBeDefined();
    process.kill(victim!.pid, 'SIGKILL');
    await expectNothingLeft(footprint);
  });

  // Goal: a frozen world cannot keep itself alive; only the kernel acts here.
  test('after kill -9 of the rack host while the world is stopped', async () => {
    const footprint = await hold('frozen');
    const world = footprint.processes.find(({ command }) => command.endsWith('main.ts world'));
    process.kill(world!.pid, 'SIGSTOP');
    process.kill(footprint.processes[0]!.pid, 'SIGKILL');
    await expectNothingLeft(footprint);
  });

  test('a detached one outlives its console, can be joined, and goes when told', async () => {
    const footprint = await hold('detached', true);
    holder?.kill('SIGKILL');
    rack = await attachRack('detached');
    expect(rack?.state().phase).toBe('up');
    const [a] = names(rack!);
    expect(await on(rack!, a, 'hostname')).toBe(a);
    await rack!.down();
    await expectNothingLeft(footprint);
    expect(await attachRack('detached')).toBeNull();
  });

  // Goal: when every process died at one moment nobody could sweep; the next start does.
  test('files of a rack that was killed as a whole go at the next start', async () => {
    rack = await startRack({ name: 'next' });
    const base = dirname(dirname(rack.credentials().privateKeyFile));
    await rack.down();
    const stale = join(base, 'stale');
    mkdirSync(stale, { recursive: true, mode: 0o700 });
    writeFileSync(join(stale, 'control'), '');
    writeFileSync(join(stale, 'key'), '');
    rack = await startRack({ name: 'next' });
    expect(existsSync(stale)).toBe(false);
  });

  test('a name is taken once, and two racks run side by side without seeing each other', async () => {
    rack = await startRack({ name: 'one' });
    await expect(startRack({ name: 'one' })).rejects.toMatchObject({ code: 'already-running' });
    const other = await startRack({ name: 'two' });
    try {
      const [a] = names(rack);
      expect(rack.pairSpec().nodes[0].port).not.toBe(other.pairSpec().nodes[0].port);
      await on(rack, a, 'touch /root/mine');
      expect(await on(other, a, 'ls /root')).toBe('');
      await rack.power(a, 'off');
      expect(other.state().nodes.map(({ power }) => power)).toEqual(['on', 'on']);
    } finally {
      await other.down();
    }
  });

  test('a start that is cancelled leaves nothing', async () => {
    const abort = new AbortController();
    let pid = 0;
    const started = startRack({
      name: 'cancelled',
      signal: abort.signal,
      onState: (state) => {
        if (state.pid === null || state.nodes.length === 0) return;
        pid = state.pid;
        abort.abort();
      },
    });
    await expect(started).rejects.toMatchObject({ code: 'cancelled' });
    expect(pid).not.toBe(0);
    await until('the host ended', () => processTree(pid)[0]?.startTime === '');
  });
});
