// Goal: an address is on this node when its group runs here and only then, whoever puts it there or takes it away; one
// that is just being started or stopped is left to its group. Method: kernel and LAN in memory, one look at a time.
import { beforeEach, expect, test } from 'vitest';
import type { EventBody, EventDraft } from '../../../agent/common/timeline/event.ts';
import type { GroupState } from '../../../agent/node/resources/groups.ts';
import { Upkeep, UPKEEP_PERIOD_MS } from '../../../agent/node/resources/upkeep.ts';
import { Vips, type GroupVip } from '../../../agent/node/resources/vips.ts';
import { FakeKernel, FakeLan } from '../../support/fakeNet.ts';
import { HandTimers } from '../../support/handTimers.ts';

const VIP: GroupVip = {
  group: 'g',
  spec: { address: '10.0.0.100', family: 'ipv4', prefixBits: 24, iface: 'eth0', label: null, broadcast: null },
};
const BY_HAND = { family: 'ipv4', address: '10.0.0.100', prefixBits: 32, ifaceIndex: 2, broadcast: null } as const;

let timers: HandTimers;
let kernel: FakeKernel;
let lan: FakeLan;
let events: EventBody[];
let vips: Vips;
let upkeep: Upkeep;
let state: GroupState;

beforeEach(() => {
  [timers, kernel, lan, events, state] = [new HandTimers(), new FakeKernel(), new FakeLan(), [], 'stopped'];
  const publish = (draft: EventDraft): void => void events.push(draft.body);
  const host = { kernel, lan, timers, now: timers.now, routesText: () => '', publish, secondHolder: () => undefined };
  vips = new Vips([VIP], host);
  upkeep = new Upkeep({ vips, timers, stateOf: () => state, publish });
});

const problems = (): string[] =>
  events.flatMap((body) => (body.kind === 'problem' ? [`${body.code}${body.over ? ' over' : ''}`] : []));

test('a stray is removed whatever its prefix, said once, and over when it is gone', async () => {
  upkeep.start();
  kernel.list.push(BY_HAND);
  await timers.advance(UPKEEP_PERIOD_MS);
  expect(vips.held()).toEqual([]);
  expect(problems()).toEqual(['stray-address', 'stray-address over']);
  upkeep.stop();
});

test('a stray that cannot be removed is said once and tried again', () => {
  kernel.list.push(BY_HAND);
  kernel.refuse = 'not-permitted';
  upkeep.look();
  upkeep.look();
  expect(problems()).toEqual(['stray-address']);
  kernel.refuse = null;
  upkeep.look();
  expect(vips.held()).toEqual([]);
  expect(problems()).toEqual(['stray-address', 'stray-address over']);
});

test.each<GroupState>(['starting', 'stopping', 'started'])('%s: the address is left alone', (present) => {
  state = present;
  kernel.list.push(BY_HAND);
  upkeep.look();
  expect(vips.held()).toEqual(['10.0.0.100']);
  expect(problems()).toEqual([]);
});

test('after a failed start nothing may be left', () => {
  state = 'failed';
  kernel.list.push(BY_HAND);
  upkeep.look();
  expect(vips.held()).toEqual([]);
});

test('lost from under a running group: put back and announced; not while another host answers for it', () => {
  state = 'started';
  lan.claimNow('10.0.0.100', '02:00:00:00:00:99');
  upkeep.look();
  expect(vips.held()).toEqual([]);
  expect(problems()).toEqual(['address-lost']);
  state = 'stopped';
  upkeep.look();
  expect(problems()).toEqual(['address-lost', 'address-lost over']);
});

test('lost and nobody else answers: put back at the next look', () => {
  state = 'started';
  upkeep.look();
  expect(vips.held()).toEqual(['10.0.0.100']);
  expect(lan.announced).toEqual(['10.0.0.100']);
  expect(problems()).toEqual(['address-lost', 'address-lost over']);
});
