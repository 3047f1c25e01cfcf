/** Follows a growing file through rotation: a new file in its place, or the same one cut to nothing. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

/** Where reading stands, to go on after a restart of the agent. */
export interface LogPosition {
  readonly path: string;
  readonly inode: number;
  readonly offset: number;
}

/** Read at once. A daemon that floods its log (M15: 0.9 MB/s) is read as fast as it writes. */
const CHUNK_BYTES = 65_536;
const CHUNKS_PER_POLL_MAX = 8;
/** A line without an end is given up beyond this. */
const LINE_CHARS_MAX = 16_384;

export class LogFollower {
  readonly path: string;
  private fd: number | null = null;
  private inode = 0;
  private offset = 0;
  private rest = '';
  /** The file was found at least once: another one in its place is read from its beginning. */
  private started = false;
  private problem_: string | null = null;
  private readonly buffer = Buffer.alloc(CHUNK_BYTES);

  /** Goes on at `from` where that is of this very file; else at its present end: what is older is history. */
  constructor(path: string, from: LogPosition | null) {
    this.path = path;
    this.open(from);
    if (this.fd === null) this.started = true;
  }

  /** Why it cannot be read, or null. */
  get problem(): string | null {
    return this.problem_;
  }

  get position(): LogPosition {
    return { path: this.path, inode: this.inode, offset: this.offset };
  }

  /** Whole lines that were written since the last time. */
  poll(): string[] {
    if (this.fd === null) this.open(null);
    const lines = this.readNew();
    if (this.fd === null || !this.wasReplaced()) return lines;
    // What was still written to the old one has been read; the new one begins at its first line.
    closeSync(this.fd);
    this.fd = null;
    this.rest = '';
    this.open(null);
    return [...lines, ...this.readNew()];
  }

  close(): void {
    if (this.fd !== null) closeSync(this.fd);
    this.fd = null;
  }

  private open(from: LogPosition | null): void {
    try {
      const fd = openSync(this.path, 'r');
      const { ino, size } = fstatSync(fd);
      const known = from !== null && from.path === this.path && from.inode === ino && from.offset <= size;
      this.offset = known ? from.offset : this.started ? 0 : size;
      this.fd = fd;
      this.inode = ino;
      this.started = true;
      this.problem_ = null;
    } catch (error) {
      this.problem_ = error instanceof Error ? error.message : String(error);
    }
  }

  private wasReplaced(): boolean {
    try {
      return statSync(this.path).ino !== this.inode;
    } catch {
      // Between the renaming and the new file: the old one may still be written to.
      return false;
    }
  }

  private readNew(): string[] {
    const lines: string[] = [];
    for (let i = 0; i < CHUNKS_PER_POLL_MAX && this.fd !== null; i++) {
      // Cut to nothing in place (logrotate's copytruncate).
      if (fstatSync(this.fd).size < this.offset) [this.offset, this.rest] = [0, ''];
      const bytes = readSync(this.fd, this.buffer, 0, CHUNK_BYTES, this.offset);
      if (bytes === 0) break;
      this.offset += bytes;
      // Latin-1: no byte gets lost, and a character that is cut in two harms nobody.
      const parts = (this.rest + this.buffer.toString('latin1', 0, bytes)).split('\n');
      this.rest = (parts.pop() ?? '').slice(-LINE_CHARS_MAX);
      lines.push(...parts);
    }
    return lines;
  }
}
