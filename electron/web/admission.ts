/**
 * Who may talk to the browser host. It listens on loopback only, but every page in the user's
 * browser and every local user can reach loopback: so a request needs our own Host, our own Origin,
 * and a cookie that is only given for the one-time token of the printed address.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Bytes of a token or a cookie: 256 bits cannot be guessed. */
const SECRET_BYTES = 32;

/** Browsers admitted at the same time; the oldest goes. */
const COOKIES_MAX = 16;

export const COOKIE_NAME = 'twinbeat';

export type Refusal = { readonly status: 403 | 421; readonly reason: string };

function sameText(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}

function cookieOf(request: IncomingMessage): string | null {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name = '', ...value] = part.trim().split('=');
    if (name === COOKIE_NAME) return value.join('=');
  }
  return null;
}

export class Admission {
  private readonly authorities: ReadonlySet<string>;
  private token: string | null = null;
  private readonly cookies: string[] = [];

  /** `port`: where the server listens. Names that resolve to loopback elsewhere do not count (DNS rebinding). */
  constructor(port: number) {
    this.authorities = new Set([`127.0.0.1:${port}`, `localhost:${port}`]);
  }

  /** Makes the token for the next browser; an unused older one is void. */
  newToken(): string {
    this.token = randomBytes(SECRET_BYTES).toString('base64url');
    return this.token;
  }

  /** Trades a token for a cookie, once; null when it is wrong or used. */
  redeem(token: string): string | null {
    if (this.token === null || !sameText(token, this.token)) return null;
    this.token = null;
    const cookie = randomBytes(SECRET_BYTES).toString('base64url');
    this.cookies.push(cookie);
    if (this.cookies.length > COOKIES_MAX) this.cookies.shift();
    return cookie;
  }

  /** Checks Host and, where the browser sends it, Origin. `needOrigin`: a WebSocket, which browsers always label. */
  checkOrigin(request: IncomingMessage, needOrigin: boolean): Refusal | null {
    const host = request.headers.host ?? '';
    if (!this.authorities.has(host)) return { status: 421, reason: 'this server answers to its own address only' };
    const { origin } = request.headers;
    if (origin === undefined) return needOrigin ? { status: 403, reason: 'no origin' } : null;
    return origin === `http://${host}` ? null : { status: 403, reason: 'foreign origin' };
  }

  hasCookie(request: IncomingMessage): boolean {
    const given = cookieOf(request);
    return given !== null && this.cookies.some((cookie) => sameText(cookie, given));
  }
}
