/**
 * Packets that do not authenticate, as one problem a link instead of one line a packet: a peer with
 * another key sends ten a second, and the real daemon's log drowns in them. The engine is told of those in the peer's name,
 * summed up to one a second: the peer may live and only its key be another one.
 */
import { elapsedMs, type Instant } from '../../common/base/instant.ts';
import type { EngineInput } from '../../common/engine/types.ts';
import type { EventDraft } from '../../common/timeline/event.ts';
import type { DecodeFailure } from '../../common/wire/codec.ts';

/** Without a bad packet for this long the problem is over. */
const QUIET_MS = 10_000;
/** The engine's own wish (engine/types.ts): one a second and link. */
const REJECTED_EVERY_MS = 1000;
/** Where `src` is looked for: it stands among the first fields of every sender's messages. */
const SOURCE_WITHIN_BYTES = 1024;

/**
 * More bad packets than this in a second on one link are a flood: far above a peer with another key on keepalive 50 ms (20 a
 * second and message). What is longer than any real message, 2 KiB (wire/limits.ts), is then dropped unseen: the system
 * hands over up to 32 packets at once, and 32 of the longest would hold the heartbeat up for 20 ms instead of 2.
 */
const FLOOD_PER_SECOND = 200;
const FLOOD_BYTES_MAX = 2048;

/** Failures of packets that are well formed: a heartbeat of somebody, not noise. */
const UNAUTHENTIC: ReadonlySet<DecodeFailure> = new Set<DecodeFailure>(['no-auth', 'unknown-key', 'bad-auth']);

export type Rejected = Extract<EngineInput, { kind: 'rejected' }>;

/** The `src` that a packet carries, in either form; nobody vouches for it. Null: none that could be a node's name. */
export function claimedSource(packet: Uint8Array): string | null {
  const head = Buffer.from(packet.buffer, packet.byteOffset, Math.min(packet.length, SOURCE_WITHIN_BYTES)).toString(
    'latin1',
  );
  return /(?:\n|\(0\))src=([A-Za-z0-9._-]{1,99})(?=\n|,)/.exec(head)?.[1]?.toLowerCase() ?? null;
}

interface BadLink {
  readonly id: string;
  readonly detail: string;
  lastAt: Instant;
  count: number;
  /** Bad packets of the present second, and when that began. */
  recent: number;
  recentSince: Instant;
  /** Not told to the engine yet. */
  pending: Rejected | null;
}

export class BadPackets {
  private readonly self: string;
  private readonly peer: string;
  /** By link name. */
  private readonly present = new Map<string, BadLink>();
  /** When the engine was told last, by link id. Outlives the problem. */
  private readonly toldAt = new Map<string, Instant>();

  constructor(self: string, peer: string) {
    this.self = self;
    this.peer = peer;
  }

  /** One bad packet on a link. Returns what to report, if this begins a problem. */
  seen(link: { id: string; name: string }, reason: DecodeFailure, packet: Uint8Array, now: Instant): EventDraft | null {
    const known = this.present.get(link.name);
    const detail = `${link.name}: packets that do not authenticate (${reason}); do both nodes have the same authkeys?`;
    const bad: BadLink = known ?? {
      id: link.id,
      detail,
      lastAt: now,
      count: 0,
      recent: 0,
      recentSince: now,
      pending: null,
    };
    this.count(bad, now);
    if (UNAUTHENTIC.has(reason)) this.reject(bad, packet, now);
    if (known !== undefined) return null;
    this.present.set(link.name, bad);
    return { severity: 'error', body: { kind: 'problem', code: 'bad-packets', over: false, detail } };
  }

  private count(bad: BadLink, now: Instant): void {
    bad.lastAt = now;
    bad.count += 1;
    if (elapsedMs(bad.recentSince, now) >= 1000) [bad.recent, bad.recentSince] = [0, now];
    bad.recent += 1;
  }

  /** True for a packet that is not even to be looked at, because the link is flooded. It is counted as bad. */
  refuses(link: { readonly name: string }, packet: Uint8Array, now: Instant): boolean {
    const bad = this.present.get(link.name);
    if (bad === undefined || packet.length <= FLOOD_BYTES_MAX || bad.recent < FLOOD_PER_SECOND) return false;
    this.count(bad, now);
    return true;
  }

  /** A stranger's packets say nothing about the peer, and must not hide those that are in its name. */
  private reject(bad: BadLink, packet: Uint8Array, now: Instant): void {
    if (bad.pending?.claimedSource === this.peer) return;
    const source = claimedSource(packet);
    // Our own broadcasts come back to us, after a change of keys with the old one.
    if (source === this.self || (source !== this.peer && source !== null)) return;
    bad.pending = { kind: 'rejected', link: bad.id, claimedSource: source, receivedAt: now };
  }

  /** What the engine is to be told now; the rest waits for its second. */
  takeRejected(now: Instant): Rejected[] {
    const due: Rejected[] = [];
    for (const bad of this.present.values()) {
      const told = this.toldAt.get(bad.id);
      if (bad.pending === null || (told !== undefined && elapsedMs(told, now) < REJECTED_EVERY_MS)) continue;
      due.push(bad.pending);
      bad.pending = null;
      this.toldAt.set(bad.id, now);
    }
    return due;
  }

  /** Ends problems that are over. */
  tick(now: Instant): EventDraft[] {
    const over: EventDraft[] = [];
    for (const [link, known] of this.present) {
      if (elapsedMs(known.lastAt, now) < QUIET_MS) continue;
      this.present.delete(link);
      const detail = `${link}: ${known.count} packet(s) did not authenticate`;
      over.push({ severity: 'info', body: { kind: 'problem', code: 'bad-packets', over: true, detail } });
    }
    return over;
  }

  /** Present problem of a link, or null. */
  of(link: string): { code: string; detail: string } | null {
    const known = this.present.get(link);
    return known === undefined ? null : { code: 'bad-packets', detail: known.detail };
  }
}
