/** Writes the little of the tar format that a deployment needs (POSIX ustar): files and symbolic links, owned by root. */
import { assert } from '../../../agent/common/base/assert.ts';

const BLOCK_BYTES = 512;

export interface TarEntry {
  /** Relative path; at most 100 bytes, which all of ours are. */
  readonly path: string;
  readonly mode: number;
  readonly content:
    { readonly kind: 'file'; readonly bytes: number } | { readonly kind: 'link'; readonly target: string };
}

/** The header block of an entry. No times: the same content always gives the same bytes. */
export function tarHeader(entry: TarEntry): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  const isLink = entry.content.kind === 'link';
  const target = entry.content.kind === 'link' ? entry.content.target : '';
  assert(
    Buffer.byteLength(entry.path) <= 100 && Buffer.byteLength(target) <= 100,
    `too long for tar: ${entry.path} ${target}`,
  );
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
  header.write(entry.path, 0, 'utf8');
  header.write(octal(entry.mode, 8), 100, 'latin1');
  header.write(octal(0, 8), 108, 'latin1');
  header.write(octal(0, 8), 116, 'latin1');
  header.write(octal(entry.content.kind === 'file' ? entry.content.bytes : 0, 12), 124, 'latin1');
  header.write(octal(0, 12), 136, 'latin1');
  header.write('        ', 148, 'latin1');
  header.write(isLink ? '2' : '0', 156, 'latin1');
  header.write(target, 157, 'utf8');
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** Zeroes that fill a file of `bytes` up to the block size. */
export function tarPadding(bytes: number): Buffer {
  return Buffer.alloc((BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES);
}

/** What ends an archive. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK_BYTES);
}

/** A small file as a whole entry. */
export function tarFile(path: string, mode: number, content: Uint8Array): Buffer {
  return Buffer.concat([
    tarHeader({ path, mode, content: { kind: 'file', bytes: content.length } }),
    content,
    tarPadding(content.length),
  ]);
}

/** A symbolic link as a whole entry. */
export function tarLink(path: string, target: string): Buffer {
  return tarHeader({ path, mode: 0o777, content: { kind: 'link', target } });
}
