/** What came out: every run with its verdict and reasons, and what the runs of a drill say together. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DrillRun, DrillStatistics, DrillSummary } from '../../../electron/common/contract/drill.ts';
import { clock, millis, UNKNOWN_TEXT } from '../../lib/format.ts';
import { useDrills } from '../../stores/drills.ts';
import { DotPlot } from './DotPlot.tsx';
import { inLanguage } from './drillModel.ts';

function RunDetails({ run }: { readonly run: DrillRun }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const say = (text: DrillRun['title']): string => inLanguage(text, i18n.language);
  return (
    <tr className="tb-run-details">
      <td />
      <td colSpan={6}>
        {run.notes.map((note, i) => (
          <p key={i}>{say(note)}</p>
        ))}
        {run.gates.length > 0 && (
          <p className="tb-run-gates">
            {t('drills.gates')}{' '}
            {run.gates.map((g) => (
              <span key={g.gate} className="tb-level" data-gate={g.result}>
                {t(`drills.gate.${g.gate}`)}: {t(g.waiver === null ? `drills.gateResult.${g.result}` : 'drills.waived')}
              </span>
            ))}
          </p>
        )}
        <ul>
          {run.criteria.map((c, i) => (
            <li key={i} data-result={c.result}>
              <b>{t(`drills.result.${c.result}`)}</b> {say(c.text)}
              {c.measured !== null && <em> {say(c.measured)}</em>}
            </li>
          ))}
        </ul>
      </td>
    </tr>
  );
}

function RunRow({ run }: { readonly run: DrillRun }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const [open, setOpen] = useState(run.verdict === 'fail');
  const direction = run.from === null || run.to === null ? UNKNOWN_TEXT : `${run.from} → ${run.to}`;
  return (
    <>
      <tr>
        <td>
          <button type="button" className="tb-mini" aria-expanded={open} onClick={() => setOpen(!open)}>
            {t('drills.details')}
          </button>
        </td>
        <td>
          <b className="tb-drill-verdict" data-verdict={run.verdict}>
            {t(`drills.verdict.${run.verdict}`)}
          </b>
        </td>
        <td>{inLanguage(run.title, i18n.language)}</td>
        <td>{direction}</td>
        <td>{millis(run.outageMs)}</td>
        <td>{millis(run.healOutageMs)}</td>
        <td>{millis(run.dualMs)}</td>
      </tr>
      {open && <RunDetails run={run} />}
    </>
  );
}

export function RunTable({ runs }: { readonly runs: readonly DrillRun[] }): React.JSX.Element {
  const { t } = useTranslation();
  const heads = ['', 'verdictHead', 'drillHead', 'directionHead', 'outageHead', 'healHead', 'dualHead'] as const;
  return (
    <table className="tb-table tb-runs">
      <thead>
        <tr>
          {heads.map((head) => (
            <th key={head}>{head === '' ? '' : t(`drills.${head}`)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <RunRow key={run.runId} run={run} />
        ))}
      </tbody>
    </table>
  );
}

function StatisticsView({ statistics }: { readonly statistics: DrillStatistics }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const { n, minMs, medianMs, maxMs, failed, voided, skipped, from } = statistics;
  const title = inLanguage(statistics.title, i18n.language);
  return (
    <section className="tb-drill-statistics">
      <h4>{from === null ? title : `${title} · ${t('drills.from', { node: from })}`}</h4>
      <p>
        {t('drills.numbers', { n, min: millis(minMs), median: millis(medianMs), max: millis(maxMs) })}
        {failed + voided + skipped > 0 && ` · ${t('drills.others', { failed, voided, skipped })}`}
      </p>
      <DotPlot statistics={statistics} />
      <ul className="tb-muted">
        {statistics.claims.map((claim, i) => (
          <li key={i}>{inLanguage(claim, i18n.language)}</li>
        ))}
      </ul>
    </section>
  );
}

function SuiteView({ summary }: { readonly summary: DrillSummary }): React.JSX.Element {
  const { t } = useTranslation();
  const { suite, statistics, verdict } = summary;
  return (
    <section className="tb-suite" data-suite={suite.suiteId}>
      <h3>
        <b className="tb-drill-verdict" data-verdict={verdict}>
          {t(`drills.verdict.${verdict}`)}
        </b>{' '}
        {t('drills.suite', { time: clock(suite.startedWallMs), done: suite.doneCount, total: suite.plan.length })} ·{' '}
        {t(`drills.state.${suite.state}`)}
      </h3>
      <RunTable runs={suite.runs} />
      {statistics
        .filter((s) => s.n > 0)
        .map((s) => (
          <StatisticsView key={`${s.drill} ${s.from ?? ''}`} statistics={s} />
        ))}
    </section>
  );
}

export function Results(): React.JSX.Element {
  const { t } = useTranslation();
  const { board, runs, isRunning } = useDrills();
  const suites = board?.suites ?? [];
  if (suites.length === 0 && runs.length === 0) return <p className="tb-muted">{t('drills.noResults')}</p>;
  return (
    <>
      {isRunning && runs.length > 0 && <RunTable runs={runs} />}
      {suites.map((summary) => (
        <SuiteView key={summary.suite.suiteId} summary={summary} />
      ))}
    </>
  );
}
