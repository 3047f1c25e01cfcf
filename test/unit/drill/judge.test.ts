// Each check against a record that passes it and one that does not; unknown is never a pass.
import { describe, expect, test } from 'vitest';
import type { CriterionResult } from '../../../electron/common/contract/drill.ts';
import { judgeChecks, verdictOf } from '../../../electron/common/drill/judge.ts';
import {
  headlineMs,
  takeoverTimes,
  unavailability,
  unhandledMs,
  type RunRecord,
} from '../../../electron/common/drill/record.ts';
import { CheckSchema } from '../../../electron/common/drill/script.ts';
import { isFulfilled } from '../../../electron/common/drill/view.ts';
import {
  DRILL_VIP,
  event,
  nodeView,
  pairView,
  probes,
  ROLES,
  heardStream,
  runRecord,
  vip,
} from '../../support/drillRecord.ts';

function judged(check: object, record: RunRecord): CriterionResult['result'] {
  return judgeChecks([CheckSchema.parse(check)], record)[0]?.result ?? 'not-applicable';
}

/** Served by a until 1 s, by nobody for 2 s, then by b. */
const TAKEN = probes(`${'a'.repeat(10)}${'.'.repeat(20)}${'b'.repeat(60)}`);

describe('outage', () => {
  test('within the limit and one period; longer fails; without end fails', () => {
    const check = { check: 'outage', in: 'fault', max: 'deadtime' };
    expect(judged(check, runRecord({ probes: TAKEN }))).toBe('pass');
    const longer = probes(`${'a'.repeat(10)}${'.'.repeat(25)}${'b'.repeat(55)}`);
    expect(judged(check, runRecord({ probes: longer }))).toBe('fail');
    expect(judged(check, runRecord({ probes: probes(`${'a'.repeat(10)}${'.'.repeat(80)}`) }))).toBe('fail');
  });

  test('fault and heal are told apart by where the outage began', () => {
    const healed = runRecord({ probes: probes(`${'a'.repeat(52)}${'.'.repeat(10)}${'a'.repeat(28)}`) });
    expect(judged({ check: 'outage', in: 'fault', max: '0ms' }, healed)).toBe('pass');
    expect(judged({ check: 'outage', in: 'heal', max: '500ms' }, healed)).toBe('fail');
    expect(headlineMs(healed, 'heal-outage')).toBe(1000);
    expect(unavailability(healed)).toEqual({ totalMs: 1000, gaps: 1 });
  });

  test('the first request that fails may have been due just before the fault', () => {
    const early = probes(`${'a'.repeat(10)}${'.'.repeat(20)}${'b'.repeat(60)}`);
    const record = runRecord({ probes: early, windows: [{ kind: 'fault', fromMs: 1050, toMs: 9000, isTimed: true }] });
    expect(headlineMs(record, 'fault-outage')).toBe(2000);
  });

  test('without a probe nothing is known', () => {
    const blind = runRecord({ probes: [], probePeriodMs: null });
    expect(judged({ check: 'outage', in: 'run', max: '1s' }, blind)).toBe('unknown');
    expect(judged({ check: 'served-by', is: 'standby' }, blind)).toBe('unknown');
  });
});

describe('two holders', () => {
  const added = event('b', 2000, { kind: 'vip', address: DRILL_VIP, change: 'added', iface: 'eth0' });
  const removed = event('a', 2600, { kind: 'vip', address: DRILL_VIP, change: 'removed', iface: 'eth0' });

  test('time for which both held counts', () => {
    const record = runRecord({ events: [added, removed] });
    expect(judged({ check: 'dual', max: '500ms' }, record)).toBe('fail');
    expect(judged({ check: 'dual', max: '600ms' }, record)).toBe('pass');
  });

  // What two clocks cannot tell apart is allowed where both agreed on the move, and nowhere else.
  test('a hand-over has its own limit; a takeover that nobody agreed on has none of it', () => {
    const check = { check: 'dual', max: '0ms', handover: '250ms' };
    const overlap = (ms: number) => [added, event('a', 2000 + ms, { ...removed.event.body })];
    const standby = event('a', 1900, { kind: 'standby', phase: 'requested' });
    expect(judged(check, runRecord({ events: overlap(200) }))).toBe('fail');
    expect(judged(check, runRecord({ events: [standby, ...overlap(200)] }))).toBe('pass');
    expect(judged(check, runRecord({ events: [standby, ...overlap(300)] }))).toBe('fail');
    expect(judged(check, runRecord({ events: overlap(200), autoFailback: true }))).toBe('pass');
    const { text } = judgeChecks([CheckSchema.parse(check)], runRecord())[0] ?? {};
    expect(text?.en).toContain('250ms in an agreed hand-over');
  });

  test('a node without power holds nothing', () => {
    const cut = runRecord({ events: [added], powerCuts: [{ node: 'a', fromMs: 1000 }] });
    expect(judged({ check: 'dual', max: '0ms' }, cut)).toBe('pass');
    expect(judged({ check: 'dual', max: '0ms' }, runRecord({ events: [added] }))).toBe('fail');
  });

  test('of a killed agent the LAN tells what its node holds; without a witness it is unknown', () => {
    const silences = [{ node: 'a', fromMs: 1000, toMs: 6000, heldAfter: [] }];
    const lan = (tMs: number, nodes: string[]) => ({ tMs, address: DRILL_VIP, nodes });
    const check = { check: 'dual', max: '0ms' };
    const gone = { events: [added], silences, lanWords: [lan(1200, []), lan(2500, ['b'])] };
    expect(judged(check, runRecord(gone))).toBe('pass');
    expect(judged(check, runRecord({ ...gone, lanWords: [lan(2500, ['a', 'b'])] }))).toBe('fail');
    expect(judged(check, runRecord({ ...gone, lanWords: [] }))).toBe('unknown');
    // Nobody else took it: there is nothing to be told apart.
    expect(judged(check, runRecord({ events: [], silences, lanWords: [] }))).toBe('pass');
  });

  test('one holder at the end must be the one who answers', () => {
    const check = { check: 'one-holder' };
    expect(judged(check, runRecord())).toBe('pass');
    expect(judged(check, runRecord({ atEnd: pairView('a', { answeredBy: 'b' }) }))).toBe('fail');
    const both = vip('a', { verdict: 'dual', holder: null, holders: ['a', 'b'] });
    expect(judged(check, runRecord({ atEnd: pairView('a', { vips: [both] }) }))).toBe('fail');
    const lost = vip('a', { verdict: 'unknown', holder: null, missing: ['b'] });
    expect(judged(check, runRecord({ atEnd: pairView('a', { vips: [lost] }) }))).toBe('unknown');
  });
});

describe('who holds', () => {
  test('declared is the preferred node with failback, else whoever held before the heal', () => {
    const check = { check: 'holder', at: 'end', is: 'declared' };
    const moved = { beforeHeal: pairView('b'), atEnd: pairView('b') };
    expect(judged(check, runRecord(moved))).toBe('pass');
    expect(judged(check, runRecord({ ...moved, autoFailback: true }))).toBe('fail');
    expect(judged(check, runRecord({ ...moved, autoFailback: true, atEnd: pairView('a') }))).toBe('pass');
  });

  test('answers of the wrong node after the takeover fail', () => {
    const check = { check: 'served-by', is: 'standby' };
    expect(judged(check, runRecord({ probes: TAKEN }))).toBe('pass');
    const mixed = probes(`${'a'.repeat(10)}${'.'.repeat(20)}${'b'.repeat(8)}abb${'b'.repeat(48)}`);
    expect(judged(check, runRecord({ probes: mixed }))).toBe('fail');
  });

  test('no role change: any move of an address fails, however short', () => {
    expect(judged({ check: 'no-role-change' }, runRecord())).toBe('pass');
    const blip = [
      event('a', 2000, { kind: 'vip', address: DRILL_VIP, change: 'removed', iface: 'eth0' }),
      event('a', 2100, { kind: 'vip', address: DRILL_VIP, change: 'added', iface: 'eth0' }),
    ];
    expect(judged({ check: 'no-role-change' }, runRecord({ events: blip }))).toBe('fail');
  });

  test('nobody is taken for dead', () => {
    const dead = event('b', 3000, { kind: 'peer-status', peer: 'a', status: 'dead' });
    expect(judged({ check: 'no-false-death' }, runRecord())).toBe('pass');
    expect(judged({ check: 'no-false-death' }, runRecord({ events: [dead] }))).toBe('fail');
  });
});

describe('links', () => {
  const dead = (node: string, tMs: number) =>
    event(node, tMs, { kind: 'link', link: '/dev/ttyS0', direction: 'from-peer', state: 'dead' });
  const check = { check: 'link-alarm', links: 'serial', seenBy: 'both', within: 'deadtime + 1s' };

  test('both must report it in time, and clear it', () => {
    expect(judged(check, runRecord({ events: [dead('a', 3000), dead('b', 3100)] }))).toBe('pass');
    expect(judged(check, runRecord({ events: [dead('a', 3000)] }))).toBe('fail');
    expect(judged(check, runRecord({ events: [dead('a', 3000), dead('b', 4900)] }))).toBe('fail');
    const atEnd = pairView('a', { nodes: [nodeView('a'), nodeView('b', {}, ['up', 'dead'])] });
    expect(judged(check, runRecord({ events: [dead('a', 3000), dead('b', 3100)], atEnd }))).toBe('fail');
  });

  test('one direction only: the other end must not report it', () => {
    const oneWay = { ...check, seenBy: 'standby', only: true };
    expect(judged(oneWay, runRecord({ events: [dead('b', 3000)] }))).toBe('pass');
    expect(judged(oneWay, runRecord({ events: [dead('a', 3000), dead('b', 3100)] }))).toBe('fail');
  });

  test('by hand nobody knows the moment: late is no reason, silence is', () => {
    const byHand = [
      { kind: 'fault' as const, fromMs: 1000, toMs: 80_000, isTimed: false },
      { kind: 'heal' as const, fromMs: 80_000, toMs: 90_000, isTimed: true },
    ];
    const late = { windows: byHand, endedAtMs: 90_000, events: [dead('a', 60_000), dead('b', 60_000)] };
    expect(judged(check, runRecord(late))).toBe('pass');
    expect(judged(check, runRecord({ ...late, events: [] }))).toBe('fail');
    expect(takeoverTimes(runRecord(late)).detectMs).toBeNull();
  });

  test('at the end every link is up, and a node that is not heard of is unknown', () => {
    expect(judged({ check: 'links-up' }, runRecord())).toBe('pass');
    const silent = { ...nodeView('b'), attached: false };
    expect(judged({ check: 'links-up' }, runRecord({ atEnd: pairView('a', { nodes: [nodeView('a'), silent] }) }))).toBe(
      'unknown',
    );
  });
});

describe('costs and margin', () => {
  test('what was not measured is unknown, what is too much fails', () => {
    const check = { check: 'cpu', percentMax: 10 };
    const cost = (cpuPercent: number | null) => [{ node: 'a', cpuPercent, logKilobytesPerMinute: null }];
    expect(judged(check, runRecord({ costs: cost(3) }))).toBe('pass');
    expect(judged(check, runRecord({ costs: cost(30) }))).toBe('fail');
    expect(judged(check, runRecord({ costs: cost(null) }))).toBe('unknown');
    expect(judged(check, runRecord())).toBe('unknown');
    const margin = { check: 'margin', shareMin: 0.5 };
    expect(judged(margin, runRecord())).toBe('pass');
    expect(judged({ ...margin, shareMin: 0.9 }, runRecord())).toBe('fail');
    expect(judged(margin, runRecord({ margins: [] }))).toBe('unknown');
    expect(judged(margin, runRecord({ margins: [heardStream('a', 'b', 500)] }))).toBe('unknown');
  });
});

describe('verdict', () => {
  const words = { en: 'x', 'zh-CN': 'x' };
  const c = (result: CriterionResult['result']): CriterionResult => ({
    check: 'x',
    text: words,
    result,
    measured: null,
  });
  const none = { voids: [], fails: [], remarks: [] };
  test.each([
    [[c('pass')], none, 'pass'],
    [[c('pass'), c('fail')], none, 'fail'],
    [[c('pass'), c('unknown')], none, 'void'],
    [[c('fail')], { ...none, voids: [words] }, 'void'],
    [[c('pass')], { ...none, remarks: [words] }, 'remark'],
    [[c('pass')], { ...none, fails: [words] }, 'fail'],
  ] as const)('case %#', (criteria, remarks, verdict) => {
    expect(verdictOf(criteria, remarks).verdict).toBe(verdict);
  });

  test('every reason that speaks against it is in the notes', () => {
    const { notes } = verdictOf([c('fail'), c('unknown')], { ...none, voids: [words] });
    expect(notes).toHaveLength(3);
  });
});

describe('conditions', () => {
  test('an old report fulfils nothing', () => {
    const old = { ...nodeView('b', {}, ['up', 'dead']), statusAgeMs: 60_000 };
    const view = pairView('a', { nodes: [nodeView('a'), old] });
    const condition = { is: 'links', links: 'serial', seenBy: 'standby', state: 'dead' } as const;
    expect(isFulfilled(condition, view, ROLES)).toBe(false);
    expect(isFulfilled(condition, pairView('a', { nodes: [nodeView('a'), { ...old, statusAgeMs: 100 }] }), ROLES)).toBe(
      true,
    );
  });

  test('served means five good answers in a row of that node', () => {
    const served = { is: 'served', by: 'standby' } as const;
    expect(isFulfilled(served, pairView('b'), ROLES)).toBe(true);
    expect(isFulfilled(served, pairView('b', { goodRun: { by: 'b', count: 4 } }), ROLES)).toBe(false);
    expect(isFulfilled(served, pairView('a'), ROLES)).toBe(false);
  });

  test('letting go is not known while the verdict is not', () => {
    const gone = { is: 'holds', who: 'holder', yes: false } as const;
    expect(isFulfilled(gone, pairView('b'), ROLES)).toBe(true);
    const lost = vip(null, { verdict: 'unknown', missing: ['a'] });
    expect(isFulfilled(gone, pairView('b', { vips: [lost] }), ROLES)).toBe(false);
  });
});

describe('a fault that nothing handles', () => {
  test.each([
    ['served through it', 'a'.repeat(90), 0],
    ['moved in time', `${'a'.repeat(11)}${'.'.repeat(20)}${'b'.repeat(59)}`, 0],
    ['until it was mended', `${'a'.repeat(11)}${'.'.repeat(41)}${'a'.repeat(38)}`, 4100],
    ['the outage of the heal is another matter', `${'a'.repeat(53)}${'.'.repeat(10)}${'a'.repeat(27)}`, 0],
  ])('%s', (_name, answers, ms) => expect(unhandledMs(runRecord({ probes: probes(answers) }))).toBe(ms));
});

test('two holders while the daemon is dead fail, also when the heal mends it', () => {
  const dual = pairView('a', { vips: [{ ...vip('a'), verdict: 'dual', holder: null, holders: ['a', 'b'] }] });
  const record = runRecord({ beforeHeal: dual });
  expect(judged({ check: 'one-holder', at: 'heal' }, record)).toBe('fail');
  expect(judged({ check: 'one-holder' }, record)).toBe('pass');
  expect(judged({ check: 'one-holder', at: 'heal' }, runRecord({ beforeHeal: null }))).toBe('unknown');
});
