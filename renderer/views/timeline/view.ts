/** Which part of the stretch is shown, and which mark is in focus. Pure. */
import type { Mark, Timeline } from '../../../electron/common/whathappened/types.ts';

export interface View {
  readonly fromMs: number;
  readonly toMs: number;
}

/** One step of the zoom. */
const ZOOM = 1.6;
/** Closest that can be looked at, milliseconds: the size of a good clock error. */
const VIEW_MS_MIN = 5;

/** Larger (`steps` positive) or smaller around a moment that stays where it is. */
export function zoomed(view: View, whole: View, steps: number, aroundMs: number = (view.fromMs + view.toMs) / 2): View {
  const factor = ZOOM ** -steps;
  const lengthMs = Math.max(VIEW_MS_MIN, (view.toMs - view.fromMs) * factor);
  if (lengthMs >= whole.toMs - whole.fromMs) return whole;
  const share = (aroundMs - view.fromMs) / (view.toMs - view.fromMs);
  return within({ fromMs: aroundMs - share * lengthMs, toMs: aroundMs + (1 - share) * lengthMs }, whole);
}

/** The same length, inside the whole. */
export function within(view: View, whole: View): View {
  const lengthMs = view.toMs - view.fromMs;
  if (lengthMs >= whole.toMs - whole.fromMs) return whole;
  const fromMs = Math.min(Math.max(view.fromMs, whole.fromMs), whole.toMs - lengthMs);
  return { fromMs, toMs: fromMs + lengthMs };
}

/** All marks in order of time; those of one moment in order of their lanes. */
export function marksInOrder(timeline: Timeline): Mark[] {
  return timeline.lanes.flatMap((lane) => lane.marks).sort((a, b) => a.tMs - b.tMs);
}

/** The next mark in a direction; the first or last one where none is in focus. */
export function nextMark(marks: readonly Mark[], focus: string | null, step: 1 | -1): Mark | null {
  const at = marks.findIndex((mark) => mark.id === focus);
  if (at < 0) return (step === 1 ? marks[0] : marks.at(-1)) ?? null;
  return marks[Math.min(Math.max(at + step, 0), marks.length - 1)] ?? null;
}

/** Moves the view as little as is needed to have a moment in it. */
export function showing(view: View, whole: View, tMs: number): View {
  if (tMs >= view.fromMs && tMs <= view.toMs) return view;
  const lengthMs = view.toMs - view.fromMs;
  return within({ fromMs: tMs - lengthMs / 2, toMs: tMs + lengthMs / 2 }, whole);
}
