/** `twinbeat-agent status` for people. */
import type { AgentStatus, LinkStatus } from '../../common/rpc/agentContract.ts';

function ms(value: number | null): string {
  return value === null ? '?' : `${Math.round(value)} ms`;
}

function linkLine(link: LinkStatus): string {
  const way = (d: LinkStatus['fromPeer']): string => `${d.state} (silent ${ms(d.silenceMs)}, margin ${ms(d.marginMs)})`;
  const line = `  ${link.medium} ${link.name}: from peer ${way(link.fromPeer)}, to peer ${way(link.toPeer)}, round trip ${ms(link.rttMs)}`;
  return link.problem === null ? line : `${line}\n    problem: ${link.problem}`;
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
          : `answered by ${v.conflictMac}`;
    return `  ${v.address}: ${v.heldOn === null ? 'not here' : `here on ${v.heldOn}`}, ${other}`;
  });
  return [
    `twinbeat-agent ${status.version} on ${status.node} [pid ${status.pid}]: ${status.status}${status.stable ? '' : ', not settled'}`,
    `peer ${status.peerName}: ${peer.status} (silent ${ms(peer.silenceMs)}, margin ${ms(peer.marginMs)})${peer.engine === null ? '' : `, runs ${peer.engine}`}`,
    `resources: we hold ${status.mine}, the peer holds ${status.theirs}`,
    `timing: keepalive ${timing.keepaliveMs} ms, warntime ${timing.warntimeMs} ms, deadtime ${timing.deadtimeMs} ms, auto_failback ${timing.autoFailback}`,
    'links:',
    ...status.links.map(linkLine),
    'groups:',
    ...status.groups.map((g) => `  ${g.key} (${g.preferredNode}): ${g.state}: ${g.resources.join(' ')}`),
    'addresses:',
    ...vip,
    ...(status.problems.length === 0
      ? ['no problems']
      : ['problems:', ...status.problems.map((p) => `  [${p.code}] ${p.detail}`)]),
  ].join('\n');
}
