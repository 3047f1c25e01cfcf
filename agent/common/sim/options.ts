/** Everything about a random run, drawn from its seed before it starts. */
import type { AutoFailback, TakeoverCondition } from '../config/model.ts';
import type { PlannedFault } from './faults.ts';
import type { Link } from './network.ts';

/**
 * `mixed`: every fault. `splits`: nothing but whole splits, so that no group may ever be down. `fencing`: a stonith
 * device, so that no group may ever run twice. `keys`: keys that differ or change, forgers, replays.
 */
export const PROFILES = ['mixed', 'splits', 'fencing', 'keys'] as const;
export type Profile = (typeof PROFILES)[number];

/** How the stonith device of a run behaves while faults are injected. Afterwards it works. */
export interface FencingOptions {
  /** Longest time until it reports. */
  readonly tookMaxMs: number;
  /** Longest time until the power is off. */
  readonly offMaxMs: number;
  /** Probability that the device reports a failure; in half of these the power is cut all the same. */
  readonly fails: number;
  /** From a reset to the start of the daemon, milliseconds. */
  readonly bootMs: number;
}

export interface SimOptions {
  readonly seed: number;
  readonly profile: Profile;
  readonly keepaliveMs: number;
  readonly deadtimeMs: number;
  readonly warntimeMs: number;
  readonly initdeadMs: number;
  readonly autoFailback: readonly [AutoFailback, AutoFailback];
  readonly links: readonly Link[];
  readonly groups: readonly [readonly string[], readonly string[]];
  readonly clockOffsetsMs: readonly [number, number];
  readonly latencyMaxMs: number;
  readonly commandMaxMs: number;
  /** Probability that an acquire, a release fails while faults are injected. */
  readonly acquireFails: number;
  readonly releaseFails: number;
  /** Probability that a script hangs, and when the daemon gives it up: the command then failed. */
  readonly hangs: number;
  readonly hangMs: number;
  readonly pingNodes: readonly string[];
  readonly ipfail: boolean;
  readonly takeoverRequires: readonly TakeoverCondition[];
  /** Null: no stonith device. */
  readonly fencing: FencingOptions | null;
  /** Every how many milliseconds a node looks for a second holder; null: never. */
  readonly lanProbeMs: number | null;
  readonly startSecondAfterMs: number;
  readonly faults: readonly PlannedFault[];
  readonly faultPhaseMs: number;
  /** After everything is quiet this node loses its power, so that the other one must take everything; null: not tried. */
  readonly diesAtEnd: 0 | 1 | null;
}

/** Longest time one command may take in this run, milliseconds. */
export function commandBoundMs(options: SimOptions): number {
  return options.hangs > 0 ? Math.max(options.hangMs, options.commandMaxMs) : options.commandMaxMs;
}
