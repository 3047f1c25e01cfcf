/** Drills of the pair in view: what there is, what runs and what came out. Lives on while its pane is closed. */
import { create } from 'zustand';
import type {
  DrillBoard,
  DrillItem,
  DrillOrder,
  DrillRun,
  DrillSuite,
  DrillSummary,
  Hands,
  PlannedRun,
  Text,
} from '../../electron/common/contract/drill.ts';
import { errorText } from '../rpc/link.ts';
import { link } from './link.ts';
import { attempt } from './notices.ts';
import { useUi } from './ui.ts';

/** Steps of the present run that are shown. */
const STEPS_MAX = 40;

interface DrillsState {
  readonly pairId: string | null;
  readonly board: DrillBoard | null;
  readonly isRunning: boolean;
  readonly isStopping: boolean;
  readonly suite: DrillSuite | null;
  readonly present: { readonly index: number; readonly planned: PlannedRun; readonly title: Text } | null;
  readonly steps: readonly { readonly text: Text; readonly atMs: number }[];
  readonly hands: Hands | null;
  /** Runs of the suite at work, as they end. */
  readonly runs: readonly DrillRun[];
  /** The suite that ended last in this window. */
  readonly summary: DrillSummary | null;
  /** Why it ended before its time, in the core's words. */
  readonly error: string;
}

const EMPTY: DrillsState = {
  pairId: null,
  board: null,
  isRunning: false,
  isStopping: false,
  suite: null,
  present: null,
  steps: [],
  hands: null,
  runs: [],
  summary: null,
  error: '',
};

export const useDrills = create<DrillsState>(() => EMPTY);

/** Asks again what there is to run; another pair begins with nothing. */
export async function loadDrills(pairId: string): Promise<void> {
  if (useDrills.getState().pairId !== pairId && !useDrills.getState().isRunning)
    useDrills.setState({ ...EMPTY, pairId }, true);
  const board = await attempt(() => link.client.drillList({ pairId }));
  if (board !== undefined && useDrills.getState().pairId === pairId) useDrills.setState({ board });
}

function take(item: DrillItem): void {
  switch (item.kind) {
    case 'suite':
      return useDrills.setState({ suite: item.suite, runs: item.suite.runs });
    case 'run-begin':
      return useDrills.setState({
        present: { index: item.planIndex, planned: item.planned, title: item.title },
        steps: [],
        hands: null,
      });
    case 'step':
      return useDrills.setState((s) => ({
        steps: [...s.steps, { text: item.text, atMs: item.atMs }].slice(-STEPS_MAX),
      }));
    case 'hands':
      return useDrills.setState({ hands: item.hands });
    case 'hands-over':
      return useDrills.setState({ hands: null });
    case 'run':
      return useDrills.setState((s) => ({ runs: [...s.runs, item.run] }));
    case 'summary':
      return useDrills.setState({ summary: item.summary });
  }
}

let leave: AbortController | null = null;

/** Runs an order to its end. A second one while one runs is ignored: one suite a pair at a time. */
export async function runDrills(pairId: string, order: DrillOrder): Promise<void> {
  if (useDrills.getState().isRunning) return;
  const mine = new AbortController();
  leave = mine;
  const { board } = useDrills.getState();
  useDrills.setState({ ...EMPTY, pairId, board, isRunning: true }, true);
  try {
    for await (const item of link.client.drillRun({ ...order, pairId }, mine.signal)) take(item);
  } catch (error) {
    if (!mine.signal.aborted) useDrills.setState({ error: errorText(error) });
  }
  useDrills.setState({ isRunning: false, isStopping: false, present: null, hands: null });
  // What came out is what the person waited for. One that was stopped is gone on with from the list.
  if (useDrills.getState().summary?.suite.state === 'complete') useUi.setState({ drillPage: 'results' });
  await loadDrills(pairId);
}

/** Stops the suite; what is broken is undone first, and the summary still comes. */
export function abortDrills(): void {
  const { pairId, isRunning } = useDrills.getState();
  if (pairId === null || !isRunning) return;
  useDrills.setState({ isStopping: true });
  void attempt(() => link.client.drillAnswer({ pairId, answer: 'abort' })).then((done) => {
    // The core has no such suite any more: then there is nobody to wait for.
    if (done === undefined) leave?.abort();
  });
}

export function answerHands(answer: 'continue' | 'skip'): void {
  const { pairId, hands } = useDrills.getState();
  if (pairId === null || hands === null) return;
  void attempt(() => link.client.drillAnswer({ pairId, askId: hands.askId, answer }));
}
