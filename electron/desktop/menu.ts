/** The application menu: roles of the system, our words. */
import type { MenuItemConstructorOptions } from 'electron';
import { MENU_TEXT, type MenuLanguage } from './menuText.ts';

export interface MenuOptions {
  readonly language: MenuLanguage;
  readonly platform: NodeJS.Platform;
  /** Developer tools are offered when the application is run from its sources. */
  readonly isPackaged: boolean;
}

/**
 * Keys are chosen around the terminals: Ctrl+R and Ctrl+W belong to the shell, and a window closed
 * by a slip of the hand would end a running drill. Copy and paste keep the system's keys; a terminal
 * that wants them takes them first.
 */
export function menuTemplate({ language, platform, isPackaged }: MenuOptions): MenuItemConstructorOptions[] {
  const text = MENU_TEXT[language];
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const developerTools: MenuItemConstructorOptions = {
    id: 'developer-tools',
    role: 'toggleDevTools',
    label: text.developerTools,
  };
  return [
    ...(platform === 'darwin' ? [{ role: 'appMenu' } satisfies MenuItemConstructorOptions] : []),
    { id: 'file', label: text.file, submenu: [{ id: 'quit', role: 'quit', label: text.quit }] },
    {
      id: 'edit',
      label: text.edit,
      submenu: [
        { role: 'undo', label: text.undo },
        { role: 'redo', label: text.redo },
        separator,
        { role: 'cut', label: text.cut },
        { role: 'copy', label: text.copy },
        { role: 'paste', label: text.paste },
        { role: 'selectAll', label: text.selectAll },
      ],
    },
    {
      id: 'view',
      label: text.view,
      submenu: [
        { id: 'reload', role: 'reload', label: text.reload, accelerator: 'F5' },
        separator,
        { role: 'resetZoom', label: text.zoomReset },
        { role: 'zoomIn', label: text.zoomIn },
        { role: 'zoomOut', label: text.zoomOut },
        separator,
        { role: 'togglefullscreen', label: text.fullScreen },
        ...(isPackaged ? [] : [developerTools]),
      ],
    },
    { id: 'window', label: text.window, submenu: [{ role: 'minimize', label: text.minimize }] },
  ];
}
