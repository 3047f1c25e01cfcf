/** Makes a report: asks the nodes, collects, writes, prints, seals. Whatever stops it leaves no half of one. */
import type { CancelSignal } from '../../../agent/common/rpc/cancel.ts';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import type { z } from 'zod';
import type { PreflightItem } from '../../common/contract/deploy.ts';
import type { Text } from '../../common/contract/drill.ts';
import type { PairSpec } from '../../common/contract/pair.ts';
import type { ReportInfo, ReportProgress, ReportStepSchema } from '../../common/contract/report.ts';
import type { PairState } from '../../common/contract/state.ts';
import type { ReportForm } from '../../common/report/form.ts';
import { judgeReport } from '../../common/report/judge.ts';
import type { Attachment, ReportBody } from '../../common/report/model.ts';
import { printReport } from '../../common/report/page/print.ts';
import type { NodeRecord } from '../../common/report/record.ts';
import { bodyHash, REPORT_HTML, REPORT_JSON, REPORT_PDF, sealReport } from '../../common/report/seal.ts';
import type { FileDigest } from '../../common/report/seal.ts';
import { RECORDING_SUFFIX, recordingBytes } from '../recorder/recordingFile.ts';
import type { NodeConnector } from '../service/ports.ts';
import type { StoredSession } from '../store/archive.ts';
import type { SessionStore } from '../store/sessionStore.ts';
import { factsOf } from './facts.ts';
import type { Collected } from './facts.ts';
import { ReportFolder } from './folder.ts';
import { marginsOf } from './margins.ts';
import { readNode } from './nodeRecord.ts';
import type { PdfPrinter } from './pdf.ts';
import { runsOf } from './sessions.ts';
import { tellRun } from './stories.ts';
import type { ToldRun } from './stories.ts';
import { digest } from './verify.ts';

type Step = z.infer<typeof ReportStepSchema>;

/** The pair while it is connected; null where it is not, and the report says so. */
export interface LiveReportPair {
  readonly connectors: readonly NodeConnector[];
  state(): PairState;
  preflight(signal: CancelSignal): AsyncIterable<PreflightItem>;
}

export interface ReportJob {
  readonly reportId: string;
  /** Final place of the folder. */
  readonly dir: string;
  readonly spec: PairSpec;
  readonly isRack: boolean;
  readonly form: ReportForm;
  readonly sessions: readonly StoredSession[];
  readonly live: LiveReportPair | null;
  readonly store: SessionStore;
  readonly printer: PdfPrinter;
  readonly console: Collected['console'];
  readonly library: Collected['library'];
  readonly wallMs: () => number;
  readonly offsetMin: number;
}

const step = (name: Step, detail = ''): ReportProgress => ({ kind: 'step', step: name, detail });

function assertWanted(signal: CancelSignal): void {
  if (signal.aborted) throw new RpcError('cancelled', 'the report was stopped; nothing of it was kept');
}

/** null: it could not be made (a connection that broke). The report then says that there is none. */
async function preflightItems(live: LiveReportPair, signal: CancelSignal): Promise<PreflightItem[] | null> {
  const items: PreflightItem[] = [];
  try {
    for await (const item of live.preflight(signal)) items.push(item);
    return items;
  } catch {
    return null;
  }
}

/** Attachments as they are written, each with what it is. */
class Attachments {
  readonly list: Attachment[] = [];
  private readonly folder: ReportFolder;

  constructor(folder: ReportFolder) {
    this.folder = folder;
  }

  private add(file: FileDigest, what: Text): void {
    this.list.push({ ...file, what });
  }

  text(name: string, content: string, en: string, zh: string): void {
    this.add(this.folder.writeText(name, content), { en, 'zh-CN': zh });
  }

  async recording(store: SessionStore, session: StoredSession): Promise<void> {
    const short = session.id.slice(0, 8);
    const pieces = recordingBytes(store, session, { anonymise: false, pointsMax: null });
    const file = await this.folder.writePieces(`attachments/session-${short}${RECORDING_SUFFIX}`, pieces);
    this.add(file, {
      en: `recording of session ${short}: samples, events, probes, drills, terminals`,
      'zh-CN': `会话 ${short} 的完整记录：采样、事件、探测、演练、终端`,
    });
  }
}

function writeNode(attachments: Attachments, record: NodeRecord, log: { path: string; text: string } | null): void {
  const { node } = record;
  const safe = node.replace(/[^\w.-]/g, '_');
  for (const file of record.config) {
    if (file.text === null) continue;
    const name = file.path.split('/').at(-1) ?? 'file';
    attachments.text(
      `attachments/${safe}-${name}`,
      file.text,
      `${file.path} of ${node}${file.redacted ? ', without secrets' : ''}`,
      `${node} 的 ${file.path}${file.redacted ? '（已去除机密）' : ''}`,
    );
  }
  if (log !== null)
    attachments.text(
      `attachments/${safe}-log.txt`,
      log.text,
      `end of ${log.path} of ${node}`,
      `${node} 的 ${log.path} 末尾`,
    );
}

function infoOf(job: ReportJob, body: ReportBody, hash: string, files: readonly FileDigest[]): ReportInfo {
  return {
    reportId: job.reportId,
    dir: job.dir,
    pairId: job.spec.id,
    pairName: job.spec.name,
    madeWallMs: body.madeWallMs,
    verdict: body.verdict,
    reasons: body.reasons,
    hash,
    language: body.language,
    operator: job.form.operator,
    drills: body.runs.length,
    files: [...files],
    hasPdf: files.some((file) => file.path === REPORT_PDF),
  };
}

interface Asked {
  readonly preflight: PreflightItem[] | null;
  readonly read: ReadonlyMap<string, NodeRecord>;
}

/** What only the nodes can say, and their files among the attachments. */
async function* ask(
  job: ReportJob,
  attachments: Attachments,
  signal: CancelSignal,
): AsyncGenerator<ReportProgress, Asked, undefined> {
  const { live } = job;
  const read = new Map<string, NodeRecord>();
  if (live === null) return { preflight: null, read };
  yield step('preflight');
  const preflight = await preflightItems(live, signal);
  for (const connector of live.connectors) {
    assertWanted(signal);
    yield step('nodes', connector.spec.name);
    const node = await readNode(connector, job.wallMs());
    if (!node.ok) continue;
    read.set(connector.spec.name, node.value.record);
    writeNode(attachments, node.value.record, node.value.log);
  }
  return { preflight, read };
}

/** Prints, or says why not: a report without a PDF is one still. */
async function pdfInto(job: ReportJob, folder: ReportFolder): Promise<string | null> {
  if (!job.printer.state.available) return job.printer.state.detail;
  const printed = await job.printer.print(folder.path(REPORT_HTML), folder.path(REPORT_PDF));
  if (!printed.ok) return printed.detail;
  await folder.adopt(REPORT_PDF);
  return null;
}

async function* work(
  job: ReportJob,
  folder: ReportFolder,
  signal: CancelSignal,
): AsyncGenerator<ReportProgress, void, undefined> {
  const { store, sessions, form, spec } = job;
  const attachments = new Attachments(folder);
  yield step('sessions', String(sessions.length));
  const { preflight, read } = yield* ask(job, attachments, signal);
  yield step('drills');
  const runs: ToldRun[] = [];
  const pictures = new Map<string, string>();
  for (const run of runsOf(store, sessions)) {
    assertWanted(signal);
    const told = tellRun(store, run, runs.length + 1, form.language);
    runs.push(told);
    const { picture } = told.run;
    if (picture === null || told.svg === null) continue;
    pictures.set(picture, told.svg);
    attachments.text(picture, told.svg, `timeline of ${run.title.en}`, `${run.title['zh-CN']} 的时间线`);
    // A long list of runs must not keep the console from everything else.
    await new Promise((resolve) => setImmediate(resolve));
  }
  yield step('attachments');
  for (const session of sessions) {
    assertWanted(signal);
    await attachments.recording(store, session);
  }
  const margins = await marginsOf(store, sessions);
  if (margins.advice !== null)
    attachments.text(
      'attachments/advice.json',
      `${JSON.stringify(margins.advice, null, 1)}\n`,
      'deadtime advice in full, with distributions and longest gaps',
      '完整的 deadtime 建议，含分布和最长间隔',
    );
  const body = judgeReport(
    factsOf({
      ...job,
      madeWallMs: job.wallMs(),
      spec,
      state: job.live?.state() ?? null,
      preflight,
      read,
      runs,
      margins,
      attachments: attachments.list,
    }),
  );
  const hash = bodyHash(body, digest);
  yield step('html');
  folder.writeText(REPORT_HTML, printReport(body, hash, pictures));
  yield step('pdf', job.printer.state.detail);
  const noPdf = await pdfInto(job, folder);
  assertWanted(signal);
  yield step('seal');
  const files = [...folder.written()];
  folder.writeText(REPORT_JSON, sealReport(body, files, digest));
  folder.finish();
  yield { kind: 'done', report: infoOf(job, body, hash, [...folder.written()]), noPdf };
}

/** Makes it and tells its steps. Throws `exists`, `not-writable` or `cancelled`; nothing is then left under its name. */
export async function* makeReport(
  job: ReportJob,
  signal: CancelSignal,
): AsyncGenerator<ReportProgress, void, undefined> {
  const begun = ReportFolder.begin(job.dir);
  if (!begun.ok) throw new RpcError(begun.reason, begun.detail);
  try {
    yield* work(job, begun.value, signal);
  } finally {
    begun.value.abandon();
  }
}
