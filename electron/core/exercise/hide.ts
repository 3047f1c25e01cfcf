/**
 * What a trainee must not be told: the console's own knowledge of what it broke. What the nodes report stays. The shapes are those of the
 * contract's replies before defaults are filled in, so only what is changed is named here.
 */
import type { RackState } from '../../common/contract/rack.ts';

/** Cables as they look from outside: plugged in. */
export function hiddenRack<S extends Pick<RackState, 'cables'>>(state: S): S {
  const cables = state.cables.map((c) => ({ ...c, aToB: true, bToA: true, noisePpm: 0, revertsInMs: null }));
  return { ...state, cables };
}

/** Without what the console knows of faults, and without the names that it gives to situations. */
export function hiddenState<S extends { readonly faults: unknown }>(state: S): S {
  return { ...state, faults: [], situations: [] };
}

interface Batch {
  readonly events: readonly { readonly event: { readonly body: { readonly kind: string } } }[];
}

/** Without faults, by whoever they were recorded. */
export function hiddenBatch<B extends Batch>(batch: B): B {
  return { ...batch, faults: [], events: batch.events.filter((e) => e.event.body.kind !== 'fault') };
}

/** The same of a stretch for the timeline, which then gives no names either. */
export function hiddenStretch<
  S extends { readonly input: { readonly batch: Batch; readonly exercise?: boolean | undefined } },
>(stretch: S): S {
  return { ...stretch, input: { ...stretch.input, batch: hiddenBatch(stretch.input.batch), exercise: true } };
}
