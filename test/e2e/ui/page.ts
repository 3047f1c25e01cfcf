/** A page of the built renderer in Debian's Chromium, over a fake console. Everything is closed again, by name of what was opened. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { FakeConsole, type FakeOptions } from '../../support/fakeConsole.ts';
import { type FakeServer, startFakeServer } from '../../support/fakeServer.ts';

export const CHROMIUM = '/usr/bin/chromium';
/** Another build can be looked at by TWINBEAT_PAGE_FOLDER. */
export const PAGE_FOLDER =
  process.env['TWINBEAT_PAGE_FOLDER'] ?? fileURLToPath(new URL('../../../build/renderer', import.meta.url));

/** Why these tests cannot run here, or null. */
export function missing(): string | null {
  if (!existsSync(CHROMIUM)) return `no ${CHROMIUM}`;
  return existsSync(path.join(PAGE_FOLDER, 'index.html')) ? null : 'the renderer is not built';
}

const ACTION_MS_MAX = 12_000;

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Stage {
  readonly page: Page;
  readonly fake: FakeConsole;
  readonly server: FakeServer;
  /** What the page complained about: errors, policy violations, failed requests. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

export interface StageOptions extends FakeOptions {
  readonly size?: { readonly width: number; readonly height: number };
  /** Start with the rack up and both agents deployed. */
  readonly warm?: boolean;
  readonly reducedMotion?: boolean;
}

function listen(page: Page, complaints: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`thrown: ${error.message}`));
  page.on('requestfailed', (request) => complaints.push(`request failed: ${request.url()}`));
}

/** Starts fake, server and browser, and opens the page. */
export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const fake = new FakeConsole(options);
  if (options.warm === true) fake.warmUp();
  const server = await startFakeServer(PAGE_FOLDER, fake);
  const profile = await mkdtemp(path.join(tmpdir(), 'twinbeat-ui-'));
  let context: BrowserContext | null = null;
  const close = async (): Promise<void> => {
    await context?.close();
    await server.close();
    fake.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    context = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      headless: true,
      args: FLAGS,
      viewport: options.size ?? { width: 1280, height: 800 },
      reducedMotion: options.reducedMotion === true ? 'reduce' : 'no-preference',
    });
    const page = context.pages()[0] ?? (await context.newPage());
    // Below a test's own limit, so that a failure names what it waited for.
    page.setDefaultTimeout(ACTION_MS_MAX);
    const complaints: string[] = [];
    listen(page, complaints);
    await page.goto(server.url);
    // Loaded is not yet drawn, and a key that comes before is nobody's.
    await page.locator('#tb-main > :not(.tb-empty)').first().waitFor({ state: 'attached' });
    return { page, fake, server, complaints, close };
  } catch (error) {
    await close();
    throw error;
  }
}
