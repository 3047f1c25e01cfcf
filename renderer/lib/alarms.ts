/** What a person must hear about at once, from what both agents report. Nothing is concluded from an old report. */
import type { AgentStatus } from '../../agent/common/rpc/agentContract.ts';
import type { NodeConnection, PairState } from '../../electron/common/contract/state.ts';
import { freshStatus, oneWay, pairLinks } from './links.ts';

export type HoldReason = NonNullable<AgentStatus['hold']>['reasons'][number];
export type Fencing = NonNullable<AgentStatus['fencing']>;

/** In the order in which they are shown. `warn` is for what is not dangerous yet. */
export type Alarm = { readonly key: string; readonly level: 'alarm' | 'warn'; readonly node: string } & (
  | {
      readonly kind: 'hold';
      readonly peer: string;
      readonly reasons: readonly HoldReason[];
      /** Wall clock of the node, Unix epoch milliseconds. */
      readonly sinceWallMs: number;
      readonly heldMs: number;
      readonly fencing: Fencing | null;
    }
  | { readonly kind: 'conflict'; readonly address: string; readonly mac: string }
  | { readonly kind: 'keys'; readonly fingerprints: readonly string[] }
  | { readonly kind: 'wrong-key'; readonly peer: string }
  | { readonly kind: 'fencing'; readonly peer: string; readonly fencing: Fencing }
  | { readonly kind: 'problem'; readonly code: string; readonly detail: string }
  /** `node` does not hear `peer`, who hears `node`. */
  | { readonly kind: 'one-way'; readonly peer: string; readonly links: readonly string[] }
);

/** Problems that endanger the address itself; the others stand on their node. */
const PROBLEM_ALARMS: ReadonlySet<string> = new Set([
  'stray-address',
  'address-lost',
  'stop-failed',
  'isolated',
  'not-scheduled',
]);

/** Whether there is anything that a person's word about the peer would end. */
export function canConfirmDead(node: NodeConnection): boolean {
  const status = freshStatus(node);
  return status !== null && (status.hold !== null || status.fencing?.state === 'waiting-operator');
}

interface Report {
  readonly node: string;
  readonly peer: string;
  readonly status: AgentStatus;
}

function holdAlarm({ node, peer, status }: Report): Alarm[] {
  if (status.hold === null) return [];
  return [
    {
      kind: 'hold',
      level: 'alarm',
      key: `hold ${node}`,
      node,
      peer,
      reasons: status.hold.reasons,
      heldMs: status.hold.sinceMs,
      sinceWallMs: status.wallMs - status.hold.sinceMs,
      fencing: status.fencing,
    },
  ];
}

function conflictAlarms({ node, status }: Report): Alarm[] {
  // Who does not hold the address hears its holder, as it should be.
  return status.vips.flatMap(({ address, conflictMac, heldOn }): Alarm[] =>
    conflictMac === null || heldOn === null
      ? []
      : [{ kind: 'conflict', level: 'alarm', key: `conflict ${node} ${address}`, node, address, mac: conflictMac }],
  );
}

function fencingAlarm({ node, peer, status }: Report): Alarm[] {
  const { fencing, hold } = status;
  // A takeover that is held back says so itself.
  if (fencing === null || hold !== null) return [];
  if (fencing.state !== 'failed' && fencing.state !== 'waiting-operator') return [];
  return [{ kind: 'fencing', level: 'alarm', key: `fencing ${node}`, node, peer, fencing }];
}

function wrongKeyAlarm({ node, peer, status }: Report): Alarm[] {
  const isNow = status.problems.some(({ code }) => code === 'key-mismatch');
  return isNow ? [{ kind: 'wrong-key', level: 'alarm', key: `wrong-key ${node}`, node, peer }] : [];
}

function problemAlarms({ node, status }: Report): Alarm[] {
  return status.problems.flatMap(({ code, detail }, i): Alarm[] => {
    const key = `problem ${node} ${code} ${i}`;
    return PROBLEM_ALARMS.has(code) ? [{ kind: 'problem', level: 'alarm', key, node, code, detail }] : [];
  });
}

/**
 * How the signing keys of both nodes compare. `changing`: they differ while each side still accepts another key besides its
 * own, as in the middle of a rotation. `unknown`: a report is missing.
 */
export function compareKeys(
  a: AgentStatus | null,
  b: AgentStatus | null,
): 'same' | 'different' | 'changing' | 'unknown' {
  if (a === null || b === null) return 'unknown';
  if (a.keys.fingerprint === b.keys.fingerprint) return 'same';
  return a.keys.accepted > 1 && b.keys.accepted > 1 ? 'changing' : 'different';
}

function keysAlarm(state: PairState): Alarm[] {
  const [a, b] = [freshStatus(state.nodes[0]), freshStatus(state.nodes[1])];
  if (a === null || b === null || compareKeys(a, b) !== 'different') return [];
  const fingerprints = [a, b].map((s) => `${s.node} ${s.keys.method} ${s.keys.fingerprint}`);
  return [{ kind: 'keys', level: 'alarm', key: 'keys', node: a.node, fingerprints }];
}

function oneWayAlarms(state: PairState): Alarm[] {
  const names = state.nodes.map((n) => n.node) as [string, string];
  const links = pairLinks(state);
  return ([0, 1] as const).flatMap((deaf): Alarm[] => {
    const cut = links.filter((link) => oneWay(link) === (deaf === 0 ? 'b-to-a-dead' : 'a-to-b-dead'));
    if (cut.length === 0) return [];
    const [node, peer] = [names[deaf], names[1 - deaf] ?? ''];
    const shown = cut.map((link) => link.names[deaf] ?? link.names[1 - deaf] ?? link.key);
    return [{ kind: 'one-way', level: 'warn', key: `one-way ${node}`, node, peer, links: shown }];
  });
}

/** All alarms of a pair, the worst kinds first. */
export function pairAlarms(state: PairState): Alarm[] {
  const reports = state.nodes.flatMap((node: NodeConnection, i): Report[] => {
    const status = freshStatus(node);
    return status === null ? [] : [{ node: node.node, peer: state.nodes[1 - i]?.node ?? status.peerName, status }];
  });
  return [
    ...reports.flatMap(holdAlarm),
    ...reports.flatMap(conflictAlarms),
    ...keysAlarm(state),
    ...reports.flatMap(wrongKeyAlarm),
    ...reports.flatMap(fencingAlarm),
    ...reports.flatMap(problemAlarms),
    ...oneWayAlarms(state),
  ];
}
