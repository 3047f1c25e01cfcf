/** A terminal in its frame; the frame says what its node is measured to be. */
import { SearchOutlined, SplitCellsOutlined } from '@ant-design/icons';
import { App as AntApp, Button } from 'antd';
import type { IDockviewPanelProps } from 'dockview-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { addTerminal, type TerminalParams } from '../../app/dockLayout.ts';
import { paletteOf } from '../../app/palette.ts';
import { type Role, roleOf } from '../../lib/roles.ts';
import { saidText } from '../../lib/said.ts';
import { usePairs } from '../../stores/pairs.ts';
import { themeOf, useSettings } from '../../stores/settings.ts';
import { RoleTag } from '../../ui/RoleTag.tsx';
import { useSize } from '../../ui/useSize.ts';
import { pastedLineCount } from './paste.ts';
import { Screen, type ScreenPhase } from './screen.ts';
import { SearchBox } from './SearchBox.tsx';

/** Pause before a terminal that has ended is opened again by itself, milliseconds. */
const REOPEN_MS = 1500;

function usePasteGuard(node: string): (text: string) => Promise<boolean> {
  const { t } = useTranslation();
  const { modal } = AntApp.useApp();
  return async (text) => {
    const role = t(`role.${roleOf(usePairs.getState().state, node)}`);
    return modal.confirm({
      title: t('terminal.pasteTitle', { count: pastedLineCount(text), node }),
      content: (
        <>
          <p>{t('terminal.pasteText', { node, role })}</p>
          <pre className="tb-code">{text.slice(0, 2000)}</pre>
        </>
      ),
      okText: t('terminal.paste'),
      cancelText: t('common.cancel'),
      autoFocusButton: 'cancel',
      width: 560,
    });
  };
}

interface ScreenHandle {
  readonly host: React.RefObject<HTMLDivElement | null>;
  readonly screen: Screen | null;
  readonly phase: ScreenPhase;
}

/** Makes the screen once its pane is seen first, and keeps its size and colours right. */
function useScreen(
  isVisible: boolean,
  confirmPaste: (text: string) => Promise<boolean>,
  onSearchKey: () => void,
): ScreenHandle {
  const [host, size] = useSize<HTMLDivElement>();
  const [screen, setScreen] = useState<Screen | null>(null);
  const [phase, setPhase] = useState<ScreenPhase>({ phase: 'closed' });
  const theme = useSettings(themeOf);
  const latest = useRef({ confirmPaste, onSearchKey });
  useEffect(() => {
    latest.current = { confirmPaste, onSearchKey };
  });
  const [wasSeen, setWasSeen] = useState(false);
  if (isVisible && size.width > 0 && !wasSeen) setWasSeen(true);
  useEffect(() => {
    const element = host.current;
    if (!wasSeen || element === null) return;
    const made = new Screen(element, paletteOf(themeOf(useSettings.getState())), {
      onPhase: setPhase,
      confirmPaste: (text) => latest.current.confirmPaste(text),
      onSearchKey: () => latest.current.onSearchKey(),
    });
    made.fit();
    setScreen(made);
    return () => {
      setScreen(null);
      made.dispose();
    };
  }, [wasSeen, host]);
  useEffect(() => screen?.fit(), [screen, size, isVisible]);
  useEffect(() => screen?.setPalette(paletteOf(theme)), [screen, theme]);
  return { host, screen, phase };
}

/** Opens the terminal whenever its node can be reached and it is not open, also after the node came back. */
function useConnection({ screen, phase }: ScreenHandle, { nodeIndex, kind }: TerminalParams): string {
  const { t } = useTranslation();
  const pairId = usePairs((s) => s.selectedId);
  const node = usePairs((s) => s.state?.nodes[nodeIndex].node ?? null);
  const isReady = usePairs((s) => s.state?.nodes[nodeIndex].phase === 'ready');
  useEffect(() => {
    const isBusy = phase.phase === 'opening' || phase.phase === 'open';
    if (screen === null || pairId === null || node === null || !isReady || isBusy) return;
    const timer = setTimeout(() => void screen.open(pairId, node, kind), phase.phase === 'ended' ? REOPEN_MS : 0);
    return () => clearTimeout(timer);
  }, [screen, pairId, node, kind, isReady, phase]);
  // Another pair is another machine: nothing of the old one may stay in the frame.
  useEffect(() => () => screen?.forget(), [screen, pairId, node]);
  if (pairId === null || node === null) return t('terminal.noPair');
  if (phase.phase === 'opening') return t('terminal.opening');
  if (phase.phase === 'ended') return t('terminal.ended', { detail: saidText(phase, t) });
  return phase.phase === 'closed' && !isReady ? t('terminal.notConnected', { node }) : '';
}

interface HeaderProps {
  readonly node: string | null;
  readonly role: Role;
  readonly note: string;
  readonly onSearch: () => void;
  readonly onSplit: () => void;
}

function Header({ node, role, note, onSearch, onSplit }: HeaderProps): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <header>
      {node !== null && (
        <>
          <strong>{node}</strong>
          <RoleTag role={role} />
        </>
      )}
      <span className="tb-terminal-note" role="status" title={note}>
        {note}
      </span>
      <Button
        size="small"
        type="text"
        icon={<SearchOutlined />}
        aria-label={t('terminal.search')}
        title={`${t('terminal.search')} (Ctrl+Shift+F)`}
        onClick={onSearch}
      />
      <Button
        size="small"
        type="text"
        icon={<SplitCellsOutlined />}
        aria-label={t('terminal.split')}
        title={t('terminal.split')}
        onClick={onSplit}
      />
    </header>
  );
}

export function TerminalPane({ api, containerApi, params }: IDockviewPanelProps): React.JSX.Element {
  const { t } = useTranslation();
  const { nodeIndex, kind } = params as TerminalParams;
  const node = usePairs((s) => s.state?.nodes[nodeIndex].node ?? null);
  const role = usePairs((s) => (node === null ? 'unknown' : roleOf(s.state, node)));
  const [isVisible, setIsVisible] = useState(api.isVisible);
  const [searching, setSearching] = useState(false);
  const confirmPaste = usePasteGuard(node ?? '');
  const handle = useScreen(isVisible, confirmPaste, () => setSearching(true));
  const note = useConnection(handle, { nodeIndex, kind });
  const { host, screen } = handle;
  useEffect(() => {
    const listener = api.onDidVisibilityChange((event) => setIsVisible(event.isVisible));
    return () => listener.dispose();
  }, [api]);
  const split = (): void => {
    addTerminal(containerApi, { nodeIndex, kind: 'shell' }, { referencePanel: api.id, direction: 'right' });
  };
  return (
    <section
      className="tb-pane tb-terminal"
      data-role={node === null ? 'none' : role}
      aria-label={t('terminal.region', { node: node ?? '', kind: t(`terminal.kind.${kind}`) })}
    >
      <Header node={node} role={role} note={note} onSearch={() => setSearching((on) => !on)} onSplit={split} />
      {searching && screen !== null && (
        <SearchBox
          screen={screen}
          onClose={() => {
            setSearching(false);
            screen.search.clearDecorations();
            screen.terminal.focus();
          }}
        />
      )}
      <div className="tb-terminal-host" ref={host} />
    </section>
  );
}
