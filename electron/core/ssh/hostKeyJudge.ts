/** Reaches the verdict on a presented host key from the store, the pair's pins and what a person answered. */
import { randomUUID } from 'node:crypto';
import type { HostKeyQuestion } from '../../common/contract/state.ts';
import { say } from '../../common/words/sentence.ts';
import type { Said } from '../../common/words/sentence.ts';
import { classify, fingerprint, fingerprintCommand } from './hostKey.ts';
import type { HostKey } from './hostKey.ts';
import type { HostKeyStore } from './knownHostsFile.ts';

export type HostKeyAnswer = 'reject' | 'trust-once' | 'trust-and-remember' | 'replace';

export type HostKeyJudgement =
  | { readonly kind: 'accept' }
  /** A person must say. */
  | { readonly kind: 'ask'; readonly question: HostKeyQuestion }
  /** No answer could make it acceptable. The question is for showing what was found. */
  | { readonly kind: 'refuse'; readonly question: HostKeyQuestion; readonly why: Said };

export interface HostKeyJudgeOptions {
  readonly host: string;
  readonly port: number;
  readonly store: HostKeyStore;
  /** Fingerprints of the pair file that are trusted besides the store. */
  readonly pinned: readonly string[];
}

/** One per connection: remembers what was trusted for as long as the connection object lives. */
export class HostKeyJudge {
  private readonly options: HostKeyJudgeOptions;
  private readonly trustedOnce = new Set<string>();

  constructor(options: HostKeyJudgeOptions) {
    this.options = options;
  }

  /** Types on record, so that the server is asked for a key that we can compare. */
  async knownTypes(): Promise<ReadonlySet<string>> {
    const { keys } = await this.options.store.lookup(this.options.host, this.options.port, null);
    return new Set(keys.filter((key) => !key.revoked).map((key) => key.type));
  }

  async judge(presented: HostKey): Promise<HostKeyJudgement> {
    const { host, port, store, pinned } = this.options;
    const { keys } = await store.lookup(host, port, presented);
    const sha256 = fingerprint(presented.blob);
    let verdict = classify(keys, presented);
    if (verdict === 'match') return { kind: 'accept' };
    if (verdict !== 'revoked' && (pinned.includes(sha256) || this.trustedOnce.has(sha256))) return { kind: 'accept' };
    // Pins name the machine that the pair file means. Another key is not "new", it is not that machine.
    if (verdict === 'new' && pinned.length > 0) verdict = 'changed';
    const question: HostKeyQuestion = {
      questionId: randomUUID(),
      host,
      port,
      verdict,
      algorithm: presented.type,
      sha256,
      knownSha256: [...new Set([...keys.map((key) => fingerprint(key.blob)), ...pinned])],
      checkCommand: fingerprintCommand(presented.type),
    };
    if (verdict === 'revoked') {
      return { kind: 'refuse', question, why: say('hostKeyRevoked', { sha256, host }) };
    }
    return { kind: 'ask', question };
  }

  /** Whether this answer to this verdict lets the connection go on. A changed key is only ever replaced knowingly. */
  static accepts(question: HostKeyQuestion, answer: HostKeyAnswer): boolean {
    if (answer === 'reject' || question.verdict === 'revoked') return false;
    return question.verdict !== 'changed' || answer === 'replace';
  }

  /** Trust for this connection object, reconnects included. */
  trust(presented: HostKey): void {
    this.trustedOnce.add(fingerprint(presented.blob));
  }

  /**
   * Writes an accepted key down. Call only when the server has proven that it owns the key
   * (key exchange finished): before that anybody can show anybody's public key.
   */
  async record(presented: HostKey, answer: HostKeyAnswer): Promise<void> {
    const { host, port, store } = this.options;
    if (answer === 'trust-and-remember') await store.remember(host, port, presented);
    else if (answer === 'replace') await store.replace(host, port, presented);
  }
}
