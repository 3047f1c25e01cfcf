/** What every file of screen tests needs around its tests: one stage at a time, closed again, and a page that complained of nothing. */
import type { Page } from 'playwright-core';
import { afterEach, expect } from 'vitest';
import { openStage, type Stage, type StageOptions } from './page.ts';

/** Registers the closing; returns how a test opens its stage. */
export function useStage(): (options?: StageOptions) => Promise<Stage> {
  let stage: Stage | null = null;
  afterEach(async () => {
    const complaints = stage?.complaints ?? [];
    await stage?.close();
    stage = null;
    // Every test also says: no error, no warning, no violation of the policy on the page's console.
    expect(complaints).toEqual([]);
  });
  return async (options = {}) => {
    stage = await openStage(options);
    return stage;
  };
}

/** Shows the pane of this name. */
export const tab = (page: Page, name: string): Promise<void> =>
  page.locator('.tb-tab', { hasText: name }).first().click();

/** Runs a command of the palette by some of its words, from the keyboard. */
export async function command(page: Page, words: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.locator('[cmdk-input]').fill(words);
  await page.keyboard.press('Enter');
}
