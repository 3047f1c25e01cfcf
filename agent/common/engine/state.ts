/**
 * Everything the engine remembers between two steps, and every state it knows, with a line on
 * each. Only the transition functions (`become…`, `claim…`, …) of the other files change it.
 */
import type { Instant } from '../base/instant.ts';
import type { SeededRandom } from '../base/random.ts';
import type { DirectionState, EventDraft, NodeStatus, ResourceSet, Severity, EventBody } from '../timeline/event.ts';
import type { WireMessage } from '../wire/message.ts';
import type { EchoReading } from './links.ts';
import { newDeadtimes, newIpfail, newLegacy, newPings } from './memory.ts';
import type { DeadtimesState, IpfailState, LegacyState, PingState } from './memory.ts';
import { newSafety } from './safety.ts';
import type { SafetyState } from './safety.ts';
import type { Side } from './sets.ts';
import type { EngineCommand, EngineConfig, OutgoingMessage, World } from './types.ts';

/** Our own life, from the first input to `exit`. */
export type Life =
  /** The `start` input has not come. */
  | 'new'
  /** Normal. */
  | 'running'
  /** Stopping or restarting: releasing everything. Never goes back to running. */
  | 'releasing'
  /** Everything is released and `shutdone` is sent; only retransmissions are answered. */
  | 'lingering'
  /** `exit` was handed to the host. Inputs are ignored. */
  | 'over';

/** How a life ends. `silent`: send nothing more, the peer must not hear this generation again. */
export interface Ending {
  readonly restart: boolean;
  readonly silent: boolean;
  readonly afterMs: number;
  readonly reason: string;
}

/** What a report to the peer says, see report.ts. */
export interface Announcement {
  readonly hold: ResourceSet;
  /** Terms of our claims; null: not claimed. */
  readonly local: number | null;
  readonly foreign: number | null;
  /** Sets that we could not start. */
  readonly failed: ResourceSet;
  readonly stable: boolean;
}

export type Published = Omit<Extract<EventBody, { kind: 'holdings' }>, 'kind'>;

/** How far the two nodes have told each other what they hold (reference, section 6.1). */
export type Phase =
  /** Not active yet; resource messages are not for us. */
  | 'init'
  /** Active, `starting` sent, no answer yet. */
  | 'starting'
  /** The peer is starting as well; waiting for its first report. */
  | 'both-starting'
  /** `auto_failback legacy`: active; our own groups were asked for, one by one. */
  | 'requesting'
  /** A report came; waiting until the peer is settled or the deadline passes. */
  | 'received'
  /** We know what we may hold and act on it. */
  | 'stable'
  /** Giving up everything for good. */
  | 'shutdown';

/** One of our two sets of groups. */
export interface Holding {
  state:
    /** Not running here. */
    | 'none'
    /** An acquire command was issued; not one of them may be believed to run. */
    | 'starting'
    /** The acquire command succeeded. */
    | 'held'
    /** A release command was issued; something may still run. */
    | 'stopping'
    /**
     * Its stop failed twice: something runs that we cannot end. Or only a part of it starts and there is no peer. It stays claimed, so
     * that the peer leaves it alone.
     */
    | 'stuck';
  /** Id of the newest command for this set; results of older ones change nothing. */
  command: number | null;
  /** Rank of the present claim: later claims have higher terms. Decides who keeps the set when both claim it. */
  term: number;
  /** The last acquire failed. Not tried again by ourselves until the peer dies, stops or an operator asks. */
  failed: boolean;
  /** The peer claimed the set as well: announce its addresses again when it stops doing so. */
  contested: boolean;
  /** After a failed acquire the set was offered to a real heartbeat once. Cleared by the next success. */
  offered: boolean;
  /** A stuck set of which only a part starts; nothing in it failed to stop. It is released as soon as a peer can try the whole. */
  partly: boolean;
  /** When a stuck set is stopped again; null: it may stay, the hand-over that wanted it stopped was withdrawn. */
  retryStopAt: Instant | null;
  /** Texts of the present `acquire-failed` and `stop-failed` problems, to end exactly these. */
  startProblem: string | null;
  stopProblem: string | null;
}

/**
 * The three-phase hand-over (reference, section 6.6). `set` is always in the giver's view. `after`: sequence number of
 * the peer that its next step must exceed. What is older belongs to an earlier exchange, whose messages may come late.
 */
export type Standby =
  | { readonly kind: 'none' }
  /** Giver: asked; the peer has not answered. */
  | { readonly kind: 'requested'; readonly set: ResourceSet; readonly after: number; readonly until: Instant }
  /** Giver: the peer agreed; our release commands run, for `gave`: of the set, what we had. */
  | { readonly kind: 'releasing'; readonly set: ResourceSet; readonly gave: readonly Side[] }
  /** Giver: released and said so; the peer starts the groups. */
  | { readonly kind: 'released'; readonly set: ResourceSet; readonly after: number; readonly until: Instant }
  /** Taker: agreed; the peer stops the groups. `begun`: it reported that it does. */
  | {
      readonly kind: 'waiting';
      readonly set: ResourceSet;
      readonly begun: boolean;
      readonly after: number;
      readonly until: Instant;
    }
  /** Taker: the peer released; our acquire commands run. */
  | { readonly kind: 'acquiring'; readonly set: ResourceSet };

/** One missing message. `asked`: its first delay is over, so it counts as lost and not only as overtaken. */
export interface Missing {
  readonly dueAt: Instant;
  readonly asked: boolean;
}

/** Sequence tracking of the peer (reference, section 4.2). */
export interface Tracking {
  /** Its generation; 0 before the first status. */
  generation: number;
  /** Highest sequence number seen, null before the first. */
  lastSeq: number | null;
  /** First one seen of this generation: nothing older is missed. */
  firstSeq: number;
  /** Sequence number of the newest status. */
  statusSeq: number;
  /** Missing numbers. */
  readonly missing: Map<number, Missing>;
  /** Highest number we acknowledged. */
  ackedSeq: number;
}

export interface PeerState {
  status: NodeStatus;
  /** Arrival of the newest message that was not a copy. */
  lastHeardAt: Instant | null;
  /** Arrival of the newest status. */
  lastStatusAt: Instant | null;
  /** Since when we hear it without a break. */
  aliveSince: Instant | null;
  /** Deadtime that it advertised, milliseconds; null: use our own. */
  deadtimeMs: number | null;
  engine: 'twinbeat' | 'heartbeat' | null;
  /** False: it speaks the old dialect without acknowledgements and `reqnodes`. */
  flowControl: boolean;
  readonly tracking: Tracking;
  /** Highest of our numbers that it acknowledged. */
  ackedByPeer: number;
  /** It said `shutdone` in this generation: nothing it says about resources counts any more. */
  stopped: boolean;
  /** It sent `starting` or `resource` in this generation: reports make sense to it. */
  conversing: boolean;
  /** What it says it runs, or is stopping. Its view. */
  holds: ResourceSet;
  /** What it claims (runs or is starting), with the terms of its claims. Its view. */
  claims: ResourceSet;
  terms: { local: number; foreign: number };
  /** Sets that it could not start in this life, and would not try again by itself. Its view; a real heartbeat does not say. */
  failed: ResourceSet;
  /** It reported itself settled. */
  stable: boolean;
  /** Number of the message from which the five above come; older reports are ignored. */
  reportSeq: number;
  /** Generations whose replay was reported, so that a log is not flooded. */
  replayReported: boolean;
}

export interface LinkState {
  readonly id: string;
  readonly name: string;
  fromPeer: DirectionState;
  toPeer: DirectionState;
  lastHeardAt: Instant | null;
  /** Newest send time of the peer received here (its text and number) and when. */
  newest: { readonly text: string; readonly sentMs: number; readonly receivedAt: Instant } | null;
  /** Newest of our heartbeats that the peer reports here: number, when it got it (our clock, roughly), when we learned it. */
  echo: { readonly sentMs: number; readonly heardAt: Instant; readonly learnedAt: Instant } | null;
  /** Our own send times on this link, newest last. */
  readonly sent: Set<string>;
  /** Newest round trip and when it was measured. */
  rtt: { readonly ms: number; readonly at: Instant } | null;
  readonly samples: { readonly offsetMs: number; readonly errorMs: number }[];
}

/** A command that the host has not answered. */
export interface PendingCommand {
  readonly kind: 'acquire' | 'release' | 'exit';
  readonly side: Side | null;
  /** Second try of a release that failed once; start of a set that was stuck. */
  readonly retry: boolean;
}

/** A takeover whose commands still run. */
export interface Takeover {
  readonly cause: 'peer-dead' | 'peer-stopped' | 'operator' | 'start';
  /** What it starts: the peer's set, and our own where the peer had it. */
  readonly sides: readonly Side[];
}

export interface EngineState {
  life: Life;
  ending: Ending | null;
  status: 'init' | 'up' | 'active';
  startedAt: Instant;
  lastStepAt: Instant;
  wakeAt: Instant;
  nextBeatAt: Instant;
  nextSeq: number;
  history: Map<number, { readonly message: WireMessage; sentAt: Instant }>;
  reqnodesAt: Instant | null;
  /** Random residue 0..9: numbers with this last decimal digit are acknowledged. */
  readonly ackTrigger: number;
  readonly peer: PeerState;
  readonly links: readonly LinkState[];
  readonly pings: readonly PingState[];
  readonly ipfail: IpfailState;
  readonly legacy: LegacyState;
  readonly deadtimes: DeadtimesState;
  /** When to take what belongs to a peer that fell silent. */
  readonly safety: SafetyState;
  phase: Phase;
  settleBy: Instant | null;
  readonly mine: { readonly local: Holding; readonly foreign: Holding };
  highestTerm: number;
  standby: Standby;
  takeover: Takeover | null;
  /** An operator's takeover of `set` starts these sets again first, which could not be stopped; null: none does. */
  restarting: { readonly set: 'local' | 'foreign' | 'all'; readonly sides: readonly Side[] } | null;
  needFailback: boolean;
  failbackAt: Instant | null;
  orphanSince: { local: Instant | null; foreign: Instant | null };
  conflictSince: Instant | null;
  /** The peer, alive, says that it has not heard us for our deadtime: it owns everything now, we claim nothing. */
  unheard: boolean;
  /** One grace after a late step, see LATE_STEP_MS; spent once for each silence, which its last arrival names. */
  graceUntil: Instant | null;
  graceUsedFor: Instant | 'unheard' | null;
  /** Our newest report as it went out; null: the peer has none. */
  announced: Announcement | null;
  /** The newest `holdings` event, without its envelope. */
  lastHoldings: Published | null;
  /** The newest list of echoes that was read. */
  lastEchoes: EchoReading | null;
  nextCommand: number;
  readonly pending: Map<number, PendingCommand>;
  shutdoneSeq: number | null;
  lingerUntil: Instant | null;
  alarms: { local: 'both' | 'nobody' | null; foreign: 'both' | 'nobody' | null };
  unknownNodeReported: boolean;
  /** The peer carries our own uuid: named until it carries another one. */
  sameUuid: boolean;
}

/** What every transition works on. Lives for one step. */
export interface Context {
  readonly config: EngineConfig;
  readonly state: EngineState;
  readonly random: SeededRandom;
  readonly world: World;
  readonly messages: OutgoingMessage[];
  readonly commands: EngineCommand[];
  readonly events: EventDraft[];
}

/** Adds an event to this step's output. */
export function emit(ctx: Context, severity: Severity, body: EventBody): void {
  ctx.events.push({ severity, body });
}

function newHolding(): Holding {
  return {
    state: 'none',
    command: null,
    term: 0,
    failed: false,
    contested: false,
    offered: false,
    partly: false,
    retryStopAt: null,
    startProblem: null,
    stopProblem: null,
  };
}

/** Tracking of a peer of which nothing is known. */
export function newTracking(): Tracking {
  return { generation: 0, lastSeq: null, firstSeq: 1, statusSeq: 0, missing: new Map(), ackedSeq: 0 };
}

function newPeer(): PeerState {
  return {
    status: 'init',
    lastHeardAt: null,
    lastStatusAt: null,
    aliveSince: null,
    deadtimeMs: null,
    engine: null,
    flowControl: true,
    tracking: newTracking(),
    ackedByPeer: 0,
    stopped: false,
    conversing: false,
    holds: 'none',
    claims: 'none',
    terms: { local: 0, foreign: 0 },
    failed: 'none',
    stable: false,
    reportSeq: 0,
    replayReported: false,
  };
}

function newLink(id: string, name: string): LinkState {
  return {
    id,
    name,
    fromPeer: 'unknown',
    toPeer: 'unknown',
    lastHeardAt: null,
    newest: null,
    echo: null,
    sent: new Set(),
    rtt: null,
    samples: [],
  };
}

/** The state before the `start` input. */
export function newState(config: EngineConfig, random: SeededRandom): EngineState {
  const epoch = { monotonicMs: 0 };
  return {
    life: 'new',
    ending: null,
    status: 'init',
    startedAt: epoch,
    lastStepAt: epoch,
    wakeAt: epoch,
    nextBeatAt: epoch,
    nextSeq: 1,
    history: new Map(),
    reqnodesAt: null,
    ackTrigger: random.nextInteger(0, 9),
    peer: newPeer(),
    links: config.links.map((link) => newLink(link.id, link.name)),
    pings: newPings(config),
    ipfail: newIpfail(),
    legacy: newLegacy(),
    deadtimes: newDeadtimes(),
    safety: newSafety(),
    phase: 'init',
    settleBy: null,
    mine: { local: newHolding(), foreign: newHolding() },
    highestTerm: 0,
    standby: { kind: 'none' },
    takeover: null,
    restarting: null,
    needFailback: false,
    failbackAt: null,
    orphanSince: { local: null, foreign: null },
    conflictSince: null,
    unheard: false,
    graceUntil: null,
    graceUsedFor: null,
    announced: null,
    lastHoldings: null,
    lastEchoes: null,
    nextCommand: 1,
    pending: new Map(),
    shutdoneSeq: null,
    lingerUntil: null,
    alarms: { local: null, foreign: null },
    unknownNodeReported: false,
    sameUuid: false,
  };
}
