import { expect, test } from 'vitest';
import type { SessionBatch } from '../../../../electron/common/contract/session.ts';
import { EVENTS_MAX, LinkColumn, NodeColumn, ProbeColumn, SessionData } from '../../../../renderer/lib/sessionData.ts';

const EMPTY: SessionBatch = { samples: [], events: [], probes: [], gaps: [], witness: [], faults: [], facts: [] };

const sample = (
  tMs: number,
  patch: Partial<SessionBatch['samples'][number]> = {},
): SessionBatch['samples'][number] => ({
  tMs,
  errorMs: 0,
  node: 'node1',
  status: 'active',
  peerStatus: 'active',
  mine: 'all',
  heldVips: [],
  nodeMarginMs: 100,
  links: [{ id: 'l', fromPeer: 'up', marginMs: null, marginMinMs: 5, rttMs: null }],
  latenessMs: 0,
  ...patch,
});

const event = (index: number): SessionBatch['events'][number] => ({
  index,
  tMs: index,
  errorMs: 0,
  event: {
    seq: index,
    node: 'node1',
    at: { monotonicMs: 0 },
    wallMs: 0,
    severity: 'info',
    body: { kind: 'log', text: '' },
  },
});

test('session data: null is not known, not zero', () => {
  const data = new SessionData();
  data.append({ ...EMPTY, samples: [sample(1)] });
  const ring = data.nodes.get('node1')?.links.get('l');
  expect(ring?.valueAt(LinkColumn.margin, 0)).toBeNaN();
  expect(ring?.valueAt(LinkColumn.marginMin, 0)).toBe(5);
});

test('session data: the last round trip of a dead direction is not drawn on', () => {
  const data = new SessionData();
  const link = { id: 'l', marginMs: 1, marginMinMs: 1, rttMs: 7 };
  data.append({
    ...EMPTY,
    samples: (['up', 'late', 'dead', 'unknown'] as const).map((fromPeer, i) =>
      sample(i, { links: [{ ...link, fromPeer }] }),
    ),
  });
  const ring = data.nodes.get('node1')?.links.get('l');
  expect([0, 1, 2, 3].map((i) => ring?.valueAt(LinkColumn.rtt, i))).toEqual([7, 7, NaN, NaN]);
});

test('session data: addresses become bits, answers become names', () => {
  const data = new SessionData();
  data.append({
    ...EMPTY,
    samples: [sample(1, { heldVips: ['10.0.0.1'] }), sample(2, { heldVips: ['10.0.0.2', '10.0.0.1'] })],
  });
  const ring = data.nodes.get('node1')?.samples;
  expect([ring?.valueAt(NodeColumn.held, 0), ring?.valueAt(NodeColumn.held, 1)]).toEqual([1, 3]);
  const probe = { ok: true, latencyMs: 1, error: null };
  data.append({
    ...EMPTY,
    probes: [
      { ...probe, tMs: 1, answeredBy: 'node2' },
      { ...probe, tMs: 2, answeredBy: null },
      { tMs: 3, ok: false, answeredBy: null, latencyMs: null, error: 'none' },
    ],
  });
  expect([0, 1, 2].map((i) => data.probes.valueAt(ProbeColumn.answered, i))).toEqual([1, 0, -1]);
});

test('session data: events once each, in order, bounded', () => {
  const data = new SessionData();
  data.append({ ...EMPTY, events: [event(5), event(7), event(6), event(7), event(5)] });
  expect(data.events.map((e) => e.index)).toEqual([5, 6, 7]);
  data.append({ ...EMPTY, events: Array.from({ length: EVENTS_MAX }, (_, i) => event(10 + i)) });
  expect(data.events).toHaveLength(EVENTS_MAX);
});

test('session data: a gap that ends is the same gap', () => {
  const data = new SessionData();
  data.append({ ...EMPTY, gaps: [{ source: 'node1', fromMs: 10, toMs: null, reason: 'SSH' }] });
  expect(data.gapsOf('node1', 99)).toEqual([{ fromMs: 10, toMs: 99 }]);
  data.append({ ...EMPTY, gaps: [{ source: 'node1', fromMs: 10, toMs: 20, reason: 'SSH' }] });
  expect(data.gapsOf('node1', 99)).toEqual([{ fromMs: 10, toMs: 20 }]);
  expect(data.gapsOf('node2', 99)).toEqual([]);
});

test('session data: clearing leaves nothing and remembers where history ended anew', () => {
  const data = new SessionData();
  data.append({ ...EMPTY, samples: [sample(50)] });
  expect([data.newestMs, data.oldestMs, data.historyUntilMs]).toEqual([50, 50, 50]);
  data.clear();
  expect(data.newestMs).toBeNaN();
  expect(data.nodes.size).toBe(0);
  data.append({ ...EMPTY, samples: [sample(80)] });
  expect(data.historyUntilMs).toBe(80);
});
