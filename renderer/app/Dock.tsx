/** The workbench: panes that can be moved, split and tabbed; the arrangement is remembered. */
import { PlusOutlined } from '@ant-design/icons';
import { Button, Dropdown } from 'antd';
import {
  type DockviewApi,
  DockviewReact,
  type DockviewReadyEvent,
  type IDockviewPanel,
  type IDockviewHeaderActionsProps,
  type IDockviewPanelHeaderProps,
  type IDockviewPanelProps,
  themeDark,
  themeLight,
} from 'dockview-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { usePairs } from '../stores/pairs.ts';
import { rememberLayout, themeOf, useSettings } from '../stores/settings.ts';
import { type PaneId, useUi } from '../stores/ui.ts';
import { Advice } from '../views/advice/Advice.tsx';
import { Connect } from '../views/connect/Connect.tsx';
import { Drills } from '../views/drills/Drills.tsx';
import { Events } from '../views/events/Events.tsx';
import { Faults } from '../views/faults/Faults.tsx';
import { Distribution } from '../views/monitor/Distribution.tsx';
import { Monitor } from '../views/monitor/Monitor.tsx';
import { Picture } from '../views/rack/Picture.tsx';
import { Replay } from '../views/replay/Replay.tsx';
import { Report } from '../views/report/Report.tsx';
import { Safety } from '../views/safety/Safety.tsx';
import { Timeline } from '../views/timeline/Timeline.tsx';
import { TERMINAL_KINDS, type TerminalKind } from '../views/terminals/kinds.ts';
import { TerminalPane } from '../views/terminals/TerminalPane.tsx';
import {
  addPane,
  addTerminal,
  applyDefaultLayout,
  LAYOUT_NAME,
  readRemembered,
  remembered,
  type TerminalParams,
} from './dockLayout.ts';
import { shortName } from '../../electron/common/words/nodeNames.ts';

/** Saving waits until the hand is off the mouse. */
const REMEMBER_AFTER_MS = 600;

/** The type makes a pane without a component an error. */
const COMPONENTS: Record<PaneId | 'terminal', React.FunctionComponent<IDockviewPanelProps>> = {
  picture: Picture,
  monitor: Monitor,
  distribution: Distribution,
  safety: Safety,
  advice: Advice,
  drills: Drills,
  report: Report,
  replay: Replay,
  faults: Faults,
  events: Events,
  timeline: Timeline,
  connect: Connect,
  terminal: TerminalPane,
};

/** Tabs take their words from the present language and the present names of the nodes, not from the saved arrangement. */
function Tab({ api, params }: IDockviewPanelHeaderProps): React.JSX.Element {
  const { t } = useTranslation();
  const nodes = usePairs((s) => s.state?.nodes);
  const isTerminal = api.component === 'terminal';
  const { nodeIndex, kind } = params as Partial<TerminalParams>;
  const name = nodes?.[nodeIndex ?? 0].node;
  const node =
    nodes === undefined || name === undefined
      ? String.fromCharCode(65 + (nodeIndex ?? 0))
      : shortName(
          name,
          nodes.map((n) => n.node),
        );
  const title = isTerminal
    ? t('pane.terminal', { node, kind: t(`terminal.kind.${kind ?? 'shell'}`) })
    : t(`pane.${api.component as PaneId}`);
  useEffect(() => api.setTitle(title), [api, title]);
  return (
    <div className="tb-tab" title={title}>
      <span className="tb-tab-text">{title}</span>
      <button
        type="button"
        className="tb-tab-close"
        aria-label={`${t('common.close')}: ${title}`}
        onPointerDown={(event) => event.stopPropagation()}
        onClick={() => api.close()}
      >
        <svg width="9" height="9" viewBox="0 0 9 9" aria-hidden="true">
          <path d="M1 1l7 7M8 1L1 8" stroke="currentColor" strokeWidth="1.3" />
        </svg>
      </button>
    </div>
  );
}

/** A plus beside the tabs of a group that holds terminals: another one there, a true split by dragging its tab. */
function GroupActions({ containerApi, activePanel, panels }: IDockviewHeaderActionsProps): React.JSX.Element | null {
  const { t } = useTranslation();
  const nodes = usePairs((s) => s.state?.nodes);
  if (activePanel === undefined || !panels.some((p) => p.api.component === 'terminal')) return null;
  const items = ([0, 1] as const).flatMap((nodeIndex) =>
    TERMINAL_KINDS.map((kind) => ({
      key: `${nodeIndex} ${kind}`,
      label: t('pane.terminal', {
        node: nodes?.[nodeIndex].node ?? String.fromCharCode(65 + nodeIndex),
        kind: t(`terminal.kind.${kind}`),
      }),
    })),
  );
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items,
        onClick: ({ key }) => {
          const [index, kind] = key.split(' ') as [string, TerminalKind];
          addTerminal(
            containerApi,
            { nodeIndex: index === '1' ? 1 : 0, kind },
            { referencePanel: activePanel.id, direction: 'within' },
          );
        },
      }}
    >
      <Button
        type="text"
        size="small"
        className="tb-group-action"
        icon={<PlusOutlined />}
        aria-label={t('pane.addTerminal')}
      />
    </Dropdown>
  );
}

function Watermark(): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <div className="tb-empty">
      <p>{t('pane.empty')}</p>
      <Button onClick={() => useUi.getState().dock?.resetLayout()}>{t('pane.reset')}</Button>
    </div>
  );
}

const POSITIONS = { above: 'top', below: 'bottom', left: 'left', right: 'right' } as const;

/** Brings a pane to the front and puts the focus on what it is for: the terminal, the chart, the first button. */
function focusPanel(panel: IDockviewPanel | undefined): void {
  if (panel === undefined) return;
  panel.api.setActive();
  const content = panel.view.content.element;
  const main = content.querySelector<HTMLElement>('.xterm-helper-textarea, .tb-pane[tabindex]');
  (main ?? content.querySelector<HTMLElement>('button, input, [tabindex="0"]'))?.focus();
}

const WITHIN_MONITOR = { referencePanel: 'monitor', direction: 'within' } as const;

function control(api: DockviewApi): NonNullable<ReturnType<typeof useUi.getState>['dock']> {
  return {
    show: (pane) => {
      const panel = api.getPanel(pane);
      // A pane that is not there yet comes where there is room for it, not into whichever small corner was used last.
      const wide = api.getPanel('monitor') === undefined ? undefined : WITHIN_MONITOR;
      if (panel === undefined) addPane(api, pane, wide);
      else panel.api.setActive();
    },
    openTerminal: (nodeIndex, kind, beside = false) => {
      const like = api.panels.find(
        (p) => p.api.component === 'terminal' && (p.params as TerminalParams).nodeIndex === nodeIndex,
      );
      const direction = beside ? 'right' : 'within';
      addTerminal(api, { nodeIndex, kind }, like === undefined ? undefined : { referencePanel: like.id, direction });
    },
    resetLayout: () => applyDefaultLayout(api),
    moveActive: (position) => {
      const { activePanel } = api;
      // Alone in its group there is nothing to be moved away from.
      if (activePanel === undefined || activePanel.group.panels.length < 2) return;
      activePanel.api.moveTo({ group: activePanel.group, position: POSITIONS[position] });
    },
    focusGroup: (step) => {
      const groups = api.groups;
      const at = groups.findIndex((g) => g === api.activeGroup);
      focusPanel(groups[(at + step + groups.length) % groups.length]?.activePanel);
    },
    focusTab: (step) => {
      const panels = api.activeGroup?.panels ?? [];
      const at = panels.findIndex((p) => p === api.activePanel);
      focusPanel(panels[(at + step + panels.length) % panels.length]);
    },
  };
}

function restore(api: DockviewApi): void {
  const kept = readRemembered(useSettings.getState().settings?.layout[LAYOUT_NAME]);
  if (kept === null) return applyDefaultLayout(api);
  try {
    api.fromJSON(kept);
  } catch {
    // An arrangement that this version of the library cannot read is worth less than a working screen.
    applyDefaultLayout(api);
  }
}

export function Dock(): React.JSX.Element {
  const theme = useSettings(themeOf);
  const onReady = ({ api }: DockviewReadyEvent): void => {
    restore(api);
    let timer: ReturnType<typeof setTimeout> | undefined;
    api.onDidLayoutChange(() => {
      clearTimeout(timer);
      timer = setTimeout(() => rememberLayout(LAYOUT_NAME, remembered(api.toJSON())), REMEMBER_AFTER_MS);
    });
    useUi.setState({ dock: control(api) });
  };
  useEffect(() => () => useUi.setState({ dock: null }), []);
  return (
    <DockviewReact
      className="tb-dock"
      theme={theme === 'dark' ? themeDark : themeLight}
      components={COMPONENTS}
      defaultTabComponent={Tab}
      rightHeaderActionsComponent={GroupActions}
      watermarkComponent={Watermark}
      // Its sentences are English and name panes by their ids.
      announcements={false}
      onReady={onReady}
    />
  );
}
