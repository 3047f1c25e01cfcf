/** app://console/ serves the files of the built renderer, and nothing else. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { APP_HOST, CONTENT_SECURITY_POLICY } from './security.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

/** The file of an address, or null when it is outside `root` or not ours. */
export function resolveAppFile(root: string, url: string): string | null {
  const { host, pathname } = new URL(url);
  if (host !== APP_HOST) return null;
  let relative: string;
  try {
    relative = decodeURIComponent(pathname);
  } catch {
    return null; // a broken escape
  }
  if (relative.includes('\0')) return null;
  const file = path.join(root, relative === '/' ? 'index.html' : relative);
  return file.startsWith(root + path.sep) ? file : null;
}

/** The handler for protocol.handle; `root` is absolute. */
export function appProtocolHandler(root: string): (request: Request) => Promise<Response> {
  const headers = (type: string): Record<string, string> => ({
    'content-type': type,
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
  });
  const refuse = (status: number): Response => new Response('', { status, headers: headers('text/plain') });
  return async (request) => {
    if (request.method !== 'GET') return refuse(405);
    const file = resolveAppFile(root, request.url);
    const type = CONTENT_TYPES[path.extname(file ?? '')];
    if (file === null || type === undefined) return refuse(404);
    try {
      return new Response(new Uint8Array(await readFile(file)), { headers: headers(type) });
    } catch {
      return refuse(404);
    }
  };
}
