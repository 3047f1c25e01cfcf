/**
 * A recorded pair at one moment, as the live console would have told it: what the nodes said last before it, how old
 * that was by then, and the verdict on the address from the same witnesses. Nothing of later is used.
 */
import type { AgentStatus } from '../../../agent/common/rpc/agentContract.ts';
import type { ProbeSample, SessionEvent, SessionSample, WitnessSample } from '../contract/session.ts';
import type { NodeConnection, PairState, VipVerdict } from '../contract/state.ts';
import { LanWords, type LanWord } from '../verdict/lanWords.ts';
import { Motion, MOTION_MS_MAX, type MotionWord } from '../verdict/motion.ts';
import { judgeVip, WITNESS_FRESH_MS } from '../verdict/vip.ts';
import type { NodeWitness, ProbeWitness } from '../verdict/vip.ts';
import type { Recording } from './read.ts';

/** How far back the LAN's words are read for since when they have been the same, milliseconds: longer than a steady word or a takeover takes. */
const LAN_LOOK_BACK_MS = 30_000;

/** Index of the last item at or before `tMs`; -1: there is none. The list is sorted. */
export function lastAt<T>(items: readonly T[], tMs: number, timeOf: (item: T) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && timeOf(item) <= tMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

interface NodeTrack {
  readonly node: string;
  readonly samples: readonly SessionSample[];
  readonly statuses: readonly { readonly tMs: number; readonly status: AgentStatus }[];
}

/** A recording made ready for being asked about any moment. */
export class RecordedPair {
  readonly recording: Recording;
  private readonly tracks: readonly [NodeTrack, NodeTrack];

  constructor(recording: Recording) {
    this.recording = recording;
    const track = (node: string): NodeTrack => ({
      node,
      samples: recording.batch.samples.filter((s) => s.node === node),
      statuses: recording.statuses.filter(({ status }) => status.node === node),
    });
    this.tracks = [track(recording.head.nodes[0]), track(recording.head.nodes[1])];
  }

  /** What the console would have shown at `tMs` of the session. */
  at(tMs: number): PairState {
    const { head, batch } = this.recording;
    const probe = batch.probes[lastAt(batch.probes, tMs, (p) => p.tMs)] ?? null;
    const heard = probe !== null && tMs - probe.tMs <= WITNESS_FRESH_MS;
    const answeredBy = heard && probe.ok ? probe.answeredBy : null;
    return {
      pairId: head.pairId,
      name: head.pairName,
      isRack: false,
      nodes: [nodeAt(this.tracks[0], tMs), nodeAt(this.tracks[1], tMs)],
      vips: this.vips(tMs, heard ? answerOf(probe) : null),
      faults: [],
      probe: {
        running: heard,
        from: '',
        target: null,
        periodMs: null,
        answeredBy,
        lastOkAgoMs: heard && probe.ok ? tMs - probe.tMs : null,
        detail: '',
      },
      session: { id: head.id, startedWallMs: head.startedWallMs, nowMs: tMs },
    };
  }

  private vips(tMs: number, probe: ProbeWitness | null): VipVerdict[] {
    const { batch } = this.recording;
    const told = this.tracks.flatMap((track) => statusBefore(track, tMs)?.status.vips.map((v) => v.address) ?? []);
    const held = this.tracks.flatMap((track) => sampleAt(track, tMs)?.heldVips ?? []);
    const motion = motionAt(batch.events, tMs);
    return [...new Set([...told, ...held])].map((address) => {
      const witness = (track: NodeTrack): NodeWitness => witnessAt(track, address, tMs);
      const lan = lanWordAt(batch.witness, address, tMs);
      const judged = judgeVip(witness(this.tracks[0]), witness(this.tracks[1]), probe, tMs, { lan, motion });
      return { address, ...judged, holders: [...judged.holders], missing: [...judged.missing], sinceMs: null };
    });
  }
}

/** What a probe says of the client. One without an answer is a word, too: somebody asks. */
const answerOf = (probe: ProbeSample): ProbeWitness =>
  probe.ok ? { answeredBy: probe.answeredBy, atMs: probe.tMs } : { answeredBy: null, atMs: Number.NEGATIVE_INFINITY };

/** What was recorded in the `spanMs` before `tMs`, oldest first. */
function within<T extends { readonly tMs: number }>(items: readonly T[], tMs: number, spanMs: number): T[] {
  const [before, last] = [lastAt(items, tMs - spanMs, (item) => item.tMs), lastAt(items, tMs, (item) => item.tMs)];
  return items.slice(before + 1, last + 1);
}

/** What the LAN said of an address last; null: nobody asked there. */
function lanWordAt(witness: readonly WitnessSample[], address: string, tMs: number): LanWord | null {
  const words = new LanWords();
  for (const sample of within(witness, tMs, LAN_LOOK_BACK_MS)) words.take(sample);
  return words.get(address);
}

/** The move under way at `tMs`; null: none. */
function motionAt(events: readonly SessionEvent[], tMs: number): MotionWord | null {
  const motion = new Motion();
  for (const event of within(events, tMs, MOTION_MS_MAX)) motion.take(event);
  return motion.at(tMs);
}

function sampleAt(track: NodeTrack, tMs: number): SessionSample | null {
  return track.samples[lastAt(track.samples, tMs, (s) => s.tMs)] ?? null;
}

function statusBefore(track: NodeTrack, tMs: number): NodeTrack['statuses'][number] | null {
  return track.statuses[lastAt(track.statuses, tMs, (s) => s.tMs)] ?? null;
}

function witnessAt(track: NodeTrack, address: string, tMs: number): NodeWitness {
  const at = lastAt(track.samples, tMs, (s) => s.tMs);
  const sample = track.samples[at];
  if (sample === undefined) return { node: track.node, poweredOff: null, held: null, lan: null };
  const holds = sample.heldVips.includes(address);
  let since = at;
  while (since > 0 && track.samples[since - 1]?.heldVips.includes(address) === holds) since -= 1;
  const sinceMs = track.samples[since]?.tMs ?? sample.tMs;
  return {
    node: track.node,
    poweredOff: null,
    held: { holds, atMs: sample.tMs, sinceMs, errorMs: sample.errorMs },
    lan: null,
  };
}

/** The last status with what the samples say since: they come five times a second, a status only when it is news. */
function merged(status: AgentStatus, sample: SessionSample, tMs: number): AgentStatus {
  const olderMs = tMs - sample.tMs;
  const { deadtimeMs } = status.timing;
  const aged = (marginMs: number | null): number | null => (marginMs === null ? null : marginMs - olderMs);
  return {
    ...status,
    status: sample.status,
    peer: { ...status.peer, status: sample.peerStatus, marginMs: aged(sample.nodeMarginMs) },
    mine: sample.mine,
    vips: status.vips.map((vip) => ({
      ...vip,
      heldOn: sample.heldVips.includes(vip.address) ? (vip.heldOn ?? '') : null,
    })),
    links: status.links.map((link) => {
      const now = sample.links.find((one) => one.id === link.id);
      if (now === undefined) return link;
      const marginMs = aged(now.marginMs);
      const silenceMs = marginMs === null ? null : deadtimeMs - marginMs;
      return { ...link, fromPeer: { state: now.fromPeer, marginMs, silenceMs }, rttMs: now.rttMs };
    }),
  };
}

function nodeAt(track: NodeTrack, tMs: number): NodeConnection {
  const said = statusBefore(track, tMs);
  const sample = sampleAt(track, tMs);
  const heardMs = Math.max(said?.tMs ?? -Infinity, sample?.tMs ?? -Infinity);
  const ageMs = said === null || !Number.isFinite(heardMs) ? null : tMs - heardMs;
  const isHeard = ageMs !== null && ageMs <= WITNESS_FRESH_MS;
  return {
    node: track.node,
    phase: isHeard ? 'ready' : 'lost',
    detail: '',
    attempt: 0,
    nextTryInMs: null,
    lastHeardAgoMs: ageMs,
    hostKey: null,
    agent: { phase: isHeard ? 'attached' : 'unknown', version: said?.status.version ?? null, detail: '' },
    clock: null,
    status: said === null ? null : sample === null ? said.status : merged(said.status, sample, tMs),
    statusAgeMs: ageMs,
  };
}
