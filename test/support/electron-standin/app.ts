/** app: paths, readiness, the single-instance lock, and the order in which an application ends. */
import { EventEmitter } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import type { App as RealApp } from 'electron';
import type { Runtime } from './runtime.ts';
import { strict, type MembersOf } from './strict.ts';

/** Chromium's processes are given this long to go before the stand-in ends without them, milliseconds. */
const BROWSER_EXIT_MS = 3000;

export class App extends EventEmitter implements MembersOf<RealApp> {
  readonly name: string;
  readonly isPackaged: boolean;
  readonly commandLine: object;
  private readonly runtime: Runtime;
  private readonly paths = new Map<string, string>();
  private readonly readiness: Promise<void>;
  private becomeReady: () => void = () => undefined;
  private lockFile: string | null = null;

  constructor(runtime: Runtime) {
    super();
    this.runtime = runtime;
    const { packageJson, isPackaged } = runtime.options;
    this.name = packageJson.productName ?? packageJson.name ?? 'app';
    this.isPackaged = isPackaged;
    this.readiness = new Promise((resolve) => (this.becomeReady = resolve));
    // Playwright appends its switches; our Chromium has its own list.
    this.commandLine = strict('app.commandLine', { appendSwitch: () => undefined });
    runtime.onAllWindowsClosed = () => this.allWindowsClosed();
  }

  whenReady(): Promise<void> {
    return this.readiness;
  }

  isReady(): boolean {
    return this.runtime.isReady;
  }

  getVersion(): string {
    return this.runtime.options.packageJson.version ?? '0.0.0';
  }

  getAppPath(): string {
    return this.runtime.options.appPath;
  }

  getPreferredSystemLanguages(): string[] {
    return [(process.env['LC_ALL'] ?? process.env['LANG'] ?? 'en_US').split('.')[0]?.replace('_', '-') ?? 'en-US'];
  }

  setPath(name: string, directory: string): void {
    this.paths.set(name, directory);
  }

  getPath(name: string): string {
    const set = this.paths.get(name);
    if (set !== undefined) return set;
    const userData = path.join(this.runtime.options.temporaryDir, 'appData', this.name);
    const known: Record<string, string> = {
      home: homedir(),
      temp: tmpdir(),
      exe: this.runtime.options.executable,
      userData,
    };
    const found = known[name];
    if (found === undefined) throw new Error(`Failed to get '${name}' path`);
    if (name === 'userData') mkdirSync(found, { recursive: true });
    return found;
  }

  /** Our pages are in a headless Chromium with its own sandbox setting; Electron's call is a promise we rely on. */
  enableSandbox(): void {
    if (this.runtime.isReady) throw new Error('app.enableSandbox() can only be called before app is ready');
  }

  /** Held by a file with our pid; a second instance leaves its arguments beside it and signals us. */
  requestSingleInstanceLock(): boolean {
    const file = path.join(this.getPath('userData'), 'standin-lock');
    const holder = readLock(file);
    if (holder !== null && holder !== process.pid && isAlive(holder)) {
      writeFileSync(`${file}.argv`, JSON.stringify({ argv: process.argv, cwd: process.cwd() }));
      process.kill(holder, 'SIGUSR2');
      return false;
    }
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, String(process.pid));
    this.lockFile = file;
    process.on('SIGUSR2', () => {
      const { argv, cwd } = JSON.parse(readFileSync(`${file}.argv`, 'utf8')) as { argv: string[]; cwd: string };
      this.emit('second-instance', {}, argv, cwd, undefined);
    });
    return true;
  }

  quit(): void {
    if (this.runtime.isQuitting || this.runtime.isExiting) return;
    if (this.emitPreventable('before-quit')) return;
    this.runtime.isQuitting = true;
    for (const window of [...this.runtime.windows.values()]) {
      if (window.close()) continue;
      this.runtime.isQuitting = false;
      return;
    }
    if (this.runtime.windows.size === 0) setImmediate(() => this.allWindowsClosed());
  }

  exit(code = 0): void {
    if (this.runtime.isExiting) return;
    this.runtime.isExiting = true;
    this.emit('quit', {}, code);
    if (this.lockFile !== null) {
      rmSync(this.lockFile, { force: true });
      rmSync(`${this.lockFile}.argv`, { force: true });
    }
    const end = (): never => process.exit(code);
    const { browser } = this.runtime;
    if (browser === null || browser.process.exitCode !== null) return end();
    browser.once('exit', end);
    setTimeout(() => browser.process.kill('SIGKILL'), BROWSER_EXIT_MS).unref();
    // Browser.close lets Chromium end its own children; a kill would leave them behind for a moment.
    browser.root.send('Browser.close').catch(() => undefined);
  }

  /** Playwright replaces `emit`, so 'ready' goes through the object that the application sees. */
  _announceReady(visible: App): void {
    this.runtime.isReady = true;
    this.becomeReady();
    visible.emit('ready', {});
  }

  private allWindowsClosed(): void {
    if (this.runtime.isExiting || this.runtime.windows.size > 0) return;
    if (!this.runtime.isQuitting) {
      if (!this.emit('window-all-closed')) this.quit();
      return;
    }
    if (this.emitPreventable('will-quit')) this.runtime.isQuitting = false;
    else this.exit(0);
  }

  private emitPreventable(event: string): boolean {
    let isPrevented = false;
    this.emit(event, { preventDefault: () => void (isPrevented = true) });
    return isPrevented;
  }
}

function readLock(file: string): number | null {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return null; // nobody ever held it
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
