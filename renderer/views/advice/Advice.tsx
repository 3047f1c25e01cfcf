/** The deadtime advisor: asks the core when it is opened and when a person wants it again; an advice is not a live picture. */
import { Button, Select } from 'antd';
import type { DockviewPanelApi, IDockviewPanelProps } from 'dockview-react';
import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Advice as AdviceData, AdviceStream } from '../../../electron/common/contract/advice.ts';
import type { SessionInfo } from '../../../electron/common/contract/report.ts';
import { askAdvice, useAdviceRead } from '../../stores/advice.ts';
import { link } from '../../stores/link.ts';
import { attempt } from '../../stores/notices.ts';
import { usePairs } from '../../stores/pairs.ts';
import { sessionLabel, streamKey } from './adviceModel.ts';
import { Histogram, Tail } from './Charts.tsx';
import { Margin, Recommendation } from './Recommendation.tsx';
import { Budgets, Gaps, Methods, Streams } from './Tables.tsx';

const YEARS = [1, 10, 100] as const;
const YEARS_DEFAULT = 10;

/** A pair says little in less, milliseconds. */
const MORE_DATA_MS = 10_000;

/** Stands for the session that runs. */
const LIVE = 'live';

interface Asked {
  readonly advice: AdviceData | null;
  readonly isReading: boolean;
}

/** The advice about a pair's live session or a stored one; the newest question alone is answered. */
function useAdvice(pairId: string | null, sessionId: string | null, isReady: boolean, targetYears: number): Asked {
  const [advice, setAdvice] = useState<AdviceData | null>(null);
  const [isReading, setReading] = useState(false);
  const turn = useAdviceRead((s) => s.turn);
  useEffect(() => {
    let isWanted = true;
    setAdvice((old) => (old?.pairId === pairId ? old : null));
    if (pairId === null || !isReady) return;
    setReading(true);
    const question = { targetYears, vmPauseMs: null, fencingMs: null, watchdogMs: null };
    void attempt(() => link.client.advise({ pairId, sessionId, question })).then((answer) => {
      if (!isWanted) return;
      setReading(false);
      if (answer === undefined) return;
      setAdvice(answer);
      if (sessionId === null) useAdviceRead.setState({ advice: answer });
    });
    return () => {
      isWanted = false;
    };
  }, [pairId, sessionId, isReady, targetYears, turn]);
  return { advice, isReading };
}

/** Former sessions of the pair that have something to be read; asked for when the list is opened. */
function useSessions(pairId: string | null): { sessions: readonly SessionInfo[]; read: () => void } {
  const [sessions, setSessions] = useState<readonly SessionInfo[]>([]);
  useEffect(() => setSessions([]), [pairId]);
  const read = useCallback(() => {
    if (pairId === null) return;
    void attempt(() => link.client.sessionList({ pairId })).then((list) => {
      if (list !== undefined) setSessions(list.filter((s) => !s.isLive && s.counts.samples > 0));
    });
  }, [pairId]);
  return { sessions, read };
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

/** Whether the pane is in front: an advice that nobody looks at is not asked for. */
function useVisible(api: DockviewPanelApi): boolean {
  const [isVisible, setVisible] = useState(api.isVisible);
  useEffect(() => {
    const listening = api.onDidVisibilityChange((event) => setVisible(event.isVisible));
    setVisible(api.isVisible);
    return () => listening.dispose();
  }, [api]);
  return isVisible;
}

/** Too little data becomes more by itself: while that is what keeps the advice back it is asked for again and again. */
function useMoreData(advice: AdviceData | null, isWaiting: boolean): void {
  useEffect(() => {
    if (!isWaiting || advice === null || advice.recommendation !== null) return undefined;
    const timer = setTimeout(askAdvice, MORE_DATA_MS);
    return () => clearTimeout(timer);
  }, [advice, isWaiting]);
}

export function Advice({ api }: IDockviewPanelProps): React.JSX.Element {
  const { t } = useTranslation();
  const pairId = usePairs((s) => s.selectedId);
  const isConnected = usePairs((s) => s.state?.session != null);
  const [years, setYears] = useState<number>(YEARS_DEFAULT);
  const { sessions, read } = useSessions(pairId);
  const [chosen, setChosen] = useState<string | null>(null);
  // A session of another pair is no longer in the list.
  const sessionId = sessions.some((s) => s.id === chosen) ? chosen : null;
  const isReady = isConnected || sessionId !== null;
  const isVisible = useVisible(api);
  const { advice, isReading } = useAdvice(pairId, sessionId, isReady && isVisible, years);
  useMoreData(advice, isReady && isVisible && sessionId === null);
  return (
    <section className="tb-pane tb-advice" aria-label={t('advice.region')}>
      <div className="tb-tools">
        <Button size="small" loading={isReading} disabled={!isReady} onClick={askAdvice}>
          {t('advice.again')}
        </Button>
        <Select
          size="small"
          aria-label={t('advice.source')}
          value={sessionId ?? LIVE}
          style={{ width: 230 }}
          options={[
            { value: LIVE, label: t('advice.live') },
            ...sessions.map((s) => ({ value: s.id, label: sessionLabel(s) })),
          ]}
          onOpenChange={(isOpen) => {
            if (isOpen) read();
          }}
          onChange={(value) => setChosen(value === LIVE ? null : value)}
        />
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
          <div className="tb-empty">{t(isReady ? 'advice.reading' : 'advice.noPair')}</div>
        ) : (
          <Body advice={advice} />
        )}
      </div>
    </section>
  );
}
