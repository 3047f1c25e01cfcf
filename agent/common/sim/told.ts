/**
 * What each node was told: kept from the inputs alone, in a few plain rules, beside what its engine makes of them. A checker that
 * judges a decision asks here what the node could know.
 */
import { elapsedMs } from '../base/instant.ts';
import type { EngineInput } from '../engine/types.ts';
import type { ResourceSet } from '../timeline/event.ts';
import { fieldText } from '../wire/message.ts';
import type { WireMessage } from '../wire/message.ts';
import type { Cluster } from './cluster.ts';

/** The two halves of a pair's groups, from the point of view of the node that was told. */
export type Half = 'local' | 'foreign';
export const HALVES: readonly Half[] = ['local', 'foreign'];

/** Copies of messages this much older than the newest still show that their link works. */
const RECENT_NUMBERS = 64;

/** Answers of a ping node older than this say nothing, in keepalives. */
export const REFERENCE_KEEPALIVES = 3;

/** What one life of a node was told. Times are virtual, milliseconds. */
export interface Told {
  /** Life of the peer that was heard last; 0: none. */
  generation: number;
  /** Newest heartbeat of that life: its number and when it came. Before the first: when this node started. */
  statusSeq: number;
  heardAtMs: number;
  /** Newest message of that life, and when it came. */
  lastSeq: number;
  lastAtMs: number;
  /** Newest message that says what the peer has. */
  reportSeq: number;
  /** What the peer has or claims, by that message. */
  names: ReadonlySet<Half>;
  /** It said that it released everything and goes. */
  stopped: boolean;
  /** Newest sign of life on each link, by the node's own clock: what lies between two of them it cannot know better after a sleep. */
  readonly linkAtMs: Map<string, number>;
  /** Newest answer of a ping node, and the one that ended the newest silence of all of them. */
  pingAtMs: number;
  pingsSinceMs: number;
  /** Newest refused packet in the peer's name. */
  refusedAtMs: number;
  /** A person said, since the peer was last heard, that it is off. */
  confirmed: boolean;
}

function nothing(nowMs: number): Told {
  return {
    generation: 0,
    statusSeq: 0,
    heardAtMs: nowMs,
    lastSeq: 0,
    lastAtMs: nowMs,
    reportSeq: 0,
    names: new Set(),
    stopped: false,
    linkAtMs: new Map(),
    pingAtMs: -Infinity,
    pingsSinceMs: -Infinity,
    refusedAtMs: -Infinity,
    confirmed: false,
  };
}

function hex(message: WireMessage, name: string): number {
  return parseInt(fieldText(message, name) ?? '0', 16);
}

/** Life and number of a message. */
interface Numbers {
  readonly generation: number;
  readonly seq: number;
}

let newest: { readonly message: WireMessage; readonly numbers: Numbers } | null = null;

/** Which life of its sender a message is of, and its number there; 0 where it has none. Several checkers ask, one after the other. */
export function numbersOf(message: WireMessage): Numbers {
  if (newest?.message !== message)
    newest = { message, numbers: { generation: hex(message, 'hg'), seq: hex(message, 'seq') } };
  return newest.numbers;
}

function halvesOf(set: string | undefined): readonly Half[] {
  if (set === 'all') return HALVES;
  return set === 'local' || set === 'foreign' ? [set] : [];
}

/** The same groups, seen from the other node. */
export function otherHalf(half: Half): Half {
  return half === 'local' ? 'foreign' : 'local';
}

/** What a `resource` message says its sender has or claims, from the sender's point of view. */
export function namedIn(message: WireMessage): ReadonlySet<Half> {
  const held = halvesOf(fieldText(message, 'rsc_hold'));
  // Each claim is written `half:term`.
  const claims = fieldText(message, 'tbc') ?? '';
  return new Set(HALVES.filter((half) => held.includes(half) || claims.includes(`${half}:`)));
}

/** The halves of a set as its name says. */
export function halves(set: ResourceSet): readonly Half[] {
  return halvesOf(set);
}

/** Keeps what both nodes were told. To be created before the checkers that ask it: it must have noted an input when they judge. */
export class Hearsay {
  readonly of: [Told, Told] = [nothing(0), nothing(0)];
  private readonly cluster: Cluster;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    cluster.observe({
      started: (node) => {
        this.of[node] = nothing(cluster.nowMs);
      },
      fed: (node, input) => this.note(node, input),
    });
  }

  /** Nothing new was heard of the peer for the deadtime. */
  silent(node: 0 | 1): boolean {
    return this.cluster.nowMs - this.of[node].heardAtMs >= this.cluster.options.deadtimeMs - 1e-3;
  }

  private note(node: 0 | 1, input: EngineInput): void {
    const { nowMs } = this.cluster;
    const told = this.of[node];
    if (input.kind === 'received') this.hear(node, input);
    else if (input.kind === 'ping-reply') {
      const answered = nowMs - told.pingAtMs <= REFERENCE_KEEPALIVES * this.cluster.options.keepaliveMs;
      if (!answered) told.pingsSinceMs = nowMs;
      told.pingAtMs = nowMs;
    } else if (input.kind === 'confirm-dead') told.confirmed = true;
    else if (input.kind === 'rejected' && input.claimedSource !== null) {
      // The host may have kept it for up to a second.
      told.refusedAtMs = nowMs - elapsedMs(input.receivedAt, this.cluster.nodes[node].now);
    }
  }

  private hear(node: 0 | 1, input: Extract<EngineInput, { kind: 'received' }>): void {
    const { link, message, receivedAt } = input;
    const told = this.of[node];
    const type = fieldText(message, 't') ?? '';
    const { generation, seq } = numbersOf(message);
    const isNew = type === 'status' && (generation > told.generation || seq > told.statusSeq);
    if (generation < told.generation || (generation > told.generation && !isNew)) return;
    if (type.startsWith('NS_') || seq > told.lastSeq - RECENT_NUMBERS) told.linkAtMs.set(link, receivedAt.monotonicMs);
    if (isNew) this.hearLife(node, generation, seq);
    else if (type !== 'status' && !this.silent(node)) hearDeed(told, type, message, seq);
    if (seq <= told.lastSeq) return;
    told.lastSeq = seq;
    told.lastAtMs = this.cluster.nowMs;
  }

  private hearLife(node: 0 | 1, generation: number, seq: number): void {
    const told = this.of[node];
    const again = generation > told.generation;
    // After a silence, and in a new life, what was said before means nothing, also when it comes late.
    if (again || this.silent(node)) Object.assign(told, { names: new Set(), reportSeq: seq });
    if (again) Object.assign(told, { generation, stopped: false, lastSeq: 0 });
    told.statusSeq = seq;
    told.heardAtMs = this.cluster.nowMs;
    told.confirmed = false;
  }
}

/** A message that says what the peer has, or has not any more. */
function hearDeed(told: Told, type: string, message: WireMessage, seq: number): void {
  if (seq <= told.reportSeq || told.stopped) return;
  if (type === 'resource') told.names = new Set([...namedIn(message)].map(otherHalf));
  else if (type === 'shutdone') Object.assign(told, { names: new Set(), stopped: true });
  else if (type === 'ask_resources' && fieldText(message, 'info') === 'done') {
    // Whose view the set is in depends on who gives; to forget too much only makes the judge milder.
    const gone = halvesOf(fieldText(message, 'rsc_hold')).flatMap((half) => [half, otherHalf(half)]);
    told.names = new Set([...told.names].filter((half) => !gone.includes(half)));
  } else if (type === 'ip-request-resp') told.names = new Set([...told.names].filter((half) => half !== 'local'));
  else return;
  told.reportSeq = seq;
}
