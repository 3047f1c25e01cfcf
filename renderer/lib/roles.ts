/** What the measured verdicts make of each node and of the whole pair. */
import type { PairState } from '../../electron/common/contract/state.ts';
import { freshStatus } from '../../electron/common/verdict/links.ts';

export type Role = 'holder' | 'standby' | 'dual' | 'unknown';

/** The measured role of a node over all addresses of the pair; never taken from a configuration. */
export function roleOf(state: PairState | null, node: string): Role {
  if (state === null || state.vips.length === 0) return 'unknown';
  if (state.vips.some((v) => v.verdict === 'dual' && v.holders.includes(node))) return 'dual';
  if (state.vips.some((v) => v.verdict === 'one' && v.holder === node)) return 'holder';
  const connection = state.nodes.find((n) => n.node === node);
  if (connection === undefined || freshStatus(connection) === null) return 'unknown';
  return state.vips.every((v) => v.verdict === 'one' || v.verdict === 'none' || v.verdict === 'moving')
    ? 'standby'
    : 'unknown';
}

/** The worst verdict over all addresses decides what the banner says. */
export function worstVip(state: PairState): PairState['vips'][number] | null {
  const rank = { dual: 0, none: 1, moving: 2, unknown: 3, one: 4 } as const;
  return [...state.vips].sort((x, y) => rank[x.verdict] - rank[y.verdict])[0] ?? null;
}
