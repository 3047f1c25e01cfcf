/** A thread of a campaign: takes lists of jobs, answers each with its summary. Ends with the thread that started it. */
import { parentPort } from 'node:worker_threads';
import { runJobs } from './campaign.ts';
import type { Job } from './campaign.ts';

parentPort?.on('message', (jobs: readonly Job[]) => parentPort?.postMessage(runJobs(jobs)));
