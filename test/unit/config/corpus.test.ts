// Goal: every configuration file, also a bad one, is read, printed back byte for byte and complained about
// in the right place.
// Method: a corpus of files of the field and of odd files; each names its expected problems as line:column code.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  parseAuthkeys,
  parseHaCf,
  parseHaresources,
  print,
  type ConfigDocument,
  type ConfigProblem,
} from '../../../agent/common/config/index.ts';

const FIXTURES = new URL('../../fixtures/', import.meta.url);

interface Parsed {
  readonly document: ConfigDocument;
  readonly problems: readonly ConfigProblem[];
}

function parse(path: string, text: string): Parsed {
  if (path.includes('haresources')) return parseHaresources(text, path, path.includes('odd/') ? ['n1', 'n2'] : []);
  if (path.includes('authkeys')) return parseAuthkeys(text, path, 0o600);
  return parseHaCf(text, path);
}

function corpus(): [string, string][] {
  const isConfig = /(^|\/)(ha\.cf|haresources|authkeys[^/]*)$|^config\/odd\//;
  return readdirSync(FIXTURES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(FIXTURES.pathname.length).replace(/^\/+/, ''))
    .filter((path) => isConfig.test(path) && /^(config|heartbeat-3\.0\.6)\//.test(path))
    .sort()
    .map((path) => [path, readFileSync(new URL(path, FIXTURES), 'latin1')]);
}

/** Files that are not listed here must have no problem at all. */
const EXPECTED_PROBLEMS: Readonly<Record<string, readonly string[]>> = {
  'config/s1/authkeys.as-published': ['1:1 no-auth-line'],
  'config/s2/authkeys': ['2:3 crc-is-no-authentication'],
  'config/s5/ha.cf': ['8:1 deprecated-directive'],
  'config/odd/byte-order-mark.cf': [
    '1:1 byte-order-mark',
    '1:1 no-media',
    '1:1 auto-failback-legacy',
    '1:1 no-log',
    '2:6 not-two-nodes',
  ],
  'config/odd/comments.cf': ['1:1 no-media', '1:1 not-two-nodes', '1:1 auto-failback-legacy', '1:1 no-log'],
  'config/odd/empty.cf': ['1:1 no-media', '1:1 not-two-nodes', '1:1 auto-failback-legacy', '1:1 no-log'],
  'config/odd/dangling.haresources': ['1:1 dangling-continuation'],
  'config/odd/everything-wrong.cf': [
    '1:1 no-media',
    '1:1 auto-failback-legacy',
    '1:1 no-log',
    '1:13 bad-choice',
    '2:1 illegal-directive',
    '3:10 bad-time',
    '4:10 bad-time',
    '5:6 bad-choice',
    '7:1 duplicate-directive',
    '8:8 bad-path',
    '9:7 bad-interface',
    '10:12 bad-address',
    '11:26 bad-number',
    '12:7 bad-arguments',
    '13:12 bad-address',
    '14:10 not-two-nodes',
    '15:5 pacemaker-cluster',
    '16:10 autojoin-conflict',
    '17:1 missing-value',
    '18:10 bad-number',
    '19:14 bad-arguments',
    '20:10 bad-boolean',
    '21:1 bad-arguments',
    '22:1 illegal-directive',
    '23:1 illegal-directive',
  ],
  'config/odd/rotation.authkeys': ['4:5 crc-is-no-authentication', '5:17 trailing-text', '6:5 sha256-twinbeat-only'],
  'config/odd/wrong.authkeys': [
    '2:1 auth-order',
    '3:6 bad-auth-line',
    '4:1 bad-auth-line',
    '5:1 bad-key-line',
    '6:3 unknown-method',
    '7:3 missing-secret',
    '8:7 crc-with-secret',
    '9:8 secret-not-ascii',
  ],
  'config/odd/wrong.haresources': [
    '1:1 windows-line-ends',
    '1:1 key-not-unique',
    '2:4 stray-backslash',
    '3:1 bad-node-name',
    '3:13 bad-mask',
    '4:1 empty-group',
    '5:23 bad-broadcast',
    '5:27 bad-resource',
  ],
};

describe.each(corpus())('%s', (path, text) => {
  test('prints back to the same text', () => {
    expect(print(parse(path, text).document)).toBe(text);
  });

  test('has the expected problems', () => {
    const { problems } = parse(path, text);
    expect(problems.map(({ at, code }) => `${at.line}:${at.column} ${code}`)).toEqual(EXPECTED_PROBLEMS[path] ?? []);
    for (const problem of problems) {
      expect(problem.at.file).toBe(path);
      expect(problem.message).toMatch(/^[^\x00-\x1f]{15,}$/);
    }
  });
});

test('the corpus holds the recorded pair, four field setups and the odd files', () => {
  const paths = corpus().map(([path]) => path);
  expect(paths.filter((path) => path.startsWith('heartbeat-3.0.6/'))).toHaveLength(6);
  expect(paths.length).toBeGreaterThanOrEqual(28);
  for (const path of Object.keys(EXPECTED_PROBLEMS)) expect(paths).toContain(path);
});
