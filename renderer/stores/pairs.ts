/** The rack, the saved pairs, and the state of the pair in view. */
import { create } from 'zustand';
import { RACK_PAIR_ID } from '../../electron/common/contract/console.ts';
import type { PairSpec } from '../../electron/common/contract/pair.ts';
import type { RackState } from '../../electron/common/contract/rack.ts';
import type { PairState } from '../../electron/common/contract/state.ts';
import { SessionData } from '../lib/sessionData.ts';
import { unheard } from '../lib/unheard.ts';
import { link, useLinkPhase } from './link.ts';
import { attempt } from './notices.ts';

interface PairsState {
  readonly rack: RackState | null;
  readonly list: readonly PairSpec[];
  readonly selectedId: string | null;
  /** State of the selected pair; null until the core said something. */
  readonly state: PairState | null;
}

export const usePairs = create<PairsState>(() => ({
  rack: null,
  list: [],
  selectedId: null,
  state: null,
}));

/** Plotted data of the selected pair. Not React state: see lib/sessionData.ts. */
export const sessionData = new SessionData();

/** Five pictures a second are enough for numbers that people read. */
const STATE_PERIOD_MS = 200;

/** Changes of these are shown at once, whatever the period. */
function headline(state: PairState): string {
  return JSON.stringify([
    state.vips.map((v) => [v.verdict, v.holder, v.holders]),
    state.nodes.map((n) => [n.phase, n.agent.phase, n.hostKey?.questionId]),
    state.faults.map((f) => [f.faultId, f.phase]),
  ]);
}

let pendingState: PairState | null = null;
let stateTimer: ReturnType<typeof setTimeout> | null = null;

function showState(state: PairState): void {
  const shown = usePairs.getState().state;
  if (shown === null || shown.pairId !== state.pairId || headline(shown) !== headline(state)) {
    pendingState = null;
    usePairs.setState({ state });
    return;
  }
  pendingState = state;
  stateTimer ??= setTimeout(() => {
    stateTimer = null;
    if (pendingState !== null) usePairs.setState({ state: pendingState });
    pendingState = null;
  }, STATE_PERIOD_MS);
}

let stopFollowing: (() => void)[] = [];

/** Shows another pair (or none): its state and its session are followed from now on. */
export function selectPair(pairId: string | null): void {
  if (usePairs.getState().selectedId === pairId) return;
  for (const stop of stopFollowing) stop();
  stopFollowing = [];
  pendingState = null;
  sessionData.clear();
  usePairs.setState({ selectedId: pairId, state: null });
  if (pairId === null) return;
  stopFollowing = [
    link.follow('pairState', { pairId }, (state) => {
      if (state.pairId === usePairs.getState().selectedId) showState(state);
    }),
    // A new subscription brings its own history: what was held before would only be doubled.
    link.follow(
      'session',
      { pairId },
      (batch) => sessionData.append(batch),
      () => sessionData.clear(),
    ),
  ];
}

export async function refreshPairs(): Promise<void> {
  await attempt(async () => {
    const list = await link.client.pairList({});
    usePairs.setState({ list });
    const { selectedId } = usePairs.getState();
    if (selectedId !== null && selectedId !== RACK_PAIR_ID && !list.some((p) => p.id === selectedId)) selectPair(null);
  });
}

/** Follows the rack and loads the saved pairs. A rack that runs already is shown at once. */
export function startPairs(): void {
  useLinkPhase.subscribe(({ phase }) => {
    const { state } = usePairs.getState();
    if (phase !== 'lost' || state === null) return;
    // What was last heard is not what is: unknown, until a console says more.
    pendingState = null;
    usePairs.setState({ state: unheard(state) });
  });
  let before: RackState['phase'] | null = null;
  link.follow('rackState', {}, (rack) => {
    usePairs.setState({ rack });
    if (rack.phase === 'up' && before === null) selectPair(RACK_PAIR_ID);
    if (rack.phase === 'down' && before !== 'down' && usePairs.getState().selectedId === RACK_PAIR_ID) selectPair(null);
    if (rack.phase !== before) void refreshPairs();
    before = rack.phase;
  });
}

export const isRackSelected = (state: PairsState): boolean => state.selectedId === RACK_PAIR_ID;
