// Goal: each protection is what was read back, never what was wished for; a watchdog resets the node when and only when
// it should. Method: the fake watchdog with its own clock; copies of /proc and of a cgroup; the calling thread's own
// scheduling where this host allows it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fail, ok } from '../../../agent/common/base/result.ts';
import type { EventDraft } from '../../../agent/common/timeline/event.ts';
import { Protection, watchdogTimeoutS } from '../../../agent/node/daemon/protection.ts';
import type { Libc } from '../../../agent/node/host/libc.ts';
import { plainCommand, protectFromOomKiller, protectFromSwap } from '../../../agent/node/host/protections.ts';
import { enterRealtime } from '../../../agent/node/host/realtime.ts';
import { realWatchdogs } from '../../../agent/node/host/watchdog.ts';
import { FakeWatchdog } from '../../support/fakeWatchdog.ts';

let dir = '';
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'twinbeat-protection-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('watchdog', () => {
  const DEVICE = '/dev/watchdog';
  let drafts: EventDraft[];
  const protection = (watchdogs: FakeWatchdog, deadtimeMs = 10_000, watchdog: string | null = DEVICE): Protection => {
    drafts = [];
    return new Protection({
      ha: { watchdog, realtime: 'if-allowed', deadtimeMs },
      watchdogs,
      publish: (draft) => drafts.push(draft),
    });
  };
  const problems = (): string[] =>
    drafts.flatMap(({ body }) => (body.kind === 'problem' ? [`${body.code} ${body.over ? 'over' : 'begins'}`] : []));
  const state = (of: Protection) => of.report().find((p) => p.what === 'watchdog');

  test('its time limit is below deadtime wherever whole seconds allow it', () => {
    const limits = [1000, 1500, 2000, 2500, 5000, 30_000].map(watchdogTimeoutS);
    expect(limits).toEqual([1, 1, 1, 2, 4, 29]);
  });

  test('fed it does nothing, hung it resets, a graceful stop ends it, a crash does not', () => {
    const fake = new FakeWatchdog(DEVICE);
    const guarded = protection(fake);
    expect(guarded.arm()).toBe(42);
    expect(state(guarded)).toMatchObject({ state: 'on', detail: expect.stringContaining('after 9 s') as string });
    for (let i = 0; i < 20; i++) {
      fake.advance(8);
      fake.write('\0');
    }
    expect(fake.fired).toBe(false);
    guarded.disarm();
    fake.advance(1000);
    expect(fake.fired).toBe(false);
    // The next life.
    guarded.arm();
    fake.write('\0');
    fake.close(); // killed
    fake.advance(9);
    expect(fake.fired).toBe(true);
    expect(problems()).toEqual([]);
  });

  test('starving it resets within a second, and no orderly end stops that', () => {
    const fake = new FakeWatchdog(DEVICE);
    const guarded = protection(fake);
    guarded.arm();
    expect(guarded.starve('a script does not stop')).toBe(true);
    guarded.disarm();
    fake.advance(1);
    expect(fake.fired).toBe(true);
  });

  test('a driver that cannot be quick enough says so', () => {
    const guarded = protection(new FakeWatchdog(DEVICE, 'Slow', [15, 60]));
    guarded.arm();
    expect(state(guarded)).toMatchObject({
      state: 'on',
      detail: expect.stringContaining('not before the peer') as string,
    });
  });

  test('one that is missing, taken or no watchdog is a problem, and resets nothing', () => {
    const missing = protection(new FakeWatchdog('/dev/other'));
    expect(missing.arm()).toBeNull();
    expect(state(missing)?.state).toBe('unavailable');
    expect(problems()).toEqual(['watchdog-unavailable begins']);
    const fake = new FakeWatchdog(DEVICE);
    fake.isOpen = true;
    const busy = protection(fake);
    busy.arm();
    expect(state(busy)?.detail).toContain('another program');
    const file = protection(new FakeWatchdog(DEVICE, null));
    expect(file.arm()).toBe(42);
    expect(state(file)).toMatchObject({ state: 'unavailable' });
    expect(file.starve('why')).toBe(false);
    const none = protection(fake, 10_000, null);
    expect(none.arm()).toBeNull();
    expect(state(none)?.state).toBe('off');
    expect(problems()).toEqual([]);
  });

  test('the real one on an ordinary file: bytes while it is fed, the magic one at the end', () => {
    const file = join(dir, 'watchdog');
    expect(realWatchdogs(null).open(file, 5)).toMatchObject({ ok: false, reason: 'missing' });
    writeFileSync(file, '');
    const opened = realWatchdogs(null).open(file, 5);
    if (!opened.ok) throw new Error(opened.detail);
    expect(opened.value).toMatchObject({ identity: null, timeoutS: null });
    opened.value.stop();
    expect(readFileSync(file, 'latin1')).toBe('V');
  });
});

describe('realtime', () => {
  /** A kernel that allows it, and keeps what it was told. */
  const scheduling = (): { libc: Libc; told: number[] } => {
    const told: number[] = [];
    const libc = {
      setScheduler: (tid: number, policy: number, priority: number) => ok(told.push(tid, policy, priority)),
      scheduler: () => ok(told[1] ?? 0),
      schedulerPriority: () => ok(told[2] ?? 0),
    } as Partial<Libc> as Libc;
    return { libc, told };
  };

  test('round robin at the lowest priority, for the calling thread, not inherited', () => {
    const { libc, told } = scheduling();
    expect(enterRealtime(libc, { wanted: 'if-allowed', priority: null })).toMatchObject({ state: 'on' });
    expect(told).toEqual([0, 0x4000_0002, 1]);
    expect(enterRealtime(scheduling().libc, { wanted: 'on', priority: 7 }).detail).toContain('priority 7');
  });

  test('refused, not read back, or not wanted is not on', () => {
    const refused = { ...scheduling().libc, setScheduler: () => fail('EPERM', 'EPERM') };
    expect(enterRealtime(refused, { wanted: 'on', priority: null })).toMatchObject({ state: 'unavailable' });
    const ignored = { ...scheduling().libc, setScheduler: () => ok(0) };
    expect(enterRealtime(ignored, { wanted: 'on', priority: null })).toMatchObject({ state: 'unavailable' });
    expect(enterRealtime(scheduling().libc, { wanted: 'off', priority: 7 }).state).toBe('off');
    expect(enterRealtime(null, { wanted: 'on', priority: null }).state).toBe('unavailable');
  });

  test('only what is written in ha.cf makes a problem of it', () => {
    for (const [realtime, expected] of [
      ['on', 1],
      ['if-allowed', 0],
    ] as const) {
      const drafts: EventDraft[] = [];
      const ha = { watchdog: null, realtime, deadtimeMs: 1000 };
      const guarded = new Protection({ ha, watchdogs: new FakeWatchdog('/x'), publish: (draft) => drafts.push(draft) });
      guarded.noteRealtime({ state: 'unavailable', detail: 'no' });
      guarded.noteRealtime({ state: 'unavailable', detail: 'no' });
      expect(drafts).toHaveLength(expected);
    }
  });
});

describe('out of memory and swap', () => {
  const place = (name: string, text: string): void => {
    mkdirSync(join(dir, name, '..'), { recursive: true });
    writeFileSync(join(dir, name), text);
  };
  const files = () => ({ proc: join(dir, 'proc'), cgroup: join(dir, 'cgroup') });

  test('the score is the one that is read back', () => {
    place('proc/self/oom_score_adj', '0\n');
    expect(protectFromOomKiller(files())).toEqual({ state: 'on', detail: 'oom_score_adj -1000' });
    expect(protectFromOomKiller({ ...files(), proc: '/nowhere' }).state).toBe('unavailable');
  });

  test('what the agent starts has an ordinary score, and its own arguments', () => {
    const [command, args] = plainCommand(['/bin/sh', '-c', 'cat /proc/self/oom_score_adj; echo "$1"', 'sh', 'a b']);
    const run = spawnSync(command, args, { encoding: 'utf8' });
    expect(run.stdout).toBe('0\na b\n');
  });

  const cgroup = (limit: string, procs: string): void => {
    place('proc/meminfo', 'SwapTotal:       2048 kB\n');
    place('proc/self/cgroup', '4:memory:/old\n0::/system.slice/x.service\n');
    place('cgroup/system.slice/x.service/memory.swap.max', limit);
    place('cgroup/system.slice/x.service/cgroup.procs', procs);
  };
  const limitNow = (): string => readFileSync(join(dir, 'cgroup/system.slice/x.service/memory.swap.max'), 'latin1');

  test('swap: none at all, off by the unit, switched off in a cgroup of our own', () => {
    cgroup('max\n', '7\n');
    expect(protectFromSwap(7, files()).state).toBe('on');
    expect(limitNow()).toBe('0\n');
    expect(protectFromSwap(7, files()).state).toBe('on');
    place('proc/meminfo', 'SwapTotal:             0 kB\n');
    place('proc/self/cgroup', '');
    expect(protectFromSwap(7, files()).state).toBe('on');
  });

  test('swap of a cgroup that others share is left alone', () => {
    cgroup('max\n', '7\n8\n');
    expect(protectFromSwap(7, files())).toMatchObject({ state: 'unavailable' });
    expect(limitNow()).toBe('max\n');
    place('proc/self/cgroup', '4:memory:/old\n');
    expect(protectFromSwap(7, files())).toMatchObject({ state: 'unavailable' });
  });
});
