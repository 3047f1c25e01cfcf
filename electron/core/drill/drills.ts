/** Drills of every pair of this console: what there is, what runs, what came out. One suite a pair at a time. */
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import type { DrillBoard, DrillInfo, DrillItem, DrillOrder } from '../../common/contract/drill.ts';
import { drillInfo } from '../../common/drill/availability.ts';
import { NEVER_WAIVED } from '../../common/drill/gates.ts';
import { planOf } from '../../common/drill/plan.ts';
import type { DrillScript } from '../../common/drill/script.ts';
import { summaryOf } from '../../common/drill/statistics.ts';
import { quantitiesOf, surroundingsOf, type DrillStage } from './stage.ts';
import { newSuite, SuiteWork } from './suite.ts';
import { isResumable, type SuiteStore } from './suiteStore.ts';

/** Suites that the board shows. */
const SHOWN_MAX = 20;

export class Drills {
  readonly store: SuiteStore;
  /** In the order of the reference's list. */
  readonly scripts: readonly DrillScript[];
  private readonly wallMs: () => number;
  private readonly works = new Map<string, SuiteWork>();

  constructor(store: SuiteStore, scripts: readonly DrillScript[], wallMs: () => number) {
    this.store = store;
    this.scripts = scripts;
    this.wallMs = wallMs;
  }

  /** What there is to run on a pair, and why not where it cannot be. */
  async list(stage: DrillStage): Promise<DrillInfo[]> {
    const at = await surroundingsOf(stage, null, null);
    const quantities = quantitiesOf(stage, { failoverMs: null, healMs: null });
    return this.scripts.map((script) => drillInfo(script, at, quantities));
  }

  async board(stage: DrillStage): Promise<DrillBoard> {
    const kept = this.store.list(stage.pairId, this.wallMs());
    const resumable = kept.find((k) => isResumable(k.suite))?.suite.suiteId ?? null;
    const suites = kept.slice(0, SHOWN_MAX).map((k) => summaryOf(k.suite));
    return { drills: await this.list(stage), suites, resumable };
  }

  /** Starts a suite, or goes on with one, and tells everything that happens. Leaving stops it and undoes what is broken. */
  run(stage: DrillStage, order: DrillOrder, signal: AbortSignal): AsyncIterable<DrillItem> {
    const never = order.waivers.find((w) => NEVER_WAIVED.includes(w.gate));
    if (never !== undefined)
      throw new RpcError(
        'bad-args',
        `the gate "${never.gate}" cannot be waived: without it there is nothing to measure`,
      );
    this.assertFree(stage);
    const work = order.resume === null ? this.begin(stage, order, signal) : this.goOn(stage, order.resume, signal);
    this.works.set(stage.pairId, work);
    void work.over
      .finally(() => {
        if (this.works.get(stage.pairId) === work) this.works.delete(stage.pairId);
      })
      .catch((error: unknown) => work.items.end(error instanceof Error ? error : new Error(String(error))));
    return work.items;
  }

  private assertFree(stage: DrillStage): void {
    if (this.works.has(stage.pairId)) throw new RpcError('busy', 'a drill runs on this pair already');
    const other = this.store.list(stage.pairId, this.wallMs()).find((k) => this.store.isRunning(k, this.wallMs()));
    if (other !== undefined && other.owner.pid !== process.pid)
      throw new RpcError('busy', `another console (process ${other.owner.pid}) runs a drill on this pair`);
  }

  private wanted(order: DrillOrder): DrillScript[] {
    if (order.suite) return this.scripts.filter((s) => !s.long || order.drills.includes(s.id));
    const unknown = order.drills.filter((id) => !this.scripts.some((s) => s.id === id));
    if (unknown.length > 0 || order.drills.length === 0) {
      const what = unknown.length > 0 ? `no drill is called ${unknown.join(', ')}` : 'no drill was named';
      throw new RpcError('bad-args', `${what}: expected ${this.scripts.map((s) => s.id).join(', ')}`);
    }
    return order.drills.flatMap((id) => this.scripts.find((s) => s.id === id) ?? []);
  }

  private begin(stage: DrillStage, order: DrillOrder, signal: AbortSignal): SuiteWork {
    const plan = planOf(this.wanted(order), order, [stage.feeds[0].node, stage.feeds[1].node]);
    return new SuiteWork(this.parts(stage), newSuite(stage, order, plan), null, signal);
  }

  private goOn(stage: DrillStage, suiteId: string, signal: AbortSignal): SuiteWork {
    const kept = this.store.find(suiteId, this.wallMs());
    if (kept === null || kept.suite.pairId !== stage.pairId)
      throw new RpcError('bad-args', `this pair has no suite ${suiteId}`);
    if (!isResumable(kept.suite))
      throw new RpcError('bad-args', `suite ${suiteId} is ${kept.suite.state}: nothing is left to do`);
    return new SuiteWork(this.parts(stage), kept.suite, kept.open, signal);
  }

  private parts(stage: DrillStage) {
    return { stage, store: this.store, scripts: this.scripts };
  }

  /** Continue, skip or abort. `askId`: the question that is answered; abort needs none. Throws `no-question`. */
  answer(pairId: string, askId: string | null, answer: 'continue' | 'skip' | 'abort'): void {
    const work = this.works.get(pairId);
    if (work === undefined) throw new RpcError('no-question', 'no drill runs on this pair');
    if (answer === 'abort') return work.abort(true);
    if (askId === null || !work.answer(askId, answer === 'continue' ? 'continued' : 'skipped'))
      throw new RpcError('no-question', 'this question is no longer open');
  }

  /** True while a drill runs on the pair. */
  isBusy(pairId: string): boolean {
    return this.works.has(pairId);
  }

  /** Stops what runs on a pair and resolves when it is undone; null: on every pair. */
  async end(pairId: string | null): Promise<void> {
    const works = [...this.works].filter(([id]) => pairId === null || id === pairId).map(([, work]) => work);
    for (const work of works) work.abort(false);
    await Promise.allSettled(works.map((work) => work.over));
  }
}
