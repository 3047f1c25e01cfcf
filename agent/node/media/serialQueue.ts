/** What waits for a slow line: the newest heartbeat, and a few messages. Turns alternate, so that neither starves the other. */
import type { PacketKind } from './medium.ts';

/** A join's burst is five messages; what does not fit is lost and asked for again by the protocol. */
export const SERIAL_MESSAGES_MAX = 16;

export class SerialQueue {
  private heartbeat: Uint8Array | null = null;
  private messages: Uint8Array[] = [];
  private messageNext = true;

  get length(): number {
    return this.messages.length + (this.heartbeat === null ? 0 : 1);
  }

  /** A waiting heartbeat is replaced: an old one behind a slow line says nothing. */
  push(packet: Uint8Array, kind: PacketKind): void {
    if (kind === 'heartbeat') this.heartbeat = packet;
    else {
      this.messages.push(packet);
      if (this.messages.length > SERIAL_MESSAGES_MAX) this.messages.shift();
    }
  }

  /** The next packet to write, or null. */
  shift(): Uint8Array | null {
    const takeMessage = this.messages.length > 0 && (this.messageNext || this.heartbeat === null);
    if (takeMessage) {
      this.messageNext = false;
      return this.messages.shift() ?? null;
    }
    const packet = this.heartbeat;
    this.heartbeat = null;
    this.messageNext = true;
    return packet;
  }

  clear(): void {
    this.heartbeat = null;
    this.messages = [];
  }
}
