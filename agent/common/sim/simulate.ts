/** One random run: a phase with faults, then everything is healed and the pair must settle and stay settled. */
import { AssertionFailure } from '../base/assert.ts';
import type { EventDraft } from '../timeline/event.ts';
import { AvailabilityChecker, ConvergenceChecker, OwnershipChecker } from './checkers.ts';
import type { Violation } from './checkers.ts';
import { Cluster } from './cluster.ts';
import { drawOptions } from './options.ts';
import type { Fault, Profile, SimOptions } from './options.ts';

export interface Outcome {
  readonly options: SimOptions;
  readonly violations: readonly Violation[];
  /** Every event of both nodes, as text, for reading after a failure. */
  readonly timeline: readonly string[];
}

/** The real heartbeat's settle deadline and our longest grace together; no wait of the engine is longer. */
const ENGINE_WAIT_MAX_MS = 15_000;

class Run {
  readonly options: SimOptions;
  readonly cluster: Cluster;
  readonly timeline: string[] = [];
  private readonly ownership: OwnershipChecker;
  private readonly convergence: ConvergenceChecker;
  private readonly availability: AvailabilityChecker | null;
  private readonly failedOn = new Map<string, Set<number>>();
  private healed = false;

  constructor(options: SimOptions, profile: Profile) {
    this.options = options;
    const { seed, keepaliveMs, deadtimeMs, warntimeMs, initdeadMs, autoFailback, links, groups } = options;
    const { clockOffsetsMs, latencyMaxMs } = options;
    this.cluster = new Cluster({
      ...{
        seed,
        keepaliveMs,
        deadtimeMs,
        warntimeMs,
        initdeadMs,
        autoFailback,
        links,
        groups,
        clockOffsetsMs,
        latencyMaxMs,
      },
      names: ['node1', 'node2'],
      plan: (node, command, wanted, random) => {
        const fails = command === 'acquire' && !this.healed && random.chance(options.acquireFails);
        if (command === 'acquire') this.noteAcquire(node, wanted, !fails);
        return { tookMs: random.nextFraction() * options.commandMaxMs, ok: !fails };
      },
    });
    // Detection by the slower side, a release queued behind a start, and a report repeated after losses.
    this.ownership = new OwnershipChecker(this.cluster, deadtimeMs + 4 * options.commandMaxMs + 4000);
    this.convergence = new ConvergenceChecker(this.cluster);
    this.availability =
      profile === 'splits' ? new AvailabilityChecker(this.cluster, 2 * options.commandMaxMs + 500) : null;
    this.cluster.observe({ event: (node, draft) => this.note(node, draft) });
  }

  private note(node: number, draft: EventDraft): void {
    this.log(`${node === 0 ? 'node1' : 'node2'} ${draft.severity} ${JSON.stringify(draft.body)}`);
  }

  private log(text: string): void {
    this.timeline.push(`${this.cluster.nowMs.toFixed(1).padStart(10)} ${text}`);
  }

  private noteAcquire(node: number, groups: readonly string[], ok: boolean): void {
    for (const group of groups) {
      const nodes = this.failedOn.get(group) ?? new Set<number>();
      if (ok) nodes.clear();
      else nodes.add(node);
      this.failedOn.set(group, nodes);
    }
  }

  private later(ms: number, run: () => void): void {
    const { schedule } = this.cluster;
    schedule.at(schedule.nowMs + ms, () => {
      run();
      this.ownership.conditionsChanged();
    });
  }

  private inject(fault: Fault): void {
    this.log(`FAULT ${JSON.stringify(fault)}`);
    if (fault.kind === 'cut' || fault.kind === 'split') {
      this.cut(fault);
      return;
    }
    const node = this.cluster.nodes[fault.node];
    if (fault.kind === 'operator') {
      node.feed({ kind: 'operator', request: fault.request, set: fault.set });
      return;
    }
    if (fault.kind === 'pause') node.pause();
    if (fault.kind === 'power-off') node.powerOff();
    if (fault.kind === 'kill') node.kill();
    if (fault.kind === 'stop') node.feed({ kind: 'stop' });
    this.later(fault.forMs, () => {
      this.log(`REVERT ${fault.kind} of ${node.name}`);
      if (fault.kind === 'pause') node.resume();
      else node.start();
    });
  }

  private cut(fault: Extract<Fault, { kind: 'cut' | 'split' }>): void {
    const { links } = this.cluster.network;
    const targets = fault.kind === 'split' ? links : links.slice(fault.link, fault.link + 1);
    const set = (value: boolean) => {
      for (const link of targets) {
        if (fault.direction !== 'back') link.forward.cut = value;
        if (fault.direction !== 'forward') link.back.cut = value;
      }
    };
    set(true);
    this.later(fault.forMs, () => {
      this.log(`REVERT ${fault.kind}`);
      set(false);
    });
  }

  private heal(): void {
    this.log('HEAL');
    this.healed = true;
    for (const link of this.cluster.network.links) {
      for (const direction of [link.forward, link.back]) {
        Object.assign(direction, { cut: false, loss: 0, duplication: 0, garbage: 0 });
      }
    }
    for (const node of this.cluster.nodes) {
      node.resume();
      node.start();
    }
    this.ownership.conditionsChanged();
  }

  /** Groups that the last attempt could not start on either node: reported, never retried by themselves. */
  private exempt(): ReadonlySet<string> {
    return new Set([...this.failedOn].filter(([, nodes]) => nodes.size > 0).map(([group]) => group));
  }

  run(): readonly Violation[] {
    const { options, cluster } = this;
    const [first, second] = cluster.nodes;
    this.later(0, () => first.start());
    this.later(options.startSecondAfterMs, () => second.start());
    for (const { atMs, fault } of options.faults) this.later(atMs, () => this.inject(fault));
    // Longest revert: five deadtimes after the last fault.
    cluster.advance(options.faultPhaseMs + 6 * options.deadtimeMs);
    this.heal();
    cluster.advance(3 * options.deadtimeMs + options.initdeadMs + 12 * options.commandMaxMs + 2 * ENGINE_WAIT_MAX_MS);
    this.convergence.requireSettled(this.exempt());
    this.convergence.beginQuiet();
    cluster.advance(20 * options.deadtimeMs);
    this.convergence.requireQuiet();
    this.ownership.check();
    this.availability?.check();
    return [...this.ownership.violations, ...this.convergence.violations, ...(this.availability?.violations ?? [])];
  }
}

/** Runs the simulation with this seed to its end. Asserts of the engine are violations; anything else that throws is a bug here. */
export function simulate(seed: number, profile: Profile = 'mixed'): Outcome {
  const run = new Run(drawOptions(seed, profile), profile);
  let violations: readonly Violation[];
  try {
    violations = run.run();
  } catch (error) {
    if (!(error instanceof AssertionFailure)) throw error;
    violations = [{ checker: 'assert', atMs: run.cluster.nowMs, detail: error.message }];
  }
  return { options: run.options, violations, timeline: run.timeline };
}
