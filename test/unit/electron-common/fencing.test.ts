// Goal: every kind of fencing becomes the one line that resets the OTHER node, read back by our own parser.
import { expect, test } from 'vitest';
import { parseHaCf } from '../../../agent/common/config/index.ts';
import { PairSpecSchema } from '../../../electron/common/contract/pair.ts';
import { fencingGaps, stonithLines } from '../../../electron/common/setup/fencing.ts';
import type { ConfiguredPair } from '../../../electron/common/setup/render.ts';

function pairWith(fencing: unknown, ha: Record<string, unknown> = {}): ConfiguredPair {
  const parsed = PairSpecSchema.parse({
    schema: 'twinbeat.pair/1',
    id: 'p',
    name: 'P',
    nodes: [
      { name: 'node1', host: '10.0.0.1' },
      { name: 'node2', host: '10.0.0.2' },
    ],
    ha: {
      keepaliveMs: 500,
      warntimeMs: 1500,
      deadtimeMs: 3000,
      initdeadMs: 30_000,
      autoFailback: 'off',
      links: [{ medium: 'bcast', iface: { node1: 'eth1', node2: 'eth1' } }],
      haresources: ['node1 10.0.0.3'],
      fencing,
      ...ha,
    },
  });
  if (parsed.ha === null) throw new Error('the pair has a configuration');
  return { ...parsed, ha: parsed.ha };
}

const read = (lines: readonly string[]) =>
  parseHaCf(`keepalive 1\ndeadtime 5\nbcast eth1\nnode node1 node2\n${lines.join('\n')}\n`, 'ha.cf').config?.stonith;

test('no fencing, no line', () => {
  expect(stonithLines(pairWith(null), 'node1')).toEqual([]);
  expect(fencingGaps(pairWith(null))).toEqual([]);
});

test('meatware and rack name the peer', () => {
  expect(stonithLines(pairWith({ kind: 'meatware' }), 'node1')).toEqual(['stonith_host node1 meatware node2']);
  expect(stonithLines(pairWith({ kind: 'meatware' }), 'node2')).toEqual(['stonith_host node2 meatware node1']);
  expect(stonithLines(pairWith({ kind: 'rack' }), 'node1')).toEqual([
    'stonith_host node1 external/twinbeat-rack hostlist=node2',
  ]);
});

test("a plugin gets the peer's parameters, commas kept", () => {
  const parameters = { node1: ['hostname=node1', 'ipaddr=10.9.0.1'], node2: ['hostlist=node2,n2', 'ipaddr=10.9.0.2'] };
  const pair = pairWith({ kind: 'plugin', type: 'external/ipmi', parameters });
  expect(fencingGaps(pair)).toEqual([]);
  expect(read(stonithLines(pair, 'node1'))).toEqual([
    { host: 'node1', type: 'external/ipmi', parameters: parameters.node2, file: null },
  ]);
  expect(read(stonithLines(pair, 'node2'))).toMatchObject([{ host: 'node2', parameters: parameters.node1 }]);
});

test('what ha.cf cannot say is named before anything is written', () => {
  const half = pairWith({ kind: 'plugin', type: 'fence_x', parameters: { node1: [] } });
  expect(fencingGaps(half)).toEqual([expect.stringContaining('node2')]);
  const quoted = pairWith({
    kind: 'plugin',
    type: 'fence_x',
    parameters: { node1: ['password=a b'], node2: ['x=#1'] },
  });
  expect(fencingGaps(quoted)).toEqual([expect.stringContaining('blank')]);
  expect(fencingGaps(pairWith(null, { takeoverRequires: ['fencing'] }))).toEqual([
    expect.stringContaining('no device'),
  ]);
});
