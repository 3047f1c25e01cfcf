/**
 * The way of somebody who has read nothing: only what the screen offers next, from the start screen to the file of a report, on the real
 * rack with the real core. What a drill measures on a loaded machine is not judged here.
 */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openConsoleStage } from '../../support/consoleStage.ts';
import type { ConsoleStage } from '../../support/consoleStage.ts';
import { missing } from '../../support/needs.ts';

const reason = missing('linux', 'namespaces', 'iproute', 'chromium');
/** Bounds against hanging only. */
const READY_WITHIN_MS = 240_000;
const DRILL_WITHIN_MS = 120_000;

describe.skipIf(reason !== null)(`from nothing to a report${reason === null ? '' : ` (${reason})`}`, () => {
  let stage: ConsoleStage;

  beforeAll(async () => {
    stage = await openConsoleStage();
  });
  afterAll(async () => {
    await stage.close();
  });

  test('the bar leads from the rack to the drills', { timeout: READY_WITHIN_MS + 10_000 }, async () => {
    const { page } = stage;
    await page.getByRole('button', { name: 'Start the built-in rack' }).click();
    const guide = page.getByRole('navigation', { name: 'Commission this pair' });
    const steps = ['connect', 'preflight', 'deploy', 'links'];
    for (const step of steps)
      await guide.locator(`li[data-step="${step}"][data-state="done"]`).waitFor({ timeout: READY_WITHIN_MS });
    await guide.getByRole('button', { name: 'Choose drills' }).click();
    await page.locator('.tb-drills').waitFor();
  });

  test('a drill runs to its end and shows what came out', { timeout: DRILL_WITHIN_MS + 30_000 }, async () => {
    const { page } = stage;
    await page.getByRole('checkbox', { name: 'Choose: Planned switchover' }).check();
    await page.getByRole('button', { name: 'Run 1 drill…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Run', exact: true }).click();
    const result = page.locator('.tb-suite').getByRole('row').filter({ hasText: 'Planned switchover' });
    await result.waitFor({ timeout: DRILL_WITHIN_MS });
  });

  test('the report knows the drill and is saved as a file', { timeout: 120_000 }, async () => {
    const { page } = stage;
    const guide = page.getByRole('navigation', { name: 'Commission this pair' });
    await guide.locator('li[data-step="report"]').getByRole('button').click();
    const pane = page.getByRole('region', { name: 'Acceptance reports' });
    await pane.getByText('1 sessions with 1 runs of drills').waitFor();
    await pane.getByRole('button', { name: 'Make the report' }).click();
    const made = pane.locator('.tb-report-made');
    await made.waitFor({ timeout: 90_000 });
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      made.getByRole('button', { name: 'Save PDF' }).click(),
    ]);
    const head = (await readFile(await download.path())).subarray(0, 5).toString('latin1');
    expect(head).toBe('%PDF-');
    // A report is there, and it is not older than the drill.
    await guide.locator('li[data-step="report"]:not([data-state="todo"])').waitFor();
    expect(stage.complaints).toEqual([]);
  });
});
