/** What the picture shows, from the states of pair and rack: no drawing here. */
import type { CableState, RackState } from '../../../electron/common/contract/rack.ts';
import type { NodeConnection, PairState, VipVerdict } from '../../../electron/common/contract/state.ts';
import { type Direction, freshStatus, type PairLink, pairLinks } from '../../../electron/common/verdict/links.ts';
import { ownPart } from '../../lib/linkName.ts';

export interface PictureLink extends PairLink {
  /** The rack's cable that carries the link; null outside the rack and for links over the LAN. */
  readonly cable: CableState | null;
}

/** What both nodes call it, without its medium; empty while neither has said so. */
export function pictureName({ labels }: Pick<PairLink, 'labels'>): string {
  return [...new Set(labels.filter((label) => label !== null).map(ownPart))].join(' / ');
}

const NOT_HEARD: Direction = { state: 'unknown', marginMs: null, silenceMs: null, witness: 'nobody' };

function cableOf(link: PairLink, rack: RackState | null): CableState | null {
  if (rack === null) return null;
  const find = (kind: CableState['kind']): CableState | null => rack.cables.find((c) => c.kind === kind) ?? null;
  if (link.medium === 'serial') return find('serial');
  // In the rack eth0 is the LAN and eth1 the crossover; LAN cables have their own place in the picture.
  return link.names.includes('eth1') || (rack.setup === 's5' && !link.names.includes('eth0'))
    ? find('crossover')
    : null;
}

/** The links, or the rack's bare cables while no agent has said what runs over them. */
export function pictureLinks(state: PairState, rack: RackState | null): PictureLink[] {
  const links = pairLinks(state);
  if (links.length > 0 || rack === null) return links.map((link) => ({ ...link, cable: cableOf(link, rack) }));
  return rack.cables
    .filter((cable) => cable.kind !== 'lan')
    .map((cable) => ({
      key: cable.id,
      medium: cable.kind === 'serial' ? 'serial' : 'bcast',
      ids: [null, null],
      names: [null, null],
      labels: [null, null],
      ends: [null, null],
      aToB: NOT_HEARD,
      bToA: NOT_HEARD,
      rttMs: [null, null],
      problems: [],
      cable,
    }));
}

/** Only a pair that fences has a use for the rack's power switch; a broken one is shown to everybody. */
export function showsPowerSwitch(state: PairState, rack: RackState): boolean {
  return rack.powerSwitchBroken || state.nodes.some((node) => (node.status?.fencing ?? null) !== null);
}

/** A reference host as each node sees it; `unknown` also where the node itself is not heard. */
export interface ReferenceHost {
  readonly name: string;
  readonly seen: readonly [ReferenceView, ReferenceView];
}

export interface ReferenceView {
  readonly status: 'up' | 'dead' | 'unknown';
  readonly silenceMs: number | null;
}

/** Every ping node that one of the nodes names; those of an old report stay, with nothing known about them. */
export function referenceHosts(state: PairState): ReferenceHost[] {
  const names = new Set(state.nodes.flatMap((n) => (n.status?.pingNodes ?? []).map((p) => p.name)));
  const view = (node: NodeConnection, name: string): ReferenceView => {
    const seen = freshStatus(node)?.pingNodes.find((p) => p.name === name);
    return seen === undefined
      ? { status: 'unknown', silenceMs: null }
      : { status: seen.status, silenceMs: seen.silenceMs };
  };
  return [...names].map((name) => ({ name, seen: [view(state.nodes[0], name), view(state.nodes[1], name)] }));
}

export interface VipTag {
  readonly key: string;
  readonly address: string;
  readonly place: 'a' | 'b' | 'middle';
  readonly verdict: VipVerdict['verdict'];
}

/** One tag an address; a second one where both nodes hold it. */
export function vipTags(state: PairState): VipTag[] {
  const placeOf = (node: string | null): 'a' | 'b' | 'middle' =>
    node === state.nodes[0].node ? 'a' : node === state.nodes[1].node ? 'b' : 'middle';
  return state.vips.flatMap((vip): VipTag[] => {
    const base = { address: vip.address, verdict: vip.verdict };
    if (vip.verdict === 'dual') {
      return vip.holders.map((node, i) => ({ ...base, key: `${vip.address} ${i}`, place: placeOf(node) }));
    }
    return [{ ...base, key: `${vip.address} 0`, place: vip.verdict === 'one' ? placeOf(vip.holder) : 'middle' }];
  });
}
