// Goal: the core's sentences are the same in every form: in English for the command line and logs, as codes and parameters for the screen.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { english, join, quote, refuse, say, SentenceSchema } from '../../../electron/common/words/sentence.ts';
import { SENTENCES } from '../../../electron/common/words/sentences.ts';

test('words: a sentence in a sentence, in English, and whole after a way over the wire', () => {
  const why = say('keepalivesUnanswered', { periods: 3, ms: 2000 });
  const lost = say('lost', { layer: say('layer-ssh-keepalive'), why });
  expect(lost.detail).toBe('lost (ssh-keepalive): 3 keepalives of 2000 ms were not answered');
  const received = SentenceSchema.parse(JSON.parse(JSON.stringify(lost.said)));
  expect(english(received)).toBe(lost.detail);
});

test('words: rows of statements, and no statement at all', () => {
  const list = ['1', '2', '3'].map((text) => say('inItsWords', { text }));
  expect(join(list, 'and').detail).toBe('1 and 2 and 3');
  expect(join(list, 'dots').detail).toBe('1 · 2 · 3');
  expect(join([], 'also').detail).toBe('');
});

test('words: what is quoted keeps its sentence; what has none is quoted in its own words', () => {
  const own = refuse('lost', say('agentSilent'));
  expect(quote(own).said).toEqual({ code: 'agentSilent', params: {} });
  expect(quote({ detail: 'disk full' })).toEqual(say('inItsWords', { text: 'disk full' }));
});

test('words: a parameter with braces of its own is left as it is; a sentence of a newer core is told by its code', () => {
  expect(say('notHeardBy', { other: '{{link}}', link: 'eth1' }).detail).toBe('{{link}} does not hear it on eth1');
  expect(english({ code: 'brand-new', params: {} })).toBe('brand-new');
});

const ROOMS = ['../../../electron', '../../../renderer'].map((room) => fileURLToPath(new URL(room, import.meta.url)));

test('words: every sentence is said by somebody', () => {
  const code = ROOMS.flatMap((room) => readdirSync(room, { withFileTypes: true, recursive: true }))
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.parentPath.includes('locales'))
    // The tables themselves say nothing.
    .filter((entry) => !entry.parentPath.endsWith('words'))
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
  // A code may be put together from a fixed beginning and a state: `layer-${failure.layer}`.
  const unsaid = Object.keys(SENTENCES).filter(
    (key) => !code.includes(`'${key}'`) && !code.includes(`\`${key.split('-')[0] ?? ''}-\${`),
  );
  expect(unsaid).toEqual([]);
});
