/**
 * The JSON twin and what seals it. Three things are hashed: the content (`hash`, printed on every page), every file, and
 * the files one after another (`chain`); the seal covers all of that. The JSON must be exactly the text that this module
 * prints, so that a changed byte cannot hide between its values.
 */
import { z } from 'zod';
import { fail, ok } from '../../../agent/common/base/result.ts';
import type { Result } from '../../../agent/common/base/result.ts';
import type { ReportBody } from './model.ts';

export const SEAL_FORMAT = 'twinbeat.report-seal/1';

/** Name of the JSON twin. */
export const REPORT_JSON = 'report.json';
export const REPORT_HTML = 'report.html';
export const REPORT_PDF = 'report.pdf';

/** Lower-case hexadecimal SHA-256 of a text's UTF-8. */
export type Digest = (text: string) => string;

const Sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** A path that stays inside the report's folder. */
const PathSchema = z.string().regex(/^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[^\\\0]+$/);

const SealedFileSchema = z.object({
  path: PathSchema,
  bytes: z.number().int().nonnegative(),
  sha256: Sha256Schema,
  chain: Sha256Schema,
});
export type SealedFile = z.infer<typeof SealedFileSchema>;

const SealedReportSchema = z.object({
  format: z.literal(SEAL_FORMAT),
  hash: Sha256Schema,
  seal: Sha256Schema,
  files: z.array(SealedFileSchema),
  body: z.record(z.string(), z.unknown()),
});

/** The JSON twin as it is read back; the body is looked at by whoever understands its schema. */
export type SealedReport = z.infer<typeof SealedReportSchema>;

export interface FileDigest {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The hash that is printed on every page. */
export function bodyHash(body: ReportBody | Record<string, unknown>, digest: Digest): string {
  return digest(JSON.stringify(body));
}

const printed = (sealed: object): string => `${JSON.stringify(sealed, null, 1)}\n`;

function chained(hash: string, files: readonly FileDigest[], digest: Digest): SealedFile[] {
  let before = hash;
  return files.map(({ path, bytes, sha256 }) => {
    before = digest(`${before}\n${path}\n${bytes}\n${sha256}\n`);
    return { path, bytes, sha256, chain: before };
  });
}

function sealOf(
  unsealed: { readonly format: string; readonly hash: string; readonly files: readonly SealedFile[] },
  digest: Digest,
): string {
  const last = unsealed.files.at(-1)?.chain ?? unsealed.hash;
  return digest(`${unsealed.format}\n${unsealed.hash}\n${last}\n`);
}

/** Text of the JSON twin of a report whose other files are `files`. */
export function sealReport(body: ReportBody, files: readonly FileDigest[], digest: Digest): string {
  const hash = bodyHash(body, digest);
  const unsealed = { format: SEAL_FORMAT, hash, files: chained(hash, files, digest) };
  const { format, files: sealedFiles } = unsealed;
  return printed({ format, hash, seal: sealOf(unsealed, digest), files: sealedFiles, body });
}

/** What of a seal is not as it is written: another format, else the first field. */
function sealFlaw(json: unknown, { issues }: z.ZodError): string {
  const format = (json as { readonly format?: unknown } | null)?.format;
  if (typeof format === 'string' && format !== SEAL_FORMAT)
    return `its format is "${format}", and this Twinbeat reads ${SEAL_FORMAT}: it was altered, or a newer Twinbeat made it`;
  return `its field ${issues[0]?.path.map(String).join('.') ?? ''} is not as it was written`;
}

/**
 * Reads a JSON twin. `unreadable`: it is none. `changed`: it is one that somebody altered, with what does not fit as the
 * detail. Whether the other files are what they were is for the caller, who can read them.
 */
export function openSealed(text: string, digest: Digest): Result<SealedReport, 'unreadable' | 'changed'> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    const isOurs = text.includes(SEAL_FORMAT);
    return isOurs ? fail('changed', 'it is no JSON any more') : fail('unreadable', 'it is no report of Twinbeat');
  }
  const read = SealedReportSchema.safeParse(json);
  if (!read.success) {
    const isOurs = text.includes('twinbeat.report');
    return isOurs ? fail('changed', sealFlaw(json, read.error)) : fail('unreadable', 'it is no report of Twinbeat');
  }
  const sealed = read.data;
  if (text !== printed(json as object)) return fail('changed', 'its text is not as it was printed');
  if (sealed.hash !== bodyHash(sealed.body, digest)) return fail('changed', 'its content does not fit its hash');
  const chain = chained(sealed.hash, sealed.files, digest);
  if (chain.some((file, i) => file.chain !== sealed.files[i]?.chain))
    return fail('changed', 'its list of files does not fit its hash chain');
  if (sealed.seal !== sealOf(sealed, digest)) return fail('changed', 'its seal does not fit');
  return ok(sealed);
}
