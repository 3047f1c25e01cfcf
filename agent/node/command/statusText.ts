/** `twinbeat-agent status` for people. */
import type { AgentStatus, LinkStatus } from '../../common/rpc/agentContract.ts';

function ms(value: number | null): string {
  return value === null ? '?' : `${Math.round(value)} ms`;
}

function linkLine(link: LinkStatus): string {
  const way = (d: LinkStatus['fromPeer']): string => `${d.state} (silent ${ms(d.silenceMs)}, margin ${ms(d.marginMs)})`;
  const line = `  ${link.label ?? `${link.medium} ${link.name}`}: from peer ${way(link.fromPeer)}, to peer ${way(link.toPeer)}, round trip ${ms(link.rttMs)}`;
  return link.problem === null ? line : `${line}\n    problem: ${link.problem}`;
}

const PROTECTION_MARK: Readonly<Record<AgentStatus['protection'][number]['state'], string>> = {
  on: 'on',
  off: 'off',
  unavailable: 'NOT AVAILABLE',
};

/** The daemon beside which the agent runs, and what is known of it from where. */
function observedLines({ observed }: AgentStatus): string[] {
  if (observed === undefined) return [];
  const { state, pid, version, sources } = observed;
  return [
    `observing heartbeat ${version ?? '(version unknown)'}: ${state}${pid === null ? '' : ` [pid ${pid}]`}`,
    ...sources.map(({ what, works, detail }) => `  ${what}: ${works ? '' : 'NOT AVAILABLE: '}${detail}`),
  ];
}

/** What stands between a silence and a takeover, and what keeps this node's own heartbeat going. */
function safetyLines(status: AgentStatus): string[] {
  const { hold, fencing, keys, takeoverRequires } = status;
  return [
    `keys: signing with ${keys.index} ${keys.method} ${keys.fingerprint}, accepting ${keys.accepted}`,
    ...(takeoverRequires.length === 0 ? [] : [`takeover requires: ${takeoverRequires.join(', ')}`]),
    ...(hold === null
      ? []
      : [`TAKEOVER from ${status.peerName} WAITS for ${hold.reasons.join(', ')}, for ${ms(hold.sinceMs)} now`]),
    ...(fencing === null ? [] : [`fencing: ${fencing.device}: ${fencing.state} ${fencing.detail}`.trimEnd()]),
    ...status.pingNodes.map((ping) => `ping node ${ping.name}: ${ping.status} (silent ${ms(ping.silenceMs)})`),
    ...(status.protection.length === 0 ? [] : ['protection:']),
    ...status.protection.map((p) => `  ${p.what}: ${PROTECTION_MARK[p.state]} (${p.detail})`),
  ];
}

/**
 * What is wrong now. Besides the daemon's own problems also the two states that are told by members of their own:
 * "no problems" below a second holder would be believed.
 */
function problemLines(status: AgentStatus): string[] {
  const { hold } = status;
  const lines = [
    ...(hold === null
      ? []
      : [`  [takeover-waits] nothing of ${status.peerName} is started: ${hold.reasons.join(', ')}`]),
    ...status.vips
      .filter((v) => v.heldOn !== null && v.conflictMac !== null)
      .map((v) => `  [second-holder] ${v.address} is here, and ${v.conflictMac} answers for it as well`),
    ...status.problems.map((p) => `  [${p.code}] ${p.detail}`),
  ];
  return lines.length === 0 ? ['no problems'] : ['problems:', ...lines];
}

/** Lines for a terminal, without the last line feed. */
export function statusText(status: AgentStatus): string {
  const { peer, timing } = status;
  const vip = status.vips.map((v) => {
    const other =
      v.probedAgoMs === null
        ? 'LAN not asked'
        : v.conflictMac === null
          ? 'nobody else answers'
          : v.heldOn === null
            ? `answered by ${v.conflictMac}`
            : `AND ANSWERED BY ${v.conflictMac}`;
    return `  ${v.address}: ${v.heldOn === null ? 'not here' : `here on ${v.heldOn}`}, ${other}`;
  });
  return [
    `twinbeat-agent ${status.version} on ${status.node} [pid ${status.pid}]: ${status.status}${status.stable ? '' : ', not settled'}`,
    ...observedLines(status),
    `peer ${status.peerName}: ${peer.status} (silent ${ms(peer.silenceMs)}, margin ${ms(peer.marginMs)})${peer.engine === null ? '' : `, runs ${peer.engine}`}`,
    `resources: we hold ${status.mine}, the peer holds ${status.theirs}`,
    `timing: keepalive ${timing.keepaliveMs} ms, warntime ${timing.warntimeMs} ms, deadtime ${timing.deadtimeMs} ms, auto_failback ${timing.autoFailback}`,
    ...safetyLines(status),
    'links:',
    ...status.links.map(linkLine),
    'groups:',
    ...status.groups.map((g) => `  ${g.key} (${g.preferredNode}): ${g.state}: ${g.resources.join(' ')}`),
    'addresses:',
    ...vip,
    ...problemLines(status),
  ].join('\n');
}
