import { expect, test } from 'vitest';
import { columnSegments, holderSegments, HOLD_MS } from '../../../../renderer/lib/lanes.ts';
import { Ring } from '../../../../renderer/lib/ring.ts';

function ringOf(rows: readonly (readonly [number, number])[]): Ring {
  const ring = new Ring(1000, 1);
  for (const [t, v] of rows) ring.push(t, [v]);
  return ring;
}

test('segments: equal values are one stretch', () => {
  const ring = ringOf([
    [0, 2],
    [100, 2],
    [200, 3],
    [300, 3],
  ]);
  expect(columnSegments(ring, 0, { fromMs: 0, toMs: 300 }, 1000)).toEqual([
    { fromMs: 0, toMs: 200, value: 2 },
    { fromMs: 200, toMs: 300, value: 3 },
  ]);
});

test('segments: the last row speaks for a moment only, not for everything after it', () => {
  const out = columnSegments(
    ringOf([
      [0, 2],
      [100, 2],
    ]),
    0,
    { fromMs: 0, toMs: 60_000 },
    2500,
  );
  expect(out).toEqual([{ fromMs: 0, toMs: 100 + HOLD_MS, value: 2 }]);
});

test('segments: a silence between rows is left open, and so is a declared gap', () => {
  const ring = ringOf([
    [0, 1],
    [5000, 1],
    [5100, 1],
  ]);
  expect(columnSegments(ring, 0, { fromMs: 0, toMs: 5100 }, 2500).map((s) => [s.fromMs, s.toMs])).toEqual([
    [0, HOLD_MS],
    [5000, 5100],
  ]);
  const near = ringOf([
    [0, 1],
    [1000, 1],
    [1100, 1],
  ]);
  const out = columnSegments(near, 0, { fromMs: 0, toMs: 1100 }, 2500, [{ fromMs: 200, toMs: 900 }]);
  expect(out.map((s) => [s.fromMs, s.toMs])).toEqual([
    [0, 200],
    [1000, 1100],
  ]);
});

test('holder: moving address, dual, none, and a silent other node are told apart', () => {
  const a = [
    { fromMs: 0, toMs: 100, value: 1 },
    { fromMs: 100, toMs: 200, value: 0 },
  ];
  const b = [
    { fromMs: 0, toMs: 50, value: 0 },
    { fromMs: 80, toMs: 120, value: 1 },
    { fromMs: 120, toMs: 160, value: 0 },
  ];
  expect(holderSegments(a, b, 0)).toEqual([
    { fromMs: 0, toMs: 50, value: 'a' },
    { fromMs: 50, toMs: 80, value: 'a-alone' },
    { fromMs: 80, toMs: 100, value: 'dual' },
    { fromMs: 100, toMs: 120, value: 'b' },
    { fromMs: 120, toMs: 160, value: 'none' },
  ]);
});

test('holder: a node that says it holds nothing does not make "none" while the other is silent', () => {
  expect(holderSegments([{ fromMs: 0, toMs: 10, value: 0 }], [], 0)).toEqual([]);
});

test('holder: each address has its own bit', () => {
  const a = [{ fromMs: 0, toMs: 10, value: 0b10 }];
  const b = [{ fromMs: 0, toMs: 10, value: 0b01 }];
  expect(holderSegments(a, b, 0)[0]?.value).toBe('b');
  expect(holderSegments(a, b, 1)[0]?.value).toBe('a');
});
