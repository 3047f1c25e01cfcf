// Marks of an exercise, and what the console keeps to itself while one runs.
import { describe, expect, test } from 'vitest';
import { firstSignMs, pointsOf } from '../../../electron/common/exercise/grade.ts';
import { hiddenBatch, hiddenRack, hiddenState } from '../../../electron/core/exercise/hide.ts';
import { event, probes } from '../../support/drillRecord.ts';
import { MemoryRack } from '../../support/memoryRack.ts';

const FOUND = { outcome: 'solved' as const, wrongAnswers: 0, usedMs: 60_000, parMs: 120_000, limitMs: 920_000 };

describe('marks', () => {
  test.each([
    [{}, 100],
    [{ wrongAnswers: 2 }, 60],
    [{ usedMs: 520_000 }, 80],
    [{ usedMs: 920_000, wrongAnswers: 9 }, 10],
    [{ outcome: 'given-up' as const }, 0],
    [{ outcome: 'time-over' as const }, 0],
    [{ outcome: 'void' as const }, 0],
  ])('%j gives %d points, and says why', (over, points) => {
    const marked = pointsOf({ ...FOUND, ...over });
    expect(marked.points).toBe(points);
    expect(marked.reasons.length).toBeGreaterThan(0);
  });

  test('the first sign is an event or a failed request after the fault, never what the fault itself writes', () => {
    const events = [
      event('a', 500, { kind: 'link', link: 'eth1', direction: 'from-peer', state: 'dead' }),
      event('a', 1100, { kind: 'fault', phase: 'injected', faultId: 'x', name: 'x', detail: '' }),
      event('a', 3000, { kind: 'link', link: 'eth1', direction: 'from-peer', state: 'late' }),
    ];
    expect(firstSignMs(events, probes('a'.repeat(50)), 1000)).toBe(2000);
    expect(firstSignMs(events, probes(`${'a'.repeat(20)}.`), 1000)).toBe(1000);
    expect(firstSignMs([], [], 1000)).toBeNull();
  });
});

describe('hiding', () => {
  test('cables look plugged in, whatever was done to them', async () => {
    const rack = new MemoryRack();
    await rack.cable('crossover', { aToB: false, bToA: true, noisePpm: 0, revertAfterMs: 9000 });
    expect(rack.state().cables[0]?.revertsInMs).toBe(9000);
    expect(hiddenRack(rack.state()).cables[0]).toMatchObject({ aToB: true, bToA: true, revertsInMs: null });
  });

  test('neither faults nor names of situations go out; what nodes report does', () => {
    expect(hiddenState({ faults: [{ name: 'x' }], situations: [{ name: 'y' }], vips: [1] })).toEqual({
      faults: [],
      situations: [],
      vips: [1],
    });
    const link = event('a', 1, { kind: 'link', link: 'eth1', direction: 'from-peer', state: 'dead' });
    const fault = event('a', 1, { kind: 'fault', phase: 'injected', faultId: 'x', name: 'x', detail: '' });
    expect(hiddenBatch({ events: [link, fault] })).toMatchObject({ events: [link], faults: [] });
  });
});
