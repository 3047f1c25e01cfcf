/** Which runs a suite consists of, in which order. Pure. */
import type { DrillOrder, PlannedRun } from '../contract/drill.ts';
import type { DrillScript } from './script.ts';

/** Directions alternate, so that a run ends where the next one wants to begin. */
function runsOf(script: DrillScript, order: DrillOrder, nodes: readonly [string, string]): PlannedRun[] {
  const repeat = order.repeat ?? script.repeat;
  const froms = order.both && script.directions === 'both' ? nodes : [null];
  return Array.from({ length: repeat }, (_, i) => i + 1).flatMap((repetition) =>
    froms.map((from) => ({ drill: script.id, from, repetition })),
  );
}

/** The plan of an order; `scripts` are the wanted ones in order. `nodes`: the pair's, in its order. */
export function planOf(
  scripts: readonly DrillScript[],
  order: DrillOrder,
  nodes: readonly [string, string],
): PlannedRun[] {
  return scripts.flatMap((script) => runsOf(script, order, nodes));
}
