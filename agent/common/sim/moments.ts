/** Faults that wait for a moment: what goes wrong in the middle of an exchange or of a script is worse than the same thing at rest. */
import { fieldText } from '../wire/message.ts';
import type { Cluster } from './cluster.ts';

/** What either node does or notices: sends a message of this type, is given a command of this kind, or says this event. */
export const MOMENTS = [
  ...(['starting', 'resource', 'ask_resources', 'ip-request', 'ip-request-resp', 'shutdone', 'NS_rexmit'] as const),
  ...(['acquire', 'release', 'fence', 'exit'] as const),
  ...(['partition-healed', 'takeover-hold', 'takeover'] as const),
  ...(['standby requested', 'standby accepted', 'standby released', 'standby done'] as const),
] as const;
export type Moment = (typeof MOMENTS)[number];

interface Waiting {
  readonly moment: Moment;
  readonly node: 0 | 1;
  readonly then: () => void;
}

/** Watches for moments. Each wait ends with the first one that comes. */
export class Moments {
  private waiting: Waiting[] = [];

  constructor(cluster: Cluster) {
    cluster.observe({
      message: (node, { message }) => {
        if (this.waiting.length > 0) this.come(node, fieldText(message, 't') ?? '');
      },
      command: (node, { kind }) => this.come(node, kind),
      event: (node, { body }) => this.come(node, body.kind === 'standby' ? `standby ${body.phase}` : body.kind),
    });
  }

  /** Calls `then` once, in the middle of the next such moment of this node. */
  wait(moment: Moment, node: 0 | 1, then: () => void): void {
    this.waiting.push({ moment, node, then });
  }

  /** Forgets what has not come. */
  clear(): void {
    this.waiting = [];
  }

  private come(node: 0 | 1, name: string): void {
    if (this.waiting.length === 0) return;
    const due = this.waiting.filter((waiting) => waiting.moment === name && waiting.node === node);
    if (due.length === 0) return;
    this.waiting = this.waiting.filter((waiting) => !due.includes(waiting));
    for (const { then } of due) then();
  }
}
