/** Links between the two simulated nodes. Each direction has its own loss, delay, duplication and cut. */
import type { SeededRandom } from '../base/random.ts';
import type { WireMessage } from '../wire/message.ts';
import type { Schedule } from './schedule.ts';

/** One direction of one link. Probabilities 0..1, times in milliseconds. */
export interface Direction {
  /** Nothing gets through. */
  cut: boolean;
  loss: number;
  /** Delivered twice. */
  duplication: number;
  /** Arrives as garbage: fails authentication and is dropped. */
  garbage: number;
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

export type Deliver = (to: 0 | 1, link: string, message: WireMessage) => void;

/** Carries messages between the nodes in virtual time. */
export class Network {
  readonly links: readonly Link[];
  private readonly schedule: Schedule;
  private readonly random: SeededRandom;
  private readonly deliver: Deliver;

  constructor(links: readonly Link[], schedule: Schedule, random: SeededRandom, deliver: Deliver) {
    this.links = links;
    this.schedule = schedule;
    this.random = random;
    this.deliver = deliver;
  }

  /** Sends from a node on one link or on all. What is cut now is lost; what was sent before a cut still arrives. */
  send(from: 0 | 1, linkId: string, message: WireMessage): void {
    for (const link of this.links) {
      if (linkId !== 'all' && link.id !== linkId) continue;
      const direction = from === 0 ? link.forward : link.back;
      if (direction.cut || this.random.chance(direction.loss) || this.random.chance(direction.garbage)) continue;
      this.carry(from, link.id, direction, message);
      if (this.random.chance(direction.duplication)) this.carry(from, link.id, direction, message);
    }
  }

  private carry(from: 0 | 1, link: string, direction: Direction, message: WireMessage): void {
    const spreadMs = direction.delayMaxMs - direction.delayMinMs;
    const delayMs = direction.delayMinMs + this.random.nextFraction() * spreadMs;
    this.schedule.at(this.schedule.nowMs + delayMs, () => this.deliver(from === 0 ? 1 : 0, link, message));
  }

  /** True when at least one link is uncut in both directions. */
  get connected(): boolean {
    return this.links.some((link) => !link.forward.cut && !link.back.cut);
  }
}

/** A direction without faults. */
export function cleanDirection(delayMs: number): Direction {
  return { cut: false, loss: 0, duplication: 0, garbage: 0, delayMinMs: delayMs, delayMaxMs: delayMs };
}

/** A link without faults. */
export function cleanLink(id: string, delayMs: number): Link {
  return { id, forward: cleanDirection(delayMs), back: cleanDirection(delayMs) };
}
