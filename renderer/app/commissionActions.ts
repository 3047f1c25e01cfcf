/** The way from nothing to the report, in the command palette. */
import type { T } from '../locales/index.ts';
import { commissionNow, goToStep, hideGuide, isGuideHidden } from '../stores/commission.ts';
import { openChecklist } from '../views/commission/Guide.tsx';
import { nextItem } from '../../electron/common/commission/items.ts';
import type { Action } from './actions.ts';

export function commissionActions(t: T): Action[] {
  const next = nextItem(commissionNow());
  const isHidden = isGuideHidden();
  return [
    { id: 'commission', group: 'pair', title: t('commission.open'), run: openChecklist },
    ...(next === null
      ? []
      : [
          {
            id: 'commission-next',
            group: 'pair' as const,
            title: t('commission.next', { act: t(`commission.act.${next.step}`) }),
            run: () => goToStep(next.step),
          },
        ]),
    {
      id: 'commission-bar',
      group: 'view',
      title: t(isHidden ? 'commission.show' : 'commission.hide'),
      run: () => hideGuide(!isHidden),
    },
  ];
}
