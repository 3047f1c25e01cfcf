/** Target: the three files of /etc/ha.d and twinbeat.cf, as one input whose first byte says which. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { latin1FromBytes } from '../../agent/common/base/bytes.ts';
import {
  HA_CF_DIRECTIVES,
  parseAuthkeys,
  parseHaCf,
  parseHaresources,
  print,
} from '../../agent/common/config/index.ts';
import type { ConfigProblem, HaConfig } from '../../agent/common/config/model.ts';
import type { FuzzTarget } from './fuzz.ts';
import { latin1 } from './mutate.ts';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'config');

const KINDS = ['h', 'r', 'a'] as const;

/** A file of the fixtures as input: `h` ha.cf, `r` haresources, `a` authkeys. */
function seedOf(path: string): Uint8Array[] {
  const text = readFileSync(path, 'latin1');
  if (/(haresources)$/.test(path)) return [latin1(`r${text}`)];
  if (/authkeys/.test(path)) return [latin1(`a${text}`)];
  return path.endsWith('.cf') ? [latin1(`h${text}`)] : [];
}

function checkPlaces(text: string, problems: readonly ConfigProblem[]): void {
  const lines = text.split('\n');
  for (const { at } of problems) {
    const width = lines[at.line - 1]?.length;
    assert(width !== undefined && at.column >= 1 && at.column <= width + 1, `a problem at ${at.line}:${at.column}`);
  }
}

/** What the daemon takes for granted of a file without errors. */
function checkResolved(config: HaConfig): void {
  for (const ms of [config.keepaliveMs, config.deadtimeMs, config.warntimeMs, config.initdeadMs, config.deadpingMs])
    assert(Number.isFinite(ms) && ms > 0, `a duration of ${ms} ms`);
  assert(config.deadtimeMs > 2 * config.keepaliveMs && config.initdeadMs >= config.deadtimeMs, 'times that do not fit');
  assert.equal(new Set(config.links.map((link) => link.id)).size, config.links.length, 'two links with one id');
  assert(config.links.length > 0, 'a pair without links');
}

export const configTarget: FuzzTarget = {
  name: 'config',
  magic: [
    ...[
      '\n',
      '\r\n',
      '\r',
      ' ',
      '\t',
      ',',
      '#',
      '\\\n',
      '::',
      '/',
      '=',
      '\0',
      '\u00ff',
      '__proto__',
      '-1',
      '2s',
      '500ms',
    ],
    ...[
      '999999999999',
      'on',
      'legacy',
      'auth 1',
      '1 sha1 secret',
      'eth0:1',
      '10.0.0.1/24/eth0:0',
      'fd00::1',
      'IPaddr2::',
    ],
    ...HA_CF_DIRECTIVES.map((row) => `\n${row.name} `),
  ].map(latin1),
  seeds: () =>
    readdirSync(FIXTURES, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .flatMap((entry) => seedOf(join(entry.parentPath, entry.name))),
  feed: (input, random) => {
    const kind = KINDS.find((k) => k.charCodeAt(0) === input[0]) ?? random.pick(KINDS);
    const text = latin1FromBytes(input.subarray(1));
    const ha = kind === 'h' ? parseHaCf(text, 'ha.cf') : null;
    const parsed =
      ha ??
      (kind === 'r'
        ? parseHaresources(text, 'haresources', ['node1', 'node2'])
        : parseAuthkeys(text, 'authkeys', random.pick([null, 0o600, 0o644])));
    assert.equal(print(parsed.document), text, 'the file does not print back');
    checkPlaces(text, parsed.problems);
    const errors = parsed.problems.filter((problem) => problem.severity === 'error');
    if (ha !== null && errors.length === 0) {
      assert(ha.config !== null, 'neither a configuration nor an error');
      checkResolved(ha.config);
    }
    return [`${kind} ${errors.length === 0 ? 'good' : 'bad'}`, ...parsed.problems.map(({ code }) => `${kind} ${code}`)];
  },
};
