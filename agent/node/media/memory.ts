/** The fake medium: two ends of a cable in memory, with a clock of the caller's. Ships, because the conformance suite does. */
import { fail, ok, type Result } from '../../common/base/result.ts';
import type { Instant } from '../../common/base/instant.ts';
import type { Medium, MediumProblem, MediumProblemCode, PacketKind } from './medium.ts';

/** How the fake cable treats packets; change it at any time. */
export interface MemoryCable {
  readonly ends: readonly [MemoryMedium, MemoryMedium];
  /** Null: both directions work. */
  cut: null | 'first-to-second' | 'second-to-first' | 'both';
}

export class MemoryMedium implements Medium {
  /** Set to make the next `open` fail with it. */
  openFailure: MediumProblemCode | null = null;
  readonly sent: { readonly packet: Uint8Array; readonly kind: PacketKind }[] = [];
  private isOpen = false;
  private packetListener: (packet: Uint8Array, receivedAt: Instant) => void = () => undefined;
  private problemListener: (problem: MediumProblem | null) => void = () => undefined;
  private readonly deliver: (packet: Uint8Array) => void;
  private readonly now: () => Instant;

  constructor(deliver: (packet: Uint8Array) => void, now: () => Instant) {
    this.deliver = deliver;
    this.now = now;
  }

  open(): Promise<Result<null, MediumProblemCode>> {
    if (this.openFailure !== null) return Promise.resolve(fail(this.openFailure, 'told to fail'));
    this.isOpen = true;
    return Promise.resolve(ok(null));
  }

  send(packet: Uint8Array, kind: PacketKind): void {
    if (!this.isOpen) return;
    this.sent.push({ packet, kind });
    this.deliver(packet);
  }

  close(): void {
    this.isOpen = false;
  }

  onPacket(listener: (packet: Uint8Array, receivedAt: Instant) => void): void {
    this.packetListener = listener;
  }

  onProblem(listener: (problem: MediumProblem | null) => void): void {
    this.problemListener = listener;
  }

  /** The cable hands a packet over. */
  receive(packet: Uint8Array): void {
    if (this.isOpen) this.packetListener(packet, this.now());
  }

  /** Lets the medium fail, as an interface that goes down does; null: it is over. */
  fail(problem: MediumProblem | null): void {
    if (problem?.closed === true) this.isOpen = false;
    this.problemListener(problem);
  }
}

/** A cable with two ends. Packets arrive in a microtask, never inside `send`. */
export function memoryCable(now: () => Instant): MemoryCable {
  const carry = (from: 0 | 1) => (packet: Uint8Array) => {
    if (cable.cut === 'both' || cable.cut === (from === 0 ? 'first-to-second' : 'second-to-first')) return;
    const copy = Uint8Array.from(packet);
    queueMicrotask(() => cable.ends[from === 0 ? 1 : 0].receive(copy));
  };
  const cable: MemoryCable = { ends: [new MemoryMedium(carry(0), now), new MemoryMedium(carry(1), now)], cut: null };
  return cable;
}
