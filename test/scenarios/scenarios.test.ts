/**
 * Failover stories as transcripts: every `*.txt` here holds commands and the exact output of each. Read the
 * difference when one fails; if it is what you meant, rewrite them with UPDATE_TRANSCRIPTS=1.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Interpreter } from './interpreter.ts';

const DIRECTORY = new URL('./', import.meta.url);

/** Commands are lines beginning with `$ `; what follows up to the next one is output, except comments and blank lines. */
function replay(transcript: string): string {
  const interpreter = new Interpreter();
  const out: string[] = [];
  for (const line of transcript.split('\n')) {
    if (line.startsWith('$ ')) out.push(line, ...interpreter.execute(line.slice(2)));
    else if (line.startsWith('#') || line === '') out.push(line);
  }
  return out.join('\n');
}

const names = readdirSync(DIRECTORY).filter((name) => name.endsWith('.txt'));

test('there are transcripts', () => {
  expect(names.length).toBeGreaterThan(10);
});

for (const name of names.sort()) {
  test(name, () => {
    const file = new URL(name, DIRECTORY);
    const written = readFileSync(file, 'utf8');
    const actual = replay(written);
    if (process.env['UPDATE_TRANSCRIPTS'] === '1') writeFileSync(file, actual);
    else expect(actual).toBe(written);
  });
}
