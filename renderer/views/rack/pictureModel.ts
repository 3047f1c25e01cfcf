/** What the picture shows, from the states of pair and rack: no drawing here. */
import type { CableState, RackState } from '../../../electron/common/contract/rack.ts';
import type { PairState, VipVerdict } from '../../../electron/common/contract/state.ts';
import { type Direction, type PairLink, pairLinks } from '../../lib/links.ts';

export interface PictureLink extends PairLink {
  /** The rack's cable that carries the link; null outside the rack and for links over the LAN. */
  readonly cable: CableState | null;
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
      aToB: NOT_HEARD,
      bToA: NOT_HEARD,
      rttMs: [null, null],
      problems: [],
      cable,
    }));
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
