/**
 * The one stream that goes to a node: a gzipped tar of the new version, the new files and the
 * script that puts them in place. The runtime is by far the largest part and never changes,
 * so it is compressed once and kept on disk; gzip members may be put one behind the other.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import type { PayloadRuntime, PayloadVersion } from './payload.ts';
import { tarEnd, tarFile, tarHeader, tarLink, tarPadding } from './tar.ts';

/** Level 1: the runtime takes 2 s instead of 8 and grows by a tenth, which a LAN carries in less than that. */
const GZIP_LEVEL = 1;

export interface UploadText {
  readonly path: string;
  readonly mode: number;
  readonly content: Uint8Array;
}

export interface Upload {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** The stream from its beginning; may be read again. */
  chunks(): AsyncIterable<Uint8Array>;
}

type OwnRuntime = Extract<PayloadRuntime, { kind: 'own' }>;

const compressing = new Map<string, Promise<string>>();

/** Path of the compressed runtime in the cache; made when it is not there. Two nodes wait for the same one. */
function compressedRuntime(runtime: OwnRuntime, cacheDir: string): Promise<string> {
  const path = join(cacheDir, `runtime-${runtime.sha256}.tar.gz-part`);
  const running = compressing.get(path);
  if (running !== undefined) return running;
  const made = compress(runtime, path, cacheDir);
  compressing.set(path, made);
  void made.then(
    () => compressing.delete(path),
    () => compressing.delete(path),
  );
  return made;
}

async function compress(runtime: OwnRuntime, path: string, cacheDir: string): Promise<string> {
  const present = await stat(path).catch(() => null);
  if (present !== null) return path;
  await mkdir(cacheDir, { recursive: true, mode: 0o700 });
  const fresh = join(cacheDir, `.runtime-${randomBytes(6).toString('hex')}`);
  async function* entry(): AsyncGenerator<Buffer> {
    yield tarHeader({ path: 'payload/node', mode: 0o755, content: { kind: 'file', bytes: runtime.bytes } });
    yield* createReadStream(runtime.source, { highWaterMark: 1 << 20 });
    yield tarPadding(runtime.bytes);
  }
  try {
    await pipeline(entry(), createGzip({ level: GZIP_LEVEL }), createWriteStream(fresh));
    await rename(fresh, path);
  } finally {
    await rm(fresh, { force: true });
  }
  return path;
}

async function versionEntries(version: PayloadVersion): Promise<Buffer[]> {
  const entries: Buffer[] = [];
  for (const file of version.files) entries.push(tarFile(`payload/${file.path}`, 0o644, await readFile(file.source)));
  if (version.runtime.kind === 'system') entries.push(tarLink('payload/node', version.runtime.path));
  else entries.push(tarFile('payload/node.sha256', 0o644, Buffer.from(version.runtime.sha256)));
  return entries;
}

/**
 * `version` null: it is on the node already. `sendRuntime` false: the runtime is there too, in
 * another version's folder.
 */
export async function buildUpload(
  version: PayloadVersion | null,
  sendRuntime: boolean,
  texts: readonly UploadText[],
  cacheDir: string,
): Promise<Upload> {
  const own = version?.runtime.kind === 'own' && sendRuntime ? version.runtime : null;
  const cached = own === null ? null : await compressedRuntime(own, cacheDir);
  const small = [
    ...(version === null ? [] : await versionEntries(version)),
    ...texts.map((text) => tarFile(text.path, text.mode, text.content)),
    tarEnd(),
  ];
  const rest = gzipSync(Buffer.concat(small), { level: GZIP_LEVEL });
  async function* chunks(): AsyncGenerator<Uint8Array> {
    if (cached !== null) yield* createReadStream(cached, { highWaterMark: 1 << 17 });
    yield rest;
  }
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of chunks()) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex'), chunks };
}
