// Goal: our codec agrees with the real heartbeat 3.0.6 on every byte that a real pair exchanged.
// Method: decode and authenticate each recorded packet, encode it again, compare bytes.
import { describe, expect, test } from 'vitest';
import { latin1FromBytes } from '../../../agent/common/base/bytes.ts';
import { decodePacket, encodeNetstring, encodeText } from '../../../agent/common/wire/codec.ts';
import { fieldText } from '../../../agent/common/wire/message.ts';
import { SerialFramer } from '../../../agent/common/wire/serialFramer.ts';
import {
  RECORDED_KEYRING,
  recordedDatagrams,
  recordedPcapPayloads,
  recordedSerial,
} from '../../support/heartbeatFixtures.ts';

describe.each([
  ['udp694.jsonl', recordedDatagrams],
  ['udp694.pcap', recordedPcapPayloads],
] as const)('%s', (_name, packets) => {
  test('every packet decodes, authenticates and encodes to the identical bytes', () => {
    const all = packets();
    expect(all.length).toBeGreaterThan(300);
    for (const packet of all) {
      const decoded = decodePacket(packet, RECORDED_KEYRING);
      if (!decoded.ok) throw new Error(`${decoded.reason}: ${latin1FromBytes(packet)}`);
      const { message, form, innerAuth, keyIndex } = decoded.value;
      expect({ form, keyIndex }).toEqual({ form: 'netstring', keyIndex: 1 });
      expect(latin1FromBytes(encodeNetstring(message, RECORDED_KEYRING, { innerAuth }))).toBe(latin1FromBytes(packet));
    }
  });
});

describe.each(['serial-1to2.raw', 'serial-2to1.raw'] as const)('%s', (name) => {
  test.each([1, 7, 512, 100_000])('every byte belongs to an authentic frame, read in chunks of %i', (chunkBytes) => {
    const line = recordedSerial(name);
    const framer = new SerialFramer();
    let rebuilt = '';
    for (let at = 0; at < line.length; at += chunkBytes) {
      for (const frame of framer.push(line.subarray(at, at + chunkBytes))) {
        const decoded = decodePacket(frame, RECORDED_KEYRING);
        if (!decoded.ok) throw new Error(`${decoded.reason}: ${latin1FromBytes(frame)}`);
        expect(fieldText(decoded.value.message, 'src')).toBe(name === 'serial-1to2.raw' ? 'node1' : 'node2');
        rebuilt += latin1FromBytes(encodeText(decoded.value.message, RECORDED_KEYRING));
      }
    }
    // A lone line feed between frames is how a daemon wakes the line up; the encoder has none.
    expect(rebuilt).toBe(latin1FromBytes(line).replace(/^\n+/, ''));
    expect(framer.droppedBytes).toBe(0);
  });
});
