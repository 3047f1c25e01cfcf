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

/** What people and programs write on terminals, and what of it must not be found afterwards. */
const TYPED = [
  [
    'root@pump1:~# cat /etc/ha.d/ha.cf\r\nnode pump1.bigcorp.example\r\nucast eth1 10.20.30.41\r\n',
    'pump1.',
    '10.20.30',
  ],
  ['inet6 fd00:77::12/64 2001:0db9:85a3:0000:0000:8a2e:0370:7334 ::ffff:10.20.30.99\r\n', 'fd00:77', '8a2e', ':10.20'],
  [
    '\u001b]0;alice@pump2: /home/alice\u0007 C:\\Users\\carol\\x /Users/dave/y ~frank/q\r\n',
    'alice',
    'carol',
    'dave',
    'frank',
  ],
  ['MAC 52:54:00:ab:cd:ef 5254.00ab.cdef 525400abcdef\r\n', '52:54:00:ab', '5254.00ab', '525400abcdef'],
  ['MD5:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99\r\n', 'aa:bb:cc'],
  [
    'Accepted publickey for grace from 10.20.30.7 port 22\r\nmail to heidi@post.bigcorp.example\r\n',
    'grace',
    'heidi',
    'post.',
  ],
  ['uid=1001(ivan) gid=1001(ivan) groups=27(sudo)\r\n -rw-r--r-- 1 judy staff 12 Nov 20 x\r\n', 'ivan', 'judy'],
  ['session opened for user mallory by x\r\nsudo: niaj : TTY=pts/0 ; USER=root\r\n', 'mallory', 'niaj'],
  ['ping ip-10-20-30-41 of Water Works North\r\n', '10-20-30', 'Water Works'],
] as const;

test.each([1, 2, 3, 7, 50, 10_000])(
  'output in pieces of %d characters: no name is left, and no number became one',
  (size) => {
    const text = TYPED.map(([line]) => line).join('');
    const head = recordingLinesOf().filter((l) => l.kind === 'session' || l.kind === 'terminal');
    const casts: RecordingLine[] = [];
    for (let at = 0; at < text.length; at += size)
      casts.push({ kind: 'cast', terminal: 1, cast: [at / 1000, 'o', text.slice(at, at + size)] });
    const after = anonymised([...head, ...casts, { kind: 'end', lines: head.length + casts.length + 1 }]);
    const screen = shown(after);
    const left = TYPED.flatMap(([, ...secrets]) => secrets).filter((s) =>
      screen.toLowerCase().includes(s.toLowerCase()),
    );
    expect(left).toEqual([]);
    expect(screen).toContain(
      'root@node-a:~# cat /etc/ha.d/ha.cf\r\nnode node-a.domain-1.example\r\nucast eth1 198.18.1.41\r\n',
    );
    expect(screen).toContain('gid=1001(user-');
    expect(screen).toContain('groups=27(sudo)');
    // One card, three ways to write it.
    expect(screen).toMatch(/MAC 02:00:00:00:00:01 0200\.0000\.0001 /);
  },
);
