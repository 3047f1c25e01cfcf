/** The advice about a running session that this page read last. */
import { create } from 'zustand';
import type { Advice } from '../../electron/common/contract/advice.ts';

/** null: none was read yet. */
export const useAdviceRead = create<{ readonly advice: Advice | null }>(() => ({ advice: null }));
