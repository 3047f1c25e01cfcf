import { describe, expect, test } from 'vitest';
import { parseAuthkeys } from '../../../agent/common/config/index.ts';

test('every listed key is kept, the one of the auth line signs', () => {
  const { keyring, problems } = parseAuthkeys('# two\nauth 2\n1 md5 old!\n\t2 sha1 new#1\n', 'authkeys', 0o600);
  expect(problems).toEqual([]);
  expect(keyring?.signIndex).toBe(2);
  expect([...(keyring?.keys ?? [])]).toEqual([
    [1, { method: 'md5', secret: 'old!' }],
    [2, { method: 'sha1', secret: 'new#1' }],
  ]);
});

test('crc has no secret', () => {
  expect(parseAuthkeys('auth 1\n1 crc\n', 'authkeys', 0o600).keyring?.keys.get(1)).toEqual({
    method: 'crc',
    secret: '',
  });
});

// The real daemon tests exactly the read bits of group and others (044).
describe.each<[number | null, string[]]>([
  [0o600, []],
  [0o400, []],
  [0o100600, []],
  [0o700, []],
  [0o611, []],
  [0o640, ['error bad-mode']],
  [0o604, ['error bad-mode']],
  [0o644, ['error bad-mode']],
  [0o622, ['warning writable-by-others']],
  [null, []],
])('mode %o', (mode, expected) => {
  test(`gives ${expected.join() || 'nothing'}`, () => {
    const { keyring, problems } = parseAuthkeys('auth 1\n1 sha1 k\n', 'authkeys', mode);
    expect(problems.map((problem) => `${problem.severity} ${problem.code}`)).toEqual(expected);
    expect(keyring === null).toBe(expected.includes('error bad-mode'));
  });
});

test.each([
  ['1 sha1 k\nauth 1\n', '2:1 auth-order'],
  ['1 sha1 k\n', '1:1 no-auth-line'],
  ['auth 2\n1 sha1 k\n', '1:1 no-signing-key'],
  ['auth 1\n1 sha1\n', '2:3 missing-secret'],
  ['auth 1\n1 crc k\n', '2:7 crc-with-secret'],
  ['auth 1\n1 sha3 k\n', '2:3 unknown-method'],
  ['auth 16\n', '1:6 bad-auth-line'],
  ['auth\n', '1:1 bad-auth-line'],
  ['', '1:1 no-auth-line'],
  ['auth 1\n1 sha1 \u4e2d\n', '2:8 secret-not-bytes'],
])('%j gives no keyring', (text, expected) => {
  const { keyring, problems } = parseAuthkeys(text, 'authkeys', 0o600);
  expect(keyring).toBeNull();
  expect(problems.map((p) => `${p.at.line}:${p.at.column} ${p.code}`)).toContain(expected);
});

test('no message shows a secret', () => {
  const text =
    'auth 1\n1 sha1 TopSecret TopSecret\n1 crc TopSecret\n2 md5 TopSecret\u00e9\nauth TopSecret\n3 TopSecret\n';
  const { problems } = parseAuthkeys(text, 'authkeys', 0o644);
  expect(problems.length).toBeGreaterThan(4);
  expect(JSON.stringify(problems)).not.toContain('TopSecret');
});
