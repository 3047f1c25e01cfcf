/** Who may talk to us, where a page may go (nowhere) and what it may ask for (nothing). */
import type { App, Session, WebContents } from 'electron';

/** The one origin of our pages. */
export const APP_SCHEME = 'app';
export const APP_HOST = 'console';

/** The one page. The query tells it to wait for a message port; without it the same page opens a WebSocket. */
export const APP_URL = `${APP_SCHEME}://${APP_HOST}/?host=desktop`;

/**
 * Sent with every response. Scripts are strictly our own files. Style elements are allowed inline
 * because the terminal and the component library create them; neither can run code. Nothing may
 * be framed, posted or fetched from anywhere else.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "style-src 'self'",
  "style-src-elem 'self' 'unsafe-inline'",
  // xterm writes 24-bit and contrast-corrected colours as style attributes; they cannot run code either.
  "style-src-attr 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The part of Electron.WebFrameMain that identifies a sender. */
export interface SenderFrame {
  readonly url: string;
  readonly parent: unknown;
}

/** Whether an address belongs to our own pages. */
export function isOwnUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, host } = new URL(url);
  return protocol === `${APP_SCHEME}:` && host === APP_HOST;
}

/** Whether a message came from the top frame of one of our pages. A frame that is gone is null: refused. */
export function isOwnFrame(frame: SenderFrame | null): boolean {
  return frame !== null && frame.parent === null && isOwnUrl(frame.url);
}

/** Whether an address is the one page we have; a query or a fragment makes no other page of it. */
export function isOwnPage(url: string): boolean {
  return isOwnUrl(url) && new URL(url).pathname === '/';
}

/** Applies to every page that will ever exist in this process. */
export function hardenContents(app: App, report: (line: string) => void): void {
  app.on('web-contents-created', (_event, contents: WebContents) => {
    contents.on('will-frame-navigate', (details) => {
      // A page may reload itself; it may not become another one.
      if (details.isMainFrame && isOwnPage(details.url)) return;
      details.preventDefault();
      report(`refused to navigate to ${details.url}`);
    });
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(({ url }) => {
      report(`refused to open ${url}`);
      return { action: 'deny' };
    });
  });
}

/** Electron's default is to grant; ours is to refuse whatever it is. The core has the devices, not the page. */
export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
}
