/** How far a rotation of the keys is, from what the core's stream has said. */
import type { KeyRotationProgress } from '../../electron/common/contract/console.ts';
import type { T } from '../locales/index.ts';
import { saidText } from './said.ts';
import type { Statement } from './said.ts';

export const ROTATION_STEPS = ['check', 'learn', 'sign', 'forget'] as const;
export type RotationStep = (typeof ROTATION_STEPS)[number];

export interface Rotation {
  readonly phase: 'idle' | 'running' | 'done' | 'failed' | 'cancelled';
  readonly items: readonly KeyRotationProgress[];
}

export type StepState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

/** A step is done when both nodes did it, or a later one has begun. */
function isDone(step: RotationStep, items: readonly KeyRotationProgress[]): boolean {
  const at = ROTATION_STEPS.indexOf(step);
  const isLater = items.some((item) => ROTATION_STEPS.indexOf(item.step as RotationStep) > at);
  const nodes = new Set(items.filter((item) => item.step === step && item.node !== null).map((item) => item.node));
  return isLater || nodes.size > 1;
}

/** State of one step, from the items of the stream so far: the first one that is not done is the one in work. */
export function stepState(step: RotationStep, { phase, items }: Rotation): StepState {
  if (phase === 'done' || isDone(step, items)) return 'done';
  const inWork = ROTATION_STEPS.find((s) => !isDone(s, items));
  return phase === 'idle' || step !== inWork ? 'waiting' : phase;
}

/** What happened on which node; `node` null: on both. */
export type NodeStatement = Statement & { readonly node: string | null };

/** In the person's language. */
export function rotationText(item: NodeStatement, t: T): string {
  const text = saidText(item, t);
  return item.node === null ? text : t('said.ofNode', { node: item.node, why: text });
}
