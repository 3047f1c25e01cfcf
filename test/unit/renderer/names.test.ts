import { expect, test } from 'vitest';
import { shortName } from '../../../renderer/lib/names.ts';

test.each([
  ['ha1.bogus.sh.cn', ['ha1.bogus.sh.cn', 'ha2.bogus.sh.cn'], 'ha1'],
  ['node.east', ['node.east', 'node.west'], 'node.east'],
  ['master', ['master', 'slave'], 'master'],
  ['10.0.0.1', ['10.0.0.1', 'ha2.x'], '10.0.0.1'],
])('%s among %j is %s', (node, all, short) => {
  expect(shortName(node, all)).toBe(short);
});
