import { describe, expect, test } from 'vitest';
import { AssertionFailure } from '../../../agent/common/base/assert.ts';
import { instant } from '../../../agent/common/base/instant.ts';
import { fieldText } from '../../../agent/common/wire/message.ts';
import { Harness, testConfig } from '../../support/engineHarness.ts';

const DEADPING_MS = 3000;
const INITDEAD_MS = 10_000;

function started(pingNodes: readonly string[] = ['gw'], deadpingMs = DEADPING_MS): Harness {
  const h = new Harness(testConfig({ pingNodes, deadpingMs }));
  h.step({ kind: 'start' });
  return h;
}

function reply(h: Harness, node: string, receivedAtMs = h.nowMs): void {
  h.step({ kind: 'ping-reply', node, receivedAt: instant(receivedAtMs) });
}

function view(h: Harness, index = 0) {
  return h.engine.snapshot(instant(h.nowMs)).pingNodes[index];
}

describe('a ping node', () => {
  test('is unknown, then up with its first reply, dead after deadping of silence, and up again', () => {
    const h = started();
    expect(view(h)).toEqual({ name: 'gw', status: 'unknown', silenceMs: null });
    h.run(500);
    reply(h, 'gw');
    h.run(DEADPING_MS - 1);
    expect(view(h)).toEqual({ name: 'gw', status: 'up', silenceMs: DEADPING_MS - 1 });
    h.run(1);
    expect(view(h)!.status).toBe('dead');
    h.run(5000);
    reply(h, 'gw');
    expect(h.eventsOf('ping-node')).toEqual([
      { kind: 'ping-node', node: 'gw', status: 'up' },
      { kind: 'ping-node', node: 'gw', status: 'dead' },
      { kind: 'ping-node', node: 'gw', status: 'up' },
    ]);
  });

  test('the wake-up is set to the moment of its death', () => {
    const h = started();
    h.run(250);
    reply(h, 'gw');
    h.run(DEADPING_MS - 1);
    expect(h.wakeAtMs).toBe(250 + DEADPING_MS);
  });

  test('that never answers has until both initdead and deadping are over', () => {
    const h = started(['gw', 'dns'], DEADPING_MS);
    h.run(INITDEAD_MS - 1);
    expect(h.eventsOf('ping-node')).toHaveLength(0);
    h.run(1);
    expect(h.eventsOf('ping-node').map((e) => `${e.node} ${e.status}`)).toEqual(['gw dead', 'dns dead']);
    const slow = started(['gw'], INITDEAD_MS + 5000);
    slow.run(INITDEAD_MS + 4999);
    expect(slow.eventsOf('ping-node')).toHaveLength(0);
    slow.run(1);
    expect(slow.eventsOf('ping-node')).toHaveLength(1);
  });

  test('an old reply does not bring it back, and a late one does not make it younger', () => {
    const h = started();
    h.run(6000);
    reply(h, 'gw', 1000);
    expect(view(h)!.status).toBe('dead');
    reply(h, 'gw', 5500);
    reply(h, 'gw', 4000);
    expect(view(h)).toEqual({ name: 'gw', status: 'up', silenceMs: 500 });
  });

  test('a step of ours that comes late does not kill it: the replies may wait unread', () => {
    const h = started();
    h.run(1000);
    reply(h, 'gw');
    h.nowMs += DEADPING_MS + 100;
    h.step({ kind: 'tick' });
    reply(h, 'gw');
    expect(h.eventsOf('ping-node').map((e) => e.status)).toEqual(['up']);
  });

  test('a reply in a name that is not configured is a bug of the host', () => {
    const h = started();
    expect(() => reply(h, 'nobody')).toThrow(AssertionFailure);
  });
});

describe('heard from everybody', () => {
  test('a peer that talks is not enough: the ping node must have answered or be given up', () => {
    const h = started();
    h.runWithPeer(2000, 'up');
    expect(h.sentOf('reqnodes')).toHaveLength(0);
    h.hear('repnodes', { dest: 'node1', nodelist: 'node1 node2 ', delnodelist: ' ' });
    expect(h.engine.snapshot(instant(h.nowMs)).status).toBe('up');
    reply(h, 'gw');
    expect(h.sentOf('reqnodes')).toHaveLength(1);
    h.hear('repnodes', { dest: 'node1', nodelist: 'node1 node2 ', delnodelist: ' ' });
    expect(h.engine.snapshot(instant(h.nowMs)).status).toBe('active');
  });

  test('without an answer the node becomes active when the ping node is given up', () => {
    const h = started(['gw'], INITDEAD_MS + 2000);
    h.run(INITDEAD_MS + 1999);
    expect(h.engine.snapshot(instant(h.nowMs))).toMatchObject({ status: 'up', peer: { status: 'dead' } });
    h.run(1);
    expect(h.engine.snapshot(instant(h.nowMs)).status).toBe('active');
  });

  test('its death later moves no resource, and ttl counts it', () => {
    const h = started(['gw', 'dns']);
    reply(h, 'gw');
    reply(h, 'dns');
    h.joinRealPeerStarted();
    const before = h.commands.length;
    h.runWithPeer(20_000);
    expect(h.eventsOf('ping-node').filter((e) => e.status === 'dead')).toHaveLength(2);
    expect(h.commands).toHaveLength(before);
    expect(fieldText(h.sentOf('status').at(-1)!, 'ttl')).toBe('5');
  });
});
