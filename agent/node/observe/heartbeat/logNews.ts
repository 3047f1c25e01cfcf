/** The daemon's log as events with times: fresh lines happened now, lines of the time before this agent when they say. */
import { elapsedMs, plusMs, type Instant } from '../../../common/base/instant.ts';
import type { EventDraft, Severity } from '../../../common/timeline/event.ts';
import { DaemonNotes } from './daemonNotes.ts';
import { parseLogLine, type LogLine } from './logLines.ts';
import type { LogSource } from './logSource.ts';
import type { LogStory } from './logStory.ts';

/** A stamp is cut to its second, so a line may look a second old, and a poll of ours may be late. */
const FRESH_MS = 2500;
/** Lines that are older are history, and another boot's times cannot be placed. */
const CATCH_UP_MS_MAX = 600_000;
/** Warnings passed on as they are: this many at once, and one more in this time. The rest is counted. */
const WARNINGS_MAX = 20;
const WARNING_REFILL_MS = 3000;
/** A log that grows faster than this for so long fills the disk: the real daemon does it when its tty is gone (M15). */
const FLOOD_BYTES_PER_S = 100_000;
const FLOOD_WINDOW_MS = 1000;

/** Lines of other programs in a shared log say nothing about the pair. */
const OURS =
  /^(heartbeat|ipfail|ccm|ResourceManager|mach_down|harc|hb_\w+|ip-request\S*|stonith\S*|IPaddr\S*|send_arp)$/;

const PASSED_ON: ReadonlySet<Severity> = new Set<Severity>(['warn', 'error', 'crit']);

export interface LogNewsHost {
  readonly source: LogSource;
  readonly story: LogStory;
  now(): Instant;
  wallMs(): number;
  /** Milliseconds since boot. */
  uptimeMs(): number;
  /** `at`: when it happened. */
  publish(draft: EventDraft, at: Instant): void;
  /** The log floods, or does so no longer (null). */
  flood(detail: string | null): void;
}

export class LogNews {
  private readonly host: LogNewsHost;
  private readonly notes = new DaemonNotes();
  private warnings = WARNINGS_MAX;
  private refilledAt: Instant;
  private dropped = 0;
  private bytes = 0;
  private bytesSince: Instant;
  /** The newest line. */
  private lastText = '';
  /** The line that was the newest when the flood began; null: there is none. */
  private floodText: string | null = null;

  constructor(host: LogNewsHost) {
    this.host = host;
    this.refilledAt = this.bytesSince = host.now();
  }

  poll(): void {
    const { host } = this;
    const now = host.now();
    const wallMs = host.wallMs();
    for (const text of host.source.poll()) {
      this.bytes += text.length + 1;
      const line = parseLogLine(text, wallMs);
      if (line !== null && OURS.test(line.program)) this.take(line, now, wallMs);
    }
    this.watchFlood(now);
    this.refill(now);
  }

  private take(line: LogLine, now: Instant, wallMs: number): void {
    this.lastText = `${line.program}: ${line.text}`;
    const ageMs = line.wallMs === null ? 0 : wallMs - line.wallMs;
    if (ageMs > Math.min(CATCH_UP_MS_MAX, this.host.uptimeMs())) return;
    // The middle of the second that the stamp names.
    const at = ageMs > FRESH_MS ? plusMs(now, 500 - ageMs) : now;
    const told = [...this.notes.take(line), ...this.host.story.take(line, at)];
    for (const draft of told) this.host.publish(draft, at);
    if (told.length === 0 && PASSED_ON.has(line.severity)) this.passOn(line, at);
  }

  private passOn({ program, severity, text }: LogLine, at: Instant): void {
    if (this.warnings < 1) {
      this.dropped += 1;
      return;
    }
    this.warnings -= 1;
    this.host.publish({ severity, body: { kind: 'log', text: `${program}: ${text}` } }, at);
  }

  private refill(now: Instant): void {
    const more = Math.floor(elapsedMs(this.refilledAt, now) / WARNING_REFILL_MS);
    if (more === 0) return;
    this.refilledAt = plusMs(this.refilledAt, more * WARNING_REFILL_MS);
    this.warnings = Math.min(WARNINGS_MAX, this.warnings + more);
    if (this.dropped === 0 || this.warnings < 2) return;
    const text = `${this.dropped} more warnings of the daemon are in its log (${this.host.source.name})`;
    this.dropped = 0;
    this.host.publish({ severity: 'warn', body: { kind: 'log', text } }, now);
  }

  private watchFlood(now: Instant): void {
    const tookMs = elapsedMs(this.bytesSince, now);
    if (tookMs < FLOOD_WINDOW_MS) return;
    const perSecond = (this.bytes * 1000) / tookMs;
    this.bytes = 0;
    this.bytesSince = now;
    if (perSecond <= FLOOD_BYTES_PER_S) this.floodText = null;
    else this.floodText ??= this.lastText;
    const what = `${this.host.source.name} grows by more than ${FLOOD_BYTES_PER_S / 1000} kB a second`;
    this.host.flood(this.floodText === null ? null : `${what}: "${this.floodText}"`);
  }
}
