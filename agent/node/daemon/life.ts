/**
 * One life of the engine, seen from the main thread: runs the commands that the heartbeat thread asks for, one at a
 * time and in order, and feeds the results back. Ends when the engine says `exit` or the thread dies.
 */
import type { EngineCommand } from '../../common/engine/types.ts';
import type { EventDraft } from '../../common/timeline/event.ts';
import type { Fencing } from '../fencing/fencing.ts';
import type { HeartbeatThread } from '../heartbeat/remote.ts';
import type { FromThread, ThreadSample, TimedDraft } from '../heartbeat/messages.ts';
import { sleep, type Timers } from '../host/timers.ts';
import type { Groups } from '../resources/groups.ts';
import type { ThreadListener } from '../heartbeat/remote.ts';

export type LifeEnd =
  | { readonly kind: 'exit' }
  | { readonly kind: 'restart'; readonly afterMs: number }
  | { readonly kind: 'died'; readonly why: string };

/** What concerns the thread's own surroundings, and not the pair. */
export type ProtectionMessage = Extract<FromThread, { kind: 'started' | 'realtime' | 'watchdog-failed' }>;

export interface LifeHost {
  readonly groups: Groups;
  /** Null: no stonith device; the engine then never asks for one. */
  readonly fencing: Fencing | null;
  readonly timers: Timers;
  /** Our deadtime: how long a peer that hangs may go on answering for an address after we took it. */
  readonly deadtimeMs: number;
  startThread(listener: ThreadListener): HeartbeatThread;
  publish(drafts: readonly TimedDraft[]): void;
  sample(sample: ThreadSample): void;
  protection(message: ProtectionMessage): void;
}

/** A holder that hung stands down when it sees the time; give it its deadtime and this. */
const STAND_DOWN_SLACK_MS = 2000;
/** After the last message: a serial line needs 107 ms for a frame at 19200 baud. */
const LINGER_MS = 150;

export class Life {
  private readonly host: LifeHost;
  private readonly thread: HeartbeatThread;
  private readonly queue: Exclude<EngineCommand, { kind: 'fence' }>[] = [];
  private working = false;
  private peerHeard = false;
  private ended: LifeEnd | null = null;
  private resolveEnd: (end: LifeEnd) => void = () => undefined;
  /** How this life ended. */
  readonly end: Promise<LifeEnd>;

  constructor(host: LifeHost) {
    this.host = host;
    this.end = new Promise((resolve) => (this.resolveEnd = resolve));
    this.thread = host.startThread({
      message: (message) => this.take(message),
      died: (why) => this.finish({ kind: 'died', why }),
    });
  }

  send(message: Parameters<HeartbeatThread['send']>[0]): void {
    if (this.ended === null) this.thread.send(message);
  }

  /** The present state; null when the thread does not answer or is over. */
  ask(): Promise<ThreadSample | null> {
    return this.ended === null ? this.thread.ask() : Promise.resolve(null);
  }

  /** Lets the last frames leave, then ends the thread. */
  async close(): Promise<void> {
    if (this.ended?.kind !== 'died') await sleep(this.host.timers, LINGER_MS);
    await this.thread.close();
  }

  private take(message: FromThread): void {
    if (message.kind === 'events') {
      for (const { draft } of message.events) this.notePeer(draft);
      this.host.publish(message.events);
    } else if (message.kind === 'sample') this.host.sample(message.sample);
    else if (message.kind === 'started' || message.kind === 'realtime' || message.kind === 'watchdog-failed')
      this.host.protection(message);
    else if (message.kind === 'commands') {
      for (const command of message.commands) {
        if (command.kind === 'fence') void this.fence(command.id);
        else this.queue.push(command);
      }
      void this.work();
    }
  }

  private notePeer({ body }: EventDraft): void {
    if (body.kind !== 'peer-status' || body.status === 'dead') return;
    this.peerHeard = true;
    this.host.fencing?.peerHeard();
  }

  /** Beside the queue: a device may take a minute, and what is ours must go on being started and stopped meanwhile. */
  private async fence(id: number): Promise<void> {
    const { fencing } = this.host;
    const done = fencing === null ? { ok: false, detail: 'no stonith device is configured' } : await fencing.fence();
    this.send({ kind: 'command-done', id, ...done });
  }

  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    for (let command = this.queue.shift(); command !== undefined; command = this.queue.shift()) {
      const { ok, detail } = await this.run(command);
      this.send({ kind: 'command-done', id: command.id, ok, detail });
      if (command.kind === 'exit') {
        this.finish(command.restart ? { kind: 'restart', afterMs: command.afterMs } : { kind: 'exit' });
      }
    }
    this.working = false;
  }

  private async run(command: Exclude<EngineCommand, { kind: 'fence' }>): Promise<{ ok: boolean; detail: string }> {
    if (command.kind === 'exit') return { ok: true, detail: '' };
    if (command.kind === 'let-go') return this.letGo(command.address);
    const { groups, deadtimeMs } = this.host;
    const result =
      command.kind === 'acquire'
        ? await groups.acquire(command.groups, {
            checkFirst: !this.peerHeard,
            standDownMs: deadtimeMs + STAND_DOWN_SLACK_MS,
          })
        : await groups.release(command.groups);
    return result.ok ? { ok: true, detail: '' } : { ok: false, detail: result.detail };
  }

  private letGo(address: string): { ok: boolean; detail: string } {
    const done = this.host.groups.letGo(address);
    return { ok: done.ok, detail: done.ok ? done.value : done.detail };
  }

  private finish(end: LifeEnd): void {
    if (this.ended !== null) return;
    this.ended = end;
    this.host.fencing?.abandon();
    this.resolveEnd(end);
  }
}
