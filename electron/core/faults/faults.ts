/**
 * Faults of one pair, whoever does them: the rack with its power and cables, an agent by software, both of them put
 * together, or a person who is watched. One at a time. The end of each is known to whoever injected it (the rack, a guard
 * on the node), so that a console that dies leaves nothing broken behind; here it is watched, kept alive by its lease, and
 * ended early when it goes wrong.
 */
import { faultNamed } from '../../../agent/common/faults/index.ts';
import { CUT_OFF_MS_MAX } from '../../../agent/common/rpc/agentContract.ts';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import type { PanicReport } from '../../common/contract/panic.ts';
import { UNSERVED_MS_STANDARD } from '../../common/contract/state.ts';
import type { ActiveFault, ConsoleFaultName, FaultOffer } from '../../common/contract/state.ts';
import { Emitter } from '../base/emitter.ts';
import { monotonicNowMs, within } from '../base/time.ts';
import type { RackHandlePort } from '../service/ports.ts';
import { AGENT_INJECT_DEFAULTS, AgentFaults } from './agentFaults.ts';
import type { AgentInjectOptions, FaultNode } from './agentFaults.ts';
import { compose, isComposite, whyNot } from './composites.ts';
import type { CompositeParts } from './composites.ts';
import { HandFault } from './handFaults.ts';
import { baselineOf, dataDanger, NOTHING_WRONG, stopReason, stopSince } from './interlocks.ts';
import type { PairWatch, StopTerms } from './interlocks.ts';
import { FaultMarks } from './marks.ts';
import { isOffered, offersOf } from './offers.ts';
import type { AgentOffers } from './offers.ts';
import { isActive } from './openFault.ts';
import type { OpenFault } from './openFault.ts';
import { PairFault } from './pairFaults.ts';
import { panic } from './panic.ts';
import { faultsOn, isRackFault } from './rackDeeds.ts';
import { needDeed, RackFault } from './rackFaults.ts';

/** How often the agents are asked what is active, milliseconds. Another console may have injected it. */
const WATCH_PERIOD_MS = 1000;

/** An ended fault stays visible this long, milliseconds: enough to read how it ended. */
const SHOWN_AFTER_END_MS = 10_000;

/** An agent looks around before it says what it can; the first time it tries its kernel. Milliseconds. */
const LIST_MS_MAX = 8000;

/** What a person asked for, as the contract has it. */
export interface AskedFault {
  readonly node: string;
  readonly name: ConsoleFaultName;
  readonly link: string | null;
  readonly durationMs: number;
  readonly amount: number | null;
  readonly attended: boolean;
  readonly force: boolean | null;
  readonly cutManagement: boolean;
  readonly confirm: string | null;
  /** Longest time without service, milliseconds; null: the standard of the fault. */
  readonly unservedMsMax: number | null;
}

interface Kept {
  readonly fault: OpenFault;
  endedAtMs: number | null;
}

export class Faults {
  readonly onChange = new Emitter<void>();
  private readonly nodes: readonly FaultNode[];
  private readonly rack: RackHandlePort | null;
  private readonly look: () => PairWatch;
  private readonly timer: NodeJS.Timeout;
  private readonly agents: AgentFaults;
  private readonly lists = new Map<string, AgentOffers>();
  /** Why a fault was ended before its time, by its id. */
  private readonly stops = new Map<string, string>();
  /** What was agreed for faults of this console, by their ids. */
  private readonly terms = new Map<string, StopTerms>();
  private readonly marks: FaultMarks;
  private kept: Kept[] = [];
  private since = NOTHING_WRONG;
  private isInjecting = false;
  /** The newest injection by this console, its own monotonic clock: what it broke, it broke in between. `toMs` null: it is under way. */
  injection: { readonly fromMs: number; readonly toMs: number | null } | null = null;
  private watching: Promise<void> | null = null;
  private nextId = 1;

  /** `look`: the pair as it is known now. */
  constructor(nodes: readonly FaultNode[], rack: RackHandlePort | null, look: () => PairWatch) {
    this.nodes = nodes;
    this.rack = rack;
    this.look = look;
    this.agents = new AgentFaults(nodes);
    this.marks = new FaultMarks(nodes);
    this.adoptRackFaults();
    this.timer = setInterval(() => {
      this.watching ??= this.watch().finally(() => (this.watching = null));
    }, WATCH_PERIOD_MS);
  }

  /** Faults of the rack that another console or the CLI injected. */
  private adoptRackFaults(): void {
    if (this.rack === null || this.isInjecting) return;
    for (const seen of faultsOn(this.rack.state())) {
      // A part of a fault of ours is no fault of its own.
      const isOurs = this.kept.some(({ fault, endedAtMs }) => endedAtMs === null && !(fault instanceof HandFault));
      if (!isOurs) this.keep(RackFault.adopt(this.rack, seen));
    }
  }

  close(): void {
    clearInterval(this.timer);
  }

  /** The same fault done again takes the place of its ended one: their ids are equal. */
  private keep(fault: OpenFault): void {
    const others = this.kept.filter((k) => k.fault.faultId !== fault.faultId);
    this.kept = [...others, { fault, endedAtMs: null }];
  }

  private need(node: string): FaultNode {
    const found = this.nodes.find((n) => n.node === node);
    if (found === undefined)
      throw new RpcError(
        'no-node',
        `this pair has no node ${node}; its nodes are ${this.nodes.map((n) => n.node).join(', ')}`,
      );
    return found;
  }

  private parts(): CompositeParts {
    const { nodes, agents, rack, lists } = this;
    return { nodes, agents, rack, offered: (node, name) => isOffered(lists.get(node), name) };
  }

  private async askLists(): Promise<void> {
    await Promise.all(
      this.nodes.map(async ({ node, feed }) => {
        const { client } = feed;
        const list = client === null ? [] : await within(LIST_MS_MAX, '', client.faultList({})).catch(() => []);
        this.lists.set(node, list);
      }),
    );
  }

  /** Everything that could be done, and why not where it cannot. */
  async offers(): Promise<FaultOffer[]> {
    await this.askLists();
    const parts = this.parts();
    return this.nodes.flatMap(({ node }) => offersOf(node, this.lists.get(node) ?? [], parts));
  }

  /** Faults that are on, and for a few seconds those that have just ended. */
  list(): ActiveFault[] {
    const parts = new Set(this.kept.flatMap(({ fault }) => (fault instanceof PairFault ? fault.legIds() : [])));
    const own = this.kept.map(({ fault }) => fault.toState());
    const all = [...own, ...this.agents.list().filter((f) => !parts.has(f.faultId))];
    return all.map((f) => {
      const stopped = this.stops.get(f.faultId);
      return stopped === undefined ? f : { ...f, detail: stopped };
    });
  }

  /** Nothing else may be on. What a script wants on both nodes is one fault. */
  private assertFree(node: string, name: ConsoleFaultName): void {
    const active = this.list().find((f) => isActive(f.phase) && !(f.name === name && f.node !== node));
    if (active !== undefined)
      throw new RpcError('fault-active', `${active.name} on ${active.node} is still on: one fault at a time`);
    if (this.isInjecting) throw new RpcError('fault-active', 'another fault is being injected: one fault at a time');
  }

  /** On real servers a fault needs a partner that can take over; in the rack nothing can come to harm. */
  private assertSafe(node: string, name: ConsoleFaultName): void {
    const danger = dataDanger(faultNamed(name), this.look().view);
    if (danger !== null) throw new RpcError('unsafe-for-data', danger);
    if (this.rack !== null) return;
    const partner = this.nodes.find((n) => n.node !== node);
    if (partner?.feed.client == null || partner.feed.status?.status !== 'active') {
      throw new RpcError(
        'partner-not-ready',
        `${partner?.node ?? 'the other node'} is not known to be active: nobody would take over`,
      );
    }
  }

  /**
   * As a person asks for it: on a clean baseline only (or by `force`), and with the node's name typed where the way to
   * manage it ends. Throws `baseline`, `confirm-needed`, and what `inject` throws.
   */
  async injectAsked(asked: AskedFault): Promise<ActiveFault> {
    const { node, name, link, durationMs, amount, attended, force, cutManagement, confirm, unservedMsMax } = asked;
    this.need(node);
    const inRack = this.rack !== null && isRackFault(name);
    const cuts = cutManagement || (faultNamed(name).management === 'cut' && !inRack);
    if (cuts && confirm !== node)
      throw new RpcError(
        'confirm-needed',
        `${name} ends the way to manage ${node} for up to ${CUT_OFF_MS_MAX / 1000} s: give the node's name to confirm it`,
      );
    this.assertFree(node, name);
    const problems = (force ?? this.rack !== null) ? [] : baselineOf(this.look());
    if (problems.length > 0)
      throw new RpcError('baseline', `the pair is not as it should be before a fault: ${problems.join('; ')}`);
    const fault = await this.inject(node, name, link, durationMs, { amount, attended, cutManagement: cuts });
    if (unservedMsMax !== null) this.terms.set(fault.faultId, { fromMs: monotonicNowMs(), unservedMsMax });
    return fault;
  }

  /** Injects one fault. Throws `fault-active`, `partner-not-ready`, `unsafe-for-data`, `fault-unavailable`, `no-node` or what the agent says. */
  async inject(
    node: string,
    name: ConsoleFaultName,
    link: string | null,
    durationMs: number,
    options: Partial<AgentInjectOptions> = {},
  ): Promise<ActiveFault> {
    this.need(node);
    this.assertFree(node, name);
    this.assertSafe(node, name);
    this.isInjecting = true;
    const fromMs = monotonicNowMs();
    this.injection = { fromMs, toMs: null };
    const fault = faultNamed(name);
    const cutManagement = options.cutManagement ?? fault.management === 'cut';
    const whole: AgentInjectOptions = { ...AGENT_INJECT_DEFAULTS, ...options, cutManagement };
    try {
      if (isComposite(name))
        return await this.injectComposite(node, name, durationMs, { ...whole, cutManagement: false });
      if (this.rack !== null && isRackFault(name))
        return await this.injectInRack(this.rack, node, name, durationMs, whole);
      if (fault.doer === 'hands') return this.watchHands(node, name, durationMs);
      if (fault.why !== null) throw new RpcError('fault-unavailable', fault.why);
      return await this.agents.inject(node, name, link, durationMs, whole);
    } finally {
      this.isInjecting = false;
      this.injection = { fromMs, toMs: monotonicNowMs() };
      this.marks.look(this.list());
      this.onChange.fire();
    }
  }

  private async injectInRack(
    rack: RackHandlePort,
    node: string,
    name: ConsoleFaultName,
    durationMs: number,
    { amount, attended }: AgentInjectOptions,
  ): Promise<ActiveFault> {
    const deed = needDeed(rack, node, name, amount ?? faultNamed(name).amount?.standard ?? 0);
    const fault = new RackFault(rack, node, name, deed, durationMs);
    await fault.inject(durationMs, attended);
    this.keep(fault);
    return fault.toState();
  }

  private async injectComposite(
    node: string,
    name: ConsoleFaultName,
    durationMs: number,
    options: AgentInjectOptions,
  ): Promise<ActiveFault> {
    if (this.nodes.some(({ node: known }) => !this.lists.has(known))) await this.askLists();
    const parts = this.parts();
    const why = whyNot(name, node, parts);
    if (why !== null) throw new RpcError('fault-unavailable', why.reason);
    const plan = compose(name, node, durationMs, parts, options);
    const fault = new PairFault(plan, `pair-${name}-${this.nextId++}`, () => this.onChange.fire());
    this.keep(fault);
    try {
      await fault.inject();
    } catch (error) {
      this.kept = this.kept.filter((k) => k.fault !== fault);
      throw error;
    }
    return fault.toState();
  }

  private watchHands(node: string, name: ConsoleFaultName, durationMs: number): ActiveFault {
    if (this.rack !== null) throw new RpcError('fault-unavailable', 'the rack has no hands, and no such part');
    const { sign } = faultNamed(name);
    if (sign === null) throw new RpcError('fault-unavailable', `nothing would show that ${name} was done`);
    const fault = new HandFault(name, node, sign, durationMs, () => this.look().view);
    this.keep(fault);
    return fault.toState();
  }

  /** Ends a fault early. Throws `no-fault`, `by-hand`, or `unreachable` when only the guard on the node can end it. */
  async revert(node: string, faultId: string): Promise<ActiveFault> {
    const own = this.kept.find((k) => k.fault.faultId === faultId);
    try {
      if (own === undefined) {
        this.need(node);
        return await this.agents.revert(node, faultId);
      }
      await own.fault.revert();
      return own.fault.toState();
    } finally {
      this.onChange.fire();
    }
  }

  /** Takes back everything on both nodes and in the rack, whoever did it, and proves it. Never throws for what the world does. */
  async panic(): Promise<PanicReport> {
    const open = this.kept.filter((k) => k.endedAtMs === null);
    await Promise.allSettled(open.map(({ fault }) => fault.revert()));
    const states = this.agents.list();
    const dirs = (node: string): string[] =>
      states.flatMap((f) => (f.node === node && f.dir !== undefined ? [f.dir] : []));
    const report = await panic(this.nodes, this.rack, dirs);
    await this.watch();
    return report;
  }

  private async watch(): Promise<void> {
    this.adoptRackFaults();
    for (const entry of this.kept) {
      entry.fault.refresh();
      if (!isActive(entry.fault.toState().phase)) entry.endedAtMs ??= monotonicNowMs();
    }
    await this.agents.watch(SHOWN_AFTER_END_MS);
    await this.stopWhatGoesWrong();
    const shownFromMs = monotonicNowMs() - SHOWN_AFTER_END_MS;
    this.kept = this.kept.filter((k) => k.endedAtMs === null || k.endedAtMs > shownFromMs);
    const shown = new Set(this.list().map((f) => f.faultId));
    for (const known of [this.stops, this.terms]) for (const id of known.keys()) if (!shown.has(id)) known.delete(id);
    this.marks.look(this.list());
    this.onChange.fire();
  }

  /** Of a fault that another console injected: from when it was first seen here. */
  private termsOf({ faultId, name }: ActiveFault, nowMs: number): StopTerms {
    const known = this.terms.get(faultId);
    if (known !== undefined) return known;
    const standard = { fromMs: nowMs, unservedMsMax: faultNamed(name).mayBeUnserved ? null : UNSERVED_MS_STANDARD };
    this.terms.set(faultId, standard);
    return standard;
  }

  /** Ends every fault under which something happens that it does not lead to, or that nobody sees any more. */
  private async stopWhatGoesWrong(): Promise<void> {
    const nowMs = monotonicNowMs();
    this.since = stopSince(this.since, this.look(), nowMs);
    for (const fault of this.list()) {
      const reason = stopReason(fault, this.since, this.termsOf(fault, nowMs), nowMs);
      if (reason === null || this.stops.has(fault.faultId)) continue;
      this.stops.set(fault.faultId, reason);
      await this.revert(fault.node, fault.faultId).catch(() => {
        // Its guard ends it; asked again at the next look.
        this.stops.delete(fault.faultId);
      });
    }
  }
}
