/** A rotation of the pair's keys: steps as the core reports them. Lives on while its dialog is closed. */
import { create } from 'zustand';
import type { KeyRotationProgress } from '../../electron/common/contract/console.ts';
import type { NodeStatement, Rotation } from '../lib/rotation.ts';
import { errorText } from '../rpc/link.ts';
import { link } from './link.ts';

export const KEY_METHODS = ['sha1', 'sha256', 'md5'] as const;
export type KeyMethod = (typeof KEY_METHODS)[number];

interface RotateState extends Rotation {
  readonly pairId: string | null;
  readonly failure: KeyRotationProgress['failure'];
  /** What failed, and where; null: nothing. */
  readonly error: NodeStatement | null;
}

const EMPTY: RotateState = { pairId: null, phase: 'idle', items: [], failure: null, error: null };

export const useRotate = create<RotateState>(() => EMPTY);

let stop: AbortController | null = null;

/** Forgets an old result; a running rotation is left alone. */
export function forgetRotation(): void {
  if (useRotate.getState().phase !== 'running') useRotate.setState(EMPTY, true);
}

export async function startRotation(pairId: string, method: KeyMethod): Promise<void> {
  if (useRotate.getState().phase === 'running') return;
  const mine = new AbortController();
  stop = mine;
  useRotate.setState({ ...EMPTY, pairId, phase: 'running' }, true);
  const finish = (phase: 'done' | 'failed' | 'cancelled', error: NodeStatement | null = null): void =>
    useRotate.setState({ phase, error });
  const fail = (item: KeyRotationProgress): void =>
    useRotate.setState({ phase: 'failed', failure: item.failure, error: item });
  try {
    for await (const item of link.client.keysRotate({ pairId, method }, mine.signal)) {
      if (item.step === 'done' || item.step === 'cancelled') finish(item.step);
      else if (item.step === 'failed') fail(item);
      else useRotate.setState((s) => ({ items: [...s.items, item] }));
    }
    // The stream of a stopped rotation ends without a word.
    if (useRotate.getState().phase === 'running') finish(mine.signal.aborted ? 'cancelled' : 'failed');
  } catch (error) {
    if (mine.signal.aborted) finish('cancelled');
    else finish('failed', { node: null, detail: errorText(error) });
  }
}

/** The core ends after the step in work, with keys that both nodes accept. */
export function stopRotation(): void {
  stop?.abort();
}
