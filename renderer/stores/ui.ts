/** What is open on the screen, and the way for anybody to bring a pane to the front. */
import { create } from 'zustand';
import type { ConsoleFaultName } from '../../electron/common/contract/state.ts';
import type { TerminalKind } from '../views/terminals/kinds.ts';

export const PANES = [
  'picture',
  'monitor',
  'distribution',
  'safety',
  'advice',
  'drills',
  'faults',
  'events',
  'timeline',
  'report',
  'replay',
  'connect',
] as const;
export type PaneId = (typeof PANES)[number];

/** Pages of the drills pane. */
export const DRILL_PAGES = ['list', 'results', 'training'] as const;
export type DrillPage = (typeof DRILL_PAGES)[number];

export const MOVE_POSITIONS = ['left', 'right', 'above', 'below'] as const;
export type MovePosition = (typeof MOVE_POSITIONS)[number];

/** What the dock offers to the rest of the page; null while it is not mounted. */
export interface DockControl {
  show(pane: PaneId): void;
  openTerminal(nodeIndex: 0 | 1, kind: TerminalKind, beside?: boolean): void;
  resetLayout(): void;
  /** Splits the active pane off to one side of its group. */
  moveActive(position: MovePosition): void;
  /** Puts the focus on the next (1) or previous (-1) group of panes. */
  focusGroup(step: 1 | -1): void;
  /** The same within the tabs of the active group. */
  focusTab(step: 1 | -1): void;
}

interface UiState {
  readonly paletteOpen: boolean;
  readonly dock: DockControl | null;
  /** The person went past the first screen, to connect to servers or look around. */
  readonly entered: boolean;
  /** Pair for which secrets are being asked; null: not asking. */
  readonly secretsFor: string | null;
  /** Fault chosen elsewhere (picture, palette) to be confirmed in the fault pane. */
  readonly faultNode: string | null;
  /** Fault of that node whose last look is wanted; the fault pane opens it. */
  readonly faultWish: ConsoleFaultName | null;
  /** Drills that are wanted, to be confirmed in the drills pane; null: none. */
  readonly drillWish: readonly string[] | null;
  /** Node that is to take over although its peer was not proven off: the person is asked; null: not asking. */
  readonly confirmDeadBy: string | null;
  readonly rotateOpen: boolean;
  readonly drillPage: DrillPage;
  /** The checklist from nothing to the report. */
  readonly commissionOpen: boolean;
}

export const useUi = create<UiState>(() => ({
  paletteOpen: false,
  dock: null,
  entered: false,
  secretsFor: null,
  faultNode: null,
  faultWish: null,
  drillWish: null,
  confirmDeadBy: null,
  rotateOpen: false,
  drillPage: 'list',
  commissionOpen: false,
}));

/** Opens the workbench if need be, then brings a pane to the front. */
export function showPane(pane: PaneId): void {
  const { dock } = useUi.getState();
  if (dock !== null) return dock.show(pane);
  useUi.setState({ entered: true });
  // The dock mounts with the next render and then shows what was asked for.
  const stop = useUi.subscribe((state) => {
    if (state.dock === null) return;
    stop();
    state.dock.show(pane);
  });
}
