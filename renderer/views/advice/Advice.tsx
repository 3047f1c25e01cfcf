/** The deadtime advisor: asks the core when it is opened and when a person wants it again; an advice is not a live picture. */
import { Button, Select } from 'antd';
import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Advice as AdviceData, AdviceStream } from '../../../electron/common/contract/advice.ts';
import { link } from '../../stores/link.ts';
import { attempt } from '../../stores/notices.ts';
import { usePairs } from '../../stores/pairs.ts';
import { streamKey } from './adviceModel.ts';
import { Histogram, Tail } from './Charts.tsx';
import { Margin, Recommendation } from './Recommendation.tsx';
import { Budgets, Gaps, Methods, Streams } from './Tables.tsx';

const YEARS = [1, 10, 100] as const;
const YEARS_DEFAULT = 10;

interface Asked {
  readonly advice: AdviceData | null;
  readonly isReading: boolean;
  ask(): void;
}

/** The advice about a pair; the newest question alone is answered. */
function useAdvice(pairId: string | null, isConnected: boolean, targetYears: number): Asked {
  const [advice, setAdvice] = useState<AdviceData | null>(null);
  const [isReading, setReading] = useState(false);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isWanted = true;
    setAdvice((old) => (old?.pairId === pairId ? old : null));
    if (pairId === null || !isConnected) return;
    setReading(true);
    const question = { targetYears, vmPauseMs: null, fencingMs: null, watchdogMs: null };
    void attempt(() => link.client.advise({ pairId, sessionId: null, question })).then((answer) => {
      if (!isWanted) return;
      setReading(false);
      if (answer !== undefined) setAdvice(answer);
    });
    return () => {
      isWanted = false;
    };
  }, [pairId, isConnected, targetYears, turn]);
  const ask = useCallback(() => setTurn((n) => n + 1), []);
  return { advice, isReading, ask };
}

function Body({ advice }: { readonly advice: AdviceData }): React.JSX.Element {
  const [chosen, setChosen] = useState<string | null>(null);
  const stream: AdviceStream | undefined =
    advice.streams.find((s) => streamKey(s) === chosen) ?? advice.streams.find((s) => s.count > 0);
  return (
    <div className="tb-advice-body">
      <Margin advice={advice} />
      <Recommendation advice={advice} />
      <section className="tb-advice-charts">
        <Streams advice={advice} chosen={stream === undefined ? '' : streamKey(stream)} onChoose={setChosen} />
        {stream !== undefined && (
          <div className="tb-advice-pair">
            <Histogram stream={stream} />
            <Tail
              stream={stream}
              deadtimeMs={advice.present?.deadtimeMs ?? null}
              recommendedMs={advice.recommendation?.deadtimeMs ?? null}
            />
          </div>
        )}
      </section>
      {advice.terms.length > 0 && <Methods advice={advice} />}
      <Gaps advice={advice} />
      <Budgets advice={advice} />
    </div>
  );
}

export function Advice(): React.JSX.Element {
  const { t } = useTranslation();
  const pairId = usePairs((s) => s.selectedId);
  const isConnected = usePairs((s) => s.state?.session != null);
  const [years, setYears] = useState<number>(YEARS_DEFAULT);
  const { advice, isReading, ask } = useAdvice(pairId, isConnected, years);
  return (
    <section className="tb-pane tb-advice" aria-label={t('advice.region')}>
      <div className="tb-tools">
        <Button size="small" loading={isReading} disabled={!isConnected} onClick={ask}>
          {t('advice.again')}
        </Button>
        <label className="tb-inline">
          {t('advice.years')}
          <Select
            size="small"
            value={years}
            style={{ width: 110 }}
            options={YEARS.map((value) => ({ value, label: t('advice.yearsValue', { years: value }) }))}
            onChange={setYears}
          />
        </label>
      </div>
      <div className="tb-scroll">
        {advice === null ? (
          <div className="tb-empty">{t(isConnected ? 'advice.reading' : 'advice.noPair')}</div>
        ) : (
          <Body advice={advice} />
        )}
      </div>
    </section>
  );
}
