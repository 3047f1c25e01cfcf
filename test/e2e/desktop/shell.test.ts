/** The desktop shell around a page and a core of the tests' own: what the page may do, and what it may not. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  buildProbeApp,
  launchDesktop,
  missingForDesktop,
  newUserDir,
  realElectron,
  waitForLine,
  type Launched,
} from '../../support/desktop/app.ts';
import type { Probe } from '../../support/desktop/probePage.ts';

declare const probe: Probe;
const obstacle = missingForDesktop();

describe.skipIf(obstacle !== null)(`desktop shell on ${realElectron() ?? 'the stand-in'}`, () => {
  const userDir = newUserDir();
  let probeApp: Awaited<ReturnType<typeof buildProbeApp>>;
  let desktop: Launched;

  beforeAll(async () => {
    probeApp = await buildProbeApp();
    desktop = await launchDesktop({ appDir: probeApp.dir, userDir });
    await desktop.page.waitForSelector('body[data-tried]', { state: 'attached' });
    await waitForLine(desktop.page);
  });
  afterAll(async () => {
    await desktop.close();
    probeApp.remove();
    rmSync(userDir, { recursive: true, force: true });
  });

  test('opens one visible window with the page and its title', async () => {
    expect(await desktop.page.title()).toBe('Probe');
    const window = await desktop.app.browserWindow(desktop.page);
    expect(await window.evaluate((w) => w.isVisible())).toBe(true);
    expect(await window.evaluate((w) => w.webContents.getURL())).toBe('app://console/?host=desktop');
    expect(desktop.app.windows()).toHaveLength(1);
  });

  test('the content security policy is sent and enforced', async () => {
    const { tried, violations } = await desktop.page.evaluate(() => ({
      tried: probe.tried,
      violations: probe.violations,
    }));
    expect(tried).toMatchObject({
      eval: 'EvalError',
      'inline script': 'EvalError',
      'fetch elsewhere': 'TypeError',
      'remote image': 'TypeError',
      'own file': 'done',
      'inline style': 'done',
    });
    for (const directive of ['script-src', 'script-src-elem', 'connect-src', 'img-src', 'frame-src']) {
      expect(violations).toContain(directive);
    }
    const header = await desktop.page.evaluate(async () => (await fetch('./')).headers.get('content-security-policy'));
    expect(header).toContain("default-src 'none'; script-src 'self'; connect-src 'self'");
    expect(desktop.errors()).not.toContain('blocked remote request'); // nothing even left the page
  });

  test('only files of the renderer with a known type are served', async () => {
    const status = (url: string): Promise<number> => desktop.page.evaluate(async (u) => (await fetch(u)).status, url);
    expect(await status('./page.js')).toBe(200);
    expect(await status('./secret.txt')).toBe(404);
    expect(await status('./%2e%2e%2fdesktop%2fmain.js')).toBe(404);
    expect(await status('./%00')).toBe(404);
    expect(await desktop.page.evaluate(async () => (await fetch('./', { method: 'POST' })).status)).toBe(405);
  });

  test('the page has no Node, and nothing of the preload but the port', async () => {
    const types = await desktop.page.evaluate(() => {
      const scope = globalThis as unknown as Record<string, unknown>;
      return ['require', 'process', 'module', 'global', 'Buffer', 'electron', 'ipcRenderer'].map(
        (name) => typeof scope[name],
      );
    });
    expect(new Set(types)).toEqual(new Set(['undefined']));
    expect(await desktop.page.evaluate(() => probe.extraNames)).toEqual([]);
  });

  test('the contract works over the port: calls, refusals, validation', async () => {
    const { page } = desktop;
    expect(await page.evaluate(() => probe.client?.info({}))).toMatchObject({ host: 'desktop' });
    const core = (await page.evaluate(async () => (await probe.client?.settingsGet({}))?.layout['core'])) as {
      pid: number;
      type: string;
    };
    expect(core.type).toBe('utility');
    expect(core.pid).not.toBe(desktop.pid);
    const codeOf = (call: string): Promise<unknown> =>
      page.evaluate(
        (name) =>
          (probe.client as unknown as Record<string, (input: unknown) => Promise<unknown>>)
            [name]?.({ periodMs: 'x', theme: 1 })
            .catch((error: { code?: string }) => error.code),
        call,
      );
    expect(await codeOf('settingsSet')).toBe('bad-args');
    expect(await codeOf('rackDown')).toBe('no-rack');
  });

  test('a stream delivers over the port and stops when the page stops it', async () => {
    const phases = await desktop.page.evaluate(async () => {
      const seen: string[] = [];
      const client = probe.client;
      if (client === null) return seen;
      for await (const state of client.rackState({})) {
        seen.push(state.phase);
        if (state.phase === 'down' && seen.length === 1) void client.rackUp({ setup: 's5' });
        if (state.phase === 'up') break;
      }
      return seen;
    });
    expect(phases[0]).toBe('down');
    expect(phases.at(-1)).toBe('up');
    // The line is free again after the break: a cancelled stream must not block the next call.
    expect(await desktop.page.evaluate(async () => (await probe.client?.settingsGet({}))?.theme)).toBe('system');
  });

  test('a message from any other frame is refused', async () => {
    // Method: the real handler gets events as a foreign page, a subframe and a vanished frame would cause them.
    const given = await desktop.app.evaluate(({ ipcMain }) => {
      let ports = 0;
      const frame = (url: string, parent: unknown): object => ({ url, parent, postMessage: () => (ports += 1) });
      const emit = (senderFrame: object | null): boolean => ipcMain.emit('twinbeat:connect', { senderFrame });
      emit(frame('https://example.com/', null));
      emit(frame('app://elsewhere/', null));
      emit(frame('file:///console/', null));
      emit(frame('app://console/', {}));
      emit(null);
      const refused = ports;
      emit(frame('app://console/', null));
      return { refused, accepted: ports };
    });
    expect(given).toEqual({ refused: 0, accepted: 1 });
    await desktop.waitForError('refused a message from https://example.com/');
  });

  test('a foreign page with our preload gets no port', async () => {
    const html =
      '<title>waiting</title><script>onmessage=(e)=>{if(e.ports.length)document.title="got a port"};postMessage("twinbeat-page-ready","*")</script>';
    const opened = desktop.app.waitForEvent('window');
    await desktop.app.evaluate(
      async ({ BrowserWindow }, args) => {
        const window = new BrowserWindow({ show: false, webPreferences: { preload: args.preload, sandbox: true } });
        await window.loadURL(args.url);
      },
      { preload: `${probeApp.dir}/build/desktop/preload.cjs`, url: `data:text/html,${encodeURIComponent(html)}` },
    );
    const foreign = await opened;
    await desktop.waitForError('refused a message from data:text/html');
    expect(await foreign.title()).toBe('waiting');
    await foreign.close();
  });

  test.each([
    ['#out', 'navigate to https://example.com/'],
    ['#popup', 'open https://example.com/'],
    ['#file', 'navigate to app://console/page.js'],
  ])('following the link %s leads nowhere', async (selector, refusal) => {
    const before = desktop.page.url();
    await desktop.page.click(selector);
    await desktop.waitForError(`refused to ${refusal}`);
    expect(desktop.page.url()).toBe(before);
    await expect.poll(() => desktop.app.windows().length).toBe(1);
    expect(await desktop.page.evaluate(() => probe.client?.settingsGet({}))).toBeTruthy();
  });

  test('no permission is granted', async () => {
    const states = await desktop.page.evaluate(async () => {
      const names = ['notifications', 'geolocation', 'camera', 'microphone'];
      return Promise.all(
        names.map(async (name) => (await navigator.permissions.query({ name: name as PermissionName })).state),
      );
    });
    expect(states).toEqual(['denied', 'denied', 'denied', 'denied']);
  });

  test('the menu speaks the language that was set, and leaves the shell its keys', async () => {
    const labels = (): Promise<string[]> =>
      desktop.app.evaluate(({ Menu }) => (Menu.getApplicationMenu()?.items ?? []).map((item) => item.label));
    expect(await labels()).toEqual(['File', 'Edit', 'View', 'Window']);
    await desktop.page.evaluate(() => probe.client?.settingsSet({ language: 'zh-CN', theme: 'dark' }));
    expect(await labels()).toEqual(['文件', '编辑', '视图', '窗口']);
    expect(await desktop.app.evaluate(({ nativeTheme }) => nativeTheme.themeSource)).toBe('dark');
    const reload = await desktop.app.evaluate(
      ({ Menu }) => Menu.getApplicationMenu()?.getMenuItemById('reload')?.accelerator,
    );
    expect(reload).toBe('F5');
  });

  test('reloading the page gets it a new port', async () => {
    await desktop.page.reload();
    await waitForLine(desktop.page);
    expect(await desktop.page.evaluate(() => probe.client?.info({}))).toMatchObject({ host: 'desktop' });
  });
});
