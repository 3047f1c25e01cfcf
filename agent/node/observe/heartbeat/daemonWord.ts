/** Asks the daemon, in rounds: node states, links, what it holds. What it says is handed on as events and words. */
import type { Result } from '../../../common/base/result.ts';
import type { EventBody, NodeStatus } from '../../../common/timeline/event.ts';
import type { ClStatus, ClStatusFailure } from './clStatus.ts';

/** One round of questions, answered. */
export interface DaemonWord {
  /** What the daemon says of itself and of its peer; null: no answer that we know. */
  readonly own: NodeStatus | null;
  readonly peer: NodeStatus | null;
  /** `none`, `local`, `foreign`, `all` or `transition`; null: no answer. */
  readonly holds: string | null;
  /** By the daemon's name of the link. */
  readonly links: ReadonlyMap<string, 'up' | 'dead'>;
  readonly pings: ReadonlyMap<string, 'up' | 'dead'>;
  /** Why it could not be asked; null: it answered. */
  readonly failure: { readonly reason: ClStatusFailure; readonly detail: string } | null;
}

export interface Questions {
  readonly self: string;
  readonly peer: string;
  readonly linkNames: readonly string[];
  readonly pingNodes: readonly string[];
}

const STATUSES: Readonly<Record<string, NodeStatus>> = { init: 'init', up: 'up', active: 'active', dead: 'dead' };

const answer = (said: Result<string, ClStatusFailure>): string | null => (said.ok ? said.value.toLowerCase() : null);

/**
 * One after the other: some ten milliseconds each. The first that is not answered ends the round. Links are not asked for while the peer
 * was never heard: the daemon has none then.
 */
export async function askDaemon(cl: ClStatus, { self, peer, linkNames, pingNodes }: Questions): Promise<DaemonWord> {
  const links = new Map<string, 'up' | 'dead'>();
  const pings = new Map<string, 'up' | 'dead'>();
  const own = await cl.ask('nodestatus', self);
  if (!own.ok) {
    const failure = { reason: own.reason, detail: own.detail };
    return { own: null, peer: null, holds: null, links, pings, failure };
  }
  const other = answer(await cl.ask('nodestatus', peer));
  const holds = answer(await cl.ask('rscstatus'));
  for (const name of linkNames) {
    const state = answer(await cl.ask('hblinkstatus', peer, name));
    if (state === 'up' || state === 'dead') links.set(name, state);
  }
  for (const node of pingNodes) {
    const state = answer(await cl.ask('nodestatus', node));
    if (state === 'ping' || state === 'dead') pings.set(node, state === 'ping' ? 'up' : 'dead');
  }
  return {
    own: STATUSES[answer(own) ?? ''] ?? null,
    peer: STATUSES[other ?? ''] ?? null,
    holds,
    links,
    pings,
    failure: null,
  };
}

/** The words of a round as events: what is no news falls out later. */
export function bodiesOf(
  word: DaemonWord,
  names: Questions,
  linkIds: (name: string) => readonly string[],
): EventBody[] {
  const bodies: EventBody[] = [];
  if (word.own !== null) bodies.push({ kind: 'local-status', status: word.own });
  if (word.peer !== null) bodies.push({ kind: 'peer-status', peer: names.peer, status: word.peer });
  for (const [name, state] of word.links) {
    for (const link of linkIds(name)) bodies.push({ kind: 'link', link, direction: 'from-peer', state });
  }
  for (const [node, status] of word.pings) bodies.push({ kind: 'ping-node', node, status });
  return bodies;
}
