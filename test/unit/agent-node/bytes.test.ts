// Goal: the bytes that go to the kernel and onto the LAN, and what is made of the bytes that come back.
import { describe, expect, test } from 'vitest';
import { announcementFrames, parseArp, probeFrame } from '../../../agent/node/host/arpFrame.ts';
import {
  addressRequest,
  canonicalAddress,
  errorOf,
  parseAddress,
  parseLink,
  RTM_NEWADDR,
  splitMessages,
} from '../../../agent/node/host/netlinkMessage.ts';
import { SERIAL_MESSAGES_MAX, SerialQueue } from '../../../agent/node/media/serialQueue.ts';
import { broadcastOf, parseRoutes, placeVip } from '../../../agent/node/resources/route.ts';
import { ND_FILTER, parseNeighbour } from '../../../agent/node/host/ndFrame.ts';
import { isRunningText, resolveScript } from '../../../agent/node/resources/scripts.ts';
import { ETH0 } from '../../support/fakeNet.ts';

const MAC = '02:00:00:00:00:01';

describe('ARP', () => {
  test('an announcement is a request and a reply, both for the address itself', () => {
    const frames = announcementFrames('ipv4', '10.0.0.100', MAC) ?? [];
    expect(frames.map((frame) => frame.readUInt16BE(20))).toEqual([1, 2]);
    for (const frame of frames) {
      expect(frame).toHaveLength(42);
      expect(frame.subarray(0, 6)).toEqual(Buffer.alloc(6, 0xff));
      expect(parseArp(frame)).toEqual({ mac: MAC, address: '10.0.0.100', unasked: true });
      expect([...frame.subarray(38, 42)]).toEqual([10, 0, 0, 100]);
    }
  });

  test('a probe claims nothing: its sender address is 0.0.0.0', () => {
    expect(parseArp(probeFrame('ipv4', '10.0.0.100', MAC, null) ?? Buffer.alloc(0))).toEqual({
      mac: MAC,
      address: '0.0.0.0',
      unasked: false,
    });
  });

  test('what is not ARP is not read as ARP', () => {
    expect(parseArp(Buffer.alloc(10))).toBeNull();
    expect(parseArp(Buffer.alloc(60))).toBeNull();
    expect(announcementFrames('ipv4', '10.0.0', MAC)).toBeNull();
  });
});

/** The sum over pseudo header and message, which is all ones when the checksum is right. */
function checksumOf(frame: Buffer): number {
  const message = frame.subarray(54);
  const pseudo = Buffer.concat([frame.subarray(22, 54), Buffer.from([0, 0, 0, message.length, 0, 0, 0, 58])]);
  const bytes = Buffer.concat([pseudo, message]);
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** What a classic BPF program (the three instructions that ours uses) returns for a frame. */
function runFilter(program: Uint8Array, frame: Uint8Array): number {
  const view = Buffer.from(program);
  let loaded = 0;
  for (let i = 0; i < program.length / 8; i++) {
    const k = view.readUInt32LE(i * 8 + 4);
    const code = view.readUInt16LE(i * 8);
    if (code === 0x06) return k;
    if (code === 0x30) loaded = frame[k] ?? 0;
    else i += view.readUInt8(i * 8 + (loaded === k ? 2 : 3));
  }
  throw new Error('the program does not end');
}

describe('neighbour discovery', () => {
  const VIP6 = 'fd00:0:0:0:0:0:0:64';
  const announcement = announcementFrames('ipv6', 'fd00::64', MAC)?.[0] ?? Buffer.alloc(0);
  const question = probeFrame('ipv6', 'fd00::64', MAC, 'fe80::1') ?? Buffer.alloc(0);
  const probe = probeFrame('ipv6', 'fd00::64', MAC, null) ?? Buffer.alloc(0);

  test('checksums verify; the announcement overrides and claims the address', () => {
    for (const frame of [announcement, question, probe]) expect(checksumOf(frame)).toBe(0xffff);
    expect(announcement.readUInt8(54)).toBe(136);
    expect(announcement.readUInt8(58)).toBe(0x20);
    expect(parseNeighbour(announcement)).toEqual({ mac: MAC, address: VIP6, unasked: true });
  });

  test('a question goes to the group of the address and claims its sender only; a probe claims nothing', () => {
    expect([...question.subarray(0, 6)]).toEqual([0x33, 0x33, 0xff, 0, 0, 0x64]);
    expect(parseNeighbour(question)).toEqual({ mac: MAC, address: 'fe80:0:0:0:0:0:0:1', unasked: false });
    expect(probe).toHaveLength(14 + 40 + 24);
    expect(parseNeighbour(probe)).toBeNull();
  });

  test('what came through a router, or is something else, is not read', () => {
    const routed = Buffer.from(announcement);
    routed.writeUInt8(254, 21);
    expect(parseNeighbour(routed)).toBeNull();
    expect(parseNeighbour(announcement.subarray(0, 60))).toBeNull();
    const endless = Buffer.from(announcement);
    endless.writeUInt8(0, 79);
    expect(parseNeighbour(endless)).toEqual({ mac: MAC, address: VIP6, unasked: true });
  });

  test('the packet filter takes solicitations and advertisements, and nothing else', () => {
    for (const frame of [announcement, question, probe]) expect(runFilter(ND_FILTER, frame)).toBeGreaterThan(100);
    const echo = Buffer.from(announcement);
    echo.writeUInt8(128, 54);
    const udp = Buffer.from(announcement);
    udp.writeUInt8(17, 20);
    for (const frame of [echo, udp]) expect(runFilter(ND_FILTER, frame)).toBe(0);
  });
});

describe('rtnetlink', () => {
  const change = {
    family: 'ipv4',
    address: '10.0.0.100',
    prefixBits: 24,
    ifaceIndex: 7,
    broadcast: '10.0.0.255',
    label: 'eth0:0',
  } as const;

  test('a request to add an address reads back as that address', () => {
    const [message] = splitMessages(addressRequest(RTM_NEWADDR, change, 9) ?? new Uint8Array());
    expect(message).toMatchObject({ type: RTM_NEWADDR, seq: 9 });
    const parsed = message === undefined ? null : parseAddress(message);
    expect(parsed).toEqual({
      family: 'ipv4',
      address: '10.0.0.100',
      prefixBits: 24,
      ifaceIndex: 7,
      broadcast: '10.0.0.255',
    });
    expect(addressRequest(RTM_NEWADDR, { ...change, address: '10.0.0.256' }, 1)).toBeNull();
  });

  test('cut and lying messages end the reading, and nothing throws', () => {
    const whole = Buffer.from(addressRequest(RTM_NEWADDR, change, 1) ?? []);
    for (let length = 0; length < whole.length; length++) expect(splitMessages(whole.subarray(0, length))).toEqual([]);
    whole.writeUInt32LE(4, 0);
    expect(splitMessages(whole)).toEqual([]);
    expect(parseLink({ type: 16, seq: 1, payload: new Uint8Array(3) })).toBeNull();
    expect(errorOf({ type: 2, seq: 1, payload: Buffer.from([0xef, 0xff, 0xff, 0xff]) })).toBe(17);
  });

  test('every spelling of an IPv6 address compares equal', () => {
    expect(canonicalAddress('ipv6', 'FD00:0::64')).toBe(canonicalAddress('ipv6', 'fd00:0:0:0:0:0:0:64'));
    expect(canonicalAddress('ipv6', 'nonsense')).toBe('nonsense');
  });
});

describe('where an address goes', () => {
  const vip = {
    address: '10.0.0.100',
    family: 'ipv4',
    prefixBits: null,
    iface: null,
    label: null,
    broadcast: null,
  } as const;
  const own = { family: 'ipv4', address: '10.0.0.1', prefixBits: 24, ifaceIndex: 2, broadcast: '10.0.0.255' } as const;
  const routesText = [
    'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'eth0\t0000000A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
  ].join('\n');

  test('to the network of an own address', () => {
    const placed = placeVip(vip, { interfaces: [ETH0], addresses: [own], routesText: '' });
    expect(placed).toMatchObject({
      ok: true,
      value: { change: { prefixBits: 24, broadcast: '10.0.0.255', ifaceIndex: 2 } },
    });
  });

  test("else by the most specific route; the file's words come first; without either it is refused", () => {
    expect(parseRoutes('ipv4', routesText).map((route) => route.prefixBits)).toEqual([0, 16]);
    const at = { interfaces: [ETH0], addresses: [], routesText };
    expect(placeVip(vip, at)).toMatchObject({ ok: true, value: { change: { prefixBits: 16 } } });
    expect(placeVip({ ...vip, prefixBits: 32 }, at)).toMatchObject({
      ok: true,
      value: { change: { prefixBits: 32, broadcast: null } },
    });
    expect(placeVip({ ...vip, iface: 'eth9' }, at)).toMatchObject({ ok: false, reason: 'no-such-interface' });
    expect(placeVip(vip, { ...at, routesText: '' })).toMatchObject({ ok: false, reason: 'no-route' });
    expect(broadcastOf('192.168.1.77', 26)).toBe('192.168.1.127');
  });
});

test('a slow line: the newest heartbeat only, a few messages, in turns', () => {
  const queue = new SerialQueue();
  const packet = (n: number): Uint8Array => Uint8Array.of(n);
  queue.push(packet(1), 'heartbeat');
  queue.push(packet(2), 'heartbeat');
  for (let i = 0; i < SERIAL_MESSAGES_MAX + 5; i++) queue.push(packet(100 + i), 'message');
  expect(queue.length).toBe(SERIAL_MESSAGES_MAX + 1);
  expect([queue.shift(), queue.shift(), queue.shift()].map((p) => p?.[0])).toEqual([105, 2, 106]);
  queue.clear();
  expect(queue.shift()).toBeNull();
});

test('status is read from the words, as heartbeat does it', () => {
  for (const yes of ['running', 'Service is Running', 'INFO:  Running OK', 'OK']) expect(isRunningText(yes)).toBe(true);
  for (const no of ['', 'stopped', 'not running', 'NOT any more\nrunning OK', 'dead'])
    expect(isRunningText(no)).toBe(false);
});

test('a resource name cannot leave its directories', () => {
  const dirs = { configDir: '/nonexistent', initDir: '/usr/bin', unitDirs: [], runDir: '/nonexistent' };
  expect(resolveScript('env', dirs)).toEqual({ file: '/usr/bin/env', isUnit: false });
  for (const name of ['../bin/env', '/usr/bin/env', '..', 'no-such-script'])
    expect(resolveScript(name, dirs)).toBeNull();
});
