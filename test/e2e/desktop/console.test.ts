/** The whole desktop application: real page, real core, real rack, on folders of its own. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  callCore,
  launchDesktop,
  missingForDesktop,
  newUserDir,
  processesWith,
  ROOT,
  type Launched,
} from '../../support/desktop/app.ts';
import { missing } from '../../support/needs.ts';
import { buildParts } from '../../tools/build.ts';

const obstacle = missingForDesktop();

describe.skipIf(obstacle !== null)('the console in its window', () => {
  const userDir = newUserDir();
  /** Where the rack keeps its sockets, too: apart from a rack that somebody else runs on this machine. */
  const temporaryDir = mkdtempSync(path.join(tmpdir(), 'twinbeat-temporary-'));
  const pageErrors: string[] = [];
  let desktop: Launched;

  beforeAll(async () => {
    await buildParts(['agent', 'renderer', 'desktop'], true);
    const env = { TMPDIR: temporaryDir, XDG_RUNTIME_DIR: temporaryDir, HOME: userDir };
    desktop = await launchDesktop({ appDir: ROOT, userDir, env });
    desktop.page.on('pageerror', (error) => pageErrors.push(error.message));
    desktop.page.on('console', (message) => {
      if (message.type() === 'error') pageErrors.push(message.text());
    });
    // From the first line on: what was said before the listeners were there is said again.
    await desktop.page.reload();
  }, 180_000);
  afterAll(async () => {
    await desktop.close();
    for (const directory of [userDir, temporaryDir]) rmSync(directory, { recursive: true, force: true });
  });

  const call = (method: string, input: object): Promise<unknown> => callCore(desktop.page, method, input);

  /** Offered only once the core has said that the rack can run here. */
  const startRack = (): Locator => desktop.page.getByRole('button', { name: 'Start the built-in rack' });

  test.skipIf(missing('linux', 'namespaces') !== null)('shows the console, connected to its core', async () => {
    expect(await desktop.page.title()).toContain('Twinbeat');
    await startRack().waitFor();
    expect(await call('info', {})).toMatchObject({ t: 'ok', v: { host: 'desktop' } });
  });

  test('the page obeys its policy and asks nobody but us', () => {
    expect(pageErrors).toEqual([]);
    expect(desktop.errors()).not.toContain('blocked remote request');
    expect(desktop.errors()).not.toMatch(/refused|failed|the core ended/);
  });

  test('the core keeps its things in the user folder', async () => {
    const store = path.join(userDir, 'sessions.sqlite');
    await expect.poll(() => existsSync(store)).toBe(true);
  });

  // Last: it ends the application.
  test.skipIf(missing('linux', 'namespaces') !== null)(
    'a click starts the rack, and quitting takes it down',
    async () => {
      await startRack().click();
      await expect
        .poll(() => call('rackState', {}), { timeout: 30_000, interval: 500 })
        .toMatchObject({ t: 'item', v: { phase: 'up' } });
      await desktop.page.getByText('ha1.bogus.sh.cn').first().waitFor();
      expect(processesWith('lab.mjs').length).toBeGreaterThan(0);
      await desktop.close();
      await expect.poll(() => processesWith(temporaryDir), { timeout: 20_000 }).toEqual([]);
      // dconf is Chromium's, for the desktop's settings.
      expect(readdirSync(temporaryDir).filter((name) => name !== 'dconf')).toEqual([]);
    },
    90_000,
  );
});
