import { afterEach, expect, test } from 'vitest';
import type { AgentStatus } from '../../../agent/common/rpc/agentContract.ts';
import { canConfirmDead, compareKeys, pairAlarms } from '../../../electron/common/verdict/alarms.ts';
import { oneWay } from '../../../electron/common/verdict/links.ts';
import { FakeConsole } from '../../support/fakeConsole.ts';

let fake: FakeConsole | null = null;

function pair(): FakeConsole {
  fake = new FakeConsole();
  fake.warmUp(20_000);
  return fake;
}

afterEach(() => fake?.close());

const codes = (console_: FakeConsole): string[] => pairAlarms(console_.pairState()).map((a) => `${a.code} ${a.node}`);

const HOLD: AgentStatus['hold'] = { reasons: ['reference-silent', 'fencing'], sinceMs: 12_000 };

test('alarms: none when all is well', () => {
  expect(codes(pair())).toEqual([]);
});

test('alarms: a held-back takeover says for what it waits and since when, and its fencing is not said twice', () => {
  const console_ = pair();
  console_.pair.report('node2', {
    hold: HOLD,
    fencing: { device: 'meatware', state: 'waiting-operator', detail: '' },
  });
  const [alarm, ...more] = pairAlarms(console_.pairState());
  expect(more).toEqual([]);
  expect(alarm).toMatchObject({
    code: 'takeover-waits',
    node: 'node2',
    peer: 'node1',
    reasons: HOLD?.reasons,
    heldMs: 12_000,
  });
  const wallMs = console_.pairState().nodes[1].status?.wallMs ?? 0;
  expect(alarm).toMatchObject({ sinceWallMs: wallMs - 12_000 });
});

test('alarms: nothing is concluded from an old report', () => {
  const console_ = pair();
  console_.pair.report('node2', { hold: HOLD });
  console_.blindToB = true;
  expect(codes(console_)).toEqual([]);
  expect(canConfirmDead(console_.pairState().nodes[1])).toBe(false);
});

test('alarms: fencing that failed or waits for a person, without a takeover that waits', () => {
  const console_ = pair();
  for (const state of ['failed', 'waiting-operator'] as const) {
    console_.pair.report('node1', { fencing: { device: 'external/ipmi', state, detail: 'exit 1' } });
    expect(codes(console_)).toEqual(['fencing node1']);
  }
  expect(canConfirmDead(console_.pairState().nodes[0])).toBe(true);
  for (const state of ['none', 'running', 'done'] as const) {
    console_.pair.report('node1', { fencing: { device: 'external/ipmi', state, detail: '' } });
    expect(codes(console_)).toEqual([]);
  }
});

test('alarms: a second holder with its address and MAC, and problems that endanger the address', () => {
  const console_ = pair();
  const status = console_.pairState().nodes[0].status;
  console_.pair.report('node1', {
    vips: (status?.vips ?? []).map((vip) => ({ ...vip, conflictMac: '02:00:00:00:00:07' })),
  });
  console_.pair.report('node2', {
    problems: [
      { code: 'stray-address', detail: '10.0.0.9', sinceWallMs: 0 },
      { code: 'not-scheduled', detail: '400 ms', sinceWallMs: 0 },
      { code: 'log-not-writable', detail: '/var/log/ha-log', sinceWallMs: 0 },
    ],
  });
  expect(pairAlarms(console_.pairState())).toMatchObject([
    { code: 'second-holder', node: 'node1', address: '192.168.2.3', mac: '02:00:00:00:00:07' },
    { code: 'problem', node: 'node2', problem: 'stray-address' },
    { code: 'problem', node: 'node2', problem: 'not-scheduled' },
  ]);
});

// A rack as it was seen: the standby node asks the LAN too, and the holder answers.
test('no alarm: the standby node hears who holds the address', () => {
  const console_ = pair();
  const status = console_.pairState().nodes[1].status;
  console_.pair.report('node2', {
    vips: (status?.vips ?? []).map((vip) => ({ ...vip, heldOn: null, conflictMac: '02:00:00:00:00:07' })),
  });
  expect(pairAlarms(console_.pairState())).toEqual([]);
});

test('keys: different ones are an alarm, unless both sides still accept another one; nothing without both reports', () => {
  const keys = (fingerprint: string, accepted: number, index = 1): AgentStatus => {
    const status = pair().pairState().nodes[0].status;
    fake?.close();
    if (status === null) throw new Error('the fake pair is not warm');
    return { ...status, keys: { index, method: 'sha1', fingerprint, accepted } };
  };
  expect(compareKeys(keys('a', 1), keys('a', 1))).toBe('same');
  expect(compareKeys(keys('a', 1), keys('b', 1))).toBe('different');
  // A message names the index of its key: the same secret at another one is not found.
  expect(compareKeys(keys('a', 1), keys('a', 1, 2))).toBe('different');
  expect(compareKeys(keys('a', 2), keys('b', 1))).toBe('different');
  expect(compareKeys(keys('a', 2), keys('b', 2))).toBe('changing');
  expect(compareKeys(keys('a', 1), null)).toBe('unknown');
});

test('one way: named by who does not hear whom; a link that nobody speaks of is not one-way', () => {
  const console_ = pair();
  console_.pair.cables.set('crossover', { aToB: false, bToA: true, noisePpm: 0 });
  for (let i = 1; i <= 60; i++) console_.pair.advance(console_.pair.nowMs + 100);
  expect(pairAlarms(console_.pairState())).toMatchObject([
    { code: 'one-way', node: 'node2', peer: 'node1', links: ['bcast eth1'] },
  ]);
  const side = (state: 'up' | 'dead' | 'unknown' | 'late') =>
    ({ state, marginMs: null, silenceMs: null, witness: 'receiver' }) as const;
  expect(oneWay({ aToB: side('dead'), bToA: side('unknown') })).toBeNull();
  expect(oneWay({ aToB: side('dead'), bToA: side('dead') })).toBeNull();
  expect(oneWay({ aToB: side('late'), bToA: side('dead') })).toBe('b-to-a-dead');
});

test('one way: each link once by a name of its own, and not a word of cables while the keys are at fault', () => {
  const console_ = pair();
  const base = console_.pairState().nodes[0].status?.links[0];
  const dead = { state: 'dead', silenceMs: 9000, marginMs: -1 } as const;
  const link = (id: string, label: string, isDead: boolean): AgentStatus['links'][number] => ({
    ...(base as AgentStatus['links'][number]),
    ...{ id, label, name: 'eth1', medium: 'ucast' },
    ...(isDead ? { fromPeer: dead } : {}),
  });
  const links = (isDead: boolean): { links: AgentStatus['links'] } => ({
    links: [link('ucast:eth1', 'ucast eth1 10.0.0.2', isDead), link('ucast:eth1#2', 'ucast6 eth1 fd00::2', isDead)],
  });
  console_.pair.report('node1', links(true));
  console_.pair.report('node2', links(false));
  expect(pairAlarms(console_.pairState())).toMatchObject([
    { code: 'one-way', node: 'node1', links: ['ucast eth1 10.0.0.2', 'ucast6 eth1 fd00::2'] },
  ]);
  console_.pair.report('node2', {
    ...links(false),
    problems: [{ code: 'key-mismatch', detail: '', sinceWallMs: 0 }],
  });
  expect(codes(console_)).toEqual(['wrong-key node2']);
});

test('wrong key: while the agent reports it', () => {
  const console_ = pair();
  expect(pairAlarms(console_.pairState())).toEqual([]);
  console_.pair.report('node1', { problems: [{ code: 'key-mismatch', detail: '', sinceWallMs: 0 }] });
  expect(pairAlarms(console_.pairState())).toMatchObject([{ code: 'wrong-key', node: 'node1', peer: 'node2' }]);
});
