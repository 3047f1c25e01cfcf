import { describe, expect, test } from 'vitest';
import { NodeSpecSchema, PairSpecSchema } from '../../../electron/common/contract/pair.ts';
import { parseFacts } from '../../../electron/core/deploy/facts.ts';
import type { Fact } from '../../../electron/core/deploy/facts.ts';
import * as judge from '../../../electron/core/deploy/judge.ts';
import { questionsFor } from '../../../electron/core/deploy/questions.ts';

const spec = NodeSpecSchema.parse({ name: 'node1', host: 'h' });

describe('the report of a node', () => {
  const keys = new Set(['uid', 'name']);
  test('login noise before the header is ignored; after it every line counts', () => {
    expect(parseFacts('Welcome!\nhead 1\nuid\t0\nname\tn 1\nend\nbye\n', 'head 1', keys)).toEqual({
      ok: true,
      value: [
        ['uid', '0'],
        ['name', 'n 1'],
      ],
    });
  });
  test.each([
    '',
    'head 1\nuid\t0\n',
    'uid\t0\nend\n',
    'head 1\nother\t0\nend\n',
    'head 1\nuid\nend\n',
    'head 1\nuid 0\nend\n',
  ])('%j is not believed', (text) => {
    expect(parseFacts(text, 'head 1', keys)).toMatchObject({ ok: false, reason: 'not-understood' });
  });
});

describe('judging', () => {
  test.each([
    ['glibc 2.36', 'ok'],
    ['glibc 2.28', 'ok'],
    ['glibc 2.27', 'failed'],
    ['glibc 3.0', 'ok'],
    ['musl', 'failed'],
    ['unknown', 'unknown'],
  ])('libc %s', (libc, result) => {
    expect(judge.judgeLibc([['libc', libc]]).result).toBe(result);
  });

  test('host name: case does not matter, anything else does', () => {
    expect(judge.judgeHostname([['name', 'NODE1']], spec).result).toBe('ok');
    expect(judge.judgeHostname([['name', 'node1.lan']], spec)).toMatchObject({
      result: 'failed',
      advice: expect.stringContaining('hostnamectl') as string,
    });
  });

  test('a Node is used only when it is new enough and belongs to the system', () => {
    const node = (text: string): Fact[] => [['node', text]];
    expect(judge.systemRuntime(node('22.1.0 /usr/bin/node'))).toBe('/usr/bin/node');
    expect(judge.systemRuntime(node('20.19.0 /usr/bin/node'))).toBeNull();
    expect(judge.systemRuntime(node('24.1.0 /root/.nvm/versions/node/v24/bin/node'))).toBeNull();
    expect(judge.systemRuntime(node('24.1.0 /opt/twinbeat-agent/versions/x/node'))).toBeNull();
    expect(
      judge.systemRuntime([
        ['node', ''],
        ['node', '24.0.0 /usr/local/bin/node'],
      ]),
    ).toBe('/usr/local/bin/node');
    expect(judge.judgeRuntime([], false).result).toBe('failed');
  });

  test('what our own agent holds is free; a getty or another reader is not', () => {
    const serial = (users: string): Fact[] => [['serial', '/dev/ttyS0', 'present', users]];
    expect(judge.judgeSerial(serial('')).result).toBe('ok');
    expect(judge.judgeSerial(serial('twinbeat-agent ')).result).toBe('ok');
    expect(judge.judgeSerial(serial('getty ')).result).toBe('failed');
    expect(judge.judgeSerial(serial('twinbeat-agent minicom ')).found).toBe('/dev/ttyS0 is used by minicom');
    expect(judge.judgePorts([['port', '694', 'twinbeat-agent']]).result).toBe('ok');
    expect(judge.judgePorts([['port', '694', 'heartbeat']]).result).toBe('failed');
    // Where heartbeat is the pair's engine, what it uses is as it should be; a third program is not.
    expect(judge.judgePorts([['port', '694', 'heartbeat']], 'heartbeat').result).toBe('ok');
    expect(judge.judgeSerial(serial('heartbeat '), 'heartbeat').found).toBe('/dev/ttyS0, used by heartbeat');
    expect(judge.judgeSerial(serial('heartbeat minicom '), 'heartbeat').result).toBe('failed');
  });

  test('the address: held here, by the other node, by nobody, by a stranger, or not to be told', () => {
    const vip = (held: string, how: string, answer: string): Fact[] => [['vip', '10.0.0.9', held, 'eth0', how, answer]];
    const peer: Fact[] = [['mac', 'AA:bb:cc:00:11:22']];
    const of = (facts: Fact[], from: Fact[] | null = peer): string => judge.judgeVips(facts, from, 'node2').result;
    expect(of(vip('eth0', 'none', ''))).toBe('ok');
    expect(judge.judgeVips(vip('', 'arping', 'aa:BB:cc:00:11:22'), peer, 'node2').found).toBe(
      '10.0.0.9 is held by node2',
    );
    expect(of(vip('', 'arping', ''))).toBe('ok');
    expect(of(vip('', 'arping', '66:66:66:66:66:66'))).toBe('failed');
    expect(of(vip('', 'arping', '66:66:66:66:66:66'), null)).toBe('unknown');
    expect(of(vip('', 'none', ''))).toBe('unknown');
    expect(of([['vip', '10.0.0.9', '', '', 'none', '']])).toBe('failed');
    expect(of([...vip('', 'arping', ''), ...vip('', 'arping', '66:66:66:66:66:66')])).toBe('failed');
  });

  test('clock: within its error nothing is claimed', () => {
    expect(judge.judgeClock({ offsetMs: 1200, errorMs: 300 }).result).toBe('ok');
    expect(judge.judgeClock({ offsetMs: -2000, errorMs: 30 })).toMatchObject({
      result: 'warning',
      found: '-2000 ms ± 30 ms against this computer',
    });
    expect(judge.judgeClock(null).result).toBe('unknown');
  });

  test('interfaces, engines, disk, system', () => {
    expect(
      judge.judgeInterfaces([
        ['interface', 'eth0', 'up'],
        ['interface', 'eth1', 'missing'],
      ]).result,
    ).toBe('failed');
    expect(judge.judgeInterfaces([['interface', 'eth0', 'down']]).result).toBe('warning');
    expect(judge.judgeOtherEngine([['engine', 'heartbeat']]).advice).toContain('systemctl disable --now heartbeat');
    expect(judge.judgeDisk([['free-kib', '1000']]).result).toBe('failed');
    expect(judge.judgeOs([['kernel', 'FreeBSD 14']]).result).toBe('failed');
    expect(
      judge.judgeOs([
        ['kernel', 'Linux 6'],
        ['missing', 'tar '],
      ]).advice,
    ).toBe('install tar');
    expect(judge.judgePrivilege([['uid', '1000']], { ...spec, user: 'u' }).result).toBe('failed');
  });
});

test('what to look for comes from the pair, or from the files that stay', () => {
  const pair = PairSpecSchema.parse({
    schema: 'twinbeat.pair/1',
    id: 'p',
    name: 'p',
    nodes: [
      { name: 'node1', host: 'a' },
      { name: 'node2', host: 'b' },
    ],
    ha: {
      keepaliveMs: 500,
      warntimeMs: 1000,
      deadtimeMs: 3000,
      initdeadMs: 6000,
      autoFailback: 'off',
      links: [
        { medium: 'serial', device: { node1: '/dev/ttyS0', node2: '/dev/ttyS1' } },
        { medium: 'ucast', iface: { node1: 'eth0', node2: 'eth9' }, address: { node1: '10.0.0.1', node2: '10.0.0.2' } },
      ],
      haresources: ['node1 10.0.0.100 IPaddr2::10.0.0.101/24/eth0 httpd'],
    },
  });
  const nothing = { haCf: null, haresources: null };
  expect(questionsFor(pair, 'node2', nothing)).toEqual({
    interfaces: ['eth9'],
    serialDevices: ['/dev/ttyS1'],
    udpPorts: [694],
    vips: ['10.0.0.100', '10.0.0.101'],
    pingNodes: [],
    stonith: null,
    watchdog: null,
  });
  const safe = PairSpecSchema.parse({
    ...pair,
    ha: { ...pair.ha, pingNodes: ['10.0.0.254'], fencing: { kind: 'rack' }, watchdog: '/dev/watchdog' },
  });
  expect(questionsFor(safe, 'node1', nothing)).toMatchObject({
    pingNodes: ['10.0.0.254'],
    stonith: 'external/twinbeat-rack',
    watchdog: '/dev/watchdog',
  });
  const kept = { ...pair, ha: null };
  expect(questionsFor(kept, 'node1', nothing).interfaces).toEqual([]);
  const files = {
    haCf: 'udpport 700\nbcast eth3\nserial /dev/ttyS2\nping_group net 10.0.0.1 10.0.0.2\nstonith_host node2 meatware node1\nstonith_host node1 external/x a\nnode node1 node2\n',
    haresources: 'node1 10.0.0.50\n',
  };
  expect(questionsFor(kept, 'node1', files)).toEqual({
    interfaces: ['eth3'],
    serialDevices: ['/dev/ttyS2'],
    udpPorts: [700],
    vips: ['10.0.0.50'],
    pingNodes: ['10.0.0.1', '10.0.0.2'],
    stonith: 'external/x',
    watchdog: null,
  });
});
