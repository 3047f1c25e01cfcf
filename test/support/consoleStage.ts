/** The real browser host (real core, real rack) with a private home, and a page of Chromium on it. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { BrowserContext, Page } from 'playwright-core';

const ROOT = join(import.meta.dirname, '..', '..');
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** A loaded machine compiles and starts slowly; a bound against hanging only. */
const START_WITHIN_MS = 30_000;

export interface ConsoleStage {
  readonly app: ChildProcess;
  readonly page: Page;
  /** Complaints of the page: errors thrown, console errors. */
  readonly complaints: readonly string[];
  /** Everything the host printed. */
  printed(): string;
  /** Closes page and browser, ends the host gracefully and resolves with its exit status. */
  close(): Promise<number | null>;
}

function addressOf(app: ChildProcess): { printed: () => string; url: Promise<string> } {
  let text = '';
  const url = new Promise<string>((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new Error(`no address within ${START_WITHIN_MS} ms: ${text}`)),
      START_WITHIN_MS,
    );
    const look = (chunk: Buffer): void => {
      text += chunk.toString();
      const found = /http:\/\/127\.0\.0\.1:\d+\S*/.exec(text)?.[0];
      if (found === undefined) return;
      clearTimeout(limit);
      resolve(found);
    };
    app.stdout?.on('data', look);
    app.stderr?.on('data', look);
    app.once('exit', (code) => reject(new Error(`the host ended with ${code}: ${text}`)));
  });
  return { printed: () => text, url };
}

/** Starts host and browser. Nothing of it touches the user's own settings or racks. */
export async function openConsoleStage(): Promise<ConsoleStage> {
  const home = await mkdtemp(join(tmpdir(), 'tbc-'));
  const env: NodeJS.ProcessEnv = { ...process.env, TMPDIR: join(home, 't') };
  delete env['XDG_RUNTIME_DIR'];
  for (const kind of ['CONFIG', 'DATA', 'STATE', 'CACHE']) env[`XDG_${kind}_HOME`] = join(home, kind.toLowerCase());
  // The compressed runtime is the same for every run; making it once spares half a minute of processor time.
  env['XDG_CACHE_HOME'] = join(ROOT, 'build', 'test-cache');
  await mkdir(join(home, 't'));
  const app = spawn(process.execPath, [join(ROOT, 'electron/web/main.ts')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = new Promise<number | null>((resolve) => app.once('exit', (code) => resolve(code)));
  let context: BrowserContext | null = null;
  const close = async (): Promise<number | null> => {
    await context?.close();
    app.kill('SIGTERM');
    const code = await exit;
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    return code;
  };
  try {
    const { printed, url } = addressOf(app);
    const address = await url;
    context = await chromium.launchPersistentContext(join(home, 'profile'), {
      executablePath: '/usr/bin/chromium',
      headless: true,
      args: FLAGS,
      viewport: { width: 1280, height: 800 },
    });
    const page = context.pages()[0] ?? (await context.newPage());
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(`thrown: ${error.message}`));
    page.on('console', (message) => {
      // A failed resource is named by the next listener, with its address.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        complaints.push(message.text());
    });
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
    });
    await page.goto(address);
    return { app, page, complaints, printed, close };
  } catch (error) {
    await close();
    throw error;
  }
}
