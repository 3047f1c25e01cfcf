// Goal: the address guard acts when the agent dies and only then. Method: a process of its own that stands for the
// agent, and addresses that no host has; that real ones go is what the rig shows.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { realTimers, sleep } from '../../../agent/node/host/timers.ts';
import { AddressGuard } from '../../../agent/node/resources/addressGuard.ts';
import { missing } from '../../support/needs.ts';

const MODULE = join(import.meta.dirname, '..', '..', '..', 'agent', 'node', 'resources', 'addressGuard.ts');
/** Addresses for documentation: no host has them, so that removing them removes nothing. */
const ADDRESSES = ['192.0.2.100', '2001:db8::100'];

let dir: string;
let agent: ChildProcess | null = null;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'twinbeat-guard-'));
});

afterEach(() => {
  agent?.kill('SIGKILL');
  agent = null;
  rmSync(dir, { recursive: true, force: true });
});

async function until(condition: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 1000; tries++) {
    if (condition()) return true;
    await sleep(realTimers, 10);
  }
  return false;
}

const pid = (): number => Number(readFileSync(join(dir, 'address-guard.pid'), 'latin1'));
const lives = (number: number): boolean => existsSync(`/proc/${number}/fd/0`);
const acted = (): boolean => existsSync(join(dir, 'address-guard.acted'));

/** A process that has a guard and does nothing else. */
async function startAgent(): Promise<ChildProcess> {
  const program = `
    import { AddressGuard } from ${JSON.stringify(MODULE)};
    const timers = { after: (ms, action) => { const t = setTimeout(action, ms); return () => clearTimeout(t); } };
    const guard = new AddressGuard({
      runDir: ${JSON.stringify(dir)}, addresses: ${JSON.stringify(ADDRESSES)}, timers, guarded: () => undefined,
    });
    await guard.start();
    console.log('guarded');
    process.on('SIGTERM', () => void guard.dismiss().then(() => process.exit(0)));
    setInterval(() => undefined, 1000);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  agent = child;
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', () => reject(new Error('the agent ended')));
  });
  return child;
}

describe.skipIf(missing('linux', 'root', 'iproute') !== null)('address guard', () => {
  test('a killed agent: it acts, leaves a trace that is read once, and ends', async () => {
    const child = await startAgent();
    const guard = pid();
    expect(lives(guard)).toBe(true);
    child.kill('SIGKILL');
    expect(await until(acted)).toBe(true);
    expect(await until(() => !lives(guard))).toBe(true);
    const next = new AddressGuard({ runDir: dir, addresses: ADDRESSES, timers: realTimers, guarded: () => undefined });
    expect(next.earlierDeath()).toBeGreaterThan(1_500_000_000);
    expect(next.earlierDeath()).toBeNull();
  });

  test('an orderly end, and signals to the guard itself: it does nothing', async () => {
    const child = await startAgent();
    const guard = pid();
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.kill(guard, signal);
    await sleep(realTimers, 100);
    expect(lives(guard)).toBe(true);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(lives(guard)).toBe(false);
    expect(acted()).toBe(false);
  });

  test('a guard that is killed is said and replaced', async () => {
    const said: (string | null)[] = [];
    const guarded = (problem: string | null): void => void said.push(problem);
    const guard = new AddressGuard({ runDir: dir, addresses: ADDRESSES, timers: realTimers, guarded });
    await guard.start();
    const first = pid();
    process.kill(first, 'SIGKILL');
    expect(await until(() => said.length === 3)).toBe(true);
    expect(said.map((problem) => problem === null)).toEqual([true, false, true]);
    expect(pid()).not.toBe(first);
    const second = pid();
    await guard.dismiss();
    expect(lives(second)).toBe(false);
    expect(acted()).toBe(false);
  });
});
