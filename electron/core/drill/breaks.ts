/** What a run has broken, and its way back. Whatever ends the run, `undoAll` is called. */
import type { RunFault, Text } from '../../common/contract/drill.ts';
import type { CableId } from '../../common/contract/rack.ts';
import { rackCables, type Means, type Surroundings } from '../../common/drill/availability.ts';
import { filled, text } from '../../common/drill/text.ts';
import { chosenLinks, nodesOf, type Roles } from '../../common/drill/view.ts';
import type { BreakStep, Handwork, LinkChoice, Step } from '../../common/drill/script.ts';
import { sleepMs } from '../base/time.ts';
import type { HandsDesk } from './hands.ts';
import type { DrillStage } from './stage.ts';

/** After its time a guard may take this much longer to be seen to have worked: start of the agent, a new connection. Milliseconds. */
const GUARD_SLACK_MS = 30_000;
const POLL_MS = 200;

interface Broken {
  /** Nodes without power, to be told apart when one of them is turned on by a step of its own. */
  readonly node: string;
  readonly kind: BreakStep['do'] | 'agent';
  readonly records: RunFault[];
  undo(): Promise<void>;
}

type DoneBy<B extends Means['by']> = Extract<Means, { by: B }>;
type Writable<T> = { -readonly [K in keyof T]: T[K] };

export class Breaks {
  private readonly stage: DrillStage;
  private readonly roles: Roles;
  private readonly desk: HandsDesk;
  private readonly groups: Broken[][] = [];
  /** Everything that this run broke, for the record. */
  readonly faults: Writable<RunFault>[] = [];
  /** Called whenever something is broken or mended, so that it is on disk before anything else happens. */
  private readonly onChange: () => void;

  constructor(stage: DrillStage, roles: Roles, desk: HandsDesk, onChange: () => void) {
    this.stage = stage;
    this.roles = roles;
    this.desk = desk;
    this.onChange = onChange;
  }

  /** True while something is broken. */
  get isAny(): boolean {
    return this.groups.length > 0;
  }

  private note(
    name: string,
    node: string,
    link: string | null,
    { level }: Pick<RunFault, 'level'>,
  ): Writable<RunFault> {
    const record = { name, node, link, level, injectedAtMs: this.stage.session.nowMs(), revertedAtMs: null };
    this.faults.push(record);
    // On disk before it is done: a console that dies in between must find it.
    this.onChange();
    return record;
  }

  private add(group: Broken[]): void {
    if (group.length > 0) this.groups.push(group);
    this.onChange();
  }

  /** Does it. `guardMs`: it mends itself after this long. Throws what refuses; then nothing of it is left. */
  async doBreak(step: BreakStep, means: Means, guardMs: number, at: Surroundings): Promise<void> {
    if (step.do === 'power' && step.to === 'on') return this.powerOn(step);
    switch (means.by) {
      case 'nothing':
        throw new Error(means.reason.en);
      case 'rack':
        if (step.do === 'power') return this.add(await this.powerOff(step, means, guardMs));
        if (step.do === 'cable') return this.add(await this.cutCables(step, means, guardMs, at));
        return undefined;
      case 'fault':
        return this.add(await this.inject(means, guardMs));
      case 'hands':
        return this.byHands(step, means);
    }
  }

  private async powerOff(
    step: Extract<Step, { do: 'power' }>,
    means: DoneBy<'rack'>,
    guardMs: number,
  ): Promise<Broken[]> {
    const { rack } = this.stage;
    if (rack === null) return [];
    const nodes = nodesOf(step.on, this.roles);
    const group = nodes.map((node): Broken => {
      const record = this.note('power-off', node, null, means);
      return { node, kind: 'power', records: [record], undo: () => rack.power(node, 'on') };
    });
    // Kept before it is done: a cut that reports late is undone all the same.
    await this.orUndo(group, () =>
      Promise.all(nodes.map((node) => rack.power(node, 'off', { revertAfterMs: guardMs }))),
    );
    return group;
  }

  private async powerOn(step: Extract<Step, { do: 'power' }>): Promise<void> {
    const nodes = nodesOf(step.on, this.roles);
    const mine = this.groups.flat().filter((b) => b.kind === 'power' && nodes.includes(b.node));
    await Promise.all(mine.map((b) => this.mend(b)));
    for (const group of this.groups) for (const b of mine) if (group.includes(b)) group.splice(group.indexOf(b), 1);
    this.groups.splice(0, this.groups.length, ...this.groups.filter((g) => g.length > 0));
    this.onChange();
  }

  private async cutCables(
    step: Extract<Step, { do: 'cable' }>,
    means: DoneBy<'rack'>,
    guardMs: number,
    at: Surroundings,
  ): Promise<Broken[]> {
    const { rack } = this.stage;
    if (rack === null || at.rack === null) return [];
    const ids = rackCables(step, at.rack, this.roles) as CableId[];
    const first = this.stage.feeds[0].node;
    const carries = (from: 'holder' | 'standby'): boolean => step.cut !== 'both' && step.cut !== `from-${from}`;
    // `aToB` is from the rack's first node to its second.
    const isHolderFirst = this.roles.holder === first;
    const aToB = carries(isHolderFirst ? 'holder' : 'standby');
    const bToA = carries(isHolderFirst ? 'standby' : 'holder');
    const group = ids.map((id): Broken => {
      const node = at.rack?.cables.find((c) => c.id === id)?.node ?? this.roles.holder;
      const record = this.note(`cable-${id}`, node, null, means);
      const undo = (): Promise<void> => rack.cable(id, { aToB: true, bToA: true, noisePpm: 0 });
      return { node, kind: 'cable', records: [record], undo };
    });
    await this.orUndo(group, () =>
      Promise.all(ids.map((id) => rack.cable(id, { aToB, bToA, noisePpm: 0, revertAfterMs: guardMs }))),
    );
    return group;
  }

  private linkId(node: string, choice: LinkChoice | null): string | null {
    if (choice === null || choice === 'all') return null;
    const status = this.stage.feeds.find((f) => f.node === node)?.status;
    return chosenLinks(status?.links ?? [], choice)[0]?.id ?? null;
  }

  private async inject(means: DoneBy<'fault'>, guardMs: number): Promise<Broken[]> {
    const group: Broken[] = [];
    const endsAtMs = this.stage.session.nowMs() + guardMs;
    for (const node of means.nodes) {
      const link = this.linkId(node, means.link);
      const record = this.note(means.fault, node, link, means);
      const { faultId } = await this.stage.faults.inject(node, means.fault, link, guardMs).catch((error: unknown) => {
        // Refused: it never was.
        this.faults.splice(this.faults.indexOf(record), 1);
        this.onChange();
        throw error;
      });
      group.push({ node, kind: 'inject', records: [record], undo: () => this.revert(node, faultId, endsAtMs) });
    }
    return group;
  }

  /** True while the fault is on, as far as its node can tell. */
  private isOn(faultId: string): boolean {
    const known = this.stage.faults.list().find((f) => f.faultId === faultId);
    return known?.phase === 'armed' || known?.phase === 'injected';
  }

  /**
   * Ends a fault early, or waits for its guard where the node cannot be asked: an agent that was killed or frozen answers nobody. Throws
   * when it is still on after its time.
   */
  private async revert(node: string, faultId: string, endsAtMs: number): Promise<void> {
    const { faults, session } = this.stage;
    if (!this.isOn(faultId)) return;
    const refusal = await faults.revert(node, faultId).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );
    if (refusal === null) return;
    while (this.isOn(faultId)) {
      if (session.nowMs() > endsAtMs + GUARD_SLACK_MS) throw refusal;
      await sleepMs(POLL_MS);
    }
  }

  private async byHands(step: BreakStep, means: DoneBy<'hands'>): Promise<void> {
    const work = step.hands;
    if (work === null) return;
    const names = { ...this.roles };
    const how = await this.desk.ask({ text: filled(work.text, names), detect: work.detect, isUndo: false });
    if (how === 'skipped') throw new SkippedError();
    if (how === 'aborted') return;
    const record = this.note('hands', this.roles.holder, null, means);
    this.add([{ node: this.roles.holder, kind: step.do, records: [record], undo: () => this.undoHands(work, names) }]);
  }

  private async undoHands(work: Handwork, names: Readonly<Record<string, string>>): Promise<void> {
    if (work.undo === null) return;
    await this.desk.ask({ text: filled(work.undo.text, names), detect: work.undo.detect, isUndo: true });
  }

  /** Stops the service of a node; `undoAll` starts it again. */
  async stopAgent(node: string): Promise<void> {
    const record = this.note('stop-service', node, null, { level: 'driver' });
    const group: Broken[] = [
      { node, kind: 'agent', records: [record], undo: () => this.stage.agentService(node, 'start') },
    ];
    await this.orUndo(group, () => this.stage.agentService(node, 'stop'));
    this.add(group);
  }

  async startAgent(node: string): Promise<void> {
    const mine = this.groups.find((g) => g.some((b) => b.kind === 'agent' && b.node === node));
    if (mine === undefined) return this.stage.agentService(node, 'start');
    this.groups.splice(this.groups.indexOf(mine), 1);
    for (const broken of mine) await this.mend(broken);
    this.onChange();
  }

  private async orUndo(group: readonly Broken[], work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await Promise.allSettled(group.map((b) => this.mend(b)));
      throw error;
    }
  }

  private async mend(broken: Broken): Promise<void> {
    await broken.undo();
    for (const record of broken.records as Writable<RunFault>[]) record.revertedAtMs = this.stage.session.nowMs();
  }

  /** Undoes everything, the newest first, and resolves to what refused. What refused is kept: its guard ends it. */
  async undoAll(): Promise<Text[]> {
    const refused: Text[] = [];
    for (;;) {
      const group = this.groups.pop();
      if (group === undefined) break;
      const ends = await Promise.allSettled(group.map((b) => this.mend(b)));
      ends.forEach((end, i) => {
        if (end.status === 'fulfilled') return;
        const why = end.reason instanceof Error ? end.reason.message : String(end.reason);
        const name = group[i]?.records[0]?.name ?? '';
        refused.push(text(`${name} could not be undone at once: ${why}`, `${name} 未能立即恢复：${why}`));
      });
      this.onChange();
    }
    return refused;
  }
}

/** Undoes what an earlier console left broken in this pair: faults of the agents, power and cables of the rack. */
export async function restoreAll(stage: DrillStage): Promise<void> {
  const { rack, faults } = stage;
  const on = faults.list().filter((f) => f.phase === 'armed' || f.phase === 'injected');
  await Promise.allSettled(on.map((f) => faults.revert(f.node, f.faultId)));
  if (rack === null) return;
  const { nodes, cables } = rack.state();
  const torn = cables.filter((c) => c.revertsInMs !== null);
  const dark = nodes.filter((n) => n.powerRevertsInMs !== null);
  await Promise.allSettled([
    ...torn.map((c) => rack.cable(c.id, { aToB: true, bToA: true, noisePpm: 0 })),
    ...dark.map((n) => rack.power(n.name, 'on')),
  ]);
}

/** Hands said that they will not do it: the run measures nothing. */
export class SkippedError extends Error {
  override name = 'SkippedError';
}
