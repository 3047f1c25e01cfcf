// Terminal tapes: on the session's axis, and bounded by dropping the oldest output, never the newest.
import { expect, test } from 'vitest';
import { Tapes } from '../../../electron/core/recorder/tapes.ts';
import { SessionStore } from '../../../electron/core/store/sessionStore.ts';

function stage(limits: { tapeCharsMax: number; sessionCharsMax: number; pageChars: number }) {
  const store = new SessionStore(':memory:');
  let now = 0;
  const tapes = new Tapes(store, 's', () => (now += 1), limits);
  const text = (terminal: number): string =>
    store.archive
      .casts('s', 0, Infinity)
      .filter((c) => c.terminal === terminal)
      .map((c) => c.data)
      .join('');
  return { store, tapes, text };
}

test('a terminal keeps its newest output, and says from when on', () => {
  const { store, tapes, text } = stage({ tapeCharsMax: 30, sessionCharsMax: 1000, pageChars: 10 });
  const tape = tapes.start('a', 'shell', 80, 24);
  for (let i = 0; i < 10; i += 1) tape.output(`line${i} `);
  expect(text(1)).toBe('line5 line6 line7 line8 line9 ');
  const [head] = store.archive.terminals('s');
  expect(head?.lostBeforeMs).toBe(store.archive.casts('s', 0, Infinity)[0]?.tMs);
  store.close();
});

test('all terminals together are bounded too, whichever wrote the oldest page', () => {
  const { store, tapes, text } = stage({ tapeCharsMax: 1000, sessionCharsMax: 40, pageChars: 10 });
  const closed = tapes.start('a', 'shell', 80, 24);
  closed.output('0123456789');
  closed.close();
  const quiet = tapes.start('b', 'shell', 80, 24);
  quiet.output('quiet');
  const busy = tapes.start('a', 'follow-log', 80, 24);
  for (let i = 0; i < 6; i += 1) busy.output(`${i}`.repeat(10));
  // The closed one is gone whole, the one page that may still be written to stays.
  expect(text(1)).toBe('');
  expect(text(2)).toBe('quiet');
  expect(text(3)).toBe('333333333344444444445555555555');
  expect(store.archive.terminals('s').map((t) => t.lostBeforeMs !== null)).toEqual([true, false, true]);
  store.close();
});

test('an output larger than every bound is kept: it is the newest there is', () => {
  const { store, tapes, text } = stage({ tapeCharsMax: 5, sessionCharsMax: 5, pageChars: 5 });
  tapes.start('a', 'shell', 80, 24).output('0123456789');
  expect(text(1)).toBe('0123456789');
  store.close();
});

test('terminals that are open at the end of the session end with it', () => {
  const { store, tapes } = stage({ tapeCharsMax: 50, sessionCharsMax: 50, pageChars: 5 });
  const tape = tapes.start('a', 'shell', 80, 24);
  tapes.close();
  tape.output('late');
  expect(store.archive.terminals('s')[0]?.endedMs).not.toBeNull();
  expect(store.archive.casts('s', 0, Infinity)).toEqual([]);
  store.close();
});
