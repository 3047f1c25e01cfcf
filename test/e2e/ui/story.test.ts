// Goal: what the screens promise on the way from nothing to a failover, as a person sees and clicks it.
// Method: the built page in Chromium over the fake console, under the product's own content security policy.
import { describe, expect, test } from 'vitest';
import { missing } from './page.ts';
import { useStage } from './stageTest.ts';

const why = missing();
const open = useStage();

describe.skipIf(why !== null)(`screens${why === null ? '' : ` (${why})`}`, () => {
  test('first start: one button takes everything up, step by step, to a live picture', async () => {
    const { page, fake } = await open({ pace: 0.3 });
    await page.getByRole('heading', { level: 2, name: /^Two servers/ }).waitFor();
    await page.getByRole('button', { name: 'Start the built-in rack' }).click();
    await page.locator('.tb-flow li[data-state="running"]').waitFor();
    await page.locator('.tb-dock').waitFor({ timeout: 30_000 });
    await page.getByText('192.168.2.3 is on node1').waitFor();
    await page.getByText('client is answered by node1').first().waitFor();
    // The first beat of the slower node may still be on its way.
    await page.locator('.tb-arrow[data-state="up"]').nth(3).waitFor();
    expect(fake.pair.nodes.map((n) => n.agent)).toEqual(['running', 'running']);
  });

  test('no rack here: the button is off and the reason is on the screen', async () => {
    const { page } = await open({ rackAvailable: false });
    await page.getByText('user namespaces are switched off').waitFor();
    expect(await page.getByRole('button', { name: 'Start the built-in rack' }).isDisabled()).toBe(true);
    expect(await page.getByRole('button', { name: 'Connect to servers' }).isEnabled()).toBe(true);
  });

  test('power off in the picture: tag, verdict, frames, arrows and log tell the same story', async () => {
    const { page } = await open({ warm: true });
    const tag = page.locator('.tb-vip');
    await tag.waitFor();
    const place = (): Promise<number> => tag.evaluate((e) => e.getBoundingClientRect().x);
    const before = await place();
    const frames = page.locator('.tb-terminal');
    await page.locator('.tb-terminal[data-role="holder"]').waitFor();
    expect(await frames.first().getAttribute('data-role')).toBe('holder');

    await page.getByTitle('Cut the power of node1').click();
    await page.getByText('192.168.2.3 is on node2').waitFor({ timeout: 15_000 });
    await page.getByText('client is answered by node2').first().waitFor();
    await page.waitForFunction(
      (x) => (document.querySelector('.tb-vip')?.getBoundingClientRect().x ?? 0) > x + 100,
      before,
    );
    expect(await frames.nth(0).getAttribute('data-role')).toBe('unknown');
    expect(await frames.nth(1).getAttribute('data-role')).toBe('holder');
    expect(await page.locator('.tb-server[data-node="a"] .tb-role').textContent()).toBe('OFF');
    // What node2 hears is dead; what node1 would hear cannot be known, and is not shown as anything else.
    const states = await page.locator('.tb-arrow').evaluateAll((all) => all.map((e) => e.getAttribute('data-state')));
    expect(states).toEqual(['dead', 'unknown', 'dead', 'unknown']);
    await page.locator('.tb-tab', { hasText: 'Events' }).click();
    await page.getByText('has taken over from node1').waitFor();
  });

  test('dual, none and cannot-tell are unmissable and say what is missing', async () => {
    const { page, fake } = await open({ warm: true });
    const bar = page.locator('.tb-verdict');
    await page.locator('.tb-verdict[data-verdict="one"]').waitFor();
    fake.forceDual(true);
    await page.locator('.tb-verdict[data-verdict="dual"]').waitFor();
    expect(await bar.textContent()).toContain('node1 + node2');
    expect(await page.locator('.tb-vip').count()).toBe(2);
    expect(await page.getByRole('alert').first().textContent()).toContain('DUAL');
    fake.forceDual(false);
    fake.blindToB = true;
    await page.locator('.tb-verdict[data-verdict="unknown"]').waitFor();
    expect(await bar.textContent()).toContain('node2: SSH');
    expect(await page.locator('.tb-server[data-node="b"]').getAttribute('data-heard')).toBe('false');
    fake.blindToB = false;
    for (const node of fake.pair.nodes) fake.pair.powerOff(node);
    await page.locator('.tb-verdict[data-verdict="none"]').waitFor();
    expect(await page.locator('.tb-vip').textContent()).toContain('nobody holds it');
  });

  test('cables: pulled in the picture, cut in the rack, and back', async () => {
    const { page, fake } = await open({ warm: true });
    await page.getByTitle('Pull the crossover cable').click();
    await page.getByTitle('Plug the crossover cable in again').waitFor();
    expect(fake.pair.cables.get('crossover')).toMatchObject({ aToB: false, bToA: false });
    await page.locator('.tb-arrow[data-state="late"]').first().waitFor({ timeout: 10_000 });
    await page.getByTitle('Plug the crossover cable in again').click();
    await page.getByTitle('Pull the crossover cable').waitFor();
    expect(fake.pair.cables.get('crossover')).toMatchObject({ aToB: true, bToA: true });
  });

  test('fault: nothing happens before the confirmation, then it counts down and can be taken back', async () => {
    const { page, fake } = await open({ warm: true });
    const line = page.locator('.tb-fault', { hasText: 'Pull serial' });
    await line.getByRole('button', { name: 'Inject…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('rack: pull cable serial').waitFor();
    expect(fake.pairState().faults).toEqual([]);
    await dialog.getByRole('button', { name: 'Arm and inject' }).click();
    await page.locator('.tb-active-fault[data-phase="injected"]').waitFor();
    await page.getByText('1 fault active').waitFor();
    expect(fake.pair.cables.get('serial')).toMatchObject({ aToB: false });
    await page.getByRole('button', { name: 'Take back now' }).click();
    await page.locator('.tb-active-fault[data-phase="reverted"]').waitFor();
    expect(fake.pair.cables.get('serial')).toMatchObject({ aToB: true });
  });

  test('fault: what cannot be done is off, with the reason', async () => {
    const { page, fake } = await open({ warm: true });
    fake.pair.powerOff(fake.node('node1'));
    const line = page.locator('.tb-fault', { hasText: 'Freeze the agent' });
    await line.getByText('node1 is off').waitFor();
    expect(await line.getByRole('button', { name: 'Inject…' }).isDisabled()).toBe(true);
  });

  test('the core goes away and comes back: the page says so and goes on by itself', async () => {
    const { page, server } = await open({ warm: true });
    await page.getByText('192.168.2.3 is on node1').waitFor();
    server.dropConnections();
    await page.getByText('The connection to the console core was lost').waitFor();
    await page.getByText('The connection to the console core was lost').waitFor({ state: 'detached' });
    await page.locator('.tb-line-value', { hasText: /\d s$/ }).first().waitFor();
  });
});
