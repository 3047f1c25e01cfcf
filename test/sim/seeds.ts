/**
 * Seeds that once failed, each with what it found. They run before every random seed. A seed stands for its run only as long
 * as the draws of agent/common/sim keep their order; whoever changes that breaks the engine again as `found` says, in a copy,
 * and looks for a seed that shows it.
 */
import type { Profile } from '../../agent/common/sim/options.ts';

export interface KnownSeed {
  readonly profile: Profile;
  readonly seed: number;
  readonly found: string;
}

export const KNOWN_SEEDS: readonly KnownSeed[] = [];
