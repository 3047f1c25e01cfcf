/**
 * Marks in the journal and log of both nodes where a fault begins and where it ends, so that whoever reads the log of one node alone,
 * years later, knows that it was no accident. The node that a fault is on writes its own; the console tells the others.
 */
import type { ActiveFault } from '../../common/contract/state.ts';
import { monotonicNowMs, within } from '../base/time.ts';
import type { FaultNode } from './agentFaults.ts';
import { isActive } from './openFault.ts';

/** A node that is off or cut off is told when it is back, within this time, milliseconds. */
const TELL_WITHIN_MS = 120_000;
const ANSWER_MS_MAX = 2000;

interface Mark {
  readonly node: string;
  readonly text: string;
  readonly untilMs: number;
}

type Seen = ReadonlyMap<string, ActiveFault['phase']>;

/** What began or ended between two looks, in words for a log. A fault that was over when it was first seen is no news. */
export function marksOf(seen: Seen, faults: readonly ActiveFault[]): string[] {
  return faults.flatMap(({ faultId, name, node, phase, detail }) => {
    const before = seen.get(faultId);
    const isNew = before === undefined || before === 'armed';
    if (phase === 'injected' && isNew) return [`Twinbeat fault ${faultId} (${name}) on ${node} begins`];
    if (isActive(phase) || before === undefined || !isActive(before)) return [];
    const why = detail.startsWith('stopped: ') ? ` (${detail})` : '';
    return [`Twinbeat fault ${faultId} (${name}) on ${node} ends: ${phase}${why}`];
  });
}

export class FaultMarks {
  private readonly nodes: readonly FaultNode[];
  private seen: Seen = new Map();
  private waiting: Mark[] = [];
  private telling: Promise<void> = Promise.resolve();

  constructor(nodes: readonly FaultNode[]) {
    this.nodes = nodes;
  }

  /** Called whenever something may have changed. Every node is told in the order in which things happened. */
  look(faults: readonly ActiveFault[]): void {
    const untilMs = monotonicNowMs() + TELL_WITHIN_MS;
    for (const text of marksOf(this.seen, faults))
      for (const { node } of this.nodes) this.waiting.push({ node, text, untilMs });
    this.seen = new Map(faults.map(({ faultId, phase }) => [faultId, phase]));
    if (this.waiting.length > 0) this.telling = this.telling.then(() => this.tell());
  }

  private async tell(): Promise<void> {
    const marks = this.waiting.filter((mark) => mark.untilMs > monotonicNowMs());
    this.waiting = [];
    const left = await Promise.all(this.nodes.map((target) => this.tellNode(target, marks)));
    this.waiting = [...left.flat(), ...this.waiting];
  }

  /** What could not be told yet. */
  private async tellNode({ node, feed }: FaultNode, marks: readonly Mark[]): Promise<Mark[]> {
    const mine = marks.filter((mark) => mark.node === node);
    for (const [i, { text }] of mine.entries()) {
      const { client } = feed;
      const told =
        client !== null &&
        (await within(ANSWER_MS_MAX, '', client.faultMark({ text })).then(
          () => true,
          () => false,
        ));
      if (!told) return mine.slice(i);
    }
    return [];
  }
}
