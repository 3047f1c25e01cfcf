/**
 * Hidden-fault exercises in the rack. What runs is kept on disk, so that the command line can begin one and answer it later, and so that
 * every console hides it. What is broken ends by itself at its time, whatever becomes of the console.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import {
  ExerciseGradeSchema,
  type ExerciseAnswer,
  type ExerciseBoard,
  type ExerciseGrade,
  type ExerciseInfo,
  type ExerciseView,
} from '../../common/contract/exercise.ts';
import { SetupIdSchema, type CableId, type RackState } from '../../common/contract/rack.ts';
import type { Text } from '../../common/contract/drill.ts';
import { baselineProblems } from '../../common/drill/baseline.ts';
import { soleHolder } from '../../common/drill/record.ts';
import { text } from '../../common/drill/text.ts';
import { faultChoices, placeChoices, placeId, type ExerciseNodes } from '../../common/exercise/choices.ts';
import { firstSignMs, pointsOf } from '../../common/exercise/grade.ts';
import type { ExerciseCause, ExerciseScript } from '../../common/exercise/script.ts';
import { sleepMs } from '../base/time.ts';
import { viewOf, type DrillStage } from '../drill/stage.ts';
import { writeFileAtomic } from '../profiles/files.ts';

/** Grades that are kept; the oldest go first. */
const GRADES_MAX = 200;

/** How often the file is looked at for an exercise that another process began, milliseconds. */
const LOOK_PERIOD_MS = 500;

/** A pair that is to be broken may take this long to be in order, and is looked at this often, milliseconds. */
const IN_ORDER_MS_MAX = 15_000;
const IN_ORDER_POLL_MS = 200;

const RunningSchema = z.object({
  exerciseId: z.string(),
  pairId: z.string(),
  setup: SetupIdSchema,
  startedWallMs: z.number(),
  endsWallMs: z.number(),
  nodes: z.object({ a: z.string(), b: z.string(), holder: z.string() }),
  /** Places of the answer as the trainee chooses them. */
  place: z.string(),
  wrongAnswers: z.number().int(),
  /** How it is put right early; null: the rack's cable of this id. */
  revert: z.union([
    z.object({ node: z.string(), command: z.string(), guardPid: z.number().int().nullable() }),
    z.object({ cable: z.string() }),
  ]),
});
type Running = z.infer<typeof RunningSchema>;

function readJson<T>(file: string, schema: z.ZodType<T>): T | null {
  try {
    const parsed = schema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

export class Exercises {
  private readonly dir: string | null;
  private readonly scripts: readonly ExerciseScript[];
  private readonly wallMs: () => number;
  private running: Running | null = null;
  private lookedAtMs = Number.NEGATIVE_INFINITY;
  private grades: ExerciseGrade[] = [];

  /** `dir` null: nothing is kept, and nobody else's exercise is known. */
  constructor(dir: string | null, scripts: readonly ExerciseScript[], wallMs: () => number) {
    this.dir = dir;
    this.scripts = scripts;
    this.wallMs = wallMs;
  }

  private file(name: 'running' | 'grades'): string | null {
    return this.dir === null ? null : join(this.dir, `exercise-${name}.json`);
  }

  private keepRunning(running: Running | null): void {
    this.running = running;
    const file = this.file('running');
    if (file === null) return;
    if (running === null) rmSync(file, { force: true });
    else writeFileAtomic(file, `${JSON.stringify(running)}\n`);
  }

  /** What runs, whoever began it; over its time it no longer hides anything. */
  private present(): Running | null {
    const file = this.file('running');
    if (file !== null && performance.now() - this.lookedAtMs >= LOOK_PERIOD_MS) {
      this.lookedAtMs = performance.now();
      this.running = readJson(file, RunningSchema);
    }
    return this.running;
  }

  private allGrades(): ExerciseGrade[] {
    const file = this.file('grades');
    if (file !== null) this.grades = readJson(file, z.array(ExerciseGradeSchema)) ?? [];
    return this.grades;
  }

  private keepGrade(grade: ExerciseGrade): void {
    this.grades = [grade, ...this.allGrades()].slice(0, GRADES_MAX);
    const file = this.file('grades');
    if (file !== null) writeFileAtomic(file, `${JSON.stringify(this.grades)}\n`);
  }

  /** True while what is broken on this pair is to be found, and not to be told. */
  hides(pairId: string): boolean {
    const running = this.present();
    return running !== null && running.pairId === pairId && this.wallMs() < running.endsWallMs;
  }

  private script(id: string): ExerciseScript {
    const found = this.scripts.find((s) => s.id === id);
    if (found !== undefined) return found;
    throw new RpcError('bad-args', `no exercise is called ${id}: expected ${this.scripts.map((s) => s.id).join(', ')}`);
  }

  private info(script: ExerciseScript, rack: RackState | null): ExerciseInfo {
    const { id, title, story, setup, difficulty, parSeconds } = script;
    const reasons: Text[] = [];
    if (rack === null || rack.phase !== 'up') reasons.push(text('the rack is not running', '机架没有运行'));
    else if (rack.setup !== setup)
      reasons.push(
        text(
          `it needs the rack with setup ${setup}; this one has ${rack.setup ?? '-'}`,
          `需要配置为 ${setup} 的机架；当前为 ${rack.setup ?? '-'}`,
        ),
      );
    return { id, title, story, setup, difficulty, parSeconds, available: reasons.length === 0, reasons };
  }

  private view(running: Running): ExerciseView {
    const script = this.script(running.exerciseId);
    const now = this.wallMs();
    return {
      exerciseId: script.id,
      phase: now < running.endsWallMs ? 'running' : 'over',
      title: script.title,
      story: script.story,
      startedWallMs: running.startedWallMs,
      elapsedMs: now - running.startedWallMs,
      endsInMs: Math.max(0, running.endsWallMs - now),
      faults: faultChoices(),
      places: placeChoices(running.setup, running.nodes),
      wrongAnswers: running.wrongAnswers,
    };
  }

  /** `stage` null: the rack is not connected. An exercise whose time is over is graded here. */
  board(stage: DrillStage | null): ExerciseBoard {
    const running = this.present();
    if (running !== null && stage !== null && this.wallMs() >= running.endsWallMs)
      this.finish(stage, running, 'time-over');
    const current = this.present();
    const rack = stage?.rack?.state() ?? null;
    return {
      exercises: this.scripts.map((s) => this.info(s, rack)),
      current: current === null ? null : this.view(current),
      grades: this.allGrades(),
    };
  }

  /** Breaks it. Throws where there is no such rack, the pair is not in order, or another one runs. */
  async start(stage: DrillStage, id: string): Promise<ExerciseView> {
    const script = this.script(id);
    const rack = stage.rack;
    const [reason] = this.info(script, rack?.state() ?? null).reasons;
    if (rack === null || reason !== undefined)
      throw new RpcError('unsupported', reason?.en ?? 'exercises need the rack');
    if (this.hides(stage.pairId)) throw new RpcError('busy', 'an exercise runs already');
    const holder = await this.holderInOrder(stage);
    const nodes = { a: stage.feeds[0].node, b: stage.feeds[1].node, holder };
    const revert = await this.cause(stage, script.cause, nodes, script.limitSeconds);
    const startedWallMs = this.wallMs();
    const running: Running = {
      exerciseId: id,
      pairId: stage.pairId,
      setup: script.setup,
      startedWallMs,
      endsWallMs: startedWallMs + script.limitSeconds * 1000,
      nodes,
      place: placeId(script.answer.place, nodes),
      wrongAnswers: 0,
      revert,
    };
    this.keepRunning(running);
    return this.view(running);
  }

  /** The holder of a pair in order. A console that has just been opened does not know it at once. Throws `busy` with what is wrong. */
  private async holderInOrder(stage: DrillStage): Promise<string> {
    const untilMs = performance.now() + IN_ORDER_MS_MAX;
    for (;;) {
      const view = viewOf(stage, null);
      const holder = soleHolder(view);
      const [problem] = baselineProblems(view);
      if (problem === undefined && holder !== null) return holder;
      if (performance.now() > untilMs)
        throw new RpcError('busy', `the pair is not in order: ${problem?.en ?? 'nobody holds the address'}`);
      await sleepMs(IN_ORDER_POLL_MS);
    }
  }

  private async cause(
    stage: DrillStage,
    cause: ExerciseCause,
    nodes: ExerciseNodes,
    limitSeconds: number,
  ): Promise<Running['revert']> {
    const standby = nodes.holder === nodes.a ? nodes.b : nodes.a;
    if (cause.by === 'cable') {
      const isLan = cause.cable === 'lan-of-holder' || cause.cable === 'lan-of-standby';
      const owner = cause.cable === 'lan-of-holder' ? nodes.holder : standby;
      const found = stage.rack?.state().cables.find((c) => (isLan ? c.node === owner : c.id === cause.cable));
      if (found === undefined) throw new RpcError('unsupported', 'this rack has no such cable');
      const { aToB, bToA, noisePpm } = cause;
      await stage.rack?.cable(found.id, { aToB, bToA, noisePpm, revertAfterMs: limitSeconds * 1000 });
      return { cable: found.id };
    }
    const node = cause.on === 'holder' ? nodes.holder : standby;
    const pid = stage.feeds.find((f) => f.node === node)?.status?.pid ?? 0;
    const filled = (command: string): string => command.replaceAll('{pid}', String(pid));
    const command = filled(cause.revert);
    // The end first: it must be under way before anything is broken.
    const guard = `setsid sh -c 'sleep ${limitSeconds}; ${command.replaceAll("'", `'\\''`)}' </dev/null >/dev/null 2>&1 & echo $!`;
    const said = await stage.run(node, `${guard}; ${filled(cause.inject)}`);
    if (said === null) {
      await stage.run(node, command);
      throw new RpcError('fault-unavailable', 'the exercise could not be set up on this rack');
    }
    const guardPid = Number(/^\d+/.exec(said)?.[0] ?? Number.NaN);
    return { node, command, guardPid: Number.isInteger(guardPid) ? guardPid : null };
  }

  private async mend(stage: DrillStage, { revert }: Running): Promise<void> {
    if ('cable' in revert) await stage.rack?.cable(revert.cable as CableId, { aToB: true, bToA: true, noisePpm: 0 });
    else {
      const guard = revert.guardPid === null ? '' : `kill -- -${revert.guardPid} 2>/dev/null; `;
      await stage.run(revert.node, `${guard}${revert.command}`);
    }
  }

  /** True when the trainee, or a panic, has put it right without saying what it was. Only cables tell it from here. */
  private isMended(stage: DrillStage, { revert }: Running): boolean {
    if (!('cable' in revert)) return false;
    const cable = stage.rack?.state().cables.find((c) => c.id === revert.cable);
    return cable === undefined || (cable.aToB && cable.bToA && cable.noisePpm === 0);
  }

  /** Takes an answer. Right ends it and puts everything right; wrong costs points. */
  async answer(stage: DrillStage, fault: string, place: string): Promise<ExerciseAnswer> {
    const running = this.need(stage.pairId);
    const script = this.script(running.exerciseId);
    if (this.wallMs() >= running.endsWallMs) return { result: 'over', grade: this.finish(stage, running, 'time-over') };
    if (this.isMended(stage, running)) return { result: 'over', grade: this.finish(stage, running, 'void') };
    if (fault === script.answer.fault && place === running.place) {
      const grade = this.finish(stage, running, 'solved');
      await this.mend(stage, running);
      return { result: 'right', grade };
    }
    this.keepRunning({ ...running, wrongAnswers: running.wrongAnswers + 1 });
    return { result: 'wrong', grade: null };
  }

  /** Ends it with the solution and puts everything right. */
  async giveUp(stage: DrillStage): Promise<ExerciseGrade> {
    const running = this.need(stage.pairId);
    const outcome = this.wallMs() >= running.endsWallMs ? 'time-over' : 'given-up';
    const grade = this.finish(stage, running, outcome);
    await this.mend(stage, running);
    return grade;
  }

  /** Everything was put right by a panic: what was hidden is no secret any more. */
  async panicked(stage: DrillStage): Promise<void> {
    const running = this.present();
    if (running === null || running.pairId !== stage.pairId) return;
    this.finish(stage, running, 'void');
    await this.mend(stage, running);
  }

  private need(pairId: string): Running {
    const running = this.present();
    if (running === null || running.pairId !== pairId)
      throw new RpcError('no-question', 'no exercise runs on this pair');
    return running;
  }

  private finish(stage: DrillStage, running: Running, outcome: ExerciseGrade['outcome']): ExerciseGrade {
    const script = this.script(running.exerciseId);
    const usedMs = Math.min(this.wallMs(), running.endsWallMs) - running.startedWallMs;
    const { wrongAnswers } = running;
    const facts = {
      outcome,
      wrongAnswers,
      usedMs,
      parMs: script.parSeconds * 1000,
      limitMs: script.limitSeconds * 1000,
    };
    const faultAtMs = running.startedWallMs - stage.session.startedWallMs;
    const { events, probes } = stage.session.raw(faultAtMs, stage.session.nowMs());
    const what = faultChoices().find((f) => f.id === script.answer.fault)?.text ?? script.title;
    const where = placeChoices(running.setup, running.nodes).find((p) => p.id === running.place)?.text ?? script.title;
    const grade: ExerciseGrade = {
      exerciseId: script.id,
      title: script.title,
      outcome,
      ...pointsOf(facts),
      faultRight: outcome === 'solved',
      placeRight: outcome === 'solved',
      wrongAnswers,
      usedMs,
      firstSignMs: firstSignMs(events, probes, faultAtMs),
      solution: text(`${what.en}: ${where.en}`, `${what['zh-CN']}：${where['zh-CN']}`),
      explanation: script.explanation,
      startedWallMs: running.startedWallMs,
      sessionId: stage.session.id,
    };
    this.keepGrade(grade);
    this.keepRunning(null);
    return grade;
  }
}
