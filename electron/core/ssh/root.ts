/**
 * Becoming root on a node where we log in as somebody else. The password travels on standard
 * input, only when sudo really asks for it, and the command's own input begins only when sudo
 * has said yes: a rule with NOPASSWD would otherwise hand the password to the command.
 */
import { randomBytes } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { PassThrough } from 'node:stream';
import { ok } from '../../../agent/common/base/result.ts';
import { refuse, say } from '../../common/words/sentence.ts';
import type { Outcome, Said } from '../../common/words/sentence.ts';
import { shellWords } from './shellQuote.ts';

/** How root is reached; `direct`: we are root already, or nothing else is configured. */
export type RootAccess =
  | { readonly kind: 'direct' }
  | { readonly kind: 'sudo' }
  | { readonly kind: 'sudo-password'; readonly password: string | null };

export type RootFailure = 'root-refused' | 'sudo-password-needed' | 'sudo-password-wrong' | 'lost';

/** Longest text kept while waiting for sudo's answer: a lecture and an error are some hundred bytes. */
const SUDO_TALK_BYTES_MAX = 16_384;

export interface ElevatedCommand {
  readonly command: string;
  /** Appears on standard error when sudo asks for the password. */
  readonly promptMark: string;
  /** Appears on standard error when the command begins. */
  readonly startMark: string;
}

/** Wraps `command` in sudo. The marks are random, so no output of sudo can be mistaken for them. */
export function elevate(command: string, access: Exclude<RootAccess, { kind: 'direct' }>): ElevatedCommand {
  const nonce = randomBytes(9).toString('hex');
  const promptMark = `[twinbeat-password-${nonce}]`;
  const startMark = `[twinbeat-root-${nonce}]`;
  const inner = `printf '%s' '${startMark}' >&2; ${command}`;
  // -k: a cached authentication would make the answer depend on what somebody typed minutes ago.
  const flags = access.kind === 'sudo' ? ['-n'] : ['-S', '-k', '-p', promptMark];
  return { command: shellWords(['sudo', ...flags, '--', '/bin/sh', '-c', inner]), promptMark, startMark };
}

/**
 * Talks to sudo until the command begins. Gives the rest of standard error, which then belongs
 * to the command. `ended` resolves when the channel is gone.
 */
export function passSudo(
  streams: { readonly stdin: Writable; readonly stderr: Readable },
  elevated: ElevatedCommand,
  password: string | null,
  ended: Promise<unknown>,
): Promise<Outcome<Readable, RootFailure>> {
  return new Promise((resolve) => {
    const { stdin, stderr } = streams;
    let talk = '';
    let passwordSent = false;
    const finish = (result: Outcome<Readable, RootFailure>): void => {
      stderr.removeListener('data', onData);
      resolve(result);
    };
    const give = (reason: RootFailure, why: Said): void => {
      stdin.end();
      stderr.resume();
      finish(refuse(reason, why));
    };
    const onData = (chunk: Buffer): void => {
      talk += chunk.toString('latin1');
      const start = talk.indexOf(elevated.startMark);
      if (start >= 0) {
        const rest = new PassThrough();
        rest.write(Buffer.from(talk.slice(start + elevated.startMark.length), 'latin1'));
        stderr.pipe(rest);
        finish(ok(rest));
      } else if (talk.includes(elevated.promptMark)) {
        talk = talk.replace(elevated.promptMark, '');
        if (password === null) give('sudo-password-needed', say('sudoAsks'));
        else if (passwordSent) give('sudo-password-wrong', say('sudoWrong'));
        else {
          passwordSent = true;
          stdin.write(`${password}\n`);
        }
      } else if (talk.length > SUDO_TALK_BYTES_MAX) give('root-refused', say('sudoEndless'));
    };
    stderr.on('data', onData);
    void ended.then(() => {
      const text = Buffer.from(talk, 'latin1').toString('utf8').trim();
      finish(refuse('root-refused', text === '' ? say('sudoEnded') : say('inItsWords', { text })));
    });
  });
}
