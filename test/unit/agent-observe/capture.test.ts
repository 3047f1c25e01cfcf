// Goal: a capture takes exactly the pair's own packets, in both directions, and knows which link each travelled on.
// Method: the filter is run by a small interpreter of classic BPF over frames that are built here.
import { describe, expect, test } from 'vitest';
import type { LinkConfig } from '../../../agent/common/config/model.ts';
import { announcementFrames, probeFrame } from '../../../agent/node/host/arpFrame.ts';
import { captureFilter, parseFrame } from '../../../agent/node/observe/heartbeat/frame.ts';
import { linkOf } from '../../../agent/node/observe/heartbeat/linkMatch.ts';
import { reachOf } from '../../../agent/node/observe/heartbeat/reach.ts';
import { addressBytes } from '../../../agent/node/host/netlinkMessage.ts';

const MAC = '02:00:00:00:00:01';
const PACKET_OUTGOING = 4;
const PACKET_HOST = 0;

/** How much of a frame the program lets in. */
function runFilter(program: Uint8Array, frame: Uint8Array, packetType: number): number {
  const code = Buffer.from(program);
  const data = Buffer.from(frame);
  let [a, x] = [0, 0];
  for (let pc = 0; pc * 8 < code.length; pc++) {
    const [op, yes, no, k] = [
      code.readUInt16LE(pc * 8),
      code.readUInt8(pc * 8 + 2),
      code.readUInt8(pc * 8 + 3),
      code.readUInt32LE(pc * 8 + 4),
    ];
    const beyond = (at: number, bytes: number): boolean => k !== 0xffff_f004 && at + bytes > data.length;
    if (op === 0x06) return k;
    if (op === 0x28 && beyond(k, 2)) return 0;
    if (op === 0x28) a = data.readUInt16BE(k);
    else if (op === 0x30 && beyond(k, 1)) return 0;
    else if (op === 0x30) a = k === 0xffff_f004 ? packetType : data.readUInt8(k);
    else if (op === 0xb1) x = (data.readUInt8(k) & 0x0f) * 4;
    else if (op === 0x48 && beyond(x + k, 2)) return 0;
    else if (op === 0x48) a = data.readUInt16BE(x + k);
    else if (op === 0x15) pc += a === k ? yes : no;
    else if (op === 0x45) pc += (a & k) !== 0 ? yes : no;
    else throw new Error(`instruction ${op.toString(16)}`);
  }
  throw new Error('the program has no end');
}

interface Udp {
  readonly from?: string;
  readonly to?: string;
  readonly port?: number;
  readonly payload?: string;
  readonly options?: number;
  readonly fragment?: number;
  readonly protocol?: number;
}

function ipv4Frame({ from = '10.0.0.1', to = '10.0.0.2', port = 694, payload = '>>>', ...rest }: Udp): Buffer {
  const { options = 0, fragment = 0, protocol = 17 } = rest;
  const frame = Buffer.alloc(14 + 20 + options * 4 + 8 + payload.length);
  frame.writeUInt16BE(0x0800, 12);
  frame.writeUInt8(0x45 + options, 14);
  frame.writeUInt16BE(fragment, 20);
  frame.writeUInt8(protocol, 23);
  frame.set(addressBytes('ipv4', from) ?? [], 26);
  frame.set(addressBytes('ipv4', to) ?? [], 30);
  const udp = 34 + options * 4;
  frame.writeUInt16BE(40_000, udp);
  frame.writeUInt16BE(port, udp + 2);
  frame.writeUInt16BE(8 + payload.length, udp + 4);
  frame.write(payload, udp + 8, 'latin1');
  return frame;
}

function ipv6Frame(port: number): Buffer {
  const frame = Buffer.alloc(14 + 40 + 8 + 3);
  frame.writeUInt16BE(0x86dd, 12);
  frame.writeUInt8(17, 20);
  frame.set(addressBytes('ipv6', 'fd00::1') ?? [], 22);
  frame.set(addressBytes('ipv6', 'fd00::2') ?? [], 38);
  frame.writeUInt16BE(port, 56);
  frame.writeUInt16BE(11, 58);
  frame.write('>>>', 62, 'latin1');
  return frame;
}

describe('the filter', () => {
  const program = captureFilter([694, 10_694]);
  const [request, reply] = announcementFrames('ipv4', '10.0.0.9', MAC) ?? [];
  test.each([
    ['a heartbeat that comes in', ipv4Frame({}), PACKET_HOST, true],
    ['a heartbeat that leaves', ipv4Frame({}), PACKET_OUTGOING, true],
    ['the second port', ipv4Frame({ port: 10_694 }), PACKET_HOST, true],
    ['behind IP options', ipv4Frame({ options: 3 }), PACKET_HOST, true],
    ['over IPv6', ipv6Frame(694), PACKET_HOST, true],
    ['another port', ipv4Frame({ port: 53 }), PACKET_HOST, false],
    ['another port over IPv6', ipv6Frame(53), PACKET_HOST, false],
    ['TCP', ipv4Frame({ protocol: 6 }), PACKET_HOST, false],
    ['a later piece of a datagram', ipv4Frame({ fragment: 185 }), PACKET_HOST, false],
    ['the first piece of one', ipv4Frame({ fragment: 0x2000 }), PACKET_HOST, true],
    ['our own ARP', request ?? Buffer.alloc(0), PACKET_OUTGOING, true],
    ['ARP of others', reply ?? Buffer.alloc(0), PACKET_HOST, false],
    ['something else', Buffer.alloc(60), PACKET_HOST, false],
    ['too short', Buffer.alloc(10), PACKET_HOST, false],
  ])('%s', (_what, frame, type, accepted) => {
    expect(runFilter(program, frame, type) > 0).toBe(accepted);
  });
});

describe('frames', () => {
  test('a datagram with where it came by', () => {
    const seen = parseFrame(ipv4Frame({ options: 2, payload: '>>>\nt=status\n' }));
    expect(seen).toMatchObject({ kind: 'datagram', source: '10.0.0.1', destination: '10.0.0.2', port: 694 });
    expect(seen?.kind === 'datagram' && Buffer.from(seen.payload).toString('latin1')).toBe('>>>\nt=status\n');
    expect(parseFrame(ipv6Frame(694))).toMatchObject({ source: 'fd00:0:0:0:0:0:0:1', port: 694 });
  });

  test('announcements are told from questions', () => {
    for (const frame of announcementFrames('ipv4', '10.0.0.9', MAC) ?? []) {
      expect(parseFrame(frame)).toEqual({ kind: 'announcement', address: '10.0.0.9', mac: MAC });
    }
    expect(parseFrame(probeFrame('ipv4', '10.0.0.9', MAC, null) ?? Buffer.alloc(0))).toBeNull();
  });

  test('what is cut off is nothing', () => {
    const whole = ipv4Frame({ payload: '>>>\nt=status\n' });
    for (let bytes = 0; bytes < whole.length; bytes++) expect(parseFrame(whole.subarray(0, bytes))).toBeNull();
  });
});

const LINKS: readonly LinkConfig[] = [
  { medium: 'serial', id: 'serial:/dev/ttyS0', name: '/dev/ttyS0', device: '/dev/ttyS0', baud: 19_200 },
  { medium: 'bcast', id: 'bcast:eth1', name: 'eth1', iface: 'eth1', port: 694 },
  { medium: 'ucast', id: 'ucast:eth1', name: 'eth1', iface: 'eth1', peer: '10.0.0.2', port: 694 },
  { medium: 'ucast', id: 'ucast:eth0', name: 'eth0', iface: 'eth0', peer: '192.168.2.2', port: 694 },
  {
    medium: 'mcast',
    id: 'mcast:eth0',
    name: 'eth0',
    iface: 'eth0',
    group: '225.0.0.1',
    port: 694,
    ttl: 1,
    loop: false,
  },
  { medium: 'ucast', id: 'ucast6', name: 'eth2', iface: 'eth2', peer: 'fd00::2', port: 694 },
];

test.each([
  ['eth1', '10.0.0.2', '10.0.0.1', 'ucast:eth1'],
  ['eth1', '10.0.0.1', '10.0.0.2', 'ucast:eth1'],
  ['eth1', '10.0.0.2', '10.0.0.255', 'bcast:eth1'],
  ['eth0', '192.168.2.2', '225.0.0.1', 'mcast:eth0'],
  ['eth0', '192.168.2.2', '192.168.2.1', 'ucast:eth0'],
  ['eth0', '192.168.2.9', '192.168.2.1', null],
  ['eth0', '192.168.2.2', '225.0.0.2', null],
  ['eth2', 'fd00:0:0:0:0:0:0:2', 'fd00:0:0:0:0:0:0:1', 'ucast6'],
])('on %s from %s to %s: %s', (iface, source, destination, id) => {
  const found = linkOf({ iface, source, destination, port: 694 }, LINKS, new Set(['10.0.0.255']));
  expect(found?.id ?? null).toBe(id);
});

test('a fault of ours stands between the capture and the daemon', () => {
  const bcast = LINKS[1] as LinkConfig;
  const reach = (name: string, link: string | null = null, phase = 'injected'): string =>
    reachOf(bcast, [{ name, link, phase } as never], 'eth0');
  expect(reach('drop-heartbeats-in')).toBe('no');
  expect(reach('drop-heartbeats-in', bcast.id)).toBe('no');
  expect(reach('drop-heartbeats-in', 'another')).toBe('yes');
  expect(reach('drop-heartbeats-in', null, 'reverted')).toBe('yes');
  expect(reach('drop-heartbeats-out')).toBe('yes');
  expect(reach('lose-heartbeats')).toBe('unsure');
  expect(reach('pull-lan')).toBe('yes');
  expect(reachOf(LINKS[3] as LinkConfig, [{ name: 'pull-lan', link: null, phase: 'injected' } as never], 'eth0')).toBe(
    'no',
  );
});
