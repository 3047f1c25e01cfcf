// Goal: no two links of a node are called the same. Method: ha.cf lines in, names out.
import { expect, test } from 'vitest';
import { linkLabel, parseHaCf } from '../../../agent/common/config/index.ts';

function labels(...media: string[]): string[] {
  const text = ['keepalive 1', 'deadtime 5', 'warntime 3', 'initdead 10', 'node a', 'node b', ...media, ''].join('\n');
  const { config, problems } = parseHaCf(text, 'ha.cf');
  if (config === null) throw new Error(JSON.stringify(problems));
  return config.links.map((link) => linkLabel(link, config.links));
}

test('a link alone on its interface is its directive and the interface or device', () => {
  expect(labels('bcast eth1', 'ucast eth0 10.0.0.2', 'serial /dev/ttyS0', 'mcast eth0 239.0.0.1 694 1 0')).toEqual([
    'bcast eth1',
    'ucast eth0',
    'serial /dev/ttyS0',
    'mcast eth0',
  ]);
  expect(labels('ucast6 eth1 fd00::2')).toEqual(['ucast6 eth1']);
});

test('links that share medium and interface say to whom they send, then on which port', () => {
  expect(labels('ucast eth1 10.0.0.2', 'ucast6 eth1 fd00::2', 'bcast eth1')).toEqual([
    'ucast eth1 10.0.0.2',
    'ucast6 eth1 fd00::2',
    'bcast eth1',
  ]);
  expect(labels('mcast eth1 239.0.0.1 694 1 0', 'mcast eth1 239.0.0.1 695 1 0')).toEqual([
    'mcast eth1 239.0.0.1 port 694',
    'mcast eth1 239.0.0.1 port 695',
  ]);
});
