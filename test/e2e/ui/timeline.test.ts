// Goal: what happened is there to be read: the picture with its lanes, phases with numbers and errors, what it is called and why; by keyboard, in
// both languages and themes. Method: as in story.test.ts; the fake's pair takes over after a power cut.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, describe, expect, test } from 'vitest';
import { missing, openStage, type Stage, type StageOptions } from './page.ts';
import { command } from './stageTest.ts';

const why = missing();
/** Pictures for people are written here when the folder is named. */
const SHOTS = process.env['TWINBEAT_SHOTS'];
let stage: Stage | null = null;

async function open(options: StageOptions): Promise<Stage> {
  stage = await openStage({ warm: true, size: { width: 1600, height: 1000 }, ...options });
  return stage;
}

afterEach(async () => {
  const complaints = stage?.complaints ?? [];
  await stage?.close();
  stage = null;
  expect(complaints).toEqual([]);
});

async function shot(page: Page, name: string): Promise<void> {
  if (SHOTS === undefined) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

async function showTimeline(page: Page, words: string): Promise<void> {
  await command(page, words);
  await page.locator('.tb-timeline-picture svg').waitFor();
}

async function cutPower(held: Stage): Promise<void> {
  const { fake } = held;
  await fake.implementation.faultInject(
    {
      pairId: 'rack',
      node: 'node1',
      name: 'power-off',
      link: null,
      durationMs: 6000,
      amount: null,
      acceptsManagementCut: false,
    } as never,
    null,
    { aborted: false, addEventListener: () => undefined } as never,
  );
}

describe.skipIf(why !== null)(`timeline${why === null ? '' : ` (${why})`}`, () => {
  test(
    'a power cut: lanes, phases with errors, its name in the alarm bar, and the way through it by keys',
    { timeout: 60_000 },
    async () => {
      const held = await open({});
      const { page } = held;
      await page.getByText('192.168.2.3 is on node1').waitFor();
      await cutPower(held);
      await page.getByText('192.168.2.3 is on node2').waitFor();
      const alarm = page.locator('.tb-alarms li[data-situation="node-lost"]');
      await alarm.getByText('node1 is gone').waitFor();
      await alarm.getByRole('button', { name: 'Show the timeline' }).click();
      await page.locator('.tb-timeline-picture svg').waitFor();
      const served = page.getByRole('row', { name: /client served/ });
      await served.getByText(/s ± \d/).waitFor();
      expect(await page.locator('.tb-timeline-picture [data-lane]').count()).toBeGreaterThan(9);
      await page
        .locator('.tb-timeline-named li[data-code="node-lost"]')
        .getByText('node2 declares node1 dead')
        .waitFor();

      // Marks by arrow keys: each says who, what, and how wrong its time can be.
      await page.locator('.tb-timeline-picture').focus();
      const detail = page.locator('.tb-timeline-detail');
      await page.keyboard.press('ArrowRight');
      const first = await detail.textContent();
      expect(first).toContain('±');
      await page.keyboard.press('ArrowRight');
      await expect.poll(async () => await detail.textContent()).not.toBe(first);
      const whole = await page.locator('.tb-timeline-picture svg').innerHTML();
      await page.keyboard.press('+');
      await expect.poll(async () => (await page.locator('.tb-timeline-picture svg').innerHTML()) === whole).toBe(false);
      await page.keyboard.press('0');
      await shot(page, 'timeline-en-light');
    },
  );

  test('in Chinese, in the dark: the same, in its words', { timeout: 60_000 }, async () => {
    const held = await open({ settings: { language: 'zh-CN', theme: 'dark' } });
    const { page } = held;
    await page.getByText('192.168.2.3 在 node1 上').waitFor();
    await cutPower(held);
    await page.getByText('192.168.2.3 在 node2 上').waitFor();
    await showTimeline(page, '事件经过');
    await page
      .getByRole('row', { name: /恢复服务/ })
      .getByText(/s ± \d/)
      .waitFor();
    await page.locator('.tb-timeline-named').getByText('node1 消失').waitFor();
    await shot(page, 'timeline-zh-dark');
  });
});
