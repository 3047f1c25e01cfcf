/** Drills and training: choose, run, watch, read what came out. */
import { Alert, Button, Segmented } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { loadDrills, runDrills, useDrills } from '../../stores/drills.ts';
import { usePairs } from '../../stores/pairs.ts';
import { DRILL_PAGES, useUi } from '../../stores/ui.ts';
import { DrillList } from './DrillList.tsx';
import { resumeOrder, runnable, shortSet } from './drillModel.ts';
import { Exercises } from './Exercises.tsx';
import { Progress } from './Progress.tsx';
import { Results } from './Results.tsx';
import { RunDialog } from './RunDialog.tsx';

/** What can be run depends on what runs on the nodes: asked again whenever that changes. */
function useBoard(pairId: string | null): void {
  const situation = usePairs((s) =>
    JSON.stringify([s.state?.nodes.map((n) => [n.agent.phase, n.status?.links.length]), s.state?.isRack]),
  );
  useEffect(() => {
    if (pairId !== null) void loadDrills(pairId);
  }, [pairId, situation]);
}

const askDrills = (drillWish: readonly string[] | null): void => useUi.setState({ drillWish });

function ListPage({ pairId }: { readonly pairId: string }): React.JSX.Element {
  const { t } = useTranslation();
  const { board, isRunning, error } = useDrills();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const asking = useUi((s) => s.drillWish);
  const drills = board?.drills ?? [];
  const choose = (id: string, isChosen: boolean): void => {
    const next = new Set(chosen);
    if (isChosen) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  const wanted = drills.filter((d) => chosen.has(d.id) && d.available).map((d) => d.id);
  const resumable = board?.resumable ?? null;
  return (
    <>
      <div className="tb-row tb-drill-buttons">
        <Button
          type="primary"
          size="small"
          disabled={wanted.length === 0 || isRunning}
          onClick={() => askDrills(wanted)}
        >
          {t('drills.runChosen', { count: wanted.length })}
        </Button>
        <Button size="small" disabled={isRunning || drills.length === 0} onClick={() => askDrills(runnable(drills))}>
          {t('drills.runAll')}
        </Button>
        <Button
          size="small"
          title={t('commission.shortSetHint')}
          disabled={isRunning || shortSet(drills).length === 0}
          onClick={() => setChosen(new Set(shortSet(drills)))}
        >
          {t('commission.shortSet')}
        </Button>
        {resumable !== null && (
          <Button size="small" disabled={isRunning} onClick={() => void runDrills(pairId, resumeOrder(resumable))}>
            {t('drills.resume')}
          </Button>
        )}
      </div>
      {error !== '' && <Alert type="error" showIcon title={error} />}
      {board === null && <p className="tb-muted">{t('drills.loading')}</p>}
      <DrillList drills={drills} chosen={chosen} onChoose={choose} />
      {asking !== null && (
        <RunDialog
          pairId={pairId}
          drills={drills.filter((d) => asking.includes(d.id))}
          before={board?.suites.flatMap(({ suite }) => suite.runs) ?? []}
          onClose={() => askDrills(null)}
        />
      )}
    </>
  );
}

export function Drills(): React.JSX.Element {
  const { t } = useTranslation();
  const pairId = usePairs((s) => (s.state?.session == null ? null : s.state.pairId));
  const page = useUi((s) => s.drillPage);
  useBoard(pairId);
  if (pairId === null) return <section className="tb-pane tb-empty">{t('drills.noPair')}</section>;
  return (
    <section className="tb-pane tb-drills" aria-label={t('drills.region')}>
      <div className="tb-tools">
        <Segmented
          size="small"
          aria-label={t('drills.pages')}
          value={page}
          options={DRILL_PAGES.map((value) => ({ value, label: t(`drills.page.${value}`) }))}
          onChange={(value) => useUi.setState({ drillPage: value })}
        />
      </div>
      <Progress />
      <div className="tb-scroll">
        {page === 'list' && <ListPage pairId={pairId} />}
        {page === 'results' && <Results />}
        {page === 'training' && <Exercises />}
      </div>
    </section>
  );
}
