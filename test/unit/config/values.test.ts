import { describe, expect, test } from 'vitest';
import {
  formatDuration,
  isHost,
  isInterfaceName,
  isIpv4,
  isIpv6,
  parseDurationMs,
  parseVip,
  prefixBitsOfMask,
} from '../../../agent/common/config/index.ts';

test.each([
  ['2', 2000],
  ['0.5', 500],
  ['.25', 250],
  ['1.', 1000],
  ['500ms', 500],
  ['500 MS', 500],
  ['750msec', 750],
  ['1500us', 2],
  ['1499usec', 1],
  ['0', 0],
])('duration %j is %i ms', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test.each(['', '2s', '2x', '-1', '1e3', 'ms', '1.2.3', '0x10', '9999999999', 'Infinity', '2 m s'])(
  'duration %j is none',
  (text) => {
    expect(parseDurationMs(text)).toBeNull();
  },
);

test('durations print as ha.cf takes them', () => {
  for (const ms of [100, 500, 1000, 1500, 30_000]) expect(parseDurationMs(formatDuration(ms))).toBe(ms);
  expect(formatDuration(2000)).toBe('2');
  expect(formatDuration(2500)).toBe('2500ms');
});

describe('addresses', () => {
  test.each(['0.0.0.0', '192.168.2.3', '255.255.255.255'])('%s is IPv4', (text) => expect(isIpv4(text)).toBe(true));
  test.each(['1.2.3', '256.1.1.1', '01.2.3.4', '1.2.3.4.5', '1.2.3.4 ', 'a.b.c.d', ''])('%j is not IPv4', (text) =>
    expect(isIpv4(text)).toBe(false),
  );
  test.each(['::', '::1', 'fd00::10', '1:2:3:4:5:6:7:8', '::ffff:10.0.0.1', 'fe80::', '1::8', '1:2:3:4:5:6:1.2.3.4'])(
    '%s is IPv6',
    (text) => expect(isIpv6(text)).toBe(true),
  );
  test.each([
    '',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1::2::3',
    '12345::',
    'fd00::1%eth0',
    '1:2:3:4:5:6:7:8:9',
    '10.0.0.1',
    '1.2.3.4::',
    '1:2:3:4::5:6:7:8',
    ':1:2:3:4:5:6:7',
  ])('%j is not IPv6', (text) => expect(isIpv6(text)).toBe(false));

  test('masks', () => {
    expect(prefixBitsOfMask('255.255.255.0')).toBe(24);
    expect(prefixBitsOfMask('0.0.0.0')).toBe(0);
    expect(prefixBitsOfMask('255.255.255.255')).toBe(32);
    expect(prefixBitsOfMask('255.0.255.0')).toBeNull();
  });

  test('interfaces and hosts', () => {
    expect(isInterfaceName('enp0s31f6')).toBe(true);
    for (const bad of ['', 'eth0:1', 'a/b', 'a;b', '\u4e2d', 'sixteencharacters', '..'])
      expect(isInterfaceName(bad)).toBe(false);
    expect(isHost('node-2.example.com')).toBe(true);
    for (const bad of ['', '-a', '10.0.0', '300.1.1.1', 'a b']) expect(isHost(bad)).toBe(false);
  });
});

describe('the argument of IPaddr', () => {
  const NOTHING = { family: 'ipv4', prefixBits: null, iface: null, label: null, broadcast: null } as const;

  test.each([
    ['10.0.0.9', { ...NOTHING, address: '10.0.0.9' }],
    ['10.0.0.9/24', { ...NOTHING, address: '10.0.0.9', prefixBits: 24 }],
    ['10.0.0.9/255.255.0.0', { ...NOTHING, address: '10.0.0.9', prefixBits: 16 }],
    ['10.0.0.9/24/eth0', { ...NOTHING, address: '10.0.0.9', prefixBits: 24, iface: 'eth0' }],
    ['10.0.0.9/24/eth0:0', { ...NOTHING, address: '10.0.0.9', prefixBits: 24, iface: 'eth0', label: 'eth0:0' }],
    ['10.0.0.9/24/10.0.0.255', { ...NOTHING, address: '10.0.0.9', prefixBits: 24, broadcast: '10.0.0.255' }],
    [
      '10.0.0.9/24/eth0:vip/10.0.0.255',
      {
        ...NOTHING,
        address: '10.0.0.9',
        prefixBits: 24,
        iface: 'eth0',
        label: 'eth0:vip',
        broadcast: '10.0.0.255',
      },
    ],
    ['10.0.0.9//eth0', { ...NOTHING, address: '10.0.0.9', iface: 'eth0' }],
    ['fd00::10/64/eth0', { ...NOTHING, address: 'fd00::10', family: 'ipv6', prefixBits: 64, iface: 'eth0' }],
  ])('%s', (argument, expected) => {
    expect(parseVip(argument)).toEqual({ ok: true, value: expected });
  });

  test.each([
    ['', 'bad-address', 0],
    ['10.0.0', 'bad-address', 0],
    ['10.0.0.9/33', 'bad-mask', 9],
    ['10.0.0.9/255.0.255.0', 'bad-mask', 9],
    ['fd00::10/129', 'bad-mask', 9],
    ['fd00::10/255.255.0.0', 'bad-mask', 9],
    ['10.0.0.9/24/eth0:', 'bad-interface', 12],
    ['10.0.0.9/24/averylonginterface', 'bad-interface', 12],
    ['10.0.0.9/24/eth0/nine', 'bad-broadcast', 17],
    ['10.0.0.9/24/10.0.0.999', 'bad-broadcast', 12],
    ['10.0.0.9/24/10.0.0.255/10.0.0.255', 'bad-broadcast', 23],
    ['10.0.0.9/24/eth0/10.0.0.255/x', 'bad-broadcast', 28],
  ])('%j is refused at its wrong part', (argument, reason, offset) => {
    expect(parseVip(argument)).toMatchObject({ ok: false, reason, offset });
  });
});
