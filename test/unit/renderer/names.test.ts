import { expect, test } from 'vitest';
import { shortName, withShortNames } from '../../../electron/common/words/nodeNames.ts';

test.each([
  ['ha1.bogus.sh.cn', ['ha1.bogus.sh.cn', 'ha2.bogus.sh.cn'], 'ha1'],
  ['node.east', ['node.east', 'node.west'], 'node.east'],
  ['master', ['master', 'slave'], 'master'],
  ['10.0.0.1', ['10.0.0.1', 'ha2.x'], '10.0.0.1'],
])('%s among %j is %s', (node, all, short) => {
  expect(shortName(node, all)).toBe(short);
});

test.each([
  ['node.east → node.west', ['node.east', 'node.west'], 'node.east → node.west'],
  ['a.x → b.x · a.xy', ['a.x', 'b.x'], 'a → b · a.xy'],
  ['by a.x.', ['a.x', 'b.x'], 'by a.'],
  ['a.x and my-a.x', ['a.x', 'b.x'], 'a and my-a.x'],
  ['axx', ['a.x', 'b.x'], 'axx'],
])('%s among %j: %s', (words, all, short) => {
  expect(withShortNames(words, all)).toBe(short);
});
