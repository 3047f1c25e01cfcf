/** An agent and its node's connection without a network: the real contract over a byte pipe in memory, times given by the test. */
import { AGENT_PROTOCOL_VERSION, agentContract } from '../../agent/common/rpc/agentContract.ts';
import type { AgentSample, AgentStatus, TimelineEventSchema } from '../../agent/common/rpc/agentContract.ts';
import type { Implementation } from '../../agent/common/rpc/contract.ts';
import { ndjsonChannel } from '../../agent/common/rpc/ndjson.ts';
import { serve } from '../../agent/common/rpc/server.ts';
import type { z } from 'zod';
import { NodeSpecSchema } from '../../electron/common/contract/pair.ts';
import { AsyncQueue } from '../../electron/core/base/asyncQueue.ts';
import { Emitter } from '../../electron/core/base/emitter.ts';
import { monotonicNowMs } from '../../electron/core/base/time.ts';
import type { ConnectorState, NodeConnector, RemoteProcess } from '../../electron/core/service/ports.ts';
import { QUIET_STATUS } from './quietStatus.ts';

type Event = z.input<typeof TimelineEventSchema>;

export const FEED_VIP = '10.0.0.9';

/** What the agent says. Its clock is this computer's plus `offsetMs`. */
export class FeedAgent {
  readonly name: string;
  readonly peer: string;
  readonly offsetMs: number;
  journalId = 'journal-1';
  protocol = AGENT_PROTOCOL_VERSION;
  /** Present journal; older entries may be removed to make a hole. */
  journal: Event[] = [];
  held = false;
  /** All of them are held, or none. */
  vips: readonly string[] = [FEED_VIP];
  /** When it last asked the LAN who has its addresses, milliseconds ago; null: never. */
  lanAskedAgoMs: number | null = null;
  status: AgentStatus['status'] = 'active';
  peerStatus: AgentStatus['status'] = 'active';
  /** Stops answering, as a frozen process does. */
  frozen = false;
  private readonly samples = new Set<AsyncQueue<AgentSample>>();
  private readonly events = new Set<AsyncQueue<Event>>();
  private seq = 0;

  constructor(name: string, peer: string, offsetMs = 0) {
    this.name = name;
    this.peer = peer;
    this.offsetMs = offsetMs;
  }

  /** Somebody takes the samples: one sent before that is lost, as on a real line. */
  get isListenedTo(): boolean {
    return this.samples.size > 0 && this.events.size > 0;
  }

  nowMs(): number {
    return monotonicNowMs() + this.offsetMs;
  }

  /** Journals an event and sends it to who listens. `atMs`: on the agent's clock. */
  emit(body: Event['body'], atMs: number = this.nowMs()): void {
    this.seq += 1;
    const wallMs = Date.now() + (atMs - this.nowMs());
    const event: Event = { seq: this.seq, node: this.name, at: { monotonicMs: atMs }, wallMs, severity: 'info', body };
    this.journal.push(event);
    for (const queue of this.events) queue.push(event);
  }

  /** Takes or gives up the address, and says so. */
  hold(held: boolean): void {
    this.held = held;
    for (const address of this.vips)
      this.emit({ kind: 'vip', address, change: held ? 'added' : 'removed', iface: 'eth0' });
    this.sample();
  }

  sample(): void {
    const link = { id: 'eth1', fromPeer: 'up' as const, toPeer: 'up' as const, rttMs: 0.4 };
    const sample: AgentSample = {
      atMonotonicMs: this.nowMs(),
      status: this.status,
      peerStatus: this.peerStatus,
      mine: this.held ? 'all' : 'none',
      heldVips: this.held ? [...this.vips] : [],
      nodeMarginMs: 2500,
      links: [{ ...link, fromPeerSilenceMs: 500, toPeerSilenceMs: 400, fromPeerSilenceMaxMs: 600 }],
      latenessMs: 0.1,
    };
    for (const queue of this.samples) queue.push(sample);
  }

  private statusNow(): AgentStatus {
    const heard = { state: 'up' as const, silenceMs: 500, marginMs: 2500 };
    const link = { id: 'eth1', name: 'eth1', medium: 'bcast' as const, fromPeer: heard, toPeer: heard };
    const group = { key: `IPaddr::${FEED_VIP}`, preferredNode: 'a', resources: [`IPaddr::${FEED_VIP}`, 'web'] };
    const vip = { prefixBits: 24, group: group.key, conflictMac: null, probedAgoMs: this.lanAskedAgoMs };
    return {
      ...QUIET_STATUS,
      node: this.name,
      peerName: this.peer,
      engine: 'twinbeat',
      version: '0.0.0',
      pid: 1,
      bootId: 'boot',
      journalId: this.journalId,
      atMonotonicMs: this.nowMs(),
      wallMs: Date.now(),
      status: this.status,
      peer: { status: this.peerStatus, silenceMs: 500, marginMs: 2500, engine: 'twinbeat' },
      links: [{ ...link, rttMs: 0.4, clockOffsetMs: 0, clockErrorMs: 1, problem: null }],
      mine: this.held ? 'all' : 'none',
      theirs: this.held ? 'none' : 'all',
      stable: true,
      groups: [{ ...group, state: this.held ? 'started' : 'stopped' }],
      vips: this.vips.map((address) => ({ ...vip, address, heldOn: this.held ? 'eth0' : null })),
      timing: { keepaliveMs: 50, warntimeMs: 150, deadtimeMs: 3000, initdeadMs: 6000, autoFailback: 'off' },
      lateness: { maxMs: 1, p99Ms: 0.5 },
      problems: [],
      resources: { cpuSeconds: 1, rssBytes: 1 },
    };
  }

  private answer<T>(value: () => T): Promise<T> {
    return this.frozen ? new Promise(() => undefined) : Promise.resolve(value());
  }

  implementation(): Implementation<typeof agentContract, null> {
    const accepted = () => this.answer(() => ({ accepted: true, detail: 'taken' }));
    const noFault = () => Promise.reject(new Error('this fake injects nothing'));
    const hello = () => ({
      protocol: this.protocol,
      version: '0.0.0',
      node: this.name,
      pid: 1,
      journalId: this.journalId,
    });
    return {
      hello: () => this.answer(hello),
      clock: () => this.answer(() => ({ monotonicMs: this.nowMs(), wallMs: Date.now() })),
      status: () => this.answer(() => this.statusNow()),
      standby: accepted,
      takeover: accepted,
      confirmDead: accepted,
      reload: accepted,
      stop: accepted,
      events: ({ fromSeq }, _context, signal) => {
        const queue: AsyncQueue<Event> = new AsyncQueue(signal, () => this.events.delete(queue));
        for (const event of this.journal) if (event.seq >= fromSeq) queue.push(event);
        this.events.add(queue);
        return queue;
      },
      samples: (_input, _context, signal) => {
        const queue: AsyncQueue<AgentSample> = new AsyncQueue(signal, () => this.samples.delete(queue));
        this.samples.add(queue);
        return queue;
      },
      arrivals: () => this.answer(() => ({ atMonotonicMs: [], gapMs: [], more: false })),
      faultList: () => this.answer(() => []),
      faultInject: noFault,
      faultRevert: noFault,
      faultRenew: noFault,
      faultPanic: () => this.answer(() => ({ reverted: [], checks: [] })),
      faultStates: () => this.answer(() => []),
      faultMark: () => this.answer(() => ({})),
    };
  }
}

type AttachProcess = RemoteProcess & { end(status: number | null): void };

/** A byte pipe with an agent's `attach` at its far end. Nothing arrives in the same turn, as on a real line. */
function attachProcess(agent: FeedAgent): AttachProcess {
  const data: ((bytes: Uint8Array) => void)[] = [];
  const input: ((text: string) => void)[] = [];
  const exits: ((status: number | null) => void)[] = [];
  let over = false;
  const later = (work: () => void): void => {
    setImmediate(() => {
      if (!over) work();
    });
  };
  const end = (status: number | null): void => {
    if (over) return;
    over = true;
    for (const listener of exits) listener(status);
  };
  const encoder = new TextEncoder();
  const farEnd = ndjsonChannel({
    write: (text) => later(() => data.forEach((f) => f(encoder.encode(text)))),
    onText: (listener) => input.push(listener),
    onEnd: (listener) => exits.push(listener),
    end: () => end(0),
  });
  serve(farEnd, agentContract, agent.implementation(), null);
  return {
    onData: (f) => data.push(f),
    onErrorText: () => undefined,
    onExit: (f) => exits.push(f),
    write: (text) => later(() => input.forEach((f) => f(String(text)))),
    pause: () => undefined,
    resume: () => undefined,
    resize: () => undefined,
    close: () => end(0),
    end,
  };
}

/** A command that ends at once: what it printed, what it complained about, its exit status. */
function shortCommand(out: string, complaint: string, status: number): RemoteProcess {
  return {
    onData: (f) => f(new TextEncoder().encode(out)),
    onErrorText: (f) => f(complaint),
    onExit: (f) => setImmediate(() => f(status)),
    write: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
    resize: () => undefined,
    close: () => undefined,
  };
}

/** A connection that the test opens and cuts. */
export class FeedConnector implements NodeConnector {
  readonly spec;
  /** null: no agent is installed. */
  agent: FeedAgent | null;
  private phase: ConnectorState['phase'] = 'idle';
  private readonly changed = new Emitter<void>();
  private readonly running = new Set<AttachProcess>();

  constructor(name: string, agent: FeedAgent | null) {
    this.spec = NodeSpecSchema.parse({ name, host: '127.0.0.1' });
    this.agent = agent;
  }

  state(): ConnectorState {
    return {
      phase: this.phase,
      detail: this.phase,
      attempt: 0,
      nextTryInMs: null,
      lastHeardAgoMs: null,
      hostKey: null,
    };
  }

  onState(listener: () => void): () => void {
    return this.changed.on(listener);
  }

  set(phase: ConnectorState['phase']): void {
    this.phase = phase;
    if (phase !== 'ready') for (const process of this.running) process.end(null);
    this.changed.fire();
  }

  /** Ends every attach, as a killed agent does. */
  dropAgents(): void {
    for (const process of this.running) process.end(1);
  }

  connect(): void {
    if (this.phase === 'idle') this.set('ready');
  }

  retryNow(): void {
    if (this.phase === 'waiting') this.set('ready');
  }

  disconnect(): void {
    this.set('idle');
  }

  answerHostKey(): boolean {
    return false;
  }

  exec(command: string | null): Promise<RemoteProcess> {
    if (this.phase !== 'ready') return Promise.reject(new Error('not connected'));
    // Kilobytes available and the share used, as the gate of a drill asks for.
    if (command?.startsWith('df ') === true) return Promise.resolve(shortCommand('4000000 50%\n', '', 0));
    if (this.agent === null) return Promise.resolve(shortCommand('', 'sh: twinbeat-agent: not found', 127));
    const process = attachProcess(this.agent);
    this.running.add(process);
    process.onExit(() => this.running.delete(process));
    return Promise.resolve(process);
  }

  close(): Promise<void> {
    this.set('idle');
    return Promise.resolve();
  }
}

/** Waits until `condition` holds; fails with `what` after `limitMs` of asking. */
export async function eventually(what: string, condition: () => boolean, limitMs = 10_000): Promise<void> {
  const deadline = monotonicNowMs() + limitMs;
  while (!condition()) {
    if (monotonicNowMs() > deadline) throw new Error(`did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
