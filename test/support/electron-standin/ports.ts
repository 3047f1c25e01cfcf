/** MessageChannelMain, MessagePortMain, and the relay of ports to another process. */
import { EventEmitter } from 'node:events';
import type { MessageChannelMain as RealChannel, MessagePortMain as RealPort } from 'electron';
import { createCodec } from './codec.ts';
import type { MembersOf } from './strict.ts';

export const codec = createCodec();

interface Parcel {
  readonly data: string;
  readonly ports: readonly PortEnd[];
}

/** One end of a channel. Parcels wait until somebody listens; closing closes both ends. */
export class PortEnd {
  other!: PortEnd;
  private waiting: Parcel[] = [];
  private sink: ((parcel: Parcel) => void) | null = null;
  private closeListener: (() => void) | null = null;
  private closed = false;

  static pair(): [PortEnd, PortEnd] {
    const [one, two] = [new PortEnd(), new PortEnd()];
    one.other = two;
    two.other = one;
    return [one, two];
  }

  post(parcel: Parcel): void {
    this.other.deliver(parcel);
  }

  attach(sink: (parcel: Parcel) => void, onClose: () => void): void {
    this.sink = sink;
    this.closeListener = onClose;
    for (const parcel of this.waiting.splice(0)) sink(parcel);
    if (this.closed) onClose();
  }

  detach(): void {
    this.sink = null;
    this.closeListener = null;
  }

  close(): void {
    for (const end of [this, this.other]) {
      if (end.closed) continue;
      end.closed = true;
      end.closeListener?.();
    }
  }

  private deliver(parcel: Parcel): void {
    if (this.closed) return;
    if (this.sink === null) this.waiting.push(parcel);
    else this.sink(parcel);
  }
}

export class MessagePortMain extends EventEmitter implements MembersOf<RealPort> {
  private end: PortEnd | null;
  private started = false;

  constructor(end: PortEnd) {
    super();
    this.end = end;
  }

  start(): void {
    const end = this.live();
    if (this.started) return;
    this.started = true;
    end.attach(
      (parcel) =>
        queueMicrotask(() => {
          const ports = parcel.ports.map((port) => new MessagePortMain(port));
          this.emit('message', { data: codec.decode(parcel.data), ports });
        }),
      () => queueMicrotask(() => this.emit('close')),
    );
  }

  postMessage(message: unknown, transfer: readonly MessagePortMain[] = []): void {
    this.live().post({ data: codec.encode(message), ports: transfer.map(releasePort) });
  }

  close(): void {
    this.end?.close();
  }

  /** Takes the end away: a transferred port is of no more use here. */
  release(): PortEnd {
    const end = this.live();
    this.end = null;
    end.detach();
    return end;
  }

  private live(): PortEnd {
    if (this.end === null) throw new Error('Port at index 0 is already neutered');
    return this.end;
  }
}

export function releasePort(port: MessagePortMain): PortEnd {
  if (!(port instanceof MessagePortMain)) throw new TypeError('Invalid value for transfer');
  return port.release();
}

export class MessageChannelMain implements MembersOf<RealChannel> {
  readonly port1: MessagePortMain;
  readonly port2: MessagePortMain;

  constructor() {
    const [one, two] = PortEnd.pair();
    this.port1 = new MessagePortMain(one);
    this.port2 = new MessagePortMain(two);
  }
}

/** What travels between two processes for the ports that cross their border. */
export type PortFrame =
  | { readonly t: 'port'; readonly id: string; readonly data: string; readonly ports: readonly string[] }
  | { readonly t: 'port-close'; readonly id: string };

/** This process's side of one border: ports given to the other side and taken from it, by id. */
export class PortRelay {
  private readonly ends = new Map<string, PortEnd>();
  private readonly send: (frame: PortFrame) => void;
  private readonly idPrefix: string;
  private lastId = 0;

  constructor(idPrefix: string, send: (frame: PortFrame) => void) {
    this.idPrefix = idPrefix;
    this.send = send;
  }

  /** Sends an end over the border: the id goes into the message that carries the port. */
  give(end: PortEnd): string {
    const id = `${this.idPrefix}${++this.lastId}`;
    // Wired only after that message has left: the other side must know the id before its first parcel.
    queueMicrotask(() => this.wire(id, end));
    return id;
  }

  /** The local end of a port that arrived under this id. */
  take(id: string): PortEnd {
    const [near, far] = PortEnd.pair();
    this.wire(id, near);
    return far;
  }

  receive(frame: PortFrame): void {
    const end = this.ends.get(frame.id);
    if (frame.t === 'port') {
      end?.post({ data: frame.data, ports: frame.ports.map((id) => this.take(id)) });
      return;
    }
    this.ends.delete(frame.id);
    end?.close();
  }

  /** The other side is gone: every port that led there closes. */
  drop(): void {
    for (const [id, end] of [...this.ends]) {
      this.ends.delete(id);
      end.close();
    }
  }

  private wire(id: string, end: PortEnd): void {
    this.ends.set(id, end);
    end.attach(
      (parcel) => this.send({ t: 'port', id, data: parcel.data, ports: parcel.ports.map((port) => this.give(port)) }),
      () => {
        if (this.ends.delete(id)) this.send({ t: 'port-close', id });
      },
    );
  }
}
