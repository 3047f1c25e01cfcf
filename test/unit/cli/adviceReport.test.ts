// What people read of an advice on the command line: the headline first, lines to copy, the one term that decided, and what is not known.
import { expect, test } from 'vitest';
import { adviceText } from '../../../electron/cli/adviceReport.ts';
import { parseCommand } from '../../../electron/cli/usage.ts';
import { AdviceQuestionSchema } from '../../../electron/common/contract/advice.ts';
import { fakeAdvice } from '../../support/fakeAdvice.ts';

const QUESTION = AdviceQuestionSchema.parse({});

test('headline, lines of ha.cf, methods by name, one winner, budgets', () => {
  const lines = adviceText(fakeAdvice(QUESTION)).split('\n');
  expect(lines[0]).toMatch(/^margin {3}1740 ms left of deadtime \(58 %\): longest gap 1260 ms, node2 to node1$/);
  expect(lines.filter((l) => l.startsWith('ha.cf ')).map((l) => l.split(/\s+/)[1])).toEqual([
    'keepalive',
    'warntime',
    'deadtime',
    'initdead',
  ]);
  expect(lines.filter((l) => l.startsWith('WINNER'))).toHaveLength(1);
  expect(lines.filter((l) => l.startsWith('method '))).toHaveLength(8);
  expect(lines.some((l) => /gap {6}1260 ms .* merged/.test(l))).toBe(true);
  expect(lines.some((l) => l.includes('the agent of node1 itself ran 640 ms late'))).toBe(true);
  expect(lines.some((l) => l.startsWith('budget   99.9 %') && l.endsWith('7923 failovers'))).toBe(true);
  expect(lines.some((l) => l.startsWith('trust    low'))).toBe(true);
});

test('too little data: a reason instead of a number', () => {
  const text = adviceText(fakeAdvice(QUESTION, true));
  expect(text).toContain('advice   none: Too little data: 90 heartbeats');
  expect(text).not.toContain('ha.cf ');
  expect(text).not.toContain('WINNER');
});

test('the verb takes a pair, the rack or a session', () => {
  expect(parseCommand(['advise', '--rack', '--json']).flag('rack')).toBe(true);
  expect(parseCommand(['advise', '--session', '1930cdd0']).text('session')).toBe('1930cdd0');
  expect(() => parseCommand(['advise', 'now'])).toThrow('expected nothing');
});
