import { describe, expect, test } from 'vitest';
import type { Header } from '../../../agent/common/engine/messages.ts';
import { newTracking } from '../../../agent/common/engine/state.ts';
import { track } from '../../../agent/common/engine/tracking.ts';

function header(seq: number, generation = 5, type = 'status'): Header {
  return { type, source: 'node2', dest: null, seq, generation };
}

function begun(seq = 10) {
  const tracking = newTracking();
  track(tracking, header(seq), false);
  return tracking;
}

describe('order within a generation', () => {
  test('the first status begins a generation; the next in order is fresh', () => {
    const tracking = newTracking();
    expect(track(tracking, header(10), false)).toMatchObject({ kind: 'accept', restarted: 'first', fresh: true });
    expect(track(tracking, header(11, 5, 'resource'), false)).toMatchObject({ kind: 'accept', gap: null });
  });

  test('a gap names what is missing; the late one is delivered once and is no proof of life', () => {
    const tracking = begun();
    const verdict = track(tracking, header(13), false);
    expect(verdict).toMatchObject({ kind: 'accept', gap: { from: 10, to: 13 } });
    tracking.missing.set(11, { dueAt: { monotonicMs: 0 }, asked: false });
    expect(track(tracking, header(11), false)).toMatchObject({ kind: 'accept', fresh: false });
    expect(track(tracking, header(11), false)).toMatchObject({ kind: 'copy' });
  });

  test('copies within the window show a working link, older ones do not', () => {
    const tracking = begun(100);
    expect(track(tracking, header(100), false)).toEqual({ kind: 'copy', recent: true });
    expect(track(tracking, header(36), false)).toEqual({ kind: 'copy', recent: true });
    expect(track(tracking, header(35), false)).toEqual({ kind: 'copy', recent: false });
  });

  test('250 missing messages are repaired, 251 are not', () => {
    expect(track(begun(), header(10 + 251), false)).toMatchObject({ lostTooMany: false, gap: { from: 10 } });
    expect(track(begun(), header(10 + 252), false)).toMatchObject({ lostTooMany: true, gap: null });
  });
});

describe('generations', () => {
  test('an older generation is a replay, whatever its type', () => {
    expect(track(begun(), header(99, 4), false)).toEqual({ kind: 'drop', reason: 'replay' });
    expect(track(begun(), header(99, 4, 'resource'), false)).toEqual({ kind: 'drop', reason: 'replay' });
  });

  test('only a status begins a newer generation, and it forgets the old numbers', () => {
    const tracking = begun();
    tracking.missing.set(7, { dueAt: { monotonicMs: 0 }, asked: false });
    expect(track(tracking, header(11, 6, 'reqnodes'), false)).toEqual({ kind: 'drop', reason: 'early' });
    expect(track(tracking, header(1, 6), false)).toMatchObject({ kind: 'accept', restarted: 'again' });
    expect(tracking.missing.size).toBe(0);
    expect(track(tracking, header(2, 6), false)).toMatchObject({ kind: 'accept', restarted: 'no' });
  });

  // Found by: npm run sim -- --seed 410014 --profile keys
  test('a message that overtakes the first status is not counted from: acknowledged, it would leave a gap that nobody fills', () => {
    const tracking = newTracking();
    expect(track(tracking, header(8, 5, 'reqnodes'), false)).toMatchObject({ kind: 'drop', reason: 'early' });
    expect(track(tracking, header(7), false)).toMatchObject({ kind: 'accept', restarted: 'first' });
    expect(track(tracking, header(9), false)).toMatchObject({ gap: { from: 7, to: 9 } });
  });
});

describe('a peer that was declared dead', () => {
  test('a newer status of the same generation heals, an old one or another type does not', () => {
    const tracking = begun();
    expect(track(tracking, header(10), true)).toEqual({ kind: 'drop', reason: 'stale' });
    expect(track(tracking, header(30, 5, 'resource'), true)).toEqual({ kind: 'drop', reason: 'stale' });
    expect(track(tracking, header(30), true)).toMatchObject({ kind: 'accept', healed: true, gap: null });
    expect(track(tracking, header(31), false)).toMatchObject({ kind: 'accept', healed: false });
  });

  test('a newer generation is a restart, not a healed split', () => {
    expect(track(begun(), header(1, 6), true)).toMatchObject({ restarted: 'again', healed: false });
  });
});
