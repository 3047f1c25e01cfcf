// Goal: a guard ends a fault at its cap, or when its lease is not renewed, whichever comes first; files come back to the
// byte; and what was left by a power cut is undone at the next start. Method: real guards of harmless faults in a folder.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  armGuard,
  dismissGuard,
  endsInMs,
  guardPid,
  inject,
  isReverted,
  revert,
  setLease,
  writeGuard,
} from '../../../agent/node/faults/guard.ts';
import { faultsRoot, mendPending, recordedFaults } from '../../../agent/node/faults/pending.ts';
import type { FaultPlan } from '../../../agent/node/faults/plan.ts';
import { keptFile, plan, putBack } from '../../../agent/node/faults/shell.ts';
import { realTimers } from '../../../agent/node/host/timers.ts';

let state: string;
let dir: string;
let file: string;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'twinbeat-guard-'));
  dir = join(faultsRoot(state), 'ab12');
  file = join(state, 'victim');
  writeFileSync(file, 'as it was\n', { mode: 0o640 });
  utimesSync(file, 1_000_000, 1_000_000);
});
afterEach(() => {
  dismissGuard(dir);
  rmSync(state, { recursive: true, force: true });
});

/** A fault that changes a file and leaves a mark; its undoing puts the file back. */
function aPlan(restart: readonly string[] = []): FaultPlan {
  const back = putBack(dir, [file]);
  return plan({
    files: [file],
    inject: [`sed 's/was/is/' '${keptFile(dir, 0)}' > '${file}'`],
    revert: back.revert,
    restart,
    isGone: back.isGone.join(' && '),
    detail: 'a file is changed',
  });
}

async function armed(times: { durationMs: number; leaseMs: number | null }, made = aPlan()): Promise<void> {
  const written = writeGuard({ dir, record: '{}' }, made, times);
  if (!written.ok) throw new Error(written.detail);
  const guard = await armGuard(dir, 'ab12', written.value, realTimers);
  expect(guard).toMatchObject({ ok: true, value: guardPid(dir) });
  expect(await inject(made)).toMatchObject({ ok: true });
  expect(readFileSync(file, 'utf8')).toBe('as it is\n');
}

async function untilReverted(): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!isReverted(dir) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(isReverted(dir)).toBe(true);
  const { mode, mtimeMs } = statSync(file);
  expect([readFileSync(file, 'utf8'), mode & 0o777, mtimeMs]).toEqual(['as it was\n', 0o640, 1_000_000_000]);
}

describe('a guard', () => {
  test('ends the fault at its cap; the file is back to the byte, its mode and time', async () => {
    await armed({ durationMs: 1200, leaseMs: null });
    await untilReverted();
  });

  test('ends it when the lease is not renewed, long before the cap', async () => {
    await armed({ durationMs: 600_000, leaseMs: 1000 });
    expect(endsInMs(dir)).toBeLessThanOrEqual(1100);
    await untilReverted();
  });

  test('a renewed lease holds, and never beyond the cap', async () => {
    await armed({ durationMs: 600_000, leaseMs: 1500 });
    expect(setLease(dir, 60_000)).toMatchObject({ ok: true });
    expect(endsInMs(dir)).toBeGreaterThan(50_000);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(isReverted(dir)).toBe(false);
    setLease(dir, 10_000_000);
    expect(endsInMs(dir)).toBeLessThanOrEqual(600_000);
    // At once: what a console asks for when the agent cannot do it itself.
    setLease(dir, 0);
    await untilReverted();
  });

  test('the script that renews without the agent writes what the guard reads', async () => {
    await armed({ durationMs: 600_000, leaseMs: 30_000 });
    const { spawnSync } = await import('node:child_process');
    expect(spawnSync('/bin/sh', [join(dir, 'renew.sh'), '90000']).status).toBe(0);
    expect(endsInMs(dir)).toBeGreaterThan(80_000);
  });

  test('a mode that alone differs is not yet undone', async () => {
    await armed({ durationMs: 600_000, leaseMs: null });
    expect(await revert(dir)).toMatchObject({ ok: true });
    chmodSync(file, 0o600);
    writeFileSync(join(dir, 'kept-0'), 'another\n');
    chmodSync(join(dir, 'kept-0'), 0o600);
    expect(await revert(dir)).toMatchObject({ ok: true });
    expect(readFileSync(file, 'utf8')).toBe('another\n');
  });
});

describe('the boot journal', () => {
  test('what has no guard any more is undone, without starting anything', async () => {
    const mark = join(state, 'started');
    await armed({ durationMs: 600_000, leaseMs: null }, aPlan([`: > '${mark}'`]));
    // As after a power cut: the guard is gone, the files are not.
    dismissGuard(dir);
    while (guardPid(dir) !== null) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(mendPending(state)).toEqual([{ dir, problem: null }]);
    expect(readFileSync(file, 'utf8')).toBe('as it was\n');
    expect(existsSync(mark)).toBe(false);
    expect(mendPending(state)).toEqual([]);
    expect(recordedFaults(faultsRoot(state)).map((known) => known.dir)).toEqual([dir]);
  });

  test('a guard at work is left alone', async () => {
    await armed({ durationMs: 600_000, leaseMs: null });
    expect(mendPending(state)).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe('as it is\n');
  });

  test('what was cut off while it was written had injected nothing, and goes', () => {
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'revert.sh'), 'exit 1\n');
    expect(mendPending(state)).toEqual([]);
    expect(existsSync(dir)).toBe(false);
  });

  test('what cannot be undone says so, and stays', async () => {
    await armed({ durationMs: 600_000, leaseMs: null });
    dismissGuard(dir);
    while (guardPid(dir) !== null) await new Promise((resolve) => setTimeout(resolve, 10));
    rmSync(keptFile(dir, 0));
    expect(mendPending(state)[0]?.problem).toMatch(/kept-0/);
    expect(existsSync(dir)).toBe(true);
  });
});
