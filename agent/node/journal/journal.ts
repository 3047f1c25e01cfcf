/**
 * The node's numbered events: kept in memory for readers, on disk as NDJSON segments for the next life.
 * Bounded in both. A number is never used twice within one journal id, not even after a power cut: a block of
 * numbers is reserved durably ahead of use, and a life that cannot know how far its predecessor came starts at the
 * end of the predecessor's block.
 */
import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Instant } from '../../common/base/instant.ts';
import type { EventDraft, TimelineEvent } from '../../common/timeline/event.ts';
import { readOrNull, writeDurably, writeFailureOf } from '../state/durable.ts';

/** Events in one segment; about 200 bytes each. */
const SEGMENT_EVENTS = 1000;
/** Segments kept on disk: some 2 MiB in all. A busy day of a pair has a few hundred events. */
const SEGMENTS_MAX = 10;
/** Events kept for readers. */
const MEMORY_EVENTS_MAX = SEGMENT_EVENTS * SEGMENTS_MAX;
/** Numbers reserved at once. One synced write of 16 bytes for so many events. */
const RESERVED_BLOCK = 1000;
/** Digits of a number in files and file names: room for every safe integer. */
const SEQ_DIGITS = 16;
/** A page: what is less may still fit into the last block of a full disk. */
const PROBE_BYTES = 4096;
/** Columns of a boot id. */
const TAG_COLUMNS = 36;
/** Stands in place of the boot id once an event did not reach the disk. */
const EVENTS_LOST = 'events-lost';

export interface JournalHost {
  /** Differs after every boot. */
  readonly bootId: string;
  now(): Instant;
  wallMs(): number;
}

export interface JournalProblem {
  readonly code: 'disk-full' | 'state-not-writable';
  readonly detail: string;
}

function segmentNames(dir: string): string[] {
  try {
    return readdirSync(dir)
      .filter((name) => name.endsWith('.ndjson'))
      .sort();
  } catch {
    return [];
  }
}

function readSegment(file: string): TimelineEvent[] {
  const found: TimelineEvent[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line.trim() === '') continue;
    try {
      const event = JSON.parse(line) as TimelineEvent;
      if (Number.isSafeInteger(event.seq) && typeof event.body.kind === 'string') found.push(event);
    } catch {
      // Torn by a power cut.
    }
  }
  return found;
}

/** Events of a journal directory in the order of their numbers, each once. */
function readEvents(dir: string): TimelineEvent[] {
  let last = 0;
  return segmentNames(dir)
    .flatMap((name) => readSegment(join(dir, name)))
    .filter((event) => {
      if (event.seq <= last) return false;
      last = event.seq;
      return true;
    });
}

/** The events that a state directory holds on disk, or null when it holds no journal; no daemon is needed. */
export function readJournal(stateDir: string): readonly TimelineEvent[] | null {
  const dir = join(stateDir, 'journal');
  return existsSync(dir) ? readEvents(dir) : null;
}

export class Journal {
  readonly journalId: string;
  private readonly dir: string;
  private readonly node: string;
  private readonly host: JournalHost;
  private events: TimelineEvent[] = [];
  private lastSeq = 0;
  private reservedTo = 0;
  private segment = '';
  private segmentEvents = 0;
  private present: JournalProblem | null = null;
  /** An event of this life is not on disk. */
  private lost = false;
  private readonly listeners = new Set<(event: TimelineEvent) => void>();

  /** Opens the journal of a state directory; what is damaged in it is skipped. `<dir>` is made when missing. */
  constructor(stateDir: string, node: string, host: JournalHost) {
    this.dir = join(stateDir, 'journal');
    this.node = node;
    this.host = host;
    try {
      mkdirSync(this.dir, { recursive: true, mode: 0o755 });
    } catch (error) {
      this.present = this.problemOf(error);
    }
    this.journalId = this.takeId();
    this.load();
  }

  /** Why events are not reaching the disk at present, or null. */
  get problem(): JournalProblem | null {
    return this.present;
  }

  /** Number of the newest event; 0 before the first. */
  get newestSeq(): number {
    return this.lastSeq;
  }

  /** Numbers, stamps, keeps and publishes one event. Never throws; a full disk costs the copy on disk only. */
  append(draft: EventDraft, at: Instant = this.host.now()): TimelineEvent {
    const seq = this.lastSeq + 1;
    if (seq > this.reservedTo) this.reserve(seq);
    const event: TimelineEvent = { seq, node: this.node, at, wallMs: this.host.wallMs(), ...draft };
    this.lastSeq = seq;
    this.events.push(event);
    if (this.events.length > MEMORY_EVENTS_MAX) this.events = this.events.slice(SEGMENT_EVENTS);
    this.writeOut(event);
    for (const listener of this.listeners) listener(event);
    return event;
  }

  /** After a failure: looks whether the disk takes events again, without having one. Readers skip blank lines. */
  probe(): void {
    if (this.present !== null) this.writeLine(`${' '.repeat(PROBE_BYTES)}\n`);
  }

  /** Events from number `fromSeq` on, at most `max`. */
  read(fromSeq: number, max: number): readonly TimelineEvent[] {
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.events[middle]?.seq ?? 0) < fromSeq) low = middle + 1;
      else high = middle;
    }
    return this.events.slice(low, low + max);
  }

  /** Calls `listener` for every new event. Returns its removal. */
  onEvent(listener: (event: TimelineEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private problemOf(error: unknown): JournalProblem {
    const code = writeFailureOf(error) === 'disk-full' ? 'disk-full' : 'state-not-writable';
    return { code, detail: `journal: ${error instanceof Error ? error.message : String(error)}` };
  }

  private takeId(): string {
    const file = join(this.dir, 'id');
    const stored = readOrNull(file)?.toString('latin1').trim() ?? '';
    if (/^[0-9a-f-]{36}$/.test(stored)) return stored;
    const id = randomUUID();
    const kept = writeDurably(file, Buffer.from(`${id}\n`));
    if (!kept.ok)
      this.present = this.problemOf(
        Object.assign(new Error(kept.detail), { code: kept.reason === 'disk-full' ? 'ENOSPC' : '' }),
      );
    return id;
  }

  private load(): void {
    for (const event of readEvents(this.dir)) {
      this.lastSeq = event.seq;
      this.events.push(event);
    }
    const [reserved = '0', tag] = (readOrNull(join(this.dir, 'reserved'))?.toString('latin1') ?? '').trim().split(/ +/);
    // After a mere kill all that was given out is in the files. After a power cut, or when the disk was full, numbers up
    // to the reservation may have been given out and read by a console without being here.
    const allHere = tag === this.host.bootId || this.closedCleanly();
    if (!allHere && Number.isSafeInteger(Number(reserved))) this.lastSeq = Math.max(this.lastSeq, Number(reserved));
    rmSync(join(this.dir, 'clean'), { force: true });
    this.events = this.events.slice(-MEMORY_EVENTS_MAX);
  }

  /** The last life wrote all it had and said so, in the same boot or not. */
  private closedCleanly(): boolean {
    return readOrNull(join(this.dir, 'clean'))?.toString('latin1').trim() === String(this.lastSeq);
  }

  /** Says that everything given out is on disk, so that the next life goes on with the next number. */
  close(): void {
    if (this.lost) return;
    writeDurably(join(this.dir, 'clean'), Buffer.from(String(this.lastSeq).padStart(SEQ_DIGITS)));
  }

  private reserve(seq: number): void {
    this.reservedTo = seq + RESERVED_BLOCK - 1;
    this.writeReservation(this.lost ? EVENTS_LOST : this.host.bootId);
  }

  private writeReservation(tag: string): void {
    const text = `${String(this.reservedTo).padStart(SEQ_DIGITS)} ${tag.slice(0, TAG_COLUMNS).padEnd(TAG_COLUMNS)}\n`;
    writeDurably(join(this.dir, 'reserved'), Buffer.from(text, 'latin1'));
  }

  private writeOut(event: TimelineEvent): void {
    this.writeLine(`${JSON.stringify(event)}\n`);
  }

  private writeLine(line: string): void {
    try {
      if (this.segment === '' || this.segmentEvents >= SEGMENT_EVENTS) this.openSegment(this.lastSeq);
      appendFileSync(this.segment, line, { mode: 0o644 });
      this.segmentEvents += 1;
      this.present = null;
    } catch (error) {
      this.present = this.problemOf(error);
      // A torn line must not swallow the next one.
      this.segment = '';
      if (!this.lost) {
        this.lost = true;
        this.writeReservation(EVENTS_LOST);
      }
    }
  }

  private openSegment(firstSeq: number): void {
    const names = segmentNames(this.dir);
    for (const name of names.slice(0, Math.max(0, names.length - SEGMENTS_MAX + 1)))
      rmSync(join(this.dir, name), { force: true });
    this.segment = join(this.dir, `${String(firstSeq).padStart(SEQ_DIGITS, '0')}.ndjson`);
    this.segmentEvents = this.sizeOf(this.segment) === 0 ? 0 : SEGMENT_EVENTS;
  }

  private sizeOf(file: string): number {
    try {
      return statSync(file).size;
    } catch {
      return 0;
    }
  }
}
