/** Keeps one link's medium open: retries with back-off, and turns what goes wrong into one present problem. */
import type { Instant } from '../../common/base/instant.ts';
import type { Timers } from '../host/timers.ts';
import type { Medium, MediumProblemCode, PacketKind } from './medium.ts';

/** First wait before opening again; a cable back in the socket should be noticed within a heartbeat or two. */
const RETRY_MS_MIN = 250;
/** Longest wait: what a person who plugs a cable would call at once. */
const RETRY_MS_MAX = 4000;

export interface LinkProblem {
  readonly code: MediumProblemCode;
  readonly detail: string;
}

export interface KeeperEvents {
  packet(packet: Uint8Array, receivedAt: Instant): void;
  /** A problem began (`over` false) or ended (`over` true). Each begin has one end. */
  problem(problem: LinkProblem, over: boolean): void;
}

export class MediumKeeper {
  private readonly medium: Medium;
  private readonly timers: Timers;
  private readonly events: KeeperEvents;
  private present: LinkProblem | null = null;
  private retryMs = RETRY_MS_MIN;
  private cancelRetry: () => void = () => undefined;
  private running = false;

  constructor(medium: Medium, timers: Timers, events: KeeperEvents) {
    this.medium = medium;
    this.timers = timers;
    this.events = events;
    medium.onPacket((packet, receivedAt) => events.packet(packet, receivedAt));
    medium.onProblem((problem) => {
      this.say(problem);
      if (problem?.closed === true && this.running) this.retry();
    });
  }

  /** What is wrong now, or null. */
  get problem(): LinkProblem | null {
    return this.present;
  }

  /** Opens; resolves after the first attempt, whatever its outcome. */
  async start(): Promise<void> {
    this.running = true;
    await this.tryOpen();
  }

  send(packet: Uint8Array, kind: PacketKind): void {
    this.medium.send(packet, kind);
  }

  stop(): void {
    this.running = false;
    this.cancelRetry();
    this.medium.close();
  }

  private async tryOpen(): Promise<void> {
    const before = this.present;
    const opened = await this.medium.open();
    if (!this.running) return this.medium.close();
    if (opened.ok) {
      this.retryMs = RETRY_MS_MIN;
      // An open that reported a lesser problem meanwhile (no device binding) keeps it.
      if (this.present === before) this.say(null);
      return;
    }
    this.say({ code: opened.reason, detail: opened.detail });
    this.retry();
  }

  private retry(): void {
    this.cancelRetry();
    this.cancelRetry = this.timers.after(this.retryMs, () => void this.tryOpen());
    this.retryMs = Math.min(this.retryMs * 2, RETRY_MS_MAX);
  }

  private say(problem: LinkProblem | null): void {
    const before = this.present;
    if (before?.code === problem?.code) {
      this.present = problem;
      return;
    }
    this.present = problem;
    if (before !== null) this.events.problem(before, true);
    if (problem !== null) this.events.problem(problem, false);
  }
}
