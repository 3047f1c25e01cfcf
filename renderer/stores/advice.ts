/** The advice about a running session that this page read last. */
import { create } from 'zustand';
import type { Advice } from '../../electron/common/contract/advice.ts';

interface AdviceRead {
  /** null: none was read yet. */
  readonly advice: Advice | null;
  /** Rises whenever a person wants it again. */
  readonly turn: number;
}

export const useAdviceRead = create<AdviceRead>(() => ({ advice: null, turn: 0 }));

/** The pane asks again. */
export function askAdvice(): void {
  useAdviceRead.setState(({ turn }) => ({ turn: turn + 1 }));
}
