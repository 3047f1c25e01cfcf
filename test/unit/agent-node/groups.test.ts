// Goal: groups start left to right and stop right to left, a failed start leaves nothing running, and what a killed
// daemon left behind is found. Method: scripts from a table, kernel in memory.
import { beforeEach, expect, test } from 'vitest';
import { ok } from '../../../agent/common/base/result.ts';
import { parseHaresources } from '../../../agent/common/config/index.ts';
import type { ResourceSpec } from '../../../agent/common/config/model.ts';
import type { EventBody } from '../../../agent/common/timeline/event.ts';
import { Groups, vipsOf } from '../../../agent/node/resources/groups.ts';
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
let groups: Groups;
let timers: HandTimers;

function run(resource: ResourceSpec, action: ScriptAction): ScriptRun {
  const name = resource.script;
  if (name === 'IPaddr') throw new Error('the daemon owns addresses itself');
  calls.push(`${name} ${action}`);
  const fails = broken.has(`${name} ${action}`);
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
  });
  return new Groups(GROUPS, {
    vips,
    scripts: { run: (resource, action) => Promise.resolve(ok(run(resource, action))) },
    record: { load: () => record, save: (keys) => ((record = [...keys]), true) },
    timers,
    stopTriesMax: 3,
    now: timers.now,
    publish,
  });
}

beforeEach(() => {
  [calls, running, broken, record, events] = [[], new Set(), new Set(), [], []];
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

test('leftovers of a kill: by the record, or by an address that is still there', async () => {
  expect(groups.leftovers()).toEqual([]);
  record = [MAIL];
  expect(make().leftovers()).toEqual([MAIL]);
  record = [];
  await groups.acquire([KEY], OPTIONS);
  record = [];
  expect(make().leftovers()).toEqual([KEY]);
});
