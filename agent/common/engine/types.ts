/**
 * The engine's inputs and outputs. The engine is a function of its inputs: it never reads a
 * clock, rolls a die or opens anything. Its host (daemon or simulator) feeds it and carries
 * out what it returns.
 */
import type { Instant } from '../base/instant.ts';
import type { AutoFailback, TakeoverCondition } from '../config/model.ts';
import type { DirectionState, EventDraft, NodeStatus, ResourceSet, TakeoverHoldReason } from '../timeline/event.ts';
import type { WireMessage } from '../wire/message.ts';

/** Fixed for one life of the engine. Durations in milliseconds. */
export interface EngineConfig {
  readonly self: string;
  readonly peer: string;
  readonly keepaliveMs: number;
  readonly deadtimeMs: number;
  readonly warntimeMs: number;
  readonly initdeadMs: number;
  readonly autoFailback: AutoFailback;
  readonly links: readonly { readonly id: string; readonly name: string }[];
  /** Keys of the groups whose preferred node is `self` / `peer`, in file order. */
  readonly localGroups: readonly string[];
  readonly foreignGroups: readonly string[];
  /** `hg`: strictly larger than in every earlier life of this node, already synced to disk. */
  readonly generation: number;
  readonly uuid: Uint8Array;
  readonly hopfudge: number;
  /** Pseudo nodes outside the pair that answer echo requests (`ping`, `ping_group`). */
  readonly pingNodes: readonly string[];
  /** Silence after which a ping node is dead. */
  readonly deadpingMs: number;
  /** ha.cf starts ipfail: the engine itself compares ping nodes with the peer, in ipfail's own messages. */
  readonly ipfail: boolean;
  /**
   * What people call the stonith device (`external/ipmi`; no secrets); null: none is configured. With one, a peer that may hold
   * resources is fenced before its groups are taken.
   */
  readonly fencingDevice: string | null;
  /** What else a takeover from a silent peer needs. `fencing` without a device is a configuration error and never gets here. */
  readonly takeoverRequires: readonly TakeoverCondition[];
  readonly maxRexmitDelayMs: number;
  /** Seed of the engine's dice (rexmit delays, ack trigger). */
  readonly seed: number;
}

/** What the host knows at the moment of a step and the engine may not look up itself. */
export interface World {
  readonly now: Instant;
  /** Unix epoch seconds, for the `ts` field and as the least term of a claim (holdings.ts); never for the measuring of time. */
  readonly wallSeconds: number;
  /** First line of /proc/loadavg, or `n/a`; only for the `ld` field. */
  readonly loadAverage: string;
}

export type EngineInput =
  /** First input, once; media are open. Nothing is held: the host has released what an earlier life left behind. */
  | { readonly kind: 'start' }
  /** Time passed. Due whenever `Ready.wakeAt` is reached; harmless at any other time. */
  | { readonly kind: 'tick' }
  /** An authenticated message. `receivedAt` is the stamp of its first byte's arrival in user space; it may precede `now`. */
  | { readonly kind: 'received'; readonly link: string; readonly message: WireMessage; readonly receivedAt: Instant }
  /** An echo reply of a ping node. */
  | { readonly kind: 'ping-reply'; readonly node: string; readonly receivedAt: Instant }
  /**
   * Packets that parsed but failed authentication; the host sums up and feeds at most one a second for each link. `claimedSource`: the
   * `src` they carry, which nobody vouches for.
   */
  | {
      readonly kind: 'rejected';
      readonly link: string;
      readonly claimedSource: string | null;
      readonly receivedAt: Instant;
    }
  /** The LAN shows another host that answers for an address of a group that runs here. Fed again every few seconds while it lasts. */
  | { readonly kind: 'second-holder'; readonly address: string; readonly group: string; readonly mac: string }
  /** Result of a command. Must be fed exactly once for each command. */
  | { readonly kind: 'command-done'; readonly id: number; readonly ok: boolean; readonly detail: string }
  /** `standby`: give up `set`. `takeover`: ask the peer to give up so that we hold `set` (ours and theirs by our view). */
  | { readonly kind: 'operator'; readonly request: 'standby' | 'takeover'; readonly set: 'local' | 'foreign' | 'all' }
  /** A person has made sure that the peer is off: a takeover that waits for anything goes ahead, a running fencing counts as done. */
  | { readonly kind: 'confirm-dead' }
  /** Graceful stop: release everything, tell the peer, then `exit`. */
  | { readonly kind: 'stop' }
  /**
   * The host was not scheduled, or its clock jumped, for `gapMs`. When that is longer than the
   * deadtime the peer may own everything by now: the engine gives up its resources and restarts.
   */
  | { readonly kind: 'stalled'; readonly gapMs: number };

/** Work for the host. Runs one at a time, in order (`fence` alone beside the others); every one is answered by `command-done`. */
export type EngineCommand =
  /** Start these groups (keys), each left to right. Verify no other holder first; announce addresses after. */
  | { readonly kind: 'acquire'; readonly id: number; readonly groups: readonly string[]; readonly because: string }
  /** Stop these groups, each right to left. */
  | { readonly kind: 'release'; readonly id: number; readonly groups: readonly string[]; readonly because: string }
  /** Reset `node` by the stonith device. Done with `ok` only when the device itself reports success; may take minutes. Runs beside the others. */
  | { readonly kind: 'fence'; readonly id: number; readonly node: string; readonly because: string }
  /** The peer finds another holder of `address`, and it is not a group that the engine holds: take it off this node if it is there. */
  | { readonly kind: 'let-go'; readonly id: number; readonly address: string; readonly because: string }
  /** The engine is finished. `restart`: start a new life after `afterMs` of silence with a new generation. */
  | { readonly kind: 'exit'; readonly id: number; readonly restart: boolean; readonly afterMs: number };

/** A message to send on one link, or on all. The host encodes, signs and sends it, best effort. */
export interface OutgoingMessage {
  /** Id of one link, or `all`. */
  readonly link: string;
  readonly message: WireMessage;
}

/**
 * Everything the host must do after one step, in this order: send `messages`, queue
 * `commands`, publish `events`. A message that claims a resource is only ever returned by the
 * step that was told that the command which made the claim true has finished.
 */
export interface Ready {
  readonly messages: readonly OutgoingMessage[];
  readonly commands: readonly EngineCommand[];
  readonly events: readonly EventDraft[];
  /** When the engine wants its next `tick` at the latest. */
  readonly wakeAt: Instant;
}

/** One direction of a link as far as this node can know it. `null` numbers cannot be known; they are never drawn as 0. */
export interface DirectionView {
  readonly state: DirectionState;
  /** Age of the newest heartbeat that got through in this direction, at the time of the snapshot. */
  readonly silenceMs: number | null;
}

export interface LinkView {
  readonly id: string;
  readonly name: string;
  /** Peer to us: measured here. */
  readonly fromPeer: DirectionView;
  /** Us to peer: as the peer reports it in its heartbeats (Twinbeat peers only), aged by what we did not hear since. */
  readonly toPeer: DirectionView;
  /**
   * Round trip over this link, milliseconds, of the newest heartbeat that carried an echo; null once that is older than the
   * deadtime. Includes serialisation time.
   */
  readonly rttMs: number | null;
  /** peer clock minus our clock, milliseconds, and the half width of what it can be; from the best of the recent echoes. */
  readonly clockOffsetMs: number | null;
  readonly clockErrorMs: number | null;
}

export interface PeerView {
  readonly status: NodeStatus;
  /** Silence over all links together; null before anything was heard. */
  readonly silenceMs: number | null;
  /** What the peer enforces on us is what we advertise; this is what the peer advertised, else our own deadtime. */
  readonly deadtimeMs: number;
  readonly generation: number | null;
  /** Product of the peer when it said so (`twinbeat`), `heartbeat` when it speaks without our fields, null when unheard. */
  readonly engine: 'twinbeat' | 'heartbeat' | null;
}

export interface PingNodeView {
  readonly name: string;
  readonly status: 'unknown' | 'up' | 'dead';
  /** Age of the newest echo reply; null before the first. */
  readonly silenceMs: number | null;
}

export interface EngineSnapshot {
  readonly at: Instant;
  readonly status: NodeStatus;
  readonly peer: PeerView;
  readonly links: readonly LinkView[];
  readonly mine: ResourceSet;
  readonly theirs: ResourceSet;
  /** Both sides report settled resources and nothing is moving. */
  readonly stable: boolean;
  readonly standby: 'none' | 'giving' | 'taking';
  readonly shuttingDown: boolean;
  readonly pingNodes: readonly PingNodeView[];
  /** A takeover that waits, and since when; null: none does. */
  readonly hold: { readonly reasons: readonly TakeoverHoldReason[]; readonly sinceMs: number } | null;
  /** Newest fencing of the peer; `none` again once it is heard. */
  readonly fencing: 'none' | 'running' | 'done' | 'failed';
  readonly generation: number;
}

/** What daemon and simulator drive. `createEngine(config)` in engine.ts returns one. */
export interface Engine {
  step(input: EngineInput, world: World): Ready;
  snapshot(now: Instant): EngineSnapshot;
}
