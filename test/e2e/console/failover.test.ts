/**
 * The story that Twinbeat is for, on the real thing: browser host, core, SSH, deployment, rack. One click
 * starts the rack; the power of the holder is cut; picture, terminals, time line and probe must agree.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { openConsoleStage } from '../../support/consoleStage.ts';
import type { ConsoleStage } from '../../support/consoleStage.ts';
import { missing } from '../../support/needs.ts';
import { processTree, until } from '../../support/rackTools.ts';
import type { TreeProcess } from '../../support/rackTools.ts';

const reason = missing('linux', 'namespaces', 'iproute', 'chromium');
/** Deployment of both nodes on a busy machine; a bound against hanging only. */
const READY_WITHIN_MS = 240_000;

const HA1 = 'ha1.bogus.sh.cn';
const HA2 = 'ha2.bogus.sh.cn';

async function verdictIs(page: Page, verdict: string, node: string): Promise<void> {
  const bar = page.locator(`.tb-verdict[data-verdict="${verdict}"]`, { hasText: node });
  await bar.waitFor({ timeout: READY_WITHIN_MS });
}

async function answeredBy(page: Page, node: string): Promise<void> {
  await page.locator('.tb-verdict-detail', { hasText: node }).waitFor({ timeout: READY_WITHIN_MS });
}

/** Text of the terminal pane whose header names the node. */
async function terminalText(page: Page, node: string): Promise<string> {
  const texts = await page.locator('.tb-terminal', { hasText: node }).locator('.xterm-rows').allInnerTexts();
  return texts.join('\n');
}

async function cutPower(page: Page, node: string): Promise<void> {
  await page.locator(`.tb-server[aria-label^="${node}"]`).getByRole('button', { name: 'Power off' }).click();
  const confirm = page.locator('.ant-popconfirm, .ant-modal').getByRole('button').last();
  if (await confirm.isVisible({ timeout: 1000 }).catch(() => false)) await confirm.click();
}

describe.skipIf(reason !== null)('failover in the built-in rack, seen live in the console', () => {
  let stage: ConsoleStage;
  let tree: readonly TreeProcess[];

  beforeAll(async () => {
    stage = await openConsoleStage();
  });
  afterAll(async () => {
    await stage.close();
  });

  test(
    'one click starts the rack, deploys the agent and shows a pair with one holder',
    { timeout: READY_WITHIN_MS + 10_000 },
    async () => {
      await stage.page.getByRole('button', { name: 'Start the built-in rack' }).click();
      await verdictIs(stage.page, 'one', HA1);
      await answeredBy(stage.page, HA1);
      tree = processTree(stage.app.pid as number);
      // Host, rack host, world, two servers and their programs: a tree that is seen whole.
      expect(tree.length).toBeGreaterThan(8);
    },
  );

  test('margins of both links run in both directions', async () => {
    const arrows = stage.page.locator('.tb-arrow[data-state="up"]');
    await until('four directions are up', async () => (await arrows.count()) === 4, 30_000);
    const before = await arrows.allTextContents();
    await until('the numbers move', async () => (await arrows.allTextContents()).join() !== before.join(), 10_000);
  });

  test('the terminal of the holder shows the address', async () => {
    await until(
      '192.168.2.3 in the terminal',
      async () => /192\.168\.2\s*\.3\b/.test((await terminalText(stage.page, HA1)).replaceAll('\n', '')),
      30_000,
    );
  });

  test(
    'power off: picture, terminals, time line and probe agree that the other node serves',
    { timeout: 120_000 },
    async () => {
      await cutPower(stage.page, HA1);
      await verdictIs(stage.page, 'one', HA2);
      await answeredBy(stage.page, HA2);
      await until(
        'the tag is on the other server',
        async () => (await stage.page.locator(`.tb-server[data-role="holder"][aria-label^="${HA2}"]`).count()) === 1,
        10_000,
      );
      await until(
        'the survivor shows the address',
        async () => /192\.168\.2\s*\.3\b/.test((await terminalText(stage.page, HA2)).replaceAll('\n', '')),
        30_000,
      );
      // Unknown is never green: no direction to or from a server without power is up.
      await until(
        'no direction is up',
        async () => (await stage.page.locator('.tb-arrow[data-state="up"]').count()) === 0,
        10_000,
      );
    },
  );

  test('power on: the server boots, its agent returns and gets its resources back', { timeout: 180_000 }, async () => {
    await stage.page.locator(`.tb-server[aria-label^="${HA1}"]`).getByRole('button', { name: 'Power on' }).click();
    await verdictIs(stage.page, 'one', HA1);
    await answeredBy(stage.page, HA1);
  });

  test(
    'the page had nothing to complain about, and closing leaves nothing of the rack',
    { timeout: 60_000 },
    async () => {
      expect(stage.complaints).toEqual([]);
      expect(await stage.close()).toBe(0);
      await until(
        'everything of the rack is gone',
        () => tree.every((p) => processTree(p.pid)[0]?.startTime !== p.startTime),
        20_000,
      );
    },
  );
});
