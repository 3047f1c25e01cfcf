/**
 * What commissioning a pair consists of and how far it is. Pure: everything is worked out of what the core said, and what it did not say is
 * `unknown` or still to be done, never done.
 */
import type { Advice } from '../contract/advice.ts';
import type { PreflightItem } from '../contract/deploy.ts';
import type { DrillBoard, DrillRun, Text } from '../contract/drill.ts';
import type { ReportInfo } from '../contract/report.ts';
import type { PairState } from '../contract/state.ts';
import { pairLinks } from '../verdict/links.ts';

export const COMMISSION_STEPS = ['connect', 'preflight', 'deploy', 'links', 'advice', 'drills', 'report'] as const;
export type CommissionStep = (typeof COMMISSION_STEPS)[number];

/** `trouble`: it was done or tried, and the result wants a person. `unknown`: it cannot be seen now. */
export type CommissionState = 'done' | 'todo' | 'busy' | 'trouble' | 'unknown';

/** A sentence of words.ts, or one that the core said in both languages. */
export type Fact =
  | { readonly kind: 'words'; readonly code: FactCode; readonly params: Readonly<Record<string, string | number>> }
  | { readonly kind: 'said'; readonly text: Text };

export type FactCode =
  | 'noPair'
  | 'notConnected'
  | 'connecting'
  | 'gaveUp'
  | 'connected'
  | 'notChecked'
  | 'checking'
  | 'checked'
  | 'checkFailed'
  | 'notDeployed'
  | 'applying'
  | 'agentsSilent'
  | 'agentStopped'
  | 'otherVersion'
  | 'deployed'
  | 'linksUnknown'
  | 'linksDown'
  | 'linksUp'
  | 'noAdvice'
  | 'advised'
  | 'noDrills'
  | 'drillsRunning'
  | 'drillsFailed'
  | 'drillsVoid'
  | 'drillsPart'
  | 'drillsAll'
  | 'noReport'
  | 'reportOld'
  | 'reportMade';

export interface CommissionItem {
  readonly step: CommissionStep;
  readonly state: CommissionState;
  readonly fact: Fact;
}

export interface CommissionFacts {
  /** null: no pair is in view, or the core said nothing about it yet. */
  readonly state: PairState | null;
  /** The newest set of checks that whoever asks has made; empty: none. */
  readonly preflight: readonly PreflightItem[];
  readonly isChecking: boolean;
  readonly isApplying: boolean;
  /** The advice that was read last; null: none. */
  readonly advice: Advice | null;
  readonly board: DrillBoard | null;
  readonly areDrillsRunning: boolean;
  /** Reports of this pair, newest first; null: not asked for yet. */
  readonly reports: readonly ReportInfo[] | null;
}

type Judged = Omit<CommissionItem, 'step'>;

const judged = (state: CommissionState, code: FactCode, params: Record<string, string | number> = {}): Judged => ({
  state,
  fact: { kind: 'words', code, params },
});

function connection({ state }: CommissionFacts): Judged {
  if (state === null) return judged('todo', 'noPair');
  const { nodes } = state;
  if (nodes.every((n) => n.phase === 'ready')) return judged('done', 'connected');
  const refused = nodes.find((n) => n.phase === 'gave-up');
  if (refused !== undefined) return judged('trouble', 'gaveUp', { node: refused.node });
  if (nodes.every((n) => n.phase === 'idle')) return judged('todo', 'notConnected');
  const waiting = nodes.filter((n) => n.phase !== 'ready').map((n) => n.node);
  return judged('busy', 'connecting', { nodes: waiting.join(', ') });
}

function preflight({ preflight: items, isChecking }: CommissionFacts): Judged {
  if (isChecking) return judged('busy', 'checking');
  if (items.length === 0) return judged('todo', 'notChecked');
  const of = (result: PreflightItem['result']): number => items.filter((item) => item.result === result).length;
  const params = { count: items.length, failed: of('failed'), warnings: of('warning') + of('unknown') };
  return params.failed > 0 ? judged('trouble', 'checkFailed', params) : judged('done', 'checked', params);
}

function deployment({ state, isApplying }: CommissionFacts): Judged {
  if (isApplying) return judged('busy', 'applying');
  const nodes = state?.nodes ?? [];
  if (nodes.length > 0 && nodes.every((n) => n.agent.phase === 'attached'))
    return judged('done', 'deployed', { version: nodes[0]?.agent.version ?? '?' });
  const at = (phase: PairState['nodes'][number]['agent']['phase']): string | undefined =>
    nodes.find((n) => n.agent.phase === phase)?.node;
  const other = at('other-version');
  if (other !== undefined) return judged('trouble', 'otherVersion', { node: other });
  const absent = at('absent');
  if (absent !== undefined) return judged('todo', 'notDeployed', { node: absent });
  const stopped = at('stopped');
  if (stopped !== undefined) return judged('trouble', 'agentStopped', { node: stopped });
  return judged('unknown', 'agentsSilent');
}

function links({ state }: CommissionFacts): Judged {
  const directions = (state === null ? [] : pairLinks(state)).flatMap((link) => [link.aToB, link.bToA]);
  const up = directions.filter((d) => d.state === 'up').length;
  const params = { up, total: directions.length };
  if (directions.length === 0) return judged('unknown', 'linksUnknown');
  if (up === directions.length) return judged('done', 'linksUp', params);
  return judged(
    directions.some((d) => d.state === 'dead' || d.state === 'late') ? 'trouble' : 'unknown',
    'linksDown',
    params,
  );
}

function advice({ advice: read }: CommissionFacts): Judged {
  if (read === null) return judged('todo', 'noAdvice');
  const { recommendation, refusal, present } = read;
  if (recommendation === null)
    return refusal === null ? judged('todo', 'noAdvice') : { state: 'todo', fact: { kind: 'said', text: refusal } };
  return judged('done', 'advised', {
    deadtime: recommendation.deadtimeMs / 1000,
    present: present === null ? '?' : present.deadtimeMs / 1000,
  });
}

/** The newest run of each drill that has measured something or was void; suites come newest first. */
export function newestRuns(board: DrillBoard): DrillRun[] {
  const newest = new Map<string, DrillRun>();
  const runs = board.suites.flatMap(({ suite }) => suite.runs);
  for (const run of runs) {
    const known = newest.get(run.drill);
    if (run.verdict !== 'skipped' && (known === undefined || known.startedWallMs < run.startedWallMs))
      newest.set(run.drill, run);
  }
  return [...newest.values()];
}

function drills({ board, areDrillsRunning }: CommissionFacts): Judged {
  if (areDrillsRunning) return judged('busy', 'drillsRunning');
  if (board === null) return judged('todo', 'noDrills');
  const runs = newestRuns(board);
  const count = (...verdicts: DrillRun['verdict'][]): number => runs.filter((r) => verdicts.includes(r.verdict)).length;
  const possible = board.drills.filter((d) => d.available && !d.isLong);
  const rest = possible.filter((d) => !runs.some((r) => r.drill === d.id)).length;
  const params = { passed: count('pass', 'remark'), failed: count('fail'), voided: count('void'), rest };
  if (runs.length === 0) return judged('todo', 'noDrills');
  if (params.failed > 0) return judged('trouble', 'drillsFailed', params);
  // A void run has measured nothing: it is neither passed nor failed.
  if (params.voided > 0) return judged('trouble', 'drillsVoid', params);
  return judged('done', rest > 0 ? 'drillsPart' : 'drillsAll', params);
}

function report({ reports, board }: CommissionFacts): Judged {
  const [newest] = reports ?? [];
  if (newest === undefined) return judged('todo', 'noReport');
  const isOld = board !== null && newestRuns(board).some((run) => run.startedWallMs > newest.madeWallMs);
  if (isOld) return judged('todo', 'reportOld');
  const isGood = newest.verdict === 'pass' || newest.verdict === 'remarks';
  return judged(isGood ? 'done' : 'trouble', 'reportMade', { verdict: newest.verdict });
}

const JUDGES: Readonly<Record<CommissionStep, (facts: CommissionFacts) => Judged>> = {
  connect: connection,
  preflight,
  deploy: deployment,
  links,
  advice,
  drills,
  report,
};

/** All steps in order, each as far as it is known to be. */
export function commissionItems(facts: CommissionFacts): CommissionItem[] {
  return COMMISSION_STEPS.map((step) => ({ step, ...JUDGES[step](facts) }));
}

/**
 * What to do now: the first step that is not done. Advice needs minutes of heartbeats and holds nothing up, and who comes back to a pair
 * that is deployed need not check it first: such steps come last. null: everything is done.
 */
export function nextItem(items: readonly CommissionItem[]): CommissionItem | null {
  const open = items.filter((item) => item.state !== 'done');
  const isDeployed = items.some((item) => item.step === 'deploy' && item.state === 'done');
  const mayWait = ({ step, state }: CommissionItem): boolean =>
    step === 'advice' || (step === 'preflight' && state === 'todo' && isDeployed);
  return open.find((item) => !mayWait(item)) ?? open[0] ?? null;
}
