/** The deployer of the console's service: look, plan, apply. A plan is kept until it is applied or replaced. */
import { randomUUID } from 'node:crypto';
import type { CancelSignal } from '../../../agent/common/rpc/cancel.ts';
import { CancelSource } from '../../../agent/common/rpc/cancel.ts';
import type { DeployPlan, DeployProgress, PreflightItem } from '../../common/contract/deploy.ts';
import type { HaSpec, PairSpec } from '../../common/contract/pair.ts';
import { specificationGaps } from '../../common/setup/gaps.ts';
import { quote, say } from '../../common/words/sentence.ts';
import type { Said } from '../../common/words/sentence.ts';
import type { Deployer } from '../service/ports.ts';
import { applyPlans } from './apply.ts';
import { desiredNode, newAuthkeys } from './desired.ts';
import { fact } from './facts.ts';
import type { DeployHost } from './host.ts';
import type { Inspection } from './inspection.ts';
import { inspect } from './inspection.ts';
import { architectureOf, bad, reachable, systemRuntime, unreachable, words } from './judge.ts';
import { AUTHKEYS, HA_CF } from './layout.ts';
import type { NodePlan } from './nodePlan.ts';
import { planNode, planRemoval } from './nodePlan.ts';
import { describeVersion } from './payload.ts';
import type { AgentPayload } from './payload.ts';
import type { NodeLook } from './preflight.ts';
import { holdsAddress, lookAtNode, judgeTogether, preflight } from './preflight.ts';

export interface DeployerOptions {
  readonly payload: AgentPayload;
  /** Folder for compressed runtimes, about 50 MB each; made when missing. */
  readonly cacheDir: string;
}

/** Plans kept for `apply`: one console plans for one pair at a time, a few browser tabs may overlap. */
const PLANS_MAX = 8;

interface Seen {
  readonly host: DeployHost;
  readonly look: NodeLook;
  readonly inspection: Inspection;
}

/** Thrown by `apply` for a plan that is unknown, used up or blocked. */
export class PlanError extends Error {}

/**
 * Makes the deployer that the service wants. Its hosts are SshConnections (see DeployHost).
 * Plans and applies for the nodes it is given; both nodes of a pair normally.
 */
export function createDeployer(options: DeployerOptions): Omit<Deployer, 'preflight' | 'plan'> & {
  preflight(pair: PairSpec, hosts: readonly DeployHost[], signal: CancelSignal): AsyncIterable<PreflightItem>;
  plan(pair: PairSpec, hosts: readonly DeployHost[], action: 'deploy' | 'remove'): Promise<DeployPlan>;
} {
  const plans = new Map<string, { readonly plan: DeployPlan; readonly nodes: readonly NodePlan[] }>();
  return {
    preflight: (pair, hosts, signal) => preflight(pair, hosts, options.payload, signal),
    async plan(pair, hosts, action) {
      const made = action === 'deploy' ? await planDeploy(pair, hosts, options.payload) : await planRemove(pair, hosts);
      const plan: DeployPlan = {
        planId: randomUUID(),
        action,
        version: options.payload.version,
        preflight: made.items,
        blocked: made.items.some((item) => item.result === 'failed'),
        steps: made.nodes.flatMap((node) => [...node.steps]),
      };
      plans.set(plan.planId, { plan, nodes: made.nodes });
      for (const oldest of [...plans.keys()].slice(0, Math.max(0, plans.size - PLANS_MAX))) plans.delete(oldest);
      return plan;
    },
    apply(planId, signal): AsyncIterable<DeployProgress> {
      const kept = plans.get(planId);
      if (kept === undefined) throw new PlanError('this plan is not known any more: plan again');
      if (kept.plan.blocked) throw new PlanError('the preflight forbids this plan: see its failed items');
      plans.delete(planId);
      return applyPlans(kept.nodes, options.cacheDir, signal);
    },
  };
}

interface Planned {
  readonly items: PreflightItem[];
  readonly nodes: readonly NodePlan[];
}

function blockedBy(
  items: PreflightItem[],
  node: string,
  code: PreflightItem['code'],
  found: Said,
  advice: Said,
): Planned {
  return { items: [...items, { node, code, ...bad(found, advice) }], nodes: [] };
}

async function planDeploy(pair: PairSpec, hosts: readonly DeployHost[], payload: AgentPayload): Promise<Planned> {
  const gaps = pair.ha === null ? [] : specificationGaps({ ...pair, ha: pair.ha });
  const first = hosts[0]?.spec.name ?? '';
  if (gaps.length > 0) return blockedBy([], first, 'pair-file', words(gaps.join(' ')), say('pairGapsAdvice'));
  // What an interrupted deployment left is finished first, or the look would see half of it.
  const inspections = await Promise.all(
    hosts.map((host) => (host.state().phase === 'ready' ? inspect(host) : Promise.resolve(null))),
  );
  const signal = new CancelSource().signal;
  const looks = await Promise.all(hosts.map((host) => lookAtNode(pair, host, payload, signal)));
  const items = [...looks.flatMap((look) => [...look.items]), ...judgeTogether(pair, looks)];
  const seen: Seen[] = [];
  for (const [index, host] of hosts.entries()) {
    const [look, inspection] = [looks[index], inspections[index]];
    if (look === undefined || look.facts === null || inspection === null || inspection === undefined) continue;
    if (!inspection.ok) return blockedBy(items, host.spec.name, 'installed', quote(inspection), say('tryAgain'));
    seen.push({ host, look, inspection: inspection.value });
    if (pair.ha === null && !inspection.value.files.has(HA_CF)) {
      return blockedBy(items, host.spec.name, 'installed', say('noHaCf', { path: HA_CF }), say('describePair'));
    }
  }
  if (seen.length < hosts.length || items.some((item) => item.result === 'failed')) return { items, nodes: [] };
  // Once for both: a new key is random.
  const authkeys = pair.engine === 'heartbeat' ? null : sharedAuthkeys(seen, pair.ha?.authMethod ?? 'sha1');
  const nodes = await Promise.all(seen.map((one) => planSeen(pair, one, authkeys, payload)));
  const holders = new Set(looks.filter(holdsAddress).map((look) => look.node));
  return { items, nodes: [...nodes].sort((a, b) => Number(holders.has(a.node)) - Number(holders.has(b.node))) };
}

async function planSeen(
  pair: PairSpec,
  { host, look, inspection }: Seen,
  authkeys: string | null,
  payload: AgentPayload,
): Promise<NodePlan> {
  const facts = look.facts ?? [];
  const version = await describeVersion(payload, architectureOf(facts) ?? 'x64', systemRuntime(facts));
  const ipfailPath = fact(facts, 'ipfail') ?? undefined;
  const wanted = desiredNode(pair, host.spec.name, version.name, inspection.manager, authkeys, ipfailPath);
  return planNode(host, inspection, version, wanted, payload.version);
}

/**
 * The key that both nodes should have. One node's key is given to the other; the first one's
 * wins over a different one, because with two keys the nodes do not hear each other at all;
 * where nobody has one, a new one is made. null: both have the same with the right mode.
 */
function sharedAuthkeys(seen: readonly Seen[], method: HaSpec['authMethod']): string | null {
  const keys = seen.map((one) => one.inspection.authkeys);
  const modes = seen.map((one) => one.inspection.files.get(AUTHKEYS)?.mode);
  const shared = keys.find((key) => key !== null) ?? newAuthkeys(method);
  return keys.every((key) => key === shared) && modes.every((mode) => mode === 0o600) ? null : shared;
}

async function planRemove(pair: PairSpec, hosts: readonly DeployHost[]): Promise<Planned> {
  const items: PreflightItem[] = [];
  const nodes: NodePlan[] = [];
  for (const host of hosts) {
    const state = host.state();
    const node = host.spec.name;
    const seen = state.phase === 'ready' ? await inspect(host) : null;
    if (seen?.ok === true) {
      items.push({ node, code: 'reachable', ...reachable(host.spec) });
      nodes.push(planRemoval(host, seen.value, pair.engine === 'heartbeat'));
    } else items.push({ node, code: 'reachable', ...unreachable(seen ?? state) });
  }
  return { items, nodes };
}
