// Goal: a fault is stopped by what it does not lead to, after a while and not before; what it declares is no reason.
import { describe, expect, test } from 'vitest';
import { UNSERVED_MS_STANDARD } from '../../../electron/common/contract/state.ts';
import type { ActiveFault, VipVerdict } from '../../../electron/common/contract/state.ts';
import type { PairView } from '../../../electron/common/drill/view.ts';
import {
  BLIND_MS_MAX,
  DUAL_MS_MAX,
  NOTHING_WRONG,
  stopReason,
  stopSince,
  WRONG_ANSWER_MS_MAX,
} from '../../../electron/core/faults/interlocks.ts';
import type { PairWatch, StopTerms } from '../../../electron/core/faults/interlocks.ts';
import { marksOf } from '../../../electron/core/faults/marks.ts';
import { pairView } from '../../support/drillRecord.ts';

const WELL: VipVerdict = {
  address: '10.0.0.9',
  verdict: 'one',
  holder: 'a',
  holders: ['a'],
  answeredBy: 'a',
  missing: [],
  sinceMs: 0,
  lan: [{ mac: '02:00:00:00:00:01', node: 'a' }],
};

function watch(vip: Partial<VipVerdict>, over: Partial<PairView> = {}, isProbeFresh = true): PairWatch {
  const view = pairView('a', { vips: [{ ...WELL, ...vip }], ...over });
  return { view, clockErrorsMs: [1, 1], isProbeFresh };
}

function fault(name: ActiveFault['name'], phase: ActiveFault['phase'] = 'injected', detail = ''): ActiveFault {
  return { faultId: 'f1', node: 'b', name, phase, link: null, revertsInMs: 1000, detail, handwork: null };
}

const TERMS: StopTerms = { fromMs: 0, unservedMsMax: UNSERVED_MS_STANDARD };

/** What stops `name` when the pair is as `seen` from second 0 on, looked at each second for as long. */
function stoppedAfterMs(name: ActiveFault['name'], seen: PairWatch, terms = TERMS): { ms: number; why: string } | null {
  let since = NOTHING_WRONG;
  for (let ms = 0; ms <= 600_000; ms += 1000) {
    since = stopSince(since, seen, ms);
    const why = stopReason(fault(name), since, terms, ms);
    if (why !== null) return { ms, why };
  }
  return null;
}

describe('stop conditions', () => {
  test('a pair that is well lets every fault go on', () => {
    expect(stoppedAfterMs('drop-heartbeats', watch({}))).toBeNull();
  });

  test('two holders that the fault does not declare', () => {
    const dual = watch({ verdict: 'dual', holder: null, holders: ['a', 'b'] });
    expect(stoppedAfterMs('block-ping', dual)).toMatchObject({ ms: DUAL_MS_MAX });
    expect(stoppedAfterMs('split', dual)).toBeNull();
  });

  test.each([
    ['on the LAN, a stranger', watch({ lan: [{ mac: '02:00:00:00:00:99', node: null }] })],
    ['on the LAN, the other node', watch({ lan: [...(WELL.lan ?? []), { mac: '02:00:00:00:00:02', node: 'b' }] })],
    ['to the client', watch({}, { answeredBy: 'b' })],
  ])('another one than the holder answers %s', (_where, seen) => {
    expect(stoppedAfterMs('block-ping', seen)).toMatchObject({
      ms: WRONG_ANSWER_MS_MAX,
      why: expect.stringContaining('another one than the holder') as string,
    });
    expect(stoppedAfterMs('duplicate-address', seen)).toBeNull();
  });

  test('while the address moves, and where nobody knows the holder, nobody is a wrong one', () => {
    expect(stoppedAfterMs('block-ping', watch({ verdict: 'moving', holder: null }, { answeredBy: 'b' }))).toBeNull();
    expect(stoppedAfterMs('block-ping', watch({ verdict: 'unknown', holder: null, lan: null }))).toBeNull();
  });

  test('nobody is served for longer than the budget', () => {
    const silent = watch({}, { answeredBy: null }, false);
    expect(stoppedAfterMs('pull-lan', silent)).toMatchObject({
      ms: UNSERVED_MS_STANDARD,
      why: 'stopped: nobody was served for 60 s, the budget of this fault',
    });
    expect(stoppedAfterMs('pull-lan', silent, { fromMs: 0, unservedMsMax: 5000 })).toMatchObject({ ms: 5000 });
    expect(stoppedAfterMs('power-up-together', silent, { fromMs: 0, unservedMsMax: null })).toBeNull();
  });

  test('without a probe nobody holding the address counts, and what was so before the fault does not', () => {
    const nobody = watch({ verdict: 'none', holder: null, holders: [] }, { hasProbe: false, answeredBy: null });
    expect(stoppedAfterMs('block-ping', nobody)).toMatchObject({ ms: UNSERVED_MS_STANDARD });
    expect(stoppedAfterMs('block-ping', nobody, { ...TERMS, fromMs: 100_000 })).toMatchObject({ ms: 160_000 });
  });

  test('nobody sees the pair any more', () => {
    const seen = watch({ verdict: 'unknown', holder: null, lan: null }, { hasProbe: false, answeredBy: null }, false);
    const [a, b] = seen.view.nodes;
    const gone = { attached: false, status: null };
    const blind: PairWatch = {
      ...seen,
      view: {
        ...seen.view,
        nodes: [
          { ...a, ...gone },
          { ...b, ...gone },
        ],
      },
    };
    expect(stoppedAfterMs('block-ping', blind)).toMatchObject({ ms: BLIND_MS_MAX });
  });

  test('what is not in force is not stopped', () => {
    const since = stopSince(NOTHING_WRONG, watch({ verdict: 'dual' }), 0);
    expect(stopReason(fault('block-ping', 'reverted'), since, TERMS, 100_000)).toBeNull();
  });
});

describe('marks in the logs of both nodes', () => {
  const seen = (phase: ActiveFault['phase']): ReadonlyMap<string, ActiveFault['phase']> => new Map([['f1', phase]]);

  test('one where it begins, one where it ends, with the reason where it was stopped', () => {
    expect(marksOf(new Map(), [fault('split', 'armed')])).toEqual([]);
    expect(marksOf(seen('armed'), [fault('split')])).toEqual(['Twinbeat fault f1 (split) on b begins']);
    expect(marksOf(seen('injected'), [fault('split')])).toEqual([]);
    expect(marksOf(seen('injected'), [fault('split', 'reverted')])).toEqual([
      'Twinbeat fault f1 (split) on b ends: reverted',
    ]);
    expect(marksOf(seen('injected'), [fault('split', 'reverted', 'stopped: too long')])).toEqual([
      'Twinbeat fault f1 (split) on b ends: reverted (stopped: too long)',
    ]);
  });

  test('what was over when it was first seen is no news', () => {
    expect(marksOf(new Map(), [fault('split', 'reverted')])).toEqual([]);
  });
});
