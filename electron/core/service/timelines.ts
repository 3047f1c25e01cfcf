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
/** The newest fault is looked for this far back, milliseconds. */
const LOOK_BACK_MS = 24 * 3_600_000;

/** What was asked for, as the contract has it. */
export interface StretchWish {
  readonly pairId: string | null;
  readonly sessionId: string | null;
  readonly choose: 'last' | 'drill' | 'range';
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

interface Chosen {
  readonly id: string;
  readonly spec: PairSpec;
  readonly startedWallMs: number;
  readonly endMs: number;
}

/** Baud of the pair's serial line by its file; null: it has none, or keeps the files that are on the nodes. */
export function serialBaudOf(spec: PairSpec): number | null {
  const serial = spec.ha?.links.find((link) => link.medium === 'serial');
  return serial?.medium === 'serial' ? serial.baud : null;
}

function chosenSession(wish: StretchWish, pairs: Pairs, store: SessionStore): Chosen {
  if (wish.sessionId !== null) {
    const stored = store.archive.find(wish.sessionId);
    if (stored === null) throw new RpcError('no-session', `there is no session ${wish.sessionId}`);
    const spec = PairSpecSchema.parse(JSON.parse(stored.pairJson));
    const { id, startedWallMs } = stored;
    return { id, spec, startedWallMs, endMs: store.archive.counts(id).toMs ?? 0 };
  }
  if (wish.pairId === null) throw new RpcError('bad-args', 'say which pair or which session');
  const { session, spec } = pairs.need(wish.pairId);
  return { id: session.id, spec, startedWallMs: session.startedWallMs, endMs: session.nowMs() };
}

/** Where the newest drill of a session lies; null: none was run in it. */
function drillStretch(store: SessionStore, id: string): StretchMs | null {
  const body = store.archive.drills(id).at(-1)?.body as { beganAtMs?: unknown; endedAtMs?: unknown } | undefined;
  if (typeof body?.beganAtMs !== 'number' || typeof body.endedAtMs !== 'number') return null;
  return { fromMs: body.beganAtMs, toMs: body.endedAtMs };
}

function stretchOf(
  wish: StretchWish,
  store: SessionStore,
  { id, endMs }: Chosen,
): StretchMs & Pick<TimelineStretch, 'chosen'> {
  if (wish.choose === 'range') {
    const { fromMs, toMs } = wish;
    if (fromMs === null || toMs === null || fromMs >= toMs)
      throw new RpcError('bad-args', 'a range begins before it ends');
    return { chosen: 'range', fromMs, toMs: Math.min(toMs, endMs) };
  }
  if (wish.choose === 'drill') {
    const drill = drillStretch(store, id);
    if (drill === null) throw new RpcError('bad-args', 'no drill was run in this session');
    return { chosen: 'drill', ...drill };
  }
  const last = lastStretch(store.range(id, endMs - LOOK_BACK_MS, endMs), endMs);
  return last === null ? { chosen: 'end', fromMs: endMs - END_MS, toMs: endMs } : { chosen: 'last', ...last };
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
  const chosen = chosenSession(wish, pairs, store);
  const { fromMs, toMs, chosen: why } = stretchOf(wish, store, chosen);
  const { spec } = chosen;
  const batch = decimateBatch(withoutArrivals(store.range(chosen.id, fromMs - LEAD_MS, toMs)), POINTS_MAX);
  return {
    sessionId: chosen.id,
    startedWallMs: chosen.startedWallMs,
    chosen: why,
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
