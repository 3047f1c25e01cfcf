/** Records with arrivals of a known distribution, for the advisor's tests. */
import { SeededRandom } from '../../agent/common/base/random.ts';
import type { AdviceRecord, ArrivalStream } from '../../electron/common/advice/record.ts';
import type { SessionTiming } from '../../electron/common/contract/session.ts';
import { AdviceQuestionSchema } from '../../electron/common/contract/advice.ts';

export const TIMING: SessionTiming = { keepaliveMs: 1000, warntimeMs: 3000, deadtimeMs: 6000, initdeadMs: 12_000 };
export const NODES = ['node1', 'node2'] as const;
export const QUESTION = AdviceQuestionSchema.parse({});

/** Excess over a threshold of a generalised Pareto distribution. */
export function paretoExcess(random: SeededRandom, shape: number, scale: number): number {
  const u = 1 - random.nextFraction();
  return shape === 0 ? -scale * Math.log(u) : (scale / shape) * (u ** -shape - 1);
}

/** Gaps of a keepalive plus a tail of known shape; each is longer than keepalive, as if the sender's timer only ran late. */
export function tailedGaps(count: number, shape: number, scaleMs: number, seed: number): number[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => TIMING.keepaliveMs + paretoExcess(random, shape, scaleMs));
}

/** A stream whose gaps follow one another without a hole, from `fromMs` on. */
export function streamOf(
  from: string,
  to: string,
  gapMs: readonly number[],
  fromMs = 0,
  link: string | null = null,
): ArrivalStream {
  const atMs: number[] = [];
  gapMs.reduce((at, gap) => {
    atMs.push(at + gap);
    return at + gap;
  }, fromMs);
  return { from, to, link, resolution: 'exact', resolutionMs: 0.1, atMs, gapMs };
}

/** Both directions with the same gaps, two links, nothing else known. */
export function recordOf(gapMs: readonly number[], more: Partial<AdviceRecord> = {}): AdviceRecord {
  const [a, b] = NODES;
  return {
    pairId: 'p',
    pairName: 'P',
    nodes: NODES,
    sessionId: 's',
    source: 'live',
    startedWallMs: 0,
    toMs: gapMs.reduce((x, y) => x + y, 0),
    timings: new Map([
      [a, TIMING],
      [b, TIMING],
    ]),
    links: [
      { id: 'bcast:eth1', label: 'bcast eth1', medium: 'bcast' },
      { id: 'serial:/dev/ttyS0', label: 'serial', medium: 'serial' },
    ],
    serial: { baud: 19_200, device: '/dev/ttyS0' },
    serialUnknown: false,
    streams: [streamOf(a, b, gapMs), streamOf(b, a, gapMs)],
    events: [],
    faults: [],
    gaps: [],
    lateness: [],
    loads: [],
    outages: [],
    ...more,
  };
}
