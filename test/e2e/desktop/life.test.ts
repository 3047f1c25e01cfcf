/** How the desktop application ends, comes back, and keeps what it was told to keep. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  buildProbeApp,
  desktopExecutable,
  launchDesktop,
  lifeLog,
  missingForDesktop,
  newUserDir,
  processesWith,
  realElectron,
  STANDIN_ENVIRONMENT,
  waitForLine,
  type Launched,
} from '../../support/desktop/app.ts';
import type { Probe } from '../../support/desktop/probePage.ts';

declare const probe: Probe;
const obstacle = missingForDesktop();
/** How long processes may take to be gone, milliseconds; generous, because the machine may be busy. */
const GONE_MS_MAX = 10_000;

// Some tests start the application twice; each start is a whole browser.
describe.skipIf(obstacle !== null)('life of the desktop application', { timeout: 60_000 }, () => {
  let probeApp: Awaited<ReturnType<typeof buildProbeApp>>;
  let userDir: string;
  /** The application's own temporary folder: whatever is in it at the end was left behind. */
  let temporaryDir: string;
  const launched: Launched[] = [];

  beforeAll(async () => {
    probeApp = await buildProbeApp();
  });
  afterAll(() => probeApp.remove());
  beforeEach(() => {
    userDir = newUserDir();
    temporaryDir = mkdtempSync(path.join(tmpdir(), 'twinbeat-temporary-'));
  });
  afterEach(async () => {
    // A test that failed half way must not leave its application to the next one.
    for (const desktop of launched.splice(0)) if (isAlive(desktop.pid)) await desktop.close();
    for (const directory of [userDir, temporaryDir]) rmSync(directory, { recursive: true, force: true });
  });

  const launch = async (env: Record<string, string> = {}): Promise<Launched> => {
    const desktop = await launchDesktop({ appDir: probeApp.dir, userDir, env: { TMPDIR: temporaryDir, ...env } });
    launched.push(desktop);
    await waitForLine(desktop.page);
    return desktop;
  };
  const corePid = async (desktop: Launched): Promise<number> =>
    (
      (await desktop.page.evaluate(async () => (await probe.client?.settingsGet({}))?.layout['core'])) as {
        pid: number;
      }
    ).pid;
  const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);
  const logLife = (desktop: Launched): Promise<void> =>
    desktop.app.evaluate(
      ({ app }, file) => {
        const { appendFileSync } = process.getBuiltinModule('node:fs');
        const listen = app.on.bind(app) as (event: string, listener: () => void) => void;
        for (const event of ['window-all-closed', 'before-quit', 'will-quit', 'quit']) {
          listen(event, () => appendFileSync(file, `${event}\n`));
        }
      },
      path.join(userDir, 'life.log'),
    );

  test('quit: windows close, the core gets its time, then everything is gone', async () => {
    const desktop = await launch();
    const core = await corePid(desktop);
    await logLife(desktop);
    await desktop.close();
    const log = lifeLog(userDir);
    expect(log.filter((line) => line.startsWith('core'))).toEqual(['core closing', 'core closed']);
    expect(log.indexOf('core closed')).toBeGreaterThan(log.indexOf('will-quit'));
    expect(log.at(-1)).toBe('quit');
    expect(log.indexOf('quit')).toBe(log.length - 1); // once, and only after the core was closed
    expect(isAlive(core)).toBe(false);
    await expect.poll(() => processesWith(temporaryDir), { timeout: GONE_MS_MAX }).toEqual([]);
    expect(readdirSync(temporaryDir)).toEqual([]);
  });

  test('closing the window ends the application the same way', async () => {
    const desktop = await launch();
    await logLife(desktop);
    const ended = desktop.app.waitForEvent('close');
    await desktop.page.close();
    await ended;
    const log = lifeLog(userDir);
    expect(log).toContain('window-all-closed');
    expect(log.indexOf('core closed')).toBeGreaterThan(log.indexOf('will-quit'));
    expect(log.at(-1)).toBe('quit');
  });

  test('killed: core and pages go with it', async () => {
    const desktop = await launch();
    const core = await corePid(desktop);
    const ended = desktop.app.waitForEvent('close');
    desktop.app.process().kill('SIGKILL');
    await ended;
    await expect.poll(() => isAlive(core), { timeout: GONE_MS_MAX }).toBe(false);
    await expect.poll(() => processesWith(temporaryDir), { timeout: GONE_MS_MAX }).toEqual([]);
  });

  test('a second start brings the first one forward and ends', async () => {
    const desktop = await launch();
    const focused = desktop.app.evaluate(
      ({ BrowserWindow }) =>
        new Promise<boolean>((resolve) => BrowserWindow.getAllWindows()[0]?.once('focus', () => resolve(true))),
    );
    const second = spawn(desktopExecutable(), [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), probeApp.dir], {
      env: { ...process.env, ...STANDIN_ENVIRONMENT, TWINBEAT_USER_DIR: userDir, TMPDIR: temporaryDir },
      stdio: 'ignore',
    });
    const status = await new Promise((resolve) => second.on('exit', resolve));
    expect(status).toBe(0);
    expect(await focused).toBe(true);
    expect(await desktop.page.evaluate(() => probe.client?.info({}))).toBeTruthy();
    await desktop.close();
  });

  test('a dead core is noticed, started again on request, and the page gets a new line', async () => {
    const desktop = await launch();
    await desktop.app.evaluate(({ dialog }) => {
      dialog.showMessageBox = () => Promise.resolve({ response: 0, checkboxChecked: false });
    });
    const first = await corePid(desktop);
    process.kill(first, 'SIGKILL');
    await desktop.waitForError('the core ended with');
    await waitForLine(desktop.page, 2);
    const second = await corePid(desktop);
    expect(second).not.toBe(first);
    await desktop.close();
    expect(isAlive(second)).toBe(false);
  });

  test('the window comes back where it was', async () => {
    const bounds = { x: 120, y: 80, width: 1111, height: 777 };
    const first = await launch();
    await (await first.app.browserWindow(first.page)).evaluate((window, to) => window.setBounds(to), bounds);
    await first.close();
    const second = await launch();
    expect(await (await second.app.browserWindow(second.page)).evaluate((window) => window.getNormalBounds())).toEqual(
      bounds,
    );
    await second.close();
  });

  const secretFiles = (): string =>
    existsSync(path.join(userDir, 'secrets.json')) ? readFileSync(path.join(userDir, 'secrets.json'), 'utf8') : '';
  const setSecret = (desktop: Launched, secret: string | null): Promise<string> =>
    desktop.page.evaluate(async (value) => {
      try {
        return String((await probe.client?.settingsSet({ layout: { secret: value } }))?.layout['secret']);
      } catch (error) {
        return (error as { code: string }).code;
      }
    }, secret);

  // Playwright gives the real binary --password-store=basic, so a real key store is only had on the stand-in.
  test.skipIf(realElectron() !== null)('a secret is kept encrypted, and found by the next start', async () => {
    const first = await launch();
    expect(await setSecret(first, 'pässword-1')).toBe('pässword-1');
    await first.close();
    expect(secretFiles()).toContain('"probe"');
    expect(secretFiles()).not.toMatch(/pässword|p%C3|cMOkc3N3b3JkLTE/); // neither plain nor base64 of plain
    const second = await launch();
    const kept = await second.page.evaluate(async () => (await probe.client?.settingsGet({}))?.layout['secret']);
    expect(kept).toBe('pässword-1');
    expect(await setSecret(second, null)).toBe('null');
    await second.close();
    expect(secretFiles()).not.toContain('probe');
  });

  test.each(['basic_text', 'unavailable'])('with the key store %s no secret is stored', async (backend) => {
    const desktop = await launch({ STANDIN_SAFE_STORAGE: backend });
    expect(await desktop.page.evaluate(async () => (await probe.client?.info({}))?.secretStore)).toMatchObject({
      available: false,
    });
    expect(await setSecret(desktop, 'pässword-2')).toBe('unavailable');
    await desktop.close();
    expect(secretFiles()).toBe('');
  });
});
