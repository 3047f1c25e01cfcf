/**
 * `twinbeat-agent observe`: beside a heartbeat daemon that runs by itself. It reads the daemon's files, follows its log,
 * asks it by its own command, captures what is on the heartbeat's port and looks at the kernel's addresses. It writes
 * nothing of the daemon's, opens none of its devices and sends nothing in its name.
 */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plusMs, elapsedMs, type Instant } from '../../../common/base/instant.ts';
import type { LinkConfig } from '../../../common/config/model.ts';
import type { EventDraft } from '../../../common/timeline/event.ts';
import { EXIT, type ExitStatus } from '../../command/exitStatus.ts';
import type { DaemonPlaces } from '../../daemon/daemon.ts';
import { Keys } from '../../daemon/keys.ts';
import { takeLock } from '../../daemon/lock.ts';
import { PresentProblems } from '../../daemon/problems.ts';
import { changedSince, readSetup, type Setup } from '../../daemon/setup.ts';
import { VERSION } from '../../daemon/version.ts';
import { heartbeatEngine } from '../../faults/engine.ts';
import { Faults } from '../../faults/faults.ts';
import { stonithLineFor } from '../../fencing/choose.ts';
import { Lateness } from '../../heartbeat/lateness.ts';
import { bootId, bootTimeMs, monotonicNow } from '../../host/clock.ts';
import { openLan, type Family } from '../../host/lan.ts';
import { openLibc, type Libc } from '../../host/libc.ts';
import { openNetKernel, type NetKernel } from '../../host/netKernel.ts';
import { realTimers } from '../../host/timers.ts';
import { Journal } from '../../journal/journal.ts';
import { vipsOf } from '../../resources/groups.ts';
import { Vips } from '../../resources/vips.ts';
import { listenRpc } from '../../rpc/listen.ts';
import { ArrivalLog } from '../arrivalLog.ts';
import { SampleHub } from '../sampleHub.ts';
import { AddressWatch } from './addressWatch.ts';
import { PacketCapture, type Capture } from './capture.ts';
import { realClStatus, runBounded } from './clStatus.ts';
import { Conditions } from './conditions.ts';
import { DaemonWatch } from './daemonWatch.ts';
import { FencingWatch, GroupWatch } from './groupWatch.ts';
import { LogNews } from './logNews.ts';
import { openLogSource, type LogSource } from './logSource.ts';
import { LogStory } from './logStory.ts';
import { observerHost } from './observerHost.ts';
import { Packets } from './packets.ts';
import { PairView } from './pairView.ts';
import { daemonState, programOf, readStat } from './processes.ts';
import { reachOf } from './reach.ts';

/** How often packets and log are read. The kernel stamps packets itself; a line of the log is this old at most. */
const LOOK_MS = 20;
/** Addresses, process and silences, in rounds of looking. */
const ADDRESSES_EVERY = 3;
const DAEMON_EVERY = 10;
const HOUSEKEEPING_EVERY = 50;
/** How often arrivals are remembered while nobody samples, milliseconds. */
const REMEMBER_PERIOD_MS = 2000;
const VERSION_MS_MAX = 3000;

function routesText(family: Family): string {
  try {
    return readFileSync(family === 'ipv4' ? '/proc/net/route' : '/proc/net/ipv6_route', 'latin1');
  } catch {
    return '';
  }
}

/** How an observer ended. `again`: the daemon's files have changed and it runs on new ones. */
export type ObserverEnd = ExitStatus | 'again';

export class Observer {
  readonly setup: Setup;
  readonly places: DaemonPlaces;
  readonly journal: Journal;
  readonly problems = new PresentProblems();
  readonly kernel: NetKernel;
  readonly vips: Vips;
  readonly faults: Faults;
  readonly keys: Keys;
  readonly samples: SampleHub;
  readonly arrivals = new ArrivalLog();
  readonly lateness = new Lateness();
  readonly view: PairView;
  readonly packets: Packets;
  readonly daemon: DaemonWatch;
  readonly groups: GroupWatch;
  readonly fencing: FencingWatch;
  readonly log: LogSource;
  readonly pings = new Map<string, 'up' | 'dead'>();
  /** Null: raw packets cannot be had on this host. */
  readonly capture: Capture | null;
  /** What the daemon's program calls itself; null: not asked yet, or it did not say. */
  daemonVersion: string | null = null;
  private readonly libcProblem: string | null;
  private readonly conditions: Conditions;
  private readonly story: LogStory;
  private readonly news: LogNews;
  private readonly addresses: AddressWatch;
  private authkeysMtimeMs: number | null;
  private startedWithPid: number | null | undefined = undefined;
  private versionOf: number | null = null;
  private round = 0;
  private cancelLook: () => void = () => undefined;
  private cancelSample: () => void = () => undefined;
  private resolveEnd: (end: ObserverEnd) => void = () => undefined;
  private readonly ended: Promise<ObserverEnd>;

  /** Makes the agent's own directories; throws only what a missing permission throws. */
  constructor(setup: Setup, places: DaemonPlaces) {
    this.setup = setup;
    this.places = places;
    this.ended = new Promise((resolve) => (this.resolveEnd = resolve));
    mkdirSync(places.runDir, { recursive: true, mode: 0o755 });
    const host = { bootId: bootId(), now: monotonicNow, wallMs: () => Date.now() };
    this.journal = new Journal(places.stateDir, setup.node, host);
    const publish = (draft: EventDraft): void => this.publish(draft);
    this.conditions = new Conditions(publish);
    const loaded = openLibc();
    const libc = loaded.ok ? loaded.value : null;
    this.libcProblem = loaded.ok ? null : loaded.detail;
    this.kernel = openNetKernel(libc);
    this.keys = new Keys(setup.keyring, { configDir: places.configDir, publish, apply: () => undefined });
    this.authkeysMtimeMs = this.mtimeOfAuthkeys();
    this.vips = this.openVips(libc, publish);
    this.faults = this.openFaults(publish);
    this.view = new PairView({
      self: setup.node,
      peer: setup.peer,
      ha: setup.ha,
      reaches: (link) => reachOf(link, this.faults.states(), this.vips.lanIface()),
    });
    this.addresses = new AddressWatch(this.vips, publish);
    this.packets = new Packets({
      setup,
      view: this.view,
      keyring: () => this.keys.keyring,
      publish: (draft, at) => this.publish(draft, at),
      announced: (iface, address) => this.addresses.noteAnnouncement(iface, address),
    });
    this.capture = libc === null ? null : this.openCapture(libc);
    this.groups = new GroupWatch(setup.node, setup.groups);
    this.fencing = new FencingWatch(stonithLineFor(setup.ha, setup.node)?.type ?? null);
    this.log = openLogSource(setup.ha, places.stateDir);
    this.story = this.openStory();
    this.news = this.openNews();
    this.daemon = this.openDaemonWatch(publish);
    // Also when no console looks: what deadtime should be is read from days.
    this.samples = new SampleHub((periodMs) => this.sampleEvery(periodMs), REMEMBER_PERIOD_MS);
  }

  private openVips(libc: Libc | null, publish: (draft: EventDraft) => void): Vips {
    return new Vips(vipsOf(this.setup.groups), {
      kernel: this.kernel,
      lan: openLan(libc),
      timers: realTimers,
      now: monotonicNow,
      routesText,
      publish,
      watchOnly: true,
      // The daemon has no ear for it; the event is published all the same.
      secondHolder: () => undefined,
    });
  }

  private openFaults(publish: (draft: EventDraft) => void): Faults {
    const { setup, places, vips, kernel } = this;
    const engine = heartbeatEngine(vipsOf(setup.groups).map(({ spec }) => spec.address));
    return new Faults({ setup, places, vips, kernel, engine, timers: realTimers, now: monotonicNow, publish });
  }

  private openCapture(libc: Libc): Capture {
    const links = this.setup.ha.links.flatMap((link) => (link.medium === 'serial' ? [] : [link]));
    // The LAN as well, where the announcements of the addresses are.
    const lan = this.vips.lanIface();
    const ifaces = new Set([...links.map((link) => link.iface), ...(lan === null ? [] : [lan])]);
    const ports = new Set(links.map((link) => link.port));
    return new PacketCapture(libc, [...ifaces], [...ports], () => Date.now());
  }

  private openStory(): LogStory {
    const { setup, view } = this;
    return new LogStory({
      self: setup.node,
      peer: setup.peer,
      pingNodes: setup.ha.pingNodes.map(({ name }) => name),
      linkIds: (name) => view.linkIds(name),
      warntimeMs: setup.ha.warntimeMs,
      deadtimeMs: setup.ha.deadtimeMs,
      peerWasHeard: () => view.peerWasHeard,
      progress: () => this.groups.progress(this.vips.held()),
      generation: () => view.generation,
      lastGapMs: () => view.lastGapMs(monotonicNow()),
      pingCounts: () => ({
        own: [...this.pings.values()].filter((status) => status === 'up').length,
        peers: view.peersPingCount,
      }),
    });
  }

  private openNews(): LogNews {
    return new LogNews({
      source: this.log,
      story: this.story,
      now: monotonicNow,
      wallMs: () => Date.now(),
      uptimeMs: () => bootTimeMs() ?? monotonicNow().monotonicMs,
      publish: (draft, at) => {
        this.daemon.changed();
        this.tell(draft, at);
      },
      flood: (detail) => this.conditions.set('log-flood', detail, 'error'),
    });
  }

  private openDaemonWatch(publish: (draft: EventDraft) => void): DaemonWatch {
    const { setup, view } = this;
    return new DaemonWatch({
      view,
      conditions: this.conditions,
      questions: {
        self: setup.node,
        peer: setup.peer,
        linkNames: view.linkNames(),
        pingNodes: setup.ha.pingNodes.map(({ name }) => name),
      },
      groups: setup.groups,
      groupWatch: this.groups,
      cl: realClStatus,
      now: monotonicNow,
      look: () => daemonState(),
      held: () => this.vips.held(),
      isBusy: () => this.story.busy,
      tell: (draft) => this.tell(draft),
      publish,
    });
  }

  /** Journals one event. */
  publish(draft: EventDraft, at: Instant = monotonicNow()): void {
    this.problems.take(this.journal.append(draft, at));
    this.groups.note(draft.body);
    this.fencing.note(draft.body);
  }

  /** Journals what is news. */
  private tell(draft: EventDraft, at: Instant = monotonicNow()): void {
    const { body } = draft;
    if (body.kind === 'ping-node') {
      if (this.pings.get(body.node) === body.status) return;
      this.pings.set(body.node, body.status);
    }
    for (const news of this.view.note(draft)) this.publish(news, at);
  }

  /** Observes until stopped, or until the daemon runs on other files. */
  async run(): Promise<ObserverEnd> {
    const lock = await takeLock(this.places.stateDir);
    if (!lock.ok) {
      process.stderr.write(`twinbeat-agent: ${lock.detail}\n`);
      return EXIT.alreadyRunning;
    }
    // A terminal that went away is no reason to end.
    process.stderr.on('error', () => undefined);
    const text = `Observing heartbeat (twinbeat-agent ${VERSION}): log ${this.log.name}`;
    this.publish({ severity: 'info', body: { kind: 'log', text } });
    for (const warning of this.setup.warnings) {
      this.publish({ severity: 'warn', body: { kind: 'log', text: warning } });
    }
    await this.faults.replay();
    const rpc = await listenRpc(this.places.runDir, observerHost(this));
    writeFileSync(join(this.places.runDir, 'agent.pid'), `${process.pid}\n`);
    this.vips.watch();
    this.sampleEvery(this.samples.periodMs);
    this.housekeep();
    this.look();
    try {
      return await this.ended;
    } finally {
      this.cancelLook();
      this.cancelSample();
      this.vips.stop();
      this.capture?.close();
      this.log.close();
      rpc.close();
      this.faults.close();
      rmSync(join(this.places.runDir, 'agent.pid'), { force: true });
      this.journal.close();
      lock.value.close();
    }
  }

  /** Ends observing. The daemon does not notice. */
  stop(): void {
    this.resolveEnd(EXIT.ok);
  }

  /** Reads authkeys again, for what is captured from now on. */
  reload(): { readonly accepted: boolean; readonly detail: string } {
    this.authkeysMtimeMs = this.mtimeOfAuthkeys();
    return this.keys.reload();
  }

  private look(): void {
    const due = plusMs(monotonicNow(), LOOK_MS);
    this.cancelLook = realTimers.after(LOOK_MS, () => {
      this.lateness.ran(due, monotonicNow());
      this.round += 1;
      // In this order: what the log says is about the packets before it, and by the daemon that runs.
      this.daemon.lookAtProcess();
      for (const captured of this.capture?.drain(monotonicNow()) ?? []) this.packets.take(captured);
      this.news.poll();
      if (this.round % ADDRESSES_EVERY === 0) this.addresses.look();
      if (this.story.busy) this.settle();
      if (this.round % DAEMON_EVERY === 0) this.lookAtDaemon();
      if (this.round % HOUSEKEEPING_EVERY === 0) this.housekeep();
      this.look();
    });
  }

  /** What ended without a word: seen as soon as it can be, because it is measured. */
  private settle(): void {
    const isAlive = (pid: number): boolean => readStat('/proc', pid) !== null;
    for (const draft of this.story.settle(isAlive, monotonicNow())) this.tell(draft);
  }

  private lookAtDaemon(): void {
    const now = monotonicNow();
    const pid = this.daemon.state.master?.pid;
    // A daemon that was started again may run on other files: what it says is told from them, and soon.
    if (pid !== undefined && pid !== this.startedWithPid) {
      this.log.save();
      this.followFiles();
    }
    this.daemon.tick();
    this.packets.tick(now);
    for (const draft of this.view.tick(now)) this.publish(draft);
    void this.learnVersion();
  }

  private housekeep(): void {
    const interfaces = this.kernel.interfaces();
    this.capture?.refresh(interfaces);
    this.packets.refresh(interfaces, this.kernel.addresses());
    this.conditions.set('capture-unavailable', this.captureProblem(), 'warn');
    this.conditions.set('log-unavailable', this.logProblem(), 'warn');
    const silence = this.daemon.silence;
    this.conditions.set('cl-status-unavailable', silence, 'warn');
    this.faults.check();
    this.journal.probe();
    this.log.save();
    if (this.authkeysMtimeMs !== this.mtimeOfAuthkeys()) this.reload();
    this.followFiles();
  }

  /** Why packets cannot be seen, or null. */
  captureProblem(): string | null {
    if (this.capture === null) return `raw packets cannot be had: ${this.libcProblem ?? ''}`;
    const links = this.setup.ha.links.flatMap((link) => (link.medium === 'serial' ? [] : [link.iface]));
    const found = [...new Set(links)].flatMap((iface) => {
      const problem = this.capture?.problem(iface) ?? null;
      return problem === null ? [] : [`${iface}: ${problem}`];
    });
    return found.length === 0 ? null : found.join('; ');
  }

  /** Why the log cannot be read, or null. */
  logProblem(): string | null {
    const problem = this.log.problem();
    return problem === null ? null : `the log cannot be followed: ${problem}`;
  }

  /** Why a link's own end does not work, as far as that can be seen without touching it. */
  linkProblem(link: LinkConfig): string | null {
    if (link.medium === 'serial') return null;
    const found = this.kernel.interfaces().find(({ name }) => name === link.iface);
    if (found === undefined) return `there is no interface ${link.iface}`;
    if (!found.up) return `${link.iface} is down`;
    if (!found.carrier) return `${link.iface}: no carrier (cable out, or the other end is down)`;
    return this.capture?.problem(link.iface) ?? this.packets.problemOf(link.name);
  }

  /** The daemon reads its files at a start of its own; so do we, then. */
  private followFiles(): void {
    const pid = this.daemon.state.master?.pid ?? null;
    if (this.startedWithPid === undefined) this.startedWithPid = pid;
    const changed = changedSince(this.setup, this.places.configDir);
    const text =
      changed.length === 0
        ? null
        : `${changed.join(', ')} changed since heartbeat read it: it counts from its next start`;
    this.conditions.set('config-changed', text, 'warn');
    if (pid === this.startedWithPid || pid === null) return;
    this.startedWithPid = pid;
    if (changed.length > 0 && readSetup(this.places.configDir, this.setup.node).ok) this.resolveEnd('again');
  }

  private async learnVersion(): Promise<void> {
    const { master } = this.daemon.state;
    const program = master === null || this.versionOf === master.pid ? null : programOf(master.pid);
    if (master === null || program === null) return;
    this.versionOf = master.pid;
    const said = await runBounded(program, ['-V'], VERSION_MS_MAX);
    this.daemonVersion = said.ok ? (/^\S+/.exec(said.value)?.[0] ?? null) : null;
  }

  private mtimeOfAuthkeys(): number | null {
    try {
      return statSync(join(this.places.configDir, 'authkeys')).mtimeMs;
    } catch {
      return null;
    }
  }

  private sampleEvery(periodMs: number | null): void {
    this.cancelSample();
    if (periodMs === null) return;
    let due = plusMs(monotonicNow(), periodMs);
    const next = (): void => {
      this.cancelSample = realTimers.after(elapsedMs(monotonicNow(), due), () => {
        this.takeSample();
        // Absolute schedule: a late sample does not delay the ones after it.
        while (due.monotonicMs <= monotonicNow().monotonicMs) due = plusMs(due, periodMs);
        next();
      });
    };
    next();
  }

  private takeSample(): void {
    const sample = this.view.sample(
      monotonicNow(),
      this.vips.held(),
      this.lateness.takeMaxMs(),
      this.packets.arrivals.take(),
    );
    this.arrivals.take(sample);
    this.samples.push(sample);
  }
}
