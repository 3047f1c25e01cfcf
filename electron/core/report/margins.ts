/** Margins and deadtime advice of the sessions of a report, by the advisor's own rules: faults, drills and starts do not count. */
import type { Advice, AdviceStream } from '../../common/contract/advice.ts';
import { AdviceQuestionSchema } from '../../common/contract/advice.ts';
import { smallestMargin } from '../../common/advice/margin.ts';
import type { ReportBody, ReportFacts } from '../../common/report/model.ts';
import { adviseStored } from '../advice/adviser.ts';
import type { StoredSession } from '../store/archive.ts';
import type { SessionStore } from '../store/sessionStore.ts';

/** Sessions that are looked at, the longest first: the advisor reads every sample of each. */
const SESSIONS_MAX = 8;

export interface Margins {
  readonly smallest: ReportBody['margin'];
  readonly streams: ReportFacts['marginStreams'];
  /** Smallest margin of a link (by its id at the receiver) as `receiver` heard it; null: nothing that counts. */
  of(receiver: string, link: string | null): number | null;
  /** Of the longest session; null: none has a sample. */
  readonly advice: Advice | null;
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
  const streams = told.flatMap(({ advice }) => advice.streams);
  const least = (fits: (stream: AdviceStream) => boolean): number | null => {
    const values = streams
      .filter(fits)
      .map((stream) => stream.smallestMarginMs)
      .filter((ms) => ms !== null);
    return values.length === 0 ? null : Math.min(...values);
  };
  const margin = smallestMargin(streams);
  const session = told.find(({ advice }) => advice.margin?.smallestMs === margin?.smallestMs)?.session;
  return {
    smallest:
      margin === null || session === undefined
        ? null
        : {
            ms: margin.smallestMs,
            share: margin.share,
            from: margin.from,
            to: margin.to,
            atWallMs: session.startedWallMs + margin.atMs,
          },
    streams,
    of: (receiver, link) => (link === null ? null : least((s) => s.to === receiver && s.link === link)),
    advice: told[0]?.advice ?? null,
  };
}
