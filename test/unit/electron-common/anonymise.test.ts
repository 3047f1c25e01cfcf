// Anonymising: nothing that names a person, a place or a machine is left, wherever it stands; the story stays.
import { expect, test } from 'vitest';
import { RecordingLineSchema } from '../../../electron/common/recording/format.ts';
import type { RecordingLine } from '../../../electron/common/recording/format.ts';
import { anonymiserFor } from '../../../electron/common/recording/hide.ts';
import { recordingLinesOf, SECRETS } from '../../support/recordings.ts';

function anonymised(lines: readonly RecordingLine[]): RecordingLine[] {
  const anonymiser = anonymiserFor(lines);
  return lines.flatMap((line) => anonymiser.line(line));
}

/** What a person would read on the terminal: all its output, without colours. */
function shown(lines: readonly RecordingLine[]): string {
  return lines
    .map((line) => (line.kind === 'cast' && line.cast[1] === 'o' ? line.cast[2] : ''))
    .join('')
    .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '');
}

test('no name, address or fingerprint is left in any field or in what terminals showed', () => {
  const before = recordingLinesOf();
  const after = anonymised(before);
  const text = `${after.map((line) => JSON.stringify(line)).join('\n')}\n${shown(after)}`.toLowerCase();
  const had = `${before.map((line) => JSON.stringify(line)).join('\n')}\n${shown(before)}`.toLowerCase();
  for (const secret of SECRETS) {
    expect(had, `the recording of this test lacks ${secret}`).toContain(secret.toLowerCase());
    expect(text, secret).not.toContain(secret.toLowerCase());
  }
});

test('what comes out is a recording still, with the same lines in the same order and at the same times', () => {
  const before = recordingLinesOf();
  const after = anonymised(before);
  for (const line of after) expect(RecordingLineSchema.safeParse(line).error, JSON.stringify(line)).toBeUndefined();
  const plain = (lines: readonly RecordingLine[]): unknown[] =>
    lines.filter((l) => l.kind !== 'cast').map((l) => [l.kind, 'tMs' in l ? l.tMs : null]);
  expect(plain(after)).toEqual(plain(before));
  const numbers = (lines: readonly RecordingLine[]): unknown[] =>
    lines.flatMap((l) => (l.kind === 'sample' ? [[l.sample.tMs, l.sample.status, l.sample.links[0]?.marginMs]] : []));
  expect(numbers(after)).toEqual(numbers(before));
  expect(after.at(-1)).toEqual({ kind: 'end', lines: after.length });
});

test('the same name has the same stand-in everywhere, and two names never share one', () => {
  const after = anonymised(recordingLinesOf());
  const head = after.find((l) => l.kind === 'session');
  const sample = after.find((l) => l.kind === 'sample');
  const probe = after.find((l) => l.kind === 'probe');
  expect(head?.nodes).toEqual(['node-a.domain-1.example', 'node-b.domain-1.example']);
  expect(sample?.sample.node).toBe(head?.nodes[0]);
  expect(probe?.probe.answeredBy).toBe(head?.nodes[0]);
  expect(sample?.sample.heldVips).toHaveLength(1);
  expect(shown(after)).toContain('root@node-a:~# ip addr');
  expect(shown(after)).toContain(sample?.sample.heldVips[0]);
});

test('words that only look like names stay: times, versions of three parts, states, loopback', () => {
  const text = shown(anonymised(recordingLinesOf()));
  expect(text).toContain('12:34:56');
  expect(text).toContain('heartbeat 3.0.6');
  expect(text).toContain('127.0.0.1');
  expect(text).toContain('/root/backup');
});
