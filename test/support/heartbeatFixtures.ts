/** The recorded pair of real daemons (test/fixtures/heartbeat-3.0.6), as the unit tests want it. */
import { readFileSync } from 'node:fs';
import { bytesFromLatin1 } from '../../agent/common/base/bytes.ts';
import type { Keyring } from '../../agent/common/base/keyring.ts';

const DIRECTORY = new URL('../fixtures/heartbeat-3.0.6/', import.meta.url);

/** What both recorded nodes signed with. */
export const RECORDED_KEYRING: Keyring = {
  signIndex: 1,
  keys: new Map([[1, { method: 'sha1', secret: 'myAuthkey' }]]),
};

/** A recorded file as Latin-1 text. */
export function recordedText(name: string): string {
  return readFileSync(new URL(name, DIRECTORY), 'latin1');
}

/** Payload of every recorded UDP/694 packet, in order. */
export function recordedDatagrams(): Uint8Array[] {
  return recordedText('udp694.jsonl')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => bytesFromLatin1((JSON.parse(line) as { payload: string }).payload));
}

/** Every byte that was on the serial cable in one direction. */
export function recordedSerial(name: 'serial-1to2.raw' | 'serial-2to1.raw'): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, DIRECTORY)));
}

/** Bytes of the capture's link header ("Linux cooked" version 2); its first two are the EtherType. */
const COOKED_HEADER_BYTES = 20;

/** UDP/694 payloads of the capture (classic little-endian pcap), in order. */
export function recordedPcapPayloads(): Uint8Array[] {
  const file = readFileSync(new URL('udp694.pcap', DIRECTORY));
  const payloads: Uint8Array[] = [];
  for (let at = 24; at + 16 <= file.length;) {
    const captured = file.readUInt32LE(at + 8);
    const frame = file.subarray(at + 16, at + 16 + captured);
    at += 16 + captured;
    const isUdpOverIpv4 = frame.readUInt16BE(0) === 0x0800 && frame[COOKED_HEADER_BYTES + 9] === 17;
    if (!isUdpOverIpv4) continue;
    const udp = COOKED_HEADER_BYTES + ((frame[COOKED_HEADER_BYTES] ?? 0) & 0x0f) * 4;
    if (frame.readUInt16BE(udp + 2) !== 694) continue;
    payloads.push(new Uint8Array(frame.subarray(udp + 8, udp + frame.readUInt16BE(udp + 4))));
  }
  return payloads;
}
