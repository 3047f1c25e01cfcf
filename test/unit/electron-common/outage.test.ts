// What a client saw: spans without service, counted from due times.
import { describe, expect, test } from 'vitest';
import { dualMs, holdSpans, measureOutage, outageSpans } from '../../../electron/common/drill/outage.ts';
import type { ProbePoint } from '../../../electron/common/drill/outage.ts';

/** One character a probe, every 100 ms: a or b answered, `.` nobody. */
function points(text: string, periodMs = 100): ProbePoint[] {
  return [...text].map((c, i) => ({ tMs: i * periodMs, ok: c !== '.', answeredBy: c === '.' ? null : c }));
}

test('outage runs from the first failed to the first of five good ones', () => {
  const report = measureOutage(points('aaa.....bbbbbbbb'), 100);
  expect(report).toMatchObject({
    outageMs: 500,
    errorMs: 100,
    restoredBy: 'b',
    wrongResponderCount: 0,
    stalledMs: null,
  });
});

test('single good answers in between do not end it', () => {
  expect(measureOutage(points('aa..a...bb...bbbbbb'), 100).outageMs).toBe(1100);
});

test('no failure is an outage of zero, an unfinished one is unknown', () => {
  expect(measureOutage(points('aaaaaaaa'), 100).outageMs).toBe(0);
  expect(measureOutage(points('aaa....bbb'), 100).outageMs).toBeNull();
});

test('of two spans the longer one counts, and both are listed', () => {
  const text = 'aa.aaaaaa....bbbbbb';
  expect(outageSpans(points(text))).toHaveLength(2);
  expect(measureOutage(points(text), 100).outageMs).toBe(400);
});

test('answers of the old holder after the takeover are counted', () => {
  expect(measureOutage(points('aa...bbbbbbabba'), 100).wrongResponderCount).toBe(2);
});

test('a probe that stood still is told from an outage', () => {
  const still = [...points('aaaa'), ...points('...bbbbb').map((p) => ({ ...p, tMs: p.tMs + 1300 }))];
  expect(measureOutage(still, 100).stalledMs).toBe(1000);
});

describe('time with two holders', () => {
  test('words become spans, repeated words change nothing', () => {
    const words = [
      { tMs: 0, holds: true },
      { tMs: 5, holds: true },
      { tMs: 10, holds: false },
      { tMs: 12, holds: false },
      { tMs: 20, holds: true },
    ];
    expect(holdSpans(words)).toEqual([
      { fromMs: 0, toMs: 10 },
      { fromMs: 20, toMs: null },
    ]);
  });

  test('the overlap is summed, an open span ends with the record', () => {
    const a = [{ fromMs: 0, toMs: 10 }];
    const b = [
      { fromMs: 7, toMs: 8 },
      { fromMs: 9, toMs: null },
    ];
    expect(dualMs(a, b, 100)).toBe(2);
    expect(dualMs([{ fromMs: 50, toMs: null }], b, 100)).toBe(50);
    expect(dualMs(a, [{ fromMs: 10, toMs: 20 }], 100)).toBe(0);
  });
});
