// Goal: arrivals are taken exactly where agents say them, rebuilt as far as samples allow where not, and never across a hole in
// the record or a restart of the peer. Method: batches as a session has them, with heartbeats at known times.
import { describe, expect, test } from 'vitest';
import { RecordBuilder } from '../../../electron/common/advice/record.ts';
import type { RecordHead } from '../../../electron/common/advice/record.ts';
import type { NodeFacts, SessionBatch, SessionSample } from '../../../electron/common/contract/session.ts';
import { streamOf, TIMING } from '../../support/adviceRecords.ts';

const EMPTY: SessionBatch = { samples: [], events: [], probes: [], gaps: [], witness: [], faults: [], facts: [] };
const HEAD: RecordHead = {
  ...{
    pairId: 'p',
    pairName: 'P',
    nodes: ['a', 'b'],
    sessionId: 's',
    source: 'stored',
    startedWallMs: 0,
    toMs: 100_000,
  },
  ...{ specLinks: [], outages: [], memory: [], earlier: [] },
};

const facts = (node: string): NodeFacts => ({
  ...{ tMs: 0, node, life: 'answers', detail: '', engine: 'twinbeat', version: '1', timing: TIMING, keys: null },
  ...{ links: [{ id: 'eth1', label: 'eth1', medium: 'bcast' }], macs: {}, problems: [] },
});

/** A sample at `tMs` of a node whose newest heartbeat came at `heardMs`, on one link as on all. */
function sample(tMs: number, heardMs: number, more: Partial<SessionSample> = {}): SessionSample {
  const marginMs = TIMING.deadtimeMs - (tMs - heardMs);
  return {
    ...{
      tMs,
      errorMs: 0.5,
      node: 'a',
      status: 'active',
      peerStatus: 'active',
      mine: 'none',
      heldVips: [],
      latenessMs: 0,
    },
    nodeMarginMs: marginMs,
    links: [{ id: 'eth1', fromPeer: 'up', marginMs, marginMinMs: marginMs, rttMs: null }],
    ...more,
  };
}

/** Samples every 200 ms of heartbeats at these times. */
function sampled(
  beatsMs: readonly number[],
  toMs: number,
  skip: (tMs: number) => boolean = () => false,
): SessionSample[] {
  const samples: SessionSample[] = [];
  for (let tMs = 200; tMs <= toMs; tMs += 200) {
    const heardMs = beatsMs.filter((beat) => beat <= tMs).at(-1);
    if (heardMs !== undefined && !skip(tMs)) samples.push(sample(tMs, heardMs));
  }
  return samples;
}

function built(samples: SessionSample[], head: Partial<RecordHead> = {}) {
  const builder = new RecordBuilder(['a', 'b']);
  builder.add({ ...EMPTY, facts: [facts('a'), facts('b')] });
  builder.add({ ...EMPTY, samples });
  return builder.build({ ...HEAD, ...head });
}

describe('from samples alone', () => {
  test('gaps are right to the clock error while one heartbeat comes between two samples', () => {
    const beats = [100, 1103, 2098, 4150, 5151];
    const [merged, link] = built(sampled(beats, 6000)).streams;
    expect(merged).toMatchObject({ from: 'b', to: 'a', link: null, resolution: 'sampled', resolutionMs: 200 });
    expect(merged?.gapMs).toEqual([1003, 995, 2052, 1001]);
    expect(merged?.atMs).toEqual(beats.slice(1));
    expect(link).toMatchObject({ link: 'eth1', gapMs: [1003, 995, 2052, 1001] });
  });

  test('two heartbeats between two samples read as one gap: longer than the truth, never shorter', () => {
    expect(built(sampled([100, 1050, 1150, 2000], 3000)).streams[0]?.gapMs).toEqual([1050, 850]);
  });

  test('a hole in the record is no silence', () => {
    const beats = Array.from({ length: 20 }, (_, i) => 100 + 1000 * i);
    const gaps = built(sampled(beats, 20_000, (tMs) => tMs > 5000 && tMs < 12_000)).streams[0]?.gapMs ?? [];
    expect(gaps.every((gap) => gap === 1000)).toBe(true);
    expect(gaps.length).toBeGreaterThan(8);
  });
});

describe('from agents that say every arrival', () => {
  const exact = (tMs: number, gapMs: number, link = gapMs): SessionSample => ({
    ...sample(tMs + 5, tMs, { arrivals: [{ tMs, gapMs }] }),
    links: [{ ...sample(tMs + 5, tMs).links[0]!, arrivals: [{ tMs, gapMs: link }] }],
  });

  test('they are taken as they are', () => {
    const record = built([exact(1000, 1000), exact(2000, 1000.07), exact(3003, 1003, 1010)]);
    expect(record.streams[0]).toMatchObject({
      resolution: 'exact',
      gapMs: [1000, 1000.07, 1003],
      atMs: [1000, 2000, 3003],
    });
    expect(record.streams[1]).toMatchObject({ link: 'eth1', gapMs: [1000, 1000.07, 1010] });
  });

  test('what the agent remembers counts for its time, and what the session has for the time before', () => {
    const merged = (memory: ReturnType<typeof streamOf>) =>
      built([exact(1000, 1000), exact(2000, 1001), exact(3000, 1002), exact(4000, 1003)], {
        memory: [memory],
      }).streams.filter((s) => s.to === 'a' && s.link === null);
    const whole = streamOf('b', 'a', [1000, 1000, 1000, 1000, 1000], -1000);
    expect(merged(whole)).toEqual([whole]);
    // The node was rebooted: its agent remembers from 3000 on.
    const [joined, ...others] = merged(streamOf('b', 'a', [1002.1, 1003.1], 1998.3));
    expect(joined?.gapMs).toEqual([1000, 1001, 1002.1, 1003.1]);
    expect(others).toEqual([]);
  });
});

test('what else is collected: lateness worth telling, loads, times, the slowest serial line', () => {
  const samples = [
    sample(1000, 900, { latenessMs: 80, loadAverage: 1.5 }),
    sample(1200, 900, { latenessMs: 2, loadAverage: 1.6 }),
  ];
  const serial = (baud: number) => ({
    medium: 'serial' as const,
    device: { a: '/dev/ttyUSB0', b: '/dev/ttyS0' },
    baud,
  });
  const record = built(samples, { specLinks: [serial(19_200), serial(9600)] });
  expect(record.lateness).toEqual([{ node: 'a', tMs: 1000, value: 80 }]);
  expect(record.loads).toEqual([{ node: 'a', tMs: 1000, value: 1.5 }]);
  expect(record.timings.get('b')).toEqual(TIMING);
  expect(record.serial).toEqual({ baud: 9600, device: '/dev/ttyUSB0' });
  expect(record.serialUnknown).toBe(false);
});
