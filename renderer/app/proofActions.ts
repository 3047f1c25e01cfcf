/** What proves something, in the command palette: the timeline, the advice, the reports. */
import type { T } from '../locales/index.ts';
import { askAdvice } from '../stores/advice.ts';
import { checkReport, downloadFile, makeReport, stopReport, useReport } from '../stores/report.ts';
import { chooseStretch, readTimeline, STRETCHES } from '../stores/timeline.ts';
import { showPane, type PaneId } from '../stores/ui.ts';
import type { Action } from './actions.ts';

/** An action of a pane, which comes to the front for it. */
function within(pane: PaneId, id: string, title: string, run: () => void, t: T): Action {
  return {
    id,
    group: 'view',
    title: `${title} · ${t(`pane.${pane}`)}`,
    run: () => {
      showPane(pane);
      run();
    },
  };
}

function reportActions(t: T): Action[] {
  const { step, list, draft } = useReport.getState();
  const [newest] = list;
  const making =
    step === null
      ? within('report', 'report-make', t('report.make'), () => void makeReport(), t)
      : within('report', 'report-stop', t('common.cancel'), stopReport, t);
  if (newest === undefined) return draft === null ? [] : [making];
  const { reportId, hasPdf } = newest;
  return [
    making,
    within('report', 'report-verify', t('report.verify'), () => void checkReport(reportId), t),
    ...['html', ...(hasPdf ? ['pdf'] : []), 'json'].map((kind) =>
      within(
        'report',
        `report-save-${kind}`,
        t('report.download', { kind: kind.toUpperCase() }),
        () => downloadFile(reportId, `report.${kind}`),
        t,
      ),
    ),
  ];
}

/** Empty where nothing can be proved: no pair is in view. */
export function proofActions(pairId: string | null, t: T): Action[] {
  if (pairId === null) return [];
  return [
    ...STRETCHES.map((choice) =>
      within('timeline', `timeline-${choice}`, t(`timeline.chosen.${choice}`), () => chooseStretch(choice), t),
    ),
    within('timeline', 'timeline-read', t('timeline.refresh'), () => void readTimeline(), t),
    within('advice', 'advice-again', t('advice.again'), askAdvice, t),
    ...reportActions(t),
  ];
}
