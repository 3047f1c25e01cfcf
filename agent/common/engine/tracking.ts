/** Which of the peer's messages count: generations, sequence numbers, copies, gaps (reference, section 4.2). */
import type { Header } from './messages.ts';
import { LINK_DUPLICATE_WINDOW, LOST_MESSAGES_MAX } from './limits.ts';
import type { Tracking } from './state.ts';

export type Verdict =
  /** Not for us, or not of the peer's present life. Nothing may be concluded from it, not even that a link works. */
  | { readonly kind: 'drop'; readonly reason: 'replay' | 'stale' | 'early' }
  /** A copy of what we have. `recent`: new enough to show that its link works. */
  | { readonly kind: 'copy'; readonly recent: boolean }
  /** Deliver it. */
  | {
      readonly kind: 'accept';
      /** Newer than everything before: proof that the peer lives now. False for a gap that was filled. */
      readonly fresh: boolean;
      /** Messages between the last one and this one that are missing now; from and to, both excluded. */
      readonly gap: { readonly from: number; readonly to: number } | null;
      /** The gap was too wide to repair; tracking started anew here. */
      readonly lostTooMany: boolean;
      /** First message of a new generation. `known`: there was an earlier one. */
      readonly restarted: 'no' | 'first' | 'again';
      /** Same generation as the one that was declared dead. */
      readonly healed: boolean;
    };

const ACCEPTED = {
  kind: 'accept',
  fresh: true,
  gap: null,
  lostTooMany: false,
  restarted: 'no',
  healed: false,
} as const;

function anchor(tracking: Tracking, seq: number): void {
  tracking.lastSeq = seq;
  tracking.firstSeq = seq;
  tracking.missing.clear();
}

/** Begins a new generation at this status. */
function begin(tracking: Tracking, generation: number, seq: number): 'first' | 'again' {
  const restarted = tracking.generation > 0 ? 'again' : 'first';
  tracking.generation = generation;
  tracking.statusSeq = seq;
  tracking.ackedSeq = 0;
  anchor(tracking, seq);
  return restarted;
}

/**
 * Judges one sequenced message and updates the tracking. Only a status may change the generation or
 * end a death; other messages of a new generation are dropped and come again by retransmission.
 * After a partition tracking starts anew: what was said to nobody is replaced by fresh reports.
 */
export function track(tracking: Tracking, header: Header, peerDead: boolean): Verdict {
  const seq = header.seq ?? 0;
  const isStatus = header.type === 'status';
  if (header.generation < tracking.generation) return { kind: 'drop', reason: 'replay' };
  if (header.generation > tracking.generation && isStatus) {
    return { ...ACCEPTED, restarted: begin(tracking, header.generation, seq) };
  }
  // A first message that overtook the first status must not be counted from: acknowledged, it would never be sent again, and the
  // status, with a lower number, would then make it a gap for ever.
  if (header.generation > tracking.generation) return { kind: 'drop', reason: 'early' };
  if (peerDead && tracking.generation > 0) {
    if (!isStatus || seq <= tracking.statusSeq) return { kind: 'drop', reason: 'stale' };
    tracking.statusSeq = seq;
    anchor(tracking, seq);
    return { ...ACCEPTED, healed: true };
  }
  const verdict = order(tracking, seq);
  if (verdict.kind === 'accept' && isStatus) tracking.statusSeq = Math.max(tracking.statusSeq, seq);
  return verdict;
}

function order(tracking: Tracking, seq: number): Verdict {
  const last = tracking.lastSeq;
  if (last === null) {
    anchor(tracking, seq);
    return ACCEPTED;
  }
  if (seq === last + 1) {
    tracking.lastSeq = seq;
    return ACCEPTED;
  }
  if (seq > last + 1) {
    if (seq - last - 1 > LOST_MESSAGES_MAX) {
      anchor(tracking, seq);
      return { ...ACCEPTED, lostTooMany: true };
    }
    tracking.lastSeq = seq;
    return { ...ACCEPTED, gap: { from: last, to: seq } };
  }
  if (tracking.missing.delete(seq)) return { ...ACCEPTED, fresh: false };
  return { kind: 'copy', recent: last - seq <= LINK_DUPLICATE_WINDOW };
}
