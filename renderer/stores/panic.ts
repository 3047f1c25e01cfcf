/** Taking everything back at once: what is running, and what came of it. */
import { create } from 'zustand';
import type { PanicReport } from '../../electron/common/contract/panic.ts';
import { link } from './link.ts';
import { attempt } from './notices.ts';
import { usePairs } from './pairs.ts';

interface PanicState {
  readonly phase: 'idle' | 'running' | 'done';
  /** null: not done yet, or the request itself failed. */
  readonly report: PanicReport | null;
}

export const usePanic = create<PanicState>(() => ({ phase: 'idle', report: null }));

/** Takes everything back on the pair in view, at once and without a question. Nothing when there is none, or it is running. */
export function startPanic(): void {
  const pairId = usePairs.getState().selectedId;
  if (pairId === null || usePanic.getState().phase === 'running') return;
  usePanic.setState({ phase: 'running', report: null });
  void attempt(() => link.client.faultPanic({ pairId })).then((report) =>
    usePanic.setState(report === undefined ? { phase: 'idle', report: null } : { phase: 'done', report }),
  );
}

export function closePanic(): void {
  if (usePanic.getState().phase === 'done') usePanic.setState({ phase: 'idle', report: null });
}
