/** What is broken on purpose right now, and the way back. */
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import type { ActiveFault, PairState } from '../../../electron/common/contract/state.ts';
import { seconds } from '../../lib/format.ts';
import type { T } from '../../locales/index.ts';
import { link } from '../../stores/link.ts';
import { attempt } from '../../stores/notices.ts';

/** What it does by itself, or what a person must do now. */
function stateText(fault: ActiveFault, t: T): string {
  if (fault.handwork !== null) return t(`fault.handwork.${fault.handwork}`, { what: t(`fault.what.${fault.name}`) });
  const lives = fault.phase === 'armed' || fault.phase === 'injected';
  return fault.revertsInMs !== null && lives
    ? t('fault.revertsIn', { time: seconds(fault.revertsInMs, 1) })
    : t(`fault.phase.${fault.phase}`);
}

export function ActiveFaults({ state }: { readonly state: PairState }): React.JSX.Element {
  const { t } = useTranslation();
  const { faults, pairId } = state;
  return (
    <section className="tb-active-faults" aria-label={t('fault.active')} aria-live="polite">
      {faults.length === 0 && <p className="tb-muted">{t('fault.noneActive')}</p>}
      {faults.map((fault) => {
        const lives = fault.phase === 'armed' || fault.phase === 'injected';
        return (
          <div key={`${fault.node} ${fault.faultId}`} className="tb-active-fault" data-phase={fault.phase}>
            <strong>{t('fault.confirmTitle', { name: t(`fault.name.${fault.name}`), node: fault.node })}</strong>
            <span title={fault.detail}>{stateText(fault, t)}</span>
            <Button
              size="small"
              disabled={!lives || fault.handwork === 'undo'}
              onClick={() =>
                void attempt(() => link.client.faultRevert({ pairId, node: fault.node, faultId: fault.faultId }))
              }
            >
              {t(fault.handwork === null ? 'fault.revert' : 'fault.callOff')}
            </Button>
          </div>
        );
      })}
    </section>
  );
}
