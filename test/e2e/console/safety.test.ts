/**
 * A takeover that must not be trusted to anybody but a person, on the real thing: browser host, core, SSH, deployment, rack. The pair
 * asks the gateway and fences by the rack's power switch; the switch is broken, then every cable of the holder is pulled.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { openConsoleStage } from '../../support/consoleStage.ts';
import type { ConsoleStage } from '../../support/consoleStage.ts';
import { missing } from '../../support/needs.ts';

const reason = missing('linux', 'namespaces', 'iproute', 'chromium');
/** Deployment of both nodes on a busy machine; a bound against hanging only. */
const READY_WITHIN_MS = 240_000;
/** Several deadtimes of the rack's pair. */
const SEEN_WITHIN_MS = 90_000;

const HA1 = 'ha1.bogus.sh.cn';
const HA2 = 'ha2.bogus.sh.cn';
const GATEWAY = '192.168.2.254';

describe.skipIf(reason !== null)('a held-back takeover in the built-in rack', () => {
  let stage: ConsoleStage;
  let page: Page;

  beforeAll(async () => {
    stage = await openConsoleStage();
    page = stage.page;
  });
  afterAll(async () => {
    await stage.close();
  });

  /** The alarm of the server that would take over. */
  const heldBack = () =>
    page.locator('.tb-alarms li[data-code="takeover-waits"]', { hasText: `${HA2} does not take over` });

  const verdict = (node: string): Promise<void> =>
    page.locator('.tb-verdict[data-verdict="one"]', { hasText: node }).waitFor({ timeout: READY_WITHIN_MS });

  test(
    'the rack starts with what was ticked, and both servers say it',
    { timeout: READY_WITHIN_MS + 10_000 },
    async () => {
      for (const demand of ['gateway must answer', 'fence first', 'ipfail'])
        await page.getByRole('checkbox', { name: demand }).check();
      await page.getByRole('button', { name: 'Start the built-in rack' }).click();
      await verdict(HA1);
      await page.locator('.tb-tab', { hasText: 'Safety' }).first().click();
      const safety = page.locator('.tb-safety');
      const answering = safety.locator('tr', { hasText: GATEWAY }).locator('td[data-state="up"]');
      await expect.poll(() => answering.count(), { timeout: SEEN_WITHIN_MS }).toBe(2);
      await safety.getByText('the same on both').waitFor();
      expect(await safety.locator('td', { hasText: 'external/twinbeat-rack' }).count()).toBe(2);
    },
  );

  test('the keys are rotated from the screen: no alarm, another fingerprint on both', { timeout: 60_000 }, async () => {
    const fingerprints = page.locator('.tb-safety tr', { hasText: 'Fingerprint' }).locator('.tb-mono');
    const before = await fingerprints.allInnerTexts();
    await page.getByRole('button', { name: 'Rotate the keys…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Rotate now' }).click();
    await dialog.getByText('Done: both servers sign with the new key.').waitFor({ timeout: 45_000 });
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await expect.poll(() => fingerprints.allInnerTexts()).not.toEqual(before);
    const [a, b] = await fingerprints.allInnerTexts();
    expect(a).toBe(b);
    expect(await page.locator('.tb-alarms li').count()).toBe(0);
  });

  test(
    'switch broken, every cable of the holder pulled: the other server waits, and says for what',
    { timeout: SEEN_WITHIN_MS + 20_000 },
    async () => {
      await page.locator('.tb-power-switch').getByRole('button', { name: 'Break' }).click();
      await page.locator('.tb-power-switch').getByText('BROKEN').waitFor();
      // The heartbeat cables first: with one of them left, ipfail would move the groups in peace.
      for (const cable of ['crossover cable', 'null-modem cable', `LAN cable (${HA1})`])
        await page.getByTitle(`Pull the ${cable}`, { exact: true }).click();
      const alarm = heldBack();
      await alarm.getByText('fencing failed').waitFor({ timeout: SEEN_WITHIN_MS });
      expect(await alarm.textContent()).toContain('the power switch is broken');
      expect(await page.locator(`.tb-server[data-role="holder"][aria-label^="${HA2}"]`).count()).toBe(0);
    },
  );

  test('a person vouches for it, by name: the address moves', { timeout: SEEN_WITHIN_MS }, async () => {
    await page
      .getByRole('button', { name: `Confirm that ${HA1} is off…` })
      .first()
      .click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox').fill(HA1);
    await dialog.getByRole('button', { name: 'Take over now' }).click();
    await verdict(HA2);
    await page.locator('.tb-verdict-detail', { hasText: HA2 }).waitFor({ timeout: SEEN_WITHIN_MS });
    // What the other one waits for is no news: it is cut off, and nobody has vouched for its peer.
    await heldBack().waitFor({ state: 'detached' });
  });

  test('the page had nothing to complain about', { timeout: 60_000 }, async () => {
    expect(stage.complaints).toEqual([]);
    expect(await stage.close()).toBe(0);
  });
});
