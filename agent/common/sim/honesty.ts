/** What a node says is true: its reports name everything that runs on it, and a life that must be silent says nothing. */
import type { EngineCommand } from '../engine/types.ts';
import { fieldText } from '../wire/message.ts';
import type { WireMessage } from '../wire/message.ts';
import type { Violation } from './checkers.ts';
import type { Cluster } from './cluster.ts';
import { HALVES, namedIn } from './told.ts';
import type { Half } from './told.ts';

/** A host's own delays (twice the longest latency) and the rounding of a sleep to milliseconds. */
const PUNCTUALITY_MS = 12;

/** Compares each message with what really runs on its sender at that moment. */
export class HonestyChecker {
  readonly violations: Violation[] = [];
  private readonly cluster: Cluster;
  /** When each node's present life sent its newest heartbeat; null: none yet. */
  private readonly beatAtMs: [number | null, number | null] = [null, null];
  /** Highest number that it has sent. What has a lower one is sent again, and was true then. */
  private readonly sentSeq: [number, number] = [0, 0];

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    cluster.observe({
      started: (node) => this.noteStart(node),
      message: (node, { message }) => this.judge(node, message),
      command: (node, command) => this.judgeExit(node, command),
    });
  }

  private fail(node: 0 | 1, detail: string): void {
    const { nodes, nowMs } = this.cluster;
    this.violations.push({ checker: 'honest', atMs: nowMs, detail: `${nodes[node].name} ${detail}` });
  }

  private groupsOf(node: 0 | 1, half: Half): readonly string[] {
    const { groups } = this.cluster.options;
    return half === 'local' ? groups[node] : groups[node === 0 ? 1 : 0];
  }

  private noteStart(node: 0 | 1): void {
    this.beatAtMs[node] = null;
    this.sentSeq[node] = 0;
  }

  private judge(node: 0 | 1, message: WireMessage): void {
    const type = fieldText(message, 't');
    this.judgeSilence(node);
    if (type === 'status') {
      this.beatAtMs[node] = this.cluster.nowMs;
      return;
    }
    const seq = parseInt(fieldText(message, 'seq') ?? '0', 16);
    if (seq <= this.sentSeq[node]) return;
    this.sentSeq[node] = seq;
    if (type === 'resource') this.judgeReport(node, message);
    else if (type === 'shutdone') this.judgeRest(node, 'says that it released everything');
  }

  /** The peer has taken everything by now, and must not hear this life again, whatever it does. */
  private judgeSilence(node: 0 | 1): void {
    const { nowMs, nodes, options } = this.cluster;
    const silentMs = nowMs - (this.beatAtMs[node] ?? nowMs);
    if (silentMs > options.deadtimeMs + nodes[node].napMs + PUNCTUALITY_MS)
      this.fail(node, `goes on after it was silent for ${Math.round(silentMs)} ms, as if nothing had happened`);
  }

  private judgeReport(node: 0 | 1, message: WireMessage): void {
    const { groups, idle } = this.cluster.nodes[node];
    const named = namedIn(message);
    const stable = fieldText(message, 'isstable') === '1';
    if (stable && !idle) this.fail(node, 'says that it is settled while its scripts run');
    for (const half of HALVES) {
      const running = this.groupsOf(node, half).filter((group) => groups.has(group));
      if (running.length > 0 && !named.has(half)) this.fail(node, `does not tell that ${running.join(' ')} runs there`);
      if (stable && named.has(half) && running.length < this.groupsOf(node, half).length)
        this.fail(node, `says that it has its ${half} groups, of which [${running.join(' ')}] run`);
    }
  }

  private judgeExit(node: 0 | 1, command: EngineCommand): void {
    if (command.kind === 'exit') this.judgeRest(node, 'ends');
  }

  private judgeRest(node: 0 | 1, what: string): void {
    const { groups, idle } = this.cluster.nodes[node];
    if (groups.size > 0 || !idle) this.fail(node, `${what} while ${[...groups].join(' ')} runs there`);
  }
}
