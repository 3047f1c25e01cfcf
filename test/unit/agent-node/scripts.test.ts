// Goal: scripts are called and read as heartbeat does it, and none can hold up the pair: what hangs is ended together
// with everything that it started. Method: real shell scripts in a directory of this test, with short limits.
import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ResourceSpec } from '../../../agent/common/config/model.ts';
import { realTimers } from '../../../agent/node/host/timers.ts';
import { RealScripts } from '../../../agent/node/resources/scripts.ts';
import { missing } from '../../support/needs.ts';

let dir: string;
let scripts: RealScripts;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'twinbeat-scripts-'));
  mkdirSync(join(dir, 'resource.d'));
  const dirs = { configDir: dir, initDir: join(dir, 'none'), unitDirs: [], runDir: dir };
  scripts = new RealScripts(dirs, realTimers, { HA_CURHOST: 'n1' }, { start: 200, stop: 200, status: 5000, kill: 200 });
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

function resource(body: string, ...args: string[]): ResourceSpec {
  writeFileSync(join(dir, 'resource.d', 'svc'), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return { script: 'svc', args, vip: null, spec: 'svc' };
}

async function gone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 500; tries++) {
    // A killed child of a killed parent stays a zombie until somebody reaps it.
    const dead = !existsSync(`/proc/${pid}`) || /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    if (dead) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

describe.skipIf(missing('linux') !== null)('resource scripts', () => {
  test('arguments are split at :: and at blanks, the action comes last, HA_ variables are there', async () => {
    const run = await scripts.run(resource('echo "$#:$*:$HA_CURHOST"', 'one two', 'three'), 'status');
    expect(run).toMatchObject({ ok: true, value: { exitStatus: 0, output: '4:one two three status:n1' } });
  });

  test('of a status only standard output counts, all of it; of a start both are kept', async () => {
    const noisy = resource('echo "it is running" >&2; echo stopped; exit 7');
    expect(await scripts.run(noisy, 'status')).toMatchObject({ value: { output: 'stopped', exitStatus: 7 } });
    expect(await scripts.run(noisy, 'start')).toMatchObject({ value: { output: 'it is running\nstopped' } });
    const long = resource(
      'echo OK; i=0; while [ $i -lt 300 ]; do echo "a line of text, and more of it"; i=$((i+1)); done',
    );
    const run = await scripts.run(long, 'status');
    expect(run.ok && run.value.output.startsWith('OK')).toBe(true);
  });

  test('a script that ignores TERM is killed, and what it started with it', async () => {
    const pids = join(dir, 'pids');
    const hung = resource(`trap '' TERM; sleep 600 & echo "$$ $!" > ${pids}; wait; sleep 600`);
    const run = await scripts.run(hung, 'start');
    expect(run).toMatchObject({ ok: true, value: { timedOut: true, exitStatus: null } });
    for (const pid of readFileSync(pids, 'utf8').trim().split(' ')) expect(await gone(Number(pid)), pid).toBe(true);
  });

  test('what a hung script left behind is killed although the script itself obeyed', async () => {
    const pids = join(dir, 'pids');
    const hung = resource(`(trap '' TERM; sleep 600) & echo $! > ${pids}; sleep 600`);
    expect(await scripts.run(hung, 'stop')).toMatchObject({ value: { timedOut: true } });
    expect(await gone(Number(readFileSync(pids, 'utf8')))).toBe(true);
  });

  test('a service that a script leaves running is no reason to wait', async () => {
    const pids = join(dir, 'pids');
    const starts = resource(`sleep 600 & echo $! > ${pids}`);
    const run = await scripts.run(starts, 'start');
    process.kill(Number(readFileSync(pids, 'utf8')), 'SIGKILL');
    expect(run).toMatchObject({ value: { exitStatus: 0, timedOut: false } });
  });
});
