/** The inputs that once showed something new: one base64 line each in test/fixtures/corpus/<target>.txt. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const DIRECTORY = join(import.meta.dirname, '..', 'fixtures', 'corpus');

const fileOf = (target: string): string => join(DIRECTORY, `${target}.txt`);

/** Empty when nothing was kept yet. */
export function readCorpus(target: string): Uint8Array[] {
  if (!existsSync(fileOf(target))) return [];
  const lines = readFileSync(fileOf(target), 'latin1').split('\n');
  return lines.filter((line) => line !== '').map((line) => new Uint8Array(Buffer.from(line, 'base64')));
}

/** Adds inputs, shortest first, so that the file stays readable as a list. */
export function growCorpus(target: string, inputs: readonly Uint8Array[]): void {
  const all = [...readCorpus(target), ...inputs].sort((a, b) => a.length - b.length);
  mkdirSync(DIRECTORY, { recursive: true });
  writeFileSync(fileOf(target), all.map((input) => `${Buffer.from(input).toString('base64')}\n`).join(''));
}
