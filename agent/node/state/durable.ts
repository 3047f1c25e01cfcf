/** Small files that must survive a power cut: written in place where they exist, so that a full disk does not stop them. */
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { fail, ok, type Result } from '../../common/base/result.ts';

export type WriteFailure = 'disk-full' | 'not-writable';

/** Why a write failed, as one of the two things that an operator can do something about. */
export function writeFailureOf(error: unknown): WriteFailure {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return code === 'ENOSPC' || code === 'EDQUOT' ? 'disk-full' : 'not-writable';
}

/**
 * Writes and syncs. An existing file of the same length is overwritten in its own blocks: that needs no
 * room on the disk, and a sector is written whole or not at all.
 */
export function writeDurably(file: string, bytes: Uint8Array): Result<null, WriteFailure> {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    let fd: number;
    try {
      fd = openSync(file, 'r+');
    } catch {
      fd = openSync(file, 'wx', 0o600);
    }
    try {
      writeSync(fd, bytes, 0, bytes.length, 0);
      ftruncateSync(fd, bytes.length);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    const dir = openSync(dirname(file), 'r');
    try {
      fsyncSync(dir);
    } finally {
      closeSync(dir);
    }
    return ok(null);
  } catch (error) {
    return fail(writeFailureOf(error), `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The file's bytes, or null when it cannot be read. */
export function readOrNull(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch {
    return null;
  }
}
