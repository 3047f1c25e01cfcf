/** Collects what advice is computed from: a session of the store, live or over, and what the agents of a connected pair remember. */
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import { advise } from '../../common/advice/advise.ts';
import { RecordBuilder } from '../../common/advice/record.ts';
import type { AdviceRecord, ArrivalStream, MeasuredOutage, RecordHead } from '../../common/advice/record.ts';
import type { Advice, AdviceQuestion } from '../../common/contract/advice.ts';
import { DrillRunSchema } from '../../common/contract/drill.ts';
import { PairSpecSchema } from '../../common/contract/pair.ts';
import type { PairSpec } from '../../common/contract/pair.ts';
import { within } from '../base/time.ts';
import type { NodeFeed } from '../session/nodeFeed.ts';
import type { Session } from '../session/session.ts';
import type { SessionStore } from '../store/sessionStore.ts';

/** A stretch that is read at once, milliseconds: some thousand samples, so that nothing else waits long. */
const STRETCH_MS = 600_000;

/** Just after the end of the stretch before: its rows were taken with their last instant. */
const AFTER_MS = 1e-6;

/** One page of an agent's memory is 80 kB. */
const PAGE_MS_MAX = 10_000;

/** More pages than an agent can have of one stream. */
const PAGES_MAX = 128;

/** How exact an agent's stamps are, milliseconds. */
const EXACT_MS = 0.1;

/** What an adviser needs of a connected pair. */
export interface LiveSource {
  readonly spec: PairSpec;
  readonly session: Pick<Session, 'id' | 'startedWallMs' | 'nowMs'>;
  readonly feeds: readonly Pick<NodeFeed, 'node' | 'client' | 'status' | 'clock' | 'earlier'>[];
}

/** Reads a session stretch by stretch and lets others have their turn in between. */
async function readSession(store: SessionStore, id: string, nodes: readonly [string, string]) {
  const builder = new RecordBuilder(nodes);
  const { fromMs, toMs } = store.archive.counts(id);
  let at = fromMs ?? 0;
  const endMs = toMs ?? 0;
  do {
    const next = Math.min(at + STRETCH_MS, endMs);
    builder.add(store.range(id, at, next));
    at = next + AFTER_MS;
    await new Promise((resolve) => setImmediate(resolve));
  } while (at <= endMs);
  return { builder, toMs: endMs };
}

/** Outages that clients saw in the drills of sessions: every run that measured one. */
function drillOutages(store: SessionStore, ids: readonly string[]): MeasuredOutage[] {
  const bodies = ids.flatMap((id) => store.archive.drills(id).map(({ body }) => body));
  return bodies.flatMap((body) => {
    const run = DrillRunSchema.safeParse(body);
    if (!run.success || run.data.verdict === 'void' || run.data.verdict === 'skipped') return [];
    const { outageMs, timing } = run.data;
    return outageMs === null || outageMs === 0 ? [] : [{ ms: outageMs, deadtimeMs: timing.deadtimeMs }];
  });
}

/** One stream of an agent's memory on the session's axis; null: the agent has none, or cannot be asked. */
async function rememberedStream(
  feed: LiveSource['feeds'][number],
  from: string,
  link: string | null,
): Promise<ArrivalStream | null> {
  const { client } = feed;
  const origin = feed.clock.place(0);
  if (client === null || origin === null) return null;
  const atMs: number[] = [];
  const gapMs: number[] = [];
  let afterMonotonicMs = -1;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const got = await within(PAGE_MS_MAX, 'no answer', client.arrivals({ link, afterMonotonicMs }));
    for (const at of got.atMonotonicMs) atMs.push(at + origin.tMs);
    for (const gap of got.gapMs) gapMs.push(gap);
    if (!got.more) break;
    afterMonotonicMs = got.atMonotonicMs.at(-1) ?? Infinity;
  }
  if (gapMs.length === 0) return null;
  return { from, to: feed.node, link, resolution: 'exact', resolutionMs: EXACT_MS, atMs, gapMs };
}

/** An agent that does not answer, or is too old to remember, leaves what the session has. */
async function memoryOf(feed: LiveSource['feeds'][number], peer: string): Promise<ArrivalStream[]> {
  const links = feed.status?.links.map((link) => link.id) ?? [];
  const streams: ArrivalStream[] = [];
  try {
    for (const link of [null, ...links]) {
      const stream = await rememberedStream(feed, peer, link);
      if (stream !== null) streams.push(stream);
    }
  } catch {
    return [];
  }
  return streams;
}

function headOf(spec: PairSpec): Pick<RecordHead, 'pairId' | 'pairName' | 'nodes' | 'specLinks'> {
  const [a, b] = spec.nodes;
  return { pairId: spec.id, pairName: spec.name, nodes: [a.name, b.name], specLinks: spec.ha?.links ?? [] };
}

/** The record of a live session, with all that the agents remember from before it. */
export async function liveRecord(store: SessionStore, live: LiveSource): Promise<AdviceRecord> {
  const { spec, session, feeds } = live;
  const head = headOf(spec);
  const [{ builder }, ...memory] = await Promise.all([
    readSession(store, session.id, head.nodes),
    ...feeds.map((feed) => memoryOf(feed, head.nodes.find((name) => name !== feed.node) ?? '')),
  ]);
  return builder.build({
    ...head,
    sessionId: session.id,
    source: 'live',
    startedWallMs: session.startedWallMs,
    toMs: session.nowMs(),
    // Every session of the pair: drills are rarely run in the one that is open now.
    outages: drillOutages(
      store,
      store.archive.list(spec.id).map(({ id }) => id),
    ),
    memory: memory.flat(),
    earlier: feeds.flatMap((feed) => feed.earlier),
  });
}

/** The record of a session in the store. Throws `no-session`. */
export async function storedRecord(store: SessionStore, sessionId: string): Promise<AdviceRecord> {
  const found = store.archive.find(sessionId);
  if (found === null) throw new RpcError('no-session', `there is no session ${sessionId} in this console's store`);
  const spec = PairSpecSchema.safeParse(JSON.parse(found.pairJson));
  if (!spec.success) throw new RpcError('no-session', `the pair of session ${found.id} cannot be read`);
  const head = headOf(spec.data);
  const { builder, toMs } = await readSession(store, found.id, head.nodes);
  return builder.build({
    ...head,
    sessionId: found.id,
    source: 'stored',
    startedWallMs: found.startedWallMs,
    toMs,
    outages: drillOutages(store, [found.id]),
    memory: [],
    earlier: [],
  });
}

export async function adviseLive(store: SessionStore, live: LiveSource, question: AdviceQuestion): Promise<Advice> {
  return advise(await liveRecord(store, live), question);
}

/** Throws `no-session`. */
export async function adviseStored(store: SessionStore, sessionId: string, question: AdviceQuestion): Promise<Advice> {
  return advise(await storedRecord(store, sessionId), question);
}
