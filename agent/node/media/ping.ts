/**
 * Echo requests to the hosts outside the pair that ha.cf names (`ping`, `ping_group`, `ping6`; reference, section 7.1). The
 * payload is a heartbeat message in the ping node's name, signed with our key: only who saw our request can answer it.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { elapsedMs, type Instant } from '../../common/base/instant.ts';
import type { Keyring } from '../../common/base/keyring.ts';
import type { Result } from '../../common/base/result.ts';
import { decodePacket, encodeText } from '../../common/wire/codec.ts';
import { fieldText, text } from '../../common/wire/message.ts';
import type { Timers } from '../host/timers.ts';

/** An answer as it came from the network: nothing in it is believed yet. */
export interface EchoReply {
  readonly sequence: number;
  readonly payload: Uint8Array;
}

/** Echo requests to one address. The real one is a raw socket (pingSocket.ts), the fake is in the tests. */
export interface PingPort {
  /** Sends one; a failure closes nothing by itself. */
  send(sequence: number, payload: Uint8Array): Result<null, string>;
  /** Replies to this process that came since the last call, a bounded number of them. Never blocks. */
  replies(): readonly EchoReply[];
  close(): void;
}

export interface PingNode {
  readonly name: string;
  readonly members: readonly string[];
}

export interface PingerHost {
  readonly timers: Timers;
  /** A reply counts only to a request that is at most this old: an older one may be a recording. */
  readonly deadpingMs: number;
  now(): Instant;
  wallSeconds(): number;
  keyring(): Keyring;
  openPort(address: string): Result<PingPort, string>;
  reply(node: string, receivedAt: Instant): void;
  /** Something is wrong with the pinging itself, not with a ping node; or it is over. */
  problem(code: 'ping-unresolved' | 'ping-unavailable', over: boolean, detail: string): void;
}

/**
 * When answers are looked for, in ms after the request: a LAN answers within the first, and every look costs a system call
 * for each member. The last one is for hosts behind a slow line; later answers are found by the next request's looks.
 */
const LOOKS_MS = [3, 30, 150, 600];
/** Of the sequence number in an echo request. */
const SEQUENCES = 0x1_0000;

interface Member {
  readonly address: string;
  port: PingPort | null;
}

interface NodeState {
  readonly node: PingNode;
  readonly members: Member[];
  /** Requests that were answered, so that the second member of a group adds nothing. */
  readonly answered: Set<number>;
}

export class Pinger {
  private readonly host: PingerHost;
  private readonly nodes: readonly NodeState[];
  private readonly sentAt = new Map<number, Instant>();
  private sequence = 0;
  private unavailable: string | null = null;
  private closed = false;
  private cancelLook: () => void = () => undefined;

  constructor(nodes: readonly PingNode[], host: PingerHost) {
    this.host = host;
    this.nodes = nodes.map((node) => ({ node, members: [], answered: new Set() }));
  }

  /** Resolves the names, once: a name server must not be asked while it may be what is broken. */
  async start(): Promise<void> {
    await Promise.all(
      this.nodes.flatMap(({ node, members }) =>
        node.members.map(async (name) => {
          const address = isIP(name.split('%')[0] ?? '') > 0 ? name : await resolved(name);
          if (address !== null) members.push({ address, port: null });
          else if (!this.closed) {
            const detail = `ping node ${node.name}: ${name} does not resolve; it is not pinged until the next start`;
            this.host.problem('ping-unresolved', false, detail);
          }
        }),
      ),
    );
  }

  /** Called with each heartbeat of ours. Feeds no reply itself: the engine is in the middle of a step. */
  beat(): void {
    if (this.closed || this.nodes.length === 0) return;
    const now = this.host.now();
    const sequence = this.sequence;
    this.sequence = (this.sequence + 1) % SEQUENCES;
    this.forget(now);
    this.sentAt.set(sequence, now);
    for (const state of this.nodes) {
      const payload = this.payload(state.node);
      for (const member of state.members) this.send(member, sequence, payload);
    }
    this.lookAgain(sequence, 0);
  }

  close(): void {
    this.closed = true;
    this.cancelLook();
    for (const { members } of this.nodes) for (const member of members) drop(member);
  }

  private payload({ name, members }: PingNode): Uint8Array {
    const info = members.length === 1 && members[0] === name ? 'ping' : 'ping_group';
    const ts = Math.max(1, this.host.wallSeconds()).toString(16);
    const fields = [text('t', 'NS_st'), text('st', 'ping'), text('info', info), text('src', name), text('ts', ts)];
    return encodeText({ fields }, this.host.keyring());
  }

  private send(member: Member, sequence: number, payload: Uint8Array): void {
    if (member.port === null) {
      const opened = this.host.openPort(member.address);
      if (!opened.ok) return this.noteOpening(opened.reason, opened.detail);
      member.port = opened.value;
    }
    // No route, an address that changed: a new socket chooses anew, with the next heartbeat.
    if (!member.port.send(sequence, payload).ok) drop(member);
    this.noteOpening(null, '');
  }

  /** What the network refuses shows in the ping node's own state; what this host refuses is our problem. */
  private noteOpening(reason: string | null, detail: string): void {
    const refused = reason === 'EPERM' || reason === 'EACCES' || reason === 'unavailable' ? detail : null;
    if (refused === this.unavailable) return;
    if (this.unavailable !== null) this.host.problem('ping-unavailable', true, this.unavailable);
    this.unavailable = refused;
    if (refused !== null) this.host.problem('ping-unavailable', false, refused);
  }

  private lookAgain(sequence: number, times: number): void {
    this.cancelLook();
    const afterMs = LOOKS_MS[times];
    if (this.closed || afterMs === undefined) return;
    this.cancelLook = this.host.timers.after(afterMs - (LOOKS_MS[times - 1] ?? 0), () => {
      this.look();
      const waiting = this.nodes.some(({ answered, members }) => members.length > 0 && !answered.has(sequence));
      if (waiting) this.lookAgain(sequence, times + 1);
    });
  }

  private look(): void {
    for (const state of this.nodes) {
      for (const { port } of state.members) {
        for (const reply of port?.replies() ?? []) this.take(state, reply);
      }
    }
  }

  private take({ node, answered }: NodeState, { sequence, payload }: EchoReply): void {
    if (this.closed || answered.has(sequence)) return;
    const sentAt = this.sentAt.get(sequence);
    const now = this.host.now();
    if (sentAt === undefined || elapsedMs(sentAt, now) > this.host.deadpingMs) return;
    const decoded = decodePacket(payload, this.host.keyring());
    if (!decoded.ok) return;
    const { message } = decoded.value;
    if (fieldText(message, 't') !== 'NS_st' || fieldText(message, 'src') !== node.name) return;
    answered.add(sequence);
    this.host.reply(node.name, now);
  }

  private forget(now: Instant): void {
    for (const [sequence, at] of this.sentAt) {
      if (elapsedMs(at, now) <= this.host.deadpingMs) break;
      this.sentAt.delete(sequence);
      for (const { answered } of this.nodes) answered.delete(sequence);
    }
  }
}

function drop(member: Member): void {
  member.port?.close();
  member.port = null;
}

async function resolved(name: string): Promise<string | null> {
  try {
    return (await lookup(name)).address;
  } catch {
    return null;
  }
}
