/** Is the pair in order? A drill on a pair that is not measures the disorder. */
import type { VipVerdict } from '../../common/contract/state.ts';
import type { ActiveFault } from '../../common/contract/state.ts';
import type { NodeFeed } from '../session/nodeFeed.ts';

export interface BaselineView {
  readonly feeds: readonly [NodeFeed, NodeFeed];
  readonly vips: readonly VipVerdict[];
  readonly faults: readonly ActiveFault[];
  /** Who answered the last probe; null: nobody, or there is no probe. */
  readonly answeredBy: string | null;
}

function nodeProblems(feed: NodeFeed): string[] {
  const { status, node } = feed;
  if (feed.client === null || status === null)
    return [`${node}: the agent is not attached (${feed.agent.detail || feed.agent.phase})`];
  const problems: string[] = [];
  if (status.status !== 'active') problems.push(`${node}: its status is ${status.status}, not active`);
  if (status.peer.status !== 'active') problems.push(`${node}: it sees its peer as ${status.peer.status}, not active`);
  if (!status.stable) problems.push(`${node}: its resources are not stable`);
  for (const link of status.links) {
    if (link.problem !== null) problems.push(`${node}: link ${link.id}: ${link.problem}`);
    if (link.fromPeer.state !== 'up')
      problems.push(`${node}: link ${link.id} hears nothing from the peer (${link.fromPeer.state})`);
  }
  return problems;
}

/** What speaks against starting; empty when all is in order. */
export function baselineProblems(view: BaselineView): string[] {
  const problems = view.feeds.flatMap(nodeProblems);
  if (view.vips.length === 0) problems.push('no virtual address is configured');
  for (const vip of view.vips) {
    const missing = vip.missing.length > 0 ? `, missing witness: ${vip.missing.join(', ')}` : '';
    if (vip.verdict !== 'one') problems.push(`${vip.address}: holders: ${vip.verdict}${missing}`);
  }
  const holders = new Set(view.vips.map((v) => v.holder));
  if (view.vips.length > 0 && holders.size > 1) problems.push('the virtual addresses are not all on one node');
  const active = view.faults.find((f) => f.phase === 'armed' || f.phase === 'injected');
  if (active !== undefined) problems.push(`fault ${active.name} on ${active.node} is still on`);
  const holder = view.vips[0]?.holder ?? null;
  if (holder !== null && view.answeredBy !== holder) {
    problems.push(`the client is answered by ${view.answeredBy ?? 'nobody'}, not by the holder ${holder}`);
  }
  return problems;
}
