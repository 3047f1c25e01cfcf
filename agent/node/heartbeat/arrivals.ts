/**
 * When heartbeats came and how long each was waited for, exactly: what a deadtime is judged by. Per link, and merged: of every
 * heartbeat the copy that came first. Runs in the heartbeat thread, so it only notes.
 */
import { elapsedMs, type Instant } from '../../common/base/instant.ts';
import type { Arrival } from '../../common/rpc/agentContract.ts';
import { GENERATION_RANGE, hexField, SEQUENCE_RANGE } from '../../common/wire/fields.ts';
import type { WireMessage } from '../../common/wire/message.ts';

/** Kept of one stream between two takes; with the shortest keepalive in use that is several seconds. Older ones are dropped. */
const PENDING_MAX = 256;

export interface Arrived {
  readonly merged: readonly Arrival[];
  /** By link id. */
  readonly links: ReadonlyMap<string, readonly Arrival[]>;
}

export const NO_ARRIVALS: Arrived = { merged: [], links: new Map() };

/** Hundredths of a millisecond: finer than any clock's jitter here, and short when written. */
const rounded = (ms: number): number => Math.round(ms * 100) / 100;

class Stream {
  private generation = -1;
  private seq = 0;
  private at: Instant | null = null;
  private pending: Arrival[] = [];

  note(generation: number, seq: number, at: Instant): void {
    // Of an earlier life: a slow link still brings it.
    if (generation < this.generation) return;
    // The time between two lives of the peer is its absence, not a late heartbeat.
    if (generation > this.generation) {
      [this.generation, this.seq, this.at] = [generation, seq, at];
      return;
    }
    // Copies, and what comes again by retransmission.
    if (seq <= this.seq) return;
    this.seq = seq;
    if (this.at !== null) {
      this.pending.push({ atMonotonicMs: rounded(at.monotonicMs), gapMs: rounded(elapsedMs(this.at, at)) });
    }
    if (this.pending.length > PENDING_MAX) this.pending.shift();
    this.at = at;
  }

  take(): readonly Arrival[] {
    const taken = this.pending;
    this.pending = [];
    return taken;
  }
}

export class Arrivals {
  private readonly merged = new Stream();
  private readonly links: ReadonlyMap<string, Stream>;

  constructor(linkIds: readonly string[]) {
    this.links = new Map(linkIds.map((id) => [id, new Stream()]));
  }

  /** An authenticated status of the peer. One without generation and number is nobody's heartbeat. */
  note(link: string, message: WireMessage, at: Instant): void {
    const generation = hexField(message, 'hg', GENERATION_RANGE);
    const seq = hexField(message, 'seq', SEQUENCE_RANGE);
    if (!generation.ok || !seq.ok) return;
    this.merged.note(generation.value, seq.value, at);
    this.links.get(link)?.note(generation.value, seq.value, at);
  }

  /** What came since the last take. */
  take(): Arrived {
    return { merged: this.merged.take(), links: new Map([...this.links].map(([id, stream]) => [id, stream.take()])) };
  }
}
