/**
 * An open-loop probe: requests leave at their due time whether or not earlier ones were answered, and each is accounted
 * by its due time. A probe that waits for its answers would not ask during the very outage that it is to measure.
 */
import { request } from 'node:http';
import { connect } from 'node:net';
import { monotonicNow } from '../host/clock.ts';

export interface ProbeTarget {
  readonly http: string | null;
  readonly tcp: string | null;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly count: number | null;
}

export interface ProbeResult {
  readonly dueMonotonicMs: number;
  readonly ok: boolean;
  /** The node that answered, as it says itself; null: it did not say, or nobody answered. */
  readonly answeredBy: string | null;
  /** From the due time to the answer; null: there was none. */
  readonly latencyMs: number | null;
  readonly error: string | null;
}

/** Requests under way at once. With 10 ms period and 1 s timeout a dead service has 100; beyond this the machine is the problem. */
const UNDER_WAY_MAX = 2000;
const ANSWER_BYTES_MAX = 64;

type Answer = { readonly answeredBy: string | null } | { readonly error: string };

function firstWord(bytes: Buffer): string | null {
  return /\S+/.exec(bytes.subarray(0, ANSWER_BYTES_MAX).toString('latin1'))?.[0] ?? null;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

/** One request on a connection of its own: a kept one would go on to the old holder's socket. */
function askHttp(url: string, timeoutMs: number, done: (answer: Answer) => void): void {
  const req = request(url, { agent: false, timeout: timeoutMs, headers: { connection: 'close' } }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', (error) => done({ error: codeOf(error) }));
    response.on('end', () => {
      const status = response.statusCode ?? 0;
      const header = response.headers['x-twinbeat-node'];
      if (status >= 500) done({ error: `HTTP ${status}` });
      else done({ answeredBy: typeof header === 'string' ? header : firstWord(Buffer.concat(chunks)) });
    });
  });
  const limit = setTimeout(() => req.destroy(Object.assign(new Error('timeout'), { code: 'TIMEOUT' })), timeoutMs);
  req.on('close', () => clearTimeout(limit));
  req.on('error', (error) => done({ error: codeOf(error) }));
  req.end();
}

/** Waits this long for a banner after connecting; services that wait for the client to speak send none. */
const BANNER_WAIT_MS = 20;

function askTcp(target: string, timeoutMs: number, done: (answer: Answer) => void): void {
  const colon = target.lastIndexOf(':');
  const socket = connect({ host: target.slice(0, colon), port: Number(target.slice(colon + 1)) });
  const limit = setTimeout(() => socket.destroy(Object.assign(new Error('timeout'), { code: 'TIMEOUT' })), timeoutMs);
  const finish = (answer: Answer): void => {
    clearTimeout(limit);
    done(answer);
    socket.destroy();
  };
  socket.once('connect', () => {
    const quiet = setTimeout(() => finish({ answeredBy: null }), BANNER_WAIT_MS);
    socket.once('data', (banner: Buffer) => {
      clearTimeout(quiet);
      finish({ answeredBy: firstWord(banner) });
    });
  });
  socket.on('error', (error) => finish({ error: codeOf(error) }));
}

/** Probes until `count` requests are answered or given up, or until the process is ended. */
export function runProbe(target: ProbeTarget, print: (result: ProbeResult) => void): Promise<void> {
  const startMs = monotonicNow().monotonicMs;
  let sent = 0;
  let underWay = 0;
  return new Promise((resolve) => {
    const ask = (dueMonotonicMs: number): void => {
      let open = true;
      const done = (answer: Answer): void => {
        if (!open) return;
        open = false;
        underWay -= 1;
        const ok = !('error' in answer);
        print({
          dueMonotonicMs,
          ok,
          answeredBy: ok ? answer.answeredBy : null,
          latencyMs: ok ? monotonicNow().monotonicMs - dueMonotonicMs : null,
          error: ok ? null : answer.error,
        });
        if (underWay === 0 && target.count !== null && sent >= target.count) resolve();
      };
      underWay += 1;
      if (underWay > UNDER_WAY_MAX) done({ error: 'OVERLOADED' });
      else if (target.http !== null) askHttp(target.http, target.timeoutMs, done);
      else askTcp(target.tcp ?? '', target.timeoutMs, done);
    };
    const turn = (): void => {
      const nowMs = monotonicNow().monotonicMs;
      // All that became due, also what a late timer let pass: leaving it out would hide the outage in our own pause.
      for (let due = startMs + sent * target.periodMs; due <= nowMs; due = startMs + sent * target.periodMs) {
        if (target.count !== null && sent >= target.count) return;
        sent += 1;
        ask(due);
      }
      setTimeout(turn, Math.max(0, startMs + sent * target.periodMs - nowMs));
    };
    turn();
  });
}
