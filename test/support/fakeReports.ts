/** Former sessions, recordings and reports of the scripted console: made from the same scripted pair, in memory. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Implementation } from '../../agent/common/rpc/contract.ts';
import { RpcError } from '../../agent/common/rpc/messages.ts';
import type { ConsoleContract } from '../../electron/common/contract/console.ts';
import type { ReportInfo, ReportProgress, SessionInfo } from '../../electron/common/contract/report.ts';
import { emptyForm } from '../../electron/common/report/form.ts';
import type { ReportForm } from '../../electron/common/report/form.ts';
import { judgeReport } from '../../electron/common/report/judge.ts';
import { printReport } from '../../electron/common/report/page/print.ts';
import { bodyHash, sealReport } from '../../electron/common/report/seal.ts';
import type { RecordingBody, RecordingLine } from '../../electron/common/recording/format.ts';
import { FakePair } from './fakePair.ts';
import { rackSpec } from './fakeData.ts';
import { PICTURE, PICTURE_PATH, reportFacts } from './reportFacts.ts';

type Methods = Pick<
  Implementation<ConsoleContract, null>,
  | 'sessionList'
  | 'sessionRecording'
  | 'reportDraft'
  | 'reportMake'
  | 'reportList'
  | 'reportVerify'
  | 'reportFile'
  | 'reportOpen'
>;

export const FAKE_SESSION_ID = 'a1c3e5f7-0000-4000-8000-000000000001';
/** Length of the recorded session, milliseconds, and when the holder loses its power in it. */
export const FAKE_RECORDED_MS = 40_000;
export const FAKE_CUT_MS = 15_000;
const STARTED_WALL_MS = 1_795_240_000_000;

const digest = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex');

/** A session in which the holder loses its power: samples, events, probes, statuses and one terminal of each node. */
export function fakeRecording(): RecordingLine[] {
  const spec = rackSpec();
  const pair = new FakePair([spec.nodes[0].name, spec.nodes[1].name], STARTED_WALL_MS);
  const timed: { tMs: number; line: RecordingBody }[] = [];
  const add = (tMs: number, line: RecordingBody): number => timed.push({ tMs, line });
  pair.nodes.forEach((node, i) => {
    pair.powerOn(node);
    pair.startAgent(node);
    const cast = {
      version: 2 as const,
      width: 80,
      height: 24,
      timestamp: STARTED_WALL_MS / 1000,
      title: node.name,
      env: { TERM: 'xterm' },
    };
    const head = {
      number: i + 1,
      node: node.name,
      terminal: 'watch-addresses',
      tMs: 0,
      endedMs: null,
      lostBeforeMs: null,
      cast,
    };
    add(0, { kind: 'terminal', terminal: head });
  });
  for (let atMs = 100; atMs <= FAKE_RECORDED_MS; atMs += 100) {
    if (atMs === FAKE_CUT_MS) pair.powerOff(pair.nodes[0]);
    const batch = pair.advance(atMs);
    for (const sample of batch.samples) add(sample.tMs, { kind: 'sample', sample });
    for (const event of batch.events) add(event.tMs, { kind: 'event', event });
    for (const probe of batch.probes) add(probe.tMs, { kind: 'probe', probe });
    if (atMs % 1000 !== 0) continue;
    pair.nodes.forEach((node, i) => {
      if (node.power !== 'on') return;
      add(atMs, { kind: 'status', tMs: atMs, status: pair.status(node) });
      const held = pair.holders().includes(node.name) ? '192.168.2.3/24' : '';
      const text = `\u001b[H${node.name}  ${atMs / 1000} s\u001b[K\r\neth0 UP ${held}\u001b[K\r\n`;
      add(atMs, { kind: 'cast', terminal: i + 1, cast: [atMs / 1000, 'o', text] });
    });
  }
  timed.sort((a, b) => a.tMs - b.tMs);
  const lines: RecordingLine[] = [
    {
      kind: 'session',
      format: 'twinbeat.recording/1',
      id: FAKE_SESSION_ID,
      host: 'web',
      startedWallMs: STARTED_WALL_MS,
      endedWallMs: STARTED_WALL_MS + FAKE_RECORDED_MS,
      pairId: spec.id,
      pairName: spec.name,
      nodes: [spec.nodes[0].name, spec.nodes[1].name],
      pair: spec,
      anonymised: false,
      thinnedTo: null,
    },
    ...timed.map(({ line }) => line),
  ];
  return [...lines, { kind: 'end', lines: lines.length + 1 }];
}

function sessionInfo(): SessionInfo {
  const spec = rackSpec();
  return {
    id: FAKE_SESSION_ID,
    pairId: spec.id,
    pairName: spec.name,
    nodes: [spec.nodes[0].name, spec.nodes[1].name],
    host: 'web',
    startedWallMs: STARTED_WALL_MS,
    endedWallMs: STARTED_WALL_MS + FAKE_RECORDED_MS,
    isLive: false,
    durationMs: FAKE_RECORDED_MS,
    counts: { samples: 800, events: 40, probes: 400, gaps: 0, terminals: 2 },
    drills: [{ drill: 'power-loss', verdict: 'pass', tMs: FAKE_CUT_MS }],
  };
}

export class FakeReports {
  /** Files by report and path. */
  private readonly files = new Map<string, Map<string, Uint8Array>>();
  readonly made: ReportInfo[] = [];
  lastForm: ReportForm | null = null;

  private make(form: ReportForm): ReportInfo {
    const facts = { ...reportFacts('Plant North', form.language), form };
    const body = judgeReport(facts);
    const hash = bodyHash(body, digest);
    const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
    const files = new Map([['report.html', encode(printReport(body, hash, new Map([[PICTURE_PATH, PICTURE]])))]]);
    const digests = [...files].map(([path, bytes]) => ({ path, bytes: bytes.length, sha256: digest(bytes) }));
    files.set('report.json', encode(sealReport(body, digests, digest)));
    const reportId = `rack-${this.made.length + 1}`;
    this.files.set(reportId, files);
    const info: ReportInfo = {
      reportId,
      dir: `/home/op/.local/share/twinbeat/reports/${reportId}`,
      pairId: 'rack',
      pairName: 'Rack S5',
      madeWallMs: body.madeWallMs,
      verdict: body.verdict,
      reasons: body.reasons,
      hash,
      language: form.language,
      operator: form.operator,
      drills: body.runs.length,
      files: [...files].map(([path, bytes]) => ({ path, bytes: bytes.length, sha256: digest(bytes) })),
      hasPdf: false,
    };
    this.made.unshift(info);
    return info;
  }

  private async *progress(form: ReportForm): AsyncGenerator<ReportProgress, void, undefined> {
    this.lastForm = form;
    for (const step of ['sessions', 'preflight', 'nodes', 'drills', 'attachments', 'html', 'pdf', 'seal'] as const) {
      yield { kind: 'step', step, detail: '' };
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    yield { kind: 'done', report: this.make(form), noPdf: 'no Chromium was found on this computer' };
  }

  readonly methods: Methods = {
    sessionList: () => [sessionInfo()],
    sessionRecording: async function* ({ sessionId }) {
      if (sessionId !== FAKE_SESSION_ID) throw new RpcError('no-session', `there is no session ${sessionId}`);
      const text = fakeRecording().map((line) => `${JSON.stringify(line)}\n`);
      yield { data: gzipSync(text.join('')).toString('base64'), totalBytes: null };
    },
    reportDraft: () => ({
      form: this.lastForm ?? emptyForm('en'),
      sessions: [sessionInfo()],
      drills: reportFacts().library.map(({ drill, title }) => ({ drill, title })),
      pdf: { available: false, detail: 'no Chromium was found on this computer' },
    }),
    reportMake: ({ form }) => this.progress(form),
    reportList: () => this.made,
    reportVerify: ({ reportId }) => {
      const info = this.made.find((one) => one.reportId === reportId);
      if (info === undefined) throw new RpcError('no-report', `there is no report ${reportId}`);
      const files = info.files.map(({ path }) => ({ path, result: 'ok' as const }));
      return { result: 'ok', dir: info.dir, hash: info.hash, files, others: [], detail: '' };
    },
    reportFile: ({ reportId, path }) => {
      const bytes = this.files.get(reportId)?.get(path);
      if (bytes === undefined) throw new RpcError('no-report', `report ${reportId} has no file ${path}`);
      return pieceOf(bytes);
    },
    reportOpen: () => {
      throw new RpcError('unsupported', 'this host cannot show files; download it instead');
    },
  };
}

async function* pieceOf(bytes: Uint8Array): AsyncGenerator<{ data: string; totalBytes: number }, void, undefined> {
  yield { data: Buffer.from(bytes).toString('base64'), totalBytes: bytes.length };
}
