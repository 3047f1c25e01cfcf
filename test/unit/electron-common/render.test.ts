import { describe, expect, test } from 'vitest';
import { parseHaCf, parseHaresources } from '../../../agent/common/config/index.ts';
import { PairSpecSchema } from '../../../electron/common/contract/pair.ts';
import { type ConfiguredPair, renderNodeFiles, specificationGaps } from '../../../electron/common/setup/render.ts';

function pair(ha: Record<string, unknown> = {}): ConfiguredPair {
  const parsed = PairSpecSchema.parse({
    schema: 'twinbeat.pair/1',
    id: 's5',
    name: 'S5',
    nodes: [
      { name: 'node1', host: '192.168.2.1' },
      { name: 'node2', host: '192.168.2.2' },
    ],
    ha: {
      keepaliveMs: 500,
      warntimeMs: 1500,
      deadtimeMs: 3000,
      initdeadMs: 30_000,
      autoFailback: 'on',
      udpPort: 10694,
      links: [
        {
          medium: 'ucast',
          iface: { node1: 'eth0', node2: 'ens3' },
          address: { node1: '192.168.2.1', node2: '192.168.2.2' },
        },
        { medium: 'bcast', iface: { node1: 'eth1', node2: 'eth1' } },
        { medium: 'serial', device: { node1: '/dev/ttyS0', node2: '/dev/ttyUSB0' }, baud: 9600 },
      ],
      haresources: ['node1 192.168.2.3/24 httpd', 'node2 192.168.2.4/24 mail'],
      ...ha,
    },
  });
  if (parsed.ha === null) throw new Error('the pair has a configuration');
  return { ...parsed, ha: parsed.ha };
}

describe.each(['node1', 'node2'] as const)('files of %s', (name) => {
  const other = name === 'node1' ? '192.168.2.2' : '192.168.2.1';
  const ends = name === 'node1' ? { lan: 'eth0', tty: '/dev/ttyS0' } : { lan: 'ens3', tty: '/dev/ttyUSB0' };

  test('parse without any problem and mean what the specification says', () => {
    const files = renderNodeFiles(pair(), name);
    const { config, problems } = parseHaCf(files.haCf, 'ha.cf');
    expect(problems).toEqual([]);
    expect(config).toMatchObject({
      nodes: ['node1', 'node2'],
      keepaliveMs: 500,
      warntimeMs: 1500,
      deadtimeMs: 3000,
      initdeadMs: 30_000,
      autoFailback: 'on',
      logfile: '/var/log/ha-log',
      links: [
        { medium: 'ucast', iface: ends.lan, peer: other, port: 10694 },
        { medium: 'bcast', iface: 'eth1', port: 10694 },
        { medium: 'serial', device: ends.tty, baud: 9600 },
      ],
    });
    const resources = parseHaresources(files.haresources, 'haresources', config?.nodes ?? []);
    expect(resources.problems).toEqual([]);
    expect(resources.groups.map((group) => group.key)).toEqual(['IPaddr::192.168.2.3/24', 'IPaddr::192.168.2.4/24']);
  });
});

test('haresources is the same file on both nodes', () => {
  expect(renderNodeFiles(pair(), 'node1').haresources).toBe(renderNodeFiles(pair(), 'node2').haresources);
});

test('what the schema cannot see is named before anything is rendered', () => {
  expect(specificationGaps(pair())).toEqual([]);
  const gaps = specificationGaps(
    pair({
      links: [
        { medium: 'bcast', iface: { node1: 'eth1' } },
        { medium: 'ucast', iface: { node1: 'eth0', node2: 'eth0' }, address: { node2: '10.0.0.2' } },
        { medium: 'serial', device: { node1: '/dev/ttyS0', node2: '/dev/ttyS0' }, baud: 9600 },
        { medium: 'serial', device: { node1: '/dev/ttyS1', node2: '/dev/ttyS1' }, baud: 19200 },
      ],
    }),
  );
  expect(gaps).toEqual([
    'ha.links[0] (bcast) names no interface for node node2.',
    'ha.links[1] (ucast) names no address for node node1.',
    'The serial links have different baud rates; ha.cf knows only one.',
  ]);
});
