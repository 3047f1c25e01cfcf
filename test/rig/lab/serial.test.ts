import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { startRack } from '../../../electron/lab/index.ts';
import type { RackHandle } from '../../../electron/lab/index.ts';
import { missing } from '../../support/needs.ts';
import { names, on, pause } from '../../support/rackTools.ts';

vi.setConfig({ testTimeout: 60_000 });

const IN = { aToB: true, bToA: true };
const BAUD = 19200;

/** Reads the port until it was silent for `SILENCE_MS`, then reports what came and how long it took from first to last. */
const SILENCE_MS = 1500;
const RECEIVER = `
  const { openSync, readSync, constants } = require('fs');
  const fd = openSync('/dev/ttyS0', constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  const buffer = Buffer.alloc(4096), chunks = [];
  let first = 0, last = 0;
  const now = () => Number(process.hrtime.bigint()) / 1e6;
  const since = now();
  console.log('open');
  setInterval(() => {
    try {
      const n = readSync(fd, buffer);
      if (n > 0) { last = now(); first = first || last; chunks.push(Buffer.from(buffer.subarray(0, n))); return; }
    } catch {}
    if (now() - (last || since + 1500) > ${SILENCE_MS}) {
      console.log(JSON.stringify({ ms: last - first, base64: Buffer.concat(chunks).toString('base64') }));
      process.exit();
    }
  }, 2);`;

interface Received {
  readonly ms: number;
  readonly bytes: Buffer;
}

describe.skipIf(missing('linux', 'namespaces', 'iproute') !== null)('null-modem cable', () => {
  let rack: RackHandle;
  let a: string;
  let b: string;

  beforeAll(async () => {
    rack = await startRack({ name: 'serial' });
    [a, b] = names(rack);
  });
  afterAll(() => rack.down());
  afterEach(() => rack.cable('serial', IN));

  /** Sends `bytes` from one node and returns what the other one gets. */
  async function transfer(from: string, to: string, bytes: Buffer): Promise<Received> {
    const program = rack.spawnOn(to, [process.execPath, '-e', RECEIVER]);
    let report = '';
    for await (const line of program.lines) {
      if (line === 'open') {
        // The receiver's first look at the port is noticed within 50 ms of a first byte; give it one.
        await on(
          rack,
          from,
          `printf '\\n' >/dev/ttyS0; sleep 0.2; echo ${bytes.toString('base64')} | base64 -d >/dev/ttyS0`,
        );
      } else report = line;
    }
    const { ms, base64 } = JSON.parse(report) as { ms: number; base64: string };
    const got = Buffer.from(base64, 'base64');
    return { ms, bytes: got[0] === 10 ? got.subarray(1) : got };
  }

  // Every value, so that no byte is special; never starting with the marker LF.
  const pattern = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, i) => (i * 7 + 200) % 256));
  const hash = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex');

  test('bytes arrive whole, in order, and never faster than the line', async () => {
    const bytes = pattern(1920);
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const got = await transfer(from, to, bytes);
      expect(hash(got.bytes)).toBe(hash(bytes));
      const wireMs = (bytes.length * 10_000) / BAUD;
      expect(got.ms).toBeGreaterThan(wireMs * 0.95);
      // Generous: a busy machine may hold up either end, but an unpaced pty takes 1 ms and a wrong rate is off by two.
      expect(got.ms).toBeLessThan(wireMs * 1.6 + 300);
    }
  });

  test('cut one way', async () => {
    await rack.cable('serial', { aToB: false, bToA: true });
    expect((await transfer(a, b, pattern(100))).bytes.length).toBe(0);
    expect(hash((await transfer(b, a, pattern(100))).bytes)).toBe(hash(pattern(100)));
    await rack.cable('serial', { aToB: true, bToA: false });
    expect(hash((await transfer(a, b, pattern(100))).bytes)).toBe(hash(pattern(100)));
    expect((await transfer(b, a, pattern(100))).bytes.length).toBe(0);
  });

  test('noise damages about as many bytes as asked for, and loses none', async () => {
    await rack.cable('serial', { ...IN, noisePpm: 100_000 });
    const sent = pattern(2000);
    const got = (await transfer(a, b, sent)).bytes;
    expect(Math.abs(got.length - sent.length)).toBeLessThanOrEqual(1); // The marker may have been hit.
    const from = got.subarray(got.length - sent.length < 0 ? 0 : got.length - sent.length);
    const damaged = [...from].filter((byte, i) => byte !== sent[i]).length;
    expect(damaged).toBeGreaterThan(100);
    expect(damaged).toBeLessThan(400);
  });

  // Goal: a daemon that opens the port late must not find minutes-old heartbeats in it, as it would in a bare pty.
  test('what arrives while nobody has the port open is lost', async () => {
    await pause(400); // That nobody has it open any more is noticed within 250 ms.
    await on(rack, a, 'echo stale >/dev/ttyS0');
    await pause(100);
    expect((await transfer(a, b, pattern(50))).bytes.toString('latin1')).not.toContain('stale');
  });

  test('an unread port does not hold up the other end', async () => {
    expect(await on(rack, a, 'timeout 10 head -c 3000 /dev/zero >/dev/ttyS0; echo $?')).toBe('0');
    await pause(1700);
  });

  test('a power cut loses what is in the line, and the port works after it', async () => {
    await rack.power(b, 'off');
    await on(rack, a, 'echo gone >/dev/ttyS0');
    await rack.power(b, 'on');
    const got = await transfer(a, b, pattern(64));
    expect(hash(got.bytes)).toBe(hash(pattern(64)));
  });
});
