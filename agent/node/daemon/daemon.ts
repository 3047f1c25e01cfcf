/** The daemon: one setup, life after life, with everything around the heartbeat thread that must not disturb it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { AgentSample } from '../../common/rpc/agentContract.ts';
import type { EventDraft } from '../../common/timeline/event.ts';
import { EXIT, type ExitStatus } from '../command/exitStatus.ts';
import { Faults } from '../faults/faults.ts';
import type { TimedDraft } from '../heartbeat/messages.ts';
import { isDeviceHere, stonithLineFor } from '../fencing/choose.ts';
import type { Fencing } from '../fencing/fencing.ts';
import { HeartbeatThread } from '../heartbeat/remote.ts';
import { bootId, monotonicNow } from '../host/clock.ts';
import { openLan } from '../host/lan.ts';
import { openLibc } from '../host/libc.ts';
import { MAIN_SCRIPT } from '../host/natives.ts';
import { openNetKernel, type NetKernel } from '../host/netKernel.ts';
import { realTimers } from '../host/timers.ts';
import { realWatchdogs } from '../host/watchdog.ts';
import type { HaLog } from '../journal/haLog.ts';
import { Journal } from '../journal/journal.ts';
import { ArrivalLog } from '../observe/arrivalLog.ts';
import { SampleHub } from '../observe/sampleHub.ts';
import { toAgentSample } from '../observe/status.ts';
import { AddressGuard } from '../resources/addressGuard.ts';
import { vipsOf, type Groups } from '../resources/groups.ts';
import { Upkeep } from '../resources/upkeep.ts';
import { Vips, type GroupVip } from '../resources/vips.ts';
import { listenRpc } from '../rpc/listen.ts';
import { daemonHost } from '../rpc/service.ts';
import { takeIdentity } from '../state/identity.ts';
import { ConfigFindings, findingsOf } from './configFindings.ts';
import { Keys } from './keys.ts';
import { Life, type LifeEnd, type ProtectionMessage } from './life.ts';
import { releaseLeftovers } from './leftovers.ts';
import { takeLock } from './lock.ts';
import { openHaLog } from './logs.ts';
import { openFencing, openGroups, routesText, scriptDirs } from './open.ts';
import { OwnProblems } from './ownProblems.ts';
import { PresentProblems } from './problems.ts';
import { Protection } from './protection.ts';
import { Respawn } from './respawn.ts';
import { changedSince, engineConfigOf, scriptEnvironment, type Setup } from './setup.ts';
import { StartNotes } from './startNotes.ts';
import { VERSION } from './version.ts';

export interface DaemonPlaces {
  readonly configDir: string;
  readonly stateDir: string;
  readonly runDir: string;
}

/** How often what reaches the disk and the groups' record is looked at when nothing happens. */
const HOUSEKEEPING_MS = 1000;
/** How often the heartbeat thread hands over what has arrived while nobody samples, milliseconds. */
const REMEMBER_PERIOD_MS = 2000;
/** How often it is looked whether what ha.cf and haresources name is there, in rounds of housekeeping. */
const FINDINGS_EVERY = 30;

export class Daemon {
  readonly setup: Setup;
  readonly places: DaemonPlaces;
  readonly journal: Journal;
  readonly problems = new PresentProblems();
  readonly kernel: NetKernel;
  readonly vips: Vips;
  readonly groups: Groups;
  readonly faults: Faults;
  readonly protection: Protection;
  readonly keys: Keys;
  /** Null: ha.cf names no stonith device for this node. */
  readonly fencing: Fencing | null;
  readonly samples: SampleHub;
  readonly arrivals = new ArrivalLog();
  /** The present life; null between two of them. */
  life: Life | null = null;
  private readonly findings: ConfigFindings;
  private readonly startNotes = new StartNotes((line) => process.stderr.write(line));
  private readonly haLog: HaLog;
  private readonly respawn: Respawn;
  private readonly upkeep: Upkeep;
  private readonly guard: AddressGuard;
  private readonly ownProblems: OwnProblems;
  private stopWanted = false;
  private cancelSilence: () => void = () => undefined;
  private cancelHousekeeping: () => void = () => undefined;

  /** Makes the directories; throws only what a missing permission throws (the caller turns it into an exit status). */
  constructor(setup: Setup, places: DaemonPlaces) {
    this.setup = setup;
    this.places = places;
    mkdirSync(places.runDir, { recursive: true, mode: 0o755 });
    this.journal = new Journal(places.stateDir, setup.node, {
      bootId: bootId(),
      now: monotonicNow,
      wallMs: () => Date.now(),
    });
    const loaded = openLibc();
    const libc = loaded.ok ? loaded.value : null;
    // Not through `publish`: that writes to the log.
    this.haLog = openHaLog(setup, libc, (draft) => this.problems.take(this.journal.append(draft)));
    const publish = (draft: EventDraft): void => this.publish(draft);
    this.ownProblems = new OwnProblems(places.stateDir, publish);
    if (!loaded.ok) {
      const body = { kind: 'problem', code: 'raw-calls-unavailable', over: false, detail: loaded.detail } as const;
      publish({ severity: 'warn', body });
    }
    this.kernel = openNetKernel(libc);
    this.protection = new Protection({ ha: setup.ha, watchdogs: realWatchdogs(libc), publish });
    this.keys = new Keys(setup.keyring, {
      configDir: places.configDir,
      publish,
      apply: (keyring) => this.life?.send({ kind: 'keys', keyring }),
    });
    this.vips = new Vips(vipsOf(setup.groups), {
      kernel: this.kernel,
      lan: openLan(libc),
      timers: realTimers,
      now: monotonicNow,
      routesText,
      publish,
      secondHolder: (vip, mac) => this.tellSecondHolder(vip, mac),
    });
    const environment = scriptEnvironment(setup, places.configDir);
    const around = { environment, publish, resetNode: (why: string) => this.resetNode(why) };
    this.respawn = new Respawn(setup.ha.respawn, { timers: realTimers, now: monotonicNow, ...around });
    this.groups = openGroups(setup, places, { vips: this.vips, ...around });
    this.upkeep = new Upkeep({
      vips: this.vips,
      timers: realTimers,
      stateOf: (group) => this.groups.stateOf(group),
      publish,
    });
    this.guard = new AddressGuard({
      runDir: places.runDir,
      addresses: vipsOf(setup.groups).map((vip) => vip.spec.address),
      timers: realTimers,
      guarded: (problem) => this.ownProblems.guard(problem),
    });
    this.faults = new Faults({
      setup,
      places,
      vips: this.vips,
      kernel: this.kernel,
      timers: realTimers,
      now: monotonicNow,
      publish,
      watchdog: () => this.protection.report().find(({ what }) => what === 'watchdog')?.state ?? 'off',
    });
    this.findings = new ConfigFindings(() => findingsOf(setup, scriptDirs(places)), publish);
    this.fencing = openFencing(setup, places, publish);
    // Also when no console looks: what deadtime should be is read from days, not from the minutes of a visit.
    this.samples = new SampleHub((periodMs) => this.life?.send({ kind: 'sampling', periodMs }), REMEMBER_PERIOD_MS);
  }

  /** Journals one event, writes its log line. */
  publish(draft: EventDraft, at = monotonicNow()): void {
    const event = this.journal.append(draft, at);
    this.problems.take(event);
    this.startNotes.take(event);
    this.haLog.write(event);
    this.ownProblems.journal(this.journal.problem);
    // Before it is needed, and when the peer's state is just becoming known: what the real daemon does at this moment.
    if (draft.body.kind === 'local-status' && draft.body.status === 'active') {
      this.fencing?.check();
      void this.respawn.start();
    }
  }

  /** Runs until stopped; resolves to the process's exit status. */
  async run(): Promise<ExitStatus> {
    const lock = await takeLock(this.places.stateDir);
    if (!lock.ok) {
      process.stderr.write(`twinbeat-agent: ${lock.detail}\n`);
      return EXIT.alreadyRunning;
    }
    // A terminal that went away is no reason to end.
    process.stderr.on('error', () => undefined);
    process.on('SIGTERM', () => this.stop());
    process.on('SIGINT', () => this.stop());
    process.on('SIGHUP', () => this.reload());
    this.publish({
      severity: 'info',
      body: { kind: 'log', text: `Configuration validated. Starting heartbeat ${VERSION} (twinbeat)` },
    });
    this.tellConfiguration();
    await this.faults.replay();
    const diedS = this.guard.earlierDeath();
    if (diedS !== null) {
      const text = `The agent before this one was killed; its addresses were removed at ${new Date(diedS * 1000).toISOString()}`;
      this.publish({ severity: 'warn', body: { kind: 'log', text } });
    }
    if (!(await this.releaseLeftovers())) {
      process.stderr.write('twinbeat-agent: cannot release what an earlier run left behind; not started\n');
      return EXIT.leftovers;
    }
    await this.guard.start();
    const rpc = await listenRpc(this.places.runDir, daemonHost(this));
    writeFileSync(join(this.places.runDir, 'agent.pid'), `${process.pid}\n`);
    this.vips.watch();
    this.upkeep.start();
    this.housekeep();
    try {
      return await this.liveOn();
    } finally {
      this.cancelHousekeeping();
      this.upkeep.stop();
      this.vips.stop();
      // With an address left that did not go, the guard is left as well: it tries once more when this process ends.
      if (this.vips.held().length === 0) await this.guard.dismiss();
      rpc.close();
      this.fencing?.close();
      this.faults.close();
      rmSync(join(this.places.runDir, 'agent.pid'), { force: true });
      this.journal.close();
      this.haLog.close();
      lock.value.close();
    }
  }

  /** What is odd about the files, and what they name that this node does not have. */
  private tellConfiguration(): void {
    for (const text of this.setup.warnings) {
      this.startNotes.say(text);
      this.publish({ severity: 'warn', body: { kind: 'log', text } });
    }
    this.findings.check();
    const line = stonithLineFor(this.setup.ha, this.setup.node);
    // Its answer is known already; any other device is asked when the node is active.
    if (line !== null && !isDeviceHere(line, this.places.configDir)) this.fencing?.check();
  }

  /** Asks for a graceful stop: everything is released and the peer told, then `run` resolves. */
  stop(): void {
    this.stopWanted = true;
    this.cancelSilence();
    this.life?.send({ kind: 'stop' });
  }

  /**
   * Reads authkeys again, at once and without interruption. The other files wait for a restart, which moves resources: that
   * is an operator's decision, and the real daemon's restart on a changed ha.cf has surprised many.
   */
  reload(): { readonly accepted: boolean; readonly detail: string } {
    for (const file of changedSince(this.setup, this.places.configDir)) {
      const text = `${file} has changed since the start: that takes effect at a restart`;
      this.publish({ severity: 'warn', body: { kind: 'log', text } });
    }
    return this.keys.reload();
  }

  /** Last resort of a failing process: gives the addresses up at once, without scripts. Never throws. */
  abandonAddresses(): void {
    for (const vip of vipsOf(this.setup.groups)) this.vips.release(vip);
  }

  /** Has the watchdog reset this node: nothing else makes sure that what does not stop has stopped. False: it cannot. */
  resetNode(reason: string): boolean {
    if (this.protection.starve(reason)) {
      this.life?.send({ kind: 'watchdog', fd: null });
      return true;
    }
    const text = `This node should be reset and has no watchdog that would: ${reason}`;
    this.publish({ severity: 'crit', body: { kind: 'log', text } });
    return false;
  }

  /** Only of a group that the engine runs: an address that is here without its group is a stray, and is removed. */
  private tellSecondHolder({ group, spec }: GroupVip, mac: string): void {
    if (this.groups.stateOf(group) !== 'started') return;
    this.life?.send({ kind: 'second-holder', address: spec.address, group, mac });
  }

  private async liveOn(): Promise<ExitStatus> {
    for (;;) {
      const end = await this.live();
      if (end.kind === 'exit') return EXIT.ok;
      if (end.kind === 'died') {
        process.stderr.write(`twinbeat-agent: the heartbeat thread died: ${end.why}\n`);
        this.publish({ severity: 'crit', body: { kind: 'log', text: `heartbeat thread died: ${end.why}` } });
        // Addresses first: nobody guards them any more, and a script may take its time.
        this.abandonAddresses();
        await this.groups.release(this.setup.groups.map((group) => group.key));
        await this.respawn.stop();
        return EXIT.internal;
      }
      if (!this.stopWanted) await this.silence(end.afterMs);
      if (this.stopWanted) return EXIT.ok;
      if (!(await this.releaseLeftovers())) return EXIT.leftovers;
    }
  }

  private async live(): Promise<LifeEnd> {
    const wallSeconds = Math.floor(Date.now() / 1000);
    const { stateDir, runDir } = this.places;
    const identity = takeIdentity({ stateDir, runDir, method: this.setup.ha.hbgenmethod, wallSeconds });
    this.ownProblems.identity(identity.problem);
    this.publish({ severity: 'info', body: { kind: 'log', text: `Heartbeat generation: ${identity.generation}` } });
    const setup = {
      role: 'heartbeat',
      engine: engineConfigOf(this.setup, identity, randomInt(0x1_0000_0000)),
      links: this.setup.ha.links,
      pingNodes: this.setup.ha.pingNodes,
      keyring: this.keys.keyring,
      logBadpack: this.setup.ha.logBadpack,
      realtime: { wanted: this.setup.ha.realtime, priority: this.setup.ha.rtprio },
    } as const;
    const life = new Life({
      groups: this.groups,
      fencing: this.fencing,
      timers: realTimers,
      deadtimeMs: this.setup.ha.deadtimeMs,
      startThread: (listener) => new HeartbeatThread(setup, MAIN_SCRIPT, realTimers, listener),
      publish: (drafts: readonly TimedDraft[]) => {
        for (const { draft, at } of drafts) this.publish(draft, at);
      },
      sample: (sample) => this.takeSample(toAgentSample(sample, this.vips.held())),
      protection: (message) => this.noteProtection(message),
    });
    this.life = life;
    life.send({ kind: 'sampling', periodMs: this.samples.periodMs });
    // A stop that was asked for between two lives.
    if (this.stopWanted) life.send({ kind: 'stop' });
    const end = await life.end;
    await life.close();
    this.life = null;
    // A thread that died was not closed: with nobody to say what is still held, the watchdog has its way.
    if (end.kind === 'died') return end;
    this.protection.disarm();
    await this.respawn.stop();
    return end;
  }

  private takeSample(sample: AgentSample): void {
    this.arrivals.take(sample);
    this.samples.push(sample);
  }

  /** The countdown begins only now: opening the links may take longer than it does. */
  private noteProtection(message: ProtectionMessage): void {
    if (message.kind === 'realtime') this.protection.noteRealtime(message.got);
    else if (message.kind === 'watchdog-failed') this.protection.noteFeedFailure(message.detail);
    else {
      const fd = this.protection.arm();
      if (fd !== null) this.life?.send({ kind: 'watchdog', fd });
    }
  }

  private silence(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = realTimers.after(ms, resolve);
      this.cancelSilence = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Before the first packet. False: an address does not go. */
  private releaseLeftovers(): Promise<boolean> {
    return releaseLeftovers(this.groups, this.vips, (draft) => this.publish(draft));
  }

  private housekeep(round = 1): void {
    this.cancelHousekeeping = realTimers.after(HOUSEKEEPING_MS, () => {
      this.faults.check();
      this.journal.probe();
      this.ownProblems.journal(this.journal.problem);
      if (round % FINDINGS_EVERY === 0) this.findings.check();
      this.housekeep(round + 1);
    });
  }
}
