/**
 * This node's stonith device at work: one attempt at a time, each with exactly one outcome, beside everything else that the
 * daemon does. A device's doubt is a failure; only a person may overrule it, and then it is the engine that is told.
 */
import type { EventDraft } from '../../common/timeline/event.ts';
import type { Timers } from '../host/timers.ts';
import type { FenceResult, PersonDevice, StonithDevice } from './device.ts';

export interface FencingHost {
  readonly device: StonithDevice | PersonDevice;
  /** The one node that is ever fenced. */
  readonly peer: string;
  readonly timers: Timers;
  publish(draft: EventDraft): void;
}

/** As the real daemon: a device that broke should be known before it is needed. */
const CHECK_MS = 3_600_000;
/** A device that does not answer is asked again soon: the problem should end when somebody mended it. */
const CHECK_AGAIN_MS = 60_000;

export interface FencingState {
  /** Type and node, nothing of the parameters. */
  readonly device: string;
  readonly waitsForPerson: boolean;
  /** What the device said last, or nothing. */
  readonly detail: string;
}

export class Fencing {
  private readonly host: FencingHost;
  private turn: Promise<unknown> = Promise.resolve();
  /** Raised when nobody wants the outcome of what was asked before. */
  private epoch = 0;
  private closed = false;
  private attempt: AbortController | null = null;
  private checking: AbortController | null = null;
  private waitsForPerson = false;
  private detail = '';
  private problem: string | null = null;
  private cancelCheck: () => void = () => undefined;

  constructor(host: FencingHost) {
    this.host = host;
  }

  state(): FencingState {
    return { device: this.label, waitsForPerson: this.waitsForPerson, detail: this.detail };
  }

  private get label(): string {
    return `${this.host.device.type} for ${this.host.peer}`;
  }

  /**
   * Makes sure that the peer is off. One attempt runs at a time; a person who is asked already is asked anew, because a
   * confirmation of an earlier death says nothing about this one.
   */
  fence(): Promise<{ readonly ok: boolean; readonly detail: string }> {
    this.checking?.abort();
    if (this.waitsForPerson) this.attempt?.abort();
    const asked = this.epoch;
    const attempt = this.turn.then(() =>
      asked === this.epoch ? this.attemptOnce() : { ok: false, detail: 'no longer asked for' },
    );
    this.turn = attempt;
    return attempt;
  }

  /** A person has made sure that the peer is off. Only a device that is a person is told; another one finishes its attempt. */
  confirm(): void {
    if ('confirm' in this.host.device) this.host.device.confirm();
  }

  /** The peer lives: nobody needs to be asked any more. A power switch at work is not interrupted. */
  peerHeard(): void {
    if (this.waitsForPerson) this.attempt?.abort();
  }

  /** The engine that asked is gone: whatever runs or waits for its turn is ended, as a failure. */
  abandon(): void {
    this.epoch += 1;
    this.attempt?.abort();
  }

  /** Asks the device whether it would work, now and from now on every hour. */
  check(): void {
    this.cancelCheck();
    if (this.checking !== null) return;
    void this.checkOnce();
  }

  /** Ends checks and attempts. */
  close(): void {
    this.closed = true;
    this.cancelCheck();
    this.checking?.abort();
    this.abandon();
  }

  private async attemptOnce(): Promise<{ ok: boolean; detail: string }> {
    const { device, peer } = this.host;
    const attempt = new AbortController();
    this.attempt = attempt;
    this.waitsForPerson = 'confirm' in device;
    const result = this.waitsForPerson ? this.askPerson(attempt.signal) : this.ask('fence', attempt.signal);
    const { ok, detail } = said(await result);
    this.attempt = null;
    this.waitsForPerson = false;
    this.detail = detail === '' ? `${peer}: ${ok ? 'done' : 'failed'}` : detail;
    return { ok, detail: this.detail };
  }

  private askPerson(signal: AbortSignal): Promise<FenceResult> {
    const { peer } = this.host;
    this.detail = `switch ${peer} off, then confirm it in the console, or by: meatclient -c ${peer}`;
    this.host.publish({
      severity: 'crit',
      body: { kind: 'fencing', phase: 'waiting-operator', node: peer, detail: this.detail },
    });
    return this.ask('fence', signal);
  }

  /** A device that throws (a parameter that no program can be given) has failed, like any other. */
  private async ask(what: 'fence' | 'check', signal: AbortSignal): Promise<FenceResult> {
    try {
      return await this.host.device[what](this.host.peer, signal);
    } catch (error) {
      const detail = `${this.label}: ${error instanceof Error ? error.name : 'failed'}: it cannot be called like this`;
      return { ok: false, reason: 'failed', detail };
    }
  }

  private async checkOnce(): Promise<void> {
    const check = new AbortController();
    this.checking = check;
    this.host.publish({
      severity: 'info',
      body: { kind: 'log', text: `Checking status of STONITH device [${this.label}]` },
    });
    const result = await this.ask('check', check.signal);
    this.checking = null;
    if (this.closed) return;
    if (!check.signal.aborted) this.note(result);
    this.cancelCheck = this.host.timers.after(this.problem === null ? CHECK_MS : CHECK_AGAIN_MS, () => this.check());
  }

  private note(result: FenceResult): void {
    const now = result.ok ? null : `${this.label}: ${result.detail}`;
    const before = this.problem;
    if (now === before) return;
    this.problem = now;
    const body = (detail: string, over: boolean) =>
      ({ kind: 'problem', code: 'stonith-device', over, detail }) as const;
    if (before !== null) this.host.publish({ severity: 'info', body: body(before, true) });
    if (now !== null) this.host.publish({ severity: 'error', body: body(now, false) });
  }
}

function said(result: FenceResult): { ok: boolean; detail: string } {
  return result.ok ? { ok: true, detail: result.value } : { ok: false, detail: result.detail };
}
