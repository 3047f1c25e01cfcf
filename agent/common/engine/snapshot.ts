/** What the engine shows of itself. */
import { elapsedMs } from '../base/instant.ts';
import type { Instant } from '../base/instant.ts';
import { heldByPeer, heldSet } from './holdings.ts';
import { bestOffset } from './links.ts';
import { pingViews } from './pings.ts';
import { bothSettled } from './report.ts';
import type { EngineState, LinkState } from './state.ts';
import type { EngineConfig, EngineSnapshot, LinkView } from './types.ts';

function silence(since: Instant | null, now: Instant): number | null {
  return since === null ? null : Math.max(0, elapsedMs(since, now));
}

function linkView(link: LinkState, now: Instant, deadtimeMs: number): LinkView {
  const best = bestOffset(link);
  return {
    id: link.id,
    name: link.name,
    fromPeer: { state: link.fromPeer, silenceMs: silence(link.lastHeardAt, now) },
    toPeer: { state: link.toPeer, silenceMs: silence(link.echo?.heardAt ?? null, now) },
    rttMs: link.rtt !== null && elapsedMs(link.rtt.at, now) < deadtimeMs ? link.rtt.ms : null,
    clockOffsetMs: best?.offsetMs ?? null,
    clockErrorMs: best?.errorMs ?? null,
  };
}

function standbyView(state: EngineState): EngineSnapshot['standby'] {
  switch (state.standby.kind) {
    case 'none':
      return 'none';
    case 'waiting':
    case 'acquiring':
      return 'taking';
    default:
      return 'giving';
  }
}

function holdView(state: EngineState, now: Instant): EngineSnapshot['hold'] {
  const { hold } = state.safety;
  return hold === null ? null : { reasons: hold.reasons, sinceMs: Math.max(0, elapsedMs(hold.since, now)) };
}

/** A copy of the present state for people; the engine does not change by it. */
export function snapshotOf(state: EngineState, config: EngineConfig, now: Instant): EngineSnapshot {
  const { peer } = state;
  return {
    at: now,
    status: state.status,
    peer: {
      status: peer.status,
      silenceMs: silence(peer.lastHeardAt, now),
      deadtimeMs: peer.deadtimeMs ?? config.deadtimeMs,
      generation: peer.tracking.generation > 0 ? peer.tracking.generation : null,
      engine: peer.engine,
    },
    links: state.links.map((link) => linkView(link, now, config.deadtimeMs)),
    mine: heldSet(state),
    theirs: heldByPeer(state),
    stable: bothSettled(state),
    standby: standbyView(state),
    shuttingDown: state.life === 'releasing' || state.life === 'lingering' || state.life === 'over',
    pingNodes: pingViews(state, now),
    hold: holdView(state, now),
    fencing: state.safety.fencing.view,
    generation: config.generation,
  };
}
