/** Links between the two simulated nodes. Each direction has its own loss, delay, duplication and cut. */
import type { SeededRandom } from '../base/random.ts';
import { fieldText } from '../wire/message.ts';
import type { WireMessage } from '../wire/message.ts';
import type { Schedule } from './schedule.ts';

/** One direction of one link. Probabilities 0..1, times in milliseconds. */
export interface Direction {
  /** Nothing gets through. */
  cut: boolean;
  loss: number;
  /** Delivered twice. */
  duplication: number;
  /** Arrives damaged. */
  garbage: number;
  /** An old packet of this direction comes once more, after a message. */
  replay: number;
  delayMinMs: number;
  /** A spread wider than the distance of two messages reorders them. */
  delayMaxMs: number;
}

/** 0 is the first node. `forward` leads from it to the second. */
export interface Link {
  readonly id: string;
  readonly forward: Direction;
  readonly back: Direction;
}

/** How a message was signed: the key, and for some messages the real packet. */
export interface Seal {
  readonly keyId: number;
  readonly packet: Uint8Array | null;
}

/** A message as it left a node. */
export interface Parcel {
  readonly message: WireMessage;
  /** Null where keys are not simulated. */
  readonly seal: Seal | null;
}

/** Where messages come out. */
export interface Receiver {
  deliver(to: 0 | 1, link: string, parcel: Parcel): void;
  /** It came, but damaged. */
  damaged(to: 0 | 1, link: string, parcel: Parcel): void;
}

/** The next message of a type (and, after a space, with that `info`) that a node sends, and how much later it leaves, on every link, overtaken by all that follows. */
export interface Detention {
  readonly from: 0 | 1;
  readonly type: string;
  readonly forMs: number;
}

/** Old packets kept per direction for replays. */
const RECORDED_MAX = 50;

/** Carries messages between the nodes in virtual time. */
export class Network {
  readonly links: readonly Link[];
  /** Signs what leaves a node; absent: keys are not simulated. */
  seal: ((from: 0 | 1, message: WireMessage) => Seal) | null = null;
  /** Messages that will be held up. */
  detentions: readonly Detention[] = [];
  private readonly schedule: Schedule;
  private readonly random: SeededRandom;
  private readonly receiver: Receiver;
  private readonly recorded = new Map<Direction, Parcel[]>();

  constructor(links: readonly Link[], schedule: Schedule, random: SeededRandom, receiver: Receiver) {
    this.links = links;
    this.schedule = schedule;
    this.random = random;
    this.receiver = receiver;
  }

  /** Sends from a node on one link or on all. What is cut now is lost; what was sent before a cut still arrives. */
  send(from: 0 | 1, linkId: string, message: WireMessage): void {
    const detention = this.detentionOf(from, message);
    if (detention !== undefined) {
      this.detentions = this.detentions.filter((other) => other !== detention);
      this.schedule.at(this.schedule.nowMs + detention.forMs, () => this.send(from, linkId, message));
      return;
    }
    const parcel = { message, seal: this.seal === null ? null : this.seal(from, message) };
    for (const link of this.links) {
      if (linkId === 'all' || link.id === linkId) this.sendOn(from, link, parcel);
    }
  }

  private detentionOf(from: 0 | 1, message: WireMessage): Detention | undefined {
    if (this.detentions.length === 0) return undefined;
    const type = fieldText(message, 't') ?? '';
    const names = [type, `${type} ${fieldText(message, 'info')}`];
    return this.detentions.find((detention) => detention.from === from && names.includes(detention.type));
  }

  private sendOn(from: 0 | 1, link: Link, parcel: Parcel): void {
    const { random } = this;
    const direction = from === 0 ? link.forward : link.back;
    if (direction.replay > 0) this.replay(from, link.id, direction, parcel);
    if (direction.cut || (direction.loss > 0 && random.chance(direction.loss))) return;
    const damaged = direction.garbage > 0 && random.chance(direction.garbage);
    this.carry(from, link.id, direction, parcel, damaged);
    if (direction.duplication > 0 && random.chance(direction.duplication))
      this.carry(from, link.id, direction, parcel, damaged);
  }

  private replay(from: 0 | 1, link: string, direction: Direction, parcel: Parcel): void {
    const { random } = this;
    const known = this.recorded.get(direction) ?? [];
    this.recorded.set(direction, known);
    if (known.length > 0 && !direction.cut && random.chance(direction.replay)) {
      this.carry(from, link, direction, random.pick(known), false);
    }
    if (known.length < RECORDED_MAX) known.push(parcel);
    else known[random.nextInteger(0, RECORDED_MAX - 1)] = parcel;
  }

  private carry(from: 0 | 1, link: string, direction: Direction, parcel: Parcel, damaged: boolean): void {
    const spreadMs = direction.delayMaxMs - direction.delayMinMs;
    const delayMs = direction.delayMinMs + this.random.nextFraction() * spreadMs;
    const to = from === 0 ? 1 : 0;
    const { receiver } = this;
    this.schedule.at(
      this.schedule.nowMs + delayMs,
      damaged ? () => receiver.damaged(to, link, parcel) : () => receiver.deliver(to, link, parcel),
    );
  }

  /** True when at least one link is uncut in both directions. */
  get connected(): boolean {
    return this.links.some((link) => !link.forward.cut && !link.back.cut);
  }

  /** True when at least one link leads from this node to the other. */
  leadsFrom(from: 0 | 1): boolean {
    return this.links.some((link) => !(from === 0 ? link.forward : link.back).cut);
  }
}

/** A direction without faults. */
export function cleanDirection(delayMs: number): Direction {
  return { cut: false, loss: 0, duplication: 0, garbage: 0, replay: 0, delayMinMs: delayMs, delayMaxMs: delayMs };
}

/** A link without faults. */
export function cleanLink(id: string, delayMs: number): Link {
  return { id, forward: cleanDirection(delayMs), back: cleanDirection(delayMs) };
}
