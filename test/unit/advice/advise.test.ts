// Goal: the advice of whole records: what counts and what does not, what wins, what is refused, and that no number goes below a
// floor. Method: records with known gaps; properties over many seeds.
import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../../agent/common/base/random.ts';
import { advise } from '../../../electron/common/advice/advise.ts';
import { marginCriterion, smallestMargin } from '../../../electron/common/advice/margin.ts';
import type { AdviceRecord } from '../../../electron/common/advice/record.ts';
import { roundedUpMs } from '../../../electron/common/advice/recommend.ts';
import { serialKeepaliveMinMs } from '../../../electron/common/advice/serial.ts';
import { AdviceSchema } from '../../../electron/common/contract/advice.ts';
import type { Advice, AdviceQuestion } from '../../../electron/common/contract/advice.ts';
import type { SessionEvent, SessionFault } from '../../../electron/common/contract/session.ts';
import { NODES, QUESTION, recordOf, streamOf, tailedGaps, TIMING } from '../../support/adviceRecords.ts';

const [A, B] = NODES;
const HOUR_MS = 3_600_000;

const deadtimeOf = (record: AdviceRecord, question: AdviceQuestion = QUESTION): number =>
  advise(record, question).recommendation?.deadtimeMs ?? 0;

let index = 0;
function event(node: string, tMs: number, body: { kind: string; [field: string]: unknown }): SessionEvent {
  index += 1;
  const at = { monotonicMs: tMs };
  return { index, tMs, errorMs: 0, event: { seq: index, node, at, wallMs: tMs, severity: 'info', body } };
}

const fault = (tMs: number, phase: SessionFault['phase'], name = 'pull-lan'): SessionFault => ({
  ...{ tMs, phase, name, errorMs: 0, faultId: 'f', node: A, link: null, detail: '' },
});

const term = (advice: Advice, id: string) => advice.terms.find((t) => t.id === id);
const method = (advice: Advice, id: string) => advice.methods.find((m) => m.id === id);

describe('a quiet day', () => {
  const advice = advise(recordOf(tailedGaps(86_400, 0, 5, 31)), QUESTION);

  test('the shape of the contract, and every method named', () => {
    expect(AdviceSchema.parse(advice)).toEqual(advice);
    expect(advice.methods.map((m) => m.id)).toEqual([
      'linux-ha-faq',
      'phi-8',
      'phi-12',
      'chen-nfd-e',
      'cantelli',
      'loss',
      'zero-exceedance',
      'gpd',
    ]);
    expect(advice.terms.filter((t) => t.won)).toHaveLength(1);
  });

  test('four times, their lines, and the price, labelled', () => {
    const { recommendation, risk, confidence } = advice;
    // Four keepalives: a tail of 5 ms asks for less than any floor.
    expect(recommendation).toMatchObject({ keepaliveMs: 1000, deadtimeMs: 4100, warntimeMs: 2000, initdeadMs: 12_000 });
    expect(recommendation?.haCf).toEqual(['keepalive 1', 'warntime 2', 'deadtime 4100ms', 'initdead 12']);
    expect(recommendation?.detectionMs).toEqual([3100, 4100]);
    expect(recommendation?.outageMs).toBeNull();
    expect(risk.falsePerYear).toBeLessThan(1e-6);
    expect(risk.dataAlonePerDay).toBeCloseTo(3, 1);
    expect(risk.text.en).toContain('extrapolated');
    expect(risk.text['zh-CN']).toContain('外推');
    expect(confidence.grade).toBe('medium');
    expect(method(advice, 'linux-ha-faq')).toMatchObject({ outcome: 'keep', deadtimeMs: 6000 });
  });

  test('what it cannot tell is said', () => {
    const said = advice.unknowns.map((u) => u.en).join('\n');
    expect(said).toContain('virtual machines');
    expect(said).toContain('load');
    expect(term(advice, 'induced-stall')?.ms).toBeNull();
    expect(advice.budgets.every((b) => b.failoversPerYear === null)).toBe(true);
    expect(advice.budgetOutage).toBeNull();
  });
});

describe('what wins', () => {
  test('the longest gap, when the tail is not extrapolated: twice it', () => {
    const gaps = tailedGaps(20_000, 0, 5, 32);
    gaps[5000] = 4200;
    const advice = advise(recordOf(gaps), QUESTION);
    expect(method(advice, 'gpd')?.outcome).toBe('refused');
    expect(term(advice, 'longest-gap')?.ms).toBeCloseTo(6300, 0);
    expect(term(advice, 'tail')).toMatchObject({ won: true });
    expect(advice.recommendation?.deadtimeMs).toBe(8400);
    expect(advice.risk.falsePerYear).toBeNull();
    expect(method(advice, 'linux-ha-faq')).toMatchObject({ outcome: 'value', deadtimeMs: 6300 });
  });

  test('a fitted tail that asks for more than the longest gap', () => {
    const advice = advise(recordOf(tailedGaps(86_400, 0.25, 40, 33)), QUESTION);
    expect(method(advice, 'gpd')?.outcome).toBe('value');
    expect(term(advice, 'tail')).toMatchObject({ won: true });
    expect(advice.risk.falsePerYear ?? 0).toBeGreaterThan(0);
    // At the recommended deadtime both directions together are not far from what was asked for.
    expect(advice.risk.falsePerYear ?? 1).toBeLessThanOrEqual(0.21);
  });

  test('the loss arithmetic, where heartbeats were lost: also runs that have not happened yet', () => {
    const random = new SeededRandom(8);
    const gaps = tailedGaps(20_000, 0, 5, 34).map((gap) => gap + (random.chance(0.05) ? 1000 : 0));
    const advice = advise(recordOf(gaps), QUESTION);
    // 5 % independent: 0.05^7 is the first below 3.2e-9.
    expect(method(advice, 'loss')?.deadtimeMs ?? 0).toBeGreaterThan(7000);
    expect(method(advice, 'loss')?.deadtimeMs ?? 0).toBeLessThan(7100);
    expect(term(advice, 'tail')).toMatchObject({ won: true, ms: method(advice, 'loss')?.deadtimeMs });
  });

  test('a stall that was induced, with a keepalive more', () => {
    const gaps = tailedGaps(20_000, 0, 5, 35);
    gaps[10_000] = 5000;
    const atMs = gaps.slice(0, 10_000).reduce((a, b) => a + b, 0);
    const faults = [fault(atMs, 'injected', 'cpu-hog'), fault(atMs + 5000, 'reverted', 'cpu-hog')];
    const advice = advise(recordOf(gaps, { faults }), QUESTION);
    expect(term(advice, 'induced-stall')).toMatchObject({ ms: 6000, won: true });
    expect(advice.recommendation?.deadtimeMs).toBe(6000);
    expect(advice.gaps[0]).toMatchObject({ gapMs: 5000, counts: false });
    expect(advice.gaps[0]?.context.some((c) => c.kind === 'fault')).toBe(true);
  });

  test('the worse of the two directions decides', () => {
    const good = tailedGaps(5000, 0, 5, 36);
    const bad = [...good];
    bad[2000] = 4000;
    const streams = [streamOf(A, B, good), streamOf(B, A, bad)];
    const advice = advise(recordOf(good, { streams }), QUESTION);
    expect(advice.margin).toMatchObject({ smallestMs: 2000, from: B, to: A });
    expect(method(advice, 'linux-ha-faq')).toMatchObject({ from: B, to: A });
    expect(advice.recommendation?.deadtimeMs).toBe(8000);
  });
});

describe('what does not count', () => {
  const quiet = tailedGaps(4000, 0, 5, 41);
  const withGap = (at: number, gapMs: number): { gaps: number[]; atMs: number } => {
    const gaps = [...quiet];
    gaps[at] = gapMs;
    return { gaps, atMs: gaps.slice(0, at).reduce((a, b) => a + b, 0) };
  };

  test('a fault from its injection to one deadtime after its end', () => {
    const { gaps, atMs } = withGap(2000, 20_000);
    const faults = [fault(atMs, 'armed'), fault(atMs + 10, 'injected'), fault(atMs + 20_000, 'reverted')];
    const advice = advise(recordOf(gaps, { faults }), QUESTION);
    expect(advice.margin?.smallestMs ?? 0).toBeGreaterThan(4900);
    expect(advice.observed.excluded[0]?.text.en).toContain('pull-lan');
    expect(advice.observed.excludedMs).toBeCloseTo(26_000, -1);
    expect(deadtimeOf(recordOf(gaps))).toBe(40_000);
  });

  test('a fault that only the journal of the node knows', () => {
    const { gaps, atMs } = withGap(2000, 20_000);
    const body = { kind: 'fault', faultId: 'x', name: 'drop-heartbeats-in' };
    const events = [
      event(A, atMs, { ...body, phase: 'injected' }),
      event(A, atMs + 20_000, { ...body, phase: 'reverted' }),
    ];
    expect(advise(recordOf(gaps, { events }), QUESTION).margin?.smallestMs ?? 0).toBeGreaterThan(4900);
  });

  test('a start, until both are active and one deadtime more', () => {
    const { gaps, atMs } = withGap(2000, 8000);
    const events = [
      event(A, atMs - 5000, { kind: 'peer-restarted', peer: B, generation: 2 }),
      event(A, atMs - 4000, { kind: 'local-status', status: 'active' }),
      event(A, atMs - 4000, { kind: 'peer-status', peer: B, status: 'up' }),
      event(A, atMs + 8500, { kind: 'peer-status', peer: B, status: 'active' }),
    ];
    expect(advise(recordOf(gaps, { events }), QUESTION).margin?.smallestMs ?? 0).toBeGreaterThan(4900);
  });

  test('a death that nothing explains does count: it is what deadtime must outlast', () => {
    const { gaps, atMs } = withGap(2000, 9000);
    const events = [
      event(A, atMs + 6000, { kind: 'peer-status', peer: B, status: 'dead' }),
      event(A, atMs + 9000, { kind: 'partition-healed', peer: B, silentMs: 9000 }),
      event(A, atMs + 9000, { kind: 'peer-status', peer: B, status: 'active' }),
    ];
    const advice = advise(recordOf(gaps, { events }), QUESTION);
    expect(advice.margin?.smallestMs).toBe(-3000);
    expect(advice.recommendation?.deadtimeMs).toBe(18_000);
    expect(advice.unknowns.some((u) => u.en.includes('stall or a cut'))).toBe(true);
    expect(advice.gaps[0]?.context.map((c) => c.kind)).toEqual(['peer', 'peer', 'peer']);
  });
});

describe('refusals', () => {
  test.each([
    ['nothing heard', recordOf([]), 'no heartbeat'],
    ['too few', recordOf(tailedGaps(200, 0, 5, 1)), 'Too little data: 200 heartbeats'],
    ['one direction', recordOf([], { streams: [streamOf(A, B, tailedGaps(5000, 0, 5, 1))] }), 'Only one direction'],
    ['no times', recordOf(tailedGaps(5000, 0, 5, 1), { timings: new Map() }), 'not known'],
  ])('%s: says so instead of a number', (_name, record, words) => {
    const advice = advise(record, QUESTION);
    expect(advice.recommendation).toBeNull();
    expect(advice.refusal?.en).toContain(words);
    expect(advice.confidence.grade).toBe('none');
    expect(advice.risk).toMatchObject({ falsePerYear: null, dataAlonePerDay: null });
    expect([...advice.terms, ...advice.methods]).toEqual([]);
    expect(AdviceSchema.parse(advice)).toEqual(advice);
  });
});

describe('properties', () => {
  const seeds = Array.from({ length: 40 }, (_, i) => i + 1);

  test.each(seeds)('never below a floor, and in order (seed %i)', (seed) => {
    const random = new SeededRandom(seed);
    const keepaliveMs = random.pick([100, 200, 500, 1000, 2000]);
    const baud = random.pick([9600, 19_200, 115_200]);
    const timing = {
      keepaliveMs,
      warntimeMs: 2 * keepaliveMs,
      deadtimeMs: 6 * keepaliveMs,
      initdeadMs: 12 * keepaliveMs,
    };
    const gaps = Array.from(
      { length: 6000 },
      () =>
        keepaliveMs * (0.99 + random.nextFraction() * random.pick([0.02, 0.2, 1.5])) +
        (random.chance(0.01) ? keepaliveMs : 0),
    );
    const question = { ...QUESTION, vmPauseMs: random.nextInteger(0, 8000), watchdogMs: random.pick([null, 3000]) };
    const timings = new Map(NODES.map((node) => [node, timing]));
    const advice = advise(recordOf(gaps, { timings, serial: { baud, device: null } }), question);
    const { recommendation } = advice;
    if (recommendation === null) {
      expect(gaps.reduce((a, b) => a + b, 0)).toBeLessThan(5 * 60_000 * 1.2);
      return;
    }
    const { warntimeMs, deadtimeMs, initdeadMs } = recommendation;
    for (const t of advice.terms) expect(deadtimeMs).toBeGreaterThanOrEqual(t.ms ?? 0);
    expect(deadtimeMs).toBeGreaterThanOrEqual(question.vmPauseMs);
    expect(deadtimeMs).toBeGreaterThanOrEqual((question.watchdogMs ?? -1000) + 1000);
    expect(recommendation.keepaliveMs).toBeGreaterThanOrEqual(Math.max(keepaliveMs, serialKeepaliveMinMs(baud)));
    expect(deadtimeMs).toBeGreaterThanOrEqual(4 * recommendation.keepaliveMs);
    expect(warntimeMs).toBeLessThan(deadtimeMs / 2);
    expect(warntimeMs).toBeGreaterThan(recommendation.keepaliveMs);
    expect(initdeadMs).toBeGreaterThanOrEqual(Math.max(2 * deadtimeMs, 10_000));
  });

  test.each(seeds.slice(0, 10))('grows with the longest gap (seed %i)', (seed) => {
    const gaps = tailedGaps(3000, 0, 5, seed);
    let before = 0;
    for (const longest of [1100, 1500, 2000, 3000, 4500, 7000, 12_000, 30_000, 90_000]) {
      gaps[1500] = longest;
      const now = deadtimeOf(recordOf(gaps));
      expect(now).toBeGreaterThanOrEqual(before);
      expect(now).toBeGreaterThanOrEqual(1.5 * longest);
      before = now;
    }
  });

  test('rounding goes up, never down', () => {
    expect([3999.1, 4000, 10_001, 30_001].map(roundedUpMs)).toEqual([4000, 4000, 10_500, 31_000]);
  });
});

describe('the price', () => {
  test('a takeover that was seen makes an expected outage, a drill a measured one', () => {
    const gaps = tailedGaps(4000, 0, 5, 51);
    const events = [
      event(B, 1_000_000, { kind: 'peer-status', peer: A, status: 'dead' }),
      event(B, 1_000_400, { kind: 'vip', address: '10.0.0.1', change: 'announced', iface: 'eth0' }),
    ];
    const expected = advise(recordOf(gaps, { events }), QUESTION);
    expect(expected.recommendation?.outageMs).toEqual([3500, 4500]);
    expect(expected.budgetOutage).toMatchObject({ ms: 4500, source: 'expected' });
    const outages = [
      { ms: 6500, deadtimeMs: 6000 },
      { ms: 30_000, deadtimeMs: 20_000 },
    ];
    const measured = advise(recordOf(gaps, { events, outages }), QUESTION);
    expect(measured.budgetOutage).toMatchObject({ ms: 6500, source: 'measured' });
    expect(measured.budgets[1]?.failoversPerYear).toBe(Math.floor((8.76 * HOUR_MS) / 6500));
  });

  test('a start that was seen makes initdead', () => {
    const gaps = tailedGaps(4000, 0, 5, 52);
    const up = (link: string, tMs: number) =>
      event(A, tMs, { kind: 'link', link, direction: 'from-peer', state: 'up' });
    const events = [
      event(A, 1_000_000, { kind: 'local-status', status: 'init' }),
      up('bcast:eth1', 1_004_000),
      up('serial:/dev/ttyS0', 1_005_000),
      event(A, 1_005_100, { kind: 'local-status', status: 'active' }),
      event(A, 1_005_200, { kind: 'peer-status', peer: B, status: 'active' }),
    ];
    // 5 s to both links and 30 s for a switch's spanning tree.
    expect(advise(recordOf(gaps, { events }), QUESTION).recommendation?.initdeadMs).toBe(35_000);
    expect(advise(recordOf(gaps, { events, pairId: 'rack' }), QUESTION).recommendation?.initdeadMs).toBe(10_000);
  });
});

describe('smallest margin', () => {
  const stream = (to: string, maxMs: number, link: string | null = null) => ({
    ...{ from: to === A ? B : A, to, link, count: 100, maxMs },
    smallestMarginMs: TIMING.deadtimeMs - maxMs,
    smallestMarginAtMs: 5,
  });

  test('of both directions the smaller; a link alone decides nothing', () => {
    expect(smallestMargin([stream(A, 2000), stream(B, 2500), stream(B, 5900, 'eth1')])).toMatchObject({
      smallestMs: 3500,
      to: B,
    });
    expect(smallestMargin([])).toBeNull();
  });

  test('as a criterion: passes from half of deadtime on, is unknown without both directions, and fails even then', () => {
    expect(marginCriterion([stream(A, 2000), stream(B, 3000)]).result).toBe('pass');
    expect(marginCriterion([stream(A, 2000), stream(B, 3100)]).result).toBe('fail');
    expect(marginCriterion([stream(A, 2000)]).result).toBe('unknown');
    expect(marginCriterion([stream(A, 3100)]).result).toBe('fail');
    expect(marginCriterion([]).result).toBe('unknown');
    expect(marginCriterion([stream(A, 3100), stream(B, 3100)], 0.4).result).toBe('pass');
  });
});

test('no longer than it should be: three days of two links are judged in seconds', () => {
  const gaps = tailedGaps(259_200, 0.1, 5, 61);
  const links = ['bcast:eth1', 'serial:/dev/ttyS0'].flatMap((id) => [
    streamOf(A, B, gaps, 0, id),
    streamOf(B, A, gaps, 0, id),
  ]);
  const record = recordOf(gaps);
  const advice = advise({ ...record, streams: [...record.streams, ...links] }, QUESTION);
  expect(advice.recommendation).not.toBeNull();
  expect(advice.observed.hoursOfDay).toHaveLength(24);
  expect(JSON.stringify(advice).length).toBeLessThan(200_000);
});
