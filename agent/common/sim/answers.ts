/** What an operator is told of a hand-over is true: nobody calls it over while the other node is still at it. */
import type { EngineSnapshot } from '../engine/types.ts';
import type { EventDraft } from '../timeline/event.ts';
import type { Violation } from './checkers.ts';
import type { Cluster } from './cluster.ts';
import { halves } from './told.ts';

export class AnswerChecker {
  readonly violations: Violation[] = [];
  private readonly cluster: Cluster;
  /** Each node gave up a set and waits for the other one to run it. */
  private readonly released: [boolean, boolean] = [false, false];

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    cluster.observe({
      started: (node) => {
        this.released[node] = false;
      },
      event: (node, draft) => this.judge(node, draft),
    });
  }

  private fail(node: 0 | 1, detail: string): void {
    const { nodes, nowMs } = this.cluster;
    this.violations.push({ checker: 'true-answer', atMs: nowMs, detail: `${nodes[node].name} ${detail}` });
  }

  private standbyOf(node: 0 | 1): EngineSnapshot['standby'] {
    const { engine, now, power } = this.cluster.nodes[node];
    return power === 'running' && engine !== null ? engine.snapshot(now).standby : 'none';
  }

  private judge(node: 0 | 1, { body }: EventDraft): void {
    if (body.kind !== 'standby') return;
    // Another request, refused because this one is under way, is no answer to it.
    if (this.released[node] && this.standbyOf(node) === 'giving') return;
    const gave = this.released[node];
    this.released[node] = body.phase === 'released';
    if (body.phase !== 'done' && body.phase !== 'refused') return;
    const { options } = this.cluster;
    if (gave) {
      const other = node === 0 ? 1 : 0;
      if (this.standbyOf(other) === 'taking') this.fail(node, `says ${body.phase} while its peer is still at it`);
    } else if (body.detail === 'held here') {
      // A taker tells the set from the giver's point of view, an operator's takeover is told from our own.
      const groups = halves(body.set).map((half) => options.groups[(half === 'local') === (node === 0) ? 0 : 1]);
      const others = halves(body.set).map((half) => options.groups[(half === 'local') === (node === 0) ? 1 : 0]);
      const here = [groups, others].some((sets) =>
        sets.flat().every((group) => this.cluster.nodes[node].groups.has(group)),
      );
      if (!here) this.fail(node, `says that it holds the ${body.set} groups`);
    }
  }
}
