// A suite from its order to its end: the plan, what is kept of it, and how it goes on after its console ended in the middle.
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { DrillOrderSchema, type DrillItem, type DrillSuite } from '../../../electron/common/contract/drill.ts';
import type { ActiveFault } from '../../../electron/common/contract/state.ts';
import { planOf } from '../../../electron/common/drill/plan.ts';
import { Emitter } from '../../../electron/core/base/emitter.ts';
import { Drills } from '../../../electron/core/drill/drills.ts';
import { readDrills } from '../../../electron/core/drill/scripts.ts';
import type { DrillStage } from '../../../electron/core/drill/stage.ts';
import { isResumable, SuiteStore } from '../../../electron/core/drill/suiteStore.ts';

const NOW_MS = 1_790_000_000_000;
/** No process has this id: the kernel's largest is 4194304. */
const NOBODY_PID = 99_999_999;
const scripts = readDrills(join(import.meta.dirname, '../../../resources/drills'), (problem) => {
  throw new Error(problem);
});

const order = (over: object) => DrillOrderSchema.parse({ drills: ['power-loss'], ...over });
const froms = (over: object): (string | null)[] =>
  planOf(
    scripts.filter((s) => s.id === 'power-loss'),
    order(over),
    ['a', 'b'],
  ).map((run) => run.from);

describe('the plan', () => {
  test('n runs; both directions alternate, so that each begins where the one before it ended', () => {
    expect(froms({ repeat: 3 })).toEqual([null, null, null]);
    expect(froms({ repeat: 2, both: true })).toEqual(['a', 'b', 'a', 'b']);
    expect(froms({ repeat: null })).toHaveLength(10);
  });

  test('what has no direction is not run in two', () => {
    const plan = planOf(
      scripts.filter((s) => s.id === 'split-and-heal'),
      order({ drills: ['split-and-heal'], repeat: 2, both: true }),
      ['a', 'b'],
    );
    expect(plan.map(({ from, repetition }) => [from, repetition])).toEqual([
      [null, 1],
      [null, 2],
    ]);
  });
});

/** A pair of which nothing is heard and that has no probe: every drill is skipped with a reason, and nothing is broken. */
class SilentPair {
  readonly reverted: string[] = [];
  readonly kept: string[] = [];
  active: Pick<ActiveFault, 'node' | 'faultId' | 'name' | 'phase'>[] = [];

  readonly stage: DrillStage = {
    pairId: 'pair',
    pairName: 'Pair',
    session: {
      id: 'session',
      nowMs: () => 0,
      onEvent: new Emitter(),
      onProbe: new Emitter(),
      onSample: new Emitter(),
      onWitness: new Emitter(),
      addDrill: ({ verdict }: { verdict: string }) => this.kept.push(verdict),
    },
    feeds: ['a', 'b'].map((node) => ({
      node,
      client: null,
      status: null,
      agent: { phase: 'absent', detail: '' },
      statusAgeMs: () => null,
      clockState: () => null,
    })),
    faults: {
      list: () => this.active,
      offers: () => Promise.resolve([]),
      revert: (_node: string, faultId: string) => {
        this.reverted.push(faultId);
        this.active = this.active.filter((f) => f.faultId !== faultId);
        return Promise.resolve();
      },
    },
    probe: null,
    rack: null,
    ipfail: null,
    vips: () => [],
    answeredBy: () => null,
    agentService: () => Promise.resolve(),
    run: () => Promise.resolve(null),
    wallMs: () => NOW_MS,
    // Only what a suite that measures nothing asks of a pair.
  } as unknown as DrillStage;
}

let pair: SilentPair;
let store: SuiteStore;
let drills: Drills;
beforeEach(() => {
  pair = new SilentPair();
  store = new SuiteStore(null, (problem) => {
    throw new Error(problem);
  });
  drills = new Drills(store, scripts, () => NOW_MS);
});

async function run(over: object, signal = new AbortController().signal): Promise<DrillItem[]> {
  const items: DrillItem[] = [];
  for await (const item of drills.run(pair.stage, order(over), signal)) items.push(item);
  return items;
}

const suite = (): DrillSuite | undefined => store.list('pair', NOW_MS)[0]?.suite;

test('run after run by the plan, each kept with what it came to, and a summary at the end', async () => {
  const items = await run({ repeat: 2, both: true });
  const begun = items.flatMap((item) => (item.kind === 'run-begin' ? [item.planned.from] : []));
  expect(begun).toEqual(['a', 'b', 'a', 'b']);
  expect(pair.kept).toEqual(['skipped', 'skipped', 'skipped', 'skipped']);
  expect(suite()).toMatchObject({ state: 'complete', doneCount: 4 });
  const summary = items.flatMap((item) => (item.kind === 'summary' ? [item.summary] : []))[0];
  // Nothing was measured: that is no pass, and nothing is claimed. Both directions together, then each.
  expect(summary?.verdict).toBe('void');
  expect(summary?.statistics.map(({ from, n, skipped, medianMs }) => [from, n, skipped, medianMs])).toEqual([
    [null, 0, 4, null],
    ['a', 0, 2, null],
    ['b', 0, 2, null],
  ]);
});

test('a console that died in the middle of a run: what it broke is undone, its run is void, and done again', async () => {
  await run({ repeat: 3 });
  const done = suite();
  if (done === undefined) throw new Error('no suite was kept');
  // As the console left it: one run done, the second at work, a fault on.
  store.keep({
    suite: { ...done, state: 'running', doneCount: 1, runs: done.runs.slice(0, 1) },
    owner: { pid: NOBODY_PID, aliveWallMs: NOW_MS - 1000 },
    open: { planIndex: 1, beganWallMs: NOW_MS - 5000, broken: [{ node: 'a', name: 'power-off' }] },
  });
  pair.active = [{ node: 'a', faultId: 'f1', name: 'power-off', phase: 'injected' }];
  expect(suite()).toMatchObject({ state: 'interrupted' });
  const { resumable } = await drills.board(pair.stage);
  const items = await run({ drills: [], resume: resumable });
  expect(pair.reverted).toEqual(['f1']);
  const after = suite();
  expect(after).toMatchObject({ suiteId: done.suiteId, state: 'complete', doneCount: 3 });
  expect(after?.runs.map((r) => [r.repetition, r.verdict])).toEqual([
    [1, 'skipped'],
    [2, 'void'],
    [2, 'skipped'],
    [3, 'skipped'],
  ]);
  expect(after?.runs[1]?.notes[0]?.en).toBe(
    'the console ended in the middle of this run; still on then: power-off (a)',
  );
  expect(items.filter((item) => item.kind === 'run-begin')).toHaveLength(2);
});

test('leaving stops it between two runs, and it can be gone on with', async () => {
  const stop = new AbortController();
  for await (const item of drills.run(pair.stage, order({ repeat: 4 }), stop.signal)) if (item.kind === 'run') break;
  await drills.end(null);
  const left = suite();
  expect(left?.state).toBe('interrupted');
  expect(left?.doneCount).toBeLessThan(4);
  expect(left !== undefined && isResumable(left)).toBe(true);
  expect(drills.isBusy('pair')).toBe(false);
});
