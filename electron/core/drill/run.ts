/**
 * One run of one drill: gate, roles, steps, heal, wait until all is in order again, audit, judgement. Whatever happens in between, what it
 * broke is undone before it ends.
 */
import { randomInt } from 'node:crypto';
import type {
  DrillLimits,
  DrillRun,
  DrillWaiver,
  EvidenceLevel,
  GateResult,
  Hands,
  PlannedRun,
  RunStep,
  Text,
} from '../../common/contract/drill.ts';
import { levelHere, meansOf, reasonsAgainst } from '../../common/drill/availability.ts';
import { baselineProblems } from '../../common/drill/baseline.ts';
import { gateProblems, gateResults } from '../../common/drill/gates.ts';
import { conditionText, stepText } from '../../common/drill/checkText.ts';
import { BASELINE_QUIET_MS, BASELINE_WAIT_MS, RESTORE_WAIT_MS } from '../../common/drill/estimate.ts';
import { quantityMs, type Quantities } from '../../common/drill/quantity.ts';
import { soleHolder } from '../../common/drill/record.ts';
import type { BreakStep, Condition, DrillScript, Step } from '../../common/drill/script.ts';
import { text } from '../../common/drill/text.ts';
import { isFulfilled, nodesOf, type PairView, type Roles } from '../../common/drill/view.ts';
import { sleepMs } from '../base/time.ts';
import { Breaks, SkippedError } from './breaks.ts';
import { concludeRun } from './conclude.ts';
import { CostMeter } from './costs.ts';
import { gateFactsOf } from './gateFacts.ts';
import { HandsDesk, type HandsEnd } from './hands.ts';
import { quantitiesOf, surroundingsOf, viewOf, type DrillStage } from './stage.ts';
import { RunWatch } from './watch.ts';

/** Longest wait for a planned switchover before a run, besides deadtime, milliseconds. */
const SWITCH_WAIT_MS = 30_000;
/** After a run was stopped, what it undid may take this long to be seen as undone, milliseconds. */
const MENDED_WAIT_MS = 8000;
/** Probes are read this long after the last step, milliseconds: an answer that never comes is known only after its time. */
const LAST_PROBES_MS = 1000;
const POLL_MS = 50;

/** What a run tells while it goes on. */
export interface RunListener {
  onStep(text: Text, atMs: number): void;
  onHands(hands: Hands): void;
  onHandsEnd(askId: string, how: HandsEnd): void;
  /** Something was broken or mended: what is broken now must be on disk before it goes on. */
  onBreaks(broken: readonly { readonly node: string; readonly name: string }[]): void;
}

export interface RunOrder {
  readonly script: DrillScript;
  readonly planned: PlannedRun;
  readonly limits: DrillLimits;
  /** Overrides the length of `observe` in a long drill, milliseconds. */
  readonly soakMs: number | null;
  readonly waivers: readonly DrillWaiver[];
}

/** Why a run ended before its steps did. */
class RunEnd extends Error {
  override name = 'RunEnd';
  readonly why: Text;
  constructor(why: Text) {
    super(why.en);
    this.why = why;
  }
}

export class DrillRunner {
  private readonly stage: DrillStage;
  private readonly order: RunOrder;
  private readonly listener: RunListener;
  private readonly signal: AbortSignal;
  private readonly watch: RunWatch;
  private readonly quantities: Quantities;
  private readonly steps: RunStep[] = [];
  private readonly fails: Text[] = [];
  private readonly voids: Text[] = [];
  private gates: readonly GateResult[] = [];
  private readonly remarks: Text[] = [];
  /** A step could not be done and was left out; there is nothing to watch until the next heal. */
  private isLeftOut = false;
  /** Its steps have begun: what follows is part of the record. */
  private hasBegun = false;
  private readonly startedWallMs: number;
  private desk: HandsDesk | null = null;
  private breaks: Breaks | null = null;
  private roles: Roles | null = null;
  private atStart: PairView;
  private beforeHeal: PairView | null = null;
  private level: EvidenceLevel | null = null;
  private readonly costs: CostMeter;

  constructor(stage: DrillStage, order: RunOrder, listener: RunListener, signal: AbortSignal) {
    this.stage = stage;
    this.order = order;
    this.listener = listener;
    this.signal = signal;
    this.watch = new RunWatch(stage.session);
    this.quantities = quantitiesOf(stage, order.limits);
    this.startedWallMs = stage.wallMs();
    this.atStart = viewOf(stage, null);
    this.costs = new CostMeter(stage, order.script);
  }

  /** Answers what hands were asked for; false: there is no such question. */
  answer(askId: string, how: 'continued' | 'skipped'): boolean {
    return this.desk?.answer(askId, how) ?? false;
  }

  /** Runs it to its record. Never throws for what the world does; what it broke is undone when it resolves. */
  async run(): Promise<DrillRun> {
    try {
      await this.prepare();
      await this.play();
    } catch (error) {
      if (error instanceof RunEnd) this.voids.push(error.why);
      else if (error instanceof SkippedError) this.voids.push(text('a step was skipped by hand', '有步骤被人工跳过'));
      else {
        const why = error instanceof Error ? error.message : String(error);
        this.voids.push(text(`it could not be done: ${why}`, `无法执行：${why}`));
      }
    } finally {
      await this.mend();
      this.watch.close();
    }
    return this.toRun();
  }

  private view(): PairView {
    return viewOf(
      this.stage,
      this.watch,
      this.order.waivers.map((w) => w.gate),
    );
  }

  private nowMs(): number {
    return this.stage.session.nowMs();
  }

  private say(words: Text): void {
    this.listener.onStep(words, this.nowMs());
  }

  private stopped(): RunEnd {
    return new RunEnd(text('stopped before its end', '在结束之前被中止'));
  }

  /** Until the pair is in order and stays so; resolves to the problems that remain. */
  private async untilInOrder(waitMs: number, signal: AbortSignal | undefined): Promise<Text[]> {
    const quietMs = this.stage.rack === null ? BASELINE_QUIET_MS.servers : BASELINE_QUIET_MS.rack;
    const deadlineMs = this.nowMs() + waitMs + quietMs;
    let cleanSinceMs: number | null = null;
    for (;;) {
      const problems = baselineProblems(this.view());
      const now = this.nowMs();
      cleanSinceMs = problems.length > 0 ? null : (cleanSinceMs ?? now);
      if (cleanSinceMs !== null && now - cleanSinceMs >= quietMs) return [];
      if (now >= deadlineMs || signal?.aborted === true)
        return problems.length > 0 ? problems : [text('the baseline did not stay clean', '基线没有保持正常')];
      await sleepMs(POLL_MS, signal);
    }
  }

  /** Gate: everything in order, the wanted node holds, the drill can be had here. */
  private async prepare(): Promise<void> {
    this.say(text('waiting for a clean baseline', '等待双机处于正常基线'));
    const problems = await this.untilInOrder(this.quantities.initdeadMs + BASELINE_WAIT_MS, this.signal);
    if (this.signal.aborted) throw this.stopped();
    await this.judgeGates(problems);
    await this.giveTo(this.order.planned.from);
    this.watch.restart();
    this.atStart = this.view();
    const holder = soleHolder(this.atStart);
    const standby = this.stage.feeds.find((f) => f.node !== holder)?.node;
    if (holder === null || standby === undefined)
      throw new RunEnd(text('no node holds every address', '没有服务器持有全部地址'));
    const roles = { holder, standby };
    this.roles = roles;
    const at = await surroundingsOf(this.stage, this.watch, roles);
    const [reason] = reasonsAgainst(this.order.script, at);
    if (reason !== undefined) throw new RunEnd(reason);
    this.level = levelHere(this.order.script, at);
    this.makeDesk(roles);
  }

  /** Every gate is read and kept, also of a run that they stop. */
  private async judgeGates(problems: readonly Text[]): Promise<void> {
    const { waivers } = this.order;
    this.gates = gateResults(await gateFactsOf(this.stage, this.watch), waivers);
    const reasons = new Map([...problems, ...gateProblems(this.gates)].map((reason) => [reason.en, reason]));
    const [first, ...others] = [...reasons.values()];
    if (first === undefined) return;
    this.voids.push(...others);
    throw new RunEnd(first);
  }

  private makeDesk(roles: Roles): void {
    const desk = new HandsDesk({
      nowMs: () => this.nowMs(),
      view: () => this.view(),
      roles,
      signal: this.signal,
      onAsk: (hands) => this.listener.onHands(hands),
      onEnd: (askId, how) => this.listener.onHandsEnd(askId, how),
    });
    this.desk = desk;
    const breaks: Breaks = new Breaks(this.stage, roles, desk, () =>
      this.listener.onBreaks(breaks.faults.filter((f) => f.revertedAtMs === null)),
    );
    this.breaks = breaks;
  }

  /** A planned switchover so that `wanted` holds the address before the run begins. */
  private async giveTo(wanted: string | null): Promise<void> {
    const holder = soleHolder(this.view());
    if (wanted === null || holder === wanted || holder === null) return;
    this.say(text(`planned switchover to ${wanted}`, `计划切换到 ${wanted}`));
    const roles = { holder, standby: wanted };
    await this.ask(holder, 'standby');
    const within = this.quantities.deadtimeMs + SWITCH_WAIT_MS;
    const moved = await this.waitFor({ is: 'holds', who: 'standby', yes: true }, within, roles);
    if (!moved) throw new RunEnd(text(`the planned switchover to ${wanted} did not happen`, `没有切换到 ${wanted}`));
    const problems = await this.untilInOrder(this.quantities.initdeadMs + BASELINE_WAIT_MS, this.signal);
    if (problems[0] !== undefined) throw new RunEnd(problems[0]);
  }

  private async ask(node: string, request: 'standby' | 'takeover'): Promise<void> {
    const client = this.stage.feeds.find((f) => f.node === node)?.client ?? null;
    if (client === null) throw new RunEnd(text(`${node}: the agent is not attached`, `${node}：代理未连接`));
    const { accepted, detail } = await client[request]({ set: 'all' });
    if (!accepted)
      throw new RunEnd(text(`${node} refused ${request}: ${detail}`, `${node} 拒绝了 ${request}：${detail}`));
  }

  private async waitFor(condition: Condition, withinMs: number, roles: Roles): Promise<boolean> {
    const deadlineMs = this.nowMs() + withinMs;
    for (;;) {
      if (isFulfilled(condition, this.view(), roles)) return true;
      if (this.nowMs() >= deadlineMs || this.signal.aborted) return false;
      await sleepMs(POLL_MS, this.signal);
    }
  }

  private async play(): Promise<void> {
    const { roles } = this;
    if (roles === null) return;
    this.hasBegun = true;
    let isFirst = true;
    for (const step of this.order.script.steps) {
      if (this.signal.aborted) throw this.stopped();
      const isBreak = step.do === 'inject' || step.do === 'power' || step.do === 'cable';
      // At a fixed phase of the keepalive period the same phase would be measured over and over.
      if (isBreak && isFirst)
        await sleepMs(randomInt(0, Math.max(1, Math.round(this.quantities.keepaliveMs))), this.signal);
      if (isBreak) isFirst = false;
      await this.playStep(step, roles);
    }
    if (this.breaks?.isAny === true) await this.heal();
    if (this.signal.aborted) throw this.stopped();
  }

  private async playStep(step: Step, roles: Roles): Promise<void> {
    const words = stepText(step, roles);
    const fromAtMs = this.nowMs();
    this.say(words);
    const end = (result: RunStep['result']): void => {
      this.steps.push({ text: words, fromAtMs, toAtMs: this.nowMs(), result, detail: null });
    };
    try {
      const result = await this.doStep(step, roles);
      end(this.signal.aborted ? 'aborted' : result);
    } catch (error) {
      end(error instanceof SkippedError ? 'skipped' : 'failed');
      throw error;
    }
  }

  /** `timeout`: what was waited for did not come. `skipped`: it cannot be done here, and may be left out. */
  private async doStep(step: Step, roles: Roles): Promise<'done' | 'timeout' | 'skipped'> {
    switch (step.do) {
      case 'inject':
      case 'power':
      case 'cable':
        return this.breakIt(step, roles);
      case 'standby':
      case 'takeover':
        this.watch.markFault();
        await this.ask(roles[step.on], step.do);
        return 'done';
      case 'agent':
        this.watch.markFault();
        if (step.to === 'stop') await this.breaks?.stopAgent(roles[step.on]);
        else await this.breaks?.startAgent(roles[step.on]);
        return 'done';
      case 'hands':
        if ((await this.desk?.ask({ text: step.text, detect: step.detect, isUndo: false })) === 'skipped')
          throw new SkippedError();
        return 'done';
      case 'wait':
        return (await this.waitStep(step, roles)) ? 'done' : 'timeout';
      case 'observe':
        if (this.isLeftOut) return 'skipped';
        await sleepMs(this.observeMs(step.for), this.signal);
        return 'done';
      case 'heal':
        await this.heal();
        return 'done';
    }
  }

  private observeMs(formula: string): number {
    const { soakMs, script } = this.order;
    return script.long && soakMs !== null ? soakMs : quantityMs(formula, this.quantities);
  }

  private async breakIt(step: BreakStep, roles: Roles): Promise<'done' | 'skipped'> {
    const at = await surroundingsOf(this.stage, this.watch, roles);
    const means = meansOf(step, at);
    if (means.by === 'nothing' && step.optional) {
      this.isLeftOut = true;
      const words = stepText(step, roles);
      const { en, 'zh-CN': zh } = means.reason;
      this.remarks.push(text(`left out: ${words.en} (${en})`, `未执行：${words['zh-CN']}（${zh}）`));
      return 'skipped';
    }
    await this.costs.begin();
    if (this.signal.aborted) return 'done';
    const isBack = step.do === 'power' && step.to === 'on';
    if (isBack) this.watch.markHeal();
    else this.watch.markFault(means.by !== 'hands');
    if (step.do === 'power' && !isBack)
      for (const node of nodesOf(step.on, roles)) this.watch.powerCuts.push({ node, fromMs: this.nowMs() });
    await this.breaks?.doBreak(step, means, quantityMs(step.guard, this.quantities), at);
    return 'done';
  }

  private async waitStep(step: Extract<Step, { do: 'wait' }>, roles: Roles): Promise<boolean> {
    const isDone = await this.waitFor(step.until, quantityMs(step.within, this.quantities), roles);
    if (!isDone && !this.signal.aborted) {
      const what = conditionText(step.until, roles);
      this.fails.push(text(`not within ${step.within}: ${what.en}`, `${step.within} 内未达到：${what['zh-CN']}`));
    }
    return isDone;
  }

  private async heal(): Promise<void> {
    const isNothing = this.isLeftOut && this.breaks?.isAny !== true;
    this.isLeftOut = false;
    if (isNothing) return;
    this.beforeHeal = this.view();
    await this.costs.end();
    this.watch.markHeal();
    const refused = (await this.breaks?.undoAll()) ?? [];
    this.fails.push(...refused);
  }

  /** Undoes what is broken, and waits until the pair is in order again. */
  private async mend(): Promise<void> {
    if (this.breaks?.isAny === true) {
      this.say(text('undoing everything that is broken', '正在恢复所有被破坏的部分'));
      await this.heal();
    }
    // A run that never began broke nothing: there is nothing to wait for.
    if (this.roles === null) return;
    if (this.signal.aborted) return this.untilMended();
    this.say(text('waiting until the pair is in order again', '等待双机恢复正常'));
    const unrestored = await this.untilInOrder(this.quantities.initdeadMs + RESTORE_WAIT_MS, this.signal);
    if (this.signal.aborted) this.voids.push(this.stopped().why);
    else this.fails.push(...unrestored.map((p) => text(`after the drill: ${p.en}`, `演练之后：${p['zh-CN']}`)));
    await sleepMs(LAST_PROBES_MS, this.signal);
  }

  /** Of a run that was stopped: until nothing that it broke is on any more. What still is, its guard ends. */
  private async untilMended(): Promise<void> {
    const untilMs = this.nowMs() + MENDED_WAIT_MS;
    for (;;) {
      const on = this.stage.faults.list().filter((f) => f.phase === 'armed' || f.phase === 'injected');
      const [first] = on;
      if (first === undefined) return;
      if (this.nowMs() > untilMs) {
        this.fails.push(
          text(`${first.name} on ${first.node} is still on`, `${first.node} 上的故障 ${first.name} 仍然有效`),
        );
        return;
      }
      await sleepMs(POLL_MS);
    }
  }

  private toRun(): DrillRun {
    const { order, stage, roles, watch } = this;
    return concludeRun({
      script: order.script,
      planned: order.planned,
      stage,
      watch,
      roles: this.hasBegun ? roles : null,
      quantities: this.quantities,
      atStart: this.atStart,
      beforeHeal: this.beforeHeal,
      atEnd: this.view(),
      level: this.level,
      costs: this.costs.costs(),
      startedWallMs: this.startedWallMs,
      steps: this.steps,
      faults: this.breaks?.faults ?? [],
      unseen: this.desk?.unseen ?? [],
      remarks: this.remarks,
      gates: this.gates,
      waivers: order.waivers,
      fails: this.fails,
      voids: this.voids,
    });
  }
}
