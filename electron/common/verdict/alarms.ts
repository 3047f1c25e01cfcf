/** What must not be overlooked in a pair, in sentences: what waits, what contradicts itself, and what a person can do. */
import type { AgentStatus } from '../../../agent/common/rpc/agentContract.ts';
import type { NodeConnection, PairState } from '../contract/state.ts';
import { WITNESS_FRESH_MS } from './vip.ts';

export interface PairAlarm {
  readonly code: 'takeover-waits' | 'fencing' | 'second-holder' | 'different-keys' | 'wrong-key' | 'dual' | 'problem';
  /** The node that says so. */
  readonly node: string;
  readonly text: string;
  /** What ends it; empty where that depends. */
  readonly remedy: string;
}

type Hold = NonNullable<AgentStatus['hold']>;
type Fencing = NonNullable<AgentStatus['fencing']>;

/** A node's own status, unless it is too old to mean anything. */
export function freshStatus(node: NodeConnection): AgentStatus | null {
  return node.status !== null && (node.statusAgeMs ?? Number.POSITIVE_INFINITY) <= WITNESS_FRESH_MS
    ? node.status
    : null;
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

/** Every alarm of a pair. Only fresh words count: an old one is no news, and what is unknown is the verdict's business. */
export function pairAlarms(state: PairState): PairAlarm[] {
  const statuses = state.nodes.flatMap((node) => freshStatus(node) ?? []);
  return [
    ...state.vips.filter((vip) => vip.verdict === 'dual').map(dualAlarm),
    ...statuses.flatMap(holdAlarms),
    ...statuses.flatMap(fencingAlarms),
    ...statuses.flatMap(secondHolders),
    ...keysAlarms(state),
    ...statuses.flatMap(problemAlarms),
  ];
}

function dualAlarm({ address, holders }: PairState['vips'][number]): PairAlarm {
  const remedy = 'stop the service on the node that should not hold it, or take its cable away';
  return { code: 'dual', node: holders[0] ?? '', text: `${address} is held by ${holders.join(' and ')}`, remedy };
}

function holdAlarms(status: AgentStatus): PairAlarm[] {
  const { hold, node, peerName } = status;
  if (hold === null) return [];
  const seconds = (hold.sinceMs / 1000).toFixed(0);
  const reasons = hold.reasons.map((reason) => reasonWords(reason, status));
  const remedy =
    `it ends when ${peerName} is heard again, or: make sure that ${peerName} is off, then run ` +
    `"twinbeat confirm-dead ${peerName}"`;
  return [
    {
      code: 'takeover-waits',
      node,
      text: `its takeover from ${peerName} has waited for ${seconds} s: ${reasons.join('; ')}`,
      remedy,
    },
  ];
}

function reasonWords(reason: Hold['reasons'][number], { fencing, peerName, pingNodes }: AgentStatus): string {
  switch (reason) {
    case 'fencing':
      return fencing === null ? `${peerName} is not yet known to be off` : fencingWords(fencing, peerName);
    case 'fencing-failed':
      return `fencing by ${fencing?.device ?? 'the device'} failed${fencing === null || fencing.detail === '' ? '' : ` (${fencing.detail})`}`;
    case 'reference-silent':
      return `no reference address answers (${pingNodes.map((ping) => ping.name).join(', ')}), so the fault may be on this side`;
    case 'one-link':
      return `fewer than two links had carried ${peerName}'s heartbeats, so a cable may be the reason`;
    case 'key-mismatch':
      return `somebody sends in ${peerName}'s name with another key, so it may live`;
  }
}

function fencingWords({ device, state }: Fencing, peerName: string): string {
  switch (state) {
    case 'waiting-operator':
      return `a person has to confirm that ${peerName} is off`;
    case 'none':
      return `fencing by ${device} has not begun`;
    case 'running':
    case 'failed':
    case 'done':
      return `fencing by ${device}: ${state}`;
  }
}

function fencingAlarms({ fencing, hold, node, peerName }: AgentStatus): PairAlarm[] {
  // A takeover that waits says so itself.
  if (fencing === null || hold !== null) return [];
  if (fencing.state !== 'failed' && fencing.state !== 'waiting-operator') return [];
  const what = fencing.state === 'failed' ? 'failed' : 'waits until a person confirms';
  const text = `fencing by ${fencing.device} ${what}${fencing.detail === '' ? '' : `: ${fencing.detail}`}`;
  return [
    {
      code: 'fencing',
      node,
      text,
      remedy: `make sure that ${peerName} is off, then run "twinbeat confirm-dead ${peerName}"`,
    },
  ];
}

function secondHolders({ node, vips }: AgentStatus): PairAlarm[] {
  return vips.flatMap(({ address, conflictMac, heldOn }): PairAlarm[] => {
    // Who does not hold it hears the holder, as it should be.
    if (conflictMac === null || heldOn === null) return [];
    const remedy = 'find that machine by its address in the switch; if it is the other node, stop its service';
    return [{ code: 'second-holder', node, text: `${conflictMac} answers for ${address} as well`, remedy }];
  });
}

function keysAlarms(state: PairState): PairAlarm[] {
  const [a, b] = [freshStatus(state.nodes[0]), freshStatus(state.nodes[1])];
  if (a === null || b === null || compareKeys(a, b) !== 'different') return [];
  const words = [a, b].map((status) => `${status.node} key ${status.keys.index} ${status.keys.fingerprint}`);
  const text = `the nodes sign with different keys (${words.join(', ')}): each takes the other for dead`;
  return [
    { code: 'different-keys', node: a.node, text, remedy: "deploy again: it gives the first node's keys to both" },
  ];
}

/** Problems that endanger the address itself; the others stand on their node. */
const ALARMING: ReadonlySet<string> = new Set(['stray-address', 'second-holder', 'not-scheduled', 'clock-jump']);

function problemAlarms({ node, problems }: AgentStatus): PairAlarm[] {
  return problems.flatMap(({ code, detail }): PairAlarm[] => {
    if (code === 'key-mismatch') {
      const remedy = "compare both nodes' keys (twinbeat keys show); deploy again gives the first node's to both";
      return [{ code: 'wrong-key', node, text: detail, remedy }];
    }
    return ALARMING.has(code) ? [{ code: 'problem', node, text: `${code}: ${detail}`, remedy: '' }] : [];
  });
}
