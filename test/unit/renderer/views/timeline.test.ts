// Which part of a timeline is shown, and the way from mark to mark.
import { describe, expect, test } from 'vitest';
import { buildTimeline } from '../../../../electron/common/whathappened/timeline.ts';
import { marksInOrder, nextMark, showing, within, zoomed } from '../../../../renderer/views/timeline/view.ts';
import { powerOff } from '../../whathappened/stories.ts';

const WHOLE = { fromMs: 0, toMs: 1000 };

describe('the view', () => {
  test('zooms around a moment that stays where it is, and never beyond the whole', () => {
    const near = zoomed(WHOLE, WHOLE, 1, 250);
    expect(near.toMs - near.fromMs).toBeCloseTo(625);
    expect((250 - near.fromMs) / (near.toMs - near.fromMs)).toBeCloseTo(0.25);
    expect(zoomed(near, WHOLE, -1, 250)).toEqual(WHOLE);
    expect(zoomed(WHOLE, WHOLE, 40).toMs - zoomed(WHOLE, WHOLE, 40).fromMs).toBeCloseTo(5);
  });

  test('stays inside, and moves only as far as it must', () => {
    expect(within({ fromMs: -50, toMs: 50 }, WHOLE)).toEqual({ fromMs: 0, toMs: 100 });
    expect(within({ fromMs: 980, toMs: 1080 }, WHOLE)).toEqual({ fromMs: 900, toMs: 1000 });
    const view = { fromMs: 100, toMs: 200 };
    expect(showing(view, WHOLE, 150)).toBe(view);
    expect(showing(view, WHOLE, 500)).toEqual({ fromMs: 450, toMs: 550 });
  });
});

test('arrow keys go through the marks in order of time and stop at both ends', () => {
  const marks = marksInOrder(buildTimeline(powerOff().until(20_000)));
  expect(marks.map(({ tMs }) => tMs)).toEqual([...marks.map(({ tMs }) => tMs)].sort((a, b) => a - b));
  const [first, second] = marks;
  expect(nextMark(marks, null, 1)).toBe(first);
  expect(nextMark(marks, first?.id ?? '', 1)).toBe(second);
  expect(nextMark(marks, first?.id ?? '', -1)).toBe(first);
  expect(nextMark(marks, null, -1)).toBe(marks.at(-1));
  expect(nextMark([], null, 1)).toBeNull();
});
