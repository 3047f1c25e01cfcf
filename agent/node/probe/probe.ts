/**
 * `twinbeat-agent probe`: an open-loop client of a service address. Requests leave on a fixed
 * schedule and never wait for earlier answers, and each is accounted by the time it was due: a probe that waits stops
 * sampling exactly during the outage it should measure (coordinated omission). A slot in which
 * this process itself was too late is left out, so that a reader sees the hole and does not take
 * the prober's stall for the service's.
 */
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import type { ProbeTarget } from './target.ts';

/** One line of output. */
export interface ProbeLine {
  /** When the request was due, milliseconds of this host's monotonic clock. */
  readonly dueMonotonicMs: number;
  readonly ok: boolean;
  /** Name of the node as its answer gives it; null: no answer, or it does not say. */
  readonly answeredBy: string | null;
  readonly latencyMs: number | null;
  /** Fixed words: `timeout`, `refused`, `unreachable`, `reset`, `status 503`, …; null when ok. */
  readonly error: string | null;
}

export interface ProbeOptions {
  readonly target: ProbeTarget;
  readonly periodMs: number;
  readonly timeoutMs: number;
  /** Requests to send; null: until `stop`. */
  readonly count: number | null;
}

interface Answer {
  readonly ok: boolean;
  readonly answeredBy: string | null;
  readonly error: string | null;
}

/** Bytes of an answer that are read to find the node's name. */
const ANSWER_BYTES_MAX = 4096;
const NAME_BYTES_MAX = 64;
/** Requests that may be under way at once; more means a period far below the timeout. Further slots are left out. */
const REQUESTS_MAX = 512;

const ERROR_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ECONNRESET: 'reset',
  ETIMEDOUT: 'timeout',
};

function failed(error: unknown): Answer {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return { ok: false, answeredBy: null, error: ERROR_WORDS[code] ?? code };
}

function firstWord(text: string): string | null {
  return /^\s*([A-Za-z0-9][\w.-]*)/.exec(text.slice(0, NAME_BYTES_MAX))?.[1] ?? null;
}

/** One request over a fresh connection. */
function askHttp(target: ProbeTarget & { kind: 'http' }, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve) => {
    const agent = new Agent({ keepAlive: false });
    const request = get(target.url, { agent, signal }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (chunk: string) => {
        if (body.length < ANSWER_BYTES_MAX) body += chunk;
      });
      response.on('error', (error) => resolve(failed(error)));
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        const header = response.headers['x-twinbeat-node'];
        const ok = status >= 200 && status < 400;
        const answeredBy = typeof header === 'string' ? header : firstWord(body);
        resolve({ ok, answeredBy, error: ok ? null : `status ${status}` });
      });
    });
    request.on('error', (error) => resolve(signal.aborted ? failed('timeout') : failed(error)));
  });
}

/** Wait for a banner after connecting, milliseconds; services that wait for the client to speak send none. */
const BANNER_WAIT_MS = 20;

/** One connection. A banner names the node; a server that says nothing first counts as good, unnamed. */
function askTcp(target: ProbeTarget & { kind: 'tcp' }, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.host, port: target.port });
    let quiet: NodeJS.Timeout;
    const end = (answer: Answer): void => {
      clearTimeout(quiet);
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => {
      quiet = setTimeout(() => end({ ok: true, answeredBy: null, error: null }), BANNER_WAIT_MS);
    });
    socket.once('data', (chunk) => end({ ok: true, answeredBy: firstWord(chunk.toString('latin1')), error: null }));
    socket.once('end', () => end({ ok: true, answeredBy: null, error: null }));
    socket.once('error', (error) => end(failed(error)));
    signal.addEventListener('abort', () => end(failed('timeout')));
  });
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Probes until `stop` fires; calls `emit` once for each request that was sent, in order of completion. */
export function runProbe(options: ProbeOptions, emit: (line: ProbeLine) => void, stop: AbortSignal): Promise<void> {
  const { target, periodMs, timeoutMs, count } = options;
  let dueMs = monotonicMs() + periodMs;
  let sent = 0;
  let underWay = 0;
  const send = async (dueMonotonicMs: number): Promise<void> => {
    const sentAtMs = monotonicMs();
    const signal = AbortSignal.timeout(timeoutMs);
    underWay += 1;
    const answer = await (target.kind === 'http' ? askHttp(target, signal) : askTcp(target, signal));
    underWay -= 1;
    const latencyMs = answer.ok ? monotonicMs() - sentAtMs : null;
    if (!stop.aborted) emit({ dueMonotonicMs, ...answer, latencyMs });
  };
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout;
    const sendOne = async (): Promise<void> => {
      sent += 1;
      await send(dueMs);
      if (sent === count && underWay === 0) resolve();
    };
    const tick = (): void => {
      const nowMs = monotonicMs();
      // Slots that passed by more than a period while this process did not run are left out.
      const missed = Math.floor((nowMs - dueMs) / periodMs);
      if (missed > 0) dueMs += missed * periodMs;
      if (underWay < REQUESTS_MAX) void sendOne();
      if (sent === count) return;
      dueMs += periodMs;
      timer = setTimeout(tick, Math.max(0, dueMs - monotonicMs()));
    };
    timer = setTimeout(tick, periodMs);
    stop.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
