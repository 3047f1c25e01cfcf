/** The main thread's handle on the heartbeat thread. */
import { Worker } from 'node:worker_threads';
import type { Timers } from '../host/timers.ts';
import type { FromThread, ThreadSample, ThreadSetup, ToThread } from './messages.ts';

export interface ThreadListener {
  message(message: FromThread): void;
  /** The thread ended without being asked to: a bug, or it was killed for memory. */
  died(why: string): void;
}

/** How long a snapshot may take; the thread answers within a millisecond unless the whole host is stuck. */
const ASK_TIMEOUT_MS = 1000;

export class HeartbeatThread {
  private readonly worker: Worker;
  private readonly timers: Timers;
  private readonly asked = new Map<number, (sample: ThreadSample | null) => void>();
  private lastRequestId = 0;
  private closing = false;

  /** `entry`: the script to run, which must call `runHeartbeatThread`. */
  constructor(setup: ThreadSetup, entry: string, timers: Timers, listener: ThreadListener) {
    this.timers = timers;
    this.worker = new Worker(entry, { workerData: setup, name: 'heartbeat' });
    this.worker.on('message', (message: FromThread) => {
      if (message.kind === 'sample-asked') this.asked.get(message.requestId)?.(message.sample);
      else if (!this.closing) listener.message(message);
    });
    this.worker.on('error', (error) => {
      if (!this.closing) listener.died(error instanceof Error ? (error.stack ?? error.message) : String(error));
    });
    this.worker.on('exit', (code) => {
      if (!this.closing) listener.died(`the heartbeat thread ended with ${code}`);
    });
  }

  send(message: ToThread): void {
    this.worker.postMessage(message);
  }

  /** The present state, or null when the thread does not answer in time. */
  ask(): Promise<ThreadSample | null> {
    const requestId = ++this.lastRequestId;
    return new Promise((resolve) => {
      const done = (sample: ThreadSample | null): void => {
        this.asked.delete(requestId);
        cancel();
        resolve(sample);
      };
      const cancel = this.timers.after(ASK_TIMEOUT_MS, () => done(null));
      this.asked.set(requestId, done);
      this.send({ kind: 'ask-sample', requestId });
    });
  }

  /** Ends the thread; resolves when it has. */
  async close(): Promise<void> {
    this.closing = true;
    for (const done of [...this.asked.values()]) done(null);
    this.send({ kind: 'close' });
    await this.worker.terminate();
  }
}
