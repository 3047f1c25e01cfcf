/** The parts of the operating system that an application meets: dialogs, theme, screen. */
import { EventEmitter } from 'node:events';
import type { Dialog, NativeTheme, Screen } from 'electron';
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

export function createNative(): Record<'dialog' | 'nativeTheme' | 'screen', object> {
  const nativeTheme: MembersOf<NativeTheme> = { themeSource: 'system', shouldUseDarkColors: false };
  const display = {
    id: 1,
    bounds: { x: 0, y: 0, width: 1920, height: 1080 },
    workArea: { x: 0, y: 0, width: 1920, height: 1040 },
  };
  const screen: MembersOf<Screen> = { getAllDisplays: () => [display] };
  return {
    dialog: createDialog(),
    nativeTheme: emitter('nativeTheme', nativeTheme),
    screen: emitter('screen', screen),
  };
}
