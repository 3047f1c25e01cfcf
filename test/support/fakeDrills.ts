/** Drills and exercises of the scripted console: the real scripts, runs that are over in a moment, one that needs hands. */
import { join } from 'node:path';
import type { CancelSignal } from '../../agent/common/rpc/cancel.ts';
import type { Implementation } from '../../agent/common/rpc/contract.ts';
import { RpcError } from '../../agent/common/rpc/messages.ts';
import type { ConsoleContract } from '../../electron/common/contract/console.ts';
import type { DrillInfo, DrillItem, DrillOrder, DrillRun, DrillSuite } from '../../electron/common/contract/drill.ts';
import type { ExerciseGrade, ExerciseView } from '../../electron/common/contract/exercise.ts';
import { checkText, stepText } from '../../electron/common/drill/checkText.ts';
import { planOf } from '../../electron/common/drill/plan.ts';
import { longestRunMs, observeMs } from '../../electron/common/drill/estimate.ts';
import type { DrillScript } from '../../electron/common/drill/script.ts';
import { QUANTITIES } from './drillRecord.ts';
import { summaryOf } from '../../electron/common/drill/statistics.ts';
import { faultChoices, placeChoices, placeId } from '../../electron/common/exercise/choices.ts';
import { pointsOf } from '../../electron/common/exercise/grade.ts';
import { ExerciseScriptSchema, type ExerciseScript } from '../../electron/common/exercise/script.ts';
import { readDrills, readScripts } from '../../electron/core/drill/scripts.ts';

const RESOURCES = join(import.meta.dirname, '../../resources');
const NODES = { a: 'node1', b: 'node2', holder: 'node1' };
const ROLES = { holder: 'node1', standby: 'node2' };
/** Cannot be run here, as on a rack without an adapter to pull. */
const MISSING = 'serial-adapter-lost';
/** Asks for hands, as on real servers. */
const BY_HANDS = 'serial-pulled';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function infoOf(script: DrillScript): DrillInfo {
  const available = script.id !== MISSING;
  return {
    id: script.id,
    row: script.row,
    title: script.title,
    purpose: script.purpose,
    directions: script.directions,
    repeatDefault: script.repeat,
    isLong: script.long,
    available,
    reasons: available ? [] : [{ en: 'there is no USB adapter', 'zh-CN': '没有 USB 适配器' }],
    hands: script.id === BY_HANDS ? 1 : 0,
    level: script.id === 'soak' ? null : 'physical',
    mostMs: longestRunMs(script, QUANTITIES, true),
    observeMs: observeMs(script, QUANTITIES),
    quietMs: 1000,
    steps: script.steps.map((s) => stepText(s)),
    criteria: script.pass.map((c) => checkText(c)),
  };
}

/** A run that passed with this outage, as the core would have recorded it. */
export function fakeRun(script: DrillScript, outageMs: number, over: Partial<DrillRun> = {}): DrillRun {
  return {
    runId: `${script.id}-${outageMs}-${over.repetition ?? 1}`,
    drill: script.id,
    row: script.row,
    title: script.title,
    from: 'node1',
    to: 'node2',
    repetition: 1,
    verdict: 'pass',
    notes: [],
    criteria: script.pass.map((c) => ({ check: c.check, text: checkText(c), result: 'pass', measured: null })),
    level: 'physical',
    sessionId: 's1',
    startedWallMs: 1_790_000_000_000,
    beganAtMs: 600_000,
    faultAtMs: 601_000,
    healAtMs: 606_000,
    endedAtMs: 610_000,
    outageMs,
    healOutageMs: 0,
    unavailableMs: outageMs,
    gaps: 1,
    detectMs: outageMs - 100,
    takeoverMs: 40,
    dualMs: 0,
    holderAfter: 'node2',
    holderEnd: 'node2',
    servedBy: 'node2',
    wrongAnswers: 0,
    marginMinMs: 900,
    lateHeartbeats: 0,
    probePeriodMs: 100,
    clockErrorMs: 0.4,
    timing: { keepaliveMs: 500, warntimeMs: 1500, deadtimeMs: 3000, initdeadMs: 4000 },
    engine: 'twinbeat',
    loadPerCore: [0.4],
    loadPerCoreMax: 2,
    gates: [],
    faults: [],
    steps: [],
    ...over,
  };
}

type DrillMethods = Pick<
  Implementation<ConsoleContract, unknown>,
  'drillList' | 'drillRun' | 'drillAnswer' | 'exerciseList' | 'exerciseStart' | 'exerciseAnswer' | 'exerciseGiveUp'
>;

export class FakeDrills {
  readonly scripts = readDrills(join(RESOURCES, 'drills'), () => undefined);
  readonly exercises = readScripts(join(RESOURCES, 'exercises'), ExerciseScriptSchema, () => undefined);
  /** What was ordered, in order. */
  readonly orders: DrillOrder[] = [];
  /** Pause after each step. */
  stepMs = 60;
  private suites: DrillSuite[] = [];
  private answerHands: ((answer: 'continue' | 'skip' | 'abort') => void) | null = null;
  private aborted = false;
  private running: { script: ExerciseScript; wrong: number; startedWallMs: number } | null = null;
  private grades: ExerciseGrade[] = [];

  private async *run(order: DrillOrder, signal: CancelSignal): AsyncGenerator<DrillItem> {
    this.orders.push(order);
    this.aborted = false;
    const left = this.suites.find((s) => s.suiteId === order.resume);
    const scripts = this.scripts.filter((s) => order.drills.includes(s.id));
    let suite: DrillSuite = left ?? {
      schema: 'twinbeat.drill-suite/1',
      suiteId: `suite-${this.orders.length}`,
      pairId: 'rack',
      pairName: 'Built-in rack',
      isRack: true,
      state: 'running',
      startedWallMs: Date.now(),
      endedWallMs: null,
      limits: order.limits,
      soakMs: order.soakMs,
      waivers: order.waivers,
      plan: planOf(scripts, order, [NODES.a, NODES.b]),
      doneCount: 0,
      runs: [],
    };
    yield { kind: 'suite', suite };
    while (suite.doneCount < suite.plan.length && !this.aborted && !signal.aborted) {
      const planIndex = suite.doneCount;
      const planned = suite.plan[planIndex];
      const script = this.scripts.find((s) => s.id === planned?.drill);
      if (planned === undefined || script === null || script === undefined) break;
      yield { kind: 'run-begin', planIndex, planned, title: script.title };
      yield* this.steps(script, planIndex);
      if (this.aborted) break;
      const run = fakeRun(script, 2400 + 170 * planIndex, { repetition: planned.repetition });
      suite = { ...suite, doneCount: planIndex + 1, runs: [...suite.runs, run] };
      yield { kind: 'run', planIndex, run };
    }
    const state = suite.doneCount < suite.plan.length ? 'aborted' : 'complete';
    suite = { ...suite, state, endedWallMs: Date.now() };
    this.suites = [suite, ...this.suites.filter((s) => s.suiteId !== suite.suiteId)];
    yield { kind: 'summary', summary: summaryOf(suite) };
  }

  private async *steps(script: DrillScript, planIndex: number): AsyncGenerator<DrillItem> {
    for (const step of script.steps) {
      if (this.aborted) return;
      yield { kind: 'step', planIndex, text: stepText(step, ROLES), atMs: 600_000 };
      await sleep(this.stepMs);
      if (script.id === BY_HANDS && step.do === 'cable') yield* this.hands(planIndex);
    }
  }

  private async *hands(planIndex: number): AsyncGenerator<DrillItem> {
    const askId = `ask-${planIndex}`;
    const words = { en: 'Pull the serial cable out of node1 or node2.', 'zh-CN': '从 node1 或 node2 拔下串口线。' };
    const hands = { askId, text: words, detects: null, isUndo: false, sinceAtMs: 600_000 };
    const answered = new Promise<'continue' | 'skip' | 'abort'>((resolve) => (this.answerHands = resolve));
    yield { kind: 'hands', planIndex, hands };
    const answer = await answered;
    this.answerHands = null;
    yield { kind: 'hands-over', askId, how: answer === 'continue' ? 'continued' : 'skipped' };
  }

  private view(): ExerciseView | null {
    if (this.running === null) return null;
    const { script, wrong, startedWallMs } = this.running;
    const elapsedMs = Date.now() - startedWallMs;
    return {
      exerciseId: script.id,
      phase: 'running',
      title: script.title,
      story: script.story,
      startedWallMs,
      elapsedMs,
      endsInMs: script.limitSeconds * 1000 - elapsedMs,
      faults: faultChoices(),
      places: placeChoices(script.setup, NODES),
      wrongAnswers: wrong,
    };
  }

  private finish(outcome: ExerciseGrade['outcome']): ExerciseGrade {
    const { running } = this;
    if (running === null) throw new RpcError('no-question', 'no exercise is running');
    const { script, wrong, startedWallMs } = running;
    const usedMs = Date.now() - startedWallMs;
    const facts = {
      outcome,
      wrongAnswers: wrong,
      usedMs,
      parMs: script.parSeconds * 1000,
      limitMs: script.limitSeconds * 1000,
    };
    const grade: ExerciseGrade = {
      exerciseId: script.id,
      title: script.title,
      outcome,
      ...pointsOf(facts),
      faultRight: outcome === 'solved',
      placeRight: outcome === 'solved',
      wrongAnswers: wrong,
      usedMs,
      firstSignMs: 3100,
      solution: faultChoices().find((f) => f.id === script.answer.fault)?.text ?? script.title,
      explanation: script.explanation,
      startedWallMs,
      sessionId: 's1',
    };
    this.running = null;
    this.grades = [grade, ...this.grades];
    return grade;
  }

  readonly methods: DrillMethods = {
    drillList: () => ({
      drills: this.scripts.map(infoOf),
      suites: this.suites.map((s) => summaryOf(s)),
      resumable: this.suites.find((s) => s.state === 'aborted')?.suiteId ?? null,
    }),
    drillRun: ({ pairId: _pairId, ...order }, _context, signal) => this.run(order, signal),
    drillAnswer: ({ answer }) => {
      if (answer === 'abort') this.aborted = true;
      this.answerHands?.(answer);
      return {};
    },
    exerciseList: () => ({
      exercises: this.exercises.map(({ id, title, story, setup, difficulty, parSeconds }) => {
        const reasons = setup === 's5' ? [] : [{ en: `it needs setup ${setup}`, 'zh-CN': `需要配置 ${setup}` }];
        return { id, title, story, setup, difficulty, parSeconds, available: setup === 's5', reasons };
      }),
      current: this.view(),
      grades: this.grades,
    }),
    exerciseStart: ({ exerciseId }) => {
      const script = this.exercises.find((e) => e.id === exerciseId);
      if (script === undefined) throw new RpcError('bad-args', `no exercise is called ${exerciseId}`);
      this.running = { script, wrong: 0, startedWallMs: Date.now() };
      return this.view() as ExerciseView;
    },
    exerciseAnswer: ({ fault, place }) => {
      const answer = this.running?.script.answer;
      if (this.running === null || answer === undefined) throw new RpcError('no-question', 'no exercise is running');
      if (fault === answer.fault && place === placeId(answer.place, NODES))
        return { result: 'right', grade: this.finish('solved') };
      this.running = { ...this.running, wrong: this.running.wrong + 1 };
      return { result: 'wrong', grade: null };
    },
    exerciseGiveUp: () => this.finish('given-up'),
  };
}
