/** What two agents must say of themselves before and after each change of their keys. Pure. */
import type { AgentStatus } from '../../../agent/common/rpc/agentContract.ts';
import { say } from '../../common/words/sentence.ts';
import type { Said } from '../../common/words/sentence.ts';

/** Why a node's keys cannot be changed without interruption; null: nothing is in the way. */
export function judgeRotation(status: AgentStatus): Said | null {
  const { engine, peer, peerName } = status;
  if (engine !== 'twinbeat') return say('otherEngine', { engine });
  // Reference, section 2.5.
  if (peer.engine === 'heartbeat') return say('peerIsHeartbeat', { peer: peerName });
  if (peer.engine === null || (peer.status !== 'active' && peer.status !== 'up'))
    return say('peerUnheard', { peer: peerName, status: peer.status });
  if (goodLinks(status).length === 0) return say('noLinkUp', { peer: peerName });
  return null;
}

/** Links on which the peer is heard in time. */
export function goodLinks(status: AgentStatus): string[] {
  return status.links.filter((link) => link.fromPeer.state === 'up').map((link) => link.id);
}

/**
 * Those of `links` on which the peer was not heard since `sinceMs`. `askedMs`: when the status was asked for, on the same clock; the
 * node answered later, so what it says of the silence can only be younger.
 */
export function unheard(status: AgentStatus, links: readonly string[], askedMs: number, sinceMs: number): string[] {
  return links.filter((id) => {
    const heard = status.links.find((link) => link.id === id)?.fromPeer;
    if (heard === undefined || heard.state === 'dead' || heard.silenceMs === null) return true;
    return askedMs - heard.silenceMs < sinceMs;
  });
}
