/** The built renderer as files, with the headers that keep it from loading or being loaded by anything else. */
import { readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

/**
 * Scripts only from ourselves and only as files. `style-src-elem 'unsafe-inline'`: xterm's DOM
 * renderer and the component library write style elements; without it terminal colours are lost.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "style-src 'self'",
  "style-src-elem 'self' 'unsafe-inline'",
  // xterm writes 24-bit and contrast-corrected colours as style attributes; they cannot run code either.
  "style-src-attr 'unsafe-inline'",
].join('; ');

/** Headers of every answer. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

/** File of a request path below `root`, or null when it leads out of it or is of a kind we do not serve. */
export function fileOfPath(root: string, path: string): { file: string; type: string } | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return null;
  }
  if (decoded.includes('\0')) return null;
  const file = join(root, decoded === '/' ? 'index.html' : decoded);
  const type = TYPES[extname(file)];
  return type !== undefined && file.startsWith(root + sep) ? { file, type } : null;
}

/** Reads one file of the renderer; null when there is none. Hashed names below /assets/ may be kept for ever. */
export async function readStatic(
  root: string,
  path: string,
): Promise<{ body: Buffer; headers: Readonly<Record<string, string>> } | null> {
  const found = fileOfPath(root, path);
  if (found === null) return null;
  try {
    const body = await readFile(found.file);
    const cache = path.startsWith('/assets/') ? 'max-age=31536000, immutable' : 'no-store';
    return { body, headers: { 'content-type': found.type, 'cache-control': cache } };
  } catch {
    return null;
  }
}
