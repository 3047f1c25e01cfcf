/** Who we say we are: from the pair's entry and the secrets of this attempt to the packets that ssh2 sends. */
import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import type { AnyAuthMethod, AuthenticationType, ParsedKey, Prompt } from 'ssh2';
import { ok } from '../../../agent/common/base/result.ts';
import type { NodeSecrets, NodeSpec } from '../../common/contract/pair.ts';
import { refuse, say } from '../../common/words/sentence.ts';
import type { Outcome, Said } from '../../common/words/sentence.ts';

/** Ready to be used any number of times (reconnects). */
export type Credentials =
  | { readonly method: 'password'; readonly user: string; readonly password: string }
  | { readonly method: 'key'; readonly user: string; readonly key: ParsedKey; readonly password: string | null }
  | { readonly method: 'agent'; readonly user: string; readonly socketPath: string; readonly password: string | null };

export type CredentialsFailure =
  'password-needed' | 'key-unreadable' | 'passphrase-needed' | 'passphrase-wrong' | 'no-agent';

export interface CredentialSources {
  /** Private key in memory instead of `keyFile` (the rack's own). */
  readonly privateKeyPem?: string | undefined;
  /** Environment variable SSH_AUTH_SOCK, or the Windows agent's pipe. */
  readonly agentSocket?: string | undefined;
}

/** Reads and decrypts what the node's entry names. Decrypting a modern key takes about half a second of CPU, once. */
export async function loadCredentials(
  spec: NodeSpec,
  secrets: NodeSecrets | null,
  sources: CredentialSources,
): Promise<Outcome<Credentials, CredentialsFailure>> {
  const user = spec.user;
  const password = secrets?.password ?? null;
  if (sources.privateKeyPem !== undefined) return parseKey(user, sources.privateKeyPem, say('keyInMemory'), secrets);
  switch (spec.auth.method) {
    case 'password':
      return password === null
        ? refuse('password-needed', say('passwordNeeded', { user, host: spec.host }))
        : ok({ method: 'password', user, password });
    case 'agent':
      return sources.agentSocket === undefined || sources.agentSocket === ''
        ? refuse('no-agent', say('noSshAgent'))
        : ok({ method: 'agent', user, socketPath: sources.agentSocket, password });
    case 'key': {
      let text: string;
      try {
        text = await readFile(spec.auth.keyFile, 'utf8');
      } catch (error) {
        return refuse('key-unreadable', say('keyFileUnreadable', { error: (error as Error).message }));
      }
      return parseKey(user, text, say('inItsWords', { text: spec.auth.keyFile }), secrets);
    }
  }
}

function parseKey(
  user: string,
  text: string,
  key: Said,
  secrets: NodeSecrets | null,
): Outcome<Credentials, CredentialsFailure> {
  const parsed = ssh2.utils.parseKey(text, secrets?.passphrase);
  if (parsed instanceof Error) {
    const encrypted = /encrypted|passphrase/i.test(parsed.message);
    if (encrypted && secrets?.passphrase === undefined)
      return refuse('passphrase-needed', say('passphraseNeeded', { key }));
    if (secrets?.passphrase !== undefined && !/unsupported/i.test(parsed.message)) {
      return refuse('passphrase-wrong', say('passphraseWrong', { key }));
    }
    return refuse('key-unreadable', say('keyUnreadable', { key, error: parsed.message }));
  }
  // The types say one key; the library returns a list for OpenSSH's container format.
  const secret = Array.isArray(parsed) ? (parsed as ParsedKey[])[0] : parsed;
  if (secret === undefined || !secret.isPrivateKey()) return refuse('key-unreadable', say('keyNotPrivate', { key }));
  return ok({ method: 'key', user, key: secret, password: secrets?.password ?? null });
}

type NextAuth = AnyAuthMethod | false;

/**
 * Chooses method after method, each at most once, only ones that the server offers. It begins
 * with `none`, which sends nothing secret and makes the server list what it offers; so a
 * password goes out once, as `password` or as the answer to `keyboard-interactive`, never both.
 * `tried` tells afterwards, in order, what was attempted.
 */
export class AuthenticationPlan {
  readonly tried: string[] = [];
  private readonly credentials: Credentials;
  private passwordSent = false;

  constructor(credentials: Credentials) {
    this.credentials = credentials;
  }

  /** `offered` is null before the first answer. `partial`: the last method was accepted and another is needed. */
  next(offered: readonly AuthenticationType[] | null, partial: boolean | null): NextAuth {
    const { user } = this.credentials;
    if (offered === null) return this.take('none', { type: 'none', username: user });
    if (this.credentials.method !== 'password' && offered.includes('publickey')) {
      const first = this.credentials.method === 'key' ? 'publickey' : 'agent';
      if (!this.tried.includes(first)) {
        return this.credentials.method === 'key'
          ? this.take(first, { type: 'publickey', username: user, key: this.credentials.key })
          : this.take(first, { type: 'agent', username: user, agent: this.credentials.socketPath });
      }
    }
    // With a key, a password is a second factor only: the server must have accepted the key first.
    if (this.credentials.method !== 'password' && partial !== true) return false;
    return this.withPassword(offered);
  }

  private withPassword(offered: readonly AuthenticationType[]): NextAuth {
    const { user, password } = this.credentials;
    if (password === null || this.passwordSent) return false;
    this.passwordSent = true;
    if (offered.includes('password')) return this.take('password', { type: 'password', username: user, password });
    if (offered.includes('keyboard-interactive')) {
      return this.take('keyboard-interactive', {
        type: 'keyboard-interactive',
        username: user,
        prompt: (_name, _instructions, _language, prompts: Prompt[], finish) => {
          // A prompt that echoes asks for something else than a password (a one-time code, say).
          finish(prompts.map((prompt) => (prompt.echo === true ? '' : password)));
        },
      });
    }
    return false;
  }

  private take(name: string, method: AnyAuthMethod): AnyAuthMethod {
    this.tried.push(name);
    return method;
  }
}
