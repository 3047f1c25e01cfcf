/** What the parts of the stand-in share: the browser, the windows, and how far the start has come. */
import type { Cdp } from './cdp.ts';
import type { BrowserWindow } from './browserWindow.ts';
import type { WebContents } from './webContents.ts';
import { Schemes } from './schemes.ts';

export interface BootOptions {
  readonly chromium: string;
  /** Deleted when the application ends. */
  readonly temporaryDir: string;
  readonly appPath: string;
  readonly packageJson: { readonly name?: string; readonly productName?: string; readonly version?: string };
  readonly isPackaged: boolean;
  readonly executable: string;
  /** The `--no-sandbox` that Playwright passes; needed as root. */
  readonly noSandbox: boolean;
  /** Fulfilled when the main script has run to its end; 'ready' does not come before. */
  readonly mainLoaded: Promise<void>;
}

export class Runtime {
  readonly options: BootOptions;
  readonly windows = new Map<number, BrowserWindow>();
  readonly contents = new Map<number, WebContents>();
  readonly schemes = new Schemes();
  /** Requests that were neither ours nor loopback, in order. */
  readonly blockedUrls: string[] = [];
  browser: Cdp | null = null;
  browserUp: Promise<void> = Promise.resolve();
  isReady = false;
  /** Electron's "is quitting": set by app.quit() until somebody prevents it. */
  isQuitting = false;
  isExiting = false;
  /** Set by app; called when the last window is gone. */
  onAllWindowsClosed: () => void = () => undefined;

  constructor(options: BootOptions) {
    this.options = options;
  }

  /** The debugging connection. @throws Error before the browser was started: a bug of the stand-in. */
  get cdp(): Cdp {
    if (this.browser === null) throw new Error('electron stand-in: no browser yet');
    return this.browser;
  }
}

/** A line on standard error, recognisable as ours. */
export function report(message: string): void {
  process.stderr.write(`electron stand-in: ${message}\n`);
}
