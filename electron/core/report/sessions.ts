/** Which stored sessions a report is about, and what they say together. */
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import type { AgentStatus } from '../../../agent/common/rpc/agentContract.ts';
import type { z } from 'zod';
import { DrillRunSchema } from '../../common/contract/drill.ts';
import type { DrillRun } from '../../common/contract/drill.ts';
import { PairSpecSchema } from '../../common/contract/pair.ts';
import type { PairSpec } from '../../common/contract/pair.ts';
import type { SessionInfoSchema } from '../../common/contract/report.ts';
import { NodeRecordSchema } from '../../common/report/record.ts';
import type { NodeRecord } from '../../common/report/record.ts';
import { storedPair } from '../recorder/lines.ts';
import type { StoredSession } from '../store/archive.ts';
import type { SessionStore } from '../store/sessionStore.ts';

export type SessionInfo = z.infer<typeof SessionInfoSchema>;

/** Drills of this many milliseconds before the newest belong to the same commissioning. */
const CAMPAIGN_MS = 7 * 24 * 3_600_000;

/** The same two machines: names, addresses, and the host keys where both files have them. The rack makes new keys whenever it comes up. */
export function isSamePair(a: PairSpec, b: PairSpec): boolean {
  return a.nodes.every((node, i) => {
    const other = b.nodes[i];
    if (other === undefined || node.name !== other.name || node.host !== other.host || node.port !== other.port)
      return false;
    return (
      node.hostKeys.length === 0 ||
      other.hostKeys.length === 0 ||
      node.hostKeys.some((key) => other.hostKeys.includes(key))
    );
  });
}

function specOf(session: StoredSession): PairSpec | null {
  const spec = PairSpecSchema.safeParse(JSON.parse(session.pairJson));
  return spec.success ? spec.data : null;
}

/** Sessions of these machines, newest first. */
function sessionsOf(store: SessionStore, spec: PairSpec): StoredSession[] {
  return store.archive.list(spec.id).filter((session) => {
    const then = specOf(session);
    return then !== null && isSamePair(then, spec);
  });
}

/**
 * Sessions of the last campaign of drills, oldest first, and the live one. Where no drill was run: the live one, else the
 * newest. `wanted`: exactly these; throws `no-session`.
 */
export function chosenSessions(
  store: SessionStore,
  spec: PairSpec,
  wanted: readonly string[] | null,
  liveId: string | null,
): StoredSession[] {
  if (wanted !== null) {
    const found = wanted.map((id) => {
      const session = store.archive.find(id);
      if (session === null) throw new RpcError('no-session', `there is no session ${id}`);
      return session;
    });
    return found.sort((a, b) => a.startedWallMs - b.startedWallMs);
  }
  const own = sessionsOf(store, spec);
  const drilled = own.filter((session) => store.archive.drills(session.id).length > 0);
  const newest = drilled[0]?.startedWallMs ?? null;
  const campaign = newest === null ? [] : drilled.filter((s) => newest - s.startedWallMs <= CAMPAIGN_MS);
  const live = own.find((session) => session.id === liveId);
  const chosen = new Set([...campaign, ...(live === undefined ? [] : [live])]);
  if (chosen.size === 0 && own[0] !== undefined) chosen.add(own[0]);
  return [...chosen].sort((a, b) => a.startedWallMs - b.startedWallMs);
}

/** Every run of the sessions that this version understands, in the order of time. */
export function runsOf(store: SessionStore, sessions: readonly StoredSession[]): DrillRun[] {
  const bodies = sessions.flatMap((session) => store.archive.drills(session.id));
  const runs = bodies.flatMap(({ body }) => {
    const run = DrillRunSchema.safeParse(body);
    return run.success ? [run.data] : [];
  });
  return runs.sort((a, b) => a.startedWallMs - b.startedWallMs);
}

/** The newest word of a node about itself in the sessions, with its wall time on the console's clock; null: none. */
export function lastStatus(
  store: SessionStore,
  sessions: readonly StoredSession[],
  node: string,
): { readonly status: AgentStatus; readonly atWallMs: number } | null {
  for (const session of [...sessions].reverse()) {
    const said = store.archive.saidLast(session.id, 'status', node);
    if (said !== null) return { status: said.body as AgentStatus, atWallMs: session.startedWallMs + said.tMs };
  }
  return null;
}

/** Records of a node in the sessions, oldest first. */
export function recordsOf(store: SessionStore, sessions: readonly StoredSession[], node: string): NodeRecord[] {
  return sessions
    .flatMap((session) => store.archive.records(session.id, node))
    .flatMap((body) => {
      const record = NodeRecordSchema.safeParse(body);
      return record.success ? [record.data] : [];
    })
    .sort((a, b) => a.atWallMs - b.atWallMs);
}

/** What the list of sessions says of one. */
export function sessionInfo(store: SessionStore, session: StoredSession, isLive: boolean): SessionInfo {
  const { fromMs, toMs, ...counts } = store.archive.counts(session.id);
  const pair = storedPair(session);
  const { id, pairId, host, startedWallMs, endedWallMs } = session;
  return {
    id,
    pairId,
    pairName: pair.name,
    nodes: pair.nodes,
    host,
    startedWallMs,
    endedWallMs,
    isLive,
    durationMs: fromMs === null || toMs === null ? 0 : Math.max(0, toMs - Math.max(0, fromMs)),
    counts,
    drills: store.archive.drills(id).flatMap(({ tMs, body }) => {
      const { drill, verdict } = body as { drill?: unknown; verdict?: unknown };
      return typeof drill === 'string' ? [{ drill, verdict: typeof verdict === 'string' ? verdict : '', tMs }] : [];
    }),
  };
}
