/**
 * Builds what runs outside Node's own type stripping: the agent (one file plus its native
 * modules), the renderer and the desktop entries. `build.ts [--if-changed] [agent] [renderer] [desktop]`;
 * no part named means all. `--if-changed` skips a part whose sources are as they were.
 */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build as bundle } from 'esbuild';

export const ROOT = join(import.meta.dirname, '..', '..');
const BUILD = join(ROOT, 'build');

/** Version in package.json; the deployed agent carries it. */
export function productVersion(): string {
  return (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}

/** The native module of one Linux target where it is installed here (koffi; serial lines go by the runtime itself, adr/0004). */
function nativeFile(arch: 'x64' | 'arm64'): string | null {
  const file = join(ROOT, 'node_modules', `@koromix/koffi-linux-${arch}/linux_${arch}/koffi.node`);
  return existsSync(file) ? file : null;
}

/** build/agent: twinbeat-agent.cjs and native/linux-<arch>/*.node. */
export async function buildAgent(): Promise<void> {
  const out = join(BUILD, 'agent');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  await bundle({
    entryPoints: [join(ROOT, 'agent/node/main.ts')],
    outfile: join(out, 'twinbeat-agent.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    legalComments: 'none',
    define: { 'import.meta.url': 'undefined', TWINBEAT_VERSION: JSON.stringify(productVersion()) },
    logOverride: { 'empty-import-meta': 'silent' },
    logLevel: 'warning',
    // The platform packages are loaded by path from native/ (agent/node/host/natives.ts).
    external: ['@koromix/*'],
  });
  for (const arch of ['x64', 'arm64'] as const) {
    const from = nativeFile(arch);
    if (from === null) continue;
    const to = join(out, 'native', `linux-${arch}`, 'koffi.node');
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(from, to);
  }
}

/** build/renderer by vite. */
export async function buildRenderer(): Promise<void> {
  const { build } = await import('vite');
  await build({ configFile: join(ROOT, 'renderer/vite.config.ts'), logLevel: 'warn' });
}

async function buildDesktopPart(): Promise<void> {
  const { buildDesktop } = await import('./buildDesktop.ts');
  await buildDesktop();
}

/** Sources that decide a part's result, relative to the root. */
const PARTS = {
  agent: {
    sources: ['agent', 'package-lock.json', 'test/tools/build.ts'],
    run: buildAgent,
    result: 'agent/twinbeat-agent.cjs',
  },
  renderer: {
    sources: ['renderer', 'agent/common', 'electron/common', 'package-lock.json'],
    run: buildRenderer,
    result: 'renderer/index.html',
  },
  desktop: {
    sources: ['electron', 'agent/common', 'package-lock.json', 'test/tools/buildDesktop.ts'],
    run: buildDesktopPart,
    result: 'desktop/main.cjs',
  },
} as const;
type PartName = keyof typeof PARTS;

function fingerprint(sources: readonly string[]): string {
  const hash = createHash('sha256');
  const visit = (path: string): void => {
    const full = join(ROOT, path);
    const stat = statSync(full);
    if (stat.isDirectory()) for (const name of readdirSync(full).sort()) visit(join(path, name));
    else hash.update(path).update(readFileSync(full));
  };
  for (const source of sources) visit(source);
  return hash.digest('hex');
}

/** Builds the named parts; with `ifChanged` only those whose sources or result changed. */
export async function buildParts(names: readonly PartName[], ifChanged: boolean): Promise<void> {
  for (const name of names) {
    const part = PARTS[name];
    const stamp = join(BUILD, `.${name}.stamp`);
    const now = fingerprint(part.sources);
    const same = existsSync(stamp) && readFileSync(stamp, 'utf8') === now && existsSync(join(BUILD, part.result));
    if (ifChanged && same) continue;
    process.stderr.write(`twinbeat: building ${name} ...\n`);
    rmSync(stamp, { force: true });
    mkdirSync(BUILD, { recursive: true });
    await part.run();
    writeFileSync(stamp, now);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const args = process.argv.slice(2);
  const asked = args.filter((a) => !a.startsWith('--'));
  const unknown = asked.find((a) => !Object.hasOwn(PARTS, a));
  if (unknown !== undefined) {
    process.stderr.write(`build: unknown part "${unknown}"; one of: ${Object.keys(PARTS).join(', ')}\n`);
    process.exit(64);
  }
  const names = (asked.length > 0 ? asked : Object.keys(PARTS)) as PartName[];
  await buildParts(names, args.includes('--if-changed'));
}
