/** Reads a recording's text, piece by piece as it comes. A line that a newer Twinbeat wrote is left out and counted, never guessed at. */
import { fail, ok } from '../../../agent/common/base/result.ts';
import type { Result } from '../../../agent/common/base/result.ts';
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
import { RECORDING_FORMAT, RECORDING_LINE_CHARS_MAX, RecordingHeadSchema, RecordingLineSchema } from './format.ts';
import type { CastEvent, RecordingBody, RecordingHead, TerminalHead } from './format.ts';

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

/** Lines whose times are the recording's own length. */
const STRETCHES: ReadonlySet<RecordingBody['kind']> = new Set(['sample', 'probe', 'witness', 'cast', 'drill', 'fault']);

/** Collects a recording. Feed it text in any pieces, then ask for the whole. */
export class RecordingReader {
  private rest = '';
  private problem: string | null = null;
  private head: RecordingHead | null = null;
  private isWhole = false;
  private skipped = 0;
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

  /** What is wrong so far; null: nothing. */
  get failure(): string | null {
    return this.problem;
  }

  push(text: string): void {
    if (this.problem !== null) return;
    const parts = (this.rest + text).split('\n');
    this.rest = parts.pop() ?? '';
    for (const part of parts) this.takeLine(part);
    if (this.rest.length > RECORDING_LINE_CHARS_MAX) this.problem = 'a line is too long for a recording';
  }

  /** The recording, or why it is none. */
  finish(): Result<Recording, 'not-a-recording'> {
    if (this.rest !== '') this.takeLine(this.rest);
    if (this.problem !== null) return fail('not-a-recording', this.problem);
    if (this.head === null) return fail('not-a-recording', 'the file is empty');
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
      isWhole: this.isWhole,
      skipped: this.skipped,
    });
  }

  private takeLine(text: string): void {
    if (this.problem !== null || text === '') return;
    this.lineCount += 1;
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      if (this.head === null) this.problem = 'this is not a recording of Twinbeat';
      else this.skipped += 1;
      return;
    }
    if (this.head === null) return this.takeHead(json);
    const line = RecordingLineSchema.safeParse(json);
    if (!line.success || line.data.kind === 'session') {
      this.skipped += 1;
      return;
    }
    if (line.data.kind === 'end') this.isWhole = line.data.lines === this.lineCount;
    else this.take(line.data);
  }

  private takeHead(json: unknown): void {
    const head = RecordingHeadSchema.safeParse(json);
    if (head.success) {
      this.head = head.data;
      return;
    }
    const format = (json as { format?: unknown } | null)?.format;
    this.problem =
      typeof format === 'string' && format.startsWith('twinbeat.recording/') && format !== RECORDING_FORMAT
        ? `this recording is ${format}; this Twinbeat reads ${RECORDING_FORMAT}`
        : 'this is not a recording of Twinbeat';
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
        if (terminal === undefined) this.skipped += 1;
        else terminal.casts.push(line.cast);
      }
    }
  }
}
