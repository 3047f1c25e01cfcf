/**
 * What the daemon's log tells of its own life beside the story of the pair: a start that it refuses, its emergency end, its test code. These
 * lines are never counted among the warnings that are passed on only so many at a time. Pure.
 */
import type { EventBody, EventDraft, Severity } from '../../../common/timeline/event.ts';
import type { LogLine } from './logLines.ts';

/** Errors of one start that are quoted. */
const REASONS_MAX = 4;
/** Lines that only repeat that it does not start. */
const EMPTY_WORDS = /^(?:Heartbeat not started: configuration error|Authentication configuration error)/i;

const draft = (severity: Severity, body: EventBody): EventDraft => ({ severity, body });

export class DaemonNotes {
  /** Errors of the process that logs them now: of a start that is refused they come before the word that it is. */
  private errors: { readonly pid: number; readonly lines: string[] } = { pid: 0, lines: [] };
  private refused: string | null = null;
  private testing = false;

  /** Events of one line; empty: it is none of these. */
  take(line: LogLine): EventDraft[] {
    if (line.program !== 'heartbeat') return [];
    const { text } = line;
    if (/^Configuration error, heartbeat not started/i.test(text)) return this.refuse(line);
    if (/^Configuration validated\./.test(text)) return this.accept();
    if (/^Emergency Shutdown/.test(text)) return [draft('crit', { kind: 'log', text: `heartbeat: ${text}` })];
    if (/^WARNING: Enabling Test Code/.test(text)) return this.test(true);
    if (/^Test Code Now disabled/.test(text)) return this.test(false);
    if (line.severity === 'error' || line.severity === 'crit') this.remember(line);
    return [];
  }

  private remember({ pid, text }: LogLine): void {
    if (this.errors.pid !== pid) this.errors = { pid, lines: [] };
    if (this.errors.lines.length < REASONS_MAX && !EMPTY_WORDS.test(text)) this.errors.lines.push(text);
  }

  private refuse({ pid, text }: LogLine): EventDraft[] {
    const reasons = this.errors.pid === pid ? this.errors.lines : [];
    const detail = reasons.length === 0 ? text : reasons.join('; ');
    const ended = this.accept();
    this.refused = detail;
    return [...ended, draft('error', { kind: 'problem', code: 'config-refused', over: false, detail })];
  }

  private accept(): EventDraft[] {
    if (this.refused === null) return [];
    const body = { kind: 'problem', code: 'config-refused', over: true, detail: this.refused } as const;
    this.refused = null;
    return [draft('info', body)];
  }

  /** Each of the daemon's processes says it; once is enough. */
  private test(on: boolean): EventDraft[] {
    if (this.testing === on) return [];
    this.testing = on;
    const text = `heartbeat: its test code (OnlyForTesting) is ${on ? 'enabled' : 'disabled'}`;
    return [draft(on ? 'warn' : 'info', { kind: 'log', text })];
  }
}
