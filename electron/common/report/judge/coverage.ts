/** What became of every drill there is: the ones that were run, and the ones that were not. */
import type { Text } from '../../contract/drill.ts';
import { text } from '../../drill/text.ts';
import type { ReportDrill, ReportFacts, ReportRun } from '../model.ts';

/** A waiver with this subject is for every drill that was not tried or could not be. */
export const NOT_TRIED = 'not-tried';

function stateOf(runs: readonly ReportRun[]): ReportDrill['state'] {
  const verdicts = new Set(runs.map(({ run }) => run.verdict));
  const order = ['fail', 'remark', 'pass', 'void', 'skipped'] as const;
  // A drill with a remark in one of its runs has a remark; void runs beside good ones are listed and prove nothing.
  return order.find((verdict) => verdicts.has(verdict)) ?? 'not-tried';
}

/** Sentences of its runs, each once. */
function reasonsOf(runs: readonly ReportRun[]): Text[] {
  const notes = runs.flatMap(({ run }) => run.notes);
  return [...new Map(notes.map((note) => [note.en, note])).values()];
}

/** Every drill of the library, in its order, and after them those that only the form or the record knows. */
export function coverageOf({ library, form, runs }: ReportFacts): ReportDrill[] {
  const { drills: agreed } = form.requirements;
  const known = new Map(library.map((one) => [one.drill, one]));
  const others = [...agreed, ...runs.map(({ run }) => run.drill)].filter((drill) => !known.has(drill));
  const all = [
    ...library,
    ...[...new Set(others)].map((drill) => ({
      drill,
      row: 0,
      title: runs.find(({ run }) => run.drill === drill)?.run.title ?? text(drill, drill),
    })),
  ];
  const waiverOf = (...subjects: string[]): number | null => {
    const index = form.waivers.findIndex((waiver) => subjects.includes(waiver.subject));
    return index < 0 ? null : index;
  };
  return all.map((one): ReportDrill => {
    const own = runs.filter(({ run }) => run.drill === one.drill);
    const state = stateOf(own);
    const isGood = state === 'pass' || state === 'remark';
    const isMissing = state === 'not-tried' || state === 'skipped';
    return {
      ...one,
      isAgreed: agreed.length === 0 || agreed.includes(one.drill),
      state,
      runs: own.length,
      reasons: isGood ? [] : reasonsOf(own),
      waiver: isGood ? null : isMissing ? waiverOf(one.drill, NOT_TRIED) : waiverOf(one.drill),
    };
  });
}
