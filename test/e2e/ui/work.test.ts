// Goal: the daily work: terminals, monitor, commands, forms, trust, languages, layouts.
// Method: as in story.test.ts.
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { siteSpec } from '../../support/fakeData.ts';
import { missing } from './page.ts';
import { command, tab, useStage } from './stageTest.ts';

const why = missing();
const open = useStage();

/** Puts a text into the page's clipboard-free paste event, as the browser would. */
async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate((content) => {
    const data = new DataTransfer();
    data.setData('text/plain', content);
    document.activeElement?.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }),
    );
  }, text);
}

async function openShell(page: Page): Promise<void> {
  await command(page, 'terminal node1 shell');
  await page.locator('.xterm-rows', { hasText: 'root@node1' }).waitFor();
  await page.locator('.tb-terminal:visible', { hasText: 'root@node1' }).locator('.xterm-screen').click();
}

describe.skipIf(why !== null)(`work${why === null ? '' : ` (${why})`}`, () => {
  test('terminal: typing, colours, search, copy, and several lines are asked about', async () => {
    const { page } = await open({ warm: true });
    await page.getByText('192.168.2.3 is on node1').waitFor();
    await openShell(page);
    const pane = page.locator('.tb-terminal:visible', { hasText: 'root@node1' });
    await page.keyboard.type('echo grüße 服务器 👩‍🚒');
    await page.keyboard.press('Enter');
    await pane.locator('.xterm-rows > div', { hasText: /^grüße/ }).waitFor();
    // The prompt is green: its colours survive the content security policy.
    const colour = await pane
      .locator('.xterm-rows span', { hasText: 'root@node1' })
      .first()
      .evaluate((e) => getComputedStyle(e).color);
    expect(colour).not.toBe('rgb(0, 0, 0)');

    await paste(page, 'echo one\necho two\n');
    await page.locator('.ant-modal-confirm-title', { hasText: 'Paste 2 lines into node1?' }).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('.ant-modal').waitFor({ state: 'hidden' });
    await page.locator('.xterm-helper-textarea:focus').waitFor({ state: 'attached' });
    await paste(page, 'echo three\n');
    await page.getByRole('button', { name: 'Paste', exact: true }).click();
    await pane.locator('.xterm-rows > div', { hasText: /^three/ }).waitFor();
    expect(await pane.locator('.xterm-rows > div', { hasText: /^one/ }).count()).toBe(0);

    await page.locator('.ant-modal').waitFor({ state: 'hidden' });
    await page.locator('.xterm-helper-textarea:focus').waitFor({ state: 'attached' });
    await page.keyboard.press('Control+Shift+F');
    await page.getByLabel('Search in the terminal', { exact: true }).first().waitFor();
    await page.getByPlaceholder('Search').fill('three');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await page.locator('.tb-search').waitFor({ state: 'detached' });
    await page.locator('.xterm-helper-textarea:focus').waitFor({ state: 'attached' });
    await pane.locator('.xterm-selection div').first().waitFor({ state: 'attached' });
    await page.context().grantPermissions(['clipboard-read']);
    await page.keyboard.press('Control+Shift+C');
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText()), { timeout: 5000 }).toBe('three');
    // One line is pasted without a question, by the browser's own key.
    await page.keyboard.press('Control+Shift+V');
    await pane.locator('.xterm-rows > div', { hasText: /# three/ }).waitFor();
  });

  test('terminal: ended with its server, opened again when the server is back', async () => {
    const { page, fake } = await open({ warm: true });
    const pane = page.locator('.tb-terminal').first();
    await pane.locator('.xterm-rows', { hasText: 'Every 1.0s' }).waitFor();
    fake.pair.powerOff(fake.node('node1'));
    await pane.getByText('ended: the connection was lost').waitFor();
    fake.pair.powerOn(fake.node('node1'));
    await pane.getByText('ended: the connection was lost').waitFor({ state: 'detached', timeout: 15_000 });
    await pane.locator('.xterm-rows', { hasText: 'node1' }).waitFor();
  });

  test('monitor: pause, zoom by drag, wheel and keys, and back to live', async () => {
    const { page } = await open({ warm: true });
    const span = page.getByLabel('Visible time').first();
    const shown = async (): Promise<string> => (await page.locator('.tb-monitor .ant-select').textContent()) ?? '';
    await span.waitFor();
    await page.locator('.tb-line').nth(4).waitFor();
    await page.locator('.tb-strip[data-kind="margin"] .u-over').waitFor();
    expect(await shown()).toContain('1 min');
    const box = await page.locator('.tb-strip[data-kind="margin"] .u-over').boundingBox();
    if (box === null) throw new Error('the chart has no box');
    await page.mouse.move(box.x + box.width * 0.25, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 30, { steps: 5 });
    await page.mouse.up();
    await page.getByText('Paused').waitFor();
    expect(await shown()).toContain('15');
    await page.mouse.wheel(0, -120);
    await page.waitForFunction(() => !document.querySelector('.tb-monitor .ant-select')?.textContent?.includes('15'));
    await page.locator('.tb-monitor').focus();
    await page.keyboard.press('l');
    await page.getByText('Live', { exact: true }).waitFor();
    await page.keyboard.press('Space');
    await page.getByText('Paused').waitFor();
    await page.keyboard.press('Home');
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await shown()).toContain('1 min');
  });

  test('monitor: something is drawn, a hidden line is not', async () => {
    const { page } = await open({ warm: true });
    const ink = (): Promise<number> =>
      page.locator('.tb-strip[data-kind="margin"] canvas').evaluate((canvas: HTMLCanvasElement) => {
        // A picture of the canvas is read, so that the chart's own canvas keeps its kind of memory.
        const copy = document.createElement('canvas');
        Object.assign(copy, { width: canvas.width, height: canvas.height });
        const pen = copy.getContext('2d', { willReadFrequently: true });
        pen?.drawImage(canvas, 0, 0);
        const data = pen?.getImageData(0, 0, copy.width, copy.height).data ?? new Uint8ClampedArray();
        let strong = 0;
        for (let i = 0; i < data.length; i += 4) if ((data[i + 3] ?? 0) > 128) strong += 1;
        return strong;
      });
    await page.locator('.tb-line').nth(3).waitFor();
    await page.waitForTimeout(600);
    const all = await ink();
    for (const i of [0, 1, 2, 3]) await page.locator('.tb-line').nth(i).click();
    await page.waitForTimeout(600);
    expect(await ink()).toBeLessThan(all * 0.8);
  });

  test('commands: every action by its name, from the keyboard alone', async () => {
    const { page, fake } = await open({ warm: true });
    await page.getByText('192.168.2.3 is on node1').waitFor();
    await command(page, 'theme dark');
    await page.locator('html[data-theme="dark"]').waitFor();
    expect(fake.settings.theme).toBe('dark');
    await command(page, 'pull null-modem');
    await page.getByTitle('Plug the null-modem cable in again').waitFor();
    expect(fake.pair.cables.get('serial')?.aToB).toBe(false);
  });

  test('keyboard: F6 goes through the groups and out of a terminal, panes move by command', async () => {
    const { page } = await open({ warm: true });
    await page.locator('.tb-terminal .xterm-rows', { hasText: 'Every 1.0s' }).first().waitFor();
    const pane = (): Promise<string> =>
      page.evaluate(() => document.activeElement?.closest('.tb-pane')?.getAttribute('aria-label') ?? 'none');
    const visited: string[] = [];
    for (let i = 0; i < 5; i++) {
      await page.keyboard.press('F6');
      visited.push((await pane()).split(/[.:]/)[0] ?? '');
    }
    expect(new Set(visited)).toEqual(
      new Set(['Picture of the pair', 'Live monitor', 'Terminal on node1', 'Terminal on node2', 'Faults']),
    );
    const groups = await page.locator('.dv-groupview').count();
    await command(page, 'move active pane right');
    await page.locator('.dv-groupview').nth(groups).waitFor();
  });

  test('languages: switched at once and remembered; no English word is left in the frame of the page', async () => {
    const { page, fake } = await open({ warm: true });
    await page.getByText('192.168.2.3 is on node1').waitFor();
    await page.getByRole('button', { name: 'Language' }).click();
    await page.getByRole('menuitem', { name: '简体中文' }).click();
    await page.getByText('192.168.2.3 在 node1 上').waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
    expect(fake.settings.language).toBe('zh-CN');
    // The menu of languages names each in its own words; it is closed before we read.
    await page.keyboard.press('Escape');
    await page.locator('.tb-line').nth(4).waitFor();
    const words = await page.evaluate(() => {
      const skip = '.xterm, code, pre, canvas, style, script, kbd';
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const found: string[] = [];
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        const holder = node.parentElement;
        // The menu of languages names each in its own words.
        if (holder === null || holder.closest(skip) !== null || holder.closest('.ant-dropdown') !== null) continue;
        found.push(...(node.textContent?.match(/[A-Za-z]{3,}/g) ?? []));
      }
      return [...new Set(found)].sort();
    });
    // The trade's own words, names of files, programs and settings; ENOTTY stands for what an agent says in its own words.
    const trade = [
      'BMC',
      'ENOTTY',
      'LAN',
      'LVS',
      'SIGSTOP',
      'SSH',
      'Shift',
      'Space',
      'Twinbeat',
      'USB',
      'VIP',
      'VRID',
      'VRRP',
      'auto',
      'deadtime',
      'dev',
      'eth',
      'failback',
      'haresources',
      'initdead',
      'keepalived',
      'min',
      'node',
      'nowayout',
      'panic',
      'ping',
      'ttyS',
      'uname',
      'warntime',
    ];
    expect(words.filter((word) => !trade.includes(word)).join(' ')).toBe('');
  });

  test('layout: a closed pane stays closed after a reload, and the default can be restored', async () => {
    const { page, fake } = await open({ warm: true });
    const distribution = page.locator('.tb-tab', { hasText: 'Distribution' });
    await distribution.hover();
    await page.getByRole('button', { name: 'Close: Distribution' }).click();
    await expect
      .poll(
        () =>
          JSON.stringify(fake.settings.layout).includes('"distribution"') || fake.settings.layout['dock'] === undefined,
        { timeout: 5000 },
      )
      .toBe(false);
    await page.reload();
    await page.locator('.tb-tab', { hasText: 'Monitor' }).waitFor();
    expect(await distribution.count()).toBe(0);
    await command(page, 'restore default layout');
    await distribution.waitFor();
  });

  test('pair form: problems at their fields, then saved, and the secrets go to the core only', async () => {
    const { page, fake } = await open();
    await page.getByRole('button', { name: 'Connect to servers' }).click();
    await page.getByRole('button', { name: 'New pair' }).click();
    await page.getByRole('button', { name: 'Save and connect' }).click();
    expect(await page.locator('[aria-invalid="true"]').count()).toBe(5);
    const fill = async (label: string, values: readonly string[]): Promise<void> => {
      for (const [i, value] of values.entries()) await page.getByLabel(label, { exact: true }).nth(i).fill(value);
    };
    await fill('Name of the pair', ['Pump house']);
    await fill('Host name (uname -n)', ['pump-a', 'pump-b']);
    await fill('Address', ['10.1.0.1', '10.1.0.2']);
    await page.getByRole('button', { name: 'Save and connect' }).click();
    await page.getByRole('dialog').getByText('Log in to Pump house').waitFor();
    await page.getByLabel('Password of root@pump-a, pump-b').fill('s3cret');
    await page.getByRole('dialog').getByRole('button', { name: 'Connect' }).click();
    await expect.poll(() => fake.secretsSeen.length).toBe(1);
    expect(fake.secretsSeen[0]).toEqual({
      'pump-a': { password: 's3cret', remember: false },
      'pump-b': { password: 's3cret', remember: false },
    });
    expect(fake.pairs.map((p) => p.id)).toEqual(['pump-house']);
    expect(JSON.stringify(fake.pairs)).not.toContain('s3cret');
    expect(await page.content()).not.toContain('s3cret');
  });

  test('pairs: edited and deleted', async () => {
    const { page, fake } = await open({ pairs: [siteSpec()] });
    await page.getByRole('button', { name: 'Connect to servers' }).click();
    await page.getByRole('button', { name: 'Edit: Substation 7' }).click();
    await page.getByLabel('Name of the pair').fill('Substation 8');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect.poll(() => fake.pairs.map((p) => [p.id, p.name])).toEqual([['substation-7', 'Substation 8']]);
    await page.getByRole('button', { name: 'Delete: Substation 8' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await expect.poll(() => fake.pairs.length).toBe(0);
  });

  test('host key: changed shows both keys; refusing has the focus, replacing needs a comparison', async () => {
    const { page, fake } = await open({ warm: true });
    await page.getByText('192.168.2.3 is on node1').waitFor();
    fake.question = {
      questionId: 'q1',
      host: '10.1.0.1',
      port: 22,
      verdict: 'changed',
      algorithm: 'ssh-ed25519',
      sha256: 'SHA256:new',
      knownSha256: ['SHA256:old'],
      checkCommand: 'ssh-keygen -lf key.pub',
    };
    const dialog = page.getByRole('dialog');
    await dialog.getByText('SHA256:new').waitFor();
    await dialog.getByText('SHA256:old').waitFor();
    const reject = dialog.getByRole('button', { name: 'Do not connect' });
    await expect.poll(() => reject.evaluate((e) => e === document.activeElement)).toBe(true);
    const replace = dialog.getByRole('button', { name: 'Replace the key on record' });
    expect(await replace.isDisabled()).toBe(true);
    expect(await dialog.getByRole('button', { name: /Trust/ }).count()).toBe(0);
    await dialog.getByRole('checkbox').check();
    expect(await replace.isEnabled()).toBe(true);
    await reject.click();
    await expect.poll(() => fake.answers).toEqual(['reject']);
  });

  test('deployment: the whole plan first, then progress, and cancel stops it', async () => {
    const { page, fake } = await open({ warm: true, pace: 3 });
    await tab(page, 'Servers');
    await page.getByRole('button', { name: 'Plan removal' }).click();
    await page.getByText('/opt/twinbeat-agent').first().waitFor();
    expect(fake.pair.nodes.map((n) => n.agent)).toEqual(['running', 'running']);
    await page.getByRole('button', { name: 'Remove the agent' }).click();
    await page.locator('.tb-steps tr[data-phase="running"]').waitFor();
    await page.getByRole('button', { name: 'Cancel and roll back' }).click();
    await page.getByText('Cancelled.').waitFor();
    await page.getByRole('button', { name: 'Plan removal' }).click();
    await page.getByRole('button', { name: 'Remove the agent' }).click();
    await page.getByText('Done.').waitFor({ timeout: 15_000 });
    expect(fake.pair.nodes.map((n) => n.agent)).toEqual(['absent', 'absent']);
  });

  test('drill: asked first, then the result with its precision', async () => {
    const { page } = await open({ warm: true });
    await page.getByRole('button', { name: 'Run the drill' }).click();
    await page.locator('.ant-popover').getByRole('button', { name: 'Run the drill' }).click();
    await page.getByText('PASS').waitFor({ timeout: 15_000 });
    await page.getByText('Moved from node1 to node2').waitFor();
  });
});

const SIZES = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
] as const;

describe.skipIf(why !== null)('looks', () => {
  test.each(SIZES.flatMap((size) => (['en', 'zh-CN'] as const).map((language) => ({ size, language }))))(
    'at $size.width × $size.height in $language nothing overflows and numbers keep their width',
    async ({ size, language }) => {
      const { page } = await open({ warm: true, size, settings: { language } });
      await page.locator('.tb-vip').waitFor();
      await page.locator('.tb-fault').first().waitFor();
      await page.locator('.tb-line').nth(4).waitFor();
      const problems = await page.evaluate(() => {
        const out: string[] = [];
        const { documentElement: root } = document;
        if (root.scrollWidth > root.clientWidth || root.scrollHeight > root.clientHeight) out.push('the page scrolls');
        for (const e of document.querySelectorAll<HTMLElement>(
          'button, .tb-role, .tb-client span, .tb-server strong, .tb-server dd, .tb-legend, .tb-line-value',
        )) {
          if (e.offsetParent !== null && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0)
            out.push(`${e.className}: ${e.textContent ?? ''}`);
        }
        const scene = document.querySelector('.tb-picture')?.getBoundingClientRect();
        for (const e of document.querySelectorAll('.tb-server, .tb-client, .tb-vip')) {
          const box = e.getBoundingClientRect();
          if (scene === undefined || box.left < scene.left || box.right > scene.right || box.bottom > scene.bottom)
            out.push(`outside: ${e.className}`);
        }
        return out;
      });
      expect(problems).toEqual([]);
      const width = (): Promise<number[]> =>
        page.locator('.tb-line').evaluateAll((all) => all.map((e) => e.getBoundingClientRect().width));
      const before = await width();
      await page.waitForTimeout(900);
      expect(await width()).toEqual(before);
    },
  );

  test('keyboard: the first tab stops are the skip link and the bar, each with a visible focus', async () => {
    const { page } = await open({ warm: true });
    await page.locator('.tb-vip').waitFor();
    const stops: string[] = [];
    for (let i = 0; i < 6; i++) {
      await page.keyboard.press('Tab');
      stops.push(
        await page.evaluate(() => {
          const e = document.activeElement as HTMLElement;
          const style = getComputedStyle(e);
          const around =
            e.closest('.ant-select') === null ? style : getComputedStyle(e.closest('.ant-select') as HTMLElement);
          const isVisible =
            style.outlineStyle !== 'none' ||
            style.boxShadow !== 'none' ||
            around.boxShadow !== 'none' ||
            around.outlineStyle !== 'none';
          return `${isVisible ? 'visible' : 'INVISIBLE'} ${e.textContent || (e.getAttribute('aria-label') ?? e.tagName)}`;
        }),
      );
    }
    expect(stops[0]).toBe('visible Skip to content');
    expect(stops.filter((s) => s.startsWith('INVISIBLE'))).toEqual([]);
    expect(stops.join(' ')).toContain('Disconnect');
    expect(stops.join(' ')).toContain('Commands');
  });

  test('reduced motion: the tag does not glide', async () => {
    const { page } = await open({ warm: true, reducedMotion: true });
    const seconds = await page.locator('.tb-vip').evaluate((e) => getComputedStyle(e).transitionDuration);
    expect(seconds).toBe('0s');
  });
});
