/** Turns the heartbeat thread's samples into what the console is told. Unknown stays null, never 0. */
import { linkLabel } from '../../common/config/index.ts';
import type { HaConfig } from '../../common/config/model.ts';
import type { DirectionView, LinkView } from '../../common/engine/types.ts';
import type { AgentSample, AgentStatus, Arrival, LinkStatus } from '../../common/rpc/agentContract.ts';
import type { ThreadSample } from '../heartbeat/messages.ts';
import type { HostInterface } from '../host/netlinkMessage.ts';

function direction(view: DirectionView, deadtimeMs: number) {
  return { ...view, marginMs: view.silenceMs === null ? null : deadtimeMs - view.silenceMs };
}

/** What can be seen wrong with a link's own interface although sending on it does not fail. */
function carrierProblem(iface: string | null, interfaces: readonly HostInterface[]): string | null {
  const found = interfaces.find((candidate) => candidate.name === iface);
  if (found === undefined || !found.up || found.carrier) return null;
  return `${found.name}: no carrier (cable out, or the other end is down)`;
}

/** Status of every link. `fromPeer` is judged by what the peer advertised, `toPeer` by what we advertise. */
export function linkStatuses(ha: HaConfig, sample: ThreadSample, interfaces: readonly HostInterface[]): LinkStatus[] {
  const { snapshot } = sample;
  return ha.links.flatMap((link) => {
    const view: LinkView | undefined = snapshot.links.find((candidate) => candidate.id === link.id);
    if (view === undefined) return [];
    const own = sample.links[link.id]?.problem ?? null;
    const iface = link.medium === 'serial' ? null : link.iface;
    return [
      {
        id: link.id,
        name: link.name,
        label: linkLabel(link, ha.links),
        medium: link.medium,
        baud: link.medium === 'serial' ? link.baud : null,
        fromPeer: direction(view.fromPeer, snapshot.peer.deadtimeMs),
        toPeer: direction(view.toPeer, ha.deadtimeMs),
        rttMs: view.rttMs,
        clockOffsetMs: view.clockOffsetMs,
        clockErrorMs: view.clockErrorMs,
        problem: own === null ? carrierProblem(iface, interfaces) : `${own.code}: ${own.detail}`,
      },
    ];
  });
}

/** The part of a status that comes from the engine. */
export function peerStatus(sample: ThreadSample): AgentStatus['peer'] {
  const { peer } = sample.snapshot;
  return {
    status: peer.status,
    silenceMs: peer.silenceMs,
    marginMs: peer.silenceMs === null ? null : peer.deadtimeMs - peer.silenceMs,
    engine: peer.engine,
  };
}

/** One sample for the console; `heldVips` was read from the kernel just now. */
export function toAgentSample(sample: ThreadSample, heldVips: readonly string[]): AgentSample {
  const { snapshot } = sample;
  return {
    atMonotonicMs: snapshot.at.monotonicMs,
    status: snapshot.status,
    peerStatus: snapshot.peer.status,
    mine: snapshot.mine,
    heldVips: [...heldVips],
    nodeMarginMs: snapshot.peer.silenceMs === null ? null : snapshot.peer.deadtimeMs - snapshot.peer.silenceMs,
    links: snapshot.links.map((link) => ({
      id: link.id,
      fromPeer: link.fromPeer.state,
      toPeer: link.toPeer.state,
      fromPeerSilenceMs: link.fromPeer.silenceMs,
      toPeerSilenceMs: link.toPeer.silenceMs,
      fromPeerSilenceMaxMs: sample.links[link.id]?.silenceMaxMs ?? link.fromPeer.silenceMs,
      rttMs: link.rttMs,
      arrivals: [...(sample.links[link.id]?.arrivals ?? [])],
    })),
    arrivals: [...sample.arrivals],
    loadAverage: sample.loadAverage,
    latenessMs: sample.latenessMs,
  };
}

function larger(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.max(a, b);
}

/** Every arrival of both; missing where neither says any. */
function joined(older: Arrival[] | undefined, newer: Arrival[] | undefined): { arrivals?: Arrival[] } {
  return older === undefined && newer === undefined ? {} : { arrivals: [...(older ?? []), ...(newer ?? [])] };
}

/** Two consecutive samples as one: the newer values, the extremes and the arrivals of both. */
export function mergeSamples(older: AgentSample, newer: AgentSample): AgentSample {
  return {
    ...newer,
    ...joined(older.arrivals, newer.arrivals),
    latenessMs: Math.max(older.latenessMs, newer.latenessMs),
    links: newer.links.map((link) => {
      const before = older.links.find((candidate) => candidate.id === link.id);
      const fromPeerSilenceMaxMs = larger(before?.fromPeerSilenceMaxMs ?? null, link.fromPeerSilenceMaxMs);
      return { ...link, ...joined(before?.arrivals, link.arrivals), fromPeerSilenceMaxMs };
    }),
  };
}
