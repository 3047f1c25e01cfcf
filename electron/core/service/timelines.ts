/** Stretches of running and stored sessions, with what a timeline needs to know besides the record. */
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import { PairSpecSchema, type PairSpec } from '../../common/contract/pair.ts';
import type { SessionBatch } from '../../common/contract/session.ts';
import type { TimelineStretch } from '../../common/contract/timeline.ts';
import { lastStretch, type StretchMs } from '../../common/whathappened/stretch.ts';
import { decimateBatch } from '../session/session.ts';
import type { SessionStore } from '../store/sessionStore.ts';
import type { Pairs } from './pairs.ts';

/** Points of a stretch, a node and the probe: ten minutes of two nodes are whole. */
const POINTS_MAX = 6000;
/** Shown where nothing has happened, milliseconds. */
const END_MS = 60_000;
/** Samples before a stretch that say how the links were when it began, milliseconds. */
const LEAD_MS = 2000;
/** Stored sessions of a pair that are looked into for the newest thing that happened. */
const SESSIONS_MAX = 8;
/** What two sessions saw closer together than this is the same thing, milliseconds. */
const SAME_MS = 60_000;

/** What was asked for, as the contract has it. */
export interface StretchWish {
  readonly pairId: string | null;
  readonly sessionId: string | null;
  readonly choose: 'last' | 'drill' | 'range';
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

interface Candidate {
  readonly id: string;
  readonly spec: PairSpec;
  readonly startedWallMs: number;
  readonly endMs: number;
}

type Chosen = Candidate & StretchMs & Pick<TimelineStretch, 'chosen'>;

/** Baud of the pair's serial line by its file; null: it has none, or keeps the files that are on the nodes. */
export function serialBaudOf(spec: PairSpec): number | null {
  const serial = spec.ha?.links.find((link) => link.medium === 'serial');
  return serial?.medium === 'serial' ? serial.baud : null;
}

function storedCandidate(store: SessionStore, id: string): Candidate | null {
  const stored = store.archive.find(id);
  const spec = stored === null ? null : PairSpecSchema.safeParse(JSON.parse(stored.pairJson));
  if (stored === null || spec?.success !== true) return null;
  const endMs = store.archive.counts(stored.id).toMs ?? 0;
  return { id: stored.id, spec: spec.data, startedWallMs: stored.startedWallMs, endMs };
}

function candidatesOf(wish: StretchWish, pairs: Pairs, store: SessionStore): Candidate[] {
  if (wish.sessionId !== null) {
    const stored = storedCandidate(store, wish.sessionId);
    if (stored === null)
      throw new RpcError('no-session', `there is no session ${wish.sessionId} in this console's store`);
    return [stored];
  }
  if (wish.pairId === null) throw new RpcError('bad-args', 'say which pair or which session');
  const { session, spec } = pairs.need(wish.pairId);
  const live = { id: session.id, spec, startedWallMs: session.startedWallMs, endMs: session.nowMs() };
  if (wish.choose === 'range') return [live];
  const stored = store.archive.list(wish.pairId).filter(({ id }) => id !== live.id);
  return [live, ...stored.slice(0, SESSIONS_MAX).flatMap(({ id }) => storedCandidate(store, id) ?? [])];
}

/** Where the newest drill of a session lies; null: none was run in it. */
function drillStretch(store: SessionStore, candidate: Candidate): Chosen | null {
  const body = store.archive.drills(candidate.id).at(-1)?.body as
    { beganAtMs?: unknown; endedAtMs?: unknown } | undefined;
  if (typeof body?.beganAtMs !== 'number' || typeof body.endedAtMs !== 'number') return null;
  return { ...candidate, chosen: 'drill', fromMs: body.beganAtMs, toMs: body.endedAtMs };
}

function lastOf(store: SessionStore, candidate: Candidate): Chosen | null {
  const last = lastStretch(store.happenings(candidate.id), candidate.endMs);
  return last === null ? null : { ...candidate, chosen: 'last', ...last };
}

/** The newest; of sessions that saw the same thing, the one in which a client was probed: a later one has only the nodes' journals of it. */
function newestOf(store: SessionStore, found: readonly Chosen[]): Chosen | null {
  const beganMs = (c: Chosen): number => c.startedWallMs + c.fromMs;
  const newestMs = Math.max(...found.map(beganMs));
  const same = found.filter((c) => newestMs - beganMs(c) < SAME_MS).sort((a, b) => beganMs(b) - beganMs(a));
  return same.find((c) => store.range(c.id, c.fromMs, c.toMs).probes.length > 0) ?? same[0] ?? null;
}

function choose(wish: StretchWish, pairs: Pairs, store: SessionStore): Chosen {
  const candidates = candidatesOf(wish, pairs, store);
  const [first] = candidates;
  if (first === undefined) throw new RpcError('no-session', 'there is no session');
  if (wish.choose === 'range') {
    const { fromMs, toMs } = wish;
    if (fromMs === null || toMs === null || fromMs >= toMs)
      throw new RpcError('bad-args', 'a range begins before it ends');
    return { ...first, chosen: 'range', fromMs, toMs: Math.min(toMs, first.endMs) };
  }
  if (wish.choose === 'drill') {
    const drills = candidates.flatMap((candidate) => drillStretch(store, candidate) ?? []);
    const newest = newestOf(store, drills);
    if (newest === null) throw new RpcError('bad-args', 'no drill was run in this session');
    return newest;
  }
  const found = candidates.flatMap((candidate) => lastOf(store, candidate) ?? []);
  return newestOf(store, found) ?? { ...first, chosen: 'end', fromMs: first.endMs - END_MS, toMs: first.endMs };
}

/** Every heartbeat by itself is the advisor's business, and most of the bytes. */
function withoutArrivals(batch: SessionBatch): SessionBatch {
  const samples = batch.samples.map(({ arrivals: _merged, links, ...sample }) => ({
    ...sample,
    links: links.map(({ arrivals: _own, ...link }) => link),
  }));
  return { ...batch, samples };
}

/** The stretch that was asked for. Throws as the contract says. */
export function timelineStretch(wish: StretchWish, pairs: Pairs, store: SessionStore): TimelineStretch {
  const { id, spec, startedWallMs, chosen, fromMs, toMs } = choose(wish, pairs, store);
  const batch = decimateBatch(withoutArrivals(store.range(id, fromMs - LEAD_MS, toMs)), POINTS_MAX);
  return {
    sessionId: id,
    startedWallMs,
    chosen,
    input: {
      batch,
      nodes: [spec.nodes[0].name, spec.nodes[1].name],
      address: spec.probe?.address ?? null,
      fromMs,
      toMs,
      probePeriodMs: spec.probe?.periodMs ?? null,
      serialBaud: serialBaudOf(spec),
    },
  };
}
