// Goal: what keeps the agent from observing blocks; what is wrong with the pair itself is said and does not.
import { expect, test } from 'vitest';
import { fail, ok } from '../../../agent/common/base/result.ts';
import type { Fact } from '../../../electron/core/deploy/facts.ts';
import { judgeObserved, judgeObservedKeys, soften } from '../../../electron/core/deploy/judgeObserved.ts';

const FILES = { haCf: 'node a b\n', haresources: 'a 10.0.0.1\n' };
const facts = (...more: Fact[]): Fact[] => [
  ['heartbeat', '/usr/libexec/heartbeat/heartbeat'],
  ['cl-status', '/usr/bin/cl_status'],
  ...more,
];

test('a heartbeat that runs is what is wanted; another engine, none, or other files are not', () => {
  expect(judgeObserved(facts(['engine', 'heartbeat']), FILES)).toMatchObject({ result: 'ok' });
  expect(judgeObserved([['engine', 'heartbeat']], FILES)).toMatchObject({ result: 'failed' });
  expect(judgeObserved(facts(['engine', 'heartbeat'], ['engine', 'pacemakerd']), FILES).found).toBe('pacemakerd runs');
  expect(judgeObserved(facts(['engine', 'heartbeat']), { ...FILES, haresources: null }).result).toBe('failed');
  expect(judgeObserved(facts(), FILES)).toMatchObject({ result: 'warning' });
  const without = facts(['engine', 'heartbeat']).map((fact): Fact =>
    fact[0] === 'cl-status' ? ['cl-status', ''] : fact,
  );
  expect(judgeObserved(without, FILES).found).toContain('no cl_status');
});

test('keys are compared and never promised to be changed', () => {
  const key = (secret: string) => ok(`auth 1\n1 sha1 ${secret}\n`);
  expect(judgeObservedKeys(key('a'), key('a'), 'b').result).toBe('ok');
  const different = judgeObservedKeys(key('a'), key('b'), 'b');
  expect(different.result).toBe('warning');
  expect(different.advice).not.toContain('deploying');
  expect(judgeObservedKeys(fail('absent', 'there is none'), key('a'), 'b').result).toBe('unknown');
});

test('the pair’s own faults warn; what the agent needs fails', () => {
  const item = (code: 'agreement' | 'disk') => ({ node: 'a', code, result: 'failed' as const, found: '', advice: '' });
  expect(soften(item('agreement')).result).toBe('warning');
  expect(soften(item('disk')).result).toBe('failed');
});
