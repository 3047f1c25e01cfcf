import { expect, test } from 'vitest';
import { SeededRandom } from '../../../agent/common/base/random.ts';
import { LINE_QUEUE_BYTES_MAX, PacedLine } from '../../../electron/lab/world/pacedLine.ts';

const BAUD = 19200;
const BYTE_MS = 10_000 / BAUD;

function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 256);
}

/** Runs the line's own timers on a virtual clock; returns what came out and when. */
function drain(line: PacedLine, fromMs: number): { at: number; bytes: number[] }[] {
  const out: { at: number; bytes: number[] }[] = [];
  let now = fromMs;
  for (let due = line.dueInMs(now); due !== null; due = line.dueInMs(now)) {
    // As a real timer does: whole milliseconds, never early.
    now += Math.max(1, Math.ceil(due));
    out.push({ at: now, bytes: [...line.take(now)] });
  }
  return out;
}

test('a whole second of bytes takes a second, in order, in small pieces', () => {
  const line = new PacedLine(BAUD, new SeededRandom(1));
  line.push(bytes(1920), 5000);
  const out = drain(line, 5000);
  expect(out.flatMap((piece) => piece.bytes)).toEqual([...bytes(1920)]);
  expect(out.at(-1)!.at - 5000).toBeGreaterThanOrEqual(1000);
  expect(out.at(-1)!.at - 5000).toBeLessThan(1010);
  expect(Math.max(...out.map((piece) => piece.bytes.length))).toBeLessThan(16);
});

test('no byte comes out before it has crossed, however late the timer', () => {
  const line = new PacedLine(BAUD, new SeededRandom(1));
  line.push(bytes(10), 0);
  expect(line.take(BYTE_MS * 3.5).length).toBe(3);
  expect(line.take(BYTE_MS * 3.6).length).toBe(0);
  expect(line.take(BYTE_MS * 1000).length).toBe(7);
});

test('an idle line is not in debt: a pause earns no burst', () => {
  const line = new PacedLine(BAUD, new SeededRandom(1));
  line.push(bytes(1), 0);
  expect(line.take(100).length).toBe(1);
  line.push(bytes(100), 60_000);
  expect(line.take(60_000).length).toBe(0);
  expect(line.take(60_000 + 10 * BYTE_MS).length).toBe(10);
});

test('bytes that follow each other share one line', () => {
  const line = new PacedLine(BAUD, new SeededRandom(1));
  line.push(bytes(100), 0);
  line.push(bytes(100), 1);
  expect(line.take(150 * BYTE_MS).length).toBe(150);
});

test('a cut line takes its time and gives nothing', () => {
  const line = new PacedLine(BAUD, new SeededRandom(1));
  line.carries = false;
  line.push(bytes(100), 0);
  expect(line.take(100 * BYTE_MS).length).toBe(0);
  expect(line.dueInMs(100 * BYTE_MS)).toBeNull();
});

test('noise flips one bit of about as many bytes as asked for', () => {
  const line = new PacedLine(115_200, new SeededRandom(7));
  line.noisePpm = 50_000;
  line.push(new Uint8Array(20_000), 0);
  const damaged = [...line.take(1e6)].filter((byte) => byte !== 0);
  expect(damaged.length).toBeGreaterThan(700);
  expect(damaged.length).toBeLessThan(1300);
  expect(damaged.every((byte) => (byte & (byte - 1)) === 0)).toBe(true);
});

test('a full line says so, and a power cut empties it', () => {
  const line = new PacedLine(BAUD, new SeededRandom(1));
  line.push(bytes(LINE_QUEUE_BYTES_MAX), 0);
  expect(line.full).toBe(true);
  line.clear();
  expect(line.full).toBe(false);
  expect(line.dueInMs(0)).toBeNull();
});
