/** What an engine shows is true: once everything has settled, its snapshot, its problems and its words agree with the world. */
import type { EngineSnapshot } from '../engine/types.ts';
import type { EventBody, EventDraft, ResourceSet } from '../timeline/event.ts';
import { fieldText } from '../wire/message.ts';
import type { Violation } from './checkers.ts';
import type { Cluster } from './cluster.ts';
import { HALVES, halves, otherHalf } from './told.ts';
import type { Half } from './told.ts';

/** Problems that only tell of something that happened, or of the configuration; they are never over. */
const ONE_TIME: ReadonlySet<string> = new Set(['old-generation', 'unknown-node', 'deadping-too-long']);

/** Left to a person, with groups that could not be started or stopped. */
const OF_GROUPS: ReadonlySet<string> = new Set(['acquire-failed', 'stop-failed']);

/** What a settled pair says to each other; a stonith device may report long after it is of any use, and ipfail compares ten seconds after. */
const ROUTINE: ReadonlySet<string> = new Set(['status', 'NS_ackmsg', 'stonith', 'num_ping_nodes', 'abort_giveup']);

/** Rounding of the wire's milliseconds. */
const CLOCK_ROUNDING_MS = 0.01;

function problemOf(body: EventBody): { readonly name: string; readonly over: boolean } | null {
  switch (body.kind) {
    case 'problem':
      // Both sets may have one of these at a time; of all others there is one.
      return { name: OF_GROUPS.has(body.code) ? `${body.code} (${body.detail})` : body.code, over: body.over };
    case 'takeover-hold':
      return { name: 'takeover-hold', over: body.over };
    default:
      return null;
  }
}

/** A device that reports late; ipfail's comparison, but not what may follow from it; an echo that two slow serial lines delay for longer than the warning time. */
function isRoutine(body: EventBody): boolean {
  if (body.kind === 'ipfail') return body.step === 'asked' || body.step === 'compared';
  return body.kind === 'fencing' || (body.kind === 'link' && (body.state === 'late' || body.state === 'up'));
}

export class ViewChecker {
  readonly violations: Violation[] = [];
  private readonly cluster: Cluster;
  /** Problems that each node's present life has begun and not ended; what a new life begins with is none. */
  private readonly standing: readonly [Map<string, string>, Map<string, string>] = [new Map(), new Map()];
  private unusual: string[] = [];
  private listens = false;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    cluster.observe({
      started: (node) => this.standing[node].clear(),
      message: (node, { message }) => {
        if (!this.listens) return;
        const type = fieldText(message, 't') ?? '';
        if (!ROUTINE.has(type)) this.unusual.push(`${this.nameOf(node)} sends ${type}`);
      },
      event: (node, draft) => this.note(node, draft),
    });
  }

  private nameOf(node: 0 | 1): string {
    return this.cluster.options.names[node];
  }

  private fail(node: 0 | 1, detail: string): void {
    this.violations.push({ checker: 'true-view', atMs: this.cluster.nowMs, detail: `${this.nameOf(node)} ${detail}` });
  }

  private note(node: 0 | 1, { body }: EventDraft): void {
    if (this.listens && !isRoutine(body)) this.unusual.push(`${this.nameOf(node)} says ${JSON.stringify(body)}`);
    const problem = problemOf(body);
    if (problem === null) return;
    const standing = this.standing[node];
    if (!problem.over) {
      standing.set(problem.name, body.kind === 'problem' ? body.code : body.kind);
      return;
    }
    const ends = standing.delete(problem.name) || body.kind !== 'problem';
    if (!ends) this.fail(node, `ends a problem that it did not have: ${problem.name}`);
  }

  /** Listens from now on for anything but routine. */
  beginCalm(): void {
    this.unusual = [];
    this.listens = true;
  }

  /** Nothing was said since `beginCalm`: no event, and no message but heartbeats and acknowledgements. */
  requireCalm(): void {
    this.listens = false;
    const [first] = this.unusual;
    if (first === undefined) return;
    this.violations.push({
      checker: 'calm',
      atMs: this.cluster.nowMs,
      detail: `after everything had settled ${first}`,
    });
  }

  /** Both engines show what is. `exempt`: groups that were left to a person. `slept`: a clock stood still for a while. */
  requireTrueViews(exempt: ReadonlySet<string>, slept: boolean): void {
    const [a, b] = this.cluster.nodes.map((node) => node.engine?.snapshot(node.now) ?? null);
    if (a === null || a === undefined || b === null || b === undefined) return;
    this.judge(0, a, b, exempt);
    this.judge(1, b, a, exempt);
    if (slept) return;
    this.judgeClocks(0, a);
    this.judgeClocks(1, b);
  }

  private judge(node: 0 | 1, view: EngineSnapshot, other: EngineSnapshot, exempt: ReadonlySet<string>): void {
    const { peer, links, standby, hold, fencing, shuttingDown, pingNodes } = view;
    const expect = (what: string, seen: unknown, truth: unknown) => {
      if (seen !== truth) this.fail(node, `shows ${what} ${String(seen)}, which is ${String(truth)}`);
    };
    expect("its peer's status", peer.status, 'active');
    expect("its peer's life", peer.generation, other.generation);
    expect("its peer's engine", peer.engine, 'twinbeat');
    expect('standby', standby, 'none');
    expect('hold', hold, null);
    expect('fencing', fencing, 'none');
    expect('shutting down', shuttingDown, false);
    for (const { id, fromPeer, toPeer } of links) {
      expect(`${id} from its peer`, fromPeer.state, 'up');
      expect(`${id} to its peer`, toPeer.state, 'up');
    }
    for (const ping of pingNodes) expect(ping.name, ping.status, 'up');
    if (exempt.size === 0) this.judgeSets(node, view.mine, view.theirs);
    for (const [name, code] of this.standing[node]) {
      if (ONE_TIME.has(code) || (exempt.size > 0 && OF_GROUPS.has(code))) continue;
      this.fail(node, `still has the problem ${name}`);
    }
  }

  private judgeSets(node: 0 | 1, mine: ResourceSet, theirs: ResourceSet): void {
    const { nodes } = this.cluster;
    const other = node === 0 ? 1 : 0;
    for (const half of HALVES) {
      const groups = this.groupsOf(node, half);
      if (groups.length === 0) continue;
      const here = groups.every((group) => nodes[node].serving.has(group));
      const there = groups.every((group) => nodes[other].serving.has(group));
      const runs = (truly: boolean) => `but ${groups.join(' ')} ${truly ? 'runs' : 'does not run'} there`;
      if (halves(mine).includes(half) !== here) this.fail(node, `shows that it has ${mine}, ${runs(here)}`);
      if (halves(theirs).map(otherHalf).includes(half) !== there)
        this.fail(node, `shows that its peer has ${theirs}, ${runs(there)}`);
    }
  }

  private groupsOf(node: 0 | 1, half: Half): readonly string[] {
    const { groups } = this.cluster.options;
    return half === 'local' ? groups[node] : groups[node === 0 ? 1 : 0];
  }

  /** The true difference of two clocks lies in what is shown. */
  private judgeClocks(node: 0 | 1, { links }: EngineSnapshot): void {
    const [own, other] = node === 0 ? this.cluster.nodes : [...this.cluster.nodes].reverse();
    if (own === undefined || other === undefined) return;
    const truthMs = other.now.monotonicMs - own.now.monotonicMs;
    for (const { id, clockOffsetMs, clockErrorMs } of links) {
      if (clockOffsetMs === null || clockErrorMs === null) this.fail(node, `shows no clock of its peer on ${id}`);
      else if (Math.abs(clockOffsetMs - truthMs) > clockErrorMs + CLOCK_ROUNDING_MS)
        this.fail(node, `shows its peer's clock off by ${clockOffsetMs} ± ${clockErrorMs} ms, which is ${truthMs}`);
    }
  }
}
