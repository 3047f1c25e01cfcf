// The browser host: opened once by its token, by pages of its own origin only, and nothing outside its folder.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { connect } from '../../../agent/common/rpc/client.ts';
import type { Implementation } from '../../../agent/common/rpc/contract.ts';
import { consoleContract } from '../../../electron/common/contract/console.ts';
import type { ConsoleContract } from '../../../electron/common/contract/console.ts';
import { startWebServer } from '../../../electron/web/server.ts';
import type { WebServer } from '../../../electron/web/server.ts';
import { fileOfPath } from '../../../electron/web/staticFiles.ts';
import { webSocketChannel } from '../../../electron/web/webSocketChannel.ts';

let dir: string;
let server: WebServer;

// Two methods are enough to show that calls go through; the rest is not called here.
const implementation = {
  pairList: () => [],
  settingsGet: () => ({ language: null, theme: 'dark', layout: {} }),
} as unknown as Implementation<ConsoleContract, null>;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'twinbeat-web-'));
  const rendererDir = join(dir, 'renderer');
  mkdirSync(join(rendererDir, 'assets'), { recursive: true });
  writeFileSync(join(rendererDir, 'index.html'), '<p>console</p>');
  writeFileSync(join(rendererDir, 'assets', 'a-1234.js'), 'export {};');
  writeFileSync(join(dir, 'secret.json'), '{"secret":true}');
  server = await startWebServer({ implementation, newContext: () => null, rendererDir, port: 0 });
});
afterEach(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** `path` goes out exactly as given: no client's normalising in between. */
function get(path: string, headers: OutgoingHttpHeaders = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const out = request({ host: '127.0.0.1', port: server.port, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    out.on('error', reject);
    out.end();
  });
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

async function cookie(): Promise<string> {
  const opened = await get(pathOf(server.newUrl()));
  return (opened.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
}

/** Resolves to `open`, or to the status that refused it. */
function upgrade(headers: Record<string, string>, path = '/rpc'): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
    socket.on('open', () => {
      socket.terminate();
      resolve('open');
    });
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(String(response.statusCode));
      socket.terminate();
    });
    socket.on('error', () => undefined);
  });
}

describe('the one-time token', () => {
  test('gives a cookie that scripts cannot read and other sites cannot use, and works once', async () => {
    const path = pathOf(server.newUrl());
    const first = await get(path);
    expect(first.status).toBe(200);
    expect(first.headers['set-cookie']?.[0]).toMatch(/^twinbeat=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
    expect((await get(path)).status).toBe(403);
  });

  test('a wrong one gives nothing, and a newer one voids an unused one', async () => {
    expect((await get('/open?token=wrong')).headers['set-cookie']).toBeUndefined();
    expect((await get('/open')).status).toBe(403);
    const old = pathOf(server.newUrl());
    server.newUrl();
    expect((await get(old)).status).toBe(403);
  });
});

describe('files', () => {
  test('only with the cookie, with a policy that lets nothing in', async () => {
    expect((await get('/')).status).toBe(403);
    const page = await get('/', { cookie: await cookie() });
    expect(page).toMatchObject({ status: 200, body: '<p>console</p>' });
    const policy = page.headers['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("style-src-elem 'self' 'unsafe-inline'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
  });

  test('a damaged or guessed cookie is none', async () => {
    const good = await cookie();
    expect((await get('/', { cookie: `${good}x` })).status).toBe(403);
    expect((await get('/', { cookie: 'twinbeat=' })).status).toBe(403);
  });

  test.each([
    '/../secret.json',
    '/..%2fsecret.json',
    '/%2e%2e/secret.json',
    '/assets/..%2f..%2fsecret.json',
    '/%00',
    '/%zz',
    '/nothing.js',
  ])('nothing outside the folder: %s', async (path) => {
    expect((await get(path, { cookie: await cookie() })).status).toBe(404);
  });

  test('a path stays in its folder or is none', () => {
    expect(fileOfPath('/r', '/assets/a.js')?.file).toBe('/r/assets/a.js');
    expect(fileOfPath('/r', '/../r2/a.js')).toBeNull();
    expect(fileOfPath('/r', '/agent.cjs')).toBeNull();
  });

  test('nothing but reading', async () => {
    expect((await get('/', { cookie: await cookie() }, 'POST')).status).toBe(405);
  });
});

describe('whose page it is', () => {
  test('another host name in front of our port is refused (DNS rebinding)', async () => {
    expect((await get('/', { cookie: await cookie(), host: `evil.example:${server.port}` })).status).toBe(421);
    expect((await get(pathOf(server.newUrl()), { host: 'evil.example' })).status).toBe(421);
  });

  test('another origin is refused', async () => {
    expect((await get('/', { cookie: await cookie(), origin: 'http://evil.example' })).status).toBe(403);
  });

  test('the WebSocket wants cookie, own origin, own host and its path', async () => {
    const good = await cookie();
    const origin = `http://127.0.0.1:${server.port}`;
    expect(await upgrade({ cookie: good, origin })).toBe('open');
    expect(await upgrade({ origin })).toBe('403');
    expect(await upgrade({ cookie: good })).toBe('403');
    expect(await upgrade({ cookie: good, origin: 'http://127.0.0.1:1' })).toBe('403');
    expect(await upgrade({ cookie: good, origin: 'null' })).toBe('403');
    expect(await upgrade({ cookie: good, origin, host: `evil.example:${server.port}` })).toBe('421');
    expect(await upgrade({ cookie: good, origin }, '/other')).toBe('404');
  });
});

describe('the WebSocket', () => {
  async function open(): Promise<WebSocket> {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, {
      headers: { cookie: await cookie(), origin: `http://127.0.0.1:${server.port}` },
    });
    await new Promise((resolve) => socket.once('open', resolve));
    return socket;
  }
  const closed = (socket: WebSocket): Promise<number> => new Promise((resolve) => socket.once('close', resolve));

  test('speaks the contract', async () => {
    const socket = await open();
    const client = connect(webSocketChannel(socket), consoleContract);
    expect(await client.pairList({})).toEqual([]);
    expect((await client.settingsGet({})).theme).toBe('dark');
    await expect(client.pairSave({ spec: {} as never })).rejects.toMatchObject({ code: 'bad-args' });
    socket.terminate();
  });

  test('what is no text, no JSON or too long ends it', async () => {
    const binary = await open();
    binary.send(Buffer.from([1, 2, 3]));
    expect(await closed(binary)).toBe(1003);
    const garbage = await open();
    garbage.send('{');
    expect(await closed(garbage)).toBe(1007);
    const long = await open();
    long.on('error', () => undefined);
    long.send('x'.repeat(5 << 20));
    expect(await closed(long)).toBe(1009);
  });
});
