/** The part of `status` that is about safety: ping nodes, waiting takeovers, fencing, protection, keys, second holders. Pure. */
import type { AgentStatus } from '../../agent/common/rpc/agentContract.ts';
import type { PairState } from '../common/contract/state.ts';
import { compareKeys, pairAlarms, secondHolders } from '../common/verdict/alarms.ts';
import { freshStatus } from '../common/verdict/links.ts';
import { alarmReport } from './alarmText.ts';
import type { AlarmReport } from './alarmText.ts';

/** What one node says; null where it says nothing. */
export interface NodeSafety {
  readonly pingNodes: AgentStatus['pingNodes'] | null;
  /** A takeover of this node that waits. */
  readonly hold: {
    readonly from: string;
    readonly reasons: readonly string[];
    readonly heldMs: number;
  } | null;
  readonly fencing: AgentStatus['fencing'];
  readonly takeoverRequires: AgentStatus['takeoverRequires'] | null;
  readonly protection: AgentStatus['protection'] | null;
  readonly keys: AgentStatus['keys'] | null;
  /** Other machines that answer for an address that this node holds. */
  readonly secondHolders: readonly { readonly address: string; readonly mac: string }[];
  readonly problems: readonly { readonly code: string; readonly detail: string }[];
}

export interface SafetyReport {
  readonly keys: 'same' | 'different' | 'changing' | 'unknown';
  readonly alarms: readonly AlarmReport[];
}

export function nodeSafety(status: AgentStatus | null): NodeSafety {
  if (status === null) {
    const nothing = {
      pingNodes: null,
      hold: null,
      fencing: null,
      takeoverRequires: null,
      protection: null,
      keys: null,
    };
    return { ...nothing, secondHolders: [], problems: [] };
  }
  const { hold, peerName, problems } = status;
  return {
    pingNodes: status.pingNodes,
    hold: hold === null ? null : { from: peerName, reasons: hold.reasons, heldMs: hold.sinceMs },
    fencing: status.fencing,
    takeoverRequires: status.takeoverRequires,
    protection: status.protection,
    keys: status.keys,
    secondHolders: secondHolders(status),
    problems: problems.map(({ code, detail }) => ({ code, detail })),
  };
}

export function safetyReport(state: PairState): SafetyReport {
  const [a, b] = [freshStatus(state.nodes[0]), freshStatus(state.nodes[1])];
  return { keys: compareKeys(a, b), alarms: pairAlarms(state).map(alarmReport) };
}

/** Alarms first: whoever reads one line reads these. */
export function alarmLines({ alarms }: SafetyReport): string[] {
  return alarms.map(({ node, text, remedy }) => `ALARM ${node}  ${text}${remedy === '' ? '' : `  -> ${remedy}`}`);
}

export function safetyLines(name: string, safety: NodeSafety): string[] {
  const { pingNodes, fencing, takeoverRequires, protection, problems } = safety;
  const lines = (pingNodes ?? []).map((ping) => {
    const heard = ping.silenceMs === null ? 'never answered' : `answered ${ping.silenceMs.toFixed(0)} ms ago`;
    return `ping  ${name}  ${ping.name}  ${ping.status}  ${heard}`;
  });
  if (takeoverRequires !== null && takeoverRequires.length > 0)
    lines.push(`needs ${name}  a takeover from a silent peer needs ${takeoverRequires.join(', ')}`);
  if (fencing !== null)
    lines.push(
      `fence ${name}  ${fencing.device}  ${fencing.state}${fencing.detail === '' ? '' : `  ${fencing.detail}`}`,
    );
  if (protection !== null && protection.length > 0)
    lines.push(`guard ${name}  ${protection.map(({ what, state }) => `${what} ${state}`).join('  ')}`);
  for (const { what, state, detail } of protection ?? []) {
    if (state === 'unavailable') lines.push(`guard ${name}  ${what} unavailable: ${detail}`);
  }
  return [...lines, ...problems.map(({ code, detail }) => `trouble ${name}  ${code}  ${detail}`)];
}

/** One line for both nodes' signing keys. */
export function keysLine(
  report: SafetyReport,
  nodes: readonly { readonly name: string; readonly safety: NodeSafety }[],
): string {
  const each = nodes.map(({ name, safety: { keys } }) =>
    keys === null ? `${name} unknown` : `${name} key ${keys.index} ${keys.method} ${keys.fingerprint}`,
  );
  const word = report.keys === 'different' ? 'DIFFERENT' : report.keys;
  return `keys  ${word}  ${each.join('  ')}`;
}
