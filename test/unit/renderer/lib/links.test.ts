import { beforeEach, expect, test } from 'vitest';
import type { PairState } from '../../../../electron/common/contract/state.ts';
import { pairLinks } from '../../../../electron/common/verdict/links.ts';
import { roleOf, worstVip } from '../../../../renderer/lib/roles.ts';
import { FakeConsole } from '../../../support/fakeConsole.ts';

let state: PairState;

/** A settled pair, as plain data that each test may damage. */
beforeEach(() => {
  const fake = new FakeConsole();
  fake.warmUp(20_000);
  state = structuredClone(fake.pairState());
  fake.close();
});

const nodeB = (): PairState['nodes'][1] => state.nodes[1];

test('links: each direction is told by its receiver', () => {
  const links = pairLinks(state);
  expect(links.map((l) => l.medium)).toEqual(['bcast', 'serial']);
  const statusB = nodeB().status;
  expect(links[0]?.aToB).toEqual({ ...statusB?.links[0]?.fromPeer, witness: 'receiver' });
  expect(links[0]?.bToA.witness).toBe('receiver');
});

test('links: with a silent receiver the word of the sender counts, and is marked as such', () => {
  nodeB().phase = 'lost';
  const [link] = pairLinks(state);
  expect(link?.aToB.witness).toBe('sender');
  expect(link?.bToA.witness).toBe('receiver');
});

test('links: an old report says nothing about now, and unknown is not up', () => {
  for (const node of state.nodes) node.statusAgeMs = 60_000;
  const links = pairLinks(state);
  expect(links).toHaveLength(2);
  for (const link of links)
    expect([link.aToB.state, link.bToA.state, link.aToB.marginMs]).toEqual(['unknown', 'unknown', null]);
});

test('links: ends with different names are matched by medium', () => {
  const serial = nodeB().status?.links[1];
  if (serial === undefined) throw new Error('the fake has two links');
  Object.assign(serial, { id: 'serial:/dev/ttyUSB0', name: '/dev/ttyUSB0' });
  const links = pairLinks(state);
  expect(links).toHaveLength(2);
  expect(links[1]?.names).toEqual(['/dev/ttyS0', '/dev/ttyUSB0']);
  expect(links[1]?.aToB.witness).toBe('receiver');
});

test('links: a problem of an end is shown with its node', () => {
  const link = nodeB().status?.links[0];
  if (link !== undefined) link.problem = 'interface is down';
  expect(pairLinks(state)[0]?.problems).toEqual([{ node: 'node2', detail: 'interface is down' }]);
});

test('role: measured, and unknown as soon as the node is not heard', () => {
  expect([roleOf(state, 'node1'), roleOf(state, 'node2'), roleOf(null, 'node1')]).toEqual([
    'holder',
    'standby',
    'unknown',
  ]);
  nodeB().phase = 'lost';
  expect(roleOf(state, 'node2')).toBe('unknown');
});

test('role: dual is said of both, and a missing witness makes nobody a standby', () => {
  const [vip] = state.vips;
  if (vip === undefined) throw new Error('the fake has an address');
  Object.assign(vip, { verdict: 'dual', holder: null, holders: ['node1', 'node2'] });
  expect([roleOf(state, 'node1'), roleOf(state, 'node2')]).toEqual(['dual', 'dual']);
  Object.assign(vip, { verdict: 'unknown', holders: [] });
  expect([roleOf(state, 'node1'), roleOf(state, 'node2')]).toEqual(['unknown', 'unknown']);
});

test('banner: the worst address speaks', () => {
  const [vip] = state.vips;
  if (vip === undefined) throw new Error('the fake has an address');
  state.vips = [
    vip,
    { ...vip, address: '10.0.0.9', verdict: 'none' },
    { ...vip, address: '10.0.0.8', verdict: 'unknown' },
  ];
  expect(worstVip(state)?.address).toBe('10.0.0.9');
});
