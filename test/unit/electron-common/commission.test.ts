// Goal: the checklist from nothing to the report says what is so: what nobody said is not done, what failed wants a person, what is newer than the report makes it old.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commissionReport, commissionText } from '../../../electron/cli/commissionReport.ts';
import { factText } from '../../../electron/common/commission/words.ts';
import type { DrillBoard, DrillRun } from '../../../electron/common/contract/drill.ts';
import type { ReportInfo } from '../../../electron/common/contract/report.ts';
import type { PairState } from '../../../electron/common/contract/state.ts';
import { summaryOf } from '../../../electron/common/drill/statistics.ts';
import {
  COMMISSION_STEPS,
  type CommissionFacts,
  commissionItems,
  type CommissionStep,
  nextItem,
} from '../../../electron/common/commission/items.ts';
import { fakePreflight } from '../../support/fakeData.ts';
import { FakeConsole } from '../../support/fakeConsole.ts';
import { fakeRun } from '../../support/fakeDrills.ts';
import { readDrills } from '../../../electron/core/drill/scripts.ts';

const NOTHING: CommissionFacts = {
  state: null,
  preflight: [],
  isChecking: false,
  isApplying: false,
  advice: null,
  board: null,
  areDrillsRunning: false,
  reports: null,
};

const SCRIPTS = readDrills(join(import.meta.dirname, '../../../resources/drills'), (problem) => {
  throw new Error(problem);
});

const stateOf = (facts: Partial<CommissionFacts>, step: CommissionStep): string => {
  const item = commissionItems({ ...NOTHING, ...facts }).find((one) => one.step === step);
  return `${item?.state ?? ''} ${item?.fact.kind === 'words' ? item.fact.code : ''}`;
};

function warmState(): PairState {
  const fake = new FakeConsole();
  fake.warmUp(20_000);
  const state = fake.pairState();
  fake.close();
  return state;
}

/** A board with one suite of these verdicts of the first drills, in order. */
function boardOf(...verdicts: DrillRun['verdict'][]): DrillBoard {
  const runs = verdicts.map((verdict, i) => {
    const script = SCRIPTS[i];
    if (script === undefined) throw new Error('there are not so many drills');
    return fakeRun(script, 2000, { verdict });
  });
  const suite = {
    schema: 'twinbeat.drill-suite/1' as const,
    suiteId: 's',
    pairId: 'rack',
    pairName: 'rack',
    isRack: true,
    state: 'complete' as const,
    startedWallMs: 0,
    endedWallMs: 1,
    limits: { failoverMs: null, healMs: null },
    soakMs: null,
    waivers: [],
    plan: [],
    doneCount: runs.length,
    runs,
  };
  return { drills: [], suites: [summaryOf(suite)], resumable: null };
}

const reportAt = (madeWallMs: number, verdict: ReportInfo['verdict']): ReportInfo =>
  ({ madeWallMs, verdict }) as ReportInfo;

test('nothing known: nothing is done, and the way begins with a pair', () => {
  const items = commissionItems(NOTHING);
  expect(items.filter((item) => item.state === 'done')).toEqual([]);
  expect(nextItem(items)?.step).toBe('connect');
});

test('a pair that runs is connected, deployed and linked; agents that say nothing make its links unknown, never done', () => {
  const state = warmState();
  expect(stateOf({ state }, 'connect')).toBe('done connected');
  expect(stateOf({ state }, 'deploy')).toBe('done deployed');
  expect(stateOf({ state }, 'links')).toBe('done linksUp');
  const [a, b] = state.nodes;
  const silent = {
    ...state,
    nodes: [
      { ...a, status: null },
      { ...b, status: null },
    ],
  } satisfies PairState;
  expect(stateOf({ state: silent }, 'links')).toBe('unknown linksUnknown');
});

test('checks: a failed one wants a person', () => {
  const preflight = fakePreflight(['node1', 'node2']).map((item) => ({ ...item, result: 'ok' as const }));
  expect(stateOf({ preflight }, 'preflight')).toBe('done checked');
  const failed = preflight.map((item, i) => (i === 0 ? { ...item, result: 'failed' as const } : item));
  expect(stateOf({ preflight: failed }, 'preflight')).toBe('trouble checkFailed');
  expect(stateOf({ preflight, isChecking: true }, 'preflight')).toBe('busy checking');
});

test('drills: only what measured counts, a failed or a void run is not hidden by those that passed', () => {
  expect(stateOf({ board: boardOf() }, 'drills')).toBe('todo noDrills');
  expect(stateOf({ board: boardOf('skipped') }, 'drills')).toBe('todo noDrills');
  expect(stateOf({ board: boardOf('pass', 'remark') }, 'drills')).toBe('done drillsAll');
  expect(stateOf({ board: boardOf('pass', 'void') }, 'drills')).toBe('trouble drillsVoid');
  expect(stateOf({ board: boardOf('pass', 'void', 'fail') }, 'drills')).toBe('trouble drillsFailed');
});

test('report: one made before the newest drill is old; one that does not accept wants a person', () => {
  const board = boardOf('pass');
  const ranAt = board.suites[0]?.suite.runs[0]?.startedWallMs ?? 0;
  expect(stateOf({ board, reports: [] }, 'report')).toBe('todo noReport');
  expect(stateOf({ board, reports: [reportAt(ranAt - 1, 'pass')] }, 'report')).toBe('todo reportOld');
  expect(stateOf({ board, reports: [reportAt(ranAt + 1, 'pass')] }, 'report')).toBe('done reportMade');
  expect(stateOf({ board, reports: [reportAt(ranAt + 1, 'incomplete')] }, 'report')).toBe('trouble reportMade');
});

test('what comes next: advice takes minutes of heartbeats and holds nothing up, but is not forgotten', () => {
  const state = warmState();
  const preflight = fakePreflight(['node1', 'node2']).map((item) => ({ ...item, result: 'ok' as const }));
  const facts = { ...NOTHING, state, preflight };
  // Somebody who comes back to a pair that is deployed.
  expect(nextItem(commissionItems({ ...NOTHING, state }))?.step).toBe('drills');
  expect(nextItem(commissionItems(facts))?.step).toBe('drills');
  const board = boardOf('pass');
  expect(nextItem(commissionItems({ ...facts, board }))?.step).toBe('report');
  const reports = [reportAt(Number.MAX_SAFE_INTEGER, 'pass')];
  expect(nextItem(commissionItems({ ...facts, board, reports }))?.step).toBe('advice');
});

describe('commission on the command line', () => {
  test('each step with its state and why; done only when all of them are', () => {
    const report = commissionReport(commissionItems({ ...NOTHING, state: warmState(), board: boardOf('fail') }));
    expect(report.done).toBe(false);
    expect(report.steps.map(({ step }) => step)).toEqual([...COMMISSION_STEPS]);
    expect(report.steps.find(({ step }) => step === 'drills')).toMatchObject({
      state: 'trouble',
      fact: 'drillsFailed',
      text: '1 failed, 0 passed.',
    });
    const lines = commissionText(report).trimEnd().split('\n');
    expect(lines).toHaveLength(COMMISSION_STEPS.length + 1);
    expect(lines.at(-1)).toMatch(/^next: (\w+) \(twinbeat /);
  });

  test('with everything done nothing comes next', () => {
    const items = COMMISSION_STEPS.map((step) => ({
      step,
      state: 'done' as const,
      fact: { kind: 'words' as const, code: 'connected' as const, params: {} },
    }));
    expect(commissionReport(items)).toMatchObject({ done: true, next: null });
    expect(commissionText(commissionReport(items))).toContain('everything is done');
    const one = items.map((item) => (item.step === 'advice' ? { ...item, state: 'unknown' as const } : item));
    expect(commissionReport(one)).toMatchObject({ done: false, next: 'advice' });
  });

  test('the sentences take their numbers and names, in both languages, and leave no gap', () => {
    const made = commissionItems({ ...NOTHING, reports: [reportAt(9, 'remarks')] }).find((i) => i.step === 'report');
    expect(made === undefined ? null : factText(made.fact)).toEqual({
      en: 'Last report: accepted with remarks.',
      'zh-CN': '上次报告：有附注地通过。',
    });
    for (const { fact } of commissionItems({ ...NOTHING, state: warmState(), board: boardOf('pass', 'void') }))
      for (const words of Object.values(factText(fact))) expect(words).not.toMatch(/[{}?]{2}|undefined/);
  });
});
