/** What must not be overlooked in a pair, as codes and data: screen and command line each put it into their own words. */
import type { AgentStatus } from '../../../agent/common/rpc/agentContract.ts';
import type { NodeConnection, PairState } from '../contract/state.ts';
import { freshStatus, oneWay, pairLinks } from './links.ts';

export type HoldReason = NonNullable<AgentStatus['hold']>['reasons'][number];
export type Fencing = NonNullable<AgentStatus['fencing']>;

/** `key` is unique in the pair and stays while the alarm stays; `node` is the one that says so. */
export type Alarm = { readonly key: string; readonly node: string } & (
  | { readonly code: 'dual'; readonly address: string; readonly holders: readonly string[] }
  | {
      readonly code: 'takeover-waits';
      readonly peer: string;
      readonly reasons: readonly HoldReason[];
      /** Wall clock of the node, Unix epoch milliseconds. */
      readonly sinceWallMs: number;
      readonly heldMs: number;
      readonly fencing: Fencing | null;
      /** Names of the node's reference hosts. */
      readonly references: readonly string[];
    }
  /** Another machine answers for an address that `node` holds. */
  | { readonly code: 'second-holder'; readonly address: string; readonly mac: string }
  | { readonly code: 'different-keys'; readonly keys: readonly (AgentStatus['keys'] & { readonly node: string })[] }
  | { readonly code: 'wrong-key'; readonly peer: string; readonly detail: string }
  | { readonly code: 'fencing'; readonly peer: string; readonly fencing: Fencing }
  | { readonly code: 'problem'; readonly peer: string; readonly problem: string; readonly detail: string }
  /** `node` does not hear `peer`, who hears `node`. Dangerous only with the next fault. */
  | { readonly code: 'one-way'; readonly peer: string; readonly links: readonly string[] }
);

/** Problems that endanger the address or the service behind it; the others stand on their node. */
const ALARMING: ReadonlySet<string> = new Set([
  'stray-address',
  'daemon-not-running',
  'daemon-frozen',
  'daemon-not-answering',
  'log-flood',
  'address-lost',
  'stop-failed',
  'acquire-failed',
  'isolated',
  'not-scheduled',
]);

interface Report {
  readonly node: string;
  readonly peer: string;
  readonly status: AgentStatus;
}

/** Every alarm of a pair, the worst kinds first. Only fresh words count: an old one is no news, and what is unknown is the verdict's business. */
export function pairAlarms(state: PairState): Alarm[] {
  const reports = state.nodes.flatMap((node, i): Report[] => {
    const status = freshStatus(node);
    return status === null ? [] : [{ node: node.node, peer: state.nodes[1 - i]?.node ?? status.peerName, status }];
  });
  return [
    ...dualAlarms(state),
    ...reports.flatMap(holdAlarm),
    ...reports.flatMap(secondHolderAlarms),
    ...keysAlarm(state),
    ...reports.flatMap(fencingAlarm),
    ...reports.flatMap(problemAlarms),
    // What is signed with another key is not heard either: no cable and no firewall would be at fault.
    ...(hasOtherKey(state, reports) ? [] : oneWayAlarms(state)),
  ];
}

function dualAlarms(state: PairState): Alarm[] {
  return state.vips
    .filter((vip) => vip.verdict === 'dual')
    .map(({ address, holders }) => ({
      code: 'dual',
      key: `dual ${address}`,
      node: holders[0] ?? '',
      address,
      holders,
    }));
}

function holdAlarm({ node, peer, status }: Report): Alarm[] {
  const { hold, fencing, pingNodes, wallMs } = status;
  if (hold === null) return [];
  return [
    {
      code: 'takeover-waits',
      key: `takeover-waits ${node}`,
      node,
      peer,
      reasons: hold.reasons,
      heldMs: hold.sinceMs,
      sinceWallMs: wallMs - hold.sinceMs,
      fencing,
      references: pingNodes.map(({ name }) => name),
    },
  ];
}

/** Other machines that answer for what the node holds. Who does not hold an address hears its holder, as it should be. */
export function secondHolders({ vips }: AgentStatus): { readonly address: string; readonly mac: string }[] {
  return vips.flatMap(({ address, conflictMac: mac, heldOn }) =>
    mac === null || heldOn === null ? [] : [{ address, mac }],
  );
}

function secondHolderAlarms({ node, status }: Report): Alarm[] {
  return secondHolders(status).map(({ address, mac }) => ({
    code: 'second-holder',
    key: `second-holder ${node} ${address}`,
    node,
    address,
    mac,
  }));
}

/**
 * How the signing keys of both nodes compare. `changing`: they differ, and each node accepts another key besides its own, as in the
 * middle of a rotation. `unknown`: a fresh word of one node is missing.
 */
export function compareKeys(
  a: AgentStatus | null,
  b: AgentStatus | null,
): 'same' | 'different' | 'changing' | 'unknown' {
  if (a === null || b === null) return 'unknown';
  if (a.keys.index === b.keys.index && a.keys.fingerprint === b.keys.fingerprint) return 'same';
  return a.keys.accepted > 1 && b.keys.accepted > 1 ? 'changing' : 'different';
}

function keysAlarm(state: PairState): Alarm[] {
  const [a, b] = [freshStatus(state.nodes[0]), freshStatus(state.nodes[1])];
  if (a === null || b === null || compareKeys(a, b) !== 'different') return [];
  const keys = [a, b].map((status) => ({ ...status.keys, node: status.node }));
  return [{ code: 'different-keys', key: 'different-keys', node: a.node, keys }];
}

/** Whether the device has done what it can, and a person has to do the rest. */
const needsPerson = (fencing: Fencing): boolean => fencing.state === 'failed' || fencing.state === 'waiting-operator';

function fencingAlarm({ node, peer, status: { fencing, hold } }: Report): Alarm[] {
  // A takeover that waits says so itself.
  if (fencing === null || hold !== null || !needsPerson(fencing)) return [];
  return [{ code: 'fencing', key: `fencing ${node}`, node, peer, fencing }];
}

function problemAlarms({ node, peer, status }: Report): Alarm[] {
  return status.problems.flatMap(({ code: problem, detail }, i): Alarm[] => {
    if (problem === 'key-mismatch') return [{ code: 'wrong-key', key: `wrong-key ${node}`, node, peer, detail }];
    return ALARMING.has(problem)
      ? [{ code: 'problem', key: `problem ${node} ${problem} ${i}`, node, peer, problem, detail }]
      : [];
  });
}

/** Whether the nodes differ in their keys, or one of them was sent something with another one. */
function hasOtherKey(state: PairState, reports: readonly Report[]): boolean {
  return (
    keysAlarm(state).length > 0 ||
    reports.some(({ status }) => status.problems.some(({ code }) => code === 'key-mismatch'))
  );
}

function oneWayAlarms(state: PairState): Alarm[] {
  const names = [state.nodes[0].node, state.nodes[1].node] as const;
  const links = pairLinks(state);
  return ([0, 1] as const).flatMap((deaf): Alarm[] => {
    const other = deaf === 0 ? 1 : 0;
    const cut = links.filter((link) => oneWay(link) === (deaf === 0 ? 'b-to-a-dead' : 'a-to-b-dead'));
    if (cut.length === 0) return [];
    const [node, peer] = [names[deaf], names[other]];
    const shown = cut.map((link) => link.labels[deaf] ?? link.labels[other] ?? link.key);
    return [{ code: 'one-way', key: `one-way ${node}`, node, peer, links: shown }];
  });
}

/** Whether there is anything that a person's word about the peer would end. */
export function canConfirmDead(node: NodeConnection): boolean {
  const status = freshStatus(node);
  return status !== null && (status.hold !== null || status.fencing?.state === 'waiting-operator');
}
