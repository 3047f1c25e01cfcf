/** What `commission` prints: each step as the checklist of the screen has it, as JSON and as text. Pure. */
import {
  nextItem,
  type CommissionItem,
  type CommissionState,
  type CommissionStep,
} from '../common/commission/items.ts';
import { factText } from '../common/commission/words.ts';

export interface CommissionReport {
  /** Every step is. */
  readonly done: boolean;
  /** What to do now; null: nothing is left. */
  readonly next: CommissionStep | null;
  readonly steps: readonly {
    readonly step: CommissionStep;
    readonly state: CommissionState;
    /** Why it is in this state, for scripts; null: the core said it in words of its own. */
    readonly fact: string | null;
    readonly text: string;
  }[];
}

/** The report of the steps. */
export function commissionReport(items: readonly CommissionItem[]): CommissionReport {
  return {
    done: items.every((item) => item.state === 'done'),
    next: nextItem(items)?.step ?? null,
    steps: items.map(({ step, state, fact }) => ({
      step,
      state,
      fact: fact.kind === 'words' ? fact.code : null,
      text: factText(fact).en,
    })),
  };
}

/** How to do each step from the command line, after the pair's own option. */
const COMMANDS: Readonly<Record<CommissionStep, string>> = {
  connect: 'status',
  preflight: 'preflight',
  deploy: 'deploy',
  links: 'status',
  advice: 'advise',
  drills: 'drill run --suite',
  report: 'report',
};

/** The same for people. */
export function commissionText({ steps, next }: CommissionReport): string {
  const lines = steps.map(({ step, state, text }) => `${state.padEnd(8)}  ${step.padEnd(9)}  ${text}`);
  const after = next === null ? 'everything is done' : `next: ${next} (twinbeat ${COMMANDS[next]})`;
  return `${[...lines, after].join('\n')}\n`;
}
