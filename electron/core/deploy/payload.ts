/** What is shipped to a node: the bundled agent, its native modules, and a Node runtime where the node has none. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Architecture } from './judge.ts';

export interface AgentPayload {
  /** Product version; the running agent answers with the same. */
  readonly version: string;
  /** Folder with twinbeat-agent.cjs and native/linux-<arch>/. */
  readonly bundleDir: string;
  /** Path of the Node executable for a node of this architecture; null: we have none. */
  runtimeFor(arch: Architecture): string | null;
}

export interface PayloadFile {
  /** Path inside the version folder. */
  readonly path: string;
  readonly source: string;
  readonly bytes: number;
}

export type PayloadRuntime =
  /** Sent by us. */
  | { readonly kind: 'own'; readonly source: string; readonly bytes: number; readonly sha256: string }
  /** Already on the node, at this path. */
  | { readonly kind: 'system'; readonly path: string };

/** One version folder as it will stand on a node. Its name tells its content. */
export interface PayloadVersion {
  /** `<version>-<first 8 hex digits of the content's hash>` */
  readonly name: string;
  readonly files: readonly PayloadFile[];
  readonly runtime: PayloadRuntime;
}

/** Streamed, so that a runtime of 126 MB does not have to fit into memory. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Size and modification time stand for the content of a runtime that was hashed before. */
const runtimeHashes = new Map<string, string>();

async function describeRuntime(source: string): Promise<PayloadRuntime> {
  const { size, mtimeMs } = await stat(source);
  const key = `${source} ${size} ${mtimeMs}`;
  const sha256 = runtimeHashes.get(key) ?? (await sha256OfFile(source));
  runtimeHashes.set(key, sha256);
  return { kind: 'own', source, bytes: size, sha256 };
}

/**
 * Reads the bundle for one architecture. `systemNode`: path of a suitable Node on the node,
 * or null. Throws when the bundle was not built, or when there is no runtime for the
 * architecture: preflight has asked both before.
 */
export async function describeVersion(
  payload: AgentPayload,
  arch: Architecture,
  systemNode: string | null,
): Promise<PayloadVersion> {
  const all = (await readdir(payload.bundleDir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(payload.bundleDir.length + 1)
        .replaceAll('\\', '/'),
    );
  const paths = all
    .filter((path) => !path.startsWith('native/linux-') || path.startsWith(`native/linux-${arch}/`))
    .sort();
  if (!paths.includes('twinbeat-agent.cjs')) throw new Error(`no built agent in ${payload.bundleDir}`);
  const source = payload.runtimeFor(arch);
  if (systemNode === null && source === null) throw new Error(`no runtime for ${arch}`);
  const runtime: PayloadRuntime =
    systemNode !== null || source === null ? { kind: 'system', path: systemNode ?? '' } : await describeRuntime(source);
  const hash = createHash('sha256').update(runtime.kind === 'own' ? runtime.sha256 : runtime.path);
  const files: PayloadFile[] = [];
  for (const path of paths) {
    const file = join(payload.bundleDir, path);
    hash.update(`\n${path} ${await sha256OfFile(file)}`);
    files.push({ path, source: file, bytes: (await stat(file)).size });
  }
  return { name: `${payload.version}-${hash.digest('hex').slice(0, 8)}`, files, runtime };
}

/** Where the runtimes that are shipped may lie, below the application's own folder: packed, or as installed packages. */
const RUNTIME_PLACES: readonly ((arch: Architecture) => string)[] = [
  (arch) => `resources/runtime/linux-${arch}/node`,
  (arch) => `node_modules/node-linux-${arch}/bin/node`,
];

/** The payload that lies with the application: `agentDir` is the built agent, `version` the product's. */
export function bundledPayload(appDir: string, agentDir: string, version: string): AgentPayload {
  return {
    version,
    bundleDir: agentDir,
    runtimeFor: (arch) =>
      RUNTIME_PLACES.map((place) => join(appDir, place(arch))).find((path) => existsSync(path)) ?? null,
  };
}
