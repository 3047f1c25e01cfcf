/** Asks a person to do something, watches for it, and takes the answer of whoever is there. */
import { randomUUID } from 'node:crypto';
import type { Hands, Text } from '../../common/contract/drill.ts';
import { conditionText } from '../../common/drill/checkText.ts';
import type { Condition } from '../../common/drill/script.ts';
import { isFulfilled, type PairView, type Roles } from '../../common/drill/view.ts';
import { sleepMs } from '../base/time.ts';

/** Nobody comes after this long: the step counts as skipped, milliseconds. */
const HANDS_MS_MAX = 30 * 60_000;

/** What is watched for must be so for this long, milliseconds: a plug makes and breaks contact while it is pushed in. */
const DETECTED_MS = 1000;
const POLL_MS = 100;

export type HandsEnd = 'detected' | 'continued' | 'skipped' | 'aborted';

export interface HandsWish {
  readonly text: Text;
  readonly detect: Condition | null;
  readonly isUndo: boolean;
}

export interface DeskParts {
  nowMs(): number;
  view(): PairView;
  readonly roles: Roles;
  readonly signal: AbortSignal;
  onAsk(hands: Hands): void;
  onEnd(askId: string, how: HandsEnd): void;
}

export class HandsDesk {
  private readonly parts: DeskParts;
  private open: { readonly askId: string; end(how: HandsEnd): void } | null = null;
  /** Steps that somebody said were done, and the console did not see it. */
  readonly unseen: Text[] = [];

  constructor(parts: DeskParts) {
    this.parts = parts;
  }

  /** The open question's id; null: none. */
  get askId(): string | null {
    return this.open?.askId ?? null;
  }

  /** True when there was this question. */
  answer(askId: string, how: 'continued' | 'skipped'): boolean {
    if (this.open?.askId !== askId) return false;
    this.open.end(how);
    return true;
  }

  /** Resolves when it is seen, when somebody answers, or when the run is stopped. */
  async ask(wish: HandsWish): Promise<HandsEnd> {
    const { parts } = this;
    const hands: Hands = {
      askId: randomUUID(),
      text: wish.text,
      detects: wish.detect === null ? null : conditionText(wish.detect, parts.roles),
      isUndo: wish.isUndo,
      sinceAtMs: parts.nowMs(),
    };
    parts.onAsk(hands);
    const over = new AbortController();
    const answered = new Promise<HandsEnd>((resolve) => {
      this.open = { askId: hands.askId, end: resolve };
    });
    const how = await Promise.race([answered, this.watch(wish.detect, over.signal)]);
    over.abort();
    this.open = null;
    if (how === 'continued' && wish.detect !== null && !isFulfilled(wish.detect, parts.view(), parts.roles))
      this.unseen.push(wish.text);
    parts.onEnd(hands.askId, how);
    return how;
  }

  private async watch(detect: Condition | null, over: AbortSignal): Promise<HandsEnd> {
    const { parts } = this;
    const untilMs = parts.nowMs() + HANDS_MS_MAX;
    let sinceMs: number | null = null;
    while (!over.aborted && parts.nowMs() < untilMs) {
      if (parts.signal.aborted) return 'aborted';
      const isSeen = detect !== null && isFulfilled(detect, parts.view(), parts.roles);
      sinceMs = isSeen ? (sinceMs ?? parts.nowMs()) : null;
      if (sinceMs !== null && parts.nowMs() - sinceMs >= DETECTED_MS) return 'detected';
      await sleepMs(POLL_MS, over);
    }
    return 'skipped';
  }
}
