// Goal: respawned programs run, come back, give up, end with the agent in whatever way it ends. Method: real shells that
// write down what happens to them; the clock is the real one but for quick ends, which are counted by a hand-wound one.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EventDraft } from '../../../agent/common/timeline/event.ts';
import { Respawn, type RespawnLine } from '../../../agent/node/daemon/respawn.ts';
import { realTimers } from '../../../agent/node/host/timers.ts';
import { missing } from '../../support/needs.ts';

let dir = '';
let drafts: EventDraft[] = [];
let resets: string[] = [];
let nowMs = 0;
let respawn: Respawn | null = null;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'twinbeat-respawn-'));
  [drafts, resets, nowMs] = [[], [], 0];
});
afterEach(async () => {
  await respawn?.stop();
  respawn = null;
  rmSync(dir, { recursive: true, force: true });
});

/** A program that appends a line to the story and goes on with `body`. */
function program(name: string, body: string): string {
  const file = join(dir, name);
  writeFileSync(file, `#!/bin/sh\necho ${name} $* >> ${join(dir, 'story')}\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

const story = (): string[] =>
  existsSync(join(dir, 'story')) ? readFileSync(join(dir, 'story'), 'latin1').trim().split('\n') : [];
const problems = (): string[] =>
  drafts.flatMap(({ body }) => (body.kind === 'problem' && !body.over ? [body.detail] : []));

function start(...lines: (Partial<RespawnLine> & { command: string })[]): Respawn {
  const user = userInfo().username;
  respawn = new Respawn(
    lines.map((line) => ({ user, failfast: false, ...line })),
    {
      // Ten times as fast: what waits for a stubborn program waits half a second.
      timers: { after: (ms, action) => realTimers.after(ms / 10, action) },
      environment: { HA_CURHOST: 'node1' },
      now: () => ({ monotonicMs: nowMs }),
      publish: (draft) => drafts.push(draft),
      resetNode: (why) => resets.push(why) > 0,
    },
  );
  void respawn.start();
  return respawn;
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}\n${story().join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('started in order with its arguments and environment, ended in reverse', async () => {
  const live = 'trap "echo \\"$0 ends\\" >> STORY; exit" TERM\nwhile :; do sleep 0.05; done'.replace(
    'STORY',
    join(dir, 'story'),
  );
  const [first, second] = [program('first', live), program('second', `echo "$HA_CURHOST" >> ${dir}/host\n${live}`)];
  const running = start({ command: `${first} -v  x` }, { command: second });
  await until('both run', () => story().length === 2);
  // Started in this order; the shells race from there.
  expect(story().sort()).toEqual(['first -v x', 'second']);
  await until('the environment', () => existsSync(join(dir, 'host')));
  expect(readFileSync(join(dir, 'host'), 'latin1')).toBe('node1\n');
  // A second active status does not start them again.
  await running.start();
  await running.stop();
  expect(story().slice(2)).toEqual([`${second} ends`, `${first} ends`]);
  expect(problems()).toEqual([]);
});

test('a program that ignores TERM is killed', async () => {
  const running = start({ command: program('stubborn', 'trap "" TERM\nwhile :; do sleep 0.05; done') });
  await until('it runs', () => story().length === 1);
  await running.stop();
  const before = story().length;
  expect(before).toBe(1);
});

test('exit status 100 is the end; any other is a start anew, until it ends quickly too often', async () => {
  start({ command: program('content', 'exit 100') }, { command: program('eager', 'exit 3') });
  await until('it is given up', () => problems().length === 1);
  expect(problems()[0]).toContain('given up');
  expect(story().filter((line) => line.startsWith('eager'))).toHaveLength(11);
  expect(story().filter((line) => line.startsWith('content'))).toHaveLength(1);
  // The next life begins without it.
  await respawn?.stop();
  void respawn?.start();
  expect(drafts.some(({ body }) => body.kind === 'problem' && body.over)).toBe(true);
});

test('ends that are far apart are never too many', async () => {
  // Every start finds the clock half a minute later.
  const running = start({ command: program('slow', 'exit 1') });
  await until('many runs', () => {
    nowMs += 31_000;
    return story().length > 14;
  });
  await running.stop();
  expect(problems()).toEqual([]);
});

test('failfast asks for a reset and is not started again; ipfail and an unknown user are not started at all', async () => {
  start(
    { command: program('ipfail', 'exit 0') },
    { command: program('orphan', 'exit 0'), user: 'no-such-user' },
    { command: program('vital', 'exit 2'), failfast: true },
  );
  await until('the reset', () => resets.length === 1);
  await until('both problems', () => problems().length === 2);
  expect(story()).toEqual(['vital']);
  expect(problems().some((detail) => detail.includes('no-such-user'))).toBe(true);
  expect(drafts.some(({ body }) => body.kind === 'log' && body.text.includes('the engine compares'))).toBe(true);
});

test.skipIf(missing('linux') !== null)('a killed agent leaves no program behind', async () => {
  const pidFile = join(dir, 'pid');
  const command = program('child', `echo $$ > ${pidFile}\nsleep 1000 &\nwait`);
  const holder = spawn(process.execPath, [join(import.meta.dirname, '../../support/respawnHolder.ts'), command], {
    stdio: 'ignore',
  });
  await until('the program runs', () => existsSync(pidFile) && readFileSync(pidFile, 'latin1') !== '');
  const pid = Number(readFileSync(pidFile, 'latin1'));
  const runs = (): boolean => {
    try {
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
    } catch {
      return false;
    }
  };
  expect(runs()).toBe(true);
  holder.kill('SIGKILL');
  await until('the program ends', () => !runs());
});
