/** Reports, former sessions and recordings: their part of the contract. */
import { resolve } from 'node:path';
import type { Implementation } from '../../../agent/common/rpc/contract.ts';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import { RACK_PAIR_ID } from '../../common/contract/console.ts';
import type { ConsoleContract } from '../../common/contract/console.ts';
import type { PairSpec } from '../../common/contract/pair.ts';
import { PairSpecSchema } from '../../common/contract/pair.ts';
import { emptyForm } from '../../common/report/form.ts';
import { recordingBytes } from '../recorder/recordingFile.ts';
import { makeReport } from '../report/make.ts';
import type { LiveReportPair, ReportJob } from '../report/make.ts';
import type { PdfPrinter } from '../report/pdf.ts';
import { filePieces, newReportId, pieces, Reports } from '../report/reports.ts';
import { chosenSessions, sessionInfo } from '../report/sessions.ts';
import { verifyReport } from '../report/verify.ts';
import type { StoredSession } from '../store/archive.ts';
import type { SessionStore } from '../store/sessionStore.ts';
import type { Pairs } from './pairs.ts';
import type { Deployer } from './ports.ts';
import type { LivePair } from './livePair.ts';

type Methods = Implementation<ConsoleContract, Readonly<Record<string, never>>>;

export interface ReportParts {
  readonly pairs: Pairs;
  readonly store: SessionStore;
  readonly deployer: Deployer;
  readonly printer: PdfPrinter;
  /** Shows a file with the computer's own program; null: this host cannot. */
  readonly openFile: ((file: string) => Promise<void>) | null;
  /** Folder of the console's own reports; null: none. */
  readonly reportsDir: string | null;
  /** Every drill of this console. */
  readonly drills: ReportJob['library'];
  readonly version: string;
  readonly host: string;
  readonly wallMs: () => number;
  /** Minutes that the clock on the wall is ahead of UTC. */
  readonly offsetMin: () => number;
}

/** Sessions that the list shows. */
const LISTED_MAX = 200;

function liveOf(live: LivePair | null, deployer: Deployer): LiveReportPair | null {
  if (live === null || live.connectors.every((c) => c.state().phase !== 'ready')) return null;
  return {
    connectors: live.connectors,
    state: () => live.state(),
    preflight: (signal) => deployer.preflight(live.spec, live.connectors, signal),
  };
}

/** The pair file of a pair that may be gone: of its newest session. Throws `no-pair`. */
function specOf({ pairs, store }: ReportParts, pairId: string): PairSpec {
  const known = pairs.list().find((pair) => pair.id === pairId);
  if (known !== undefined) return known;
  for (const session of store.archive.list(pairId)) {
    const spec = PairSpecSchema.safeParse(JSON.parse(session.pairJson));
    if (spec.success) return spec.data;
  }
  throw new RpcError('no-pair', `there is no pair ${pairId}, and no session of one`);
}

function sessionMethods({ pairs, store }: ReportParts): Pick<Methods, 'sessionList' | 'sessionRecording'> {
  const isLive = (session: StoredSession): boolean => pairs.find(session.pairId)?.session.id === session.id;
  return {
    sessionList: ({ pairId }) =>
      store.archive
        .list(pairId)
        .slice(0, LISTED_MAX)
        .map((session) => sessionInfo(store, session, isLive(session))),
    sessionRecording: ({ sessionId, anonymise, pointsMax }) => {
      const session = store.archive.find(sessionId);
      if (session === null) throw new RpcError('no-session', `there is no session ${sessionId}`);
      return pieces(recordingBytes(store, session, { anonymise, pointsMax }), null);
    },
  };
}

type ReportMethods = Pick<
  Methods,
  | 'sessionList'
  | 'sessionRecording'
  | 'reportDraft'
  | 'reportMake'
  | 'reportList'
  | 'reportVerify'
  | 'reportFile'
  | 'reportOpen'
>;

export function reportMethods(parts: ReportParts): ReportMethods {
  const { pairs, store, printer, openFile } = parts;
  const reports = new Reports(parts.reportsDir);
  const live = (pairId: string): LivePair | null => pairs.find(pairId);
  return {
    ...sessionMethods(parts),
    reportDraft: ({ pairId }) => {
      const liveId = live(pairId)?.session.id ?? null;
      const sessions = chosenSessions(store, specOf(parts, pairId), null, liveId);
      return {
        form: reports.lastForm(pairId) ?? emptyForm('en'),
        sessions: sessions.map((session) => sessionInfo(store, session, session.id === liveId)).reverse(),
        drills: parts.drills.map(({ drill, title }) => ({ drill, title })),
        pdf: printer.state,
      };
    },
    reportMake: async function* ({ pairId, form, sessions, dir }, _context, signal) {
      const spec = specOf(parts, pairId);
      const reportId = newReportId(pairId, parts.wallMs());
      const pair = live(pairId);
      await pair?.records.settled();
      const chosen = chosenSessions(store, spec, sessions, pair?.session.id ?? null);
      if (chosen.length === 0)
        throw new RpcError('no-session', 'nothing was ever recorded of this pair: connect it and run a drill first');
      yield* makeReport(
        {
          reportId,
          dir: dir === null ? reports.placeFor(reportId) : resolve(dir),
          spec,
          isRack: pairId === RACK_PAIR_ID,
          form,
          sessions: chosen,
          live: liveOf(pair, parts.deployer),
          store,
          printer,
          library: parts.drills,
          console: { version: parts.version, host: parts.host, platform: process.platform },
          wallMs: parts.wallMs,
          offsetMin: parts.offsetMin(),
        },
        signal,
      );
    },
    reportList: ({ pairId }) => reports.list(pairId),
    reportVerify: ({ reportId }) => verifyReport(reports.dirOf(reportId)),
    reportFile: ({ reportId, path }) => filePieces(reports.fileOf(reportId, path)),
    reportOpen: async ({ reportId, path }) => {
      if (openFile === null) throw new RpcError('unsupported', 'this host cannot show files; download it instead');
      await openFile(reports.fileOf(reportId, path));
      return {};
    },
  };
}
