/** The reports of this console: their folders, what is in them, and making a new one. */
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import type { ReportInfo } from '../../common/contract/report.ts';
import { wallParts } from '../../common/base/wallTime.ts';
import { ReportBodySchema } from '../../common/report/model.ts';
import type { ReportBody } from '../../common/report/model.ts';
import { openSealed, REPORT_JSON, REPORT_PDF } from '../../common/report/seal.ts';
import { digest } from './verify.ts';

/** Reports that the list shows, newest first. */
const LISTED_MAX = 100;

/** A file goes out in pieces of this many bytes, base64: well below what a message may be. */
const PIECE_BYTES = 192 * 1024;

const two = (n: number): string => String(n).padStart(2, '0');

/** `rack-20261121-083705`: sorts by time within a pair, and is a folder's name on every system. */
export function newReportId(pairId: string, wallMs: number): string {
  const p = wallParts(wallMs, 0);
  return `${pairId}-${p.year}${two(p.month)}${two(p.day)}-${two(p.hour)}${two(p.minute)}${two(p.second)}`;
}

/** What the list says of a report; null: the folder holds none that can be read. */
function readInfo(dir: string, reportId: string): { info: ReportInfo; body: ReportBody } | null {
  try {
    const text = readFileSync(join(dir, REPORT_JSON), 'utf8');
    const sealed = openSealed(text, digest);
    if (!sealed.ok) return null;
    const body = ReportBodySchema.safeParse(sealed.value.body);
    if (!body.success) return null;
    const own = { path: REPORT_JSON, bytes: Buffer.byteLength(text), sha256: digest(text) };
    const files = [...sealed.value.files.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 })), own];
    const { data } = body;
    return {
      body: data,
      info: {
        reportId,
        dir,
        pairId: data.pair.id,
        pairName: data.pair.name,
        madeWallMs: data.madeWallMs,
        verdict: data.verdict,
        reasons: data.reasons,
        hash: sealed.value.hash,
        language: data.language,
        operator: data.form.operator,
        drills: data.runs.length,
        files,
        hasPdf: files.some((file) => file.path === REPORT_PDF),
      },
    };
  } catch {
    return null;
  }
}

export class Reports {
  private readonly root: string | null;

  /** `root` null: this console keeps no files of its own. */
  constructor(root: string | null) {
    this.root = root;
  }

  private folders(): string[] {
    if (this.root === null) return [];
    try {
      return readdirSync(this.root, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
        .map((entry) => entry.name);
    } catch {
      return [];
    }
  }

  /** Where a new report of the console's own goes. Throws `no-place`. */
  placeFor(reportId: string): string {
    if (this.root === null) throw new RpcError('no-place', 'this console keeps no files of its own: name a folder');
    return join(this.root, reportId);
  }

  private all(pairId: string | null): { info: ReportInfo; body: ReportBody }[] {
    const { root } = this;
    if (root === null) return [];
    return this.folders()
      .flatMap((name) => readInfo(join(root, name), name) ?? [])
      .filter(({ info }) => pairId === null || info.pairId === pairId)
      .sort((a, b) => b.info.madeWallMs - a.info.madeWallMs);
  }

  list(pairId: string | null): ReportInfo[] {
    return this.all(pairId)
      .slice(0, LISTED_MAX)
      .map(({ info }) => info);
  }

  /** The form of the newest report of a pair; null: there is none. */
  lastForm(pairId: string): ReportBody['form'] | null {
    return this.all(pairId)[0]?.body.form ?? null;
  }

  /** Folder of a report. Throws `no-report`. */
  dirOf(reportId: string): string {
    if (this.root === null || !this.folders().includes(reportId))
      throw new RpcError('no-report', `there is no report ${reportId}`);
    return join(this.root, reportId);
  }

  /** A file of a report by its path below the folder. Throws `no-report` for anything else, also for a way out of it. */
  fileOf(reportId: string, path: string): string {
    const dir = this.dirOf(reportId);
    const file = resolve(dir, path);
    if (!file.startsWith(dir + sep) || statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
      throw new RpcError('no-report', `report ${reportId} has no file ${path}`);
    return file;
  }
}

/** Any bytes as pieces for the contract. */
export async function* pieces(
  bytes: AsyncIterable<Uint8Array>,
  totalBytes: number | null,
): AsyncGenerator<{ data: string; totalBytes: number | null }, void, undefined> {
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      const part = chunk.subarray(at, at + PIECE_BYTES);
      yield { data: Buffer.from(part.buffer, part.byteOffset, part.length).toString('base64'), totalBytes };
    }
  }
}

/** A file as pieces. */
export function filePieces(file: string): AsyncIterable<{ data: string; totalBytes: number | null }> {
  return pieces(createReadStream(file, { highWaterMark: PIECE_BYTES }) as AsyncIterable<Buffer>, statSync(file).size);
}
