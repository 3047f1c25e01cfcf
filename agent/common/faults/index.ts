/** The catalogue of faults: every row, also those that nothing here can do, so that a gap is seen and not guessed. */
import { assert } from '../base/assert.ts';
import { CONFIG_FAULTS } from './config.ts';
import type { FaultEntry } from './entry.ts';
import { HOST_FAULTS } from './host.ts';
import { NETWORK_FAULTS } from './network.ts';
import { PROCESS_FAULTS } from './process.ts';
import { SERIAL_FAULTS } from './serial.ts';
import { SPLIT_FAULTS } from './split.ts';

export { FAULT_CHECKS, parseTakeBack, takeBackScript } from './takeBack.ts';
export type { FaultCheckName, TakeBack } from './takeBack.ts';
export type {
  EvidenceLevel,
  FaultAmount,
  FaultCategory,
  FaultDoer,
  FaultEntry,
  FaultNeed,
  HandsSign,
} from './entry.ts';

const ALL = [
  ...SERIAL_FAULTS,
  ...PROCESS_FAULTS,
  ...HOST_FAULTS,
  ...NETWORK_FAULTS,
  ...CONFIG_FAULTS,
  ...SPLIT_FAULTS,
] as const;

/** Every name of the catalogue, on the wire and on the command line. */
export type CatalogueName = (typeof ALL)[number]['name'];
export type CatalogueEntry = FaultEntry & { readonly name: CatalogueName };

/** In the order of the catalogue. */
export const FAULTS: readonly CatalogueEntry[] = ALL;

export const FAULT_NAMES: readonly CatalogueName[] = FAULTS.map((fault) => fault.name);

export const FAULT_CATEGORIES = ['serial', 'process', 'host', 'network', 'config', 'split-brain'] as const;

const BY_NAME: ReadonlyMap<string, CatalogueEntry> = new Map(FAULTS.map((fault) => [fault.name, fault]));

/** The entry of a name. */
export function faultNamed(name: CatalogueName): CatalogueEntry {
  const found = BY_NAME.get(name);
  assert(found !== undefined, `the catalogue has no ${name}`);
  return found;
}

/** What a person typed: a name, or the row (`N2`, `n2`); null: neither. */
export function findFault(typed: string): CatalogueEntry | null {
  return BY_NAME.get(typed) ?? FAULTS.find((fault) => fault.id.toLowerCase() === typed.toLowerCase()) ?? null;
}
