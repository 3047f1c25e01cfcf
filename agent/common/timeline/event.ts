/**
 * The one event type for daemon, simulator, store and screen. The engine and the daemon
 * produce bodies; the journal numbers them and stamps them with the node and its clocks.
 */
import type { Instant } from '../base/instant.ts';

/** What we believe about a node (Linux-HA's words). Never inferred from two booleans. */
export type NodeStatus =
  /** Configured, but not one packet heard since we started. */
  | 'init'
  /** Running and heard from, but has not yet reported itself fully working. */
  | 'up'
  /** Reported itself fully working; may hold resources. */
  | 'active'
  /** Silent on every link for longer than its deadtime. */
  | 'dead';

/** A set of resource groups, from the speaker's point of view: `local` are groups whose first column is that node. */
export type ResourceSet = 'none' | 'local' | 'foreign' | 'all';

/** State of one direction of one link. `unknown` until anything is known; it is never shown green. */
export type DirectionState = 'up' | 'late' | 'dead' | 'unknown';

export type Severity = 'debug' | 'info' | 'warn' | 'error' | 'crit';

/** Why a takeover waits. Shown to the operator, who can lift them all by confirming that the peer is off. */
export type TakeoverHoldReason =
  /** Fencing runs, or was not yet answered. */
  | 'fencing'
  | 'fencing-failed'
  /** No ping node answers: the fault may be on our side. */
  | 'reference-silent'
  /** Only one link had carried heartbeats, or none ever: a cable can be the reason. */
  | 'one-link'
  /** Somebody sends in the peer's name with a key we do not have: it may live. */
  | 'key-mismatch';

/** What happened. `kind` decides the other members; all times are durations in milliseconds. */
export type EventBody =
  | { readonly kind: 'local-status'; readonly status: NodeStatus }
  | { readonly kind: 'peer-status'; readonly peer: string; readonly status: NodeStatus }
  /** One direction of a link changed as this node sees it. `from-peer`: we hear them. `to-peer`: they say they hear us. */
  | {
      readonly kind: 'link';
      readonly link: string;
      readonly direction: 'from-peer' | 'to-peer';
      readonly state: DirectionState;
    }
  | { readonly kind: 'late-heartbeat'; readonly peer: string; readonly intervalMs: number; readonly limitMs: number }
  | { readonly kind: 'peer-restarted'; readonly peer: string; readonly generation: number }
  | { readonly kind: 'partition-healed'; readonly peer: string; readonly silentMs: number }
  | { readonly kind: 'packets-lost'; readonly peer: string; readonly count: number }
  /** A takeover of the peer's groups; `peer-stopped` means it told us that it released everything. */
  | {
      readonly kind: 'takeover';
      readonly phase: 'begin' | 'done' | 'failed';
      readonly from: string;
      readonly cause: 'peer-dead' | 'peer-stopped' | 'operator' | 'start';
    }
  | {
      readonly kind: 'standby';
      readonly phase: 'requested' | 'accepted' | 'released' | 'done' | 'refused' | 'timed-out';
      readonly set: ResourceSet;
      readonly detail: string;
    }
  | { readonly kind: 'holdings'; readonly mine: ResourceSet; readonly theirs: ResourceSet; readonly stable: boolean }
  /** Both nodes claim, or nobody claims, a set of groups: an alarm. */
  | { readonly kind: 'ownership-alarm'; readonly alarm: 'both' | 'nobody'; readonly set: 'local' | 'foreign' }
  /** One script run of one resource of a group. */
  | {
      readonly kind: 'resource';
      readonly group: string;
      readonly resource: string;
      readonly action: 'start' | 'stop' | 'status';
      readonly phase: 'begin' | 'done' | 'failed';
      readonly tookMs?: number;
      readonly detail?: string;
    }
  | {
      readonly kind: 'vip';
      readonly address: string;
      readonly change: 'added' | 'removed' | 'announced' | 'conflict' | 'conflict-over';
      readonly iface: string;
      /** MAC address of the other holder, for `conflict`. */
      readonly mac?: string;
    }
  /** A ping node, or the group of that name, answers or has not answered for deadping. */
  | { readonly kind: 'ping-node'; readonly node: string; readonly status: 'up' | 'dead' }
  /** ipfail's comparison. `own` and `peers`: how many ping nodes each side sees; null: not told yet. */
  | {
      readonly kind: 'ipfail';
      readonly step: 'asked' | 'compared' | 'give-up-scheduled' | 'give-up-cancelled' | 'gave-up';
      readonly own: number;
      readonly peers: number | null;
      readonly detail: string;
    }
  | {
      readonly kind: 'fencing';
      readonly phase: 'begin' | 'waiting-operator' | 'done' | 'failed' | 'not-needed' | 'not-configured';
      readonly node: string;
      readonly detail: string;
    }
  /** A takeover waits (`over: false`, sent again when the reasons change), or goes on or is no longer needed (`over: true`). */
  | {
      readonly kind: 'takeover-hold';
      readonly over: boolean;
      readonly from: string;
      readonly reasons: readonly TakeoverHoldReason[];
      readonly detail: string;
    }
  /** Packets in the peer's name with a wrong key: began, or a valid one was heard again. */
  | { readonly kind: 'key-mismatch'; readonly peer: string; readonly over: boolean }
  /** A stale holder was told to let an address go (`asked`), was told so itself (`heard`), and did (`done`). */
  | {
      readonly kind: 'let-go';
      readonly phase: 'asked' | 'heard' | 'done' | 'failed';
      readonly address: string;
      readonly detail: string;
    }
  /** authkeys was read again. `signing`: index, method and fingerprint of the key that signs now. */
  | { readonly kind: 'keys'; readonly ok: boolean; readonly signing: string; readonly detail: string }
  | { readonly kind: 'shutdown'; readonly phase: 'begin' | 'released' | 'done' }
  /** The daemon starts over with a new generation, giving up everything first. */
  | { readonly kind: 'restart'; readonly reason: string }
  /** Something in the node's surroundings does not work, or works again. `code` is fixed (`disk-full`, `serial-missing`, …). */
  | { readonly kind: 'problem'; readonly code: string; readonly over: boolean; readonly detail: string }
  | {
      readonly kind: 'fault';
      readonly phase: 'armed' | 'injected' | 'reverted' | 'failed';
      readonly faultId: string;
      readonly name: string;
      readonly detail: string;
    }
  | { readonly kind: 'log'; readonly text: string };

/** A body as an engine or a daemon part hands it to the journal. */
export interface EventDraft {
  readonly severity: Severity;
  readonly body: EventBody;
}

/** An event as it is journaled, sent and stored. */
export interface TimelineEvent extends EventDraft {
  /** Number in this node's journal; starts at 1 and never repeats within one `journalId`. */
  readonly seq: number;
  /** Node that observed it. */
  readonly node: string;
  /** Monotonic clock of that node. */
  readonly at: Instant;
  /** Wall clock of that node, Unix epoch milliseconds. For people only. */
  readonly wallMs: number;
}
