import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { chooseHost, type HostEnvironment } from '../../../electron/desktop/available.ts';
import { menuTemplate } from '../../../electron/desktop/menu.ts';
import { chooseMenuLanguage, MENU_TEXT } from '../../../electron/desktop/menuText.ts';
import { placeWindow, readWindowState, writeWindowState } from '../../../electron/desktop/windowState.ts';

describe('desktop or browser', () => {
  /** A Linux desktop with Electron; each case takes something away. */
  const machine = (change: Partial<HostEnvironment> = {}): HostEnvironment => ({
    platform: 'linux',
    environment: { DISPLAY: ':0' },
    userId: 1000,
    root: '/app',
    exists: (file) => file === '/app/node_modules/electron/dist/electron',
    read: () => null,
    isSetuidRoot: () => false,
    ...change,
  });

  test('with runtime and display it is the desktop', () => {
    expect(chooseHost(machine())).toMatchObject({
      host: 'desktop',
      executable: '/app/node_modules/electron/dist/electron',
    });
    expect(chooseHost(machine({ environment: { WAYLAND_DISPLAY: 'wayland-0' } })).host).toBe('desktop');
  });

  test.each<[string, Partial<HostEnvironment>, string]>([
    ['no runtime', { exists: () => false }, 'runtime is not installed'],
    ['no display', { environment: {} }, 'no display'],
    ['an empty display', { environment: { DISPLAY: '' } }, 'no display'],
    ['root', { userId: 0 }, 'root'],
    ['no user namespaces', { read: (file) => (file.endsWith('max_user_namespaces') ? '0' : null) }, 'user namespaces'],
    ['AppArmor forbids them', { read: () => '1' }, 'user namespaces'],
  ])('%s: the browser, and it says why', (_name, change, why) => {
    const choice = chooseHost(machine(change));
    expect(choice.host).toBe('browser');
    expect(choice.reason).toContain(why);
    expect(choice.reason).not.toContain('\n');
  });

  test('the setuid helper makes up for forbidden namespaces', () => {
    expect(
      chooseHost(machine({ read: () => '1', isSetuidRoot: (file) => file.endsWith('/chrome-sandbox') })).host,
    ).toBe('desktop');
  });

  test('another distribution may be named; Windows and macOS have a display', () => {
    const exists = (file: string): boolean => file.startsWith('/other/');
    expect(
      chooseHost(machine({ environment: { DISPLAY: ':0', ELECTRON_OVERRIDE_DIST_PATH: '/other' }, exists })),
    ).toMatchObject({
      executable: '/other/electron',
    });
    expect(chooseHost(machine({ platform: 'darwin', environment: {}, exists: () => true, userId: 501 })).host).toBe(
      'desktop',
    );
    expect(chooseHost(machine({ platform: 'win32', environment: {}, exists: () => true, userId: null })).host).toBe(
      'desktop',
    );
  });
});

describe('menu', () => {
  test('both languages have every word, and they differ', () => {
    const english = MENU_TEXT.en;
    for (const [key, word] of Object.entries(MENU_TEXT['zh-CN'])) {
      expect(word, key).not.toBe('');
      expect(word, key).not.toBe(english[key as keyof typeof english]);
    }
  });

  test.each([
    [null, ['de-DE', 'zh-Hans-CN', 'en'], 'zh-CN'],
    [null, ['en-GB', 'zh-CN'], 'en'],
    [null, ['de-DE'], 'en'],
    ['zh-CN' as const, ['en'], 'zh-CN'],
  ])('chosen %s, system %s: %s', (chosen, system, language) => {
    expect(chooseMenuLanguage(chosen, system)).toBe(language);
  });

  test('no item takes Ctrl+R or Ctrl+W from a shell; developer tools come with the sources only', () => {
    const flat = (isPackaged: boolean): unknown[] =>
      menuTemplate({ language: 'en', platform: 'linux', isPackaged }).flatMap((menu) => menu.submenu as unknown[]);
    const items = flat(true) as { id?: string; role?: string; accelerator?: string }[];
    expect(items.find((item) => item.role === 'reload')?.accelerator).toBe('F5');
    expect(items.some((item) => item.role === 'close')).toBe(false);
    expect(items.some((item) => item.role === 'toggleDevTools')).toBe(false);
    expect(JSON.stringify(flat(false))).toContain('toggleDevTools');
  });
});

describe('window state', () => {
  const screen = { x: 0, y: 0, width: 1920, height: 1040 };
  const state = { x: 100, y: 50, width: 1200, height: 800, isMaximized: false };

  test('comes back where it was, unless no screen is there any more', () => {
    expect(placeWindow(state, [screen])).toEqual({ x: 100, y: 50, width: 1200, height: 800 });
    expect(placeWindow({ ...state, x: 3000 }, [screen])).toEqual({ width: 1200, height: 800 });
    expect(placeWindow({ ...state, x: 3000 }, [screen, { ...screen, x: 1920 }])).toMatchObject({ x: 3000 });
    expect(placeWindow({ ...state, y: -300 }, [screen])).toEqual({ width: 1200, height: 800 });
    expect(placeWindow(null, [screen])).toEqual({ width: 1440, height: 900 });
  });

  test('is read back as written; nonsense is nothing', () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'twinbeat-window-'));
    try {
      const file = path.join(dir, 'window.json');
      expect(readWindowState(file)).toBeNull();
      writeWindowState(file, state);
      expect(readWindowState(file)).toEqual(state);
      writeFileSync(file, '{"x":"left"}');
      expect(readWindowState(file)).toBeNull();
      writeWindowState(path.join(dir, 'no/such/folder.json'), state);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
