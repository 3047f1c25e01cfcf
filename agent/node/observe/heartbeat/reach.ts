/** What a capture sees has not yet passed this host's packet filter: with a fault of ours behind it, the daemon hears less. */
import type { LinkConfig } from '../../../common/config/model.ts';
import type { FaultState } from '../../../common/rpc/agentContract.ts';

/** Faults that keep everything which arrives on a link from the daemon. */
const DEAFENING: ReadonlySet<string> = new Set([
  'drop-heartbeats',
  'drop-heartbeats-in',
  'pull-crossover',
  'split',
  'split-short',
  'heal-in-steps',
]);
/** Faults that keep some of it. */
const THINNING: ReadonlySet<string> = new Set([
  'lose-heartbeats',
  'lose-in-bursts',
  'drop-fragments',
  'firewall-reload',
]);

/** Whether what is captured on `link` gets to the daemon while `faults` are as they are. `lanIface`: where the addresses belong. */
export function reachOf(
  link: LinkConfig,
  faults: readonly Pick<FaultState, 'name' | 'phase' | 'link'>[],
  lanIface: string | null,
): 'yes' | 'no' | 'unsure' {
  const present = faults.filter(
    ({ phase, link: about }) => phase === 'injected' && (about === null || about === link.id),
  );
  const deaf = present.some(
    ({ name }) =>
      DEAFENING.has(name) ||
      (name === 'pull-lan' && link.medium !== 'serial' && link.iface === lanIface) ||
      (name === 'block-multicast' && link.medium === 'mcast'),
  );
  if (deaf) return 'no';
  return present.some(({ name }) => THINNING.has(name)) ? 'unsure' : 'yes';
}
