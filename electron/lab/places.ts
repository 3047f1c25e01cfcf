/** Where things are: the app's files, its Node, and the rack's directory on this machine. */
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What a packaged app tells us because it cannot be found from this source file. */
export interface LabInstall {
  /** Directory that holds `resources/rack` and `resources/setups`. */
  readonly appDir: string;
  /** A Node 24 binary, or Electron's own with ELECTRON_RUN_AS_NODE. */
  readonly nodePath: string;
  /** electron/lab/main.ts, or its bundle. */
  readonly entry: string;
}

function ownNode(appDir: string): string {
  try {
    const require = createRequire(join(appDir, 'package.json'));
    return join(dirname(require.resolve(`node-linux-${process.arch}/package.json`)), 'bin', 'node');
  } catch {
    return process.execPath;
  }
}

/** The installation of a source checkout, found from this file. */
export function sourceInstall(): LabInstall {
  const appDir = dirname(dirname(import.meta.dirname));
  const nodePath = Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : ownNode(appDir);
  return { appDir, nodePath, entry: join(import.meta.dirname, 'main.ts') };
}

/** A rack's files outside of its namespaces; all of them, so that removing them is a list and not a sweep. */
export interface RackPlaces {
  readonly dir: string;
  readonly controlSocket: string;
  readonly keyFile: string;
  /** Mount point of the world's tmpfs; an empty directory for everybody else. */
  readonly worldDir: string;
}

/** `$XDG_RUNTIME_DIR/twinbeat`, else a directory of this user below the system's temporary one. It need not exist. */
export function basePath(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  if (runtime !== undefined && existsSync(runtime)) return join(runtime, 'twinbeat');
  return join(tmpdir(), `twinbeat-${process.getuid?.() ?? 0}`);
}

/** Makes `basePath()`. Throws when somebody else's directory is in the way: what is inside is trusted. */
export function makeBase(): string {
  const dir = basePath();
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const found = lstatSync(dir);
  if (!found.isDirectory() || found.uid !== (process.getuid?.() ?? 0)) {
    throw new Error(`${dir} belongs to somebody else; remove it`);
  }
  chmodSync(dir, 0o700);
  return dir;
}

/** Places of the rack called `name`; nothing is made. */
export function placesOf(base: string, name: string): RackPlaces {
  const dir = join(base, name);
  return {
    dir,
    controlSocket: join(dir, 'control'),
    keyFile: join(dir, 'key'),
    worldDir: join(dir, 'world'),
  };
}

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // Not there, or not empty: either way nothing of ours to remove.
  }
}

/** Removes what a rack leaves outside of its namespaces. Only names we made; works on half of them too. */
export function removePlaces(places: RackPlaces): void {
  quietly(() => unlinkSync(places.controlSocket));
  quietly(() => unlinkSync(places.keyFile));
  quietly(() => rmdirSync(places.worldDir));
  quietly(() => rmdirSync(places.dir));
  quietly(() => rmdirSync(dirname(places.dir)));
}

/** Names of the racks that have a directory below `base`. */
export function rackNames(base: string): string[] {
  return readdirSync(base, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}
