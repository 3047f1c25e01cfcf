/** Puts the module together and starts the browser. */
import { App } from './app.ts';
import { createBrowserWindowClass, type BrowserWindow } from './browserWindow.ts';
import { Cdp } from './cdp.ts';
import { IpcMain } from './ipcMain.ts';
import { createMenuClass } from './menu.ts';
import { createNative } from './native.ts';
import { MessageChannelMain } from './ports.ts';
import { report, type Runtime } from './runtime.ts';
import { createSafeStorage } from './safeStorage.ts';
import { createProtocol, createSession } from './session.ts';
import { strict } from './strict.ts';
import { utilityProcess } from './utilityProcess.ts';

export interface StandIn {
  /** What `require('electron')` returns. */
  readonly module: Readonly<Record<string, unknown>>;
  readonly app: App;
}

export function createElectron(runtime: Runtime): StandIn {
  const realApp = new App(runtime);
  const app = strict('app', realApp);
  const ipcMain = strict('ipcMain', new IpcMain());
  const protocol = createProtocol(runtime);
  const { session, defaultSession } = createSession(runtime, protocol);
  const created = (window: BrowserWindow): void => {
    app.emit('web-contents-created', {}, window.webContents);
  };
  const focusedWindow = (): BrowserWindow | null => [...runtime.windows.values()].at(-1) ?? null;
  const webContents = strict('webContents', {
    getAllWebContents: () => [...runtime.contents.values()],
    fromDevToolsTargetId: (targetId: string) =>
      [...runtime.contents.values()].find((one) => one._targetId === targetId),
  });
  const module = strict('electron', {
    app,
    ipcMain,
    protocol,
    session,
    webContents,
    utilityProcess,
    MessageChannelMain,
    BrowserWindow: createBrowserWindowClass(runtime, defaultSession, ipcMain, created),
    Menu: createMenuClass({ quit: () => app.quit(), focusedWindow }),
    safeStorage: createSafeStorage(runtime),
    ...createNative(),
  });
  return { module, app };
}

/** Chromium's switches: quiet, offline, nothing of a desktop browser. */
function chromiumArguments(runtime: Runtime): string[] {
  return [
    '--remote-debugging-pipe',
    '--remote-debugging-port=0',
    `--user-data-dir=${runtime.options.temporaryDir}/chromium`,
    '--headless',
    ...(runtime.options.noSandbox ? ['--no-sandbox'] : []),
    '--disable-gpu',
    '--disable-quic',
    '--disable-dev-shm-usage',
    '--disable-extensions',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    '--no-default-browser-check',
    '--no-startup-window',
    '--password-store=basic',
    '--disable-features=MediaRouter,OptimizationHints,PaintHolding,HttpsUpgrades,NetworkTimeServiceQuerying',
  ];
}

/** Starts Chromium; 'ready' follows once it is up and the main script has run. */
export function startBrowser(runtime: Runtime, app: App): void {
  const cdp = new Cdp(runtime.options.chromium, chromiumArguments(runtime));
  runtime.browser = cdp;
  cdp.on('stderr', (text: string) => {
    // Playwright waits for this line; the rest is noise unless asked for.
    if (process.env['STANDIN_DEBUG'] !== undefined || /^(DevTools listening|cannot start)/m.test(text))
      process.stderr.write(text);
  });
  cdp.on('exit', () => {
    if (runtime.isExiting) return;
    report('chromium exited');
    app.exit(1);
  });
  cdp.root.on('Target.targetDestroyed', ({ targetId }: { targetId: string }) => {
    for (const window of runtime.windows.values()) if (window.webContents._targetId === targetId) window._gone();
  });
  cdp.root.on(
    'Target.targetCreated',
    ({ targetInfo }: { targetInfo: { targetId: string; type: string; openerId?: string } }) => {
      // A popup: its webContents' open handler has refused it already, so it only has to go.
      if (targetInfo.type === 'page' && targetInfo.openerId !== undefined) {
        cdp.root.send('Target.closeTarget', { targetId: targetInfo.targetId }).catch(() => undefined);
      }
    },
  );
  runtime.browserUp = (async () => {
    const { product } = await cdp.root.send('Browser.getVersion');
    Object.assign(process.versions, { chrome: String(product).split('/')[1] });
    await cdp.root.send('Target.setDiscoverTargets', { discover: true });
  })();
  void Promise.all([runtime.browserUp, runtime.options.mainLoaded]).then(
    () => app._announceReady(app),
    (error: Error) => report(`no browser: ${error.message}`),
  );
}
