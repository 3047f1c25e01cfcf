/** What does not work at present: the sum of all `problem` events, and of packets with a wrong key. */
import type { EventBody, TimelineEvent } from '../../common/timeline/event.ts';

export interface PresentProblem {
  readonly code: string;
  readonly detail: string;
  readonly sinceWallMs: number;
}

type Problem = Extract<EventBody, { kind: 'problem' }>;

function asProblem(body: EventBody): Problem | null {
  if (body.kind === 'problem') return body;
  if (body.kind !== 'key-mismatch') return null;
  const detail = `packets in the name of ${body.peer} fail authentication: compare authkeys of both nodes`;
  return { kind: 'problem', code: 'key-mismatch', over: body.over, detail };
}

export class PresentProblems {
  private problems: PresentProblem[] = [];

  /** Takes every journaled event; only problems count. */
  take(event: TimelineEvent): void {
    const body = asProblem(event.body);
    if (body === null) return;
    const same = (problem: PresentProblem): boolean => problem.code === body.code && problem.detail === body.detail;
    if (!body.over) {
      if (!this.problems.some(same))
        this.problems.push({ code: body.code, detail: body.detail, sinceWallMs: event.wallMs });
      return;
    }
    // An end that is worded otherwise than its beginning ends all of its kind.
    const exact = this.problems.some(same);
    this.problems = this.problems.filter((problem) => (exact ? !same(problem) : problem.code !== body.code));
  }

  list(): readonly PresentProblem[] {
    return this.problems;
  }
}
