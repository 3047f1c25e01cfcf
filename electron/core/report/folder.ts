/** A report's folder: made beside its final place and moved there when everything in it is written and synced, or not at all. */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fail, ok } from '../../../agent/common/base/result.ts';
import type { Result } from '../../../agent/common/base/result.ts';
import { digest, digestFile } from './verify.ts';
import type { FileDigest } from '../../common/report/seal.ts';

function syncDir(dir: string): void {
  // Windows cannot open folders; its renames are journaled.
  if (process.platform === 'win32') return;
  const fd = openSync(dir, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Why nothing may be made at a path; null: it may. */
function inTheWay(dir: string): string | null {
  if (!existsSync(dir)) return null;
  try {
    return readdirSync(dir).length === 0 ? null : `${dir} is there already and is not empty`;
  } catch {
    return `${dir} is there already and is no folder`;
  }
}

export class ReportFolder {
  readonly dir: string;
  /** Where it is while it is being made. */
  readonly work: string;
  private readonly files: FileDigest[] = [];
  private isDone = false;

  private constructor(dir: string, work: string) {
    this.dir = dir;
    this.work = work;
  }

  /** Begins a folder that will be `dir`. Fails when something is there, or nothing can be made there. */
  static begin(dir: string): Result<ReportFolder, 'exists' | 'not-writable'> {
    const target = resolve(dir);
    const why = inTheWay(target);
    if (why !== null) return fail('exists', why);
    const work = join(dirname(target), `.${basename(target)}.${process.pid}.new`);
    try {
      rmSync(work, { recursive: true, force: true });
      mkdirSync(join(work, 'attachments'), { recursive: true, mode: 0o700 });
      return ok(new ReportFolder(target, work));
    } catch (error) {
      return fail('not-writable', error instanceof Error ? error.message : String(error));
    }
  }

  /** Path of a file while the folder is being made. */
  path(path: string): string {
    return join(this.work, path);
  }

  writeText(path: string, text: string): FileDigest {
    const bytes = Buffer.from(text, 'utf8');
    const fd = openSync(this.path(path), 'wx', 0o600);
    try {
      writeFileSync(fd, bytes);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    return this.keep({ path, bytes: bytes.length, sha256: digest(bytes) });
  }

  /** Writes what comes, piece by piece. */
  async writePieces(path: string, pieces: AsyncIterable<Uint8Array>): Promise<FileDigest> {
    const file = await open(this.path(path), 'wx', 0o600);
    try {
      for await (const piece of pieces) await file.appendFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    return this.adopt(path);
  }

  /** Takes a file that another program wrote here. */
  async adopt(path: string): Promise<FileDigest> {
    chmodSync(this.path(path), 0o600);
    const { bytes, sha256 } = await digestFile(this.path(path));
    return this.keep({ path, bytes, sha256 });
  }

  private keep(file: FileDigest): FileDigest {
    this.files.push(file);
    return file;
  }

  /** Every file so far, in the order in which it was written. */
  written(): readonly FileDigest[] {
    return this.files;
  }

  /** Gives it its name. From here on it is complete. */
  finish(): void {
    syncDir(join(this.work, 'attachments'));
    syncDir(this.work);
    // An empty folder may be there: somebody made it for us. One that is not empty by now makes the rename fail.
    if (existsSync(this.dir)) rmdirSync(this.dir);
    renameSync(this.work, this.dir);
    syncDir(dirname(this.dir));
    this.isDone = true;
  }

  /** Leaves nothing behind of a folder that was not finished. */
  abandon(): void {
    if (!this.isDone) rmSync(this.work, { recursive: true, force: true });
  }
}
