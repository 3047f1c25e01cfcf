/** What ping nodes, ipfail, legacy mode and the comparison of deadtimes remember between two steps, with a line on each state. */
import type { Instant } from '../base/instant.ts';
import type { EngineConfig } from './types.ts';

export interface PingState {
  readonly name: string;
  status:
    /** Has not answered, and its time is not over. */
    | 'unknown'
    /** Answered within deadping. */
    | 'up'
    /** Silent for longer. */
    | 'dead';
  lastHeardAt: Instant | null;
}

/** A give-up that was decided and waits, so that a change of mind can still stop it. */
export interface GiveUp {
  /** `all`: the peer sees more ping nodes. `foreign`: the counts are balanced again and auto_failback is on. */
  readonly set: 'all' | 'foreign';
  readonly at: Instant;
}

export interface IpfailState {
  /** Newest count of the peer; null: it told none since it came. */
  peers: number | null;
  /** Sequence number of the peer's newest ipfail message: an older one that comes late was overtaken by events. */
  heardSeq: number;
  /** Why the counts should be compared, at the end of this step; null: no reason. */
  askBecause: string | null;
  giveUp: GiveUp | null;
  /** A give-up fell due while something was moving: compare again some time after both nodes have settled. */
  postponed: GiveUp['set'] | null;
  /** When that is; null: they have not settled. */
  askAgainAt: Instant | null;
}

export interface LegacyState {
  /** Keys of our groups that we asked the peer for and that it has not answered. */
  readonly unanswered: Set<string>;
  /** When to ask (again); null: now. */
  askAt: Instant | null;
  /** Groups that the peer asked us for, as it wrote them, and whether we ran them; answered when they are down. */
  owed: readonly { readonly key: string; readonly weown: boolean }[];
  /** Text of the present `failback-mixed` problem; null: none. */
  mixed: string | null;
  /** It was concluded from the peer's silence alone. */
  guessed: boolean;
  /** Since when we wait for the answer to `starting` of a peer that is active. */
  unreportedSince: Instant | null;
}

export interface DeadtimesState {
  /** What the peer advertises that is not ours, and since when; null: it advertises ours, or nothing yet. */
  other: { readonly ms: number; readonly since: Instant } | null;
  /** Text of the present `deadtime-differs` problem; null: none. */
  problem: string | null;
}

/** Nothing was heard of any ping node. */
export function newPings(config: EngineConfig): readonly PingState[] {
  return config.pingNodes.map((name) => ({ name, status: 'unknown', lastHeardAt: null }));
}

/** Nothing was compared. */
export function newIpfail(): IpfailState {
  return { peers: null, heardSeq: 0, askBecause: null, giveUp: null, postponed: null, askAgainAt: null };
}

/** Nobody asked anybody. */
export function newLegacy(): LegacyState {
  return { unanswered: new Set(), askAt: null, owed: [], mixed: null, guessed: false, unreportedSince: null };
}

/** The peer advertised nothing. */
export function newDeadtimes(): DeadtimesState {
  return { other: null, problem: null };
}
