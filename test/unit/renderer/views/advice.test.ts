// Goal: what the advice pane makes of an advice: series that a logarithmic axis can show, words of a language, times put into a pair's file.
import { describe, expect, test } from 'vitest';
import { AdviceQuestionSchema } from '../../../../electron/common/contract/advice.ts';
import {
  availabilityText,
  barRows,
  downtimeText,
  inLanguage,
  logTicks,
  sessionLabel,
  tailDomain,
  tailPoints,
  withTimes,
} from '../../../../renderer/views/advice/adviceModel.ts';
import { fakeAdvice } from '../../../support/fakeAdvice.ts';
import { siteSpec } from '../../../support/fakeData.ts';

const advice = fakeAdvice(AdviceQuestionSchema.parse({}));
const [stream] = advice.streams;

test('bars keep every heartbeat; the tail begins with all of them and ends with the longest gap alone', () => {
  if (stream === undefined) throw new Error('no stream');
  expect(barRows(stream).reduce((sum, row) => sum + row.count, 0)).toBe(stream.count);
  const points = tailPoints(stream);
  expect(points.at(-1)).toEqual({ gapMs: stream.maxMs, share: 1 / stream.count });
  expect(points.length).toBeLessThanOrEqual(130);
  const shares = points.map((p) => p.share);
  expect([...shares].sort((a, b) => b - a)).toEqual(shares);
});

describe('the axis of the tail', () => {
  test('holds the gaps and the marks beside them', () => {
    const [from, to] = tailDomain(
      [
        { gapMs: 500, share: 1 },
        { gapMs: 900, share: 0.1 },
      ],
      [3000],
    );
    expect(from).toBeLessThan(500);
    expect(to).toBeGreaterThan(3000);
    expect(logTicks([from, to])).toEqual([500, 1000, 2000]);
    expect(tailDomain([], [])).toEqual([1, 10]);
  });
});

test('words, budgets and sessions as people read them', () => {
  expect(inLanguage({ en: 'a', 'zh-CN': '甲' }, 'zh-CN')).toBe('甲');
  expect(inLanguage({ en: 'a', 'zh-CN': '甲' }, 'en')).toBe('a');
  expect([0.99, 0.9995, 0.99999].map(availabilityText)).toEqual(['99 %', '99.95 %', '99.999 %']);
  expect([87.6, 8.76, 52.56 / 60].map((hours) => downtimeText(hours * 3_600_000))).toEqual([
    '87.6 h',
    '8.76 h',
    '52.6 min',
  ]);
  expect(sessionLabel({ startedWallMs: 0, durationMs: 90_000 })).toMatch(
    /^19(69|70)-\d\d-\d\d \d\d:\d\d:\d\d · 1.5 min$/,
  );
});

test('the four times go into the file of the pair, and nothing else changes', () => {
  const spec = siteSpec();
  const times = { keepaliveMs: 500, warntimeMs: 1000, deadtimeMs: 2600, initdeadMs: 10_000 };
  const changed = withTimes({ ...spec, ha: spec.ha }, times);
  if (spec.ha === null) expect(changed).toBeNull();
  else expect(changed).toEqual({ ...spec, ha: { ...spec.ha, ...times } });
  expect(withTimes({ ...spec, ha: null }, times)).toBeNull();
});
