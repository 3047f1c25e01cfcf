/** Electron's main process: a window, a menu, the key store, and the core in a process of its own. Nothing else. */
import path from 'node:path';
import type { IpcMainEvent } from 'electron';
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeTheme,
  protocol,
  safeStorage,
  screen,
  session,
} from 'electron/main';
import type { Implementation } from '../../agent/common/rpc/contract.ts';
import { RpcError } from '../../agent/common/rpc/messages.ts';
import { appProtocolHandler } from './appProtocol.ts';
import { CONNECT_CHANNEL, PORT_CHANNEL } from './channels.ts';
import { CoreProcess } from './coreProcess.ts';
import type { HostContract } from './hostContract.ts';
import { menuTemplate } from './menu.ts';
import { chooseMenuLanguage, MENU_TEXT, type MenuLanguage } from './menuText.ts';
import { openFile, printPdf } from './paper.ts';
import { SecretFile } from './secretFile.ts';
import { APP_SCHEME, APP_URL, denyPermissions, hardenContents, isOwnFrame } from './security.ts';
import { placeWindow, readWindowState, writeWindowState } from './windowState.ts';

/** This file is build/desktop/main.cjs; everything else is found from it. */
const BUILD_DIR = path.join(__dirname, '..');

/** Everything of this user in one other place: for tests, and for a stick with everything on it. */
const userDir = process.env['TWINBEAT_USER_DIR'] ? path.resolve(process.env['TWINBEAT_USER_DIR']) : undefined;

let window: BrowserWindow | null = null;
let menuLanguage: MenuLanguage = 'en';

function report(line: string): void {
  process.stderr.write(`twinbeat: ${line}\n`);
}

function setLanguage(chosen: MenuLanguage | null): void {
  menuLanguage = chooseMenuLanguage(chosen, app.getPreferredSystemLanguages());
  const options = { language: menuLanguage, platform: process.platform, isPackaged: app.isPackaged };
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(options)));
}

function hostImplementation(): Implementation<HostContract, null> {
  const secrets = new SecretFile(path.join(app.getPath('userData'), 'secrets.json'), safeStorage, process.platform);
  return {
    secretsState: () => secrets.state(),
    secretGet: async ({ key }) => ({ value: await secrets.get(key) }),
    secretSet: async ({ key, value }) => {
      if (!(await secrets.set(key, value))) throw new RpcError('unavailable', (await secrets.state()).reason);
      return {};
    },
    secretRemove: async ({ key }) => {
      await secrets.remove(key);
      return {};
    },
    printPdf: async ({ htmlFile, pdfFile }) => {
      await printPdf(htmlFile, pdfFile);
      return {};
    },
    openFile: async ({ file }) => {
      await openFile(file);
      return {};
    },
    settings: ({ language, theme }) => {
      setLanguage(language);
      nativeTheme.themeSource = theme;
      return {};
    },
  };
}

function createCore(): CoreProcess {
  const { resourcesPath } = process;
  const programs = app.isPackaged ? path.join(resourcesPath, 'app.asar.unpacked', 'build', 'desktop') : __dirname;
  const options = {
    version: app.getVersion(),
    userDir: userDir ?? null,
    appDir: app.isPackaged ? resourcesPath : app.getAppPath(),
    labEntry: path.join(programs, 'lab.mjs'),
  };
  const core = new CoreProcess(path.join(__dirname, 'core.cjs'), options, hostImplementation(), (exitCode) => {
    report(`the core ended with ${exitCode}`);
    void offerRestart(core);
  });
  core.start();
  return core;
}

async function offerRestart(core: CoreProcess): Promise<void> {
  const text = MENU_TEXT[menuLanguage];
  const { response } = await dialog.showMessageBox({
    type: 'error',
    message: text.coreStoppedTitle,
    detail: text.coreStoppedDetail,
    buttons: [text.startAgain, text.quit],
    cancelId: 1,
  });
  if (response === 1) return app.quit();
  core.start();
  if (window !== null && isOwnFrame(window.webContents.mainFrame)) {
    window.webContents.postMessage(PORT_CHANNEL, null, [core.openPort()]);
  }
}

async function openWindow(): Promise<void> {
  const stateFile = path.join(app.getPath('userData'), 'window.json');
  const stored = readWindowState(stateFile);
  const screens = screen.getAllDisplays().map((display) => display.workArea);
  const opened = new BrowserWindow({
    ...placeWindow(stored, screens),
    show: false,
    minWidth: 960,
    minHeight: 600,
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#141414' : '#ffffff',
    webPreferences: {
      preload: path.join(__dirname, 'preload.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
    },
  });
  window = opened;
  if (stored?.isMaximized) opened.maximize();
  opened.once('ready-to-show', () => opened.show());
  opened.on('close', () =>
    writeWindowState(stateFile, { ...opened.getNormalBounds(), isMaximized: opened.isMaximized() }),
  );
  opened.on('closed', () => (window = null));
  await opened.loadURL(APP_URL);
}

function servePages(core: CoreProcess): void {
  ipcMain.on(CONNECT_CHANNEL, (event: IpcMainEvent) => {
    const frame = event.senderFrame;
    if (frame === null || !isOwnFrame(frame)) {
      report(`refused a message from ${frame?.url ?? 'a frame that is gone'}`);
      return;
    }
    frame.postMessage(PORT_CHANNEL, null, [core.openPort()]);
  });
}

/** The core gets its time to take the rack down; then the application ends for good. */
function stopCoreOnQuit(core: CoreProcess): void {
  let phase: 'running' | 'stopping' | 'stopped' = 'running';
  app.on('will-quit', (event) => {
    if (phase === 'stopped') return;
    event.preventDefault();
    if (phase === 'stopping') return;
    phase = 'stopping';
    void core.stop().then(() => {
      phase = 'stopped';
      app.quit();
    });
  });
}

async function start(): Promise<void> {
  await app.whenReady();
  protocol.handle(APP_SCHEME, appProtocolHandler(path.join(BUILD_DIR, 'renderer')));
  denyPermissions(session.defaultSession);
  setLanguage(null);
  const core = createCore();
  stopCoreOnQuit(core);
  servePages(core);
  app.on('second-instance', () => {
    if (window?.isMinimized()) window.restore();
    window?.focus();
  });
  await openWindow();
}

if (userDir !== undefined) app.setPath('userData', userDir);

app.enableSandbox();
protocol.registerSchemesAsPrivileged([
  { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
]);
hardenContents(app, report);
app.on('window-all-closed', () => app.quit());

if (app.requestSingleInstanceLock()) {
  start().catch((error: Error) => {
    report(`could not start: ${error.stack ?? error.message}`);
    app.exit(70);
  });
} else {
  report('already running; its window has been brought to the front');
  app.quit();
}
