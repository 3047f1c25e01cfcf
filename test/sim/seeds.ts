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
    seed: 12080,
    found:
      'the first status heard after a start apart was an old one, from before the peer was active: neither asked the other what it holds',
  },
  {
    profile: 'fencing',
    seed: 34437,
    found:
      'a set that nobody held was started on the evidence of a report from before a short cut; the peer had started it meanwhile',
  },
];
