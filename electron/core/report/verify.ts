/** Finds what was changed in a report since it was sealed. It needs the folder and nothing else. */
import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { z } from 'zod';
import type { ReportCheckSchema } from '../../common/contract/report.ts';
import { openSealed, REPORT_JSON } from '../../common/report/seal.ts';

export type ReportCheck = z.infer<typeof ReportCheckSchema>;

/** SHA-256 of a text's UTF-8 or of bytes, lower-case hexadecimal. */
export const digest = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

/** Length and digest of a file. Rejects when it cannot be read. */
export async function digestFile(file: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return { bytes: statSync(file).size, sha256: hash.digest('hex') };
}

/** Folder of the report that a path means: itself, or the one that a file in it belongs to. null: there is none. */
export function reportDir(path: string): string | null {
  const at = statSync(path, { throwIfNoEntry: false });
  if (at === undefined) return null;
  const start = at.isDirectory() ? path : dirname(path);
  const hasJson = (dir: string): boolean =>
    statSync(join(dir, REPORT_JSON), { throwIfNoEntry: false })?.isFile() === true;
  // An attachment is one folder further down.
  return [start, dirname(start)].find(hasJson) ?? null;
}

function filesBelow(dir: string): string[] {
  return (
    readdirSync(dir, { recursive: true, withFileTypes: true })
      // A link is no file of ours: what it leads to is not in the folder.
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .sort()
  );
}

const unreadable = (dir: string, detail: string): ReportCheck => ({
  result: 'unreadable',
  dir,
  hash: null,
  files: [],
  others: [],
  detail,
});

/** Checks every file of a report. `path`: its folder, or any file in it. Names each file that is not what it was. */
export async function verifyReport(path: string): Promise<ReportCheck> {
  const dir = reportDir(path);
  if (dir === null) return unreadable(path, `there is no ${REPORT_JSON} here: give the folder of a report`);
  // Bytes that are no UTF-8 all read alike: the text must give the bytes again.
  const bytes = readFileSync(join(dir, REPORT_JSON));
  const text = bytes.toString('utf8');
  const isUtf8 = Buffer.from(text, 'utf8').equals(bytes);
  const opened = openSealed(text, digest);
  if (!opened.ok && opened.reason === 'unreadable') return unreadable(dir, `${REPORT_JSON}: ${opened.detail}`);
  if (!opened.ok || !isUtf8) {
    const why = opened.ok ? 'it holds bytes that are no text' : opened.detail;
    const files = [{ path: REPORT_JSON, result: 'changed' as const }];
    const detail = `${REPORT_JSON} was changed: ${why}. The other files cannot be judged without it`;
    return { result: 'changed', dir, hash: null, files, others: [], detail };
  }
  const sealed = opened.value;
  const checked = await Promise.all(
    sealed.files.map(async (file) => {
      try {
        const at = join(dir, file.path);
        const now = await digestFile(at);
        const isSame = now.sha256 === file.sha256 && now.bytes === file.bytes && !lstatSync(at).isSymbolicLink();
        return { path: file.path, result: isSame ? ('ok' as const) : ('changed' as const) };
      } catch {
        return { path: file.path, result: 'missing' as const };
      }
    }),
  );
  const files = [{ path: REPORT_JSON, result: 'ok' as const }, ...checked];
  const known = new Set(files.map((file) => file.path));
  const others = filesBelow(dir).filter((one) => !known.has(one));
  const bad = files.filter((file) => file.result !== 'ok');
  const detail = bad
    .map((file) => `${file.path} ${file.result === 'missing' ? 'is missing' : 'was changed'}`)
    .join(', ');
  return { result: bad.length === 0 ? 'ok' : 'changed', dir, hash: sealed.hash, files, others, detail };
}
