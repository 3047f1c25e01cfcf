/** The report being made, and those that were made before. */
import { create } from 'zustand';
import type { ReportCheckSchema, ReportDraft, ReportInfo } from '../../electron/common/contract/report.ts';
import type { z } from 'zod';
import { emptyForm } from '../../electron/common/report/form.ts';
import type { ReportForm } from '../../electron/common/report/form.ts';
import { errorText } from '../rpc/link.ts';
import { link } from './link.ts';
import { attempt } from './notices.ts';

type ReportCheck = z.infer<typeof ReportCheckSchema>;

interface ReportState {
  readonly pairId: string | null;
  readonly form: ReportForm;
  readonly draft: ReportDraft | null;
  readonly list: readonly ReportInfo[];
  /** Step of the one being made; null: none is. */
  readonly step: string | null;
  readonly error: string;
  /** The one made last, and why it has no PDF; null: none in this page. */
  readonly made: { readonly report: ReportInfo; readonly noPdf: string | null } | null;
  readonly checks: Readonly<Record<string, ReportCheck>>;
}

const EMPTY = { draft: null, list: [], step: null, error: '', made: null, checks: {} };

export const useReport = create<ReportState>(() => ({ ...EMPTY, pairId: null, form: emptyForm('en') }));

let stop: AbortController | null = null;

/** Language of the screen when reports were last looked at. */
let screenLanguage: ReportForm['language'] | null = null;

async function refreshList(pairId: string): Promise<void> {
  const list = await attempt(() => link.client.reportList({ pairId }));
  if (list !== undefined && useReport.getState().pairId === pairId) useReport.setState({ list });
}

/** Looks what there is to report of a pair. The form is that of its last report, in the language of the screen. */
export async function openReports(pairId: string | null, language: ReportForm['language']): Promise<void> {
  const isOther = useReport.getState().pairId !== pairId;
  if (isOther) useReport.setState({ ...EMPTY, pairId, form: emptyForm(language) });
  // Who changes the language of the screen expects it of the report; who chose another one for the report keeps it.
  else if (language !== screenLanguage) changeForm({ language });
  screenLanguage = language;
  if (pairId === null) return;
  const draft = await attempt(() => link.client.reportDraft({ pairId }));
  if (draft === undefined || useReport.getState().pairId !== pairId) return;
  useReport.setState(isOther ? { draft, form: { ...draft.form, language } } : { draft });
  await refreshList(pairId);
}

export function changeForm(changes: Partial<ReportForm>): void {
  useReport.setState(({ form }) => ({ form: { ...form, ...changes } }));
}

export async function makeReport(): Promise<void> {
  const { pairId, form } = useReport.getState();
  if (pairId === null) return;
  stop?.abort();
  const mine = new AbortController();
  stop = mine;
  useReport.setState({ step: 'sessions', error: '', made: null });
  try {
    for await (const item of link.client.reportMake({ pairId, form }, mine.signal)) {
      if (item.kind === 'step') useReport.setState({ step: item.step });
      else useReport.setState({ made: { report: item.report, noPdf: item.noPdf } });
    }
  } catch (error) {
    if (!mine.signal.aborted) useReport.setState({ error: errorText(error) });
  }
  if (stop === mine) useReport.setState({ step: null });
  await refreshList(pairId);
}

/** Stops the one being made; nothing of it is kept. */
export function stopReport(): void {
  stop?.abort();
  useReport.setState({ step: null });
}

export async function checkReport(reportId: string): Promise<void> {
  const check = await attempt(() => link.client.reportVerify({ reportId }));
  if (check !== undefined) useReport.setState(({ checks }) => ({ checks: { ...checks, [reportId]: check } }));
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html;charset=utf-8',
  pdf: 'application/pdf',
  json: 'application/json',
  svg: 'image/svg+xml',
};

async function blobOf(reportId: string, path: string): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const { data } of link.client.reportFile({ reportId, path }))
    parts.push(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)));
  return new Blob(parts, { type: TYPES[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream' });
}

/** Hands a file of a report to the browser's own saving. */
export function downloadFile(reportId: string, path: string): void {
  void attempt(async () => {
    const url = URL.createObjectURL(await blobOf(reportId, path));
    const anchor = document.createElement('a');
    anchor.href = url;
    anchor.download = `${reportId}-${path.split('/').at(-1) ?? path}`;
    anchor.click();
    // The browser has its own hold on it by then.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  });
}

/** Shows a file: in a tab of its own, or in the desktop with the system's program for it. */
export function openFile(reportId: string, path: string, isDesktop: boolean): void {
  void attempt(async () => {
    if (isDesktop) return void (await link.client.reportOpen({ reportId, path }));
    const url = URL.createObjectURL(await blobOf(reportId, path));
    window.open(url, '_blank', 'noopener');
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  });
}
