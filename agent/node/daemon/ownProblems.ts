/** What is wrong with the daemon's own means: its state on disk, and the guard of its addresses. One problem of each kind at a time. */
import type { EventDraft } from '../../common/timeline/event.ts';

type StateProblem = { readonly code: string; readonly detail: string };

export class OwnProblems {
  private readonly stateDir: string;
  private readonly publish: (draft: EventDraft) => void;
  private guardProblem: string | null = null;
  private stateProblem: string | null = null;

  constructor(stateDir: string, publish: (draft: EventDraft) => void) {
    this.stateDir = stateDir;
    this.publish = publish;
  }

  /** News of the guard; null: it stands. */
  guard(problem: string | null): void {
    const over = problem === null;
    const detail = problem ?? this.guardProblem;
    this.guardProblem = problem;
    if (detail === null) return;
    const text = `a killed agent would leave its addresses on this node: ${detail}`;
    this.publish({
      severity: over ? 'info' : 'warn',
      body: { kind: 'problem', code: 'no-address-guard', over, detail: text },
    });
  }

  /** What taking an identity from the state said; null: all is well. */
  identity(problem: StateProblem | null): void {
    if (problem !== null) this.sayState(problem);
  }

  /** The journal reports a full disk by its own state, because reporting it by an event would have to be written. */
  journal(problem: StateProblem | null): void {
    if (problem !== null) this.sayState(problem);
    else if (this.stateProblem !== null) {
      const code = this.stateProblem;
      this.stateProblem = null;
      this.publish({
        severity: 'info',
        body: { kind: 'problem', code, over: true, detail: `${this.stateDir} can be written again` },
      });
    }
  }

  private sayState({ code, detail }: StateProblem): void {
    if (this.stateProblem !== null) return;
    this.stateProblem = code;
    this.publish({ severity: 'error', body: { kind: 'problem', code, over: false, detail } });
  }
}
