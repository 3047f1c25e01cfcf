/** One engine and a scripted peer, driven by hand in virtual milliseconds. */
import { createEngine } from '../../agent/common/engine/engine.ts';
import type { Engine, EngineCommand, EngineConfig, EngineInput, Ready } from '../../agent/common/engine/types.ts';
import { instant } from '../../agent/common/base/instant.ts';
import type { EventBody } from '../../agent/common/timeline/event.ts';
import { fieldText, text } from '../../agent/common/wire/message.ts';
import type { WireMessage } from '../../agent/common/wire/message.ts';

export const DEADTIME_MS = 5000;
export const KEEPALIVE_MS = 1000;

/** A usual configuration: two links, a group each. */
export function testConfig(changes: Partial<EngineConfig> = {}): EngineConfig {
  return {
    self: 'node1',
    peer: 'node2',
    keepaliveMs: KEEPALIVE_MS,
    deadtimeMs: DEADTIME_MS,
    warntimeMs: 3000,
    initdeadMs: 10_000,
    autoFailback: 'off',
    links: [
      { id: 'l1', name: 'eth1' },
      { id: 'l2', name: '/dev/ttyS0' },
    ],
    localGroups: ['vip1'],
    foreignGroups: ['vip2'],
    generation: 7,
    uuid: new Uint8Array(16).fill(1),
    hopfudge: 1,
    pingNodes: [],
    deadpingMs: 3000,
    ipfail: false,
    fencingDevice: null,
    takeoverRequires: [],
    maxRexmitDelayMs: 250,
    seed: 1,
    ...changes,
  };
}

export class Harness {
  readonly engine: Engine;
  readonly events: EventBody[] = [];
  readonly sent: WireMessage[] = [];
  readonly commands: EngineCommand[] = [];
  nowMs = 0;
  wakeAtMs = 0;
  /** Answer every command of the groups at once, successfully. What runs beside them (fencing, let-go) the test answers. */
  obliging = true;
  /** Ping nodes that answer, at once, every echo request; one goes out with every heartbeat. */
  readonly answering = new Set<string>();
  readonly pingNodes: readonly string[];
  peerGeneration = 3;
  private peerSeq = 0;

  constructor(config: EngineConfig = testConfig()) {
    this.engine = createEngine(config);
    this.pingNodes = config.pingNodes;
  }

  /** Feeds one input now and gathers what comes out. */
  step(input: EngineInput): Ready {
    const world = { now: instant(this.nowMs), wallSeconds: 1_700_000_000, loadAverage: 'n/a' };
    const ready = this.engine.step(input, world);
    this.events.push(...ready.events.map((e) => e.body));
    this.sent.push(...ready.messages.map((m) => m.message));
    this.commands.push(...ready.commands);
    this.wakeAtMs = ready.wakeAt.monotonicMs;
    if (this.obliging) {
      for (const { id, kind } of ready.commands) {
        if (kind !== 'fence' && kind !== 'let-go') this.step({ kind: 'command-done', id, ok: true, detail: '' });
      }
    }
    if (ready.messages.some((m) => fieldText(m.message, 't') === 'status')) this.answerPings();
    return ready;
  }

  private answerPings(): void {
    for (const node of this.answering) this.step({ kind: 'ping-reply', node, receivedAt: instant(this.nowMs) });
  }

  /** Lets time pass, waking the engine exactly when it asks. */
  run(ms: number): void {
    const end = this.nowMs + ms;
    while (this.wakeAtMs <= end) {
      this.nowMs = Math.max(this.nowMs, this.wakeAtMs);
      this.step({ kind: 'tick' });
    }
    this.nowMs = end;
  }

  /** Lets time pass with a heartbeat of the peer every keepalive. */
  runWithPeer(ms: number, st = 'active', extra: Record<string, string> = {}): void {
    for (let left = ms; left > 0; left -= KEEPALIVE_MS) {
      this.run(Math.min(left, KEEPALIVE_MS));
      this.hear('status', { st, dt: '1388', protocol: '1', ...extra });
    }
  }

  /** A message of the peer with these fields; `seq` and `hg` are added unless given. */
  peerMessage(type: string, fields: Record<string, string> = {}): WireMessage {
    const all: Record<string, string> = { t: type, ...fields, src: fields['src'] ?? 'node2' };
    if (!type.startsWith('NS_')) all['seq'] ??= (++this.peerSeq).toString(16);
    all['hg'] ??= this.peerGeneration.toString(16);
    all['ts'] ??= '65000010';
    return { fields: Object.entries(all).map(([name, value]) => text(name, value)) };
  }

  /** The peer starts over with the next generation. */
  peerRestarts(): void {
    this.peerGeneration++;
    this.peerSeq = 0;
  }

  /** The next number of the peer is not sent, as if it had been lost. */
  loseOne(): number {
    return ++this.peerSeq;
  }

  hear(type: string, fields: Record<string, string> = {}, link = 'l1'): WireMessage {
    const message = this.peerMessage(type, fields);
    this.arrive(message, link);
    return message;
  }

  arrive(message: WireMessage, link = 'l1'): void {
    this.step({ kind: 'received', link, message, receivedAt: instant(this.nowMs) });
  }

  /** Messages sent so far of this type. */
  sentOf(type: string): WireMessage[] {
    return this.sent.filter((m) => fieldText(m, 't') === type);
  }

  eventsOf<K extends EventBody['kind']>(kind: K): Extract<EventBody, { kind: K }>[] {
    return this.events.filter((e): e is Extract<EventBody, { kind: K }> => e.kind === kind);
  }

  /** Starts and settles beside a real heartbeat that holds its own groups. */
  joinRealPeer(): void {
    this.step({ kind: 'start' });
    this.joinRealPeerStarted();
  }

  /** The same for an engine that was started already. */
  joinRealPeerStarted(): void {
    this.hear('status', { st: 'active', dt: '1388', protocol: '1' });
    this.hear('repnodes', { dest: 'node1', nodelist: 'node1 node2 ', delnodelist: ' ' });
    this.hear('resource', { rsc_hold: 'local', rtype: 'full', isstable: '1' });
  }
}
