// Goal: a report is made, opened, saved and verified on the screen; a recorded session is replayed whole at one cursor, by mouse and by keys.
// Method: as in story.test.ts, on the scripted console, whose recording has the holder lose its power after 15 of 40 seconds.
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterEach, describe, expect, test } from 'vitest';
import { fakeRecording } from '../../support/fakeReports.ts';
import { missing, openStage, type Stage, type StageOptions } from './page.ts';
import { command } from './stageTest.ts';

const why = missing();
let stage: Stage | null = null;

async function open(options: StageOptions = {}): Promise<Stage> {
  stage = await openStage({ warm: true, ...options });
  return stage;
}

afterEach(async () => {
  const complaints = stage?.complaints ?? [];
  await stage?.close();
  stage = null;
  expect(complaints).toEqual([]);
});

/** Seconds into the recording, as the transport shows them. */
async function position(page: Page): Promise<number> {
  const text = (await page.locator('.tb-replay-time small').textContent()) ?? '';
  return Number(text.split(' ')[0]);
}

describe.skipIf(why !== null)(`reports and replay${why === null ? '' : ` (${why})`}`, { timeout: 90_000 }, () => {
  test('a report carries what was typed, says why there is no PDF, is saved, opened and verified', async () => {
    const { page, fake } = await open();
    await command(page, 'report');
    const pane = page.getByRole('region', { name: 'Acceptance reports' });
    await pane.getByText('covers 1 sessions with 1 runs').waitFor();
    await pane.getByLabel('Operator', { exact: true }).fill('Li Wei');
    await pane.getByLabel('Longest outage after a fault').fill('6');
    await pane.getByRole('group', { name: 'Waivers' }).getByRole('button', { name: 'Add a row' }).click();
    await pane.getByLabel('Drill or code 1').fill('daemon-frozen');
    await pane.getByLabel('Reason 1').fill('known');
    await pane.getByLabel('Signed by 1').fill('A. Customer');
    await pane.getByRole('button', { name: 'Make the report' }).click();
    const made = pane.getByRole('status').filter({ hasText: 'SHA-256' });
    await made.getByText('No PDF: no Chromium was found').waitFor();
    expect(fake.reports.lastForm).toMatchObject({
      operator: 'Li Wei',
      requirements: { failoverLimitMs: 6000 },
      waivers: [{ subject: 'daemon-frozen', reason: 'known', signer: 'A. Customer', until: '' }],
    });
    const saving = page.waitForEvent('download');
    await made.getByRole('button', { name: 'Save HTML' }).click();
    const file = await (await saving).path();
    expect(await readFile(file, 'utf8')).toContain('<h1>Acceptance report</h1>');
    const opening = page.context().waitForEvent('page');
    await made.getByRole('button', { name: 'Open' }).click();
    const shown = await opening;
    await shown.getByRole('heading', { name: 'Acceptance report' }).waitFor();
    await shown.close();
    await pane.getByRole('listitem').getByRole('button', { name: 'Verify' }).click();
    await pane.getByText('Not one byte was changed.').waitFor();
  });

  test('replay: picture, events, charts and terminal follow the cursor; keys play, step and jump', async () => {
    const { page } = await open({ size: { width: 1600, height: 1000 } });
    await command(page, 'replay');
    const pane = page.getByRole('region', { name: 'Replay of a recorded session' });
    await pane.getByRole('combobox', { name: 'Recorded session' }).click();
    await page.locator('.ant-select-item-option').first().click();
    await pane.getByText('Recorded ').waitFor();
    await pane.focus();
    await page.keyboard.press('End');
    const first = pane.locator('.tb-server[data-node="a"]');
    const second = pane.locator('.tb-server[data-node="b"]');
    await expect.poll(() => first.getAttribute('data-heard'), { timeout: 20_000 }).toBe('false');
    expect(await second.getAttribute('data-heard')).toBe('true');
    const dead = pane.locator('.tb-replay-events li').filter({ hasText: 'dead' });
    await dead.first().waitFor();
    const seen = await dead.count();
    await page.keyboard.press('Home');
    await expect.poll(() => dead.count(), { timeout: 20_000 }).toBe(0);
    expect(seen).toBeGreaterThan(0);
    await page.keyboard.press('Shift+ArrowRight');
    await expect.poll(() => first.getAttribute('data-role'), { timeout: 20_000 }).toBe('holder');
    await pane.locator('.xterm-rows').getByText('10 s').waitFor();
    await page.keyboard.press('n');
    await expect.poll(() => position(page), { timeout: 20_000 }).toBeGreaterThan(10.5);
    const before = await position(page);
    await page.keyboard.press(' ');
    await expect.poll(() => position(page), { timeout: 20_000 }).toBeGreaterThan(before + 0.5);
    await page.keyboard.press(' ');
    await pane.getByRole('button', { name: 'Play', exact: true }).waitFor();
  });

  test('a recording from a file is shown; what is none is said to be none', async () => {
    const { page } = await open();
    await command(page, 'replay');
    const pane = page.getByRole('region', { name: 'Replay of a recorded session' });
    const input = pane.locator('input[type="file"]');
    const text = fakeRecording().map((line) => `${JSON.stringify(line)}\n`);
    const show = (name: string, buffer: Buffer): Promise<void> =>
      input.setInputFiles({ name, mimeType: 'application/gzip', buffer });
    const told = pane.getByRole('alert');
    await show('endless.twinbeat.gz', gzipSync(text.slice(0, -200).join('')));
    await pane.getByText(`cut off after line ${text.length - 200}: what came later is not there`).waitFor();
    await show('x.gz', gzipSync('hello\n'));
    await told.getByText('x.gz: this is no recording of Twinbeat').waitFor();
    // As a power cut leaves it, and as a bad disk does: the browser unpacks both, and only one may be shown.
    const whole = gzipSync(text.join(''));
    const changed = Buffer.from(whole);
    changed[whole.length >> 1] = (changed[whole.length >> 1] ?? 0) ^ 0x10;
    await show('bad.twinbeat.gz', changed);
    await told.getByText(/^bad\.twinbeat\.gz: .*damaged.*get it again/).waitFor();
    await show('cut.twinbeat.gz', whole.subarray(0, whole.length * 0.7));
    await pane.getByText(/cut off after line \d{2,}: what came later is not there/).waitFor();
    expect(await told.count()).toBe(0);
    expect(await pane.locator('.tb-replay-events li').count()).toBeGreaterThan(0);
  });
});
