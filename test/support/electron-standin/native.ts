/** The parts of the operating system that an application meets: dialogs, shell, theme, power, screen. */
import { EventEmitter } from 'node:events';
import type { Dialog, NativeTheme, PowerMonitor, Screen, Shell } from 'electron';
import { report } from './runtime.ts';
import { strict, type MembersOf } from './strict.ts';

function emitter<T extends object>(name: string, members: T): object {
  return strict(name, Object.assign(new EventEmitter(), members));
}

/** Dialogs answer as if a person pressed Escape, and say so; tests replace them with their own answers. */
function createDialog(): object {
  const members: MembersOf<Dialog> = {
    showMessageBox: (...args: unknown[]) => {
      const { message, cancelId } = args.at(-1) as { message: string; cancelId?: number };
      report(`message box cancelled: ${message}`);
      return Promise.resolve({ response: cancelId ?? 0, checkboxChecked: false });
    },
    showErrorBox: (title: string, content: string) => report(`error box: ${title}: ${content}`),
  };
  return strict('dialog', members);
}

export function createNative(): Record<'dialog' | 'shell' | 'nativeTheme' | 'powerMonitor' | 'screen', object> {
  const shell: MembersOf<Shell> = {
    openExternal: (url: string) => {
      report(`openExternal ${url}`);
      return Promise.resolve();
    },
  };
  const nativeTheme: MembersOf<NativeTheme> = { themeSource: 'system', shouldUseDarkColors: false };
  const powerMonitor: MembersOf<PowerMonitor> = {};
  const display = {
    id: 1,
    bounds: { x: 0, y: 0, width: 1920, height: 1080 },
    workArea: { x: 0, y: 0, width: 1920, height: 1040 },
  };
  const screen: MembersOf<Screen> = { getAllDisplays: () => [display] };
  return {
    dialog: createDialog(),
    shell: strict('shell', shell),
    nativeTheme: emitter('nativeTheme', nativeTheme),
    powerMonitor: emitter('powerMonitor', powerMonitor),
    screen: emitter('screen', screen),
  };
}
