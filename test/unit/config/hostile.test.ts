// Goal: no text, however broken, makes a parser throw, and every text prints back.
// Method: seeded mixtures of pieces that mean something somewhere.
import { expect, test } from 'vitest';
import { SeededRandom } from '../../../agent/common/base/random.ts';
import {
  HA_CF_DIRECTIVES,
  parseAuthkeys,
  parseHaCf,
  parseHaresources,
  print,
} from '../../../agent/common/config/index.ts';

const SEED = Number(process.env['TWINBEAT_SEED'] ?? 305);

const PIECES = [
  ...[
    '\n',
    '\r\n',
    '\r',
    ' ',
    '\t',
    ',',
    '#',
    '\\',
    '\\\n',
    '::',
    '/',
    '=',
    '\0',
    '\ufeff',
    '\u00ff',
    '中',
    '__proto__',
  ],
  ...['1', '-1', '2s', '500ms', '999999999999', 'on', 'legacy', 'auth', 'sha1', 'crc', 'secret'],
  ...['eth0', 'eth0:1', '/dev/ttyS0', '10.0.0.1', '10.0.0.1/24/eth0:0', 'fd00::1', 'IPaddr2::', 'a', 'node1', '*'],
  ...HA_CF_DIRECTIVES.map((row) => `\n${row.name} `),
];

test(`random files, seed ${SEED}`, () => {
  const random = new SeededRandom(SEED);
  for (let round = 0; round < 1500; round++) {
    const text = Array.from({ length: random.nextInteger(0, 60) }, () => random.pick(PIECES)).join('');
    for (const parsed of [
      parseHaCf(text, 'ha.cf'),
      parseHaresources(text, 'haresources', ['node1', 'node2']),
      parseAuthkeys(text, 'authkeys', random.pick([null, 0o600, 0o644])),
    ]) {
      expect(print(parsed.document), `seed ${SEED}, round ${round}: ${JSON.stringify(text)}`).toBe(text);
      const lines = text.split('\n');
      for (const { at } of parsed.problems) {
        const inside =
          at.line >= 1 &&
          at.line <= lines.length &&
          at.column >= 1 &&
          at.column <= (lines[at.line - 1] ?? '').length + 1;
        expect(inside, `seed ${SEED}, round ${round}: ${at.line}:${at.column} in ${JSON.stringify(text)}`).toBe(true);
      }
    }
  }
});
