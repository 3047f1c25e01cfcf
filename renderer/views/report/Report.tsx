/** Acceptance reports: say what only people know, make one, open it, and find the former ones. */
import { Button } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { ReportInfo, ReportStepSchema } from '../../../electron/common/contract/report.ts';
import type { z } from 'zod';
import { usePairs } from '../../stores/pairs.ts';
import {
  checkReport,
  downloadFile,
  makeReport,
  openFile,
  openReports,
  stopReport,
  useReport,
} from '../../stores/report.ts';
import { useSettings } from '../../stores/settings.ts';
import { ReportForm } from './ReportForm.tsx';

const HTML = 'report.html';
const PDF = 'report.pdf';
const JSON_TWIN = 'report.json';

function Files({ report }: { readonly report: ReportInfo }): React.JSX.Element {
  const { t } = useTranslation();
  const isDesktop = useSettings((s) => s.info?.host === 'desktop');
  const { reportId } = report;
  const paths = [HTML, ...(report.hasPdf ? [PDF] : []), JSON_TWIN];
  return (
    <span className="tb-report-files">
      <Button size="small" type="primary" onClick={() => openFile(reportId, report.hasPdf ? PDF : HTML, isDesktop)}>
        {t('report.open')}
      </Button>
      {paths.map((path) => (
        <Button key={path} size="small" onClick={() => downloadFile(reportId, path)}>
          {t('report.download', { kind: path.split('.').at(-1)?.toUpperCase() ?? path })}
        </Button>
      ))}
    </span>
  );
}

function Made(): React.JSX.Element | null {
  const { t, i18n } = useTranslation();
  const made = useReport((s) => s.made);
  if (made === null) return null;
  const { report, noPdf } = made;
  return (
    <section className="tb-report-made" data-verdict={report.verdict} role="status">
      <p>
        <b>{t(`report.verdict.${report.verdict}`)}</b> · {t('report.madeOf', { count: report.drills })}
      </p>
      <ul className="tb-report-reasons">
        {report.reasons.map((reason) => (
          <li key={reason.en}>{reason[i18n.language === 'zh-CN' ? 'zh-CN' : 'en']}</li>
        ))}
      </ul>
      <p>
        <code>{report.dir}</code>
      </p>
      <p className="tb-muted">
        SHA-256 <code>{report.hash}</code>
      </p>
      {noPdf !== null && <p>{t('report.noPdf', { reason: noPdf })}</p>}
      <Files report={report} />
    </section>
  );
}

function Former(): React.JSX.Element {
  const { t } = useTranslation();
  const { list, checks } = useReport();
  if (list.length === 0) return <p className="tb-muted">{t('report.noFormer')}</p>;
  return (
    <ul className="tb-report-list">
      {list.map((report) => {
        const check = checks[report.reportId];
        return (
          <li key={report.reportId} data-verdict={report.verdict}>
            <div>
              <b>{new Date(report.madeWallMs).toLocaleString()}</b> {t(`report.verdict.${report.verdict}`)} ·{' '}
              {t('report.madeOf', { count: report.drills })} · {report.operator}
            </div>
            <code title={report.hash}>{report.dir}</code>
            <div className="tb-report-files">
              <Files report={report} />
              <Button size="small" onClick={() => void checkReport(report.reportId)}>
                {t('report.verify')}
              </Button>
              {check !== undefined && (
                <span role="status" data-check={check.result}>
                  {check.result === 'ok' ? t('report.unchanged') : t('report.changed', { detail: check.detail })}
                </span>
              )}
            </div>
          </li>
        );
      })}
    </ul>
  );
}

type Step = z.infer<typeof ReportStepSchema>;

function Maker(): React.JSX.Element {
  const { t } = useTranslation();
  const { step, error, draft } = useReport();
  const drills = draft?.sessions.reduce((sum, s) => sum + s.drills.length, 0) ?? 0;
  return (
    <>
      <p>
        {draft === null ? t('report.looking') : t('report.covers', { sessions: draft.sessions.length, drills })}{' '}
        {draft !== null && !draft.pdf.available && t('report.noPdf', { reason: draft.pdf.detail })}
      </p>
      <div className="tb-tools tb-report-maker">
        <Button
          type="primary"
          loading={step !== null}
          disabled={draft?.sessions.length === 0}
          onClick={() => void makeReport()}
        >
          {t('report.make')}
        </Button>
        {step !== null && <Button onClick={stopReport}>{t('common.cancel')}</Button>}
        <span role="status">{step === null ? '' : t(`report.step.${step as Step}`)}</span>
      </div>
      {error !== '' && (
        <p className="tb-error" role="alert">
          {error}
        </p>
      )}
    </>
  );
}

export function Report(): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const pairId = usePairs((s) => s.selectedId);
  const sessionId = usePairs((s) => s.state?.session?.id ?? null);
  useEffect(() => {
    void openReports(pairId, i18n.language === 'zh-CN' ? 'zh-CN' : 'en');
  }, [pairId, sessionId, i18n.language]);
  if (pairId === null) return <section className="tb-pane tb-empty">{t('report.noPair')}</section>;
  return (
    <section className="tb-pane tb-report" aria-label={t('report.region')}>
      <div className="tb-scroll">
        <Maker />
        <Made />
        <h3>{t('report.formTitle')}</h3>
        <ReportForm />
        <h3>{t('report.former')}</h3>
        <Former />
      </div>
    </section>
  );
}
