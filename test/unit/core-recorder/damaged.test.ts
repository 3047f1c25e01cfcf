// Goal: a recording that was cut off is read as far as it goes and says so; one that was changed is refused with the line, the field and what
// to do. Method: one real recording, damaged in every way that files are, read as the command line reads it and as the screen does.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RecordingReader } from '../../../electron/common/recording/read.ts';
import type { Recording } from '../../../electron/common/recording/read.ts';
import { inBoth } from '../../../electron/common/words/sentence.ts';
import type { Outcome } from '../../../electron/common/words/sentence.ts';
import { copiedBytes, readRecording, readRecordingFile } from '../../../electron/core/recorder/recordingFile.ts';
import { DamagedError, gunzip } from '../../../renderer/lib/gunzip.ts';
import { recordingLinesOf, SECRETS } from '../../support/recordings.ts';

const LINES = recordingLinesOf().map((line) => JSON.stringify(line));
const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
// Long enough that a half of it holds lines: what is compressed in one block comes out whole or not at all.
const NOISE = Array.from({ length: 4000 }, (_, i) =>
  JSON.stringify({
    kind: 'probe',
    probe: { tMs: 1000 + i, ok: true, answeredBy: null, latencyMs: Math.sin(i), error: null },
  }),
);
const BODY = [...LINES.slice(0, -1), ...NOISE];
const ALL = [...BODY, JSON.stringify({ kind: 'end', lines: BODY.length + 1 })];
const WHOLE = gzipSync(text(ALL));

async function* oneByOne(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += 1000) yield await Promise.resolve(bytes.subarray(at, at + 1000));
}

/** As the screen does. */
async function shown(bytes: Uint8Array): Promise<Outcome<Recording>> {
  const reader = new RecordingReader();
  const decoder = new TextDecoder();
  try {
    await gunzip(oneByOne(bytes), (piece) => reader.push(decoder.decode(piece, { stream: true })));
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    reader.damaged();
  }
  return reader.finish();
}

const READERS = [
  ['the command line', (bytes: Uint8Array) => readRecording(oneByOne(bytes))],
  ['the screen', shown],
] as const;

const changed = (line: number, from: string | RegExp, to: string): Buffer =>
  gzipSync(text(ALL.map((one, i) => (i + 1 === line ? one.replace(from, to) : one))));

const flipped = (at: number): Buffer => {
  const bytes = Buffer.from(WHOLE);
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  return bytes;
};

test.each(READERS)('%s: a whole one has no flaw', async (_, read) => {
  const whole = await read(WHOLE);
  expect(whole.ok && { isWhole: whole.value.isWhole, flaws: whole.value.flaws }).toEqual({ isWhole: true, flaws: [] });
});

test.each(READERS)('%s: cut off anywhere it shows what is there, and says after which line', async (_, read) => {
  let before = 0;
  for (const part of [0.3, 0.6, 0.9]) {
    const cut = await read(WHOLE.subarray(0, Math.floor(WHOLE.length * part)));
    if (!cut.ok) throw new Error(cut.detail);
    const { isWhole, skipped, flaws, batch } = cut.value;
    expect({ isWhole, skipped, flaws: flaws.length }).toEqual({ isWhole: false, skipped: 0, flaws: 1 });
    expect(flaws[0]?.detail).toMatch(/^it is cut off after line \d+: what came later is not there$/);
    expect(batch.probes.length).toBeGreaterThan(before);
    before = batch.probes.length;
  }
  const stub = await read(WHOLE.subarray(0, 40));
  expect(!stub.ok && stub.detail).toMatch(/export the recording again$/);
});

test.each(READERS)('%s: a flipped byte anywhere in the middle is never shown as if it were right', async (_, read) => {
  for (let at = 20; at < WHOLE.length - 8; at += 997) {
    const bad = await read(flipped(at));
    expect(bad.ok, `byte ${at}`).toBe(false);
    expect(!bad.ok && bad.detail, `byte ${at}`).toMatch(/damaged.*get it again|no recording of Twinbeat/);
  }
});

test.each(READERS)('%s: what was changed by hand is named by line and field, with what to do', async (_, read) => {
  const why = async (bytes: Uint8Array): Promise<string> => {
    const bad = await read(bytes);
    return bad.ok ? bad.value.flaws.map(({ detail }) => detail).join('\n') : bad.detail;
  };
  expect(await why(new Uint8Array())).toBe('the file is empty: export the recording again');
  expect(await why(gzipSync(''))).toBe('the file is empty: export the recording again');
  expect(await why(Buffer.from('hello\n'))).toMatch(/^this is no recording of Twinbeat: expected a file that/);
  expect(await why(gzipSync('{"a":1}\n'))).toMatch(/^this is no recording of Twinbeat/);
  expect(await why(changed(1, 'recording/1', 'recording/7'))).toMatch(
    /twinbeat\.recording\/7.*reads twinbeat\.recording\/1/,
  );
  expect(await why(changed(1, '"startedWallMs":1700000000000', '"startedWallMs":"x"'))).toMatch(
    /^line 1, field startedWallMs: .*get it again/,
  );
  expect(await why(changed(5, /^/, 'x'))).toMatch(/^line 5 is no JSON: .*get it again/);
  expect(await why(changed(4, '"tMs":100', '"tMs":"soon"'))).toBe(
    '1 lines could not be understood and are left out; the first is line 4, field sample.tMs',
  );
  expect(await why(gzipSync(text(ALL.filter((_line, i) => i !== 6))))).toBe(
    `lines are missing: it has ${ALL.length - 1} of ${ALL.length}`,
  );
});

test('every refusal is said in Chinese as well', async () => {
  for (const bytes of [flipped(5000), Buffer.from('x'), gzipSync(''), changed(5, /^/, 'x')]) {
    const bad = await readRecording(oneByOne(bytes));
    expect(inBoth(bad.ok ? { detail: '' } : bad)['zh-CN']).toMatch(/[\u4e00-\u9fff]/);
  }
});

let dir: string;
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'twinbeat-damaged-'))));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('a file that somebody sent is anonymised as a stored session is; what is not understood in it does not leave', async () => {
  const file = join(dir, 'sent.twinbeat.gz');
  const unknown = JSON.stringify({ kind: 'brand-new', words: 'alice at 10.20.30.41' });
  writeFileSync(file, gzipSync(text([...LINES.slice(0, -1), unknown])));
  const pieces: Uint8Array[] = [];
  for await (const piece of copiedBytes(file, true)) pieces.push(piece);
  const out = gunzipSync(Buffer.concat(pieces)).toString().toLowerCase();
  for (const secret of SECRETS) expect(out, secret).not.toContain(secret.toLowerCase());
  const copy = join(dir, 'copy.twinbeat.gz');
  writeFileSync(copy, Buffer.concat(pieces));
  const read = await readRecordingFile(copy);
  expect(read.ok && read.value.flaws.map(({ said }) => said.code)).toEqual(['recordingCut']);
  expect(read.ok && read.value.head.anonymised).toBe(true);
});
