/** What does not work at present: the sum of all `problem` events. */
import type { TimelineEvent } from '../../common/timeline/event.ts';

export interface PresentProblem {
  readonly code: string;
  readonly detail: string;
  readonly sinceWallMs: number;
}

export class PresentProblems {
  private problems: PresentProblem[] = [];

  /** Takes every journaled event; only problems count. */
  take(event: TimelineEvent): void {
    const { body } = event;
    if (body.kind !== 'problem') return;
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
