/**
 * One heartbeat path's bytes. Real ones are UDP sockets and serial lines, the fake is `memory.ts`;
 * one conformance suite runs over all of them. A medium carries whole packets; it knows nothing
 * of what is in them. It never throws: what the world does wrong comes out of `onProblem`.
 */
import type { Instant } from '../../common/base/instant.ts';
import type { Result } from '../../common/base/result.ts';

/** Fixed codes of what may be wrong with a medium. */
export type MediumProblemCode =
  /** There is no interface of that name. */
  | 'interface-missing'
  /** The interface exists and is down, or has no route to the peer. */
  | 'interface-down'
  /** The interface has no address of the family (bcast and mcast need one). */
  | 'interface-no-address'
  /** The peer's name does not resolve. */
  | 'peer-unresolved'
  | 'port-in-use'
  | 'not-permitted'
  | 'send-failed'
  /** This host's own firewall refuses what we send. */
  | 'send-blocked'
  | 'serial-missing'
  | 'serial-not-a-tty'
  /** The line went away under us: adapter pulled, other end of a pty closed. */
  | 'serial-hung-up'
  /** The line takes no bytes: flow control holds it, or the cable lacks the handshake wires. */
  | 'serial-stalled'
  /** The socket could not be bound to its interface; it works, with less certainty about who hears it. */
  | 'device-binding-unavailable';

export interface MediumProblem {
  readonly code: MediumProblemCode;
  readonly detail: string;
  /** True: the medium is closed and must be opened again. False: it goes on by itself. */
  readonly closed: boolean;
}

/** A `heartbeat` is worthless once the next one exists; a `message` should arrive. */
export type PacketKind = 'heartbeat' | 'message';

export interface Medium {
  /** Opens, or opens again after a failure or a `closed` problem. */
  open(): Promise<Result<null, MediumProblemCode>>;
  /** Best effort and at once: nothing is reported back but problems. Dropped while not open. */
  send(packet: Uint8Array, kind: PacketKind): void;
  /** Closes for good or until the next `open`. Idempotent. */
  close(): void;
  /** One listener. `receivedAt` is the arrival of the packet's first byte in user space. */
  onPacket(listener: (packet: Uint8Array, receivedAt: Instant) => void): void;
  /** One listener. Null: what was wrong is over. */
  onProblem(listener: (problem: MediumProblem | null) => void): void;
}

/** What to encode for this medium: serial lines carry the text form only. */
export type MediumName = 'ucast' | 'bcast' | 'mcast' | 'serial';
