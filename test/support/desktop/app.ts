/** Starts the desktop application under stock Playwright: on the real Electron where it is installed, else on the stand-in. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build as bundle } from 'esbuild';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import type { Probe } from './probePage.ts';
import { buildDesktop } from '../../tools/buildDesktop.ts';

export const ROOT = path.join(import.meta.dirname, '..', '..', '..');
const STANDIN_DIST = path.join(ROOT, 'test/support/electron-standin/dist');

/** The real binary, if it was fetched or is named in the environment, and there is a display to use it on. */
export function realElectron(): string | null {
  const dist = process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? path.join(ROOT, 'node_modules/electron/dist');
  const executable = path.join(dist, 'electron');
  if (!existsSync(executable) || path.resolve(dist) === STANDIN_DIST) return null;
  return process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY'] ? executable : null;
}

/** The executable that Playwright's launch would take. */
export function desktopExecutable(): string {
  return realElectron() ?? path.join(STANDIN_DIST, 'electron');
}

/** Why these tests cannot run here, or null. */
export function missingForDesktop(): string | null {
  if (realElectron() !== null || existsSync('/usr/bin/chromium')) return null;
  return 'neither Electron nor Chromium is installed';
}

/** What the packed application's executable and Playwright's own launch both need. */
export const STANDIN_ENVIRONMENT = {
  STANDIN_NODE: process.execPath,
  STANDIN_HOME: path.join(ROOT, 'test/support/electron-standin'),
};

/** A folder with the application's real main and preload, a console in memory and the probe page. */
export async function buildProbeApp(): Promise<{ readonly dir: string; remove(): void }> {
  const dir = mkdtempSync(path.join(tmpdir(), 'twinbeat-desktop-'));
  await buildDesktop({
    outDir: path.join(dir, 'build/desktop'),
    coreEntry: path.join(ROOT, 'test/support/desktop/fakeCore.ts'),
  });
  const renderer = path.join(dir, 'build/renderer');
  mkdirSync(renderer, { recursive: true });
  await bundle({
    entryPoints: [path.join(ROOT, 'test/support/desktop/probePage.ts')],
    outfile: path.join(renderer, 'page.js'),
    bundle: true,
    format: 'esm',
    target: 'chrome140',
    logLevel: 'warning',
  });
  writeFileSync(path.join(renderer, 'page.css'), 'body { background: rgb(4, 5, 6) }\n');
  writeFileSync(
    path.join(renderer, 'index.html'),
    `<!doctype html><html><head><meta charset="utf-8"><title>Probe</title><link rel="stylesheet" href="./page.css"></head>
<body><a id="out" href="https://example.com/">out</a><a id="popup" target="_blank" href="https://example.com/">popup</a>
<a id="file" href="./page.js">file</a><script type="module" src="./page.js"></script></body></html>\n`,
  );
  writeFileSync(path.join(renderer, 'secret.txt'), 'no type, so not served\n');
  writeFileSync(
    path.join(dir, 'package.json'),
    JSON.stringify({
      name: 'twinbeat-probe',
      productName: 'Twinbeat Probe',
      version: '9.8.7',
      main: 'build/desktop/main.cjs',
    }),
  );
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

export interface Launched {
  readonly app: ElectronApplication;
  readonly page: Page;
  readonly pid: number;
  /** Everything the application wrote to standard error so far. */
  readonly errors: () => string;
  /** Resolves when standard error has a line with this text. */
  readonly waitForError: (text: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface LaunchOptions {
  readonly appDir: string;
  /** Where the application keeps everything of its user. */
  readonly userDir: string;
  readonly env?: Record<string, string>;
  /** A packed application's executable. */
  readonly executable?: string;
}

/** Starts the application and waits for its window. */
export async function launchDesktop({ appDir, userDir, env, executable }: LaunchOptions): Promise<Launched> {
  // Playwright asks the electron package for the executable, in this process.
  if (realElectron() === null) process.env['ELECTRON_OVERRIDE_DIST_PATH'] = STANDIN_DIST;
  const app = await _electron.launch({
    args: executable === undefined ? [appDir] : [],
    ...(executable === undefined ? {} : { executablePath: executable }),
    env: {
      ...(process.env as Record<string, string>),
      ...STANDIN_ENVIRONMENT,
      TWINBEAT_USER_DIR: userDir,
      LANG: 'en_US.UTF-8',
      ...env,
    },
  });
  let text = '';
  app.process().stderr?.on('data', (data: Buffer) => (text += data.toString()));
  const page = await app.firstWindow();
  // A window is reported while it is still empty.
  await page.waitForURL((url) => url.href.includes('console'));
  await page.waitForLoadState('load');
  return {
    app,
    page,
    pid: app.process().pid ?? 0,
    errors: () => text,
    waitForError: async (wanted) => {
      for (let tries = 0; !text.includes(wanted); tries++) {
        if (tries > 200) throw new Error(`no "${wanted}" in:\n${text}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    close: () => app.close(),
  };
}

/** Waits until the probe page has its n-th line to the core. */
export async function waitForLine(page: Page, count = 1): Promise<void> {
  await page.waitForFunction((n) => ((globalThis as { probe?: Probe }).probe?.clientCount ?? 0) >= n, count);
}

/** One call to the core of a running application, on a port of its own that the page asks for. Answers with the reply as sent. */
export async function callCore(page: Page, method: string, input: object): Promise<unknown> {
  return page.evaluate(
    ([m, a]) =>
      new Promise((resolve) => {
        const listen = (event: MessageEvent): void => {
          const port = event.ports[0];
          if (event.data !== 'twinbeat-port' || port === undefined) return;
          window.removeEventListener('message', listen);
          port.onmessage = (reply) => resolve(reply.data);
          port.postMessage({ t: 'call', id: 1, m, a });
        };
        window.addEventListener('message', listen);
        window.postMessage('twinbeat-page-ready', '*');
      }),
    [method, input] as const,
  );
}

export function newUserDir(): string {
  return mkdtempSync(path.join(tmpdir(), 'twinbeat-user-'));
}

/** Lines that the core and the quit test wrote, or none. */
export function lifeLog(userDir: string): string[] {
  const file = path.join(userDir, 'life.log');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

/** Ids of living processes whose command line has this text. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(text);
      } catch {
        return false; // ended meanwhile
      }
    })
    .map(Number);
}
