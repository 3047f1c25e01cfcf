// Goal: hostile bytes never throw, never loop, and never pass as authentic.
// Method: seeded noise (mutations of recorded packets are in test/fuzz). A failure names its seed and round, and
// `TWINBEAT_SEED=<seed>` repeats it. Work is bounded by counting what comes out, not by a clock.
import { expect, test } from 'vitest';
import { SeededRandom } from '../../../agent/common/base/random.ts';
import { decodePacket } from '../../../agent/common/wire/codec.ts';
import { PACKET_BYTES_MAX, SERIAL_FRAME_BYTES_MAX } from '../../../agent/common/wire/limits.ts';
import { SerialFramer } from '../../../agent/common/wire/serialFramer.ts';
import { RECORDED_KEYRING, recordedSerial } from '../../support/heartbeatFixtures.ts';

const SEED = Number(process.env['TWINBEAT_SEED'] ?? 694);

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
