// Goal: the adviser reads a session as it is stored and a connected pair with what its agents remember from before the session; an agent that cannot
// be asked leaves what the session has. Method: a store in memory, agents that are functions.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { adviseStored, liveRecord, type LiveSource } from '../../../electron/core/advice/adviser.ts';
import { SessionStore } from '../../../electron/core/store/sessionStore.ts';
import type { SessionSample } from '../../../electron/common/contract/session.ts';
import { siteSpec } from '../../support/fakeData.ts';
import { QUESTION, TIMING } from '../../support/adviceRecords.ts';

const spec = siteSpec();
const [a, b] = [spec.nodes[0].name, spec.nodes[1].name];
const BEATS = 700;

let store: SessionStore;
beforeEach(() => {
  store = new SessionStore(':memory:');
  store.begin({ id: 'abcd-1', pairId: spec.id, pairJson: JSON.stringify(spec), host: 'cli', startedWallMs: 1000 });
  for (const node of [a, b]) {
    const facts = {
      tMs: 0,
      node,
      life: 'answers' as const,
      detail: '',
      engine: 'twinbeat',
      version: '1',
      timing: TIMING,
    };
    const links = [{ id: 'eth1', label: 'eth1', medium: 'bcast' }];
    store.addFacts('abcd-1', { ...facts, keys: null, links, macs: {}, problems: [] });
  }
  for (let i = 1; i <= BEATS; i += 1) for (const node of [a, b]) store.addSample('abcd-1', sample(node, 1000 * i));
});
afterEach(() => store.close());

function sample(node: string, tMs: number): SessionSample {
  const arrivals = [{ tMs: tMs - 3, gapMs: tMs === 400_000 ? 2200 : 1000 }];
  const link = { id: 'eth1', fromPeer: 'up' as const, marginMs: 5997, marginMinMs: 5000, rttMs: 1, arrivals };
  return {
    ...{ tMs, errorMs: 0.2, node, status: 'active', peerStatus: 'active', mine: 'none', heldVips: [] },
    ...{ nodeMarginMs: 5997, links: [link], arrivals, loadAverage: 0.7, latenessMs: 0 },
  };
}

type Feed = LiveSource['feeds'][number];

/** An agent whose clock is 5000 ms ahead of the session and that remembers `count` beats, in pages of 100. */
function feed(node: string, count: number, answers = true): Feed {
  const all = Array.from({ length: count }, (_, i) => 1000 * (i + 1));
  const arrivals = ({ afterMonotonicMs }: { afterMonotonicMs: number }) => {
    if (!answers) return Promise.reject(new Error('unknown method arrivals'));
    const rest = all.filter((at) => at > afterMonotonicMs);
    const page = rest.slice(0, 100);
    return Promise.resolve({ atMonotonicMs: page, gapMs: page.map(() => 1001), more: rest.length > 100 });
  };
  return {
    node,
    client: { arrivals },
    status: { links: [{ id: 'eth1' }] },
    clock: { place: (ms: number) => ({ tMs: ms - 5000, errorMs: 0.1 }) },
    earlier: [],
  } as unknown as Feed;
}

const live = (feeds: Feed[]): LiveSource => ({
  spec,
  session: { id: 'abcd-1', startedWallMs: 1000, nowMs: () => 800_000 },
  feeds,
});

test('a stored session, found by the first letters of its id', async () => {
  const advice = await adviseStored(store, 'abcd', QUESTION);
  expect(advice).toMatchObject({ source: 'stored', sessionId: 'abcd-1', observed: { beats: BEATS } });
  expect(advice.margin?.smallestMs).toBe(3800);
  expect(advice.recommendation?.deadtimeMs).toBeGreaterThanOrEqual(4400);
  expect(advice.observed.load).toHaveLength(2);
  await expect(adviseStored(store, 'nothing', QUESTION)).rejects.toThrow('no session');
});

test('a connected pair: every page of the memory of both agents, on the axis of the session', async () => {
  const record = await liveRecord(store, live([feed(a, 1234), feed(b, 1234)]));
  const merged = record.streams.filter((s) => s.link === null);
  expect(merged.map((s) => [s.from, s.to, s.gapMs.length])).toEqual([
    [b, a, 1234],
    [a, b, 1234],
  ]);
  expect(merged[0]?.atMs[0]).toBe(-4000);
  expect(record.streams).toHaveLength(4);
});

test('an agent that does not remember, or does not answer, leaves the session', async () => {
  const record = await liveRecord(store, live([feed(a, 1234, false), feed(b, 0)]));
  expect(record.streams.filter((s) => s.link === null).map((s) => s.gapMs.length)).toEqual([BEATS, BEATS]);
  const asked = await liveRecord(store, live([{ ...feed(a, 9), client: null }, feed(b, 9)]));
  expect(asked.streams.find((s) => s.link === null && s.to === a)?.gapMs).toHaveLength(BEATS);
});
