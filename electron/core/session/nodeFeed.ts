/**
 * Everything that flows from one node into the session: clock exchanges, samples, journal
 * events and status, over whatever connection there is at the moment. It attaches when the
 * connection is ready and again after every loss; missed events are fetched by number.
 */
import type { AgentSampleSchema, AgentStatus, Arrival } from '../../../agent/common/rpc/agentContract.ts';
import type { z } from 'zod';
import { CancelSource } from '../../../agent/common/rpc/cancel.ts';
import type { SessionArrival, SessionEvent } from '../../common/contract/session.ts';
import type { NodeConnection } from '../../common/contract/state.ts';
import { WITNESS_FRESH_MS } from '../../common/verdict/vip.ts';
import type { NodeWitness } from '../../common/verdict/vip.ts';
import { say } from '../../common/words/sentence.ts';
import { Emitter } from '../base/emitter.ts';
import { sleepMs, within } from '../base/time.ts';
import type { NodeConnector } from '../service/ports.ts';
import { attachAgent } from './agentLink.ts';
import type { AgentClient, AgentPhase } from './agentLink.ts';
import { HeldWords } from '../../common/verdict/heldWords.ts';
import { NodeClock } from './nodeClock.ts';
import type { WireEvent } from './nodeClock.ts';
import type { Session } from './session.ts';

type AgentSample = z.infer<typeof AgentSampleSchema>;

/** Five samples a second and node: each carries the worst silence since the one before, so nothing short is lost. */
export const SAMPLE_PERIOD_MS = 200;
const STATUS_PERIOD_MS = 500;
const CLOCK_PERIOD_MS = 1000;
/** Exchanges before the first sample is placed: the quickest of eight is good to a fraction of the usual round trip. */
const CLOCK_FIRST_COUNT = 8;
/** How long a frozen agent may take for one answer before it is asked again, milliseconds. */
const ANSWER_MS_MAX = 2000;
/** Without a sample for this long the record shows a gap, milliseconds. */
const SAMPLE_SILENCE_MS_MAX = 1500;
/** Pause between two attempts to attach, milliseconds: short, because a restarted agent is back in about a second. */
const ATTACH_RETRY_MS = 500;
/** Events older than this before the session began are left in the journal, milliseconds. */
const PREHISTORY_MS_MAX = 600_000;

/** Events kept from before that, of one node: more than a week of a quiet pair. The oldest go first. */
const EARLIER_EVENTS_MAX = 5000;

/** Event kinds after which the status is asked for at once instead of at the next turn. */
const STATUS_CHANGING = new Set([
  'vip',
  'holdings',
  'takeover',
  'standby',
  'peer-status',
  'local-status',
  'fault',
  'shutdown',
  'takeover-hold',
  'fencing',
  'ping-node',
  'key-mismatch',
  'keys',
  'let-go',
]);

/** An event that is not part of the session's record. */
export type EarlierEvent = Omit<SessionEvent, 'index'>;

export class NodeFeed {
  readonly node: string;
  /** What the journal has from before the session's own prehistory: not recorded, and still the reason of what the agent remembers. */
  readonly earlier: EarlierEvent[] = [];
  readonly onChange = new Emitter<void>();
  readonly held = new HeldWords();
  readonly clock: NodeClock;

  private readonly connector: NodeConnector;
  private readonly session: Session;
  private readonly stop = new AbortController();
  private readonly running: Promise<void>;
  private wakeAttach: (() => void) | null = null;
  private client_: AgentClient | null = null;
  private agent_: AgentPhase = { phase: 'unknown', version: null, ...say('notConnected') };
  private status_: AgentStatus | null = null;
  private statusAtMs = 0;
  private lastSampleMs: number | null = null;
  private journal = { id: '', nextSeq: 1 };
  private statusWanted: (() => void) | null = null;

  constructor(connector: NodeConnector, session: Session) {
    this.connector = connector;
    this.session = session;
    this.node = connector.spec.name;
    this.clock = new NodeClock(session);
    connector.onState(() => this.wakeAttach?.());
    this.running = this.run();
  }

  /** The agent's rpc; null while it is not attached. */
  get client(): AgentClient | null {
    return this.client_;
  }

  get agent(): AgentPhase {
    return this.agent_;
  }

  get status(): AgentStatus | null {
    return this.status_;
  }

  /** Age of `status`, milliseconds; null: never heard. */
  statusAgeMs(): number | null {
    return this.status_ === null ? null : this.session.nowMs() - this.statusAtMs;
  }

  clockState(): NodeConnection['clock'] {
    return this.clock.now();
  }

  /** What this node says about one address, for the verdict. */
  witness(address: string, poweredOff: boolean | null): NodeWitness {
    const vip = this.status_?.vips.find((v) => v.address === address);
    const askedAgo = vip?.probedAgoMs ?? null;
    const lan =
      vip === undefined || askedAgo === null
        ? null
        : { conflictMac: vip.conflictMac, askedAgoMs: askedAgo + (this.statusAgeMs() ?? 0) };
    const agentDown = this.agent_.phase === 'stopped' || this.agent_.phase === 'absent';
    const isFresh = (this.statusAgeMs() ?? Number.POSITIVE_INFINITY) <= WITNESS_FRESH_MS;
    const hearsReference = isFresh && this.status_?.pingNodes.some((ping) => ping.status === 'up') === true;
    return { node: this.node, poweredOff, held: this.held.get(address), lan, agentDown, hearsReference };
  }

  /** Tries to attach now instead of after the pause: something was started or installed. */
  retryNow(): void {
    this.wakeAttach?.();
  }

  async close(): Promise<void> {
    this.stop.abort();
    this.wakeAttach?.();
    await this.running;
  }

  private setAgent(agent: AgentPhase): void {
    this.agent_ = agent;
    this.onChange.fire();
  }

  private async run(): Promise<void> {
    const signal = this.stop.signal;
    while (!signal.aborted) {
      if (this.connector.state().phase !== 'ready') {
        if (this.agent_.phase !== 'unknown') this.setAgent({ phase: 'unknown', version: null, ...say('noConnection') });
        await this.waitForWake(STATUS_PERIOD_MS);
        continue;
      }
      if (this.agent_.phase === 'unknown') this.setAgent({ phase: 'attaching', version: null, ...say('askingAgent') });
      const attached = await attachAgent(this.connector);
      if (attached.ok) {
        if (attached.journalId !== this.journal.id) this.journal = { id: attached.journalId, nextSeq: 1 };
        await this.serveAttached(attached.client, attached.channel, attached.version);
      } else this.setAgent(attached.agent);
      if (!signal.aborted) await this.waitForWake(ATTACH_RETRY_MS);
    }
  }

  private async waitForWake(ms: number): Promise<void> {
    const woken = new Promise<void>((resolve) => (this.wakeAttach = resolve));
    const pause = new AbortController();
    await Promise.race([woken, sleepMs(ms, pause.signal)]);
    pause.abort();
    this.wakeAttach = null;
  }

  /** Runs the four flows until the channel closes. */
  private async serveAttached(
    client: AgentClient,
    channel: { close(): void; onClose(f: () => void): void },
    version: string,
  ): Promise<void> {
    const over = new AbortController();
    const cancel = new CancelSource();
    const end = (): void => {
      over.abort();
      cancel.cancel();
    };
    channel.onClose(end);
    this.stop.signal.addEventListener('abort', () => channel.close(), { once: true });
    if (this.stop.signal.aborted) channel.close();
    try {
      this.clock.reset();
      for (let i = 0; i < CLOCK_FIRST_COUNT && !over.signal.aborted; i += 1) await this.measureClock(client);
      await this.askStatus(client);
      this.client_ = client;
      this.setAgent({ phase: 'attached', version, detail: '' });
      // The flows end with the channel; what one of them throws then is only the news that it closed.
      await Promise.allSettled([
        this.pollStatus(client, over.signal),
        this.pollClock(client, over.signal),
        this.readSamples(client, cancel).finally(() => channel.close()),
        this.readEvents(client, cancel).finally(() => channel.close()),
      ]);
    } catch {
      channel.close();
    }
    this.client_ = null;
    this.session.openGap(this.node, this.lastSampleMs ?? this.session.nowMs(), say('gapNoConnection'));
    if (!this.stop.signal.aborted) this.setAgent({ phase: 'stopped', version, ...say('agentLost') });
  }

  private async measureClock(client: AgentClient): Promise<void> {
    await this.clock.measure(() => within(ANSWER_MS_MAX, 'no answer', client.clock({})));
  }

  private async pollClock(client: AgentClient, signal: AbortSignal): Promise<void> {
    while ((await sleepMs(CLOCK_PERIOD_MS, signal)) === 'slept') await this.measureClock(client).catch(() => undefined);
  }

  private async pollStatus(client: AgentClient, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const wanted = new Promise<void>((resolve) => (this.statusWanted = resolve));
      const pause = new AbortController();
      const onAbort = (): void => pause.abort();
      signal.addEventListener('abort', onAbort, { once: true });
      await Promise.race([wanted, sleepMs(STATUS_PERIOD_MS, pause.signal)]);
      pause.abort();
      signal.removeEventListener('abort', onAbort);
      await this.askStatus(client).catch(() => undefined);
      const silentMs = this.session.nowMs() - (this.lastSampleMs ?? Number.POSITIVE_INFINITY);
      if (silentMs > SAMPLE_SILENCE_MS_MAX) this.session.openGap(this.node, this.lastSampleMs ?? 0, say('agentSilent'));
    }
  }

  private async askStatus(client: AgentClient): Promise<void> {
    const status = await within(ANSWER_MS_MAX, 'no answer', client.status({}));
    const placed = this.clock.place(status.atMonotonicMs);
    this.status_ = status;
    this.statusAtMs = placed?.tMs ?? this.session.nowMs();
    this.session.addStatus(status, this.statusAtMs);
    for (const vip of status.vips)
      this.held.say(vip.address, vip.heldOn !== null, this.statusAtMs, placed?.errorMs ?? 0);
    this.onChange.fire();
  }

  private async readSamples(client: AgentClient, cancel: CancelSource): Promise<void> {
    for await (const sample of client.samples({ periodMs: SAMPLE_PERIOD_MS }, cancel.signal)) this.takeSample(sample);
  }

  private takeSample(sample: AgentSample): void {
    const placed = this.clock.place(sample.atMonotonicMs);
    if (placed === null) return;
    const deadtimeMs = this.status_?.timing.deadtimeMs ?? null;
    const margin = (silenceMs: number | null): number | null =>
      silenceMs === null || deadtimeMs === null ? null : deadtimeMs - silenceMs;
    this.session.closeGap(this.node, placed.tMs);
    this.lastSampleMs = placed.tMs;
    const known = new Set([...this.held.addresses(), ...sample.heldVips]);
    for (const address of known) this.held.say(address, sample.heldVips.includes(address), placed.tMs, placed.errorMs);
    const arrivalsOf = (arrivals: Arrival[] | undefined): { arrivals?: SessionArrival[] } =>
      arrivals === undefined
        ? {}
        : {
            arrivals: arrivals.map(({ atMonotonicMs, gapMs }) => ({
              tMs: placed.tMs - (sample.atMonotonicMs - atMonotonicMs),
              gapMs,
            })),
          };
    this.session.addSample({
      ...placed,
      node: this.node,
      status: sample.status,
      peerStatus: sample.peerStatus,
      mine: sample.mine,
      heldVips: sample.heldVips,
      nodeMarginMs: sample.nodeMarginMs,
      links: sample.links.map((link) => ({
        id: link.id,
        fromPeer: link.fromPeer,
        marginMs: margin(link.fromPeerSilenceMs),
        marginMinMs: margin(link.fromPeerSilenceMaxMs),
        rttMs: link.rttMs,
        ...arrivalsOf(link.arrivals),
      })),
      ...arrivalsOf(sample.arrivals),
      ...(sample.loadAverage === undefined ? {} : { loadAverage: sample.loadAverage }),
      latenessMs: sample.latenessMs,
    });
    this.onChange.fire();
  }

  private async readEvents(client: AgentClient, cancel: CancelSource): Promise<void> {
    for await (const event of client.events({ fromSeq: this.journal.nextSeq }, cancel.signal)) this.takeEvent(event);
  }

  private keepEarlier(event: EarlierEvent): void {
    this.earlier.push(event);
    if (this.earlier.length > EARLIER_EVENTS_MAX) this.earlier.shift();
  }

  private takeEvent(event: WireEvent): void {
    if (event.seq < this.journal.nextSeq) return;
    const placed = this.clock.placeEvent(event);
    if (placed === null) return;
    const lost = event.seq - this.journal.nextSeq;
    if (lost > 0 && this.journal.nextSeq > 1) {
      this.session.addGap(
        `${this.node}/events`,
        this.lastSampleMs ?? placed.tMs,
        placed.tMs,
        say('gapEventsGone', { count: lost }),
      );
    }
    this.journal.nextSeq = event.seq + 1;
    if (placed.tMs < -PREHISTORY_MS_MAX) return this.keepEarlier({ ...placed, event });
    const { body } = event;
    if (
      body.kind === 'vip' &&
      typeof body['address'] === 'string' &&
      (body['change'] === 'added' || body['change'] === 'removed')
    ) {
      this.held.say(body['address'], body['change'] === 'added', placed.tMs, placed.errorMs);
    }
    this.session.addEvent(this.journal.id, { ...placed, event });
    if (STATUS_CHANGING.has(body.kind)) this.statusWanted?.();
    this.onChange.fire();
  }
}
