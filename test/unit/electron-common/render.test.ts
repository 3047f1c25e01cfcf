import { describe, expect, test } from 'vitest';
import { parseHaCf, parseHaresources, parseTwinbeatCf } from '../../../agent/common/config/index.ts';
import { PairSpecSchema } from '../../../electron/common/contract/pair.ts';
import { specificationGaps } from '../../../electron/common/setup/gaps.ts';
import { type ConfiguredPair, renderNodeFiles } from '../../../electron/common/setup/render.ts';

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

describe('what a pair file can demand', () => {
  const demanding = {
    autoFailback: 'off',
    links: [
      {
        medium: 'ucast',
        iface: { node1: 'eth0', node2: 'eth0' },
        address: { node1: 'fd00::1', node2: 'fd00::2' },
      },
      { medium: 'mcast', iface: { node1: 'eth1', node2: 'eth1' }, group: '225.0.0.1', port: 695, ttl: 2 },
      { medium: 'mcast', iface: { node1: 'eth1', node2: 'eth1' }, group: 'ff02::42' },
    ],
    pingNodes: ['192.168.2.254', 'fd00::fe'],
    ipfail: true,
    fencing: { kind: 'meatware' },
    takeoverRequires: ['reference', 'two-links', 'fencing'],
    watchdog: '/dev/watchdog',
  };

  test("is written in heartbeat's own words, the rest in a file that it does not read", () => {
    const { haCf, twinbeatCf } = renderNodeFiles(pair(demanding), 'node1');
    const lines = haCf.split('\n');
    for (const line of [
      'ucast6 eth0 fd00::2',
      'mcast eth1 225.0.0.1 695 2 0',
      'mcast6 eth1 ff02::42 694 1 0',
      'ping 192.168.2.254',
      'ping6 fd00::fe',
      'respawn hacluster /usr/libexec/heartbeat/ipfail',
      'stonith_host node1 meatware node2',
      'watchdog /dev/watchdog',
    ])
      expect(lines).toContain(line);
    expect(twinbeatCf).toMatch(
      /^# Written by Twinbeat for node1\..*\ntakeover_requires reference two_links fencing\n$/,
    );
    const { config, problems } = parseHaCf(haCf, 'ha.cf');
    expect(problems.filter((problem) => problem.severity === 'error')).toEqual([]);
    expect(config).toMatchObject({
      pingNodes: [{ name: '192.168.2.254' }, { name: 'fd00::fe' }],
      respawn: [{ user: 'hacluster', command: '/usr/libexec/heartbeat/ipfail' }],
      watchdog: '/dev/watchdog',
      autoFailback: 'off',
    });
    expect(parseTwinbeatCf(twinbeatCf ?? '', 'twinbeat.cf', config)).toMatchObject({
      problems: [],
      safety: { takeoverRequires: ['reference', 'two-links', 'fencing'] },
    });
  });

  test('nothing demanded: no file; legacy is written as it is', () => {
    const files = renderNodeFiles(pair({ autoFailback: 'legacy' }), 'node2');
    expect(files.twinbeatCf).toBeNull();
    expect(files.haCf).toContain('\nauto_failback legacy\n');
  });

  test.each([
    [{ takeoverRequires: ['reference'] }, /^ha\.takeoverRequires .*ha\.pingNodes/],
    [{ takeoverRequires: ['fencing'] }, /^ha\.takeoverRequires .*ha\.fencing/],
    [
      { takeoverRequires: ['two-links'], links: [{ medium: 'bcast', iface: { node1: 'eth1', node2: 'eth1' } }] },
      /^ha\.takeoverRequires .*ha\.links/,
    ],
    [
      { fencing: { kind: 'plugin', type: 'external/x', parameters: { node1: ['a'] } } },
      /^ha\.fencing\.parameters .*node2/,
    ],
    [{ ipfail: true }, /^ha\.ipfail .*ha\.pingNodes/],
    [{ ipfail: true, pingNodes: ['10.0.0.1'], autoFailback: 'legacy' }, /^ha\.ipfail .*legacy/],
    [{ watchdog: 'watchdog0' }, /^ha\.watchdog .*absolute/],
    [{ pingNodes: ['192.168.2.3'] }, /^ha\.pingNodes\[0\] .*guards/],
    [{ pingNodes: ['10.0.0.1', '192.168.2.2'] }, /^ha\.pingNodes\[1\] .*two nodes/],
    [{ pingNodes: ['not an address'] }, /^ha\.pingNodes\[0\] .*not an address/],
    [{ pingNodes: ['10.0.0.1', '10.0.0.1'] }, /^ha\.pingNodes .*twice/],
    [
      { links: [{ medium: 'mcast', iface: { node1: 'eth1', node2: 'eth1' }, group: '10.0.0.1' }] },
      /^ha\.links\[0\] .*multicast group/,
    ],
    [
      {
        links: [
          { medium: 'ucast', iface: { node1: 'a', node2: 'a' }, address: { node1: '10.0.0.1', node2: 'fd00::2' } },
        ],
      },
      /^ha\.links\[0\] .*IPv6/,
    ],
  ])('%j lacks something, and its field is named', (ha, words) => {
    const gaps = specificationGaps(pair(ha));
    expect(gaps).toHaveLength(1);
    expect(gaps[0]).toMatch(words);
  });
});
