/** Arithmetic on resource sets. A set has two sides: `local` and `foreign`, always from the speaker's point of view. */
import type { ResourceSet } from '../timeline/event.ts';

export type Side = 'local' | 'foreign';

/** Foreign first: after a death those are the groups that nobody serves. */
export const SIDES: readonly Side[] = ['foreign', 'local'];

/** The sides of a set, foreign first. */
export function sidesOf(set: ResourceSet): readonly Side[] {
  if (set === 'all') return SIDES;
  return set === 'none' ? [] : [set];
}

/** The set with these sides. */
export function setOf(local: boolean, foreign: boolean): ResourceSet {
  if (local && foreign) return 'all';
  if (local) return 'local';
  return foreign ? 'foreign' : 'none';
}

/** True when `set` contains `side`. */
export function includes(set: ResourceSet, side: Side): boolean {
  return set === 'all' || set === side;
}

/** `a` or `b`. */
export function union(a: ResourceSet, b: ResourceSet): ResourceSet {
  return setOf(includes(a, 'local') || includes(b, 'local'), includes(a, 'foreign') || includes(b, 'foreign'));
}

/** `a` without `b`. */
export function without(a: ResourceSet, b: ResourceSet): ResourceSet {
  return setOf(includes(a, 'local') && !includes(b, 'local'), includes(a, 'foreign') && !includes(b, 'foreign'));
}

/** The same groups seen from the other node. */
export function mirrorSide(side: Side): Side {
  return side === 'local' ? 'foreign' : 'local';
}

/** The same groups seen from the other node. */
export function mirrorSet(set: ResourceSet): ResourceSet {
  if (set === 'local') return 'foreign';
  return set === 'foreign' ? 'local' : set;
}

/** A set as written on the wire, or null. */
export function parseSet(value: string | undefined): ResourceSet | null {
  return value === 'none' || value === 'local' || value === 'foreign' || value === 'all' ? value : null;
}
