/** webContents: one page of Chromium, its preload world, and the traffic with both. */
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import type { WebContents as RealWebContents } from 'electron';
import type { BrowserWindow } from './browserWindow.ts';
import type { CdpParams, CdpSession } from './cdp.ts';
import { createCodec } from './codec.ts';
import type { IpcMain } from './ipcMain.ts';
import { isolatedWorld, type WorldBoot } from './isolatedWorld.ts';
import { codec, PortRelay, releasePort, type MessagePortMain, type PortFrame } from './ports.ts';
import { answerRequest, type PausedRequest } from './requests.ts';
import { report, type Runtime } from './runtime.ts';
import type { PageSession } from './session.ts';
import { strict, type MembersOf } from './strict.ts';

const WORLD_NAME = 'Electron Isolated Context';
const BINDING = '__electronStandin';

export interface WebPreferences {
  readonly preload?: string;
  readonly [key: string]: unknown;
}

type FromWorld =
  { t: 'send'; channel: string; args: unknown[] } | { t: 'preload-error'; path: string; message: string } | PortFrame;

type OpenHandler = (details: { url: string; frameName: string; disposition: string }) => { action: 'allow' | 'deny' };

let lastContentsId = 0;

export class WebContents extends EventEmitter implements MembersOf<RealWebContents> {
  readonly id = ++lastContentsId;
  readonly session: PageSession;
  readonly mainFrame: object;
  _targetId = '';
  private readonly runtime: Runtime;
  private readonly window: BrowserWindow;
  private readonly ipcMain: IpcMain;
  private readonly relay = new PortRelay('m', (frame) => this.toWorld(frame));
  private readonly started: Promise<CdpSession>;
  /** Real addresses that loadURL and reload asked for: no navigation event for these. */
  private readonly expected = new Set<string>();
  private cdpSession: CdpSession | null = null;
  private worldContextId: number | null = null;
  private realUrl = '';
  private isLoadWanted = false;
  private isGone = false;
  private openHandler: OpenHandler = () => ({ action: 'allow' });

  constructor(
    runtime: Runtime,
    window: BrowserWindow,
    preferences: WebPreferences,
    session: PageSession,
    ipcMain: IpcMain,
  ) {
    super();
    this.runtime = runtime;
    this.window = window;
    this.session = session;
    this.ipcMain = ipcMain;
    this.mainFrame = this.createMainFrame();
    this.started = this.attach(preferences);
    this.started.catch((error: Error) => {
      if (!runtime.isExiting && !this.isGone) report(error.message);
    });
  }

  async loadURL(url: string): Promise<void> {
    const session = await this.started;
    const realUrl = this.runtime.schemes.toReal(url);
    await this.session._applyPermissions(this, realUrl);
    this.expected.add(realUrl.split('#')[0] ?? realUrl);
    this.isLoadWanted = true;
    const loaded = new Promise<void>((resolve) => this.once('did-finish-load', () => resolve()));
    const { errorText } = await session.send('Page.navigate', { url: realUrl });
    if (typeof errorText === 'string') {
      this.emit('did-fail-load', {}, -2, errorText, url, true);
      throw Object.assign(new Error(`${errorText} loading '${url}'`), { code: errorText, url });
    }
    await loaded;
  }

  reload(): void {
    this.expected.add(this.realUrl.split('#')[0] ?? this.realUrl);
    this.cdpSession?.send('Page.reload').catch(() => undefined);
  }

  getURL(): string {
    return this.runtime.schemes.toApp(this.realUrl);
  }

  isDestroyed(): boolean {
    return this.isGone;
  }

  close(): void {
    this.window.destroy();
  }

  setWindowOpenHandler(handler: OpenHandler): void {
    this.openHandler = handler;
  }

  postMessage(channel: string, message: unknown, transfer: readonly MessagePortMain[] = []): void {
    const ports = transfer.map((port) => this.relay.give(releasePort(port)));
    this.toWorld({ t: 'send', channel, args: [message], ports });
  }

  /** Whether a document request may go on. Emits the navigation events for what the page started itself. */
  allowsNavigation(frameId: string, realUrl: string): boolean {
    const isMainFrame = frameId === this._targetId;
    if (isMainFrame && this.expected.delete(realUrl)) return true;
    let isPrevented = false;
    const url = this.runtime.schemes.toApp(realUrl);
    const details = { url, isMainFrame, isSameDocument: false, preventDefault: () => void (isPrevented = true) };
    if (isMainFrame) this.emit('will-navigate', details, url);
    this.emit('will-frame-navigate', details);
    return !isPrevented;
  }

  /** The window is gone: everything that led to the page closes. */
  _gone(): void {
    this.isGone = true;
    this.relay.drop();
    this.runtime.contents.delete(this.id);
    this.emit('destroyed');
  }

  private createMainFrame(): object {
    const getUrl = (): string => this.getURL();
    return strict('webContents.mainFrame', {
      parent: null,
      get url() {
        return getUrl();
      },
      get origin() {
        const { protocol, host } = new URL(getUrl());
        return host === '' ? 'null' : `${protocol}//${host}`;
      },
      isDestroyed: () => this.isGone,
      postMessage: (channel: string, message: unknown, transfer?: MessagePortMain[]) =>
        this.postMessage(channel, message, transfer),
    });
  }

  private async attach(preferences: WebPreferences): Promise<CdpSession> {
    await this.runtime.browserUp;
    const { root } = this.runtime.cdp;
    const { width, height } = this.window.getBounds();
    const created = await root.send('Target.createTarget', { url: 'about:blank', newWindow: true, width, height });
    this._targetId = created['targetId'] as string;
    const attached = await root.send('Target.attachToTarget', { targetId: this._targetId, flatten: true });
    const session = this.runtime.cdp.session(attached['sessionId'] as string);
    this.cdpSession = session;
    this.listen(session);
    await session.send('Page.enable');
    await session.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] });
    if (preferences.preload !== undefined) await this.addPreload(session, preferences.preload);
    await session.send('Runtime.enable');
    return session;
  }

  private listen(session: CdpSession): void {
    session.on(
      'Runtime.executionContextCreated',
      ({ context }: { context: { id: number; name: string; auxData: { frameId: string } } }) => {
        if (context.name !== WORLD_NAME || context.auxData.frameId !== this._targetId) return;
        this.relay.drop(); // a new document: the ports of the old one are dead
        this.worldContextId = context.id;
      },
    );
    session.on('Runtime.bindingCalled', (event: { name: string; payload: string; executionContextId: number }) => {
      if (event.name !== BINDING || event.executionContextId !== this.worldContextId) return;
      this.fromWorld(codec.decode(event.payload) as FromWorld);
    });
    session.on('Page.frameNavigated', ({ frame }: { frame: { id: string; url: string; urlFragment?: string } }) => {
      if (frame.id !== this._targetId) return;
      this.realUrl = frame.url + (frame.urlFragment ?? '');
      this.emit('did-navigate', {}, this.getURL(), 200, '');
    });
    session.on('Page.loadEventFired', () => {
      if (!this.isLoadWanted) return; // about:blank, before the application asked for anything
      this.emit('did-finish-load', {});
      this.window._pageLoaded();
    });
    session.on('Page.windowOpen', ({ url, windowName }: { url: string; windowName: string }) => {
      const answer = this.openHandler({
        url: this.runtime.schemes.toApp(url),
        frameName: windowName,
        disposition: 'foreground-tab',
      });
      if (answer.action !== 'deny') report(`a page opened ${url}: allowed windows are not implemented`);
    });
    session.on('Inspector.targetCrashed', () =>
      this.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 }),
    );
    session.on('Fetch.requestPaused', (paused: CdpParams) => {
      void answerRequest(this.runtime, this, session, paused as unknown as PausedRequest);
    });
  }

  private async addPreload(session: CdpSession, preloadPath: string): Promise<void> {
    const { platform, arch, versions } = process;
    const boot: WorldBoot = {
      preloadPath,
      process: {
        type: 'renderer',
        sandboxed: true,
        contextIsolated: true,
        platform,
        arch,
        versions: { ...versions },
        env: {},
      },
    };
    const body = `function (require, process, module, exports) { ${readFileSync(preloadPath, 'utf8')}\n}`;
    const source = `(${isolatedWorld.toString()})(${createCodec.toString()}, ${JSON.stringify(boot)}, ${body});`;
    await session.send('Runtime.addBinding', { name: BINDING, executionContextName: WORLD_NAME });
    await session.send('Page.addScriptToEvaluateOnNewDocument', { source, worldName: WORLD_NAME });
  }

  private toWorld(message: unknown): void {
    if (this.isGone || this.worldContextId === null) return;
    const call = {
      executionContextId: this.worldContextId,
      functionDeclaration: 'text => __electronStandinReceive(text)',
      arguments: [{ value: codec.encode(message) }],
      silent: true,
    };
    this.cdpSession?.send('Runtime.callFunctionOn', call).catch(() => undefined); // the page went away meanwhile
  }

  private fromWorld(message: FromWorld): void {
    const event = { sender: this, senderFrame: this.mainFrame, ports: [], processId: 1, frameId: this.id };
    if (message.t === 'send') {
      this.ipcMain.emit(message.channel, event, ...message.args);
    } else if (message.t === 'preload-error') {
      report(`preload ${message.path} failed: ${message.message}`);
      this.emit('preload-error', {}, message.path, new Error(message.message));
    } else {
      this.relay.receive(message);
    }
  }
}
