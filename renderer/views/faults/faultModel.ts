/** Order and choice of faults for the list. */
import { FAULT_CATEGORIES, FAULT_NAMES, faultNamed } from '../../../agent/common/faults/index.ts';
import type { ActiveFault, ConsoleFaultName, FaultOffer } from '../../../electron/common/contract/state.ts';

/** What people look for, from the crudest to the subtlest. */
const FIRST: readonly ConsoleFaultName[] = [
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

/** Then the catalogue in its own order. */
export const FAULT_ORDER: readonly ConsoleFaultName[] = [
  ...FIRST,
  ...FAULT_NAMES.filter((name) => !FIRST.includes(name)),
];

/** Faults that may be limited to one link. */
export const LINK_FAULTS: ReadonlySet<ConsoleFaultName> = new Set(
  FAULT_NAMES.filter((name) => faultNamed(name).scope === 'link'),
);

/** Faults that clients of the address notice when its holder suffers them. */
export const FELT_FAULTS: ReadonlySet<ConsoleFaultName> = new Set([
  ...(['power-off', 'pull-lan', 'stop-agent', 'kill-agent', 'kill-agent-and-guard', 'freeze-agent'] as const),
  ...(['drop-heartbeats', 'drop-heartbeats-out', 'reboot', 'kill-service', 'freeze-service', 'switch-off'] as const),
  ...(['power-up-together', 'cold-start-alone', 'watchdog-proof', 'split', 'split-in-takeover'] as const),
]);

export const DURATIONS_MS = [5000, 10_000, 20_000, 60_000, 300_000, 1_800_000] as const;
export const DURATION_MS_DEFAULT = 20_000;

export const CATEGORY_CHOICES = ['all', ...FAULT_CATEGORIES] as const;
export type CategoryChoice = (typeof CATEGORY_CHOICES)[number];

/** The offers of one node in the order of the list. */
export function offersOf(offers: readonly FaultOffer[], node: string): FaultOffer[] {
  return offers
    .filter((offer) => offer.node === node)
    .sort((a, b) => FAULT_ORDER.indexOf(a.name) - FAULT_ORDER.indexOf(b.name));
}

/** Those of a kind, and all or only those that can be done. */
export function chosenOffers(
  offers: readonly FaultOffer[],
  category: CategoryChoice,
  onlyAvailable: boolean,
): FaultOffer[] {
  return offers.filter(
    (offer) =>
      (category === 'all' || faultNamed(offer.name).category === category) && (offer.available || !onlyAvailable),
  );
}

/** Faults that still act or are about to. */
export function livingFaults(faults: readonly ActiveFault[]): ActiveFault[] {
  return faults.filter((fault) => fault.phase === 'armed' || fault.phase === 'injected');
}
