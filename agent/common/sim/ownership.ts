/** Exactly one owner: when two nodes may run the same group at the same time, and for how long. */
import { fieldText } from '../wire/message.ts';
import type { WireMessage } from '../wire/message.ts';
import type { Violation } from './checkers.ts';
import type { Cluster } from './cluster.ts';
import type { KeyModel } from './keys.ts';
import { numbersOf } from './told.ts';

/** Why two nodes could not know of each other. */
export type Excuse =
  /** A daemon is not there; what it left still runs. */
  | 'daemon-down'
  | 'paused'
  /** No link leads anywhere. */
  | 'split'
  /** Links lead in one direction only. */
  | 'one-way'
  /** Links lead both ways, but no node accepts the other's key. */
  | 'keys'
  /** The same in one direction only. */
  | 'one-way-keys'
  /** Links lead both ways, but by bad luck or noise nothing came through. */
  | 'silence'
  /** They hear each other again and have not sorted it out yet. */
  | 'just-healed';

/** A time in which a group ran on both nodes. */
export interface SplitBrainWindow {
  readonly group: string;
  readonly atMs: number;
  readonly forMs: number;
  /** What held when it began. */
  readonly excuse: Excuse;
}

/** What counts as silence: this part of the deadtime without a packet from the peer. */
const SILENCE_FRACTION = 0.75;

/** More messages than one life of a node ever sends. */
const LIFE_NUMBERS = 1e9;

/** At least one node hears the other, and says so. */
function isHalf(excuse: Excuse | null): boolean {
  return excuse === null || excuse === 'one-way' || excuse === 'one-way-keys';
}

export interface OwnershipRules {
  /** Longest time that a double owner may stay once the nodes hear each other, milliseconds. */
  readonly boundMs: number;
  /** The same while links lead in one direction only: the node that is not heard learns it from the other's echoes and gives way. */
  readonly oneWayBoundMs: number;
  /** No excuse counts: the pair fences. */
  readonly never: boolean;
  /**
   * Set when a takeover needs a reference: a node that sees none for this long may hold nothing that a peer has taken,
   * so a split is no excuse any more.
   */
  readonly blindBoundMs: number | null;
  /** One of the nodes could not stop the group yet: it says so and tries again, for as long as that takes. */
  readonly isStuck: (group: string) => boolean;
  readonly keys: KeyModel | null;
}

/**
 * Watches what really runs. Two nodes may run the same group only when they could not hear each other, and only for a
 * bounded time after that is over. Every such window is recorded.
 */
export class OwnershipChecker {
  readonly violations: Violation[] = [];
  readonly windows: SplitBrainWindow[] = [];
  private readonly cluster: Cluster;
  private readonly rules: OwnershipRules;
  private readonly open = new Map<string, { readonly atMs: number; readonly excuse: Excuse }>();
  private readonly heardAtMs: [number, number] = [0, 0];
  private readonly newest: [number, number] = [0, 0];
  private readonly blindSinceMs: [number | null, number | null] = [null, null];
  private readonly stuckUntilMs = new Map<string, number>();
  private present: Excuse | null = 'daemon-down';
  private apartUntilMs = 0;
  /** Until when neither node could learn anything of the other. */
  private deafUntilMs = 0;

  constructor(cluster: Cluster, rules: OwnershipRules) {
    this.cluster = cluster;
    this.rules = rules;
    cluster.observe({
      groupsChanged: () => this.look(),
      arrived: (to, message) => this.noteHeard(to, message),
      fenced: () => this.look(),
    });
  }

  /** Only a heartbeat newer than all before shows that the peer lives: anything else may be late, or come twice. */
  private noteHeard(to: 0 | 1, message: WireMessage): void {
    const { nowMs } = this.cluster;
    if (fieldText(message, 't') !== 'status') return;
    const { generation, seq } = numbersOf(message);
    const number = generation * LIFE_NUMBERS + seq;
    if (number <= this.newest[to]) return;
    this.newest[to] = number;
    const silentMs = nowMs - this.heardAtMs[to];
    if (silentMs > this.cluster.options.deadtimeMs * SILENCE_FRACTION) this.look();
    this.heardAtMs[to] = nowMs;
  }

  private excuseNow(): Excuse | null {
    const { network, nodes, nowMs, options } = this.cluster;
    const { keys } = this.rules;
    const [a, b] = nodes;
    if (a.power === 'paused' || b.power === 'paused') return 'paused';
    if (a.power !== 'running' || b.power !== 'running') return 'daemon-down';
    const [forward, back] = [network.leadsFrom(0), network.leadsFrom(1)];
    if (!forward && !back) return 'split';
    const [accepted, acceptedBack] = [keys?.heardFrom(0) ?? true, keys?.heardFrom(1) ?? true];
    const ways = [forward && accepted, back && acceptedBack];
    if (!ways.includes(true)) return 'keys';
    if (!forward || !back) return 'one-way';
    if (ways.includes(false)) return 'one-way-keys';
    if (this.present !== null && this.present !== 'silence') this.heardAtMs.fill(nowMs);
    const silentMs = nowMs - Math.min(...this.heardAtMs);
    return silentMs > options.deadtimeMs * SILENCE_FRACTION ? 'silence' : null;
  }

  private noteBlindness(): void {
    const { nodes, lan, nowMs } = this.cluster;
    for (const node of [0, 1] as const) {
      const blind = nodes[node].power === 'running' && !lan.seesReference(node);
      this.blindSinceMs[node] = blind ? (this.blindSinceMs[node] ?? nowMs) : null;
    }
  }

  /** Looks at the present state. To be called after every change of a link, a key or a node's power, and at the end. */
  look(): void {
    const { nowMs } = this.cluster;
    this.noteBlindness();
    const excuse = this.excuseNow();
    if (excuse !== null || this.present !== null) this.apartUntilMs = nowMs;
    if (!isHalf(excuse) || !isHalf(this.present)) this.deafUntilMs = nowMs;
    this.present = excuse;
    const [a, b] = this.cluster.nodes;
    for (const group of this.cluster.allGroups) {
      const both = a.groups.has(group) && b.groups.has(group);
      const since = this.open.get(group);
      if (both && since === undefined) this.begin(group, excuse);
      if (since === undefined) continue;
      this.judge(group, since.atMs);
      if (both) continue;
      this.open.delete(group);
      this.windows.push({ group, ...since, forMs: nowMs - since.atMs });
    }
  }

  private begin(group: string, excuse: Excuse | null): void {
    const { nowMs } = this.cluster;
    this.open.set(group, { atMs: nowMs, excuse: excuse ?? 'just-healed' });
    if (this.rules.never) this.fail(`${group} runs twice although the pair fences (${excuse ?? 'no excuse'})`);
    else if (excuse === null && nowMs - this.apartUntilMs > this.rules.boundMs)
      this.fail(`${group} runs twice while the nodes hear each other`);
  }

  private judge(group: string, sinceMs: number): void {
    const { nowMs } = this.cluster;
    const { boundMs, oneWayBoundMs, blindBoundMs } = this.rules;
    if (this.rules.isStuck(group)) this.stuckUntilMs.set(group, nowMs);
    const freeSinceMs = Math.max(sinceMs, this.stuckUntilMs.get(group) ?? 0);
    const togetherMs = nowMs - Math.max(freeSinceMs, this.apartUntilMs);
    if (this.present === null && togetherMs > boundMs)
      this.fail(`${group} still runs twice ${Math.round(togetherMs)} ms after the nodes heard each other again`);
    const halfDeafMs = nowMs - Math.max(freeSinceMs, this.deafUntilMs);
    if (isHalf(this.present) && this.present !== null && halfDeafMs > oneWayBoundMs)
      this.fail(`${group} still runs twice after ${Math.round(halfDeafMs)} ms in which one node heard the other`);
    if (blindBoundMs === null) return;
    for (const blindSince of this.blindSinceMs) {
      const blindMs = blindSince === null ? 0 : nowMs - Math.max(sinceMs, blindSince);
      if (blindMs > blindBoundMs)
        this.fail(`${group} runs twice although one node has seen no reference for ${Math.round(blindMs)} ms`);
    }
  }

  private fail(detail: string): void {
    this.violations.push({ checker: 'one-owner', atMs: this.cluster.nowMs, detail });
  }
}
