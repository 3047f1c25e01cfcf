/**
 * The heartbeat thread's work, without the thread: media, codec, engine and timers joined. Everything
 * it stands on is a parameter, so that tests run it on a hand-wound clock.
 */
import { elapsedMs, plusMs, type Instant } from '../../common/base/instant.ts';
import type { Keyring } from '../../common/base/keyring.ts';
import type { Engine, EngineInput, Ready } from '../../common/engine/types.ts';
import type { EventDraft } from '../../common/timeline/event.ts';
import type { Result } from '../../common/base/result.ts';
import { decodePacket, encodeText } from '../../common/wire/codec.ts';
import { fieldText, type WireMessage } from '../../common/wire/message.ts';
import type { Timers } from '../host/timers.ts';
import { MediumKeeper } from '../media/keeper.ts';
import type { Medium } from '../media/medium.ts';
import { Pinger, type PingPort } from '../media/ping.ts';
import { Arrivals, NO_ARRIVALS } from './arrivals.ts';
import { BadPackets } from './badPackets.ts';
import { Lateness } from './lateness.ts';
import type { FromThread, ThreadLink, ThreadSample, ThreadSetup, TimedDraft, ToThread } from './messages.ts';

export interface LoopHost {
  readonly engine: Engine;
  /** One per link of the setup, in its order. */
  readonly media: readonly Medium[];
  readonly timers: Timers;
  now(): Instant;
  wallSeconds(): number;
  loadAverage(): string;
  /** Milliseconds since boot with suspends; null: unknown. */
  bootTimeMs(): number | null;
  post(message: FromThread): void;
  /** Echo requests to one address. */
  openPing(address: string): Result<PingPort, string>;
  /** Writes to an open watchdog. Returns why that failed, or null. */
  feedWatchdog(fd: number): string | null;
}

/** Slack on a timer before its lateness can mean that we were not scheduled at all. */
const SCHEDULING_SLACK_MS = 50;

/** Packets that come closer together than this do not each need a look at the clocks. */
const SUSPEND_LOOK_MS = 10;

interface LinkState {
  readonly id: string;
  readonly name: string;
  readonly keeper: MediumKeeper;
  heardAt: Instant | null;
  silenceMaxMs: number | null;
}

export class HeartbeatLoop {
  private readonly setup: ThreadSetup;
  private readonly host: LoopHost;
  private readonly links: readonly LinkState[];
  private readonly pinger: Pinger;
  private readonly lateness = new Lateness();
  private readonly arrivals: Arrivals;
  private readonly badPackets: BadPackets;
  /** The engine is asked at least this often, so that a gap between two steps is a gap of ours. */
  private readonly pulseMs: number;
  private lastAliveAt: Instant;
  private lastBeatAt: Instant | null = null;
  private suspendedMs: number | null;
  private suspendLookAt: Instant;
  private wakeAt: Instant;
  private keyring: Keyring;
  private watchdog: number | null = null;
  private fedAt: Instant | null = null;
  private started = false;
  private closed = false;
  private cancelWake: () => void = () => undefined;
  private cancelSample: () => void = () => undefined;

  constructor(setup: ThreadSetup, host: LoopHost) {
    this.setup = setup;
    this.host = host;
    this.keyring = setup.keyring;
    this.badPackets = new BadPackets(setup.engine.self, setup.engine.peer);
    this.pulseMs = Math.min(setup.engine.keepaliveMs, setup.engine.deadtimeMs / 4);
    this.lastAliveAt = this.wakeAt = host.now();
    this.suspendedMs = this.readSuspendedMs();
    this.suspendLookAt = this.lastAliveAt;
    this.arrivals = new Arrivals(setup.links.map((link) => link.id));
    this.links = setup.links.map((link, i) => {
      const medium = host.media[i] as Medium;
      const keeper = new MediumKeeper(medium, host.timers, {
        packet: (packet, receivedAt) => this.receive(state, packet, receivedAt),
        problem: (problem, over) => {
          const detail = `link ${link.name}: ${problem.detail}`;
          this.publish([
            { severity: over ? 'info' : 'warn', body: { kind: 'problem', code: problem.code, over, detail } },
          ]);
        },
      });
      const state: LinkState = { id: link.id, name: link.name, keeper, heardAt: null, silenceMaxMs: null };
      return state;
    });
    this.pinger = this.openPinger();
  }

  private openPinger(): Pinger {
    const { setup, host } = this;
    return new Pinger(setup.pingNodes, {
      timers: host.timers,
      deadpingMs: setup.engine.deadpingMs,
      now: () => host.now(),
      wallSeconds: () => host.wallSeconds(),
      keyring: () => this.keyring,
      openPort: (address) => host.openPing(address),
      reply: (node, receivedAt) => this.step({ kind: 'ping-reply', node, receivedAt }),
      problem: (code, over, detail) =>
        this.publish([{ severity: over ? 'info' : 'error', body: { kind: 'problem', code, over, detail } }]),
    });
  }

  /** Opens the media (a failure only delays that link) and starts the engine. */
  async start(): Promise<void> {
    // Not waited for: a name server that does not answer takes many seconds.
    void this.pinger.start();
    await Promise.all(this.links.map((link) => link.keeper.start()));
    if (this.closed) return;
    this.started = true;
    this.lastAliveAt = this.host.now();
    this.host.post({ kind: 'started' });
    this.step({ kind: 'start' });
  }

  /** A message from the main thread. */
  handle(message: ToThread): void {
    if (message.kind === 'close') this.close();
    else if (message.kind === 'sampling') this.sampleEvery(message.periodMs);
    else if (message.kind === 'keys') this.keyring = message.keyring;
    else if (message.kind === 'watchdog') this.takeWatchdog(message.fd);
    else if (message.kind === 'ask-sample') {
      this.host.post({ kind: 'sample-asked', requestId: message.requestId, sample: this.sample(false) });
    } else this.step(message);
  }

  close(): void {
    this.closed = true;
    this.cancelWake();
    this.cancelSample();
    this.pinger.close();
    for (const link of this.links) link.keeper.stop();
  }

  private receive(link: LinkState, packet: Uint8Array, receivedAt: Instant): void {
    if (!this.started || this.closed) return;
    if (this.badPackets.refuses(link, packet, receivedAt)) return;
    const decoded = decodePacket(packet, this.keyring);
    if (!decoded.ok) {
      const report = this.badPackets.seen(link, decoded.reason, packet, receivedAt);
      if (report !== null && this.setup.logBadpack) this.publish([report]);
      for (const rejected of this.badPackets.takeRejected(receivedAt)) this.step(rejected);
      return;
    }
    const message = decoded.value.message;
    const src = fieldText(message, 'src');
    // A broadcast comes back to its sender.
    if (src === this.setup.engine.self) return;
    if (src === this.setup.engine.peer && fieldText(message, 't') === 'status') {
      this.noteHeard(link, receivedAt);
      this.arrivals.note(link.id, message, receivedAt);
    }
    this.step({ kind: 'received', link: link.id, message, receivedAt });
  }

  private noteHeard(link: LinkState, at: Instant): void {
    if (link.heardAt !== null) link.silenceMaxMs = Math.max(link.silenceMaxMs ?? 0, elapsedMs(link.heardAt, at));
    link.heardAt = at;
  }

  private step(input: EngineInput): void {
    if (!this.started || this.closed) return;
    const now = this.host.now();
    this.reportStall(now);
    this.carryOut(this.host.engine.step(input, this.world(now)), now);
    this.plan();
    this.feed(now);
  }

  private world(now: Instant) {
    return { now, wallSeconds: this.host.wallSeconds(), loadAverage: this.host.loadAverage() };
  }

  /**
   * Tells the engine, before anything else, when we were away so long that the peer may have declared us
   * dead. The peer counts from our last heartbeat, so that is what is compared with the deadtime; but only
   * when we really were not scheduled, because an engine that is silent on purpose is not stalled. Of a shorter
   * gap the engine's own clock tells it, except when the machine slept: that no clock of the engine shows.
   */
  private reportStall(now: Instant): void {
    const gapMs = elapsedMs(this.lastAliveAt, now);
    this.lastAliveAt = now;
    const sinceBeatMs = this.lastBeatAt === null ? gapMs : elapsedMs(this.lastBeatAt, now);
    const awayMs = gapMs > this.pulseMs + SCHEDULING_SLACK_MS ? Math.max(gapMs, sinceBeatMs) : 0;
    const suspendedMs = this.takeSuspendMs(now);
    const stalledMs = Math.max(awayMs, suspendedMs);
    const { deadtimeMs, keepaliveMs } = this.setup.engine;
    if (stalledMs <= deadtimeMs && suspendedMs <= keepaliveMs) return;
    this.carryOut(this.host.engine.step({ kind: 'stalled', gapMs: stalledMs }, this.world(now)), now);
  }

  private takeWatchdog(fd: number | null): void {
    this.watchdog = fd;
    this.fedAt = null;
    this.feed(this.host.now());
  }

  /** After a step, because a step that never returns is what the watchdog is for. */
  private feed(now: Instant): void {
    if (this.watchdog === null || this.closed) return;
    // A flood of packets need not be a flood of system calls; half a pulse keeps every pulse's own feeding.
    if (this.fedAt !== null && elapsedMs(this.fedAt, now) < this.pulseMs / 2) return;
    this.fedAt = now;
    const failure = this.host.feedWatchdog(this.watchdog);
    if (failure === null) return;
    this.watchdog = null;
    this.host.post({ kind: 'watchdog-failed', detail: failure });
  }

  private readSuspendedMs(): number | null {
    const boot = this.host.bootTimeMs();
    return boot === null ? null : boot - this.host.now().monotonicMs;
  }

  /**
   * Time the host slept since the last look: the monotonic clock does not count it, the peer does. To be found before the first
   * packet after a resume is answered, so it is looked for at almost every step, at 20 us a look.
   */
  private takeSuspendMs(now: Instant): number {
    if (elapsedMs(this.suspendLookAt, now) < SUSPEND_LOOK_MS) return 0;
    this.suspendLookAt = now;
    const before = this.suspendedMs;
    this.suspendedMs = this.readSuspendedMs();
    return before === null || this.suspendedMs === null ? 0 : Math.max(0, this.suspendedMs - before);
  }

  private carryOut(ready: Ready, now: Instant): void {
    for (const { link, message } of ready.messages) this.send(link, message, now);
    // Whenever our own status is sent, as the real daemon does.
    if (ready.messages.some(({ message }) => fieldText(message, 't') === 'status')) this.pinger.beat();
    // Events first: the journal should say that the peer is dead before it says what is done about it. Costs 0.2 ms.
    this.publish(ready.events, now);
    if (ready.commands.length > 0) this.host.post({ kind: 'commands', commands: ready.commands });
    this.wakeAt = ready.wakeAt;
  }

  /**
   * Always the text form, also on UDP: the real daemon takes both there, and the text form alone survives a key
   * rotation (it verifies netstrings with its own signing key) and is understood by daemons before 3.0.6.
   */
  private send(to: string, message: WireMessage, now: Instant): void {
    const packet = encodeText(message, this.keyring);
    const isBeat = fieldText(message, 't') === 'status';
    if (isBeat) this.lastBeatAt = now;
    for (const link of this.links) {
      if (to === 'all' || to === link.id) link.keeper.send(packet, isBeat ? 'heartbeat' : 'message');
    }
  }

  private publish(drafts: readonly EventDraft[], at: Instant = this.host.now()): void {
    if (drafts.length === 0) return;
    const events: TimedDraft[] = drafts.map((draft) => ({ at, draft }));
    this.host.post({ kind: 'events', events });
  }

  /** One timer: the engine's wish or our pulse, whichever is first. */
  private plan(): void {
    this.cancelWake();
    if (this.closed) return;
    const now = this.host.now();
    const dueInMs = Math.min(Math.max(0, elapsedMs(now, this.wakeAt)), this.pulseMs);
    const due = plusMs(now, dueInMs);
    this.cancelWake = this.host.timers.after(dueInMs, () => {
      this.lateness.ran(due, this.host.now());
      for (const rejected of this.badPackets.takeRejected(this.host.now())) this.step(rejected);
      this.publish(this.badPackets.tick(this.host.now()));
      this.step({ kind: 'tick' });
    });
  }

  private sampleEvery(periodMs: number | null): void {
    this.cancelSample();
    if (periodMs === null) return;
    let due = plusMs(this.host.now(), periodMs);
    const next = (): void => {
      this.cancelSample = this.host.timers.after(elapsedMs(this.host.now(), due), () => {
        if (this.closed) return;
        this.host.post({ kind: 'sample', sample: this.sample(true) });
        // Absolute schedule: a late sample does not delay the ones after it, but samples missed in a stall are not made up.
        while (due.monotonicMs <= this.host.now().monotonicMs) due = plusMs(due, periodMs);
        next();
      });
    };
    next();
  }

  /** `take`: this is the next of the regular samples, so the maxima start anew. */
  private sample(take: boolean): ThreadSample {
    const now = this.host.now();
    const links: Record<string, ThreadLink> = {};
    const arrived = take ? this.arrivals.take() : NO_ARRIVALS;
    for (const link of this.links) {
      const presentMs = link.heardAt === null ? null : elapsedMs(link.heardAt, now);
      const silenceMaxMs = presentMs === null ? null : Math.max(link.silenceMaxMs ?? 0, presentMs);
      if (take) link.silenceMaxMs = null;
      const arrivals = arrived.links.get(link.id) ?? [];
      links[link.id] = { silenceMaxMs, arrivals, problem: link.keeper.problem ?? this.badPackets.of(link.name) };
    }
    const loadAverage = Number.parseFloat(this.host.loadAverage());
    return {
      snapshot: this.host.engine.snapshot(now),
      links,
      arrivals: arrived.merged,
      loadAverage: Number.isNaN(loadAverage) ? null : loadAverage,
      latenessMs: take ? this.lateness.takeMaxMs() : 0,
      lateness: this.lateness.summary(now),
    };
  }
}
