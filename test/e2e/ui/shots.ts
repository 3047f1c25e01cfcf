/** Takes pictures of the screens for people to look at: `node test/e2e/ui/shots.ts FOLDER [name]`. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import type { FakeConsole } from '../../support/fakeConsole.ts';
import { siteSpec } from '../../support/fakeData.ts';
import { openStage, type Stage, type StageOptions } from './page.ts';

const [folder = 'build/shots', only] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Shot {
  readonly name: string;
  readonly options: StageOptions;
  act?(page: Page, fake: FakeConsole): Promise<void>;
}

const SMALL = { width: 1280, height: 800 };
const LARGE = { width: 1920, height: 1080 };
const zh = { language: 'zh-CN' } as const;
const dark = { theme: 'dark' } as const;

const tab = async (page: Page, name: string): Promise<void> =>
  page.locator('.tb-tab', { hasText: name }).first().click();

const powerOff = async (_page: Page, fake: FakeConsole): Promise<void> => {
  fake.pair.powerOff(fake.node('node1'));
  await wait(6000);
};

const SHOTS: readonly Shot[] = [
  { name: 'start-en-light', options: { size: SMALL } },
  { name: 'start-zh-dark', options: { size: LARGE, settings: { ...zh, ...dark } } },
  {
    name: 'flow-en-light',
    options: { size: SMALL },
    act: async (page) => {
      await page.getByRole('button', { name: 'Start the built-in rack' }).click();
      await wait(3500);
    },
  },
  { name: 'live-en-light', options: { size: SMALL, warm: true } },
  { name: 'live-en-dark', options: { size: SMALL, warm: true, settings: dark } },
  { name: 'live-zh-light', options: { size: LARGE, warm: true, settings: zh } },
  { name: 'live-zh-dark', options: { size: SMALL, warm: true, settings: { ...zh, ...dark } } },
  { name: 'live-en-large', options: { size: LARGE, warm: true, settings: dark } },
  { name: 'failover-en-light', options: { size: SMALL, warm: true }, act: powerOff },
  { name: 'failover-zh-dark', options: { size: LARGE, warm: true, settings: { ...zh, ...dark } }, act: powerOff },
  {
    name: 'dual-en-light',
    options: { size: SMALL, warm: true },
    act: async (_page, fake) => {
      fake.forceDual(true);
      await wait(1500);
    },
  },
  {
    name: 'none-zh-dark',
    options: { size: SMALL, warm: true, settings: { ...zh, ...dark } },
    act: async (_page, fake) => {
      for (const node of fake.pair.nodes) fake.pair.powerOff(node);
      await wait(2000);
    },
  },
  {
    name: 'unknown-en-light',
    options: { size: SMALL, warm: true },
    act: async (_page, fake) => {
      fake.blindToB = true;
      await wait(4000);
    },
  },
  {
    name: 'faults-en-light',
    options: { size: SMALL, warm: true },
    act: async (page) => {
      await page.getByRole('button', { name: 'Inject…' }).nth(2).click();
      await wait(600);
    },
  },
  {
    name: 'fault-active-zh',
    options: { size: LARGE, warm: true, settings: zh },
    act: async (page) => {
      await page.getByRole('button', { name: '注入…' }).nth(2).click();
      await page.getByRole('button', { name: '就绪并注入' }).click();
      await wait(2500);
      await tab(page, '分布');
      await wait(1500);
    },
  },
  {
    name: 'connect-en-light',
    options: { size: SMALL, warm: true, pairs: [siteSpec()] },
    act: async (page) => {
      await tab(page, 'Servers');
      await page.getByRole('button', { name: 'Plan deployment' }).click();
      await wait(1200);
    },
  },
  {
    name: 'form-en-dark',
    options: { size: SMALL, pairs: [siteSpec()], settings: dark },
    act: async (page) => {
      await page.getByRole('button', { name: 'Connect to servers' }).click();
      await page.getByRole('button', { name: 'New pair' }).click();
      await page.locator('.ant-segmented-item', { hasText: 'Write it' }).click();
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await wait(500);
    },
  },
  {
    name: 'form-zh-light',
    options: { size: LARGE, pairs: [siteSpec()], settings: zh },
    act: async (page) => {
      await page.getByRole('button', { name: '连接服务器' }).click();
      await page.getByRole('button', { name: /编辑/ }).click();
      await wait(500);
    },
  },
  {
    name: 'hostkey-en-light',
    options: { size: SMALL, warm: true },
    act: async (_page, fake) => {
      fake.question = {
        questionId: 'q1',
        host: '10.20.7.11',
        port: 22,
        verdict: 'changed',
        algorithm: 'ssh-ed25519',
        sha256: 'SHA256:0pB5l0r7a0mC3lJ1jvZzZ8m4r4d8Ew9n1sX6p3k2hQc',
        knownSha256: ['SHA256:Yb1tUoFz5vWm2c9dSxk0QhJ7rE4nL6aPg3iCwT8uKqM'],
        checkCommand: 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
      };
      await wait(1000);
    },
  },
  {
    name: 'palette-zh-dark',
    options: { size: SMALL, warm: true, settings: { ...zh, ...dark } },
    act: async (page) => {
      await page.keyboard.press('Control+k');
      await wait(500);
    },
  },
  {
    name: 'events-en-light',
    options: { size: SMALL, warm: true },
    act: async (page, fake) => {
      await tab(page, 'Events');
      await powerOff(page, fake);
      await page.getByRole('button', { name: 'Pause' }).click();
      await wait(500);
    },
  },
];

async function take(shot: Shot): Promise<void> {
  const stage: Stage = await openStage(shot.options);
  try {
    await wait(3000);
    await shot.act?.(stage.page, stage.fake);
    await stage.page.screenshot({ path: path.join(folder, `${shot.name}.png`) });
    process.stdout.write(
      `${shot.name} ${stage.complaints.length === 0 ? 'ok' : [...new Set(stage.complaints)].slice(0, 6).join(' | ')}\n`,
    );
  } finally {
    await stage.close();
  }
}

for (const shot of SHOTS) if (only === undefined || shot.name.startsWith(only)) await take(shot);
