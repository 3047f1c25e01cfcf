/** Reads a recording's text, piece by piece as it comes. A line that a newer Twinbeat wrote is left out and counted, never guessed at. */
import { ok } from '../../../agent/common/base/result.ts';
import type {
  NodeFacts,
  ProbeSample,
  SessionBatch,
  SessionEvent,
  SessionFault,
  SessionGap,
  SessionSample,
  WitnessSample,
} from '../contract/session.ts';
import { refuse, say } from '../words/sentence.ts';
import type { Outcome, Said } from '../words/sentence.ts';
import { RECORDING_FORMAT, RECORDING_LINE_CHARS_MAX, RecordingHeadSchema, RecordingLineSchema } from './format.ts';
import type { CastEvent, RecordingBody, RecordingHead, RecordingLine, TerminalHead } from './format.ts';

type Of<K extends RecordingBody['kind']> = Extract<RecordingBody, { kind: K }>;

export interface RecordedTerminal {
  readonly head: TerminalHead;
  readonly casts: readonly CastEvent[];
}

/** Everything of a recording, each list sorted by time. */
export interface Recording {
  readonly head: RecordingHead;
  /** What was measured, as the live session gives it. */
  readonly batch: SessionBatch;
  readonly drills: readonly Of<'drill'>[];
  readonly statuses: readonly Of<'status'>[];
  readonly records: readonly Of<'record'>[];
  readonly terminals: readonly RecordedTerminal[];
  /** First and last instant of anything that was measured or shown, milliseconds on the session axis. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Its last line is there: nothing was cut off. */
  readonly isWhole: boolean;
  /** Lines that could not be understood. */
  readonly skipped: number;
  /** What a person must know who looks at it: where it is cut off, what was left out. Empty: nothing. */
  readonly flaws: readonly Said[];
}

/** Time of a line on the session axis; null: it has none. */
export function lineMs(line: RecordingBody, startOf: (terminal: number) => number): number {
  switch (line.kind) {
    case 'sample':
      return line.sample.tMs;
    case 'event':
      return line.event.tMs;
    case 'probe':
      return line.probe.tMs;
    case 'gap':
      return line.gap.fromMs;
    case 'witness':
      return line.witness.tMs;
    case 'fault':
      return line.fault.tMs;
    case 'facts':
      return line.facts.tMs;
    case 'drill':
    case 'status':
    case 'record':
      return line.tMs;
    case 'terminal':
      return line.terminal.tMs;
    case 'cast':
      return startOf(line.terminal) + line.cast[0] * 1000;
  }
}

/** A line that was left out, and the field for which it was. */
interface Skipped {
  readonly line: number;
  readonly field: string;
}

/** The field of the first thing that a schema did not like. */
const fieldOf = (issues: readonly { readonly path: readonly PropertyKey[] }[]): string =>
  issues[0]?.path.map(String).join('.') ?? '';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What a file is that ends before its first line does. */
function withoutHead(text: string): Said {
  if (text === '') return say('recordingEmpty');
  return say(text.startsWith('{"kind":"session"') ? 'recordingStub' : 'recordingNone');
}

/** Lines whose times are the recording's own length. */
const STRETCHES: ReadonlySet<RecordingBody['kind']> = new Set(['sample', 'probe', 'witness', 'cast', 'drill', 'fault']);

/** Collects a recording. Feed it text in any pieces, then ask for the whole. */
export class RecordingReader {
  private rest = '';
  private problem: Said | null = null;
  private head: RecordingHead | null = null;
  /** Number of lines by its last one; null: that one is not there. */
  private promised: number | null = null;
  private skipped: Skipped[] = [];
  private lineCount = 0;
  private readonly samples: SessionSample[] = [];
  private readonly events: SessionEvent[] = [];
  private readonly probes: ProbeSample[] = [];
  private readonly gaps: SessionGap[] = [];
  private readonly witness: WitnessSample[] = [];
  private readonly faults: SessionFault[] = [];
  private readonly facts: NodeFacts[] = [];
  private readonly drills: Of<'drill'>[] = [];
  private readonly statuses: Of<'status'>[] = [];
  private readonly records: Of<'record'>[] = [];
  private readonly terminals = new Map<number, { head: TerminalHead; casts: CastEvent[] }>();
  private fromMs = Infinity;
  private toMs = -Infinity;

  private readonly onLine: ((line: RecordingLine) => void) | undefined;

  /** `onLine` gets every line that was understood, in the order of the file. */
  constructor(onLine?: (line: RecordingLine) => void) {
    this.onLine = onLine;
  }

  /** What is wrong so far; null: nothing. */
  get failure(): Said | null {
    return this.problem;
  }

  /** The compressed bytes are damaged here: whatever comes out of them from now on is not theirs. */
  damaged(): void {
    this.problem ??= this.head === null ? say('recordingNone') : say('recordingDamaged', { line: this.lineCount });
  }

  push(text: string): void {
    if (this.problem !== null) return;
    const parts = (this.rest + text).split('\n');
    this.rest = parts.pop() ?? '';
    for (const part of parts) this.takeLine(part);
    if (this.rest.length > RECORDING_LINE_CHARS_MAX)
      this.problem ??= say('recordingLong', { line: this.lineCount + 1, chars: RECORDING_LINE_CHARS_MAX });
  }

  /** The recording, or why it is none. A last line without an end is what a cut left of one. */
  finish(): Outcome<Recording, 'not-a-recording'> {
    if (isJson(this.rest)) this.takeLine(this.rest);
    if (this.problem !== null) return refuse('not-a-recording', this.problem);
    if (this.head === null) return refuse('not-a-recording', withoutHead(this.rest));
    const isEmpty = this.fromMs > this.toMs;
    const { samples, events, probes, gaps, witness, faults, facts } = this;
    return ok({
      head: this.head,
      batch: { samples, events, probes, gaps, witness, faults, facts },
      drills: this.drills,
      statuses: this.statuses,
      records: this.records,
      terminals: [...this.terminals.values()],
      fromMs: isEmpty ? 0 : this.fromMs,
      toMs: isEmpty ? 0 : this.toMs,
      isWhole: this.promised === this.lineCount,
      skipped: this.skipped.length,
      flaws: this.flaws(),
    });
  }

  private flaws(): Said[] {
    const { promised, lineCount, skipped } = this;
    const [first] = skipped;
    return [
      ...(promised === null ? [say('recordingCut', { line: lineCount })] : []),
      ...(promised === null || promised === lineCount
        ? []
        : [say('recordingLacks', { have: lineCount, of: promised })]),
      ...(first === undefined
        ? []
        : [say('recordingSkipped', { count: skipped.length, line: first.line, field: first.field })]),
    ];
  }

  private takeLine(text: string): void {
    if (this.problem !== null || text === '') return;
    this.lineCount += 1;
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      // What is unpacked whole and is no JSON was changed by somebody: no Twinbeat writes such a line.
      this.problem = this.head === null ? say('recordingNone') : say('recordingLine', { line: this.lineCount });
      return;
    }
    if (this.head === null) return this.takeHead(json);
    const line = RecordingLineSchema.safeParse(json);
    if (!line.success) return this.skip(fieldOf(line.error.issues));
    if (line.data.kind === 'session') return this.skip('kind');
    this.onLine?.(line.data);
    if (line.data.kind === 'end') this.promised = line.data.lines;
    else this.take(line.data);
  }

  private skip(field: string): void {
    this.skipped.push({ line: this.lineCount, field });
  }

  private takeHead(json: unknown): void {
    const head = RecordingHeadSchema.safeParse(json);
    if (head.success) {
      this.head = head.data;
      this.onLine?.(head.data);
      return;
    }
    const format = (json as { format?: unknown } | null)?.format;
    if (typeof format !== 'string' || !format.startsWith('twinbeat.recording/')) this.problem = say('recordingNone');
    else if (format !== RECORDING_FORMAT)
      this.problem = say('recordingOther', { theirs: format, ours: RECORDING_FORMAT });
    else {
      const why = head.error.issues[0]?.message ?? '';
      this.problem = say('recordingHead', { field: fieldOf(head.error.issues), why });
    }
  }

  private take(line: RecordingBody): void {
    const atMs = lineMs(line, (number) => this.terminals.get(number)?.head.tMs ?? 0);
    // Events of the time before, and what held already, do not stretch the axis.
    if (STRETCHES.has(line.kind)) {
      this.fromMs = Math.min(this.fromMs, atMs);
      this.toMs = Math.max(this.toMs, atMs);
    }
    this.keep(line);
  }

  private keep(line: RecordingBody): void {
    switch (line.kind) {
      case 'sample':
        return void this.samples.push(line.sample);
      case 'event':
        return void this.events.push(line.event);
      case 'probe':
        return void this.probes.push(line.probe);
      case 'gap':
        return void this.gaps.push(line.gap);
      case 'witness':
        return void this.witness.push(line.witness);
      case 'fault':
        return void this.faults.push(line.fault);
      case 'facts':
        return void this.facts.push(line.facts);
      case 'drill':
        return void this.drills.push(line);
      case 'status':
        return void this.statuses.push(line);
      case 'record':
        return void this.records.push(line);
      case 'terminal':
        return void this.terminals.set(line.terminal.number, { head: line.terminal, casts: [] });
      case 'cast': {
        const terminal = this.terminals.get(line.terminal);
        if (terminal === undefined) this.skip('terminal');
        else terminal.casts.push(line.cast);
      }
    }
  }
}
