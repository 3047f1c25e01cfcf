/** The page: bar, verdict, and either the first screen or the workbench. */
import { useLayoutEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useLinkPhase } from '../stores/link.ts';
import { startPanic } from '../stores/panic.ts';
import { usePairs } from '../stores/pairs.ts';
import { useRackFlow } from '../stores/rackFlow.ts';
import { useSettings } from '../stores/settings.ts';
import { useUi } from '../stores/ui.ts';
import { HostKeyDialog } from '../views/connect/HostKeyDialog.tsx';
import { SecretsDialog } from '../views/connect/SecretsDialog.tsx';
import { ConfirmDeadDialog } from '../views/safety/ConfirmDeadDialog.tsx';
import { RotateDialog } from '../views/safety/RotateDialog.tsx';
import { Start } from '../views/start/Start.tsx';
import { PanicDialog } from '../views/faults/PanicDialog.tsx';
import { Guide } from '../views/commission/Guide.tsx';
import { ExerciseBanner } from '../views/drills/ExerciseBanner.tsx';
import { AlarmBar } from './AlarmBar.tsx';
import { CommandPalette } from './CommandPalette.tsx';
import { Dock } from './Dock.tsx';
import { TopBar } from './TopBar.tsx';
import { VerdictBar } from './VerdictBar.tsx';

/** Ctrl+K: commands. Ctrl+Alt+P: everything back. F6: next group of panes. Alt+Page Down: next tab. With Shift, or Page Up: the other way. */
function shortcutOf(event: KeyboardEvent): (() => void) | null {
  const { dock } = useUi.getState();
  const isCommand = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
  if (event.key.toLowerCase() === 'k' && isCommand)
    return () => useUi.setState((s) => ({ paletteOpen: !s.paletteOpen }));
  // By its place on the keyboard: with Alt the key has another letter in some layouts.
  if (event.code === 'KeyP' && event.ctrlKey && event.altKey) return startPanic;
  if (event.key === 'F6' && !event.ctrlKey && !event.altKey) return () => dock?.focusGroup(event.shiftKey ? -1 : 1);
  if (!event.altKey || event.ctrlKey) return null;
  if (event.key === 'PageDown') return () => dock?.focusTab(1);
  return event.key === 'PageUp' ? () => dock?.focusTab(-1) : null;
}

function useShortcuts(): void {
  // With the page's first picture: what can be seen can be used, also by who types at once.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const run = shortcutOf(event);
      if (run === null) return;
      event.preventDefault();
      event.stopPropagation();
      run();
    };
    // Capturing: a terminal in focus would take these keys for itself, and nobody could leave it.
    window.addEventListener('keydown', onKey, true);
    return () => window.removeEventListener('keydown', onKey, true);
  }, []);
}

/** The first screen stays until there is a pair to show or the person goes on to servers. */
function useShowsStart(): boolean {
  const selected = usePairs((s) => s.selectedId);
  const entered = useUi((s) => s.entered);
  const flow = useRackFlow((s) => s.phase);
  if (flow === 'running' || flow === 'failed' || flow === 'cancelled') return true;
  return selected === null && !entered;
}

export function Shell(): React.JSX.Element {
  const { t } = useTranslation();
  const phase = useLinkPhase((s) => s.phase);
  const isReady = useSettings((s) => s.settings !== null);
  const showsStart = useShowsStart();
  useShortcuts();
  return (
    <div className="tb-shell">
      <a className="tb-skip" href="#tb-main">
        {t('app.skip')}
      </a>
      <TopBar bare={!isReady || showsStart} />
      {isReady && !showsStart && <VerdictBar />}
      {isReady && !showsStart && <Guide />}
      {isReady && !showsStart && <AlarmBar />}
      {isReady && !showsStart && <ExerciseBanner />}
      {isReady && phase !== 'open' && (
        <div className="tb-lost" role="alert">
          {t('app.lost')}
        </div>
      )}
      <main id="tb-main" className="tb-main" tabIndex={-1}>
        {!isReady && <div className="tb-empty">{t('app.loading')}</div>}
        {isReady && (showsStart ? <Start /> : <Dock />)}
      </main>
      <CommandPalette />
      <HostKeyDialog />
      <SecretsDialog />
      <ConfirmDeadDialog />
      <RotateDialog />
      <PanicDialog />
    </div>
  );
}
