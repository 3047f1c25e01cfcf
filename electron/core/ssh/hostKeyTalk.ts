/** The host key of one connection, from being shown to being remembered: what was judged, what a person is asked, what was accepted. */
import type { HostKeyQuestion } from '../../common/contract/state.ts';
import type { HostKey } from './hostKey.ts';
import { HostKeyJudge } from './hostKeyJudge.ts';
import type { HostKeyAnswer, HostKeyJudgement, HostKeyJudgeOptions } from './hostKeyJudge.ts';

interface OpenQuestion {
  readonly question: HostKeyQuestion;
  readonly key: HostKey;
  readonly answer: (accepted: boolean) => void;
}

export class HostKeyTalk {
  private readonly judge: HostKeyJudge;
  private open: OpenQuestion | null = null;
  /** What was found, to show after a refusal. */
  private refused: HostKeyQuestion | null = null;
  private accepted: HostKey | null = null;
  private recordAs: HostKeyAnswer | null = null;

  constructor(options: HostKeyJudgeOptions) {
    this.judge = new HostKeyJudge(options);
  }

  /** The question that is open, or the one whose key was refused. */
  get shown(): HostKeyQuestion | null {
    return this.open?.question ?? this.refused;
  }

  get isOpen(): boolean {
    return this.open !== null;
  }

  /** A new attempt: no key was shown yet. */
  begin(): void {
    this.refused = null;
    this.accepted = null;
  }

  /** The attempt is over; a question stays open. */
  lost(): void {
    this.accepted = null;
  }

  /** All attempts are over. Returns how to tell whoever waits for the answer that there will be none. */
  stop(forget: boolean): () => void {
    const { open } = this;
    this.open = null;
    this.recordAs = null;
    if (forget) this.refused = null;
    return () => open?.answer(false);
  }

  /** Types on record. Rejects when they cannot be read. */
  knownTypes(): Promise<ReadonlySet<string>> {
    return this.judge.knownTypes();
  }

  /** At the re-keying of a running connection: whether this is the very key that was accepted. null: none was yet. */
  isTheAccepted(key: HostKey): boolean | null {
    if (this.accepted === null) return null;
    return this.accepted.type === key.type && this.accepted.blob.equals(key.blob);
  }

  /** Judges without any effect. Rejects when the keys on record cannot be read. */
  judgement(key: HostKey): Promise<HostKeyJudgement> {
    return this.judge.judge(key);
  }

  refuse(question: HostKeyQuestion): void {
    this.refused = question;
  }

  /** Good enough to go on with, unless a question is asked about it. */
  accept(key: HostKey): void {
    this.accepted = key;
  }

  /** Resolves with the answer, when there is one. */
  ask(question: HostKeyQuestion, key: HostKey): Promise<boolean> {
    return new Promise((answer) => {
      this.open = { question, key, answer };
    });
  }

  /**
   * A person's answer to the open question: whether it accepts the key, and how to pass that on to whoever waits. null: there is no such
   * question, or the answer does not fit it.
   */
  answered(
    questionId: string,
    answer: HostKeyAnswer,
  ): { readonly accepted: boolean; readonly tell: () => void } | null {
    const { open } = this;
    if (open === null || open.question.questionId !== questionId) return null;
    const accepted = HostKeyJudge.accepts(open.question, answer);
    if (!accepted && answer !== 'reject') return null;
    this.open = null;
    if (accepted) {
      this.judge.trust(open.key);
      this.recordAs = answer === 'trust-once' ? null : answer;
    } else this.refused = open.question;
    return { accepted, tell: () => open.answer(accepted) };
  }

  /** Writes the accepted key down where a person said so. Only once the server has proven that the key is its own. */
  async record(): Promise<void> {
    const [answer, key] = [this.recordAs, this.accepted];
    this.recordAs = null;
    if (answer !== null && key !== null) await this.judge.record(key, answer);
  }
}
