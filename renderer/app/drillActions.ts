/** Drills and training in the command palette. */
import i18next from 'i18next';
import type { T } from '../locales/index.ts';
import { abortDrills, answerHands, runDrills, useDrills } from '../stores/drills.ts';
import { giveUpExercise, useExercises } from '../stores/exercises.ts';
import { DRILL_PAGES, useUi } from '../stores/ui.ts';
import { inLanguage, resumeOrder, runnable, shortSet } from '../views/drills/drillModel.ts';
import { openDrills } from '../views/drills/openDrills.ts';
import type { Action } from './actions.ts';

export function drillActions(pairId: string | null, t: T): Action[] {
  const { isRunning, board, hands } = useDrills.getState();
  const pages = DRILL_PAGES.map((page): Action => ({
    id: `drills-${page}`,
    group: 'view',
    title: `${t('pane.show', { pane: t('pane.drills') })}: ${t(`drills.page.${page}`)}`,
    run: () => openDrills(page),
  }));
  const resumable = board?.resumable ?? null;
  const drills = board?.drills ?? [];
  const ask = (id: string, title: string, wanted: readonly string[]): Action => ({
    id,
    group: 'fault',
    title,
    run: () => {
      useUi.setState({ drillWish: wanted });
      openDrills('list');
    },
  });
  const work: Action[] = [];
  if (isRunning) work.push({ id: 'drills-abort', group: 'fault', title: t('drills.abort'), run: abortDrills });
  else if (pairId !== null && resumable !== null)
    work.push({
      id: 'drills-resume',
      group: 'fault',
      title: t('drills.resume'),
      run: () => void runDrills(pairId, resumeOrder(resumable)),
    });
  if (!isRunning && drills.length > 0) {
    work.push(ask('drills-run-all', t('drills.runAll'), runnable(drills)));
    work.push(ask('drills-run-short', t('commission.runShortSet'), shortSet(drills)));
    for (const d of drills.filter((one) => one.available))
      work.push(
        ask(`drill-${d.id}`, t('commission.runDrill', { title: inLanguage(d.title, i18next.language) }), [d.id]),
      );
  }
  if (hands !== null) {
    work.push({ id: 'hands-done', group: 'fault', title: t('drills.done'), run: () => answerHands('continue') });
    work.push({ id: 'hands-skip', group: 'fault', title: t('drills.skip'), run: () => answerHands('skip') });
  }
  if (useExercises.getState().board?.current != null)
    work.push({ id: 'exercise-give-up', group: 'fault', title: t('exercise.giveUp'), run: giveUpExercise });
  return [...work, ...pages];
}
