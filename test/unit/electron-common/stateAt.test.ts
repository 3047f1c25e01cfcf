// A recorded pair at any moment: what was known then and nothing of later; unknown where nobody was heard.
import { beforeAll, expect, test } from 'vitest';
import { RecordingReader } from '../../../electron/common/recording/read.ts';
import { lastAt, RecordedPair } from '../../../electron/common/recording/stateAt.ts';
import { freshStatus } from '../../../electron/common/verdict/links.ts';
import { FAKE_CUT_MS, FAKE_RECORDED_MS, fakeRecording } from '../../support/fakeReports.ts';

let pair: RecordedPair;
beforeAll(() => {
  const reader = new RecordingReader();
  for (const line of fakeRecording()) reader.push(`${JSON.stringify(line)}\n`);
  const read = reader.finish();
  if (!read.ok) throw new Error(read.detail);
  pair = new RecordedPair(read.value);
});

test('before the cut one node holds, after deadtime the other one does, and in between the client is not answered', () => {
  const [first, second] = pair.recording.head.nodes;
  const verdict = (tMs: number) => pair.at(tMs).vips[0];
  expect(verdict(FAKE_CUT_MS - 1000)).toMatchObject({ verdict: 'one', holder: first, answeredBy: first });
  // Its last word counts as long as it does live, and the client is not answered.
  expect(verdict(FAKE_CUT_MS + 1500)).toMatchObject({ holder: first, answeredBy: null });
  expect(verdict(FAKE_RECORDED_MS - 500)?.holders).toEqual([second]);
});

test('a node that is gone is not heard: its last word is old and counts for nothing', () => {
  const gone = pair.at(FAKE_CUT_MS + 10_000).nodes[0];
  expect(gone.phase).toBe('lost');
  expect(freshStatus(gone)).toBeNull();
  expect(freshStatus(pair.at(FAKE_CUT_MS + 10_000).nodes[1])?.peer.status).toBe('dead');
});

test('margins run down between two samples as time does', () => {
  const margin = (tMs: number): number => pair.at(tMs).nodes[1].status?.links[0]?.fromPeer.marginMs ?? NaN;
  const at = FAKE_CUT_MS - 990;
  expect(margin(at + 40)).toBeCloseTo(margin(at) - 40, 5);
});

test('before the beginning nothing is known', () => {
  const state = pair.at(-10);
  expect(state.nodes.map((n) => [n.phase, n.status])).toEqual([
    ['lost', null],
    ['lost', null],
  ]);
  expect(state.probe.running).toBe(false);
});

test('lastAt finds the last of equals, the ends and nothing', () => {
  const items = [1, 2, 2, 5];
  expect([0, 1, 2, 4, 5, 9].map((t) => lastAt(items, t, (n) => n))).toEqual([-1, 0, 2, 2, 3, 3]);
  expect(lastAt([], 1, (n: number) => n)).toBe(-1);
});

test('the LAN and the client are heard as they were recorded; where they were not, they are named as missing', () => {
  const { recording } = pair;
  const at = FAKE_CUT_MS - 1000;
  const [address] = pair.at(at).vips.map((vip) => vip.address);
  const [first] = recording.head.nodes;
  if (address === undefined) throw new Error('the recording has no address');
  const missing = (batch: Partial<typeof recording.batch>): readonly string[] | undefined =>
    new RecordedPair({ ...recording, batch: { ...recording.batch, ...batch } }).at(at).vips[0]?.missing;
  const seen = [
    {
      tMs: at - 200,
      errorMs: 1,
      address,
      kind: 'asked' as const,
      holders: [{ mac: 'm', node: first }],
      neighbourMac: null,
    },
  ];
  expect(missing({ witness: seen })).toEqual([]);
  expect(missing({ witness: [] })).toEqual(['LAN witness']);
  expect(missing({ witness: [], probes: [] })).toEqual(['LAN witness', 'client probe']);
  const old = seen.map((sample) => ({ ...sample, tMs: at - 4000 }));
  expect(missing({ witness: old })).toEqual(['LAN witness']);
});
