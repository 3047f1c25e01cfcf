/** The default arrangement of the panes, and what a remembered one must look like to be taken. */
import type { DockviewApi, SerializedDockview } from 'dockview-react';
import { PANES, type PaneId } from '../stores/ui.ts';
import { TERMINAL_KINDS, type TerminalKind } from '../views/terminals/kinds.ts';

/** Raised when panes change so much that an older arrangement would not fit. */
export const LAYOUT_VERSION = 1;
export const LAYOUT_NAME = 'dock';

export interface TerminalParams {
  readonly nodeIndex: 0 | 1;
  readonly kind: TerminalKind;
}

/** Shares of the window: picture and monitor on top, terminals and lists below. */
const TOP_SHARE = 0.585;
const PICTURE_SHARE = 0.4;

const terminalId = (nodeIndex: 0 | 1, kind: TerminalKind): string => `terminal-${nodeIndex}-${kind}`;

let extraTerminals = 0;

/** Adds a terminal pane; a second one of the same kind gets its own id. */
export function addTerminal(
  api: DockviewApi,
  params: TerminalParams,
  position?: { referencePanel: string; direction: 'within' | 'right' | 'below' },
  inactive = false,
): void {
  const plain = terminalId(params.nodeIndex, params.kind);
  const id = api.getPanel(plain) === undefined ? plain : `${plain}-${(extraTerminals += 1)}-${api.totalPanels}`;
  api.addPanel({ id, component: 'terminal', params, inactive, ...(position === undefined ? {} : { position }) });
}

export function addPane(
  api: DockviewApi,
  id: PaneId,
  position?: { referencePanel: string; direction: 'within' | 'right' | 'below' },
  inactive = false,
): void {
  api.addPanel({ id, component: id, inactive, ...(position === undefined ? {} : { position }) });
}

export function applyDefaultLayout(api: DockviewApi): void {
  api.clear();
  const { width, height } = api;
  addPane(api, 'picture');
  addPane(api, 'monitor', { referencePanel: 'picture', direction: 'right' });
  addPane(api, 'distribution', { referencePanel: 'monitor', direction: 'within' }, true);
  addPane(api, 'safety', { referencePanel: 'monitor', direction: 'within' }, true);
  addPane(api, 'advice', { referencePanel: 'monitor', direction: 'within' }, true);
  addPane(api, 'drills', { referencePanel: 'monitor', direction: 'within' }, true);
  addPane(api, 'report', { referencePanel: 'monitor', direction: 'within' }, true);
  addPane(api, 'timeline', { referencePanel: 'monitor', direction: 'within' }, true);
  addPane(api, 'connect', { referencePanel: 'monitor', direction: 'within' }, true);
  // Below both columns: added to the whole, not to one group.
  api.addPanel({
    id: terminalId(0, 'watch-addresses'),
    component: 'terminal',
    params: { nodeIndex: 0, kind: 'watch-addresses' },
    position: { direction: 'below' },
  });
  addTerminal(
    api,
    { nodeIndex: 1, kind: 'watch-addresses' },
    { referencePanel: terminalId(0, 'watch-addresses'), direction: 'right' },
  );
  addPane(api, 'faults', { referencePanel: terminalId(1, 'watch-addresses'), direction: 'right' });
  addPane(api, 'events', { referencePanel: 'faults', direction: 'within' }, true);
  for (const nodeIndex of [0, 1] as const) {
    for (const kind of ['follow-log', 'shell'] as const) {
      addTerminal(
        api,
        { nodeIndex, kind },
        { referencePanel: terminalId(nodeIndex, 'watch-addresses'), direction: 'within' },
        true,
      );
    }
  }
  api.getPanel('picture')?.api.setSize({ width: width * PICTURE_SHARE, height: height * TOP_SHARE });
  api.getPanel(terminalId(0, 'watch-addresses'))?.api.setSize({ width: width / 3, height: height * (1 - TOP_SHARE) });
  api.getPanel(terminalId(1, 'watch-addresses'))?.api.setSize({ width: width / 3 });
}

interface Remembered {
  readonly version: number;
  readonly layout: SerializedDockview;
}

/** A remembered arrangement, if it is one of this version with panes that exist. */
export function readRemembered(value: unknown): SerializedDockview | null {
  const kept = value as Partial<Remembered> | undefined;
  if (kept?.version !== LAYOUT_VERSION || typeof kept.layout !== 'object') return null;
  const panels = Object.values(kept.layout.panels ?? {});
  const known = new Set<string>([...PANES, 'terminal']);
  const isKnown = panels.every((p) => known.has(p.contentComponent ?? ''));
  const kindsFit = panels.every((p) => {
    const params = p.params as Partial<TerminalParams> | undefined;
    return p.contentComponent !== 'terminal' || TERMINAL_KINDS.includes(params?.kind as TerminalKind);
  });
  return panels.length > 0 && isKnown && kindsFit ? kept.layout : null;
}

export const remembered = (layout: SerializedDockview): Remembered => ({ version: LAYOUT_VERSION, layout });
