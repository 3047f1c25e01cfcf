/** Language, theme and remembered layouts; kept by the core. */
import { create } from 'zustand';
import type { ConsoleContract, Settings } from '../../electron/common/contract/console.ts';
import type { z } from 'zod';
import type { ThemeName } from '../app/palette.ts';
import { link } from './link.ts';
import { attempt } from './notices.ts';

export type ConsoleInfo = z.infer<ConsoleContract['info']['output']>;
export type Language = 'en' | 'zh-CN';

interface SettingsState {
  readonly info: ConsoleInfo | null;
  readonly settings: Settings | null;
  /** What `system` means on this machine now. */
  readonly systemTheme: ThemeName;
}

const darkQuery = window.matchMedia('(prefers-color-scheme: dark)');

export const useSettings = create<SettingsState>(() => ({
  info: null,
  settings: null,
  systemTheme: darkQuery.matches ? 'dark' : 'light',
}));

/** Reads settings once and follows the system's theme. */
export async function startSettings(): Promise<void> {
  darkQuery.addEventListener('change', () =>
    useSettings.setState({ systemTheme: darkQuery.matches ? 'dark' : 'light' }),
  );
  const client = await link.ready();
  await attempt(async () => {
    const [info, settings] = await Promise.all([client.info({}), client.settingsGet({})]);
    useSettings.setState({ info, settings });
  });
}

/** Applies at once and saves. */
export function changeSettings(patch: Partial<Settings>): void {
  const { settings } = useSettings.getState();
  if (settings === null) return;
  useSettings.setState({ settings: { ...settings, ...patch } });
  void attempt(() => link.client.settingsSet(patch));
}

/** Remembers one named layout beside the others. */
export function rememberLayout(name: string, layout: unknown): void {
  const { settings } = useSettings.getState();
  if (settings !== null) changeSettings({ layout: { ...settings.layout, [name]: layout } });
}

export function themeOf(state: SettingsState): ThemeName {
  const chosen = state.settings?.theme ?? 'system';
  return chosen === 'system' ? state.systemTheme : chosen;
}

export function languageOf(state: SettingsState): Language {
  return state.settings?.language ?? (navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en');
}
