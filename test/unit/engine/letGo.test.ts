/** A second holder of an address: who is told, who takes it off, and what happens when both rightly believe that they hold it. */
import { describe, expect, test } from 'vitest';
import { fieldText } from '../../../agent/common/wire/message.ts';
import { Harness, KEEPALIVE_MS } from '../../support/engineHarness.ts';

const BEAT = { st: 'active', dt: '1388', protocol: '1', tbv: '1' };
const ADDRESS = '10.0.0.5';
const SECOND = { kind: 'second-holder', address: ADDRESS, group: 'vip1', mac: '02:00:00:00:00:02' } as const;

/** Beside a Twinbeat peer that reports its own group. */
function joined(): Harness {
  const h = new Harness();
  h.step({ kind: 'start' });
  h.hear('status', BEAT);
  h.hear('repnodes', { dest: 'node1', nodelist: 'node1 node2 ', delnodelist: ' ' });
  h.hear('resource', { rsc_hold: 'local', rtype: 'full', isstable: '1', tbc: 'local:1' });
  h.events.length = 0;
  h.commands.length = 0;
  return h;
}

describe('we hold it', () => {
  test('a peer that is heard is told, with address and group, once every few seconds', () => {
    const h = joined();
    h.step(SECOND);
    h.step(SECOND);
    const [message, ...more] = h.sentOf('tb-letgo');
    expect(more).toEqual([]);
    expect(['dest', 'tbaddr', 'tbgroup'].map((f) => fieldText(message!, f))).toEqual(['node2', ADDRESS, 'vip1']);
    expect(h.eventsOf('let-go')).toMatchObject([{ phase: 'asked', address: ADDRESS }]);
    h.runWithPeer(3 * KEEPALIVE_MS, 'active', { tbv: '1' });
    h.step(SECOND);
    expect(h.sentOf('tb-letgo')).toHaveLength(2);
  });

  test('a dead peer cannot be told, and a real heartbeat would not understand', () => {
    const dead = joined();
    dead.run(60_000);
    dead.step(SECOND);
    expect(dead.sentOf('tb-letgo')).toEqual([]);
    const real = new Harness();
    real.joinRealPeer();
    real.step(SECOND);
    expect(real.sentOf('tb-letgo')).toEqual([]);
  });

  test('an address of a group that does not run here is not ours to defend', () => {
    const h = joined();
    h.step({ ...SECOND, group: 'vip2' });
    h.step({ ...SECOND, group: 'vip9' });
    expect(h.sentOf('tb-letgo')).toEqual([]);
  });
});

describe('we are told', () => {
  const ask = (h: Harness, group: string, address = ADDRESS) =>
    h.hear('tb-letgo', { dest: 'node1', tbaddr: address, tbgroup: group });

  test('what the engine does not hold is taken off, once, and the result is told', () => {
    const h = joined();
    ask(h, 'vip2');
    ask(h, 'vip2');
    expect(h.commands).toMatchObject([{ kind: 'let-go', address: ADDRESS }]);
    h.step({ kind: 'command-done', id: h.commands[0]!.id, ok: true, detail: 'removed' });
    expect(h.eventsOf('let-go').map((e) => e.phase)).toEqual(['heard', 'heard', 'done']);
    ask(h, 'vip2');
    h.step({ kind: 'command-done', id: h.commands[1]!.id, ok: false, detail: 'not permitted' });
    expect(h.eventsOf('let-go').at(-1)).toMatchObject({ phase: 'failed', detail: 'not permitted' });
  });

  test('what we hold rightly stays; our report makes both sides compare their claims', () => {
    const h = joined();
    const reports = h.sentOf('resource').length;
    ask(h, 'vip1');
    expect(h.commands).toEqual([]);
    expect(h.sentOf('resource')).toHaveLength(reports + 1);
    expect(fieldText(h.sentOf('resource').at(-1)!, 'rsc_hold')).toBe('local');
    // The peer's answer shows an older claim: we give way at once.
    h.hear('resource', { rsc_hold: 'all', rtype: 'full', isstable: '1', tbc: 'local:1 foreign:1' });
    expect(h.commands).toMatchObject([{ kind: 'release', groups: ['vip1'] }]);
  });

  test('a group that this node does not have, or what is no address, touches nothing', () => {
    const h = joined();
    ask(h, 'vip9');
    ask(h, 'vip2', 'eth0; reboot');
    h.hear('tb-letgo', { dest: 'node1' });
    h.hear('tb-letgo', { dest: 'elsewhere', tbaddr: ADDRESS, tbgroup: 'vip2' });
    expect(h.commands).toEqual([]);
    expect(h.eventsOf('let-go').map((e) => e.phase)).toEqual(['failed']);
  });

  test('also while we are still coming up: a restart may have left the address behind', () => {
    const h = new Harness();
    h.step({ kind: 'start' });
    h.hear('status', BEAT);
    ask(h, 'vip2');
    expect(h.commands).toMatchObject([{ kind: 'let-go' }]);
  });
});
