/** The whole desktop application: real page, real core, on a user folder of its own. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchDesktop, missingForDesktop, newUserDir, ROOT, type Launched } from '../../support/desktop/app.ts';
import { buildParts } from '../../tools/build.ts';

const obstacle = missingForDesktop();

describe.skipIf(obstacle !== null)('the console in its window', () => {
  const userDir = newUserDir();
  const pageErrors: string[] = [];
  let desktop: Launched;

  beforeAll(async () => {
    await buildParts(['agent', 'renderer', 'desktop'], true);
    desktop = await launchDesktop({ appDir: ROOT, userDir });
    desktop.page.on('pageerror', (error) => pageErrors.push(error.message));
    desktop.page.on('console', (message) => {
      if (message.type() === 'error') pageErrors.push(message.text());
    });
    // From the first line on: what was said before the listeners were there is said again.
    await desktop.page.reload();
  }, 180_000);
  afterAll(async () => {
    await desktop.close();
    rmSync(userDir, { recursive: true, force: true });
  });

  test('shows the console, connected to its core', async () => {
    expect(await desktop.page.title()).toContain('Twinbeat');
    await desktop.page.waitForFunction(() => (document.querySelector('#root')?.textContent ?? '').length > 20);
    expect(await desktop.page.evaluate(() => document.body.innerText)).not.toMatch(/connection lost|连接已断开/i);
  });

  test('the page obeys its policy and asks nobody but us', () => {
    expect(pageErrors).toEqual([]);
    expect(desktop.errors()).not.toContain('blocked remote request');
    expect(desktop.errors()).not.toMatch(/refused|failed|the core ended/);
  });

  test('the core keeps its things in the user folder', async () => {
    await expect.poll(() => existsSync(path.join(userDir, 'sessions.sqlite'))).toBe(true);
    expect(readFileSync(path.join(userDir, 'sessions.sqlite')).subarray(0, 15).toString()).toBe('SQLite format 3');
  });
});
