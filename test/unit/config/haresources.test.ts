import { expect, test } from 'vitest';
import { parseHaresources } from '../../../agent/common/config/index.ts';

const NODES = ['node1', 'node2'];

/** `line:column code` of every problem. */
function complaints(text: string): string[] {
  return parseHaresources(text, 'haresources', NODES).problems.map((p) => `${p.at.line}:${p.at.column} ${p.code}`);
}

test('bare addresses, scripts with arguments, continuations, comments', () => {
  const text = '# web\nNode1 192.168.2.3 \\\n  db::a::b # and\n\nnode2 IPaddr2::10.0.0.9/24/eth0:0 mail\n';
  const { groups, problems } = parseHaresources(text, 'haresources', NODES);
  expect(problems).toEqual([]);
  expect(groups).toEqual([
    {
      key: 'IPaddr::192.168.2.3',
      node: 'node1',
      line: 2,
      resources: [
        {
          script: 'IPaddr',
          args: ['192.168.2.3'],
          spec: 'IPaddr::192.168.2.3',
          vip: { address: '192.168.2.3', family: 'ipv4', prefixBits: null, iface: null, label: null, broadcast: null },
        },
        { script: 'db', args: ['a', 'b'], spec: 'db::a::b', vip: null },
      ],
    },
    {
      key: 'IPaddr2::10.0.0.9/24/eth0:0',
      node: 'node2',
      line: 5,
      resources: [
        {
          script: 'IPaddr2',
          args: ['10.0.0.9/24/eth0:0'],
          spec: 'IPaddr2::10.0.0.9/24/eth0:0',
          vip: { address: '10.0.0.9', family: 'ipv4', prefixBits: 24, iface: 'eth0', label: 'eth0:0', broadcast: null },
        },
        { script: 'mail', args: [], spec: 'mail', vip: null },
      ],
    },
  ]);
});

test('an IPv6 address keeps its double colon', () => {
  const { groups } = parseHaresources('node1 IPaddr2::fd00::10/64/eth0 web\n', 'haresources', NODES);
  expect(groups[0]?.resources[0]).toMatchObject({ args: ['fd00::10/64/eth0'], vip: { address: 'fd00::10' } });
  expect(complaints('node1 IPaddr::fd00::10 web\n')).toEqual(['1:7 bad-address']);
  const own = parseHaresources('node1 web IPv6addr::fd00::10/64\n', 'haresources', NODES).groups[0]?.resources[1]?.vip;
  expect(own).toMatchObject({ address: 'fd00::10', family: 'ipv6', prefixBits: 64, iface: null });
  expect(complaints('node1 IPv6addr::10.0.0.1 web\n')).toEqual(['1:7 bad-address']);
});

test('a group needs a known node, unless the nodes are not known', () => {
  expect(complaints('node3 web\n')).toEqual(['1:1 bad-node-name']);
  expect(parseHaresources('node3 web\n', 'haresources', []).problems).toEqual([]);
});

// Goal: a key finds exactly one group. The real scripts search it anywhere in a line.
test('keys are unique, also when one is written with and one without IPaddr::', () => {
  expect(complaints('node1 10.0.0.1 a\nnode2 IPaddr::10.0.0.1 b\n')).toContain('2:1 duplicate-key');
  expect(complaints('node1 web\nnode2 10.0.0.2 web\n')).toEqual(['1:1 key-not-unique']);
  expect(complaints('node1 10.0.0.1 web\nnode2 10.0.0.2 web\n')).toEqual([]);
});

test('one address in two groups could be held by both nodes', () => {
  expect(complaints('node1 10.0.0.1/24 a\nnode2 b IPaddr2::10.0.0.1/16\n')).toEqual(['2:1 duplicate-address']);
});

test('a group with a bad resource is left out, the others stay', () => {
  const { groups, problems } = parseHaresources('node1 10.0.0.1/99 a\nnode2 b\n', 'haresources', NODES);
  expect(groups.map((group) => group.key)).toEqual(['b']);
  expect(problems).toMatchObject([{ severity: 'error', code: 'bad-mask', at: { line: 1, column: 16 } }]);
});
