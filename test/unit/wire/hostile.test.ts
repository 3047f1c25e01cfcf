// Goal: hostile bytes never throw, never loop, and never pass as authentic.
// Method: mutate recorded packets and serial bytes with a seeded generator; a failure names its seed and
// round, and `TWINBEAT_SEED=<seed>` repeats it. Work is bounded by counting what comes out, not by a clock;
// an endless loop ends in the runner's time limit.
import { expect, test } from 'vitest';
import { bytesEqual, latin1FromBytes } from '../../../agent/common/base/bytes.ts';
import { SeededRandom } from '../../../agent/common/base/random.ts';
import { decodePacket, encodeNetstring, encodeText } from '../../../agent/common/wire/codec.ts';
import { PACKET_BYTES_MAX, SERIAL_FRAME_BYTES_MAX } from '../../../agent/common/wire/limits.ts';
import { SerialFramer } from '../../../agent/common/wire/serialFramer.ts';
import { RECORDED_KEYRING, recordedDatagrams, recordedSerial } from '../../support/heartbeatFixtures.ts';

const SEED = Number(process.env['TWINBEAT_SEED'] ?? 694);
const ROUNDS = 4000;

/** Pieces that mean something to one of the parsers. */
const MAGIC = [
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
].map((piece) => Uint8Array.from(piece, (character) => character.charCodeAt(0)));

/** One to four random changes: a bit, a byte, a cut, a doubled stretch, or something that looks like syntax. */
function mutate(original: Uint8Array, random: SeededRandom): Uint8Array {
  let bytes = original;
  for (let change = random.nextInteger(1, 4); change > 0; change--) {
    const at = random.nextInteger(0, Math.max(0, bytes.length - 1));
    const to = Math.min(bytes.length, at + random.nextInteger(0, 40));
    const insert = (...middle: Uint8Array[]): Uint8Array =>
      Uint8Array.from([...bytes.subarray(0, at), ...middle.flatMap((m) => [...m]), ...bytes.subarray(at)]);
    switch (random.nextInteger(0, 4)) {
      case 0:
        bytes = bytes.slice();
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.nextInteger(0, 7));
        break;
      case 1:
        bytes = bytes.slice();
        bytes[at] = random.nextInteger(0, 255);
        break;
      case 2:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(to)]);
        break;
      case 3:
        bytes = insert(bytes.subarray(at, to));
        break;
      default:
        bytes = insert(random.pick(MAGIC));
    }
  }
  return bytes;
}

test(`mutated packets, seed ${SEED}`, () => {
  const random = new SeededRandom(SEED);
  const netstrings = recordedDatagrams();
  let accepted = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const original = random.pick(netstrings);
    const base = random.chance(0.5) ? original : asText(original);
    const mutated = mutate(base, random);
    const label = `seed ${SEED}, round ${round}: ${JSON.stringify(latin1FromBytes(mutated))}`;
    const decoded = decodePacket(mutated, RECORDED_KEYRING);
    if (!decoded.ok) continue;
    accepted++;
    // Changes that the forms allow (blank lines, a lost end mark, bytes behind the end) leave the message alone.
    const { message, form, innerAuth } = decoded.value;
    const again =
      form === 'text'
        ? encodeText(message, RECORDED_KEYRING)
        : encodeNetstring(message, RECORDED_KEYRING, { innerAuth });
    expect(bytesEqual(again, base), label).toBe(true);
  }
  // Some must pass, or the comparison above was never made; most must not.
  expect(accepted).toBeGreaterThan(20);
  expect(accepted).toBeLessThan(ROUNDS / 4);
});

test(`random bytes behind every start mark, seed ${SEED}`, () => {
  const random = new SeededRandom(SEED);
  for (let round = 0; round < 300; round++) {
    const mark = random.pick(['>>>\n', '###\n', '']);
    const length = random.nextInteger(0, round % 50 === 0 ? PACKET_BYTES_MAX + 10 : 300);
    const noise = Uint8Array.from({ length }, () => random.nextInteger(0, 255));
    const packet = Uint8Array.from([...[...mark].map((c) => c.charCodeAt(0)), ...noise]);
    expect(decodePacket(packet, RECORDED_KEYRING).ok, `seed ${SEED}, round ${round}`).toBe(false);
  }
});

test(`a noisy serial line, seed ${SEED}`, () => {
  const random = new SeededRandom(SEED);
  const clean = recordedSerial('serial-1to2.raw');
  const authentic = (frame: Uint8Array): boolean => decodePacket(frame, RECORDED_KEYRING).ok;
  const sent = new SerialFramer().push(clean).length;
  for (const noisePpm of [100, 1000, 10_000]) {
    const framer = new SerialFramer();
    const line = Uint8Array.from(clean, (byte) => (random.chance(noisePpm / 1e6) ? random.nextInteger(0, 255) : byte));
    let frames = 0;
    let heldBytes = 0;
    let good = 0;
    for (let at = 0; at < line.length; at += 100) {
      for (const frame of framer.push(line.subarray(at, at + 100))) {
        frames++;
        heldBytes += frame.length;
        expect(frame.length).toBeLessThanOrEqual(SERIAL_FRAME_BYTES_MAX);
        if (authentic(frame)) good++;
      }
    }
    expect(frames).toBeLessThanOrEqual(sent);
    expect(heldBytes + framer.droppedBytes).toBeLessThanOrEqual(line.length + frames);
    // Frames have about 290 bytes, so at 100 ppm about 3 in 100 are hit; every other one must come through.
    if (noisePpm === 100) expect(good / sent).toBeGreaterThan(0.9);
    if (noisePpm === 1000) expect(good / sent).toBeGreaterThan(0.6);
  }
});

function asText(netstring: Uint8Array): Uint8Array {
  const decoded = decodePacket(netstring, RECORDED_KEYRING);
  if (!decoded.ok) throw new Error(decoded.detail);
  return encodeText(decoded.value.message, RECORDED_KEYRING);
}
