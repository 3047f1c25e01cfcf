/** The default session: its permission handlers decide what Chromium grants to our pages. */
import { EventEmitter } from 'node:events';
import type { Session, Protocol } from 'electron';
import type { Runtime } from './runtime.ts';
import type { SchemeHandler } from './schemes.ts';
import { strict, type MembersOf } from './strict.ts';
import type { WebContents } from './webContents.ts';

type CheckHandler = (contents: WebContents | null, permission: string, origin: string, details: object) => boolean;
type RequestHandler = (
  contents: WebContents,
  permission: string,
  answer: (granted: boolean) => void,
  details: object,
) => void;

/** Electron's name and Chromium's, of the permissions that a page could use against us. */
const PERMISSIONS: readonly (readonly [electron: string, chromium: string])[] = [
  ['notifications', 'notifications'],
  ['geolocation', 'geolocation'],
  ['media', 'camera'],
  ['media', 'microphone'],
  ['midi', 'midi'],
  ['clipboard-read', 'clipboard-read'],
];

export class PageSession extends EventEmitter implements MembersOf<Session> {
  readonly protocol: object;
  private checkHandler: CheckHandler | null = null;
  private requestHandler: RequestHandler | null = null;
  private readonly runtime: Runtime;

  constructor(runtime: Runtime, protocol: object) {
    super();
    this.runtime = runtime;
    this.protocol = protocol;
  }

  setPermissionCheckHandler(handler: CheckHandler | null): void {
    this.checkHandler = handler;
  }

  setPermissionRequestHandler(handler: RequestHandler | null): void {
    this.requestHandler = handler;
  }

  /** Devices are never offered in headless Chromium; taken so that the application may refuse them. */
  setDevicePermissionHandler(_handler: ((details: object) => boolean) | null): void {}

  /** Writes the handlers' answers into Chromium for the origin that is about to load. Without handlers Electron grants. */
  async _applyPermissions(contents: WebContents, realUrl: string): Promise<void> {
    const { origin, protocol } = new URL(realUrl);
    if (protocol !== 'https:') return;
    for (const [permission, name] of PERMISSIONS) {
      const setting = (await this.isGranted(contents, permission, origin)) ? 'granted' : 'denied';
      await this.runtime.cdp.root.send('Browser.setPermission', { permission: { name }, setting, origin });
    }
  }

  private async isGranted(contents: WebContents, permission: string, origin: string): Promise<boolean> {
    if (this.checkHandler?.(contents, permission, origin, {}) === false) return false;
    const handler = this.requestHandler;
    if (handler === null) return true;
    return new Promise((resolve) =>
      handler(contents, permission, resolve, { requestingUrl: origin, isMainFrame: true }),
    );
  }
}

export function createProtocol(runtime: Runtime): object {
  const members: MembersOf<Protocol> = {
    registerSchemesAsPrivileged(list: { scheme: string; privileges?: { standard?: boolean; secure?: boolean } }[]) {
      if (runtime.isReady) throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready');
      for (const { scheme, privileges } of list) {
        if (!privileges?.standard || !privileges.secure) {
          throw new Error('electron stand-in: only standard and secure schemes are supported');
        }
        runtime.schemes.privileged.add(scheme);
      }
    },
    handle(scheme: string, handler: SchemeHandler) {
      if (!runtime.isReady) throw new Error('protocol can only be used after app is ready');
      if (!runtime.schemes.privileged.has(scheme))
        throw new Error(`electron stand-in: scheme ${scheme} is not privileged`);
      if (runtime.schemes.handlers.has(scheme)) throw new Error(`Failed to register protocol: ${scheme}`);
      runtime.schemes.handlers.set(scheme, handler);
    },
  };
  return strict('protocol', members);
}

export function createSession(runtime: Runtime, protocol: object): { session: object; defaultSession: PageSession } {
  const defaultSession = strict('session.defaultSession', new PageSession(runtime, protocol));
  const members = {
    get defaultSession() {
      if (!runtime.isReady) throw new Error('Session can only be received when app is ready');
      return defaultSession;
    },
  };
  return { session: strict('session', members), defaultSession };
}
