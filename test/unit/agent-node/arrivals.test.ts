// Goal: every heartbeat's gap, exactly, once: copies on several links, retransmissions and other lives of the peer do not count, and the
// agent remembers a bounded number of them, to be read page by page. Method: messages with known numbers at known times.
import { beforeEach, describe, expect, test } from 'vitest';
import { hexText } from '../../../agent/common/wire/fields.ts';
import { text } from '../../../agent/common/wire/message.ts';
import type { AgentSample } from '../../../agent/common/rpc/agentContract.ts';
import { Arrivals } from '../../../agent/node/heartbeat/arrivals.ts';
import { ArrivalLog } from '../../../agent/node/observe/arrivalLog.ts';
import { SampleHub } from '../../../agent/node/observe/sampleHub.ts';

let arrivals: Arrivals;
beforeEach(() => (arrivals = new Arrivals(['lan', 'serial'])));

function beat(link: string, seq: number, atMs: number, generation = 5): void {
  const fields = [text('t', 'status'), hexText('hg', generation), hexText('seq', seq)];
  arrivals.note(link, { fields }, { monotonicMs: atMs });
}

const gaps = (list: readonly { readonly gapMs: number }[] | undefined) => list?.map((a) => a.gapMs);

describe('in the heartbeat thread', () => {
  test('merged counts the first copy of each, a link counts its own', () => {
    for (const [seq, lan, serial] of [
      [10, 1000, 1107],
      [11, 2001, 2108],
      [12, 3000, 3110],
    ] as const) {
      beat('lan', seq, lan);
      beat('serial', seq, serial);
    }
    const taken = arrivals.take();
    expect(taken.merged).toEqual([
      { atMonotonicMs: 2001, gapMs: 1001 },
      { atMonotonicMs: 3000, gapMs: 999 },
    ]);
    expect(gaps(taken.links.get('serial'))).toEqual([1001, 1002]);
    expect(arrivals.take().merged).toEqual([]);
  });

  test('one link silent: the merged stream goes on with the other', () => {
    beat('lan', 10, 1000);
    beat('serial', 10, 1100);
    beat('serial', 11, 2100);
    beat('lan', 12, 3000);
    const taken = arrivals.take();
    expect(gaps(taken.merged)).toEqual([1100, 900]);
    expect(gaps(taken.links.get('lan'))).toEqual([2000]);
  });

  test('retransmissions and an earlier life say nothing; a new life begins without a gap', () => {
    beat('lan', 10, 1000);
    beat('lan', 12, 3000);
    beat('lan', 11, 3050);
    beat('lan', 2, 9000, 6);
    beat('lan', 13, 9100, 5);
    beat('lan', 3, 10_000, 6);
    expect(gaps(arrivals.take().merged)).toEqual([2000, 1000]);
  });

  test('a message without generation or number is no heartbeat; what is never taken is bounded', () => {
    arrivals.note('lan', { fields: [text('t', 'status')] }, { monotonicMs: 1 });
    for (let seq = 1; seq <= 1000; seq += 1) beat('lan', seq, seq * 100);
    expect(arrivals.take().merged).toHaveLength(256);
  });
});

function sampleWith(atMs: readonly number[]): AgentSample {
  const list = atMs.map((atMonotonicMs) => ({ atMonotonicMs, gapMs: 100 }));
  const link = { id: 'lan', fromPeer: 'up' as const, toPeer: 'up' as const, rttMs: null, arrivals: list };
  const silence = { fromPeerSilenceMs: 1, toPeerSilenceMs: 1, fromPeerSilenceMaxMs: 1 };
  return {
    ...{ atMonotonicMs: atMs.at(-1) ?? 0, status: 'active', peerStatus: 'active', mine: 'none', heldVips: [] },
    ...{ nodeMarginMs: 1, links: [{ ...link, ...silence }], arrivals: list, loadAverage: 0.5, latenessMs: 0 },
  };
}

describe('the memory', () => {
  test('page after page, by time, per link and merged; an unknown link has nothing', () => {
    const log = new ArrivalLog();
    log.take(sampleWith([100, 200, 300]));
    log.take(sampleWith([400]));
    expect(log.page(null, -1, 2)).toEqual({ atMonotonicMs: [100, 200], gapMs: [100, 100], more: true });
    expect(log.page(null, 200, 2)).toEqual({ atMonotonicMs: [300, 400], gapMs: [100, 100], more: false });
    expect(log.page('lan', 300, 10).atMonotonicMs).toEqual([400]);
    expect(log.page('nowhere', -1, 10)).toEqual({ atMonotonicMs: [], gapMs: [], more: false });
  });

  test('three days at one a second are kept, and no more than that', () => {
    const log = new ArrivalLog();
    for (let at = 0; at < 300_000; at += 100) {
      log.take(sampleWith(Array.from({ length: 100 }, (_, i) => (at + i) * 1000)));
    }
    const first = log.page(null, -1, 1).atMonotonicMs[0] ?? 0;
    const keptBeats = 300_000 - first / 1000;
    expect(keptBeats).toBeGreaterThan(255_000);
    expect(keptBeats).toBeLessThanOrEqual(262_144);
  });
});

test('nobody samples: the thread hands over at the idle period all the same', () => {
  const periods: (number | null)[] = [];
  const hub = new SampleHub((periodMs) => periods.push(periodMs), 2000);
  expect(hub.periodMs).toBe(2000);
  const stream = hub.subscribe(200);
  stream.end();
  expect(periods).toEqual([200, 2000]);
});

test('two samples merged for a slow reader keep the arrivals of both', async () => {
  const hub = new SampleHub(() => undefined, 100);
  const stream = hub.subscribe(1000);
  for (const at of [1000, 1100, 1200, 2000]) hub.push(sampleWith([at]));
  stream.end();
  const got: number[] = [];
  for await (const sample of stream) got.push(...(sample.arrivals ?? []).map((a) => a.atMonotonicMs));
  expect(got).toEqual([1000, 1100, 1200, 2000]);
});
