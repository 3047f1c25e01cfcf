/** The power-off drill: one button, the steps as they happen, and what the client felt. */
import { Button, Popconfirm } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DrillResult } from '../../../electron/common/contract/deploy.ts';
import { millis } from '../../lib/format.ts';
import { link } from '../../stores/link.ts';
import { attempt } from '../../stores/notices.ts';

interface DrillState {
  readonly running: boolean;
  readonly step: string;
  readonly result: DrillResult | null;
}

function Result({ result }: { readonly result: DrillResult }): React.JSX.Element {
  const { t } = useTranslation();
  const rows = [
    [t('drill.outage'), result.outageMs],
    [t('drill.detect'), result.detectMs],
    [t('drill.takeover'), result.takeoverMs],
    [t('drill.dual'), result.dualMs],
  ] as const;
  return (
    <div className="tb-drill-result">
      <p>
        <b className="tb-drill-verdict" data-verdict={result.verdict}>
          {t(`drill.verdict.${result.verdict}`)}
        </b>
        {result.holderBefore !== null &&
          result.holderAfter !== null &&
          t('drill.moved', { from: result.holderBefore, to: result.holderAfter })}
      </p>
      <table className="tb-table">
        <tbody>
          {rows.map(([name, ms]) => (
            <tr key={name}>
              <td>{name}</td>
              <td>{millis(ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="tb-muted">
        {[t('drill.precision', { time: millis(result.probePeriodMs / 2) }), ...result.notes].join(' · ')}
      </p>
    </div>
  );
}

export function Drill({
  pairId,
  disabled,
}: {
  readonly pairId: string;
  readonly disabled: boolean;
}): React.JSX.Element {
  const { t } = useTranslation();
  const [drill, setDrill] = useState<DrillState>({ running: false, step: '', result: null });
  const run = (): void => {
    setDrill({ running: true, step: '', result: null });
    void attempt(async () => {
      for await (const item of link.client.drillPowerOff({ pairId })) {
        setDrill((old) => (item.kind === 'step' ? { ...old, step: item.text } : { ...old, result: item.result }));
      }
    }).then(() => setDrill((old) => ({ ...old, running: false })));
  };
  return (
    <section className="tb-drill" aria-label={t('drill.title')}>
      <div className="tb-fault-line">
        <div>
          <strong>{t('drill.title')}</strong>
          <p>{drill.running ? drill.step || t('drill.running') : t('drill.text')}</p>
        </div>
        <Popconfirm title={t('drill.ask')} okText={t('drill.run')} cancelText={t('common.cancel')} onConfirm={run}>
          <Button size="small" loading={drill.running} disabled={disabled}>
            {t('drill.run')}
          </Button>
        </Popconfirm>
      </div>
      {drill.result !== null && <Result result={drill.result} />}
    </section>
  );
}
