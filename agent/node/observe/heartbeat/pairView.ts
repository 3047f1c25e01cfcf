/**
 * What is known of an observed pair from this node: the daemon's word (log, cl_status), and what was captured. Every source
 * says what it has seen; only changes come out, as events. Pure: time comes with the call.
 */
import { elapsedMs, type Instant } from '../../../common/base/instant.ts';
import type { HaConfig, LinkConfig } from '../../../common/config/model.ts';
import { linkLabel } from '../../../common/config/linkLabel.ts';
import type { AgentSample, AgentStatus, LinkStatus } from '../../../common/rpc/agentContract.ts';
import type { DirectionState, EventBody, EventDraft, NodeStatus, ResourceSet } from '../../../common/timeline/event.ts';
import {
  DEADTIME_MS_RANGE,
  fieldText,
  GENERATION_RANGE,
  hexField,
  type WireMessage,
} from '../../../common/wire/index.ts';
import type { Arrived } from '../../heartbeat/arrivals.ts';

/** The daemon's word on one link. */
export type LinkWord = 'up' | 'dead';

interface Link {
  readonly config: LinkConfig;
  /** Its packets can be captured: it is no serial line. */
  readonly captured: boolean;
  word: LinkWord | null;
  heardAt: Instant | null;
  /** Largest silence since the last sample. */
  silenceMaxMs: number | null;
  /** As it was told last. */
  told: DirectionState;
}

/** A silence that ended before this is not what the daemon speaks of now. */
const RECENT_MS = 30_000;

export interface PairViewSetup {
  readonly self: string;
  readonly peer: string;
  readonly ha: HaConfig;
  /**
   * Whether what is captured on a link gets to the daemon: a fault of ours may stand between. `unsure`: some of it may.
   */
  reaches(link: LinkConfig): 'yes' | 'no' | 'unsure';
}

const HOLDS: Readonly<Record<string, ResourceSet>> = { none: 'none', local: 'local', foreign: 'foreign', all: 'all' };
const COMPLEMENT: Readonly<Record<ResourceSet, ResourceSet>> = {
  none: 'all',
  // Sets are in the speaker's view: who holds only its own groups leaves the other one with its own.
  local: 'local',
  foreign: 'foreign',
  all: 'none',
};

const union = (a: ResourceSet, b: ResourceSet): ResourceSet => (a === b || b === 'none' ? a : a === 'none' ? b : 'all');

export class PairView {
  private readonly setup: PairViewSetup;
  private readonly links: readonly Link[];
  private own_: NodeStatus = 'init';
  private peer_: NodeStatus = 'init';
  private mine_: ResourceSet = 'none';
  /** The daemon said what it holds: before that nobody knows. */
  private mineKnown = false;
  private theirs_: ResourceSet = 'none';
  private ownStable = false;
  private theirsStable = true;
  /** The peer said itself what it holds; else it is what this node's own word leaves. */
  private theirsKnown = false;
  private peersDeadtimeMs: number | null = null;
  private peersGeneration: number | null = null;
  private peersEngine: 'twinbeat' | 'heartbeat' | null = null;
  private peersPings: number | null = null;
  private heardAt: Instant | null = null;
  /** The newest silence that was longer than the peer's deadtime. */
  private longGap: { readonly ms: number; readonly endedAt: Instant } | null = null;
  private sentAt_: Instant | null = null;
  private toldHoldings = '';
  private peerHeard = false;

  constructor(setup: PairViewSetup) {
    this.setup = setup;
    this.links = setup.ha.links.map((config) => ({
      config,
      captured: config.medium !== 'serial',
      word: null,
      heardAt: null,
      silenceMaxMs: null,
      told: 'unknown',
    }));
  }

  get own(): NodeStatus {
    return this.own_;
  }

  get peer(): NodeStatus {
    return this.peer_;
  }

  get mine(): ResourceSet {
    return this.mine_;
  }

  get stable(): boolean {
    return this.ownStable && this.theirsStable;
  }

  /** The peer was up in this life of the daemon. */
  get peerWasHeard(): boolean {
    return this.peerHeard;
  }

  /** Newest generation in the peer's packets; null: none was captured. */
  get generation(): number | null {
    return this.peersGeneration;
  }

  /**
   * How long the peer was silent before it came back just now, milliseconds; null: not known. It may be back on a line that is not captured
   * while the others are still silent, and its first packets come in twos.
   */
  lastGapMs(now: Instant): number | null {
    const present = this.heardAt === null ? 0 : elapsedMs(this.heardAt, now);
    const ended = this.longGap !== null && elapsedMs(this.longGap.endedAt, now) < RECENT_MS ? this.longGap.ms : 0;
    const longest = Math.max(present, ended);
    return longest > this.deadtimeMs ? longest : null;
  }

  /** How many ping nodes the peer's ipfail said to see. */
  get peersPingCount(): number | null {
    return this.peersPings;
  }

  /** When our daemon's newest heartbeat left; null: none was captured. */
  get sentAt(): Instant | null {
    return this.sentAt_;
  }

  /** Ids of the links that the daemon calls so. */
  linkIds(name: string): readonly string[] {
    return this.links.filter(({ config }) => config.name === name).map(({ config }) => config.id);
  }

  /** Every name that the daemon has for a link, once. */
  linkNames(): readonly string[] {
    return [...new Set(this.links.map(({ config }) => config.name))];
  }

  /** Takes an event of another source into account. Empty: it is no news, and is not to be told again. */
  note(draft: EventDraft): EventDraft[] {
    const { body } = draft;
    switch (body.kind) {
      case 'local-status':
        return this.setOwn(body.status) ? [draft] : [];
      case 'peer-status':
        return this.setPeer(body.status) ? [draft, ...this.holdings()] : [];
      case 'link':
        return this.setWord(body.link, body.state === 'up' ? 'up' : 'dead', draft);
      case 'shutdown':
        if (body.phase !== 'begin') this.mine_ = 'none';
        return [draft, ...this.holdings()];
      case 'takeover':
        // With the peer's cable its interface may be down, and then not even our daemon's own report is to be captured.
        if (body.phase === 'done') this.mine_ = union(this.mine_, 'foreign');
        return [draft, ...this.holdings()];
      default:
        return [draft];
    }
  }

  /** An authentic message of either node was seen on a link. */
  seen(linkId: string, message: WireMessage, at: Instant): EventDraft[] {
    const source = fieldText(message, 'src');
    const type = fieldText(message, 't') ?? '';
    if (source === this.setup.self) {
      if (type === 'status') this.sentAt_ = at;
      this.takeReport(message, type, true);
      return this.holdings();
    }
    const link = this.links.find(({ config }) => config.id === linkId);
    if (source !== this.setup.peer || link === undefined || this.setup.reaches(link.config) === 'no') return [];
    if (type === 'status') this.takeStatus(link, message, at);
    if (type === 'num_ping_nodes') this.peersPings = Number(fieldText(message, 'num_ping') ?? '0');
    this.takeReport(message, type, false);
    return [...this.holdings(), ...this.tick(at)];
  }

  /** The daemon's answer about itself: what it holds, and whether it is at it. */
  answered(word: string): EventDraft[] {
    const held = HOLDS[word];
    this.ownStable = held !== undefined;
    this.mineKnown = true;
    if (held !== undefined) this.mine_ = held;
    return this.holdings();
  }

  /** The daemon does not run: nothing is believed of it any more. What was captured stays known. */
  daemonGone(): EventDraft[] {
    this.mine_ = 'none';
    this.mineKnown = true;
    this.ownStable = false;
    this.theirsKnown = false;
    this.peerHeard = false;
    for (const link of this.links) link.word = null;
    const events = this.setOwn('dead') ? [draftOf({ kind: 'local-status', status: 'dead' }, true)] : [];
    // Nobody here has a view of the peer; the capture may still hear it.
    this.peer_ = 'init';
    return [...events, ...this.holdings()];
  }

  /** A daemon is there. What its log has already told of itself stands. */
  daemonStarted(): EventDraft[] {
    return this.own_ === 'dead' && this.setOwn('init') ? [draftOf({ kind: 'local-status', status: 'init' })] : [];
  }

  /** What changed by mere silence. */
  tick(now: Instant): EventDraft[] {
    return this.links.flatMap((link) => {
      const state = this.stateOf(link, now);
      if (state === link.told) return [];
      link.told = state;
      const body = { kind: 'link', link: link.config.id, direction: 'from-peer', state } as const;
      return state === 'unknown' ? [] : [draftOf(body, state !== 'up')];
    });
  }

  linkStatuses(now: Instant, problemOf: (link: LinkConfig) => string | null): LinkStatus[] {
    return this.links.map((link) => {
      const { config } = link;
      const silenceMs = this.silenceOf(link, now);
      return {
        id: config.id,
        name: config.name,
        label: linkLabel(config, this.setup.ha.links),
        medium: config.medium,
        baud: config.medium === 'serial' ? config.baud : null,
        fromPeer: {
          state: this.stateOf(link, now),
          silenceMs,
          marginMs: silenceMs === null ? null : this.deadtimeMs - silenceMs,
        },
        // Only the peer knows what it hears, and the real daemon tells nobody.
        toPeer: { state: 'unknown', silenceMs: null, marginMs: null },
        rttMs: null,
        clockOffsetMs: null,
        clockErrorMs: null,
        evidence: link.captured ? 'capture' : 'daemon',
        problem: problemOf(config),
      };
    });
  }

  peerStatus(now: Instant): AgentStatus['peer'] {
    const silenceMs = this.peerSilenceMs(now);
    return {
      status: this.peer_,
      silenceMs,
      marginMs: silenceMs === null ? null : this.deadtimeMs - silenceMs,
      engine: this.peersEngine,
    };
  }

  /** What the peer holds: its own word, else what this node's word leaves of a settled pair. */
  get theirs(): ResourceSet {
    if (this.peer_ === 'dead' || this.own_ === 'dead') return 'none';
    return this.theirsKnown ? this.theirs_ : COMPLEMENT[this.mine_];
  }

  /** `arrived`: what was captured since the sample before. */
  sample(now: Instant, heldVips: readonly string[], latenessMs: number, arrived: Arrived): AgentSample {
    const peer = this.peerStatus(now);
    return {
      atMonotonicMs: now.monotonicMs,
      status: this.own_,
      peerStatus: this.peer_,
      mine: this.mine_,
      heldVips: [...heldVips],
      nodeMarginMs: peer.marginMs,
      links: this.links.map((link) => {
        const silenceMs = this.silenceOf(link, now);
        const maxMs = silenceMs === null ? null : Math.max(silenceMs, link.silenceMaxMs ?? 0);
        link.silenceMaxMs = null;
        return {
          id: link.config.id,
          fromPeer: this.stateOf(link, now),
          toPeer: 'unknown',
          fromPeerSilenceMs: silenceMs,
          toPeerSilenceMs: null,
          fromPeerSilenceMaxMs: maxMs,
          rttMs: null,
          arrivals: [...(arrived.links.get(link.config.id) ?? [])],
        };
      }),
      arrivals: [...arrived.merged],
      latenessMs,
    };
  }

  /** The deadtime that the peer gives itself; before it was captured ours. */
  private get deadtimeMs(): number {
    return this.peersDeadtimeMs ?? this.setup.ha.deadtimeMs;
  }

  private setOwn(status: NodeStatus): boolean {
    if (status === this.own_) return false;
    this.own_ = status;
    return true;
  }

  private setPeer(status: NodeStatus): boolean {
    if (status === this.peer_) return false;
    this.peer_ = status;
    if (status === 'up' || status === 'active') this.peerHeard = true;
    if (status === 'dead') {
      this.theirs_ = 'none';
      this.theirsKnown = true;
      this.theirsStable = true;
    }
    return true;
  }

  private setWord(id: string, word: LinkWord, draft: EventDraft): EventDraft[] {
    const link = this.links.find(({ config }) => config.id === id);
    if (link === undefined || link.word === word) return [];
    link.word = word;
    // Silence may have told the same before the daemon did.
    if (link.told === word) return [];
    link.told = word;
    return [draft];
  }

  private takeStatus(link: Link, message: WireMessage, at: Instant): void {
    if (link.heardAt !== null) link.silenceMaxMs = Math.max(link.silenceMaxMs ?? 0, elapsedMs(link.heardAt, at));
    link.heardAt = at;
    if (this.heardAt === null || elapsedMs(this.heardAt, at) > 0) {
      const gapMs = this.heardAt === null ? 0 : elapsedMs(this.heardAt, at);
      if (gapMs > this.deadtimeMs) this.longGap = { ms: gapMs, endedAt: at };
      this.heardAt = at;
    }
    const dt = hexField(message, 'dt', DEADTIME_MS_RANGE);
    if (dt.ok) this.peersDeadtimeMs = dt.value;
    const generation = hexField(message, 'hg', GENERATION_RANGE);
    if (generation.ok) {
      // Another life of the peer has said nothing of what it holds.
      if (generation.value !== this.peersGeneration) this.theirsKnown = false;
      this.peersGeneration = generation.value;
    }
    this.peersEngine = fieldText(message, 'tbv') === undefined ? 'heartbeat' : 'twinbeat';
  }

  /** Reports of what a node holds: `full` ones replace, others add (reference, section 6.3). */
  private takeReport(message: WireMessage, type: string, isOwn: boolean): void {
    if (type === 'shutdone') {
      if (isOwn) this.mine_ = 'none';
      else [this.theirs_, this.theirsKnown] = ['none', true];
      return;
    }
    const said = type === 'resource' ? HOLDS[fieldText(message, 'rsc_hold') ?? ''] : undefined;
    if (said === undefined) return;
    const isFull = fieldText(message, 'rtype') === 'full';
    const stable = fieldText(message, 'isstable');
    if (isOwn) {
      this.mineKnown ||= isFull;
      this.mine_ = isFull ? said : union(this.mine_, said);
      if (stable !== undefined) this.ownStable = stable === '1';
      return;
    }
    this.theirs_ = isFull ? said : union(this.theirs_, said);
    this.theirsKnown = true;
    if (stable !== undefined) this.theirsStable = stable === '1';
  }

  private holdings(): EventDraft[] {
    if (!this.mineKnown) return [];
    const body: EventBody = { kind: 'holdings', mine: this.mine_, theirs: this.theirs, stable: this.stable };
    const told = JSON.stringify(body);
    if (told === this.toldHoldings) return [];
    this.toldHoldings = told;
    return [draftOf(body)];
  }

  /**
   * The worse of what was captured and what the daemon says. Captured packets may not have reached it (a firewall of this
   * host stands behind the capture), and its own word on a link comes only after the deadtime.
   */
  private stateOf(link: Link, now: Instant): DirectionState {
    // Packets go by, and nobody here hears them.
    if (this.own_ === 'dead') return 'unknown';
    if (link.word === 'dead') return 'dead';
    const silenceMs = this.silenceOf(link, now);
    if (silenceMs === null) return link.word ?? 'unknown';
    if (silenceMs > this.deadtimeMs) return 'dead';
    return silenceMs > this.setup.ha.warntimeMs ? 'late' : 'up';
  }

  /** Null: nothing was captured, or it did not reach the daemon, so that nobody knows how old its newest is. */
  private silenceOf(link: Link, now: Instant): number | null {
    if (this.own_ === 'dead' || link.heardAt === null || !link.captured || this.setup.reaches(link.config) === 'unsure')
      return null;
    const silenceMs = Math.max(0, elapsedMs(link.heardAt, now));
    return link.word === 'dead' && silenceMs < this.deadtimeMs ? null : silenceMs;
  }

  /** Over all links. Unknown while a line that cannot be captured is up and may have carried something newer. */
  private peerSilenceMs(now: Instant): number | null {
    const known = this.links.flatMap((link) => this.silenceOf(link, now) ?? []);
    if (known.length === 0) return null;
    const silenceMs = Math.min(...known);
    const elsewhere = this.links.some((link) => !link.captured && link.word !== 'dead');
    return elsewhere && silenceMs > this.setup.ha.warntimeMs ? null : silenceMs;
  }
}

function draftOf(body: EventBody, isBad = false): EventDraft {
  return { severity: isBad ? 'warn' : 'info', body };
}
