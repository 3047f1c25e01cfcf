/** Faults that agents do on their nodes: injected, their leases renewed, reverted; without the agent by what it wrote. */
import type { FaultState } from '../../../agent/common/rpc/agentContract.ts';
import { CUT_OFF_MS_MAX, FaultNameSchema } from '../../../agent/common/rpc/agentContract.ts';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import type { ActiveFault, ConsoleFaultName } from '../../common/contract/state.ts';
import { monotonicNowMs, within } from '../base/time.ts';
import { runCommand } from '../service/nodeCommand.ts';
import type { NodeConnector } from '../service/ports.ts';
import type { NodeFeed } from '../session/nodeFeed.ts';
import { shellQuote } from '../ssh/shellQuote.ts';
import { isActive } from './openFault.ts';
import type { FaultLeg } from './openFault.ts';

/** Arming looks around, writes, syncs and proves a guard before it injects; a slow disk takes its time. Milliseconds. */
const INJECT_MS_MAX = 30_000;
/** How long an agent may take to answer before its node is asked without it, milliseconds. */
const REVERT_MS_MAX = 8000;
const RENEW_MS_MAX = 1500;
/** An undoing on the node, which may start services, milliseconds. */
const BY_SHELL_MS_MAX = 60_000;

/** A fault of this console ends so long after the console was last heard, milliseconds. Four renewals. */
export const LEASE_MS = 12_000;
const RENEW_PERIOD_MS = 3000;

/** One answer may have been on its way while the fault was injected. */
const MISSED_MAX = 1;

/** One node as faults reach it. */
export interface FaultNode {
  readonly node: string;
  readonly feed: Pick<NodeFeed, 'node' | 'client' | 'status' | 'agent'>;
  readonly connector: NodeConnector;
}

export interface AgentInjectOptions {
  readonly amount: number | null;
  readonly cutManagement: boolean;
  /** This console renews its lease; without one it lasts until its time. */
  readonly attended: boolean;
}

export const AGENT_INJECT_DEFAULTS: AgentInjectOptions = { amount: null, cutManagement: false, attended: true };

interface Known {
  readonly node: string;
  state: FaultState;
  /** This computer's clock when the guard mends it; null: unknown. */
  endsAtMs: number | null;
  endedAtMs: number | null;
  /** This console renews the lease; null: another one does, or nobody. */
  renewAtMs: number | null;
  /** Answers of its agent in a row that did not have it. */
  missed: number;
}

export class AgentFaults {
  private readonly nodes: readonly FaultNode[];
  private readonly known = new Map<string, Known>();

  constructor(nodes: readonly FaultNode[]) {
    this.nodes = nodes;
  }

  private need(node: string): FaultNode {
    const found = this.nodes.find((candidate) => candidate.node === node);
    if (found === undefined) throw new RpcError('no-node', `this pair has no node ${node}`);
    return found;
  }

  list(): ActiveFault[] {
    const now = monotonicNowMs();
    return [...this.known.values()].map(({ node, state, endsAtMs }) => {
      const revertsInMs = isActive(state.phase) && endsAtMs !== null ? Math.max(0, endsAtMs - now) : null;
      return { ...state, node, revertsInMs, handwork: null };
    });
  }

  has(faultId: string): boolean {
    return this.known.has(faultId);
  }

  /** Throws `fault-unavailable` or what the agent says. */
  async inject(
    node: string,
    name: ConsoleFaultName,
    link: string | null,
    durationMs: number,
    options: AgentInjectOptions,
  ): Promise<ActiveFault> {
    const { client, agent } = this.need(node).feed;
    if (client === null)
      throw new RpcError('fault-unavailable', `the agent of ${node} does not answer: ${agent.detail}`);
    const asked = FaultNameSchema.safeParse(name);
    if (!asked.success) throw new RpcError('fault-unavailable', `${name} is not done by an agent`);
    const { amount, cutManagement, attended } = options;
    const lastsMs = cutManagement ? Math.min(durationMs, CUT_OFF_MS_MAX) : durationMs;
    // Where the way in is cut nobody can renew a lease: it is as long as the fault.
    const leaseMs = cutManagement ? Math.max(lastsMs, 1000) : attended ? LEASE_MS : null;
    const request = { name: asked.data, link, durationMs: lastsMs, leaseMs, amount, cutManagement };
    const late = 'the agent did not confirm the fault in time';
    const state = await within(INJECT_MS_MAX, late, client.faultInject(request));
    this.keep(node, state);
    const known = this.known.get(state.faultId);
    if (known !== undefined) {
      known.endsAtMs = monotonicNowMs() + lastsMs;
      if (attended && !cutManagement) known.renewAtMs = monotonicNowMs() + RENEW_PERIOD_MS;
    }
    return { ...state, node, revertsInMs: lastsMs, handwork: null };
  }

  /** By the agent; where it does not answer, by the script on its node. Throws `no-fault`, or `unreachable`. */
  async revert(node: string, faultId: string): Promise<ActiveFault> {
    const known = this.known.get(faultId);
    if (known === undefined) throw new RpcError('no-fault', `there is no fault ${faultId} on ${node}`);
    known.renewAtMs = null;
    const { client } = this.need(node).feed;
    const answered =
      client === null
        ? null
        : await within(REVERT_MS_MAX, 'no answer', client.faultRevert({ faultId })).catch((error: unknown) => {
            if (error instanceof RpcError && error.code === 'failed') throw error;
            return null;
          });
    if (answered !== null) this.keep(node, answered);
    else await this.revertByShell(known);
    return { ...(this.known.get(faultId) ?? known).state, node, handwork: null };
  }

  private async revertByShell(known: Known): Promise<void> {
    const { state, node } = known;
    const { dir } = state;
    const script =
      dir === undefined
        ? null
        : `d=${shellQuote(dir)}; echo 0 >"$d/lease"; kill -USR1 "$(cut -d' ' -f1 "$d/guard.pid")" 2>/dev/null; i=0; ` +
          'while [ -d "$d" ] && [ ! -e "$d/reverted" ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done; ' +
          '[ ! -d "$d" ] || [ -e "$d/reverted" ] || sh "$d/revert.sh"; [ ! -d "$d" ] || [ -e "$d/reverted" ]';
    const done =
      script === null ? null : await runCommand(this.need(node).connector, script, BY_SHELL_MS_MAX).catch(() => null);
    if (done?.status !== 0) {
      throw new RpcError(
        'unreachable',
        `neither the agent of ${node} nor its node answers; the guard on the node ends the fault when its time is up`,
      );
    }
    this.keep(node, { ...state, phase: 'reverted', revertsInMs: null });
  }

  private keep(node: string, state: FaultState): void {
    const known = this.known.get(state.faultId);
    const now = monotonicNowMs();
    const isOn = isActive(state.phase);
    const isOurs = known?.renewAtMs != null;
    // Our own lease is renewed: it is the time of the fault that counts, not what the lease has left.
    const endsAtMs = state.revertsInMs === null || isOurs ? (known?.endsAtMs ?? null) : now + state.revertsInMs;
    this.known.set(state.faultId, {
      node,
      // A node that has forgotten the folder has undone the fault.
      state: { ...(known?.state.dir === undefined ? {} : { dir: known.state.dir }), ...state },
      endsAtMs,
      endedAtMs: isOn ? null : (known?.endedAtMs ?? now),
      renewAtMs: isOn ? (known?.renewAtMs ?? null) : null,
      missed: known?.missed ?? 0,
    });
  }

  /** Asks the agents what is on, also by other consoles, renews leases, and forgets what ended `shownMs` ago. */
  async watch(shownMs: number): Promise<void> {
    await Promise.all(
      this.nodes.map(async ({ node, feed }) => {
        const { client } = feed;
        const states = client === null ? null : await within(2000, '', client.faultStates({})).catch(() => null);
        if (states === null) return;
        // Ended faults of long ago are the agent's history, not news.
        for (const s of states) if (isActive(s.phase) || this.known.has(s.faultId)) this.keep(node, s);
        const told = new Set(states.map((s) => s.faultId));
        for (const known of this.known.values()) {
          // An agent that answers and does not know it any more has started anew, which undoes everything first.
          if (known.node !== node || !isActive(known.state.phase)) continue;
          known.missed = told.has(known.state.faultId) ? 0 : known.missed + 1;
          if (known.missed > MISSED_MAX) this.keep(node, { ...known.state, phase: 'reverted', revertsInMs: null });
        }
      }),
    );
    await this.renew();
    const shownFromMs = monotonicNowMs() - shownMs;
    for (const [id, f] of this.known) if (f.endedAtMs !== null && f.endedAtMs <= shownFromMs) this.known.delete(id);
  }

  private async renew(): Promise<void> {
    const now = monotonicNowMs();
    const due = [...this.known.values()].filter((k) => k.renewAtMs !== null && k.renewAtMs <= now);
    await Promise.all(
      due.map(async (known) => {
        known.renewAtMs = now + RENEW_PERIOD_MS;
        const { faultId, dir } = known.state;
        const { feed, connector } = this.need(known.node);
        const { client } = feed;
        const answer =
          client === null
            ? null
            : await within(RENEW_MS_MAX, '', client.faultRenew({ faultId, leaseMs: LEASE_MS })).catch(() => null);
        if (answer !== null || dir === undefined) return;
        // The agent is what the fault has hit: its guard reads the lease itself.
        const command = `sh ${shellQuote(`${dir}/renew.sh`)} ${LEASE_MS}`;
        await runCommand(connector, command, REVERT_MS_MAX).catch(() => undefined);
      }),
    );
  }

  /** One agent's part of a fault that is put together. */
  leg(node: string, name: ConsoleFaultName, link: string | null, options: AgentInjectOptions): FaultLeg {
    let faultId: string | null = null;
    return {
      id: () => faultId,
      inject: async (durationMs) => {
        ({ faultId } = await this.inject(node, name, link, durationMs, options));
      },
      revert: async () => {
        const known = faultId === null ? undefined : this.known.get(faultId);
        if (known !== undefined && isActive(known.state.phase)) await this.revert(node, known.state.faultId);
      },
      isOver: () => {
        const known = faultId === null ? undefined : this.known.get(faultId);
        return known === undefined || !isActive(known.state.phase);
      },
    };
  }
}
