// A report on disk: sealed, verified, and every kind of change to any of its files found and named.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgeReport } from '../../../electron/common/report/judge.ts';
import { printReport } from '../../../electron/common/report/page/print.ts';
import { bodyHash, sealReport } from '../../../electron/common/report/seal.ts';
import { ReportFolder } from '../../../electron/core/report/folder.ts';
import { digest, verifyReport } from '../../../electron/core/report/verify.ts';
import { PICTURE, PICTURE_PATH, reportFacts } from '../../support/reportFacts.ts';

let base: string;
let report: string;

/** The same steps as the console makes, without nodes. */
function makeReport(dir: string): void {
  const begun = ReportFolder.begin(dir);
  if (!begun.ok) throw new Error(begun.detail);
  const folder = begun.value;
  folder.writeText(PICTURE_PATH, PICTURE);
  const body = judgeReport(reportFacts());
  const hash = bodyHash(body, digest);
  folder.writeText('report.html', printReport(body, hash, new Map([[PICTURE_PATH, PICTURE]])));
  folder.writeText('report.pdf', '%PDF-1.7 not really\n%%EOF\n');
  folder.writeText('report.json', sealReport(body, [...folder.written()], digest));
  folder.finish();
}

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'twinbeat-seal-'));
  report = join(base, 'report');
  makeReport(report);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Runs `change` on a copy and gives the verdict on it. */
async function changed(change: (dir: string) => void) {
  const dir = mkdtempSync(join(base, 'copy-'));
  cpSync(report, dir, { recursive: true });
  change(dir);
  const check = await verifyReport(dir);
  rmSync(dir, { recursive: true });
  return check;
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 0x01;
  writeFileSync(file, bytes);
}

test('untouched it is ok, asked by its folder or by any file in it', async () => {
  const check = await verifyReport(report);
  expect(check).toMatchObject({ result: 'ok', others: [] });
  expect(check.files.map((f) => f.path)).toEqual(['report.json', PICTURE_PATH, 'report.html', 'report.pdf']);
  for (const file of ['report.html', 'report.json', PICTURE_PATH])
    expect((await verifyReport(join(report, file))).result, file).toBe('ok');
});

test.each(['report.html', 'report.pdf', PICTURE_PATH])(
  'a flipped bit anywhere in %s is found and named',
  async (path) => {
    const size = readFileSync(join(report, path)).length;
    for (const at of [0, 1, Math.floor(size / 3), Math.floor(size / 2), size - 2, size - 1]) {
      const check = await changed((dir) => flip(join(dir, path), at));
      expect({ at, result: check.result, bad: check.files.filter((f) => f.result !== 'ok') }).toEqual({
        at,
        result: 'changed',
        bad: [{ path, result: 'changed' }],
      });
    }
  },
);

test('a flipped bit in every kind of place of the JSON is found: braces, keys, values, hashes, seal, blanks, line ends', async () => {
  const text = readFileSync(join(report, 'report.json'), 'utf8');
  const marks = [
    '{',
    '"format"',
    'report-seal',
    '"hash"',
    '"seal"',
    '"chain"',
    '"sha256"',
    '"bytes"',
    '"verdict"',
    '"operator"',
    ' ',
    '\n',
    ',',
    ':',
    '}',
  ];
  for (const mark of marks) {
    for (const at of [text.indexOf(mark), text.lastIndexOf(mark), text.indexOf(mark) + mark.length + 3]) {
      const check = await changed((dir) => flip(join(dir, 'report.json'), at));
      expect({ mark, at, result: check.result }).toEqual({ mark, at, result: 'changed' });
      expect(check.files).toEqual([{ path: 'report.json', result: 'changed' }]);
    }
  }
});

test('bytes all over the JSON', async () => {
  const size = readFileSync(join(report, 'report.json')).length;
  for (let at = 0; at < size; at += 97 * 7) {
    const check = await changed((dir) => flip(join(dir, 'report.json'), at));
    expect({ at, result: check.result }).toEqual({ at, result: 'changed' });
  }
});

test('cut off, made longer, missing, replaced by the bytes of another encoding', async () => {
  const html = 'report.html';
  const whole = readFileSync(join(report, html));
  const bad = async (change: (dir: string) => void) => (await changed(change)).files.filter((f) => f.result !== 'ok');
  expect(await bad((dir) => writeFileSync(join(dir, html), whole.subarray(0, -1)))).toEqual([
    { path: html, result: 'changed' },
  ]);
  expect(await bad((dir) => writeFileSync(join(dir, html), `${whole.toString()}\n`))).toEqual([
    { path: html, result: 'changed' },
  ]);
  expect(await bad((dir) => rmSync(join(dir, 'report.pdf')))).toEqual([{ path: 'report.pdf', result: 'missing' }]);
  const json = readFileSync(join(report, 'report.json'));
  const notText = Buffer.from(json);
  notText[json.indexOf('Plant')] = 0xff;
  expect(await bad((dir) => writeFileSync(join(dir, 'report.json'), notText))).toEqual([
    { path: 'report.json', result: 'changed' },
  ]);
});

test('a list of files with one left out or two swapped is found', async () => {
  const edited = (edit: (json: { files: unknown[] }) => void) => (dir: string) => {
    const json = JSON.parse(readFileSync(join(dir, 'report.json'), 'utf8')) as { files: unknown[] };
    edit(json);
    writeFileSync(join(dir, 'report.json'), `${JSON.stringify(json, null, 1)}\n`);
  };
  expect((await changed(edited((json) => void json.files.pop()))).result).toBe('changed');
  expect((await changed(edited((json) => void json.files.reverse()))).result).toBe('changed');
});

test('a file beside the report is named and spoils nothing; what is no report is unreadable', async () => {
  const check = await changed((dir) => writeFileSync(join(dir, 'scan-signed.pdf'), 'x'));
  expect(check).toMatchObject({ result: 'ok', others: ['scan-signed.pdf'] });
  expect((await verifyReport(base)).result).toBe('unreadable');
  expect((await verifyReport(join(base, 'nowhere'))).result).toBe('unreadable');
  expect((await changed((dir) => writeFileSync(join(dir, 'report.json'), '{"a":1}\n'))).result).toBe('unreadable');
});

test('a path out of the folder in the list of files is no path', async () => {
  const check = await changed((dir) => {
    const text = readFileSync(join(dir, 'report.json'), 'utf8').replace('"report.html"', '"../report/report.html"');
    writeFileSync(join(dir, 'report.json'), text);
  });
  expect(check).toMatchObject({ result: 'changed', files: [{ path: 'report.json', result: 'changed' }] });
  expect(check.detail).toMatch(/its field files\.1\.path is not as it was written/);
});

test('another format is named with the one that is read', async () => {
  const check = await changed((dir) => {
    const text = readFileSync(join(dir, 'report.json'), 'utf8').replace('report-seal/1', 'report-seal/2');
    writeFileSync(join(dir, 'report.json'), text);
  });
  expect(check.detail).toMatch(/"twinbeat\.report-seal\/2", and this Twinbeat reads twinbeat\.report-seal\/1/);
});

test('a link is named: one that is added as not ours, one in the place of a file as a change, whatever it leads to', async () => {
  const check = await changed((dir) => {
    symlinkSync('/etc/hostname', join(dir, 'attachments', 'more.txt'));
    rmSync(join(dir, 'report.html'));
    symlinkSync(join(report, 'report.html'), join(dir, 'report.html'));
  });
  expect(check.others).toEqual(['attachments/more.txt']);
  expect(check.files.filter((f) => f.result !== 'ok')).toEqual([{ path: 'report.html', result: 'changed' }]);
});

test('nothing half-written stands under the final name, and nothing is overwritten', () => {
  const begun = ReportFolder.begin(join(base, 'half'));
  if (!begun.ok) throw new Error(begun.detail);
  begun.value.writeText('report.html', 'x');
  expect(readdirSync(base)).not.toContain('half');
  begun.value.abandon();
  expect(readdirSync(base).filter((name) => name.includes('half'))).toEqual([]);
  expect(ReportFolder.begin(report)).toMatchObject({ ok: false, reason: 'exists' });
});
