/** One suite at work: run after run by its plan, everything told and kept as it happens. */
import { randomUUID } from 'node:crypto';
import type { DrillItem, DrillOrder, DrillRun, DrillSuite, PlannedRun, Text } from '../../common/contract/drill.ts';
import { reasonsAgainst } from '../../common/drill/availability.ts';
import type { DrillScript } from '../../common/drill/script.ts';
import { summaryOf } from '../../common/drill/statistics.ts';
import { text } from '../../common/drill/text.ts';
import { AsyncQueue } from '../base/asyncQueue.ts';
import { restoreAll } from './breaks.ts';
import { concludeRun } from './conclude.ts';
import { DrillRunner } from './run.ts';
import { quantitiesOf, surroundingsOf, viewOf, type DrillStage } from './stage.ts';
import type { KeptSuite, SuiteStore } from './suiteStore.ts';
import { RunWatch } from './watch.ts';

/** How often a running suite says on disk that it lives, milliseconds. */
const ALIVE_PERIOD_MS = 3000;

export interface SuiteParts {
  readonly stage: DrillStage;
  readonly store: SuiteStore;
  readonly scripts: readonly DrillScript[];
}

/** A new suite by its order, with nothing run yet. */
export function newSuite(stage: DrillStage, order: DrillOrder, plan: readonly PlannedRun[]): DrillSuite {
  return {
    schema: 'twinbeat.drill-suite/1',
    suiteId: randomUUID(),
    pairId: stage.pairId,
    pairName: stage.pairName,
    isRack: stage.rack !== null,
    state: 'running',
    startedWallMs: stage.wallMs(),
    endedWallMs: null,
    limits: order.limits,
    soakMs: order.soakMs,
    waivers: order.waivers,
    plan: [...plan],
    doneCount: 0,
    runs: [],
  };
}

export class SuiteWork {
  /** Everything that happens, to be read by one reader; leaving it stops the suite. */
  readonly items: AsyncQueue<DrillItem>;
  readonly over: Promise<void>;

  private readonly parts: SuiteParts;
  private readonly stop = new AbortController();
  private suite: DrillSuite;
  private open: KeptSuite['open'] = null;
  private runner: DrillRunner | null = null;
  /** How it ends when it is stopped: by a person's wish, or because nobody is there any more. */
  private stoppedAs: 'aborted' | 'interrupted' = 'interrupted';

  /** `left`: what an earlier console had in work when it ended; null: nothing. */
  constructor(parts: SuiteParts, suite: DrillSuite, left: KeptSuite['open'], signal: AbortSignal) {
    this.parts = parts;
    this.suite = { ...suite, state: 'running', endedWallMs: null };
    this.items = new AsyncQueue(signal, () => this.stop.abort());
    this.over = this.work(left);
  }

  get suiteId(): string {
    return this.suite.suiteId;
  }

  /** Stops it: what is broken is undone first. `isWish`: a person wanted it. */
  abort(isWish: boolean): void {
    if (isWish) this.stoppedAs = 'aborted';
    this.stop.abort();
  }

  /** Answers hands; false: there is no such question. */
  answer(askId: string, how: 'continued' | 'skipped'): boolean {
    return this.runner?.answer(askId, how) ?? false;
  }

  private keep(): void {
    const { stage, store } = this.parts;
    const owner = { pid: process.pid, aliveWallMs: stage.wallMs() };
    store.keep({ suite: this.suite, owner, open: this.open });
  }

  private script(planned: PlannedRun): DrillScript | null {
    return this.parts.scripts.find((s) => s.id === planned.drill) ?? null;
  }

  private async work(left: KeptSuite['open']): Promise<void> {
    const alive = setInterval(() => this.keep(), ALIVE_PERIOD_MS);
    try {
      this.keep();
      await this.recover(left);
      this.items.push({ kind: 'suite', suite: this.suite });
      while (this.suite.doneCount < this.suite.plan.length && !this.stop.signal.aborted) await this.next();
    } finally {
      clearInterval(alive);
      this.finish();
    }
  }

  private finish(): void {
    const { stage, store } = this.parts;
    const isDone = this.suite.doneCount >= this.suite.plan.length;
    const state = isDone ? 'complete' : this.stoppedAs;
    this.suite = { ...this.suite, state, endedWallMs: stage.wallMs() };
    this.keep();
    store.tidy(stage.pairId, stage.wallMs());
    this.items.push({ kind: 'summary', summary: summaryOf(this.suite) });
    this.items.end();
  }

  /** What an earlier console left: undone first; its run is kept as void, with the reason, and done again. */
  private async recover(left: KeptSuite['open']): Promise<void> {
    if (left === null) return;
    await restoreAll(this.parts.stage);
    const planned = this.suite.plan[left.planIndex];
    const script = planned === undefined ? null : this.script(planned);
    if (planned === undefined || script === null) return;
    const names = left.broken.map((b) => `${b.name} (${b.node})`);
    const was =
      names.length === 0
        ? text('', '')
        : text(`; still on then: ${names.join(', ')}`, `；当时仍有效：${names.join('、')}`);
    const why = text(`the console ended in the middle of this run${was.en}`, `控制台在本次演练中途结束${was['zh-CN']}`);
    const run = this.emptyRun(script, planned, 'void', [why]);
    this.suite = { ...this.suite, runs: [...this.suite.runs, { ...run, startedWallMs: left.beganWallMs }] };
    this.keep();
  }

  /** The record of a run that measured nothing. */
  private emptyRun(script: DrillScript, planned: PlannedRun, verdict: DrillRun['verdict'], notes: Text[]): DrillRun {
    const { stage } = this.parts;
    const watch = new RunWatch(stage.session);
    watch.close();
    const view = viewOf(stage, null);
    const run = concludeRun({
      script,
      planned,
      stage,
      watch,
      roles: null,
      quantities: quantitiesOf(stage, this.suite.limits),
      atStart: view,
      beforeHeal: null,
      atEnd: view,
      level: null,
      costs: [],
      startedWallMs: stage.wallMs(),
      steps: [],
      faults: [],
      unseen: [],
      remarks: [],
      gates: [],
      waivers: this.suite.waivers,
      fails: [],
      voids: [],
    });
    return { ...run, verdict, notes };
  }

  private async next(): Promise<void> {
    const planIndex = this.suite.doneCount;
    const planned = this.suite.plan[planIndex];
    const script = planned === undefined ? null : this.script(planned);
    if (planned === undefined || script === null) {
      this.suite = { ...this.suite, doneCount: planIndex + 1 };
      return;
    }
    this.items.push({ kind: 'run-begin', planIndex, planned, title: script.title });
    const against = reasonsAgainst(script, await surroundingsOf(this.parts.stage, null, null));
    const run =
      against.length > 0
        ? this.emptyRun(script, planned, 'skipped', against)
        : await this.runOne(script, planned, planIndex);
    // One that cannot be run here is kept too: a report must not call it untried.
    this.parts.stage.session.addDrill(run);
    // A run that was stopped is kept, and is not done: a suite that goes on does it again.
    const isDone = !this.stop.signal.aborted || ['pass', 'remark', 'fail'].includes(run.verdict);
    this.suite = {
      ...this.suite,
      runs: [...this.suite.runs, run],
      doneCount: isDone ? planIndex + 1 : planIndex,
    };
    this.open = null;
    this.keep();
    this.items.push({ kind: 'run', planIndex, run });
  }

  private async runOne(script: DrillScript, planned: PlannedRun, planIndex: number): Promise<DrillRun> {
    const { stage } = this.parts;
    const { limits, soakMs, waivers } = this.suite;
    this.open = { planIndex, beganWallMs: stage.wallMs(), broken: [] };
    this.keep();
    this.runner = new DrillRunner(
      stage,
      { script, planned, limits, soakMs, waivers },
      {
        onStep: (words, atMs) => this.items.push({ kind: 'step', planIndex, text: words, atMs }),
        onHands: (hands) => this.items.push({ kind: 'hands', planIndex, hands }),
        onHandsEnd: (askId, how) => this.items.push({ kind: 'hands-over', askId, how }),
        onBreaks: (broken) => {
          if (this.open !== null)
            this.open = { ...this.open, broken: broken.map(({ node, name }) => ({ node, name })) };
          this.keep();
        },
      },
      this.stop.signal,
    );
    try {
      return await this.runner.run();
    } finally {
      this.runner = null;
    }
  }
}
