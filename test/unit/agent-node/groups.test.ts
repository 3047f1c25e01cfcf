// Goal: groups start left to right and stop right to left, a failed start leaves nothing running, and what a killed
// daemon left behind is found. Method: scripts from a table, kernel in memory.
import { beforeEach, expect, test } from 'vitest';
import { ok } from '../../../agent/common/base/result.ts';
import { parseHaresources } from '../../../agent/common/config/index.ts';
import type { ResourceSpec } from '../../../agent/common/config/model.ts';
import type { EventBody } from '../../../agent/common/timeline/event.ts';
import { Groups, stopTriesOf, vipsOf } from '../../../agent/node/resources/groups.ts';
import type { ScriptAction, ScriptRun } from '../../../agent/node/resources/scripts.ts';
import { Vips } from '../../../agent/node/resources/vips.ts';
import { FakeKernel, FakeLan } from '../../support/fakeNet.ts';
import { HandTimers } from '../../support/handTimers.ts';

const { groups: GROUPS } = parseHaresources('n1 IPaddr::10.0.0.100/24/eth0 disk::r0 web\nn2 mail\n', 'haresources', [
  'n1',
  'n2',
]);
const [KEY = '', MAIL = ''] = GROUPS.map((group) => group.key);
const OPTIONS = { checkFirst: false, standDownMs: 1000 };

let calls: string[];
let running: Set<string>;
let broken: Set<string>;
let kernel: FakeKernel;
let record: string[];
let events: EventBody[];
let stuck: string[];
let silent: Set<string>;
let groups: Groups;
let timers: HandTimers;

function run(resource: ResourceSpec, action: ScriptAction): ScriptRun {
  const name = resource.script;
  if (name === 'IPaddr') throw new Error('the daemon owns addresses itself');
  calls.push(`${name} ${action}`);
  const fails = broken.has(`${name} ${action}`);
  if (silent.has(`${name} ${action}`)) return { exitStatus: null, timedOut: true, output: '' };
  if (action === 'status')
    return { exitStatus: 0, timedOut: false, output: running.has(name) ? 'running' : 'not running' };
  if (!fails && action === 'start') running.add(name);
  if (!fails && action === 'stop') running.delete(name);
  return { exitStatus: fails ? 1 : 0, timedOut: false, output: '' };
}

function make(): Groups {
  const publish = (draft: { body: EventBody }): void => void events.push(draft.body);
  const vips = new Vips(vipsOf(GROUPS), {
    kernel,
    lan: new FakeLan(),
    timers,
    now: timers.now,
    routesText: () => '',
    publish,
    secondHolder: () => undefined,
  });
  return new Groups(GROUPS, {
    vips,
    scripts: { run: (resource, action) => Promise.resolve(ok(run(resource, action))) },
    record: { load: () => record, save: (keys) => ((record = [...keys]), true) },
    timers,
    stopTriesMax: 3,
    now: timers.now,
    publish,
    stopFailed: (detail) => void stuck.push(detail),
  });
}

beforeEach(() => {
  [calls, running, broken, record, events] = [[], new Set(), new Set(), [], []];
  [stuck, silent] = [[], new Set()];
  kernel = new FakeKernel();
  timers = new HandTimers();
  groups = make();
});

const holdsVip = (): boolean => kernel.list.some((address) => address.address === '10.0.0.100');

test('starts left to right, without asking for a status first; stops right to left', async () => {
  expect((await groups.acquire([KEY], OPTIONS)).ok).toBe(true);
  expect(calls).toEqual(['disk start', 'web start']);
  expect(holdsVip()).toBe(true);
  expect(record).toEqual([KEY]);
  calls = [];
  expect((await groups.release([KEY])).ok).toBe(true);
  expect(calls).toEqual(['web stop', 'disk stop']);
  expect(holdsVip()).toBe(false);
  expect(record).toEqual([]);
});

test('a start that fails because the service runs already counts as started', async () => {
  running.add('disk');
  broken.add('disk start');
  expect((await groups.acquire([KEY], OPTIONS)).ok).toBe(true);
  expect(calls).toEqual(['disk start', 'disk status', 'web start']);
});

test('a failed start stops what was started, and the other groups still start', async () => {
  broken.add('web start');
  const result = await groups.acquire([KEY, MAIL], OPTIONS);
  expect(result.ok).toBe(false);
  expect(holdsVip()).toBe(false);
  expect([...running]).toEqual(['mail']);
  expect(groups.states().map((group) => group.state)).toEqual(['failed', 'started']);
  expect(events.some((body) => body.kind === 'resource' && body.phase === 'failed' && body.resource === 'web')).toBe(
    true,
  );
});

test('a stop is retried; what still runs after that is an error, and the address goes all the same', async () => {
  await groups.acquire([KEY], OPTIONS);
  broken.add('web stop');
  const releasing = groups.release([KEY]);
  await timers.advance(10_000);
  expect((await releasing).ok).toBe(false);
  expect(calls.filter((call) => call === 'web stop')).toHaveLength(3);
  expect(holdsVip()).toBe(false);
  expect(running.has('disk')).toBe(false);
  expect(record).toEqual([KEY]);
});

const problems = (over: boolean): string[] =>
  events.flatMap((body) => (body.kind === 'problem' && body.over === over ? [body.code] : []));

test('what does not stop is a problem until it does, and is passed on', async () => {
  await groups.acquire([KEY], OPTIONS);
  broken.add('web stop');
  const releasing = groups.release([KEY]);
  await timers.advance(10_000);
  await releasing;
  expect(problems(false)).toEqual(['stop-failed']);
  expect(stuck).toHaveLength(1);
  broken.clear();
  expect((await groups.release([KEY])).ok).toBe(true);
  expect(problems(true)).toEqual(['stop-failed']);
});

test('what did not stop and was started again on purpose is a problem no longer', async () => {
  await groups.acquire([KEY], OPTIONS);
  broken.add('web stop');
  const releasing = groups.release([KEY]);
  await timers.advance(10_000);
  await releasing;
  expect(problems(true)).toEqual([]);
  expect((await groups.acquire([KEY], OPTIONS)).ok).toBe(true);
  expect(problems(true)).toEqual(['stop-failed']);
});

test('a stop that hangs is not tried again; without a status that answers it counts as still running', async () => {
  await groups.acquire([KEY], OPTIONS);
  silent.add('web stop').add('web status');
  expect((await groups.release([KEY])).ok).toBe(false);
  expect(calls.filter((call) => call === 'web stop')).toHaveLength(1);
  expect(stuck[0]).toContain('status does not answer');
  expect(holdsVip()).toBe(false);
});

test('a stop that fails with nothing left to stop has succeeded', async () => {
  await groups.acquire([KEY], OPTIONS);
  broken.add('web stop');
  running.delete('web');
  const releasing = groups.release([KEY]);
  await timers.advance(10_000);
  expect((await releasing).ok).toBe(true);
  expect(stuck).toEqual([]);
});

test('letting an address go: never that of a group that runs here', async () => {
  await groups.acquire([KEY], OPTIONS);
  expect(groups.letGo('10.0.0.100')).toMatchObject({ ok: false, reason: 'held' });
  expect(holdsVip()).toBe(true);
  await groups.release([KEY]);
  expect(groups.letGo('10.0.0.100')).toMatchObject({ ok: true, value: 'it is not on this node' });
  kernel.list.push({ family: 'ipv4', address: '10.0.0.100', prefixBits: 32, ifaceIndex: 2, broadcast: null });
  expect(groups.letGo('10.0.0.100').ok).toBe(true);
  expect(holdsVip()).toBe(false);
  expect(groups.letGo('10.0.0.7')).toMatchObject({ ok: false, reason: 'unknown' });
});

test('how often a stop is tried: ten times unless told otherwise, and never for ever', () => {
  expect([undefined, '', '3', '0', '-1', '100000'].map(stopTriesOf)).toEqual([10, 10, 3, 100, 100, 100]);
});

test('leftovers of a kill: by the record, or by an address that is still there', async () => {
  expect(groups.leftovers()).toEqual([]);
  record = [MAIL];
  expect(make().leftovers()).toEqual([MAIL]);
  record = [];
  await groups.acquire([KEY], OPTIONS);
  record = [];
  expect(make().leftovers()).toEqual([KEY]);
});
