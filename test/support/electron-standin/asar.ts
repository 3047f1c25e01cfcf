/** Reads Electron's archive format: a pickled JSON index, then the files' bytes. */
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface AsarEntry {
  readonly path: string;
  readonly kind: 'file' | 'link' | 'unpacked';
  readonly bytes: number;
}

interface IndexNode {
  readonly files?: Record<string, IndexNode>;
  readonly link?: string;
  readonly unpacked?: boolean;
  readonly offset?: string;
  readonly size?: number;
  readonly executable?: boolean;
}

interface Archive {
  readonly root: IndexNode;
  readonly bytes: Buffer;
  readonly dataOffset: number;
}

function open(file: string): Archive {
  const bytes = readFileSync(file);
  const headerBytes = bytes.readUInt32LE(4);
  const jsonBytes = bytes.readUInt32LE(12);
  const root = JSON.parse(bytes.subarray(16, 16 + jsonBytes).toString()) as IndexNode;
  return { root, bytes, dataOffset: 8 + headerBytes };
}

function* walk(node: IndexNode, at: string): Generator<[string, IndexNode]> {
  for (const [name, child] of Object.entries(node.files ?? {})) {
    const childPath = at === '' ? name : `${at}/${name}`;
    yield [childPath, child];
    yield* walk(child, childPath);
  }
}

/** Every file of the archive; `unpacked` ones lie beside it in `<file>.unpacked`. */
export function listAsar(file: string): AsarEntry[] {
  return [...walk(open(file).root, '')]
    .filter(([, node]) => node.files === undefined)
    .map(([entryPath, node]) => ({
      path: entryPath,
      kind: node.link !== undefined ? 'link' : node.unpacked === true ? 'unpacked' : 'file',
      bytes: node.size ?? 0,
    }));
}

/** Writes the archive and its unpacked files as one tree, as Electron's fs shows it. */
export function extractAsar(file: string, directory: string): void {
  const { root, bytes, dataOffset } = open(file);
  mkdirSync(directory, { recursive: true });
  for (const [entryPath, node] of walk(root, '')) {
    const out = path.join(directory, entryPath);
    if (node.files !== undefined) mkdirSync(out, { recursive: true });
    else if (node.link !== undefined)
      symlinkSync(path.relative(path.dirname(out), path.join(directory, node.link)), out);
    else if (node.unpacked === true) copyFileSync(path.join(`${file}.unpacked`, entryPath), out);
    else {
      const start = dataOffset + Number(node.offset);
      writeFileSync(out, bytes.subarray(start, start + (node.size ?? 0)), {
        mode: node.executable === true ? 0o755 : 0o644,
      });
    }
  }
}
