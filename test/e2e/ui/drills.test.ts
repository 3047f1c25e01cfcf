// Goal: drills and training on the screen: what can be run and why not, hands, progress, stopping, results, and an exercise that gives nothing away.
// Method: as in story.test.ts, on the scripted console.
import type { Page } from 'playwright-core';
import { afterEach, describe, expect, test } from 'vitest';
import { missing, openStage, type Stage, type StageOptions } from './page.ts';
import { command } from './stageTest.ts';

const why = missing();
let stage: Stage | null = null;

async function open(options: StageOptions = {}): Promise<Stage> {
  stage = await openStage({ warm: true, ...options });
  await stage.page.locator('.tb-verdict, .tb-tab').first().waitFor();
  return stage;
}

afterEach(async () => {
  const complaints = stage?.complaints ?? [];
  await stage?.close();
  stage = null;
  expect(complaints).toEqual([]);
});

async function choose(page: Page, ...titles: string[]): Promise<void> {
  for (const title of titles) await page.getByRole('checkbox', { name: `Choose: ${title}` }).check();
}

describe.skipIf(why !== null)(`drills${why === null ? '' : ` (${why})`}`, { timeout: 60_000 }, () => {
  test('chosen drills run with their steps, and every outage is a dot with what n can claim', async () => {
    const { page, fake } = await open();
    await command(page, 'show drills drills');
    const missingDrill = page.locator('[data-drill="serial-adapter-lost"]');
    await missingDrill.getByText('there is no USB adapter').waitFor();
    expect(await missingDrill.getByRole('checkbox').isDisabled()).toBe(true);
    await choose(page, 'Power loss of the holder');
    await page.getByRole('button', { name: 'Run 1 drill…' }).click();
    await page.getByRole('spinbutton', { name: 'Runs of each' }).fill('3');
    await page.getByRole('dialog').getByRole('button', { name: 'Run' }).click();
    await page.getByRole('region', { name: 'Drill at work' }).getByText('cut the power of node1').waitFor();
    await page.getByRole('region', { name: 'Drill at work' }).waitFor({ state: 'detached' });
    expect(fake.drills.orders[0]).toMatchObject({ drills: ['power-loss'], repeat: 3, both: false });
    await command(page, 'show drills results');
    await page.getByText('n 3 · min 2400 ms · median 2570 ms · max 2740 ms').waitFor();
    await page.getByRole('img', { name: '3 outages from 2400 ms to 2740 ms, median 2570 ms' }).waitFor();
    await page.getByText('3 of 3 passed: with 95 % confidence').waitFor();
    await page.getByText('median and range only').waitFor();
  });

  test('hands are asked for, answered by a button; stopping leaves a suite that can be gone on with', async () => {
    const { page } = await open();
    await command(page, 'show drills drills');
    await choose(page, 'Serial cable pulled', 'Planned switchover');
    await page.getByRole('button', { name: 'Run 2 drills…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Run' }).click();
    const hands = page.getByRole('alert').filter({ hasText: 'Pull the serial cable' });
    await hands.getByText('The console cannot see this').waitFor();
    await page.getByRole('button', { name: 'Stop and undo' }).click();
    await page.getByRole('button', { name: 'Go on with the unfinished suite' }).click();
    await hands.getByRole('button', { name: 'It is done' }).click();
    await page.getByRole('region', { name: 'Drill at work' }).waitFor({ state: 'detached' });
    await command(page, 'show drills results');
    await page.getByText(/2 of 2 runs/).waitFor();
  });

  test('an exercise: the banner names nothing, a wrong answer goes on, the right one is graded', async () => {
    const { page } = await open();
    await command(page, 'show drills training');
    const offer = page.locator('[data-exercise="s5-1"]');
    await page.locator('[data-exercise="s1-1"]').getByText('it needs setup s1').waitFor();
    await offer.getByRole('button', { name: 'Start' }).click();
    const banner = page.locator('.tb-exercise-banner');
    await banner.getByText('Exercise running').waitFor();
    expect(await banner.innerText()).not.toMatch(/serial|cable|串口/);
    const answer = async (what: string, where: string): Promise<void> => {
      for (const [label, option] of [
        ['What is it?', what],
        ['Where is it?', where],
      ] as const) {
        const box = page.getByRole('combobox', { name: label });
        await box.click();
        await page.locator('.ant-select-dropdown:visible .ant-select-item-option', { hasText: option }).click();
      }
      await page.getByRole('button', { name: 'Answer', exact: true }).click();
    };
    await answer('a packet filter drops heartbeats', 'on node1');
    await page.getByText('Wrong. Go on looking.').waitFor();
    await answer('a cable is unplugged', 'the LAN cable of node2');
    await page.getByText('Wrong answers so far: 2.').waitFor();
    await page.getByRole('button', { name: 'Show the solution' }).click();
    await page.getByText('Given up · 0 points').waitFor();
    await banner.waitFor({ state: 'detached' });
  });

  test('in Chinese the core’s sentences are Chinese too', async () => {
    const { page } = await open({ settings: { language: 'zh-CN' } });
    await page.locator('.tb-tab', { hasText: '演练' }).first().click();
    await page.getByText('持有者断电').waitFor();
    await page.locator('[data-drill="power-loss"]').getByRole('button', { name: '详情' }).click();
    await page.getByText('切断持有者的电源').waitFor();
  });
});
