// Goal: what a person must see and can do when a takeover is held back, when keys change, and in the pair form's safety part.
// Method: as in story.test.ts; the fake's agents report what the real ones would.
import { describe, expect, test } from 'vitest';
import { safeSpec } from '../../support/fakeData.ts';
import type { FakeConsole } from '../../support/fakeConsole.ts';
import { missing } from './page.ts';
import { command, tab, useStage } from './stageTest.ts';

const why = missing();
const open = useStage();

/** node2 waits for a person's word and for a reference. */
function holdBack(fake: FakeConsole): void {
  fake.pair.report('node2', {
    hold: { reasons: ['reference-silent', 'fencing'], sinceMs: 12_000 },
    fencing: { device: 'meatware', state: 'waiting-operator', detail: '' },
  });
}

describe.skipIf(why !== null)(`safety${why === null ? '' : ` (${why})`}`, () => {
  test('held-back takeover: every reason in words, since when, and nothing goes on before the name is typed', async () => {
    const { page, fake } = await open({ warm: true });
    await page.getByText('192.168.2.3 is on node1').waitFor();
    holdBack(fake);
    const alarm = page.locator('.tb-alarms li[data-code="takeover-waits"]');
    await alarm.getByText('node2 does not take over from node1').waitFor();
    const words = (await alarm.textContent()) ?? '';
    expect(words).toContain('no reference address answers');
    expect(words).toContain('fencing has not reported success yet');
    expect(words).toMatch(/since \d\d:\d\d:\d\d \(12 s\)/);
    await alarm.getByRole('button', { name: 'Confirm that node1 is off…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('both servers hold the same address').waitFor();
    const ok = dialog.getByRole('button', { name: 'Take over now' });
    expect(await ok.isDisabled()).toBe(true);
    await dialog.getByRole('textbox').fill('node2');
    expect(await ok.isDisabled()).toBe(true);
    await page.keyboard.press('Enter');
    expect(fake.requests).toEqual([]);
    await dialog.getByRole('textbox').fill('node1');
    await ok.click();
    await expect.poll(() => fake.requests).toEqual(['confirm-dead node2']);
    await page.locator('.tb-alarms li[data-code="takeover-waits"]').waitFor({ state: 'detached' });
    await page.getByText('node2 takes over from node1').waitFor();
  });

  test('an alarm moves nothing when it comes: its row was there, and one more of them stays behind it', async () => {
    const { page, fake } = await open({ warm: true });
    await page.getByText('192.168.2.3 is on node1').waitFor();
    await page.locator('.tb-alarms').getByText('No alarms.').waitFor();
    const top = async (): Promise<number | undefined> => (await page.locator('#tb-main').boundingBox())?.y;
    const before = await top();
    holdBack(fake);
    await page.locator('.tb-alarms li').first().waitFor();
    expect(await top()).toBe(before);
    fake.pair.report('node2', { keys: { index: 2, method: 'sha1', fingerprint: '77c0ffee0011', accepted: 1 } });
    await page.getByRole('button', { name: 'All 2' }).waitFor();
    expect(await top()).toBe(before);
    await page.getByRole('button', { name: 'All 2' }).click();
    expect(await top()).toBeGreaterThan(before ?? Infinity);
    await page.getByRole('button', { name: 'Only the first' }).click();
    expect(await top()).toBe(before);
  });

  test('held-back takeover: confirmed from the keyboard alone', async () => {
    const { page, fake } = await open({ warm: true });
    await page.getByText('192.168.2.3 is on node1').waitFor();
    holdBack(fake);
    await page.locator('.tb-alarms li[data-code="takeover-waits"]').waitFor();
    await command(page, 'confirm that node1');
    // The dialog puts the focus into the field itself.
    await page.locator('.ant-modal input:focus').waitFor();
    await page.keyboard.type('node1');
    await page.keyboard.press('Enter');
    await expect.poll(() => fake.requests).toEqual(['confirm-dead node2']);
    await page.locator('.ant-modal input:focus').waitFor({ state: 'hidden' });
  });

  test('confirming is offered only where something waits', async () => {
    const { page } = await open({ warm: true });
    await page.getByText('192.168.2.3 is on node1').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('What do you want to do?').fill('confirm that');
    await page.getByText('No command matches.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'More for node1' }).click();
    const item = page.getByRole('menuitem', { name: 'Confirm that node2 is off…' });
    await item.waitFor();
    expect(await item.getAttribute('aria-disabled')).toBe('true');
  });

  test('handing over: each half of the groups from the menu of the picture and by command', async () => {
    const { page, fake } = await open({ warm: true });
    await page.getByText('192.168.2.3 is on node1').waitFor();
    await page.getByRole('button', { name: 'More for node1' }).click();
    await page.getByRole('menuitem', { name: 'Hand over' }).click();
    await page.getByRole('menuitem', { name: 'its own groups (local)' }).click();
    await expect.poll(() => fake.requests).toEqual(['standby local node1']);
    await command(page, 'node2 take over foreign');
    await expect.poll(() => fake.requests.at(-1)).toBe('takeover foreign node2');
    await command(page, 'node1 hand over everything');
    await expect.poll(() => fake.requests.at(-1)).toBe('standby all node1');
  });

  test('alarms: second holder with its MAC, different keys, a one-way link; fencing and references in the picture', async () => {
    const { page, fake } = await open({ warm: true });
    await page.getByText('192.168.2.3 is on node1').waitFor();
    const vips = fake.pairState().nodes[0].status?.vips ?? [];
    fake.pair.report('node1', {
      vips: vips.map((vip) => ({ ...vip, conflictMac: '02:00:00:00:00:07' })),
      pingNodes: [{ name: '192.168.2.254', status: 'up', silenceMs: 200 }],
    });
    fake.pair.report('node2', { fencing: { device: 'external/ipmi', state: 'running', detail: 'reset node1' } });
    fake.pair.cables.set('crossover', { aToB: false, bToA: true, noisePpm: 0 });
    const alarms = page.locator('.tb-alarms');
    await alarms.getByText('02:00:00:00:00:07').waitFor();
    await alarms.getByText('node2 does not hear node1').waitFor({ timeout: 15_000 });
    // Different keys explain why a node does not hear the other: that alarm stands in the place of the other one.
    fake.pair.report('node2', { keys: { index: 2, method: 'sha1', fingerprint: '77c0ffee0011', accepted: 1 } });
    await alarms.getByText('The two servers sign with different keys').waitFor();
    await page.locator('.tb-server[data-node="b"]', { hasText: 'external/ipmi: running' }).waitFor();
    const lines = page.locator('.tb-ref');
    expect(await lines.evaluateAll((all) => all.map((e) => e.getAttribute('data-state')))).toEqual(['up', 'unknown']);
    await alarms.getByRole('button', { name: 'Show Safety' }).click();
    await page.locator('.tb-safety td[data-state="dead"]', { hasText: '77c0ffee0011' }).waitFor();
    await page.locator('.tb-safety').getByText('one way: node2 does not hear node1').waitFor();
  });

  test('rotation of the keys: method, steps on both nodes, result; a failure names its node', async () => {
    const { page, fake } = await open({ warm: true });
    await page.getByText('192.168.2.3 is on node1').waitFor();
    await command(page, 'rotate the keys');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Nothing is changed before you start.').waitFor();
    await dialog.getByLabel('Method').last().click();
    await page.locator('.ant-select-item-option', { hasText: 'sha256' }).click();
    await dialog.getByRole('button', { name: 'Rotate now' }).click();
    await dialog.locator('li[data-state="running"]').first().waitFor();
    await dialog.getByText('Done: both servers sign with the new key.').waitFor();
    expect(await dialog.locator('li[data-state="done"]').count()).toBe(4);
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    fake.rotationFailsAt = 'sign';
    await command(page, 'rotate the keys');
    await dialog.getByRole('button', { name: 'Rotate now' }).click();
    await dialog.getByText('A key file could not be written.').waitFor();
    await dialog.getByText('node1: the agent refused the file').waitFor();
    expect(await dialog.locator('li[data-state="failed"]').textContent()).toContain('Sign with the new key');
    expect(fake.requests).toEqual(['rotate sha256', 'rotate sha256']);
  });

  test('rotation of the keys: stopped by the person', async () => {
    const { page, fake } = await open({ warm: true });
    fake.rotationStepMs = 1500;
    await page.getByText('192.168.2.3 is on node1').waitFor();
    await command(page, 'rotate the keys');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Rotate now' }).click();
    await dialog.getByRole('button', { name: 'Stop after this step' }).click();
    await dialog.getByText('Stopped. Both servers accept').waitFor();
  });

  test('pair form: a file with everything is saved as it was; a demand without its means is refused at its field', async () => {
    const { page, fake } = await open({ pairs: [safeSpec()] });
    await page.getByRole('button', { name: 'Connect to servers' }).click();
    await page.getByRole('button', { name: 'Edit: Substation 7' }).click();
    await page.getByLabel('Name of the pair').fill('Substation 8');
    await page.getByLabel('Reference addresses, one a line').fill('');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Needed, because references are asked for').waitFor();
    expect(fake.pairs[0]?.name).toBe('Substation 7');
    await page.getByLabel('Reference addresses, one a line').fill('10.20.7.254\nfd00:20:7::fe');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect.poll(() => fake.pairs[0]).toEqual({ ...safeSpec(), name: 'Substation 8' });
  });

  test('pair form: safety chosen from the keyboard alone', async () => {
    const { page, fake } = await open({ pairs: [safeSpec()] });
    await page.getByRole('button', { name: 'Connect to servers' }).click();
    await page.getByRole('button', { name: 'Edit: Substation 7' }).click();
    await page.getByRole('checkbox', { name: 'two links' }).focus();
    await page.keyboard.press('Space');
    await page.getByLabel('A silent server is switched off by').focus();
    // The first key opens the list, the second moves in it.
    await page.keyboard.press('ArrowDown');
    await page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden)').waitFor();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.getByLabel('Watchdog device').focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.getByRole('button', { name: 'Save', exact: true }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => fake.pairs[0]?.ha?.watchdog).toBe(null);
    expect(fake.pairs[0]?.ha).toMatchObject({
      takeoverRequires: ['reference', 'fencing'],
      fencing: { kind: 'meatware' },
    });
  });

  test('rack: what its pair shall demand is chosen before its start', async () => {
    const { page, fake } = await open({ pace: 0.2 });
    await page.getByRole('checkbox', { name: 'gateway must answer' }).check();
    await page.getByRole('checkbox', { name: 'fence first' }).check();
    await page.getByRole('button', { name: 'Start the built-in rack' }).click();
    await expect.poll(() => fake.rackOptions).toMatchObject({ setup: 's5', reference: true, fencing: true });
    await page.locator('.tb-dock').waitFor({ timeout: 30_000 });
  });

  test('rack: the power switch is broken beside the cables and mended by command; a pair that does not fence has none', async () => {
    const { page, fake } = await open({ warm: true });
    await page.getByText('192.168.2.3 is on node1').waitFor();
    const shown = page.locator('.tb-power-switch');
    expect(await shown.count()).toBe(0);
    fake.pair.report('node1', { fencing: { device: 'external/twinbeat-rack', state: 'none', detail: '' } });
    await shown.getByRole('button', { name: 'Break' }).click();
    await shown.getByText('BROKEN').waitFor();
    expect(fake.rackState().powerSwitchBroken).toBe(true);
    await command(page, 'mend the power switch');
    await shown.getByText('works').waitFor();
  });

  test('in Chinese: alarm, dialog and pane hold no English sentence', async () => {
    const { page, fake } = await open({ warm: true, settings: { language: 'zh-CN' } });
    await page.getByText('192.168.2.3 在 node1 上').waitFor();
    holdBack(fake);
    await tab(page, '安全');
    await page.locator('.tb-alarm-button').click();
    await page.getByRole('dialog').getByText('node1 确实已断电吗？').waitFor();
    const words = await page.evaluate(() =>
      [...document.querySelectorAll('.tb-alarms, .ant-modal, .tb-safety')].flatMap(
        (e) => e.textContent?.match(/[A-Za-z]{3,}(?: [A-Za-z]{2,})+/g) ?? [],
      ),
    );
    expect(words).toEqual([]);
  });
});
