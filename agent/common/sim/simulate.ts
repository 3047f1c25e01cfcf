/** One random run: a phase with faults, then everything is healed, and the pair must serve, settle and stay settled. */
import { AssertionFailure } from '../base/assert.ts';
import { SeededRandom } from '../base/random.ts';
import { AnswerChecker } from './answers.ts';
import { Attacker } from './attacker.ts';
import { AvailabilityChecker, ConvergenceChecker, SeniorityChecker, ServiceMeter } from './checkers.ts';
import type { Violation } from './checkers.ts';
import { Cluster } from './cluster.ts';
import type { ClusterOptions, FencePlan } from './cluster.ts';
import { drawOptions } from './draw.ts';
import { healAll, inject } from './faults.ts';
import type { Fault, FaultTargets, PlannedFault } from './faults.ts';
import { HonestyChecker } from './honesty.ts';
import { KeyAlarmChecker } from './keyAlarm.ts';
import { KeyGate, KeyModel } from './keys.ts';
import { Moments } from './moments.ts';
import { commandBoundMs } from './options.ts';
import type { Profile, SimOptions } from './options.ts';
import { OwnershipChecker } from './ownership.ts';
import type { SplitBrainWindow } from './ownership.ts';
import { PrudenceChecker } from './prudence.ts';
import { Hearsay } from './told.ts';
import { ViewChecker } from './views.ts';

export interface Outcome {
  readonly options: SimOptions;
  readonly violations: readonly Violation[];
  /** Every event of both nodes and every fault, as text; empty unless asked for. */
  readonly timeline: readonly string[];
  /** Times in which a group ran on both nodes, each with its excuse. */
  readonly windows: readonly SplitBrainWindow[];
  /** Longest time that a group ran nowhere after everything was healed, milliseconds. */
  readonly unservedMs: number;
  /** The same after one node lost its power at the end; null when that was not tried. */
  readonly failoverMs: number | null;
  /** Length of the run in virtual time. */
  readonly virtualMs: number;
}

/** The real heartbeat's settle deadline and our longest grace together; no wait of the engine is longer. */
const ENGINE_WAIT_MAX_MS = 15_000;

/** Nothing may happen for this long, and a deadtime, before a pair counts as settled: longer than any retry of the engine. */
const CALM_MS = 1500;

/** The same when something could not be started or stopped: a stop is tried again every five seconds when somebody waits for it. */
const STUCK_CALM_MS = 5500;
const STOP_RETRY_MS = 5000;

/** Deadtimes without a fault in which a settled pair must not move anything: longer than a node may be silent. */
const QUIET_DEADTIMES = 1.2;

/** From a takeover's decision to its command: wake-up, events of the same moment. */
const REACTION_MS = 500;

/** Reports lost on the way, each repeated after a retransmission request: rarely more than a handful. */
const LOST_REPORTS_MS = 4000;

/** A stop may fail, and is then tried again. */
function mayStick(options: SimOptions): boolean {
  return options.releaseFails > 0 || options.hangs > 0;
}

/** By group: the life (generation) of each node whose last try to start it, or to stop it, failed. */
type Attempts = Map<string, Map<number, number>>;

class Run implements FaultTargets {
  readonly options: SimOptions;
  readonly cluster: Cluster;
  readonly keys: KeyModel | null;
  readonly attacker: Attacker | null = null;
  readonly moments: Moments;
  readonly timeline: string[] = [];
  readonly ownership: OwnershipChecker;
  readonly service: ServiceMeter;
  healed = false;
  /** One node has lost its power for good, so a reset does not bring it back. */
  private dying = false;
  failoverMs: number | null = null;
  unservedMs = 0;
  private readonly wantsTimeline: boolean;
  /** What was promised is judged by these. */
  private readonly checkers: { readonly violations: readonly Violation[] }[] = [];
  private readonly alarms: KeyAlarmChecker | null = null;
  private readonly views: ViewChecker;
  private readonly convergence: ConvergenceChecker;
  private readonly availability: AvailabilityChecker | null;
  private readonly failedOn: Attempts = new Map();
  private readonly stuckOn: Attempts = new Map();
  private readonly broken: Violation[] = [];

  constructor(options: SimOptions, wantsTimeline: boolean) {
    this.options = options;
    this.wantsTimeline = wantsTimeline;
    const { seed, deadtimeMs, profile } = options;
    this.cluster = new Cluster(this.clusterOptions());
    const method = new SeededRandom(seed).pick(['md5', 'sha1', 'sha256'] as const);
    this.keys = profile === 'keys' ? new KeyModel(method) : null;
    this.moments = new Moments(this.cluster);
    const hearsay = new Hearsay(this.cluster);
    const workMs = 4 * commandBoundMs(options);
    // A stop that fails twice is tried again five seconds later, and again.
    const stuckMs = mayStick(options) ? 2 * STOP_RETRY_MS + workMs : 0;
    this.checkers.push(
      new HonestyChecker(this.cluster),
      new PrudenceChecker(this.cluster, hearsay, workMs + stuckMs),
      new AnswerChecker(this.cluster),
    );
    if (this.keys !== null) {
      this.alarms = new KeyAlarmChecker(this.cluster, hearsay);
      const gate = new KeyGate(this.cluster, this.keys, this.alarms);
      this.attacker = new Attacker(this.cluster, this.keys, gate);
      this.checkers.push(this.alarms, gate);
    }
    this.ownership = new OwnershipChecker(this.cluster, {
      // Detection by the slower side, a release queued behind a start, and a report repeated after losses.
      boundMs: deadtimeMs + workMs + LOST_REPORTS_MS + stuckMs,
      // A deadtime until the account of the other counts, one in which it says that it hears nothing; then a start and a stop.
      oneWayBoundMs: 2 * deadtimeMs + workMs / 2 + REACTION_MS + stuckMs,
      never: options.fencing !== null,
      // deadping, then deadtime for the side that still heard the other, then the release.
      blindBoundMs: options.takeoverRequires.includes('reference')
        ? 2 * deadtimeMs + workMs + REACTION_MS + stuckMs
        : null,
      isStuck: (group) => this.isStuck(group),
      keys: this.keys,
    });
    this.service = new ServiceMeter(this.cluster);
    this.convergence = new ConvergenceChecker(this.cluster);
    this.availability =
      profile === 'splits' ? new AvailabilityChecker(this.cluster, 2 * options.commandMaxMs + 500) : null;
    this.views = new ViewChecker(this.cluster);
    this.checkers.push(this.ownership, this.convergence, this.views);
    if (this.availability !== null) this.checkers.push(this.availability, new SeniorityChecker(this.cluster));
    this.cluster.observe({
      event: (node, { severity, body }) => {
        if (this.wantsTimeline) this.log(`node${node + 1} ${severity} ${JSON.stringify(body)}`);
      },
      command: (node, command) => {
        if (this.wantsTimeline) this.log(`node${node + 1} > ${JSON.stringify(command)}`);
      },
      fenced: (node) => this.log(`FENCED node${node + 1}`),
    });
  }

  private clusterOptions(): ClusterOptions {
    const { options } = this;
    const { pingNodes, ipfail, takeoverRequires, fencing, deadtimeMs } = options;
    return {
      ...options,
      names: ['node1', 'node2'],
      safety: {
        pingNodes,
        deadpingMs: deadtimeMs,
        ipfail,
        fencingDevice: fencing === null ? null : 'external/sim',
        takeoverRequires,
      },
      plan: (node, command, wanted, random) => this.plan(node, command, wanted, random),
      planFence: (_node, random) => this.planFence(random),
    };
  }

  private plan(node: 0 | 1, command: 'acquire' | 'release', wanted: readonly string[], random: SeededRandom) {
    const { options } = this;
    const chance = command === 'acquire' ? options.acquireFails : options.releaseFails;
    const hangs = !this.healed && random.chance(options.hangs);
    const fails = hangs || (!this.healed && random.chance(chance));
    const attempts = command === 'acquire' ? this.failedOn : this.stuckOn;
    this.noteAttempt(attempts, node, wanted, !fails);
    return { tookMs: hangs ? options.hangMs : random.nextFraction() * options.commandMaxMs, ok: !fails };
  }

  private planFence(random: SeededRandom): FencePlan {
    const { fencing } = this.options;
    if (fencing === null) return { tookMs: 0, ok: false, offAfterMs: null, bootMs: null };
    const ok = this.healed || !random.chance(fencing.fails);
    const tookMs = random.nextFraction() * fencing.tookMaxMs;
    const offAfterMs = random.nextFraction() * Math.min(tookMs, fencing.offMaxMs);
    const bootMs = this.dying ? null : fencing.bootMs;
    return { tookMs, ok, offAfterMs: ok || random.chance(0.5) ? offAfterMs : null, bootMs };
  }

  log(text: string): void {
    if (this.wantsTimeline) this.timeline.push(`${this.cluster.nowMs.toFixed(1).padStart(10)} ${text}`);
  }

  private noteAttempt(attempts: Attempts, node: 0 | 1, groups: readonly string[], ok: boolean): void {
    for (const group of groups) {
      const lives = attempts.get(group) ?? new Map<number, number>();
      if (ok) lives.delete(node);
      else lives.set(node, this.cluster.nodes[node].generation);
      attempts.set(group, lives);
    }
  }

  later(ms: number, run: () => void): void {
    const { schedule } = this.cluster;
    schedule.at(schedule.nowMs + ms, () => {
      run();
      this.ownership.look();
    });
  }

  private await({ when, fault }: PlannedFault): void {
    if (this.healed) return;
    if (when === null) return this.inject(fault);
    this.moments.wait(when.moment, when.node, () => this.later(when.afterMs, () => this.inject(fault)));
  }

  private inject(fault: Fault): void {
    if (this.healed) return;
    this.log(`FAULT ${JSON.stringify(fault)}`);
    inject(this, fault);
  }

  private heal(): void {
    this.log('HEAL');
    this.healed = true;
    this.moments.clear();
    healAll(this);
    this.ownership.look();
  }

  /** The present life of one of the nodes failed to stop it, last time. */
  private isStuck(group: string): boolean {
    return this.cluster.nodes.some((node, i) => this.stuckOn.get(group)?.get(i) === node.generation);
  }

  /** Groups that the present lives of both nodes could not start, or one of them could not stop: reported, and left to a person. */
  private exempt(): ReadonlySet<string> {
    const { nodes, allGroups } = this.cluster;
    return new Set(
      allGroups.filter((group) => {
        const failed = nodes.map((node, i) => this.failedOn.get(group)?.get(i) === node.generation);
        return !failed.includes(false) || this.isStuck(group);
      }),
    );
  }

  /** Lets time pass until the pair is settled and calm, or `boundMs` is over, which is a violation. */
  private settle(boundMs: number): void {
    const { cluster, convergence, options } = this;
    const untilMs = cluster.nowMs + boundMs;
    let calmSinceMs: number | null = null;
    convergence.beginQuiet();
    while (cluster.nowMs < untilMs) {
      cluster.advance(options.deadtimeMs / 4);
      const exempt = this.exempt();
      if (cluster.fencings === 0 && convergence.quiet && convergence.unsettled(exempt).length === 0)
        calmSinceMs ??= cluster.nowMs;
      else {
        calmSinceMs = null;
        convergence.beginQuiet();
      }
      const calmMs = options.deadtimeMs + (exempt.size > 0 ? STUCK_CALM_MS : CALM_MS);
      if (calmSinceMs !== null && cluster.nowMs - calmSinceMs >= calmMs) return;
    }
    convergence.requireSettled(this.exempt());
    convergence.requireQuiet();
  }

  /** Everything that may have to happen, one after the other, until both nodes are up and settled. */
  private settleBoundMs(): number {
    const { options } = this;
    const { deadtimeMs, initdeadMs, commandMaxMs, fencing } = options;
    // A fencing that was under way at the healing, and one by the node that boots.
    const fencingMs = fencing === null ? 0 : 2 * (fencing.tookMaxMs + fencing.bootMs + initdeadMs);
    const hungMs = options.hangs > 0 ? 2 * options.hangMs : 0;
    return 4 * deadtimeMs + initdeadMs + 12 * commandMaxMs + hungMs + 2 * ENGINE_WAIT_MAX_MS + fencingMs;
  }

  private requireQuietness(): void {
    const { convergence, views, options } = this;
    if (this.violations.length > 0) return;
    convergence.beginQuiet();
    views.beginCalm();
    this.cluster.advance(QUIET_DEADTIMES * options.deadtimeMs);
    convergence.requireQuiet();
    views.requireCalm();
    views.requireTrueViews(
      this.exempt(),
      options.faults.some(({ fault }) => fault.kind === 'suspend'),
    );
    this.alarms?.requireCalm();
  }

  /** One node loses its power and nothing else is wrong: the other one serves everything within a bound. */
  private tryFailover(dies: 0 | 1): void {
    const { cluster, options, service } = this;
    const { deadtimeMs, keepaliveMs, commandMaxMs, fencing, latencyMaxMs } = options;
    this.log(`node${dies + 1} loses its power`);
    service.begin();
    this.dying = true;
    cluster.nodes[dies].powerOff();
    this.ownership.look();
    const boundMs =
      deadtimeMs + keepaliveMs + 3 * commandMaxMs + latencyMaxMs + (fencing?.tookMaxMs ?? 0) + REACTION_MS;
    const survivor = cluster.nodes[dies === 0 ? 1 : 0];
    const waiting = () => cluster.allGroups.filter((group) => !survivor.serving.has(group));
    const untilMs = cluster.nowMs + boundMs;
    while (waiting().length > 0 && cluster.nowMs < untilMs) cluster.advance(keepaliveMs / 2);
    this.failoverMs = service.end(this.exempt());
    for (const group of waiting()) this.fail('takes-over', `${group} is not served ${Math.round(boundMs)} ms later`);
    this.dying = false;
    cluster.nodes[dies].start();
    this.settle(this.settleBoundMs());
  }

  private fail(checker: string, detail: string): void {
    this.broken.push({ checker, atMs: this.cluster.nowMs, detail });
  }

  /** The whole run. */
  go(): void {
    const { options, cluster } = this;
    const [first, second] = cluster.nodes;
    this.later(0, () => first.start());
    this.later(options.startSecondAfterMs, () => second.start());
    for (const planned of options.faults) this.later(planned.atMs, () => this.await(planned));
    cluster.advance(options.faultPhaseMs);
    this.heal();
    this.service.begin();
    this.settle(this.settleBoundMs());
    this.unservedMs = this.service.end(this.exempt());
    this.requireQuietness();
    if (options.diesAtEnd !== null && this.violations.length === 0) this.tryFailover(options.diesAtEnd);
    this.ownership.look();
    this.availability?.check();
  }

  get violations(): readonly Violation[] {
    const found = this.checkers.flatMap((checker) => checker.violations).concat(this.broken);
    return found.sort((a, b) => a.atMs - b.atMs);
  }
}

/** Runs the simulation with this seed to its end. Asserts of the engine are violations; anything else that throws is a bug here. */
export function simulate(seed: number, profile: Profile = 'mixed', wantsTimeline = false): Outcome {
  const run = new Run(drawOptions(seed, profile), wantsTimeline);
  let crashed: Violation[] = [];
  try {
    run.go();
  } catch (error) {
    if (!(error instanceof AssertionFailure)) throw error;
    crashed = [{ checker: 'assert', atMs: run.cluster.nowMs, detail: error.message }];
  }
  return {
    options: run.options,
    violations: [...run.violations, ...crashed],
    timeline: run.timeline,
    windows: run.ownership.windows,
    unservedMs: run.unservedMs,
    failoverMs: run.failoverMs,
    virtualMs: run.cluster.nowMs,
  };
}
