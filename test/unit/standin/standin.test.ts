import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { App } from '../../support/electron-standin/app.ts';
import { extractAsar, listAsar } from '../../support/electron-standin/asar.ts';
import { createElectron } from '../../support/electron-standin/electron.ts';
import { Runtime } from '../../support/electron-standin/runtime.ts';
import { Schemes } from '../../support/electron-standin/schemes.ts';
import { strict } from '../../support/electron-standin/strict.ts';

function newRuntime(): Runtime {
  return new Runtime({
    chromium: '/nowhere',
    temporaryDir: '/nowhere',
    appPath: '/nowhere',
    packageJson: { name: 'a', productName: 'A', version: '1.2.3' },
    isPackaged: false,
    executable: '/nowhere/electron',
    noSandbox: false,
    mainLoaded: Promise.resolve(),
  });
}

describe('gaps are loud', () => {
  const { module } = createElectron(newRuntime());
  const electron = module as Record<string, Record<string, unknown>>;

  test.each([
    ['electron.autoUpdater', () => electron['autoUpdater']],
    ['app.dock', () => electron['app']?.['dock']],
    ['ipcMain.handel', () => electron['ipcMain']?.['handel']],
    ['dialog.showOpenDialog', () => electron['dialog']?.['showOpenDialog']],
    ['safeStorage.encryptString', () => electron['safeStorage']?.['encryptString']],
  ])('%s is named', (name, use) => {
    expect(use).toThrow(`electron stand-in: ${name} is not implemented`);
  });

  test('a test may replace what is there', () => {
    const dialog = strict('dialog', { showMessageBox: (): number => 1 });
    dialog.showMessageBox = () => 2;
    expect(dialog.showMessageBox()).toBe(2);
  });
});

describe('before ready', () => {
  test('what Electron refuses then is refused', () => {
    const { module } = createElectron(newRuntime());
    const { BrowserWindow, protocol, session } = module as unknown as {
      BrowserWindow: new () => unknown;
      protocol: { handle(scheme: string, handler: () => Response): void };
      session: { defaultSession: unknown };
    };
    expect(() => new BrowserWindow()).toThrow('before app is ready');
    expect(() => protocol.handle('app', () => new Response(''))).toThrow('after app is ready');
    expect(() => session.defaultSession).toThrow('when app is ready');
  });

  test('unsafe window options are refused', () => {
    const runtime = newRuntime();
    const { module } = createElectron(runtime);
    const { BrowserWindow } = module as unknown as { BrowserWindow: new (options: object) => unknown };
    runtime.isReady = true;
    for (const webPreferences of [
      { sandbox: false },
      { contextIsolation: false },
      { nodeIntegration: true },
      { webSecurity: false },
    ]) {
      expect(() => new BrowserWindow({ webPreferences })).toThrow('is unsafe and not supported');
    }
  });
});

test('quitting without windows: before-quit, will-quit; preventing either stops it', async () => {
  const app = new App(newRuntime());
  const seen: string[] = [];
  let prevented = 'before-quit';
  for (const name of ['before-quit', 'will-quit']) {
    app.on(name, (event: { preventDefault(): void }) => {
      seen.push(name);
      if (prevented === name) event.preventDefault();
    });
  }
  app.quit();
  await new Promise((resolve) => setImmediate(resolve));
  expect(seen).toEqual(['before-quit']);
  prevented = 'will-quit';
  app.quit();
  await new Promise((resolve) => setImmediate(resolve));
  expect(seen).toEqual(['before-quit', 'before-quit', 'will-quit']);
});

test('addresses of privileged schemes are translated both ways, others are left alone', () => {
  const schemes = new Schemes();
  schemes.privileged.add('app');
  const real = schemes.toReal('app://console/a/b.js?q=1#top');
  expect(new URL(real).protocol).toBe('https:');
  expect(schemes.schemeOf(real)).toBe('app');
  expect(schemes.toApp(real)).toBe('app://console/a/b.js?q=1#top');
  expect(schemes.toReal('https://example.com/')).toBe('https://example.com/');
  expect(schemes.schemeOf('https://example.com/')).toBeNull();
  expect(schemes.schemeOf('not an address')).toBeNull();
});

test('an archive made by Electron’s own packer lists and unpacks', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'twinbeat-asar-'));
  try {
    const source = path.join(dir, 'source');
    mkdirSync(path.join(source, 'deep'), { recursive: true });
    writeFileSync(path.join(source, 'a.txt'), 'aaa');
    writeFileSync(path.join(source, 'deep/run.sh'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(path.join(source, 'deep/x.node'), 'native');
    const require = createRequire(import.meta.url);
    const asar = require('@electron/asar') as {
      createPackageWithOptions(src: string, dest: string, options: object): Promise<void>;
    };
    const archive = path.join(dir, 'app.asar');
    await asar.createPackageWithOptions(source, archive, { unpack: '*.node' });
    expect(listAsar(archive)).toEqual(
      expect.arrayContaining([
        { path: 'a.txt', kind: 'file', bytes: 3 },
        { path: 'deep/x.node', kind: 'unpacked', bytes: 6 },
      ]),
    );
    extractAsar(archive, path.join(dir, 'out'));
    expect(readFileSync(path.join(dir, 'out/a.txt'), 'utf8')).toBe('aaa');
    expect(readFileSync(path.join(dir, 'out/deep/x.node'), 'utf8')).toBe('native');
    expect(statSync(path.join(dir, 'out/deep/run.sh')).mode & 0o111).not.toBe(0);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
