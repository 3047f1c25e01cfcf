/**
 * The sharp edges of the real daemon (reference, section 11; table in docs/engine.md) that concern numbers, generations, uuids and times,
 * as far as no other test here holds them. Each test names its edge.
 */
import { describe, expect, test } from 'vitest';
import { instant } from '../../../agent/common/base/instant.ts';
import { binary, fieldText, text } from '../../../agent/common/wire/message.ts';
import type { WireMessage } from '../../../agent/common/wire/message.ts';
import { createEngine } from '../../../agent/common/engine/engine.ts';
import { DEADTIME_MS, Harness, testConfig } from '../../support/engineHarness.ts';

const BEAT = { st: 'active', dt: '1388', protocol: '1' };

function joined(): Harness {
  const h = new Harness();
  h.joinRealPeer();
  return h;
}

function view(h: Harness) {
  return h.engine.snapshot(instant(h.nowMs));
}

function hexOf(message: WireMessage | undefined, name: string): number {
  return parseInt(fieldText(message!, name)!, 16);
}

/** Names of messages sent since `from`, without heartbeats and acknowledgements. */
function saidSince(h: Harness, from: number): (string | undefined)[] {
  const routine = ['status', 'NS_ackmsg'];
  return h.sent
    .slice(from)
    .map((m) => fieldText(m, 't'))
    .filter((type) => !routine.includes(type ?? ''));
}

describe('6: generations', () => {
  test('ours is on every message, with numbers from 1 that never repeat', () => {
    const h = joined();
    h.runWithPeer(20_000);
    const sequenced = h.sent.filter((m) => fieldText(m, 'seq') !== undefined);
    for (const message of h.sent) expect(hexOf(message, 'hg')).toBe(7);
    // The copies of one heartbeat for the two links share its number.
    const numbers = [...new Set(sequenced.map((m) => hexOf(m, 'seq')))];
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  });

  test('the same generation after a death is a healed split; a real peer with resources on both sides makes us restart', () => {
    const h = joined();
    h.run(DEADTIME_MS + 500);
    expect(view(h).mine).toBe('all');
    h.hear('status', BEAT);
    expect(h.eventsOf('partition-healed')).toHaveLength(1);
    h.run(1500);
    expect(h.commands.at(-1)).toMatchObject({ kind: 'exit', restart: true, afterMs: 6000 });
  });

  test('a lower one is ignored for ever, whatever it says', () => {
    const h = joined();
    const old = { hg: '2', seq: 'ff' };
    const before = h.sent.length;
    h.arrive(h.peerMessage('shutdone', { ...old, st: 'dead' }));
    h.arrive(h.peerMessage('ask_resources', { ...old, rsc_hold: 'all', info: 'me' }));
    h.arrive(h.peerMessage('status', { ...old, st: 'init' }));
    expect(h.commands.filter((c) => c.kind !== 'acquire')).toHaveLength(0);
    expect(view(h).peer).toMatchObject({ status: 'active', generation: 3 });
    expect(saidSince(h, before)).toEqual([]);
  });

  test('a message that overtakes the first status of a new life waits for its retransmission', () => {
    const h = joined();
    h.peerRestarts();
    const first = h.peerMessage('status', { ...BEAT, st: 'init' });
    const second = h.peerMessage('reqnodes', { dest: 'node1' });
    h.arrive(second);
    expect(h.sentOf('repnodes')).toHaveLength(0);
    h.arrive(first);
    h.arrive(second);
    expect(h.sentOf('repnodes')).toHaveLength(1);
  });
});

describe('7: the deadtime that is advertised', () => {
  test('is exactly ours in every heartbeat, from the first to the one before a restart', () => {
    const h = joined();
    h.runWithPeer(5000);
    h.run(DEADTIME_MS + 500);
    h.hear('status', BEAT);
    h.run(2000);
    const advertised = new Set(h.sentOf('status').map((m) => hexOf(m, 'dt')));
    expect([...advertised]).toEqual([DEADTIME_MS]);
  });

  test('shrunk by the peer below its own period: it is dead early, and its next heartbeat heals that without our harm', () => {
    const h = new Harness(testConfig({ localGroups: [], foreignGroups: [] }));
    h.joinRealPeer();
    h.hear('status', { ...BEAT, dt: '1f4' });
    h.run(500);
    expect(view(h).peer.status).toBe('dead');
    h.hear('status', BEAT);
    expect(view(h).peer.status).toBe('active');
  });

  test('absent, empty or malformed: the last one, else ours, holds', () => {
    const h = new Harness();
    h.step({ kind: 'start' });
    h.hear('status', { st: 'up', protocol: '1' });
    expect(view(h).peer.deadtimeMs).toBe(DEADTIME_MS);
    h.hear('status', { st: 'up', protocol: '1', dt: '2710' });
    h.hear('status', { st: 'up', protocol: '1', dt: '' });
    h.hear('status', { st: 'up', protocol: '1', dt: '-5' });
    expect(view(h).peer.deadtimeMs).toBe(10_000);
  });
});

describe('9: uuids and names', () => {
  function withUuid(h: Harness, byte: number): void {
    const message = h.peerMessage('status', BEAT);
    h.arrive({ fields: [...message.fields, binary('srcuuid', new Uint8Array(16).fill(byte))] });
  }

  test('a peer with our own uuid is still the peer, and named; with its own again the problem is over', () => {
    const h = joined();
    withUuid(h, 1);
    withUuid(h, 1);
    expect(view(h).peer.status).toBe('active');
    withUuid(h, 2);
    expect(h.eventsOf('problem')).toMatchObject([
      { code: 'same-uuid', over: false },
      { code: 'same-uuid', over: true },
    ]);
  });

  test('a changed uuid changes nothing, and a name in upper case is a stranger', () => {
    const h = joined();
    withUuid(h, 2);
    withUuid(h, 3);
    expect(view(h).peer).toMatchObject({ status: 'active', generation: 3 });
    h.arrive(h.peerMessage('status', { src: 'NODE2', ...BEAT, seq: 'ff' }));
    expect(h.eventsOf('problem')).toMatchObject([{ code: 'unknown-node' }]);
  });
});

describe('10 and 15: how numbers are written', () => {
  test('hexadecimal: seq, hg, ts, dt, ackseq and the firstseq of a NAK; decimal: ttl, protocol and what is asked for again', () => {
    const h = joined();
    h.runWithPeer(40_000);
    h.loseOne();
    h.hear('status', BEAT);
    h.run(300);
    h.hear('NS_rexmit', { dest: 'node1', firstseq: '17', lastseq: '17' });
    const status = h.sentOf('status').at(-1)!;
    expect(fieldText(status, 'ts')).toBe((1_700_000_000).toString(16));
    expect([fieldText(status, 'ttl'), fieldText(status, 'protocol')]).toEqual(['3', '1']);
    const rexmit = h.sentOf('NS_rexmit')[0]!;
    expect(fieldText(rexmit, 'firstseq')).toMatch(/^[0-9]+$/);
    expect(Number(fieldText(rexmit, 'firstseq'))).toBeGreaterThan(40);
    for (const ack of h.sentOf('NS_ackmsg')) expect(fieldText(ack, 'ackseq')).toMatch(/^[0-9a-f]+$/);
    // Asked for in decimal: number 17 is answered, not 0x17.
    expect(hexOf(h.sent.at(-1), 'seq')).toBe(17);
  });

  test('a clock at the epoch still sends a ts that is not zero', () => {
    const engine = createEngine(testConfig());
    const ready = engine.step({ kind: 'start' }, { now: instant(0), wallSeconds: 0, loadAverage: 'n/a' });
    for (const { message } of ready.messages) expect(fieldText(message, 'ts')).toBe('1');
  });
});

describe('13 and 14: whom a message is for', () => {
  test("the peer's acknowledgement of itself is not one of ours", () => {
    const h = joined();
    h.runWithPeer(3000);
    h.hear('NS_ackmsg', { dest: 'node2', ackseq: '5' });
    const before = h.sentOf('starting').length;
    const seq = hexOf(h.sentOf('starting')[0], 'seq');
    h.hear('NS_rexmit', { dest: 'node1', firstseq: String(seq), lastseq: String(seq) });
    expect(h.sentOf('starting')).toHaveLength(before + 1);
  });

  test('we never send a destuuid: a wrong one would make the message somebody else’s', () => {
    const h = joined();
    h.loseOne();
    h.runWithPeer(30_000);
    expect(h.sent.filter((m) => m.fields.some((f) => f.name === 'destuuid'))).toEqual([]);
    expect(h.sent.filter((m) => fieldText(m, 'dest') !== undefined).length).toBeGreaterThan(3);
  });
});

describe('11: order', () => {
  test('the report that precedes a `done` may come after it', () => {
    const h = joined();
    h.hear('ask_resources', { rsc_hold: 'local', info: 'me' });
    const report = h.peerMessage('resource', { rsc_hold: 'none', rtype: 'full', isstable: '0', info: 'standby' });
    h.hear('ask_resources', { rsc_hold: 'local', info: 'done' });
    h.arrive(report);
    h.hear('resource', { rsc_hold: 'none', rtype: 'full', isstable: '1' });
    expect(view(h)).toMatchObject({ mine: 'all', theirs: 'none', stable: true });
    expect(h.eventsOf('ownership-alarm')).toHaveLength(0);
  });
});

describe('16 and 21: acknowledgements and late copies', () => {
  test('a burst of 250 is acknowledged on the way, so that the peer’s clients never pause', () => {
    const h = joined();
    h.sent.length = 0;
    for (let i = 0; i < 250; i++) h.hear('stonith', { node: 'x', result: 'OK' });
    expect(h.sentOf('NS_ackmsg')).toHaveLength(25);
  });
});

describe('17 and 18: after shutdone', () => {
  test('heartbeats that go on, still `active`, and late reports bring nothing back', () => {
    const h = joined();
    h.hear('shutdone', { st: 'dead' });
    const commands = h.commands.length;
    h.hear('status', BEAT);
    h.hear('resource', { rsc_hold: 'local', rtype: 'full', isstable: '1' });
    h.hear('status', BEAT);
    expect(view(h)).toMatchObject({ mine: 'all', theirs: 'none', stable: true });
    expect(h.commands).toHaveLength(commands);
    expect(h.eventsOf('ownership-alarm')).toHaveLength(0);
  });
});

describe('19: the report of a finished takeover', () => {
  test('adds to what the peer holds and says nothing of its being settled', () => {
    const h = joined();
    h.hear('resource', { rsc_hold: 'foreign', info: 'mach_down' });
    expect(view(h)).toMatchObject({ theirs: 'all', stable: true });
    const unsettled = new Harness();
    unsettled.joinRealPeer();
    unsettled.hear('resource', { rsc_hold: 'local', rtype: 'full', isstable: '0' });
    unsettled.hear('resource', { rsc_hold: 'foreign', info: 'mach_down' });
    expect(view(unsettled)).toMatchObject({ theirs: 'all', stable: false });
  });
});

describe('23: nothing of the peer is remembered over our restart', () => {
  test.each([1, 0x65000001, 0xfffffffe])('any generation is taken from a peer not met before: %i', (generation) => {
    const h = new Harness();
    h.step({ kind: 'start' });
    h.arrive({
      fields: [
        text('t', 'status'),
        text('st', 'up'),
        text('src', 'node2'),
        text('seq', 'a0'),
        text('hg', generation.toString(16)),
        text('ts', '1'),
      ],
    });
    expect(view(h).peer.generation).toBe(generation);
  });
});
