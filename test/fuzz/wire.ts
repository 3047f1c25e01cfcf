/** Targets: one packet, and the bytes of a serial line. */
import assert from 'node:assert/strict';
import { bytesEqual, latin1FromBytes } from '../../agent/common/base/bytes.ts';
import type { SeededRandom } from '../../agent/common/base/random.ts';
import { decodePacket, encodeNetstring, encodeText } from '../../agent/common/wire/codec.ts';
import { SERIAL_FRAME_BYTES_MAX } from '../../agent/common/wire/limits.ts';
import { fieldText } from '../../agent/common/wire/message.ts';
import { SerialFramer } from '../../agent/common/wire/serialFramer.ts';
import { RECORDED_KEYRING, recordedDatagrams, recordedSerial } from '../support/heartbeatFixtures.ts';
import type { FuzzTarget } from './fuzz.ts';
import { latin1 } from './mutate.ts';

/** Pieces that mean something to a packet or to the serial framer. */
export const WIRE_MAGIC: readonly Uint8Array[] = [
  '>>>\n',
  '<<<\n',
  '###\n',
  '%%%\n',
  '(1)',
  '(0)',
  '\0',
  '\n',
  '=',
  ',',
  ':',
  '99999:',
  'auth=1 ',
  '0:,',
].map(latin1);

/** A recorded netstring packet, as the text form carries it. */
export function asText(netstring: Uint8Array): Uint8Array {
  const decoded = decodePacket(netstring, RECORDED_KEYRING);
  if (!decoded.ok) throw new Error(decoded.detail);
  return encodeText(decoded.value.message, RECORDED_KEYRING);
}

/** Every packet that somebody with the key has really sent, in its canonical form. */
let genuine: ReadonlySet<string> | null = null;

function genuineTexts(): ReadonlySet<string> {
  genuine ??= new Set(recordedDatagrams().map((packet) => latin1FromBytes(asText(packet))));
  return genuine;
}

/** Hostile packets never throw, and whatever authenticates is something that a key holder sent. */
export const wireTarget: FuzzTarget = {
  name: 'wire',
  magic: WIRE_MAGIC,
  // One of each form and type is enough to start from; the recording repeats itself.
  seeds: () => {
    const byType = new Map<string, Uint8Array>();
    for (const packet of recordedDatagrams()) {
      const decoded = decodePacket(packet, RECORDED_KEYRING);
      if (decoded.ok) byType.set(fieldText(decoded.value.message, 't') ?? '', packet);
    }
    return [...byType.values()].flatMap((packet) => [packet, asText(packet)]);
  },
  feed: (input) => {
    const decoded = decodePacket(input, RECORDED_KEYRING);
    if (!decoded.ok) return [`${decoded.reason}: ${decoded.detail.replace(/[^a-z ]+/gi, '?').slice(0, 40)}`];
    const { message, form, innerAuth } = decoded.value;
    const canonical = encodeText(message, RECORDED_KEYRING);
    assert(genuineTexts().has(latin1FromBytes(canonical)), 'a message that nobody sent was accepted');
    const again = form === 'text' ? canonical : encodeNetstring(message, RECORDED_KEYRING, { innerAuth });
    const twice = decodePacket(again, RECORDED_KEYRING);
    assert(twice.ok, 'what was accepted cannot be sent on');
    return [`accepted ${form} ${fieldText(message, 't') ?? ''} ${bytesEqual(again, input) ? 'exact' : 'tolerated'}`];
  },
};

/** Frames of a line that arrives in pieces of random length. */
function framesOf(line: Uint8Array, random: SeededRandom | null): { frames: Uint8Array[]; dropped: number } {
  const framer = new SerialFramer();
  const frames: Uint8Array[] = [];
  for (let at = 0; at < line.length;) {
    const end = random === null ? line.length : Math.min(line.length, at + random.nextInteger(1, 200));
    frames.push(...framer.push(line.subarray(at, end)));
    at = end;
  }
  return { frames, dropped: framer.droppedBytes };
}

/** Where the bytes of a line are cut into reads changes nothing, and no frame is longer than the line or the limit. */
export const framerTarget: FuzzTarget = {
  name: 'framer',
  magic: WIRE_MAGIC,
  seeds: () => {
    const line = recordedSerial('serial-1to2.raw');
    return [0, 3000, 9000].map((at) => line.subarray(at, at + 2500));
  },
  feed: (input, random) => {
    const whole = framesOf(input, null);
    const pieces = framesOf(input, random);
    assert.deepEqual(pieces.frames, whole.frames, 'the cuts between reads changed the frames');
    assert.equal(pieces.dropped, whole.dropped);
    let held = 0;
    for (const frame of whole.frames) {
      held += frame.length;
      const text = latin1FromBytes(frame);
      assert(frame.length <= SERIAL_FRAME_BYTES_MAX, 'a frame over the limit');
      assert(text.startsWith('>>>\n') && text.endsWith('\n') && text.includes('\n<<<'), 'a frame without its marks');
    }
    // A start mark that ends another line has its own line feed put in front.
    assert(held + whole.dropped <= input.length + whole.frames.length, 'more bytes came out than went in');
    const good = whole.frames.filter((frame) => decodePacket(frame, RECORDED_KEYRING).ok).length;
    const bucket = (n: number): string => (n < 4 ? String(n) : n < 16 ? 'some' : 'many');
    return [
      `frames ${bucket(whole.frames.length)} good ${bucket(good)}`,
      `dropped ${Math.min(8, Math.ceil(Math.log2(whole.dropped + 1)))}`,
    ];
  },
};
