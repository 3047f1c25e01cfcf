/** Runs a campaign on several threads. */
import { Worker } from 'node:worker_threads';
import { addSummary, emptySummary } from './campaign.ts';
import type { Job, Summary } from './campaign.ts';

/** Seeds handed to a thread at once: about half a second of work, so that a stop and the progress line come soon. */
const CHUNK = 100;

/** Failures after which a campaign ends: more of them tell nothing new. */
const FAILURES_MAX = 20;

export interface Campaign {
  readonly done: Promise<Summary>;
  /** Hands out no more work; `done` resolves with what was finished. */
  stop(): void;
}

/** Starts `threads` threads that work through `jobs`. `progress` is called after every chunk. Rejects when a thread breaks. */
export function startCampaign(jobs: readonly Job[], threads: number, progress: (sofar: Summary) => void): Campaign {
  const summary = emptySummary();
  let next = 0;
  let stopped = false;
  const take = (): readonly Job[] => {
    const chunk = stopped || summary.failures.length >= FAILURES_MAX ? [] : jobs.slice(next, next + CHUNK);
    next += chunk.length;
    return chunk;
  };
  const runThread = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url));
      const feed = (): void => {
        const chunk = take();
        if (chunk.length > 0) worker.postMessage(chunk);
        else void worker.terminate().then(() => resolve(), reject);
      };
      worker.on('error', reject);
      worker.on('message', (part: Summary) => {
        addSummary(summary, part);
        progress(summary);
        feed();
      });
      feed();
    });
  const done = Promise.all(Array.from({ length: threads }, runThread)).then(() => summary);
  return { done, stop: () => (stopped = true) };
}
