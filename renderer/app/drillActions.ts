/** Drills and training in the command palette. */
import type { T } from '../locales/index.ts';
import { abortDrills, runDrills, useDrills } from '../stores/drills.ts';
import { giveUpExercise, useExercises } from '../stores/exercises.ts';
import { DRILL_PAGES } from '../stores/ui.ts';
import { resumeOrder } from '../views/drills/drillModel.ts';
import { openDrills } from '../views/drills/openDrills.ts';
import type { Action } from './actions.ts';

export function drillActions(pairId: string | null, t: T): Action[] {
  const { isRunning, board } = useDrills.getState();
  const pages = DRILL_PAGES.map((page): Action => ({
    id: `drills-${page}`,
    group: 'view',
    title: `${t('pane.show', { pane: t('pane.drills') })}: ${t(`drills.page.${page}`)}`,
    run: () => openDrills(page),
  }));
  const resumable = board?.resumable ?? null;
  const work: Action[] = [];
  if (isRunning) work.push({ id: 'drills-abort', group: 'fault', title: t('drills.abort'), run: abortDrills });
  else if (pairId !== null && resumable !== null)
    work.push({
      id: 'drills-resume',
      group: 'fault',
      title: t('drills.resume'),
      run: () => void runDrills(pairId, resumeOrder(resumable)),
    });
  if (useExercises.getState().board?.current != null)
    work.push({ id: 'exercise-give-up', group: 'fault', title: t('exercise.giveUp'), run: giveUpExercise });
  return [...work, ...pages];
}
