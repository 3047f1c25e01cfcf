/** Takes pictures of the screens for people to look at: `node test/e2e/ui/shots.ts FOLDER [name]`. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import type { FakeConsole } from '../../support/fakeConsole.ts';
import { safeSpec, siteSpec } from '../../support/fakeData.ts';
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

/** A pair with references, fencing and protection, as its agents report it. */
function equip(fake: FakeConsole): void {
  for (const { name } of fake.pair.nodes) {
    fake.pair.report(name, {
      pingNodes: [{ name: '192.168.2.254', status: 'up', silenceMs: 240 }],
      takeoverRequires: ['reference', 'fencing'],
      fencing: { device: 'meatware', state: 'none', detail: '' },
      protection: [
        { what: 'watchdog', state: 'unavailable', detail: '/dev/watchdog: no such device' },
        { what: 'realtime', state: 'on', detail: 'SCHED_RR 1' },
        { what: 'oom', state: 'on', detail: 'oom_score_adj -1000' },
        { what: 'swap', state: 'off', detail: 'a Node process cannot lock its memory' },
      ],
    });
  }
}

/** node1 is silent and its peer waits: for a person, and for a reference that nobody reaches. */
async function holdBack(_page: Page, fake: FakeConsole): Promise<void> {
  equip(fake);
  await wait(800);
  fake.pair.powerOff(fake.node('node1'));
  fake.pair.holdTakeovers = true;
  await wait(4500);
  fake.pair.report('node2', {
    hold: { reasons: ['reference-silent', 'fencing'], sinceMs: 12_000 },
    fencing: { device: 'meatware', state: 'waiting-operator', detail: 'confirm that node1 is off' },
    pingNodes: [{ name: '192.168.2.254', status: 'dead', silenceMs: 31_000 }],
  });
  await wait(1200);
}

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
  ...(['en', 'zh-CN'] as const).flatMap((language) =>
    ([SMALL, LARGE] as const).map((size): Shot => ({
      name: `form-safety-${language}-${size.width}`,
      options: { size, pairs: [safeSpec()], settings: { language, theme: size === SMALL ? 'light' : 'dark' } },
      act: async (page) => {
        await page.getByRole('button', { name: language === 'en' ? 'Connect to servers' : '连接服务器' }).click();
        await page.getByRole('button', { name: language === 'en' ? /^Edit/ : /^编辑/ }).click();
        // The pane has half the window only; more of the form is seen when it has the whole.
        await page.locator('.tb-tab', { hasText: language === 'en' ? 'Servers' : '服务器' }).dblclick();
        await page.getByText(language === 'en' ? 'Watchdog device' : '看门狗设备').scrollIntoViewIfNeeded();
        await wait(500);
      },
    })),
  ),
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
  ...(['en', 'zh-CN'] as const).flatMap((language) =>
    (['light', 'dark'] as const).flatMap((theme) =>
      ([SMALL, LARGE] as const).flatMap((size): Shot[] => {
        const name = `${language}-${theme}-${size.width}`;
        const options = { size, warm: true, settings: { language, theme } };
        return [
          {
            name: `safety-${name}`,
            options,
            act: async (page, fake) => {
              equip(fake);
              fake.pair.cables.set('crossover', { aToB: false, bToA: true, noisePpm: 0 });
              await tab(page, language === 'en' ? 'Safety' : '安全');
              await wait(4500);
            },
          },
          { name: `hold-${name}`, options, act: holdBack },
          {
            name: `confirm-${name}`,
            options,
            act: async (page, fake) => {
              await holdBack(page, fake);
              await page.locator('.tb-alarm-button').first().click();
              await wait(600);
            },
          },
        ];
      }),
    ),
  ),
  {
    name: 'alarms-en-light',
    options: { size: SMALL, warm: true },
    act: async (_page, fake) => {
      equip(fake);
      fake.pair.report('node1', {
        vips: [
          {
            address: '192.168.2.3',
            prefixBits: 24,
            group: '192.168.2.3',
            heldOn: 'eth0',
            conflictMac: '02:42:ac:11:00:07',
            probedAgoMs: 400,
          },
        ],
      });
      fake.pair.report('node2', {
        keys: { index: 2, method: 'sha1', fingerprint: '77c0ffee0011', accepted: 1 },
        problems: [{ code: 'stray-address', detail: '192.168.2.9/24 on eth0 belongs to no group', sinceWallMs: 0 }],
      });
      await wait(1500);
    },
  },
  {
    name: 'rotate-en-dark',
    options: { size: SMALL, warm: true, settings: dark },
    act: async (page, fake) => {
      fake.rotationStepMs = 900;
      await tab(page, 'Safety');
      await page.getByRole('button', { name: 'Rotate the keys…' }).click();
      await page.getByRole('button', { name: 'Rotate now' }).click();
      await wait(4000);
    },
  },
  {
    name: 'rotate-zh-light',
    options: { size: SMALL, warm: true, settings: zh },
    act: async (page, fake) => {
      fake.rotationFailsAt = 'sign';
      await tab(page, '安全');
      await page.getByRole('button', { name: '轮换密钥…' }).click();
      await page.getByRole('button', { name: '开始轮换' }).click();
      await wait(2000);
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
