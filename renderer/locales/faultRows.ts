/** The catalogue's texts as tables of messages: by column, as keys are put together, instead of by fault, as they are written. */
import type { CatalogueName } from '../../agent/common/faults/index.ts';

/** Title, what it does, what a healthy pair does, what a wrong result means; and why nobody can do it, where that is so. */
export type FaultRow = readonly [title: string, what: string, healthy: string, wrong: string, why?: string];

export interface FaultColumns {
  readonly name: Readonly<Record<CatalogueName, string>>;
  readonly what: Readonly<Record<CatalogueName, string>>;
  readonly healthy: Readonly<Record<CatalogueName, string>>;
  readonly wrong: Readonly<Record<CatalogueName, string>>;
  /** Of the rows that nobody can do from here only. */
  readonly why: Readonly<Record<string, string>>;
}

export function faultColumns(rows: Readonly<Record<CatalogueName, FaultRow>>): FaultColumns {
  const all = Object.entries(rows);
  const column = (index: 0 | 1 | 2 | 3): Readonly<Record<CatalogueName, string>> =>
    Object.fromEntries(all.map(([name, row]) => [name, row[index]])) as Record<CatalogueName, string>;
  return {
    name: column(0),
    what: column(1),
    healthy: column(2),
    wrong: column(3),
    why: Object.fromEntries(all.flatMap(([name, row]) => (row[4] === undefined ? [] : [[name, row[4]]]))),
  };
}
