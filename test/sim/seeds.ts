/**
 * Seeds that once failed, each with what it found. They run before every random seed. A seed stands for its run only as long
 * as the draws of agent/common/sim keep their order; whoever changes that breaks the engine again as `found` says, in a copy,
 * and looks for a seed that shows it. Older finds, whose seeds are lost that way, live on as unit tests: "Found by: npm run sim".
 */
import type { Profile } from '../../agent/common/sim/options.ts';

export interface KnownSeed {
  readonly profile: Profile;
  readonly seed: number;
  readonly found: string;
}

export const KNOWN_SEEDS: readonly KnownSeed[] = [
  {
    profile: 'mixed',
    seed: 960046,
    found: 'after a sleep shorter than deadtime the next heartbeat waited for a clock that had stood still',
  },
  {
    profile: 'mixed',
    seed: 961069,
    found:
      'a node that was not heard forgot that problem, and did not end it, when its peer died, stopped or started over',
  },
  {
    profile: 'mixed',
    seed: 960082,
    found: 'a life that had been away for too long, and ignores all packets until it starts over, called its peer dead',
  },
  {
    profile: 'fencing',
    seed: 30009868,
    found: 'legacy: repnodes overtook the status of an active peer, which was taken for one that is still coming up',
  },
  {
    profile: 'mixed',
    seed: 50010452,
    found:
      'an acknowledgement of our earlier life counted for the present one: what the peer then missed was never sent again',
  },
  {
    profile: 'fencing',
    seed: 1795268755,
    found:
      'a notice that the peer stopped, read after a sleep, was acted upon at once: its next life waited behind it in the socket',
  },
];
