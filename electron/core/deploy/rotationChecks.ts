/** What two agents must say of themselves before and after each change of their keys. Pure. */
import type { AgentStatus } from '../../../agent/common/rpc/agentContract.ts';

/** Why a node's keys cannot be changed without interruption; null: nothing is in the way. */
export function judgeRotation(status: AgentStatus): string | null {
  const { engine, peer, peerName } = status;
  if (engine !== 'twinbeat')
    return `the engine is ${engine}, and only Twinbeat's reads authkeys again without interruption`;
  if (peer.engine === 'heartbeat') {
    // Reference, section 2.5.
    return (
      `its peer ${peerName} is a real heartbeat daemon, which checks a message with the secret of its own signing key, whatever key the ` +
      'message names: with two keys the nodes would not hear each other. Stop heartbeat on both, write the same authkeys to both, start both'
    );
  }
  if (peer.engine === null || (peer.status !== 'active' && peer.status !== 'up'))
    return `it does not hear its peer ${peerName} (${peer.status}): a new key could not be verified`;
  if (goodLinks(status).length === 0) return `no link from ${peerName} is up: a new key could not be verified`;
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
