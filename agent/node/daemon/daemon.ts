/** The daemon: one setup, life after life, with everything around the heartbeat thread that must not disturb it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { EventDraft } from '../../common/timeline/event.ts';
import { EXIT, type ExitStatus } from '../command/exitStatus.ts';
import { Faults } from '../faults/faults.ts';
import type { TimedDraft } from '../heartbeat/messages.ts';
import { HeartbeatThread } from '../heartbeat/remote.ts';
import { bootId, monotonicNow } from '../host/clock.ts';
import { openLan } from '../host/lan.ts';
import { openLibc } from '../host/libc.ts';
import { MAIN_SCRIPT } from '../host/natives.ts';
import { openNetKernel, type NetKernel } from '../host/netKernel.ts';
import { realTimers, sleep } from '../host/timers.ts';
import { HaLog } from '../journal/haLog.ts';
import { Journal } from '../journal/journal.ts';
import { SampleHub } from '../observe/sampleHub.ts';
import { toAgentSample } from '../observe/status.ts';
import { Groups, STOP_TRIES_MAX, vipsOf } from '../resources/groups.ts';
import { fileRecord } from '../resources/record.ts';
import { RealScripts, UNIT_DIRS } from '../resources/scripts.ts';
import { Vips } from '../resources/vips.ts';
import { listenRpc } from '../rpc/listen.ts';
import { takeIdentity } from '../state/identity.ts';
import { Life, type LifeEnd } from './life.ts';
import { takeLock } from './lock.ts';
import { PresentProblems } from './problems.ts';
import { engineConfigOf, type Setup } from './setup.ts';
import { VERSION } from './version.ts';

export interface DaemonPlaces {
  readonly configDir: string;
  readonly stateDir: string;
  readonly runDir: string;
}

/** Heartbeat's own default log file, used when ha.cf names none. */
const LOGFILE_DEFAULT = '/var/log/ha-log';
/** How often a release of leftovers is tried before giving up the start. */
const LEFTOVER_TRIES_MAX = 3;
/** How often what reaches the disk and the groups' record is looked at when nothing happens. */
const HOUSEKEEPING_MS = 1000;

function routesText(): string {
  try {
    return readFileSync('/proc/net/route', 'latin1');
  } catch {
    return '';
  }
}

export class Daemon {
  readonly setup: Setup;
  readonly places: DaemonPlaces;
  readonly journal: Journal;
  readonly problems = new PresentProblems();
  readonly kernel: NetKernel;
  readonly vips: Vips;
  readonly groups: Groups;
  readonly faults: Faults;
  readonly samples: SampleHub;
  /** The present life; null between two of them. */
  life: Life | null = null;
  private readonly haLog: HaLog;
  private stopWanted = false;
  private cancelSilence: () => void = () => undefined;
  private stateProblem: string | null = null;
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
    const linkNames = new Map(setup.ha.links.map((link) => [link.id, link.name]));
    const names = { self: setup.node, peer: setup.peer, linkNames };
    this.haLog = new HaLog(setup.ha.logfile ?? LOGFILE_DEFAULT, names, (problem) => {
      // Not through `publish`: that writes to the log file.
      const body = {
        kind: 'problem',
        code: 'log-not-writable',
        over: problem === null,
        detail: problem ?? 'log file',
      } as const;
      this.problems.take(this.journal.append({ severity: problem === null ? 'info' : 'warn', body }));
    });
    const libc = openLibc();
    if (!libc.ok)
      this.publish({
        severity: 'warn',
        body: { kind: 'problem', code: 'raw-calls-unavailable', over: false, detail: libc.detail },
      });
    this.kernel = openNetKernel(libc.ok ? libc.value : null);
    const publish = (draft: EventDraft): void => this.publish(draft);
    this.vips = new Vips(vipsOf(setup.groups), {
      kernel: this.kernel,
      lan: openLan(libc.ok ? libc.value : null),
      timers: realTimers,
      now: monotonicNow,
      routesText,
      publish,
    });
    const dirs = { configDir: places.configDir, initDir: '/etc/init.d', unitDirs: UNIT_DIRS, runDir: places.runDir };
    const environment = { HA_CURHOST: setup.node, HA_CF: join(places.configDir, 'ha.cf'), ...setup.ha.environment };
    this.groups = new Groups(setup.groups, {
      vips: this.vips,
      scripts: new RealScripts(dirs, realTimers, environment),
      record: fileRecord([join(places.stateDir, 'held-groups'), join(places.runDir, 'held-groups')]),
      timers: realTimers,
      stopTriesMax: STOP_TRIES_MAX,
      now: monotonicNow,
      publish,
    });
    this.faults = new Faults({
      setup,
      places,
      vips: this.vips,
      kernel: this.kernel,
      timers: realTimers,
      now: monotonicNow,
      publish,
    });
    this.samples = new SampleHub((periodMs) => this.life?.send({ kind: 'sampling', periodMs }));
  }

  /** Journals one event, writes its log line. */
  publish(draft: EventDraft, at = monotonicNow()): void {
    const event = this.journal.append(draft, at);
    this.problems.take(event);
    this.haLog.write(event);
    this.noteJournalProblem();
  }

  /** Runs until stopped; resolves to the process's exit status. */
  async run(): Promise<ExitStatus> {
    const lock = await takeLock(this.places.stateDir);
    if (!lock.ok) {
      process.stderr.write(`twinbeat-agent: ${lock.detail}\n`);
      return EXIT.alreadyRunning;
    }
    process.on('SIGTERM', () => this.stop());
    process.on('SIGINT', () => this.stop());
    process.on('SIGHUP', () => undefined);
    this.publish({
      severity: 'info',
      body: { kind: 'log', text: `Configuration validated. Starting heartbeat ${VERSION} (twinbeat)` },
    });
    for (const text of this.setup.warnings) this.publish({ severity: 'warn', body: { kind: 'log', text } });
    await this.faults.replay();
    if (!(await this.releaseLeftovers())) {
      process.stderr.write('twinbeat-agent: cannot release what an earlier run left behind; not started\n');
      return EXIT.leftovers;
    }
    const rpc = await listenRpc(this);
    writeFileSync(join(this.places.runDir, 'agent.pid'), `${process.pid}\n`);
    this.vips.watch();
    this.housekeep();
    try {
      return await this.liveOn();
    } finally {
      this.cancelHousekeeping();
      this.vips.stop();
      rpc.close();
      this.faults.close();
      rmSync(join(this.places.runDir, 'agent.pid'), { force: true });
      this.journal.close();
      lock.value.close();
    }
  }

  /** Asks for a graceful stop: everything is released and the peer told, then `run` resolves. */
  stop(): void {
    this.stopWanted = true;
    this.cancelSilence();
    this.life?.send({ kind: 'stop' });
  }

  /** Last resort of a failing process: gives the addresses up at once, without scripts. Never throws. */
  abandonAddresses(): void {
    for (const vip of vipsOf(this.setup.groups)) this.vips.release(vip);
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
    this.noteIdentityProblem(identity.problem);
    this.publish({ severity: 'info', body: { kind: 'log', text: `Heartbeat generation: ${identity.generation}` } });
    const setup = {
      role: 'heartbeat',
      engine: engineConfigOf(this.setup, identity, randomInt(0x1_0000_0000)),
      links: this.setup.ha.links,
      keyring: this.setup.keyring,
      logBadpack: this.setup.ha.logBadpack,
    } as const;
    const life = new Life({
      groups: this.groups,
      timers: realTimers,
      deadtimeMs: this.setup.ha.deadtimeMs,
      startThread: (listener) => new HeartbeatThread(setup, MAIN_SCRIPT, realTimers, listener),
      publish: (drafts: readonly TimedDraft[]) => {
        for (const { draft, at } of drafts) this.publish(draft, at);
      },
      sample: (sample) => this.samples.push(toAgentSample(sample, this.vips.held())),
    });
    this.life = life;
    life.send({ kind: 'sampling', periodMs: this.samples.periodMs });
    // A stop that was asked for between two lives.
    if (this.stopWanted) life.send({ kind: 'stop' });
    const end = await life.end;
    await life.close();
    this.life = null;
    return end;
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

  /** Before the first packet: a killed daemon leaves its address behind, and both nodes would answer for it. */
  private async releaseLeftovers(): Promise<boolean> {
    for (let tries = 0; tries < LEFTOVER_TRIES_MAX; tries++) {
      const keys = this.groups.leftovers();
      if (keys.length === 0) return true;
      this.publish({
        severity: 'warn',
        body: { kind: 'log', text: `Releasing what an earlier run left behind: ${keys.join(', ')}` },
      });
      const released = await this.groups.release(keys);
      if (released.ok && this.groups.leftovers().length === 0) return true;
      if (!released.ok)
        this.publish({ severity: 'error', body: { kind: 'log', text: `Leftovers remain: ${released.detail}` } });
      await sleep(realTimers, 1000);
    }
    // A script that does not stop is reported and left; an address that does not go is a reason not to start.
    return this.vips.held().length === 0;
  }

  private noteIdentityProblem(problem: { readonly code: string; readonly detail: string } | null): void {
    if (problem !== null) this.sayState(problem.code, problem.detail);
  }

  /** The journal reports a full disk by its own state, because reporting it by an event would have to be written. */
  private noteJournalProblem(): void {
    const { problem } = this.journal;
    if (problem !== null) this.sayState(problem.code, problem.detail);
    else if (this.stateProblem !== null) {
      const code = this.stateProblem;
      this.stateProblem = null;
      this.publish({
        severity: 'info',
        body: { kind: 'problem', code, over: true, detail: `${this.places.stateDir} can be written again` },
      });
    }
  }

  private sayState(code: string, detail: string): void {
    if (this.stateProblem !== null) return;
    this.stateProblem = code;
    this.publish({ severity: 'error', body: { kind: 'problem', code, over: false, detail } });
  }

  private housekeep(): void {
    this.cancelHousekeeping = realTimers.after(HOUSEKEEPING_MS, () => {
      this.faults.check();
      this.journal.probe();
      this.noteJournalProblem();
      this.housekeep();
    });
  }
}
