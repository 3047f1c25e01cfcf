/**
 * Faults of one pair, whoever does them: the rack with its power and cables, an agent by
 * software. One at a time. The end of each is known to whoever injected it (the rack, a guard on the node), so
 * that a console that dies leaves nothing broken behind; here it is only watched.
 */
import type { FaultName, FaultState } from '../../../agent/common/rpc/agentContract.ts';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import { ConsoleFaultNameSchema } from '../../common/contract/state.ts';
import type { ActiveFault, ConsoleFaultName, FaultOffer } from '../../common/contract/state.ts';
import { Emitter } from '../base/emitter.ts';
import { monotonicNowMs, within } from '../base/time.ts';
import type { NodeFeed } from '../session/nodeFeed.ts';
import type { RackHandlePort } from '../service/ports.ts';
import { faultsOn, isRackFault, rackOffer, RackFault } from './rackFaults.ts';

/** How often the agents are asked what is active, milliseconds. Another console may have injected it. */
const WATCH_PERIOD_MS = 1000;

/** An ended fault stays visible this long, milliseconds: enough to read how it ended. */
const SHOWN_AFTER_END_MS = 10_000;

/** Arming writes, syncs and proves a guard before it injects; a slow disk takes its time. Milliseconds. */
const INJECT_MS_MAX = 20_000;

const NOT_AVAILABLE = { available: false, commands: [], revertCommands: [] };
const NO_POWER_SWITCH = 'power-off: only the rack can do this; a real server has a power switch';

interface AgentFault {
  readonly node: string;
  state: FaultState;
  /** This computer's clock when the guard mends it; null: unknown. */
  endsAtMs: number | null;
  endedAtMs: number | null;
}

function isActive(phase: FaultState['phase']): boolean {
  return phase === 'armed' || phase === 'injected';
}

export class Faults {
  readonly onChange = new Emitter<void>();
  private readonly feeds: readonly NodeFeed[];
  private readonly rack: RackHandlePort | null;
  private readonly timer: NodeJS.Timeout;
  private readonly agentFaults = new Map<string, AgentFault>();
  private rackFaults: { fault: RackFault; endedAtMs: number | null }[] = [];
  private isInjecting = false;

  constructor(feeds: readonly NodeFeed[], rack: RackHandlePort | null) {
    this.feeds = feeds;
    this.rack = rack;
    this.adoptRackFaults();
    this.timer = setInterval(() => void this.watch(), WATCH_PERIOD_MS);
  }

  /** Faults of the rack that another console or the CLI injected. */
  private adoptRackFaults(): void {
    if (this.rack === null) return;
    for (const { node, name, revertsInMs } of faultsOn(this.rack.state())) {
      const fault = RackFault.adopt(this.rack, node, name, revertsInMs);
      const isKnown = this.rackFaults.some((e) => e.fault.faultId === fault.faultId && e.endedAtMs === null);
      if (!isKnown && !this.isInjecting) this.keepRackFault(fault);
    }
  }

  close(): void {
    clearInterval(this.timer);
  }

  /** The same fault done again takes the place of its ended one: their ids are equal. */
  private keepRackFault(fault: RackFault): void {
    const others = this.rackFaults.filter((e) => e.fault.faultId !== fault.faultId);
    this.rackFaults = [...others, { fault, endedAtMs: null }];
  }

  private feedOf(node: string): NodeFeed {
    const feed = this.feeds.find((f) => f.node === node);
    if (feed === undefined)
      throw new RpcError(
        'no-node',
        `this pair has no node ${node}; its nodes are ${this.feeds.map((f) => f.node).join(', ')}`,
      );
    return feed;
  }

  /** Everything that could be done, and why not where it cannot. */
  async offers(): Promise<FaultOffer[]> {
    const lists = await Promise.all(this.feeds.map((feed) => this.offersOf(feed)));
    return lists.flat();
  }

  private async offersOf(feed: NodeFeed): Promise<FaultOffer[]> {
    const { client, node } = feed;
    const fromAgent = client === null ? [] : await within(5000, 'no answer', client.faultList({})).catch(() => []);
    const state = this.rack?.state() ?? null;
    return ConsoleFaultNameSchema.options.map((name): FaultOffer => {
      if (state !== null && isRackFault(name)) return rackOffer(state, node, name);
      const base = { name, node, level: 'software' as const };
      if (name === 'power-off') {
        return { ...base, ...NOT_AVAILABLE, reasonCode: 'no-power-switch', reason: NO_POWER_SWITCH };
      }
      const offer = fromAgent.find((o) => o.name === name);
      if (offer === undefined)
        return {
          ...base,
          ...NOT_AVAILABLE,
          reasonCode: 'agent-silent',
          reason: 'the agent of this node does not answer',
        };
      const { available, commands, revertCommands } = offer;
      const why = available
        ? { reasonCode: null, reason: null }
        : { reasonCode: 'agent' as const, reason: offer.reason };
      return { ...base, available, ...why, commands, revertCommands };
    });
  }

  /** Faults that are on, and for a few seconds those that have just ended. */
  list(): ActiveFault[] {
    const now = monotonicNowMs();
    const physical = this.rackFaults.map((entry) => entry.fault.toState());
    const software = [...this.agentFaults.values()].map((f): ActiveFault => {
      const revertsInMs = isActive(f.state.phase) && f.endsAtMs !== null ? Math.max(0, f.endsAtMs - now) : null;
      return { ...f.state, node: f.node, revertsInMs };
    });
    return [...physical, ...software];
  }

  private assertFree(): void {
    const active = this.list().find((f) => isActive(f.phase));
    if (active !== undefined)
      throw new RpcError('fault-active', `${active.name} on ${active.node} is still on: one fault at a time`);
    if (this.isInjecting) throw new RpcError('fault-active', 'another fault is being injected: one fault at a time');
  }

  /** On real servers a fault needs a partner that can take over; in the rack nothing can come to harm. */
  private assertSafe(node: string): void {
    if (this.rack !== null) return;
    const own = this.feedOf(node);
    const partner = this.feeds.find((f) => f !== own);
    if (partner?.client == null || partner.status?.status !== 'active') {
      throw new RpcError(
        'partner-not-ready',
        `${partner?.node ?? 'the other node'} is not known to be active: nobody would take over`,
      );
    }
  }

  /** Injects one fault. Throws `fault-active`, `partner-not-ready`, `fault-unavailable`, `no-node` or what the agent says. */
  async inject(node: string, name: ConsoleFaultName, link: string | null, durationMs: number): Promise<ActiveFault> {
    const feed = this.feedOf(node);
    this.assertFree();
    this.assertSafe(node);
    this.isInjecting = true;
    try {
      if (this.rack !== null && isRackFault(name)) return await this.injectInRack(this.rack, node, name, durationMs);
      if (name === 'power-off') throw new RpcError('fault-unavailable', NO_POWER_SWITCH);
      return await this.injectByAgent(feed, name, link, durationMs);
    } finally {
      this.isInjecting = false;
      this.onChange.fire();
    }
  }

  private async injectInRack(
    rack: RackHandlePort,
    node: string,
    name: ConsoleFaultName,
    durationMs: number,
  ): Promise<ActiveFault> {
    const offer = rackOffer(rack.state(), node, name);
    if (!offer.available) throw new RpcError('fault-unavailable', offer.reason ?? 'not available');
    const fault = new RackFault(rack, node, name, durationMs);
    await fault.inject(durationMs);
    this.keepRackFault(fault);
    return fault.toState();
  }

  private async injectByAgent(
    feed: NodeFeed,
    name: FaultName,
    link: string | null,
    durationMs: number,
  ): Promise<ActiveFault> {
    const { client, node } = feed;
    if (client === null) throw new RpcError('fault-unavailable', `the agent of ${node} does not answer`);
    const state = await within(
      INJECT_MS_MAX,
      'the agent did not confirm the fault in time',
      client.faultInject({ name, link, durationMs }),
    );
    this.keep(node, state);
    return { ...state, node };
  }

  /** Ends a fault early. Throws `no-fault`, or `unreachable` when only the guard on the node can end it. */
  async revert(node: string, faultId: string): Promise<ActiveFault> {
    const physical = this.rackFaults.find((entry) => entry.fault.faultId === faultId);
    if (physical !== undefined) {
      await physical.fault.revert();
      this.onChange.fire();
      return physical.fault.toState();
    }
    const feed = this.feedOf(node);
    if (!this.agentFaults.has(faultId)) throw new RpcError('no-fault', `there is no fault ${faultId} on ${node}`);
    if (feed.client === null) {
      throw new RpcError(
        'unreachable',
        `the agent of ${node} does not answer; the guard on the node ends the fault when its time is up`,
      );
    }
    const state = await within(
      INJECT_MS_MAX,
      'the agent did not confirm the revert in time',
      feed.client.faultRevert({ faultId }),
    );
    this.keep(node, state);
    this.onChange.fire();
    return { ...state, node };
  }

  private keep(node: string, state: FaultState): void {
    const known = this.agentFaults.get(state.faultId);
    const now = monotonicNowMs();
    const endsAtMs = state.revertsInMs === null ? (known?.endsAtMs ?? null) : now + state.revertsInMs;
    const endedAtMs = isActive(state.phase) ? null : (known?.endedAtMs ?? now);
    this.agentFaults.set(state.faultId, { node, state, endsAtMs, endedAtMs });
  }

  private async watch(): Promise<void> {
    this.adoptRackFaults();
    for (const entry of this.rackFaults) {
      entry.fault.refresh();
      if (!isActive(entry.fault.toState().phase)) entry.endedAtMs ??= monotonicNowMs();
    }
    await Promise.all(
      this.feeds.map(async (feed) => {
        const states =
          feed.client === null ? [] : await within(2000, 'no answer', feed.client.faultStates({})).catch(() => []);
        // Ended faults of long ago are the agent's history, not news.
        for (const s of states) if (isActive(s.phase) || this.agentFaults.has(s.faultId)) this.keep(feed.node, s);
      }),
    );
    const shownFromMs = monotonicNowMs() - SHOWN_AFTER_END_MS;
    this.rackFaults = this.rackFaults.filter((e) => e.endedAtMs === null || e.endedAtMs > shownFromMs);
    for (const [id, f] of this.agentFaults)
      if (f.endedAtMs !== null && f.endedAtMs <= shownFromMs) this.agentFaults.delete(id);
    this.onChange.fire();
  }
}
