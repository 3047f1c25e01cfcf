/** Heartbeat links of a pair: one entry a link, two directions each, from what both nodes say. Only fresh words count. */
import type { AgentStatus, LinkStatus } from '../../../agent/common/rpc/agentContract.ts';
import type { NodeConnection, PairState } from '../contract/state.ts';
import { WITNESS_FRESH_MS } from './vip.ts';

export type Health = 'up' | 'late' | 'dead' | 'unknown';

export interface Direction {
  readonly state: Health;
  readonly marginMs: number | null;
  readonly silenceMs: number | null;
  /** Who says so: the receiving node itself, the sending node on its word, or nobody. */
  readonly witness: 'receiver' | 'sender' | 'nobody';
}

export interface PairLink {
  /** Unique in the pair. */
  readonly key: string;
  readonly medium: LinkStatus['medium'];
  /** Link id on each node, where that node is known; these index the session's series. */
  readonly ids: readonly [string | null, string | null];
  readonly names: readonly [string | null, string | null];
  /** What people call it on each node, unlike any other link there. */
  readonly labels: readonly [string | null, string | null];
  /** What each node itself reports; null where it is not heard. */
  readonly ends: readonly [LinkStatus | null, LinkStatus | null];
  readonly aToB: Direction;
  readonly bToA: Direction;
  readonly rttMs: readonly [number | null, number | null];
  /** Why an end does not work, with the node that says so. */
  readonly problems: readonly { readonly node: string; readonly detail: string }[];
}

const hears = (direction: Direction): boolean => direction.state === 'up' || direction.state === 'late';

/** Which direction of a link is dead while the other one carries; null: neither, or too little is known. */
export function oneWay(link: Pick<PairLink, 'aToB' | 'bToA'>): 'a-to-b-dead' | 'b-to-a-dead' | null {
  if (link.aToB.state === 'dead' && hears(link.bToA)) return 'a-to-b-dead';
  return link.bToA.state === 'dead' && hears(link.aToB) ? 'b-to-a-dead' : null;
}

/** The status of a node if it may be believed now: its agent is attached and spoke within the last moments. */
export function freshStatus(node: NodeConnection): AgentStatus | null {
  if (node.phase !== 'ready' || node.agent.phase !== 'attached') return null;
  if (node.statusAgeMs === null || node.statusAgeMs > WITNESS_FRESH_MS) return null;
  return node.status;
}

const NOTHING: Direction = { state: 'unknown', marginMs: null, silenceMs: null, witness: 'nobody' };

/** What people call a link. Agents before `label` name no address, so that two links of one interface read alike. */
const labelOf = (link: LinkStatus): string => link.label ?? `${link.medium} ${link.name}`;

function direction(receiver: LinkStatus | null, sender: LinkStatus | null): Direction {
  // The receiver measures; the sender only repeats what it was told, and only a Twinbeat peer tells.
  if (receiver !== null && receiver.fromPeer.state !== 'unknown') return { ...receiver.fromPeer, witness: 'receiver' };
  if (sender !== null && sender.toPeer.state !== 'unknown') return { ...sender.toPeer, witness: 'sender' };
  return NOTHING;
}

/** Finds the other end of each link: the same id, else the same medium in the same order. */
function matchEnds(a: readonly LinkStatus[], b: readonly LinkStatus[]): [LinkStatus | null, LinkStatus | null][] {
  const left = [...b];
  const take = (test: (link: LinkStatus) => boolean): LinkStatus | null => {
    const at = left.findIndex(test);
    return at < 0 ? null : (left.splice(at, 1)[0] ?? null);
  };
  const byId = a.map((link) => take((other) => other.id === link.id));
  const pairs = a.map((link, i): [LinkStatus | null, LinkStatus | null] => [
    link,
    byId[i] ?? take((other) => other.medium === link.medium),
  ]);
  return [...pairs, ...left.map((link): [null, LinkStatus] => [null, link])];
}

/**
 * Links of the pair. A node that is not heard keeps its links, from the last status it
 * gave, so that a picture keeps its shape; their directions are then unknown.
 */
export function pairLinks(state: PairState): PairLink[] {
  const [nodeA, nodeB] = state.nodes;
  const fresh = [freshStatus(nodeA) !== null, freshStatus(nodeB) !== null] as const;
  const ends = matchEnds(nodeA.status?.links ?? [], nodeB.status?.links ?? []);
  return ends.map(([a, b], i) => {
    const liveA = fresh[0] ? a : null;
    const liveB = fresh[1] ? b : null;
    const problems = [
      ...(liveA?.problem ? [{ node: nodeA.node, detail: liveA.problem }] : []),
      ...(liveB?.problem ? [{ node: nodeB.node, detail: liveB.problem }] : []),
    ];
    return {
      key: a?.id ?? b?.id ?? `link-${i}`,
      medium: a?.medium ?? b?.medium ?? 'bcast',
      ids: [a?.id ?? null, b?.id ?? null],
      names: [a?.name ?? null, b?.name ?? null],
      labels: [a === null ? null : labelOf(a), b === null ? null : labelOf(b)],
      ends: [liveA, liveB],
      aToB: direction(liveB, liveA),
      bToA: direction(liveA, liveB),
      rttMs: [liveA?.rttMs ?? null, liveB?.rttMs ?? null],
      problems,
    };
  });
}
