/** One fault as the console follows it, whoever does it. */
import type { ActiveFault, ConsoleFaultName } from '../../common/contract/state.ts';

export interface OpenFault {
  readonly faultId: string;
  readonly node: string;
  readonly name: ConsoleFaultName;
  toState(): ActiveFault;
  /** Looks at the world; its end is known by that and not before. */
  refresh(): void;
  /** Ends it early. Throws what the world says against it. */
  revert(): Promise<void>;
}

export function isActive(phase: ActiveFault['phase']): boolean {
  return phase === 'armed' || phase === 'injected';
}

/** A part of a fault that is put together: one agent's, or one of the rack's. */
export interface FaultLeg {
  inject(durationMs: number): Promise<void>;
  revert(): Promise<void>;
  /** Seen to be over. */
  isOver(): boolean;
  /** Id of the agent's fault; null: not injected yet, or it is the rack's. */
  id(): string | null;
}
