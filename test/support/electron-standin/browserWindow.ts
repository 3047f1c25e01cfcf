/** BrowserWindow: the life of a window; what is on the screen is not modelled beyond bounds and flags. */
import { EventEmitter } from 'node:events';
import type { BrowserWindow as RealBrowserWindow } from 'electron';
import type { IpcMain } from './ipcMain.ts';
import type { Runtime } from './runtime.ts';
import type { PageSession } from './session.ts';
import { strict, type MembersOf } from './strict.ts';
import { WebContents, type WebPreferences } from './webContents.ts';

interface Bounds {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface WindowOptions extends Partial<Bounds> {
  readonly show?: boolean;
  readonly webPreferences?: WebPreferences;
}

/** Values that open a hole; the application must never ask for them, so they are not supported. */
const UNSAFE_PREFERENCES: Readonly<Record<string, unknown>> = {
  contextIsolation: false,
  sandbox: false,
  nodeIntegration: true,
  nodeIntegrationInWorker: true,
  nodeIntegrationInSubFrames: true,
  webSecurity: false,
  allowRunningInsecureContent: true,
  experimentalFeatures: true,
  webviewTag: true,
};

let lastWindowId = 0;

export class BrowserWindow extends EventEmitter {
  readonly id = ++lastWindowId;
  readonly webContents: WebContents;
  private readonly runtime: Runtime;
  private bounds: Bounds;
  private isGone = false;
  private isShown: boolean;
  private isMax = false;
  private isMin = false;
  private wasReadyToShow = false;

  constructor(runtime: Runtime, options: WindowOptions, session: PageSession, ipcMain: IpcMain) {
    super();
    if (!runtime.isReady) throw new Error('Cannot create BrowserWindow before app is ready');
    for (const [name, value] of Object.entries(UNSAFE_PREFERENCES)) {
      if (options.webPreferences?.[name] === value) {
        throw new Error(`electron stand-in: webPreferences.${name}=${String(value)} is unsafe and not supported`);
      }
    }
    this.runtime = runtime;
    this.isShown = options.show !== false;
    this.bounds = { x: options.x ?? 0, y: options.y ?? 0, width: options.width ?? 800, height: options.height ?? 600 };
    this.webContents = strict(
      'webContents',
      new WebContents(runtime, this, options.webPreferences ?? {}, session, ipcMain),
    );
    runtime.contents.set(this.webContents.id, this.webContents);
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }

  /** Asks the window first: a listener of 'close' may prevent it. @returns whether it closes. */
  close(): boolean {
    if (this.isGone) return true;
    let isPrevented = false;
    this.emit('close', { preventDefault: () => void (isPrevented = true) });
    if (!isPrevented) this.destroy();
    return !isPrevented;
  }

  destroy(): void {
    if (this.isGone) return;
    const targetId = this.webContents._targetId;
    if (targetId !== '') this.runtime.cdp.root.send('Target.closeTarget', { targetId }).catch(() => undefined);
    this._gone();
  }

  isDestroyed(): boolean {
    return this.isGone;
  }

  show(): void {
    this.isShown = true;
    this.emit('show');
  }

  isVisible(): boolean {
    return this.isShown;
  }

  focus(): void {
    this.emit('focus');
  }

  getNormalBounds(): Bounds {
    return { ...this.bounds };
  }

  getBounds(): Bounds {
    return { ...this.bounds };
  }

  setBounds(bounds: Partial<Bounds>): void {
    this.bounds = { ...this.bounds, ...bounds };
    this.emit('resize');
  }

  maximize(): void {
    this.isMax = true;
    this.emit('maximize');
  }

  isMaximized(): boolean {
    return this.isMax;
  }

  minimize(): void {
    this.isMin = true;
  }

  restore(): void {
    this.isMin = false;
  }

  isMinimized(): boolean {
    return this.isMin;
  }

  _pageLoaded(): void {
    if (this.wasReadyToShow) return;
    this.wasReadyToShow = true;
    this.emit('ready-to-show', {});
  }

  /** The page's target is gone, by us or by Chromium. */
  _gone(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.runtime.windows.delete(this.id);
    this.webContents._gone();
    this.emit('closed');
    if (this.runtime.windows.size === 0) setImmediate(() => this.runtime.onAllWindowsClosed());
  }
}

/** The class that the application sees, with Electron's static members. */
export function createBrowserWindowClass(
  runtime: Runtime,
  session: PageSession,
  ipcMain: IpcMain,
  created: (window: BrowserWindow) => void,
): object {
  class AppWindow extends BrowserWindow {
    constructor(options: WindowOptions = {}) {
      super(runtime, options, session, ipcMain);
      const self = strict<BrowserWindow & MembersOf<RealBrowserWindow>>('BrowserWindow', this);
      runtime.windows.set(this.id, self);
      created(self);
      return self;
    }

    static getAllWindows(): BrowserWindow[] {
      return [...runtime.windows.values()];
    }

    static fromWebContents(contents: WebContents): BrowserWindow | null {
      return [...runtime.windows.values()].find((window) => window.webContents.id === contents.id) ?? null;
    }

    static getFocusedWindow(): BrowserWindow | null {
      return [...runtime.windows.values()].at(-1) ?? null;
    }
  }
  return AppWindow;
}
