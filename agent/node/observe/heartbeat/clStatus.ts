/** What the daemon says of itself when asked by its own command. Every question is bounded: a frozen daemon answers none. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ok, type Result } from '../../../common/base/result.ts';

/** `absent`: the command is not installed. `timeout`: the daemon took the question and does not answer. */
export type ClStatusFailure = 'absent' | 'failed' | 'timeout';

/** Where Debian and others put it. */
const PLACES = ['/usr/bin', '/usr/sbin', '/bin', '/sbin', '/usr/local/bin', '/usr/local/sbin'];
/** An answer takes some 10 ms. */
const ANSWER_MS_MAX = 3000;
const OUTPUT_CHARS_MAX = 4096;
/** How the command begins a line of complaint: with the time, the host and its own process. */
const STAMPED = /^.*?cl_status: \[\d+\]: \w+: /gm;

/** The first program of that name in any of the places, or null. */
export function findProgram(name: string, places: readonly string[]): string | null {
  return places.map((place) => join(place, name)).find((path) => existsSync(path)) ?? null;
}

/** Runs a program to its end, or kills it. The detail of a failure is what it said. */
export function runBounded(
  program: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<Result<string, 'failed' | 'timeout'>> {
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, killSignal: 'SIGKILL', cwd: '/', maxBuffer: 1 << 20 } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      const said = `${stdout}${stderr}`.trim().slice(-OUTPUT_CHARS_MAX);
      if (error === null) resolve(ok(stdout.trim()));
      else if (error.killed === true) resolve(fail('timeout', `${program}: no answer within ${timeoutMs} ms`));
      else resolve(fail('failed', said === '' ? error.message : said));
    });
  });
}

export interface ClStatus {
  /** One question, e.g. `nodestatus`, `node1`; the answer in one line. */
  ask(...words: string[]): Promise<Result<string, ClStatusFailure>>;
}

/** The installed command, looked for at every question: it may be installed while we run. */
export const realClStatus: ClStatus = {
  ask: async (...words) => {
    const program = findProgram('cl_status', PLACES);
    if (program === null) return fail('absent', 'cl_status is not installed');
    const said = await runBounded(program, words, ANSWER_MS_MAX);
    return said.ok ? said : fail(said.reason, said.detail.replaceAll(STAMPED, ''));
  },
};
