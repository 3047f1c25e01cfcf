/** Margins and deadtime advice of the sessions of a report, by the advisor's own rules: faults, drills and starts do not count. */
import type { Advice, AdviceStream } from '../../common/contract/advice.ts';
import { AdviceQuestionSchema } from '../../common/contract/advice.ts';
import type { Text } from '../../common/contract/drill.ts';
import type { ReportAdvice, ReportBody } from '../../common/report/model.ts';
import { adviseStored } from '../advice/adviser.ts';
import type { StoredSession } from '../store/archive.ts';
import type { SessionStore } from '../store/sessionStore.ts';

/** Sessions that are looked at, the longest first: the advisor reads every sample of each. */
const SESSIONS_MAX = 8;

export interface Margins {
  readonly smallest: ReportBody['margin'];
  /** Smallest margin of a link (by its id at the receiver) as `receiver` heard it; null: nothing that counts. */
  of(receiver: string, link: string | null): number | null;
  readonly advice: ReportAdvice | null;
}

function paragraphs(advice: Advice): Text[] {
  const { observed, margin, recommendation, refusal, risk, confidence, unknowns } = advice;
  const lines = [observed.text, ...(margin === null ? [] : [margin.text])];
  if (refusal !== null) return [...lines, refusal, ...unknowns];
  return [...lines, ...(recommendation?.reasons ?? []), risk.text, ...confidence.reasons, ...unknowns];
}

/** Never throws for a session that says too little: what it cannot tell is unknown. */
export async function marginsOf(store: SessionStore, sessions: readonly StoredSession[]): Promise<Margins> {
  const lengths = sessions.map((session) => ({ session, samples: store.archive.counts(session.id).samples }));
  const chosen = lengths
    .filter(({ samples }) => samples > 0)
    .sort((a, b) => b.samples - a.samples)
    .slice(0, SESSIONS_MAX);
  const told: { session: StoredSession; advice: Advice }[] = [];
  for (const { session } of chosen)
    told.push({ session, advice: await adviseStored(store, session.id, AdviceQuestionSchema.parse({})) });
  const streams = told.flatMap(({ session, advice }) => advice.streams.map((stream) => ({ session, stream })));
  let smallest: ReportBody['margin'] = null;
  for (const { session, stream } of streams) {
    const { smallestMarginMs: ms, smallestMarginAtMs: atMs } = stream;
    if (ms === null || atMs === null || stream.link !== null || (smallest !== null && smallest.ms <= ms)) continue;
    smallest = { ms, node: stream.to, link: `${stream.from} → ${stream.to}`, atWallMs: session.startedWallMs + atMs };
  }
  const least = (fits: (stream: AdviceStream) => boolean): number | null => {
    const known = streams.filter(({ stream }) => fits(stream)).map(({ stream }) => stream.smallestMarginMs);
    const values = known.filter((ms) => ms !== null);
    return values.length === 0 ? null : Math.min(...values);
  };
  const longest = told[0]?.advice;
  return {
    smallest,
    of: (receiver, link) => (link === null ? null : least((s) => s.to === receiver && s.link === link)),
    advice:
      longest === undefined
        ? null
        : {
            paragraphs: paragraphs(longest),
            haCf: longest.recommendation?.haCf ?? [],
            budgets: longest.budgets,
            budgetText: longest.budgetOutage?.text ?? null,
          },
  };
}
