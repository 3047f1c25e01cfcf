/** The advice that the scripted console gives: the real advisor on a night's arrivals with one late minute and one fault in them. */
import { SeededRandom } from '../../agent/common/base/random.ts';
import { advise } from '../../electron/common/advice/advise.ts';
import type { Advice, AdviceQuestion } from '../../electron/common/contract/advice.ts';
import { paretoExcess, recordOf, streamOf } from './adviceRecords.ts';

const KEEPALIVE_MS = 500;
const TIMING = { keepaliveMs: KEEPALIVE_MS, warntimeMs: 1500, deadtimeMs: 3000, initdeadMs: 4000 };
const COUNT = 20_000;
const LATE_AT = 12_000;

function gapsOf(seed: number, scaleMs: number): number[] {
  const random = new SeededRandom(seed);
  const gaps = Array.from({ length: COUNT }, () => KEEPALIVE_MS - scaleMs + paretoExcess(random, 0.1, scaleMs));
  gaps[LATE_AT] = 1180 + 40 * seed;
  return gaps;
}

/** About node1 and node2 of the fake pair. `few`: the pair has just begun. */
export function fakeAdvice(question: AdviceQuestion, few = false): Advice {
  const [a, b] = ['node1', 'node2'];
  const cut = few ? 90 : COUNT;
  const streams = ([null, 'bcast:eth1', 'serial:/dev/ttyS0'] as const).flatMap((link, i) => [
    streamOf(a, b, gapsOf(2 * i + 1, link === 'serial:/dev/ttyS0' ? 9 : 3).slice(0, cut), 0, link),
    streamOf(b, a, gapsOf(2 * i + 2, link === 'serial:/dev/ttyS0' ? 9 : 3).slice(0, cut), 0, link),
  ]);
  const lateMs = streams[0]?.atMs[LATE_AT] ?? 0;
  const body = { kind: 'late-heartbeat', peer: a, intervalMs: 1220, limitMs: 1000 };
  const late = { seq: 9, node: b, at: { monotonicMs: lateMs }, wallMs: lateMs, severity: 'warn' as const, body };
  const faultMs = 3_000_000;
  const fault = { errorMs: 1, faultId: 'f', node: a, name: 'pull-crossover', link: null, detail: '' };
  const wallMs = Date.UTC(2026, 10, 20, 21, 0, 0);
  const record = recordOf(gapsOf(1, 3), {
    ...{ pairId: 'rack', pairName: 'Rack', sessionId: 's1', startedWallMs: wallMs, streams },
    timings: new Map([
      [a, TIMING],
      [b, TIMING],
    ]),
    events: few ? [] : [{ tMs: lateMs, errorMs: 1, event: late }],
    faults: [
      { ...fault, tMs: faultMs, phase: 'injected' },
      { ...fault, tMs: faultMs + 20_000, phase: 'reverted' },
    ],
    lateness: few ? [] : [{ node: a, tMs: lateMs, value: 640 }],
    loads: [0.31, 0.42, 2.8].flatMap((value, i) => [a, b].map((node) => ({ node, tMs: lateMs + 100 * i, value }))),
    outages: [3420, 3610, 3980].map((ms) => ({ ms, deadtimeMs: 3000 })),
  });
  return advise(record, question);
}
