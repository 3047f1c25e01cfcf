import type { Scenario } from '../../support/haLog.ts';
import type { Stage } from './stage.ts';

/** One thing that a pair is put through. */
export interface Story {
  readonly scenario: Scenario;
  /** Runs cycle number `cycle`, from 0, and leaves the pair at rest. Throws what went wrong. */
  readonly run: (stage: Stage, cycle: number) => Promise<void>;
}
