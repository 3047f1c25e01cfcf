/** Order and choice of faults for the list. */
import type { ActiveFault, ConsoleFaultName, FaultOffer } from '../../../electron/common/contract/state.ts';

/** From the crudest to the subtlest. */
export const FAULT_ORDER: readonly ConsoleFaultName[] = [
  'power-off',
  'pull-lan',
  'pull-crossover',
  'pull-serial',
  'stop-agent',
  'kill-agent',
  'freeze-agent',
  'drop-heartbeats-in',
  'drop-heartbeats-out',
];

/** Faults that may be limited to one link. */
export const LINK_FAULTS: ReadonlySet<ConsoleFaultName> = new Set(['drop-heartbeats-in', 'drop-heartbeats-out']);

/** Faults that clients of the address notice when its holder suffers them. */
export const FELT_FAULTS: ReadonlySet<ConsoleFaultName> = new Set([
  'power-off',
  'pull-lan',
  'stop-agent',
  'kill-agent',
  'freeze-agent',
  'drop-heartbeats-out',
]);

export const DURATIONS_MS = [5000, 10_000, 20_000, 60_000, 300_000, 1_800_000] as const;
export const DURATION_MS_DEFAULT = 20_000;

/** The offers of one node in the order of the list. */
export function offersOf(offers: readonly FaultOffer[], node: string): FaultOffer[] {
  return offers
    .filter((offer) => offer.node === node)
    .sort((a, b) => FAULT_ORDER.indexOf(a.name) - FAULT_ORDER.indexOf(b.name));
}

/** Faults that still act or are about to. */
export function livingFaults(faults: readonly ActiveFault[]): ActiveFault[] {
  return faults.filter((fault) => fault.phase === 'armed' || fault.phase === 'injected');
}
