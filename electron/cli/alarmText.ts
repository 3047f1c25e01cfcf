/** Alarms in English sentences, with what ends each: what the command line says of them. Pure. */
import type { Alarm, Fencing, HoldReason } from '../common/verdict/alarms.ts';

/** An alarm as scripts read it. */
export interface AlarmReport {
  readonly code: Alarm['code'];
  /** The node that says so. */
  readonly node: string;
  readonly text: string;
  /** What ends it; empty where that depends. */
  readonly remedy: string;
}

/** The alarm in words. */
export function alarmReport(alarm: Alarm): AlarmReport {
  const [text, remedy] = words(alarm);
  return { code: alarm.code, node: alarm.node, text, remedy };
}

const confirm = (peer: string): string => `make sure that ${peer} is off, then run "twinbeat confirm-dead ${peer}"`;

function words(alarm: Alarm): readonly [text: string, remedy: string] {
  switch (alarm.code) {
    case 'dual':
      return [
        `${alarm.address} is held by ${alarm.holders.join(' and ')}`,
        'stop the service on the node that should not hold it, or take its cable away',
      ];
    case 'takeover-waits': {
      const reasons = alarm.reasons.map((reason) => reasonWords(reason, alarm)).join('; ');
      return [
        `its takeover from ${alarm.peer} has waited for ${(alarm.heldMs / 1000).toFixed(0)} s: ${reasons}`,
        `it ends when ${alarm.peer} is heard again, or: ${confirm(alarm.peer)}`,
      ];
    }
    case 'second-holder':
      return [
        `${alarm.mac} answers for ${alarm.address} as well`,
        'find that machine by its address in the switch; if it is the other node, stop its service',
      ];
    case 'different-keys': {
      const keys = alarm.keys.map(({ node, index, fingerprint }) => `${node} key ${index} ${fingerprint}`).join(', ');
      return [
        `the nodes sign with different keys (${keys}): each takes the other for dead`,
        "deploy again: it gives the first node's keys to both",
      ];
    }
    case 'wrong-key':
      return [
        alarm.detail,
        "compare both nodes' keys (twinbeat keys show); deploy again gives the first node's to both",
      ];
    case 'fencing':
      return [fencingText(alarm.fencing), confirm(alarm.peer)];
    case 'problem':
      return [`${alarm.problem}: ${alarm.detail}`, problemRemedy(alarm)];
    case 'one-way':
      return [
        `does not hear ${alarm.peer} on ${alarm.links.join(', ')}, though ${alarm.peer} hears it there`,
        'look at the cable, and at the firewall of both nodes',
      ];
  }
}

/** What ends a problem; empty where that depends. */
function problemRemedy({ problem, node, peer }: Extract<Alarm, { code: 'problem' }>): string {
  switch (problem) {
    case 'acquire-failed':
      return `repair the script (its output is in the log of ${node}), then run "twinbeat takeover --node ${node}"`;
    case 'stop-failed':
      return `repair the script: a node that has to give it up tries again by itself; else "twinbeat standby --node ${node}" stops it for ${peer}, or "twinbeat takeover --node ${node}" keeps it`;
    default:
      return '';
  }
}

const aside = (detail: string): string => (detail === '' ? '' : ` (${detail})`);
const behind = (detail: string): string => (detail === '' ? '' : `: ${detail}`);

function fencingText({ device, state, detail }: Fencing): string {
  return `fencing by ${device} ${state === 'failed' ? 'failed' : 'waits until a person confirms'}${behind(detail)}`;
}

function reasonWords(reason: HoldReason, alarm: Extract<Alarm, { code: 'takeover-waits' }>): string {
  const { fencing, peer, references } = alarm;
  switch (reason) {
    case 'fencing':
      return fencing === null ? `${peer} is not yet known to be off` : waitingFor(fencing, peer);
    case 'fencing-failed':
      return fencing === null ? 'fencing failed' : `fencing by ${fencing.device} failed${aside(fencing.detail)}`;
    case 'reference-silent':
      return `no reference address answers (${references.join(', ')}), so the fault may be on this side`;
    case 'one-link':
      return `fewer than two links had carried ${peer}'s heartbeats, so a cable may be the reason`;
    case 'key-mismatch':
      return `somebody sends in ${peer}'s name with another key, so it may live`;
  }
}

function waitingFor({ device, state }: Fencing, peer: string): string {
  if (state === 'waiting-operator') return `a person has to confirm that ${peer} is off`;
  return state === 'none' ? `fencing by ${device} has not begun` : `fencing by ${device}: ${state}`;
}
