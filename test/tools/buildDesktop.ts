/** Bundles the desktop host: main, preload and core, each one CommonJS file, and the rack's programs as one module. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build as bundle, type BuildOptions } from 'esbuild';

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * Packages that stay outside the bundle because they find their native file beside themselves: what
 * a packed application carries in its node_modules (resources/electron-builder.yml).
 */
const NATIVE_PACKAGES = ['@lydell/node-pty', '@lydell/node-pty/*'];

/** Optional accelerators of ssh2, compiled at install time where a compiler is: we ship without and they stay absent. */
const ABSENT_PACKAGES = ['cpu-features', '*/sshcrypto.node'];

interface DesktopBuild {
  readonly outDir?: string;
  /** Another core, for tests of the shell alone. */
  readonly coreEntry?: string;
}

/** Writes main.cjs, preload.cjs, core.cjs and lab.mjs; by default to build/desktop. */
export async function buildDesktop({ outDir, coreEntry }: DesktopBuild = {}): Promise<void> {
  const out = outDir ?? join(ROOT, 'build', 'desktop');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const common: BuildOptions = {
    bundle: true,
    format: 'cjs',
    legalComments: 'none',
    logLevel: 'warning',
    sourcemap: false,
  };
  const node: BuildOptions = {
    ...common,
    platform: 'node',
    target: 'node24',
    external: ['electron', 'electron/*', ...NATIVE_PACKAGES, ...ABSENT_PACKAGES],
    // CommonJS has no import.meta; what is bundled sees the bundle's own place.
    define: {
      'import.meta.dirname': '__dirname',
      'import.meta.filename': '__filename',
      'import.meta.url': 'bundleUrl',
    },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  };
  await bundle({ ...node, entryPoints: [join(ROOT, 'electron/desktop/main.ts')], outfile: join(out, 'main.cjs') });
  await bundle({
    ...common,
    platform: 'browser',
    target: 'chrome140',
    external: ['electron/renderer'],
    entryPoints: [join(ROOT, 'electron/desktop/preload.ts')],
    outfile: join(out, 'preload.cjs'),
  });
  await bundle({
    ...node,
    entryPoints: [coreEntry ?? join(ROOT, 'electron/desktop/core.ts')],
    outfile: join(out, 'core.cjs'),
  });
  if (coreEntry === undefined) await buildLab(join(out, 'lab.mjs'));
}

/** The rack runs on plain Node, outside Electron and its archive. */
async function buildLab(outfile: string): Promise<void> {
  await bundle({
    entryPoints: [join(ROOT, 'electron/lab/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    legalComments: 'none',
    logLevel: 'warning',
    external: [...NATIVE_PACKAGES, ...ABSENT_PACKAGES],
    // ssh2 is CommonJS inside: it asks for Node's modules by `require`, and for its own place.
    banner: {
      js: [
        "import { createRequire as bundleRequire } from 'node:module';",
        'const require = bundleRequire(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;',
      ].join('\n'),
    },
  });
}
