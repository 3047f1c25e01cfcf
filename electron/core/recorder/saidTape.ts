/** A node's word about itself, recorded when it changes: ages, margins and counters that move by themselves do not count. */
import type { AgentStatus } from '../../../agent/common/rpc/agentContract.ts';

/** The same status is recorded again after this long, milliseconds, so that a recording can be read from anywhere. */
const REPEAT_MS = 60_000;

/** What of a status is news. */
function newsOf(status: AgentStatus): string {
  const direction = ({ state }: AgentStatus['links'][number]['fromPeer']): string => state;
  return JSON.stringify({
    ...status,
    atMonotonicMs: 0,
    wallMs: 0,
    lateness: null,
    resources: null,
    peer: { status: status.peer.status, engine: status.peer.engine },
    links: status.links.map((l) => [l.id, l.label, l.problem, direction(l.fromPeer), direction(l.toPeer)]),
    vips: status.vips.map((v) => ({ ...v, probedAgoMs: v.probedAgoMs === null ? null : 0 })),
    pingNodes: status.pingNodes.map((p) => [p.name, p.status]),
    hold: status.hold?.reasons,
    problems: status.problems.map((p) => [p.code, p.detail]),
  });
}

/** Remembers what was recorded of one node. */
export class SaidTape {
  private news = '';
  private recordedMs = -Infinity;

  /** Whether a status heard at `tMs` is to be recorded. */
  isNews(status: AgentStatus, tMs: number): boolean {
    const news = newsOf(status);
    if (news === this.news && tMs - this.recordedMs < REPEAT_MS) return false;
    this.news = news;
    this.recordedMs = tMs;
    return true;
  }
}
