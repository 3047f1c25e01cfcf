// Fewer points, the same picture: what everybody looks for must survive.
import { expect, test } from 'vitest';
import type { ProbeSample, SessionSample } from '../../../electron/common/contract/session.ts';
import { decimateProbes, decimateSamples } from '../../../electron/common/session/decimate.ts';

function sample(i: number, marginMs = 900): SessionSample {
  return {
    tMs: i * 200,
    errorMs: 0.1,
    node: 'a',
    status: 'active',
    peerStatus: 'active',
    mine: 'local',
    heldVips: [],
    nodeMarginMs: marginMs,
    links: [{ id: 'eth1', fromPeer: 'up', marginMs, marginMinMs: marginMs, rttMs: 0.3 }],
    latenessMs: 0,
  };
}

const series = (count: number): SessionSample[] => Array.from({ length: count }, (_v, i) => sample(i, 900 + (i % 7)));

test('few points stay as they are', () => {
  expect(decimateSamples(series(50), 100)).toEqual(series(50));
});

test('the one short margin, the state change and the order survive', () => {
  const points = series(20_000);
  points[7777] = sample(7777, 13);
  const takeover = { ...sample(12_345), mine: 'all' as const };
  points[12_345] = takeover;
  const kept = decimateSamples(points, 500);
  expect(kept.length).toBeLessThanOrEqual(500);
  expect(kept.length).toBeGreaterThan(50);
  expect(kept.some((s) => s.tMs === 7777 * 200 && s.links[0]?.marginMs === 13)).toBe(true);
  expect(kept.includes(takeover)).toBe(true);
  expect(kept.map((s) => s.tMs)).toEqual(kept.map((s) => s.tMs).toSorted((a, b) => a - b));
  // Measured points only, nothing computed.
  expect(kept.every((s) => points.includes(s))).toBe(true);
});

test('one failed probe among thousands is still there', () => {
  const probes: ProbeSample[] = Array.from({ length: 30_000 }, (_v, i) => ({
    tMs: i * 10,
    ok: i !== 4321,
    answeredBy: i === 4321 ? null : 'a',
    latencyMs: i === 4321 ? null : 1 + (i % 3),
    error: i === 4321 ? 'timeout' : null,
  }));
  const kept = decimateProbes(probes, 300);
  expect(kept.length).toBeLessThanOrEqual(300);
  expect(kept.some((p) => !p.ok)).toBe(true);
});
