/**
 * Custom schemes. Chromium would refuse an unknown scheme, so app://host/path is served as
 * https://host.app.electron-standin.invalid/path; the main process only ever sees app://.
 */
const SUFFIX = '.electron-standin.invalid';

export type SchemeHandler = (request: Request) => Response | Promise<Response>;

export class Schemes {
  readonly handlers = new Map<string, SchemeHandler>();
  readonly privileged = new Set<string>();

  /** The address to give to Chromium. */
  toReal(url: string): string {
    const { protocol, hostname, pathname, search, hash } = new URL(url);
    const scheme = protocol.slice(0, -1);
    if (!this.privileged.has(scheme)) return url;
    return `https://${hostname}.${scheme}${SUFFIX}${pathname}${search}${hash}`;
  }

  /** The address as the application knows it. */
  toApp(url: string): string {
    const scheme = this.schemeOf(url);
    if (scheme === null) return url;
    const { hostname, pathname, search, hash } = new URL(url);
    const host = hostname.slice(0, -`.${scheme}${SUFFIX}`.length);
    return `${scheme}://${host}${pathname}${search}${hash}`;
  }

  /** The custom scheme behind a real address, or null. */
  schemeOf(url: string): string | null {
    if (!URL.canParse(url)) return null;
    const { hostname } = new URL(url);
    if (!hostname.endsWith(SUFFIX)) return null;
    return hostname.slice(0, -SUFFIX.length).split('.').at(-1) ?? null;
  }
}
