/**
 * The recorded pair of real daemons against our receive path. Goal: we see in it what the daemons themselves logged, and no
 * loss, replay or partition beyond that. Method: our engine takes the place of one node and hears what it heard.
 */
import { describe, expect, test } from 'vitest';
import { SerialFramer } from '../../../agent/common/wire/serialFramer.ts';
import { decodePacket } from '../../../agent/common/wire/codec.ts';
import { fieldText } from '../../../agent/common/wire/message.ts';
import type { WireMessage } from '../../../agent/common/wire/message.ts';
import { Harness, testConfig } from '../../support/engineHarness.ts';
import { RECORDED_KEYRING, recordedDatagrams, recordedSerial, recordedText } from '../../support/heartbeatFixtures.ts';

interface Heard {
  readonly atMs: number;
  readonly message: WireMessage;
}

function decode(bytes: Uint8Array): WireMessage {
  const packet = decodePacket(bytes, RECORDED_KEYRING);
  if (!packet.ok) throw new Error(packet.reason);
  return packet.value.message;
}

/** The UDP packets with the times at which the capture saw them. */
function udp(): Heard[] {
  const times = recordedText('udp694.jsonl')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { t: number }).t);
  return recordedDatagrams().map((bytes, i) => ({ atMs: (times[i]! - times[0]!) * 1000, message: decode(bytes) }));
}

/** Serial frames; the cable's log has no times, so the sender's clock (whole seconds) stands in for them. */
function serial(name: 'serial-1to2.raw' | 'serial-2to1.raw'): Heard[] {
  const messages = new SerialFramer().push(recordedSerial(name)).map(decode);
  let atMs = 0;
  const first = parseInt(fieldText(messages[0]!, 'ts')!, 16);
  return messages.map((message) => {
    atMs = Math.max(atMs, (parseInt(fieldText(message, 'ts')!, 16) - first) * 1000);
    return { atMs, message };
  });
}

function replay(self: 'node1' | 'node2', heard: readonly Heard[]): Harness {
  const peer = self === 'node1' ? 'node2' : 'node1';
  const h = new Harness(
    testConfig({ self, peer, deadtimeMs: 5000, autoFailback: 'on', localGroups: [], foreignGroups: [] }),
  );
  h.step({ kind: 'start' });
  for (const { atMs, message } of heard) {
    if (atMs > h.nowMs) h.run(atMs - h.nowMs);
    h.arrive(message);
  }
  return h;
}

function lost(h: Harness): number {
  return h.eventsOf('packets-lost').reduce((sum, e) => sum + e.count, 0);
}

describe('in the place of node2', () => {
  test.each([
    ['UDP', () => udp()],
    ['serial', () => serial('serial-1to2.raw')],
  ])('%s: node1 restarts once; no loss beyond the one that the daemon logged', (_, heard) => {
    const h = replay('node2', heard());
    expect(h.eventsOf('peer-restarted')).toHaveLength(1);
    expect(h.eventsOf('partition-healed')).toHaveLength(0);
    expect(h.eventsOf('problem')).toHaveLength(0);
    // node2's log: "3 lost packet(s)" came from two links racing; alone only "1 lost packet(s) … [16:18]" remains.
    expect(lost(h)).toBeLessThanOrEqual(1);
    expect(h.eventsOf('log').map((e) => e.text)).toEqual(["Received shutdown notice from 'node1'."]);
    const statuses = h.eventsOf('peer-status').map((e) => e.status);
    expect(statuses).toEqual(expect.arrayContaining(['up', 'active', 'dead']));
    expect(h.eventsOf('takeover')[0]).toMatchObject({ cause: 'peer-stopped' });
  });

  test('UDP and serial together: copies are no loss', () => {
    const both = [...udp(), ...serial('serial-1to2.raw')].sort((a, b) => a.atMs - b.atMs);
    const h = replay('node2', both);
    expect(h.eventsOf('peer-restarted')).toHaveLength(1);
    expect(h.eventsOf('problem')).toHaveLength(0);
  });
});

describe('in the place of node1', () => {
  test.each([
    ['UDP', () => udp()],
    ['serial', () => serial('serial-2to1.raw')],
  ])('%s: node2 never restarts, heals or replays', (_, heard) => {
    const h = replay('node1', heard());
    expect(h.eventsOf('peer-restarted')).toHaveLength(0);
    expect(h.eventsOf('partition-healed')).toHaveLength(0);
    expect(h.eventsOf('problem')).toHaveLength(0);
    expect(lost(h)).toBeLessThanOrEqual(2);
  });
});
