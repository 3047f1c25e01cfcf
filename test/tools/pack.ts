/**
 * `npm run pack [-- linux|win|mac ...] [--stub] [--out DIR]`: packs the application into folders. Without a
 * platform: this machine's. `--stub`, or no Electron here, packs around a stub: for checking, not for use.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeStubDist, type PackPlatform } from '../support/stubDist.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PLATFORMS: readonly PackPlatform[] = ['linux', 'win', 'mac'];
const HOST_PLATFORMS: Readonly<Partial<Record<NodeJS.Platform, PackPlatform>>> = {
  linux: 'linux',
  win32: 'win',
  darwin: 'mac',
};

/** Nothing listens there: a download that we did not expect fails at once, instead of after minutes of retries. */
const NO_MIRROR = 'http://127.0.0.1:9/';

export interface PackOptions {
  readonly platform: PackPlatform;
  readonly outDir: string;
  /** null: electron-builder fetches Electron itself. */
  readonly electronDist: string | null;
}

/** Runs electron-builder; rejects with its output when it fails. */
export async function pack({ platform, outDir, electronDist }: PackOptions): Promise<void> {
  const args = [
    join(ROOT, 'node_modules/electron-builder/cli.js'),
    `--${platform}`,
    'dir',
    '--x64',
    '--publish=never',
    `--config=${join(ROOT, 'resources/electron-builder.yml')}`,
    `--config.directories.output=${outDir}`,
    ...(electronDist === null ? [] : [`--config.electronDist=${electronDist}`]),
  ];
  const offline = { ELECTRON_MIRROR: NO_MIRROR, ELECTRON_BUILDER_BINARIES_MIRROR: NO_MIRROR };
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', ...(electronDist === null ? {} : offline) },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const status = await new Promise<number | null>((done) => child.on('exit', done));
  if (status !== 0) throw new Error(`electron-builder ended with ${status}:\n${said}`);
}

function say(line: string): void {
  process.stderr.write(`pack: ${line}\n`);
}

async function packFor(platform: PackPlatform, outDir: string, isStub: boolean): Promise<void> {
  const own = join(ROOT, 'node_modules/electron/dist');
  const isOwn = HOST_PLATFORMS[process.platform] === platform && existsSync(own);
  if (!isStub && isOwn) return pack({ platform, outDir, electronDist: own });
  const dist = mkdtempSync(join(tmpdir(), 'twinbeat-stub-'));
  try {
    if (!isStub) say(`Electron for ${platform} is not installed here: packing around a stub, for checking only`);
    await pack({ platform, outDir, electronDist: makeStubDist(platform, dist) });
  } finally {
    rmSync(dist, { recursive: true, force: true });
  }
}

async function main(args: readonly string[]): Promise<void> {
  const outAt = args.indexOf('--out');
  const outDir = resolve(outAt < 0 ? join(ROOT, 'release') : (args[outAt + 1] ?? ''));
  const words = args.filter((word, at) => !word.startsWith('--') && (outAt < 0 || at !== outAt + 1));
  const unknown = words.find((word) => !PLATFORMS.some((platform) => platform === word));
  if (unknown !== undefined) {
    say(`unknown platform "${unknown}"; one of: ${PLATFORMS.join(', ')}`);
    process.exit(64);
  }
  const named = PLATFORMS.filter((platform) => words.includes(platform));
  const host = HOST_PLATFORMS[process.platform] ?? 'linux';
  for (const platform of named.length > 0 ? named : [host]) {
    await packFor(platform, outDir, args.includes('--stub'));
    say(`${platform} is in ${outDir}`);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(process.argv.slice(2));
}
