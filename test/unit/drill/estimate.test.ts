// How long drills will take: what their scripts allow, what earlier runs took, and what is not known.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DrillInfo } from '../../../electron/common/contract/drill.ts';
import { estimateOf, estimateText, longestRunMs } from '../../../electron/common/drill/estimate.ts';
import { readDrills } from '../../../electron/core/drill/scripts.ts';
import { QUANTITIES } from '../../support/drillRecord.ts';
import { fakeRun } from '../../support/fakeDrills.ts';

const scripts = readDrills(join(import.meta.dirname, '../../../resources/drills'), (problem) => {
  throw new Error(problem);
});
const script = (id: string) => {
  const found = scripts.find((s) => s.id === id);
  if (found === undefined) throw new Error(`no drill ${id}`);
  return found;
};
const info = (over: Partial<DrillInfo>): DrillInfo =>
  ({
    id: 'power-loss',
    directions: 'both',
    repeatDefault: 10,
    isLong: false,
    hands: 0,
    mostMs: 300_000,
    observeMs: 5000,
    quietMs: 1000,
    ...over,
  }) as DrillInfo;
const ONCE = { repeat: 1, both: false, soakMs: null };
const ran = (tookMs: number, verdict: 'pass' | 'fail' | 'void' = 'pass') =>
  fakeRun(script('power-loss'), 2000, { beganAtMs: 1000, endedAtMs: 1000 + tookMs, verdict });

test('at most: every wait of the script to its end, and those before and after it', () => {
  // initdead 4 s twice, quiet twice, 45 s and 60 s around; deadtime + 30 s, initdead + 2 min, 1.5 s, and 2*keepalive + 2 s in it.
  const inside = 32_000 + 124_000 + 1500 + 2400;
  expect(longestRunMs(script('power-loss'), QUANTITIES, true)).toBe(8000 + 2000 + 105_000 + inside);
  expect(longestRunMs(script('power-loss'), QUANTITIES, false)).toBe(8000 + 60_000 + 105_000 + inside);
});

test('repetitions and directions multiply, where the drill has two', () => {
  const of = (order: object, over: Partial<DrillInfo> = {}) => estimateOf([info(over)], [], { ...ONCE, ...order });
  expect(of({ repeat: 3, both: true })).toMatchObject({ runs: 6, mostMs: 1_800_000 });
  expect(of({ repeat: 3, both: true }, { directions: 'holder' }).runs).toBe(3);
  expect(of({ repeat: null }).runs).toBe(10);
  const soak = info({ isLong: true, mostMs: 87_000_000, observeMs: 86_400_000 });
  expect(estimateOf([soak], [], { ...ONCE, soakMs: 600_000 }).mostMs).toBe(1_200_000);
});

test('likely is the median of the runs that went to their end; without one it is not known', () => {
  expect(estimateOf([info({})], [], ONCE).likelyMs).toBeNull();
  expect(estimateOf([info({})], [ran(5000, 'void')], ONCE).likelyMs).toBeNull();
  const runs = [ran(20_000), ran(40_000, 'fail'), ran(90_000), ran(1000, 'void')];
  expect(estimateOf([info({})], runs, { ...ONCE, repeat: 2 }).likelyMs).toBe(2 * 41_000);
});

test('the words say what they are about, and what is not known', () => {
  const words = (drills: readonly DrillInfo[], before: readonly ReturnType<typeof ran>[]) =>
    estimateText(estimateOf(drills, before, ONCE));
  expect(words([info({})], []).en).toBe(
    "1 run: at most 5 min by the drills' own time limits; none was run here before, so how long they usually take is not known.",
  );
  const other = info({ id: 'other', hands: 1 });
  expect(words([info({}), other], [ran(59_000)]).en).toBe(
    '2 runs: about 60 s for the 1 of 2 drills that were run here before, as earlier runs took; at most 10 min in all, and the time of your hands.',
  );
  expect(words([info({})], [ran(59_000)])['zh-CN']).toBe('1 次：按以往的执行约 60 秒；全部最长 5 分钟。');
});
