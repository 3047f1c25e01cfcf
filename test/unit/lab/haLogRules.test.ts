// Goal: what the logs of mixed pairs may say is exactly what docs/mixed-pairs.md lists, and a rule of one story excuses nothing in another.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ALLOWED, badLogLines } from '../../support/haLog.ts';

const DOC = join(import.meta.dirname, '../../../docs/mixed-pairs.md');

/** One line of the document's list. */
function listed({ line, reason, only }: (typeof ALLOWED)[number]): string {
  return `- \`${line.source}\` (${only?.join(', ') ?? 'every story'}): ${reason}`;
}

describe('allowed log lines', () => {
  test('the document lists each with its stories and its reason', () => {
    const text = readFileSync(DOC, 'utf8');
    expect(text.slice(text.indexOf('## Allowed lines')).match(/^- .*$/gm)).toEqual(ALLOWED.map(listed));
  });

  test('a line is bad unless a rule of this story allows it', () => {
    const split = 'Nov 21 06:00:00 a heartbeat: [1]: CRIT: Cluster node b returning after partition.';
    expect(badLogLines([split], 'freeze and thaw')).toEqual([]);
    expect(badLogLines([split], 'kill')).toEqual([split]);
    expect(badLogLines([split])).toEqual([]);
    const owned = 'Nov 21 06:00:00 a heartbeat: [1]: ERROR: No one owns our local resources!';
    expect(badLogLines([owned, 'Nov 21 06:00:00 a heartbeat: [1]: WARN: node b: is dead'])).toEqual([owned]);
  });
});
