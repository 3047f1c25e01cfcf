/** Serves the built page and a fake console on loopback, as the browser host does: same paths, same policy. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Channel } from '../../agent/common/rpc/channel.ts';
import { serve } from '../../agent/common/rpc/server.ts';
import { consoleContract } from '../../electron/common/contract/console.ts';
import { CONTENT_SECURITY_POLICY } from '../../electron/web/staticFiles.ts';
import type { FakeConsole } from './fakeConsole.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

function socketChannel(socket: WebSocket): Channel {
  return {
    post: (message) => socket.send(JSON.stringify(message)),
    onMessage: (listener) => void socket.on('message', (data: Buffer) => listener(JSON.parse(data.toString('utf8')))),
    onClose: (listener) => void socket.on('close', listener),
    close: () => socket.close(),
  };
}

export interface FakeServer {
  readonly url: string;
  /** Cuts every page off, as a killed core would; pages reconnect by themselves. */
  dropConnections(): void;
  close(): Promise<void>;
}

export async function startFakeServer(pageFolder: string, fake: FakeConsole): Promise<FakeServer> {
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://page').pathname;
    const file = path.join(pageFolder, name === '/' ? 'index.html' : name);
    if (!file.startsWith(pageFolder) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
      'content-security-policy': CONTENT_SECURITY_POLICY,
    });
    createReadStream(file).pipe(response);
  });
  const sockets = new WebSocketServer({ server, path: '/rpc' });
  sockets.on('connection', (socket) => serve(socketChannel(socket), consoleContract, fake.implementation, null));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    dropConnections: () => {
      for (const socket of sockets.clients) socket.terminate();
    },
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
