// Goal: the advisor's pane: asked for from the palette, the headline, lines to copy, the method that decides, both languages.
// Method: as in story.test.ts; the advice is the real advisor's on a scripted night.
import type { Page } from 'playwright-core';
import { afterEach, describe, expect, test } from 'vitest';
import { missing, openStage, type Stage, type StageOptions } from './page.ts';
import { command } from './stageTest.ts';

const why = missing();
let stage: Stage | null = null;

afterEach(async () => {
  const complaints = stage?.complaints ?? [];
  await stage?.close();
  stage = null;
  expect(complaints).toEqual([]);
});

async function openAdvice(options: StageOptions, search: string): Promise<Page> {
  stage = await openStage({ warm: true, size: { width: 1600, height: 1000 }, ...options });
  const { page } = stage;
  await page.locator('.tb-tab').first().waitFor();
  await command(page, search);
  await page.locator('.tb-advice-margin').waitFor();
  return page;
}

describe.skipIf(why !== null)(`advice${why === null ? '' : ` (${why})`}`, { timeout: 90_000 }, () => {
  test('by keyboard: headline, lines that can be copied, one term that decides, gaps with their story', async () => {
    const page = await openAdvice({}, 'show advice');
    const pane = page.locator('.tb-advice');
    expect(await pane.locator('.tb-advice-margin').textContent()).toContain('1.74 s · 58 %');
    const lines = (await pane.locator('.tb-code').textContent()) ?? '';
    expect(lines.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'keepalive',
      'warntime',
      'deadtime',
      'initdead',
    ]);
    expect(await pane.locator('tr[data-won="true"]').count()).toBe(1);
    expect(await pane.getByText('Chen et al., NFD-E').count()).toBe(1);
    expect(await pane.getByText('the agent of node1 itself ran 640 ms late').count()).toBeGreaterThan(0);
    expect(await pane.locator('.recharts-wrapper').count()).toBe(2);

    await page.context().grantPermissions(['clipboard-read']);
    await pane.getByRole('button', { name: 'Copy' }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${lines}\n`);
    // The rack takes its times when it is started: nothing to put them into, and the reason is said.
    expect(await pane.getByRole('button', { name: 'Put into the settings of the pair' }).isDisabled()).toBe(true);

    await pane
      .getByRole('button', { name: /serial:\/dev\/ttyS0/ })
      .first()
      .click();
    await pane.locator('tr[data-chosen="true"]', { hasText: 'serial:/dev/ttyS0' }).waitFor();
  });

  test('in Chinese no sentence is left in English', async () => {
    const page = await openAdvice({ settings: { language: 'zh-CN', theme: 'dark' } }, '建议');
    const pane = page.locator('.tb-advice');
    expect(await pane.locator('.tb-advice-margin').textContent()).toContain('最小余量');
    await pane.getByText('超阈值法 GPD').waitFor();
    const words = await pane.locator('dl, .tb-advice-text td:last-child').allTextContents();
    expect(words.join(' ')).not.toMatch(/\b(the|longest|unknown|load of)\b/);
  });
});
