/** The browser host: the built renderer over HTTP and the console's contract over one WebSocket, on loopback only. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { resolve } from 'node:path';
import { WebSocketServer } from 'ws';
import { serve } from '../../agent/common/rpc/server.ts';
import type { Implementation } from '../../agent/common/rpc/contract.ts';
import { consoleContract } from '../common/contract/console.ts';
import type { ConsoleContract } from '../common/contract/console.ts';
import { Admission, COOKIE_NAME } from './admission.ts';
import { readStatic, SECURITY_HEADERS } from './staticFiles.ts';
import { INBOUND_BYTES_MAX, webSocketChannel } from './webSocketChannel.ts';

/** The path that trades a token for a cookie. */
const OPEN_PATH = '/open';
const RPC_PATH = '/rpc';

/** Pages connected at the same time. */
const PAGES_MAX = 32;

export interface WebServerOptions<X> {
  readonly implementation: Implementation<ConsoleContract, X>;
  readonly newContext: () => X;
  /** Directory of the built renderer. */
  readonly rendererDir: string;
  /** 0: any free port. */
  readonly port: number;
}

export interface WebServer {
  readonly port: number;
  /** An address that opens the console once, in one browser. Makes a new one every time; an older unused one is void. */
  newUrl(): string;
  close(): Promise<void>;
}

function answer(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    ...SECURITY_HEADERS,
    ...headers,
  });
  response.end(text);
}

/**
 * Not a redirect: the cookie is SameSite=Strict, and a browser that followed a link from another
 * page to here would not send it along a redirect. A page of our own that goes on by itself does.
 */
const GO_ON_PAGE =
  '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/"><title>Twinbeat</title>';

class Handler {
  readonly admission: Admission;
  private readonly rendererDir: string;

  constructor(rendererDir: string, port: number) {
    this.rendererDir = resolve(rendererDir);
    this.admission = new Admission(port);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = this.admission.checkOrigin(request, false);
    if (refusal !== null) return answer(response, refusal.status, refusal.reason);
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return answer(response, 405, 'only GET', { allow: 'GET, HEAD' });
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (url.pathname === OPEN_PATH) return this.open(url, response);
    if (!this.admission.hasCookie(request)) {
      return answer(
        response,
        403,
        'Open the address that Twinbeat printed. It works once; press Enter in its terminal for a new one.',
      );
    }
    const found = await readStatic(this.rendererDir, url.pathname);
    if (found === null) return answer(response, 404, 'not found');
    response.writeHead(200, { ...SECURITY_HEADERS, ...found.headers, 'content-length': found.body.length });
    response.end(request.method === 'HEAD' ? undefined : found.body);
  }

  private open(url: URL, response: ServerResponse): void {
    const cookie = this.admission.redeem(url.searchParams.get('token') ?? '');
    if (cookie === null)
      return answer(
        response,
        403,
        'This address was used already. Press Enter in the terminal of Twinbeat for a new one.',
      );
    answer(response, 200, GO_ON_PAGE, {
      'content-type': 'text/html; charset=utf-8',
      'set-cookie': `${COOKIE_NAME}=${cookie}; HttpOnly; SameSite=Strict; Path=/`,
    });
  }

  /** Why a WebSocket may not be opened; null: it may. */
  refuseUpgrade(request: IncomingMessage): string | null {
    const refusal = this.admission.checkOrigin(request, true);
    if (refusal !== null) return `${refusal.status} Refused`;
    if (new URL(request.url ?? '/', 'http://127.0.0.1').pathname !== RPC_PATH) return '404 Not Found';
    return this.admission.hasCookie(request) ? null : '403 Forbidden';
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(port, '127.0.0.1', () => done((server.address() as AddressInfo).port));
  });
}

/** Starts serving. Rejects when the port is taken. */
export async function startWebServer<X>(options: WebServerOptions<X>): Promise<WebServer> {
  const server = createServer();
  const port = await listen(server, options.port);
  const handler = new Handler(options.rendererDir, port);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: INBOUND_BYTES_MAX });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    handler.handle(request, response).catch(() => {
      if (!response.headersSent) answer(response, 500, 'failed');
    });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const refused = sockets.clients.size >= PAGES_MAX ? '503 Too Many Pages' : handler.refuseUpgrade(request);
    if (refused !== null) return void socket.end(`HTTP/1.1 ${refused}\r\nConnection: close\r\n\r\n`);
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      serve(webSocketChannel(webSocket), consoleContract, options.implementation, options.newContext());
    });
  });
  return {
    port,
    newUrl: () => `http://127.0.0.1:${port}${OPEN_PATH}?token=${handler.admission.newToken()}`,
    close: () =>
      new Promise((done) => {
        for (const client of sockets.clients) client.terminate();
        sockets.close();
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
