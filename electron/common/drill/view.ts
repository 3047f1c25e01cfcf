/** What a drill knows about a pair at one moment, and its conditions. Unknown never fulfils one. */
import type { AgentStatus, LinkStatus } from '../../../agent/common/rpc/agentContract.ts';
import type { GateName } from '../contract/drill.ts';
import type { ActiveFault, VipVerdict } from '../contract/state.ts';
import { GOOD_RUN_COUNT } from './outage.ts';
import type { Condition, LinkChoice, Who } from './script.ts';
import { baselineProblems } from './baseline.ts';

/** How old a status may be to count as the present, milliseconds. Three polls of half a second and slack. */
export const STATUS_FRESH_MS = 3000;

export interface NodeView {
  readonly node: string;
  readonly attached: boolean;
  /** Why it is not attached. */
  readonly detail: string;
  readonly status: AgentStatus | null;
  readonly statusAgeMs: number | null;
}

export interface PairView {
  readonly nodes: readonly [NodeView, NodeView];
  readonly vips: readonly VipVerdict[];
  readonly faults: readonly ActiveFault[];
  readonly hasProbe: boolean;
  /** Who answered the last probe while it is fresh; null: nobody. */
  readonly answeredBy: string | null;
  /** The newest good answers in a row, all by one node. */
  readonly goodRun: { readonly by: string | null; readonly count: number };
  /** Nodes that reported the end of a takeover since the last fault or heal. */
  readonly takenOver: readonly string[];
  /** Gates that somebody waived: what they say is not held against the pair. */
  readonly waived: readonly GateName[];
}

/** The two roles of a run, fixed at its beginning. */
export interface Roles {
  readonly holder: string;
  readonly standby: string;
}

/** A node's status while it is a present one. */
export function freshStatus(node: NodeView): AgentStatus | null {
  const isFresh = node.attached && node.statusAgeMs !== null && node.statusAgeMs <= STATUS_FRESH_MS;
  return isFresh ? node.status : null;
}

/** The links that a choice means. */
export function chosenLinks(links: readonly LinkStatus[], choice: LinkChoice): LinkStatus[] {
  if (choice === 'all') return [...links];
  return links.filter((link) => (link.medium === 'serial') === (choice === 'serial'));
}

/** The nodes that a script's word means. */
export function nodesOf(who: Who, roles: Roles): string[] {
  return who === 'both' ? [roles.holder, roles.standby] : [roles[who]];
}

function views(view: PairView, who: Who, roles: Roles): NodeView[] {
  const names = nodesOf(who, roles);
  return view.nodes.filter((n) => names.includes(n.node));
}

/** True when every status that the condition is about is a present one and fulfils it. */
function everyStatus(view: PairView, who: Who, roles: Roles, holds: (status: AgentStatus) => boolean): boolean {
  return views(view, who, roles).every((node) => {
    const status = freshStatus(node);
    return status !== null && holds(status);
  });
}

function linksAre(status: AgentStatus, choice: LinkChoice, state: 'dead' | 'up'): boolean {
  const links = chosenLinks(status.links, choice);
  return links.length > 0 && links.every((link) => link.fromPeer.state === state);
}

function isServed(view: PairView, by: 'holder' | 'standby' | 'any', roles: Roles): boolean {
  const { goodRun } = view;
  return goodRun.count >= GOOD_RUN_COUNT && (by === 'any' || goodRun.by === roles[by]);
}

function pingNodesAre(status: AgentStatus, state: 'dead' | 'up'): boolean {
  return status.pingNodes.length > 0 && status.pingNodes.every((p) => p.status === state);
}

/** Is it so now? */
export function isFulfilled(condition: Condition, view: PairView, roles: Roles): boolean {
  switch (condition.is) {
    case 'all':
      return condition.of.every((part) => isFulfilled(part, view, roles));
    case 'stable':
      return baselineProblems(view).length === 0;
    case 'served':
      return isServed(view, condition.by, roles);
    case 'holds': {
      const name = roles[condition.who];
      if (!condition.yes) return view.vips.every((v) => v.verdict !== 'unknown' && !v.holders.includes(name));
      return view.vips.length > 0 && view.vips.every((v) => v.verdict === 'one' && v.holder === name);
    }
    case 'taken-over':
      return view.takenOver.includes(roles[condition.by]);
    case 'peer':
      return everyStatus(view, condition.seenBy, roles, (s) => s.peer.status === condition.status);
    case 'links':
      return everyStatus(view, condition.seenBy, roles, (s) => linksAre(s, condition.links, condition.state));
    case 'agent':
      return views(view, condition.of, roles).every(
        (n) => (condition.state === 'answers') === (freshStatus(n) !== null),
      );
    case 'ping-nodes':
      return everyStatus(view, condition.seenBy, roles, (s) => pingNodesAre(s, condition.state));
  }
}
