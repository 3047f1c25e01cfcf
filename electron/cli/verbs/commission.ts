/** `commission`: how far a pair is on the way from nothing to its report, and what comes next. Changes nothing. */
import type { Advice } from '../../common/contract/advice.ts';
import { AdviceQuestionSchema } from '../../common/contract/advice.ts';
import type { PreflightItem } from '../../common/contract/deploy.ts';
import type { PairState } from '../../common/contract/state.ts';
import { commissionItems, type CommissionFacts } from '../../common/commission/items.ts';
import { commissionReport, commissionText } from '../commissionReport.ts';
import { connectPair } from '../connectPair.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import { choosePair } from '../open.ts';
import type { CliConsole } from '../open.ts';
import type { Parsed } from '../usage.ts';

/** Stored sessions that are asked for advice, the newest first. This one has only begun, and has no heartbeats to speak of. */
const SESSIONS_MAX = 8;

/** A node that does not answer is a step that is not done, and no reason to say nothing of the others. */
async function connected(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<string> {
  try {
    return (await connectPair(parsed, opened, io, 'anything')).spec.id;
  } catch (error) {
    if (!(error instanceof CliError) || !['unreachable', 'refused', 'timeout'].includes(error.exit)) throw error;
    io.warn(error.message);
    return (await choosePair(parsed, opened)).id;
  }
}

async function stateOf(pairId: string, opened: CliConsole): Promise<PairState | null> {
  const stop = new AbortController();
  try {
    for await (const state of opened.client.pairState({ pairId }, stop.signal)) return state;
    return null;
  } finally {
    stop.abort();
  }
}

async function checksOf(pairId: string, state: PairState | null, opened: CliConsole): Promise<PreflightItem[]> {
  if (state?.nodes.every((node) => node.phase === 'ready') !== true) return [];
  const items: PreflightItem[] = [];
  for await (const item of opened.client.preflight({ pairId })) items.push(item);
  return items;
}

/** The newest advice that recommends something; else the newest, which says what it lacks. */
async function adviceOf(pairId: string, opened: CliConsole): Promise<Advice | null> {
  const question = AdviceQuestionSchema.parse({});
  const sessions = (await opened.client.sessionList({ pairId })).slice(0, SESSIONS_MAX);
  let newest: Advice | null = null;
  for (const { id } of sessions) {
    const advice = await opened.client.advise({ pairId: null, sessionId: id, question });
    if (advice.recommendation !== null) return advice;
    newest ??= advice;
  }
  return newest;
}

export async function runCommission(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const pairId = await connected(parsed, opened, io);
  const state = await stateOf(pairId, opened);
  const board = await opened.client.drillList({ pairId });
  const facts: CommissionFacts = {
    state,
    preflight: await checksOf(pairId, state, opened),
    isChecking: false,
    isApplying: false,
    advice: await adviceOf(pairId, opened),
    board,
    areDrillsRunning: board.suites.some(({ suite }) => suite.state === 'running'),
    reports: (await opened.client.reportList({})).filter((report) => report.pairId === pairId),
  };
  const report = commissionReport(commissionItems(facts));
  io.out(parsed.flag('json') ? `${JSON.stringify({ pairId, ...report })}\n` : commissionText(report));
  if (!report.done) throw new CliError('failed', `not commissioned yet: next is ${report.next ?? 'unknown'}`);
}
