// Goal: a ping node is alive only by an answer that our own request, signed and recent, has caused; one answer a request,
// whoever of a group gives it; trouble of our own is said, trouble of the network is the ping node's.
// Method: a network in memory that the test bends; the real raw socket against this host's own loopback addresses.
import { beforeEach, describe, expect, test } from 'vitest';
import { fail, ok, type Result } from '../../../agent/common/base/result.ts';
import { decodePacket, encodeText } from '../../../agent/common/wire/codec.ts';
import { fieldText, text } from '../../../agent/common/wire/message.ts';
import { openLibc } from '../../../agent/node/host/libc.ts';
import { Pinger, type EchoReply, type PingNode, type PingPort } from '../../../agent/node/media/ping.ts';
import { echoRequest, internetChecksum, openPingPort, parseEchoReply } from '../../../agent/node/media/pingSocket.ts';
import { HandTimers } from '../../support/handTimers.ts';
import { missing } from '../../support/needs.ts';

const KEYRING = { signIndex: 1, keys: new Map([[1, { method: 'sha1', secret: 'right' } as const]]) };
const DEADPING_MS = 3000;

/** Hosts that answer at once, unless the test says otherwise. */
class Network {
  readonly sent: { readonly address: string; readonly sequence: number; readonly payload: Uint8Array }[] = [];
  readonly silent = new Set<string>();
  openFailure: Result<PingPort, string> | null = null;
  sendFailure: string | null = null;
  opened = 0;
  /** What comes back instead of the payload. */
  answer: (payload: Uint8Array) => Uint8Array = (payload) => payload;
  /** Delivered by the next look, whoever is looked at. */
  readonly forged: EchoReply[] = [];

  open(address: string): Result<PingPort, string> {
    if (this.openFailure !== null) return this.openFailure;
    this.opened += 1;
    const waiting: EchoReply[] = [];
    return ok({
      send: (sequence, payload) => {
        if (this.sendFailure !== null) return fail(this.sendFailure, 'told to fail');
        this.sent.push({ address, sequence, payload });
        if (!this.silent.has(address)) waiting.push({ sequence, payload: this.answer(payload) });
        return ok(null);
      },
      replies: () => [...this.forged.splice(0), ...waiting.splice(0)],
      close: () => undefined,
    });
  }
}

let timers: HandTimers;
let network: Network;
let heard: string[];
let problems: string[];

beforeEach(() => {
  timers = new HandTimers();
  network = new Network();
  [heard, problems] = [[], []];
});

async function pingerOf(...nodes: PingNode[]): Promise<Pinger> {
  const pinger = new Pinger(nodes, {
    timers,
    deadpingMs: DEADPING_MS,
    now: timers.now,
    wallSeconds: () => 0x1234,
    keyring: () => KEYRING,
    openPort: (address) => network.open(address),
    reply: (node) => heard.push(node),
    problem: (code, over) => problems.push(`${code} ${over ? 'over' : 'begins'}`),
  });
  await pinger.start();
  return pinger;
}

const GATEWAY: PingNode = { name: '10.0.0.254', members: ['10.0.0.254'] };
const GROUP: PingNode = { name: 'routers', members: ['10.0.0.252', '10.0.0.253', 'fd00::1'] };

describe('the pinger', () => {
  test("sends the real daemon's message, signed, to every member", async () => {
    const pinger = await pingerOf(GATEWAY, GROUP);
    pinger.beat();
    expect(network.sent.map(({ address }) => address)).toEqual([...GATEWAY.members, ...GROUP.members]);
    const fields = network.sent.map(({ payload }) => {
      const decoded = decodePacket(payload, KEYRING);
      if (!decoded.ok) throw new Error(decoded.detail);
      return ['t', 'st', 'info', 'src', 'ts'].map((name) => fieldText(decoded.value.message, name)).join(' ');
    });
    expect(fields[0]).toBe('NS_st ping ping 10.0.0.254 1234');
    expect(fields[1]).toBe('NS_st ping ping_group routers 1234');
    pinger.close();
  });

  test('one answer a request and node; a group lives by any member', async () => {
    const pinger = await pingerOf(GATEWAY, GROUP);
    pinger.beat();
    await timers.advance(1000);
    expect(heard).toEqual(['10.0.0.254', 'routers']);
    network.silent.add('10.0.0.254').add('10.0.0.252').add('10.0.0.253');
    pinger.beat();
    await timers.advance(1000);
    expect(heard).toEqual(['10.0.0.254', 'routers', 'routers']);
    network.silent.add('fd00::1');
    pinger.beat();
    await timers.advance(1000);
    expect(heard.length).toBe(3);
    pinger.close();
  });

  test('nobody is believed who did not see the request', async () => {
    const pinger = await pingerOf(GATEWAY);
    network.silent.add('10.0.0.254');
    const wrong = { signIndex: 1, keys: new Map([[1, { method: 'sha1', secret: 'wrong' } as const]]) };
    const message = (src: string, t = 'NS_st') => ({ fields: [text('t', t), text('st', 'ping'), text('src', src)] });
    pinger.beat();
    const sequence = network.sent[0]?.sequence ?? -1;
    network.forged.push(
      { sequence, payload: encodeText(message('10.0.0.254'), wrong) },
      { sequence, payload: encodeText(message('10.0.0.1'), KEYRING) },
      { sequence, payload: encodeText(message('10.0.0.254', 'status'), KEYRING) },
      { sequence: sequence + 1, payload: encodeText(message('10.0.0.254'), KEYRING) },
      { sequence, payload: new Uint8Array(0) },
    );
    await timers.advance(1000);
    expect(heard).toEqual([]);
    // The answer itself, held back: fresh it counts, as a recording of the last deadping it does not.
    const recorded = { sequence, payload: network.sent[0]?.payload ?? new Uint8Array(0) };
    network.forged.push(recorded);
    pinger.beat();
    await timers.advance(10);
    expect(heard).toEqual(['10.0.0.254']);
    await timers.advance(DEADPING_MS);
    network.forged.push(recorded, recorded);
    pinger.beat();
    await timers.advance(1000);
    expect(heard).toEqual(['10.0.0.254']);
    pinger.close();
  });

  test('a network that refuses is tried anew with a new socket; a host that forbids it is a problem', async () => {
    const pinger = await pingerOf(GATEWAY);
    network.sendFailure = 'ENETUNREACH';
    pinger.beat();
    network.sendFailure = null;
    pinger.beat();
    await timers.advance(10);
    expect(heard).toEqual(['10.0.0.254']);
    expect(network.opened).toBe(2);
    expect(problems).toEqual([]);
    network.sendFailure = 'EINVAL';
    pinger.beat();
    [network.sendFailure, network.openFailure] = [null, fail('EPERM', 'no raw socket')];
    pinger.beat();
    pinger.beat();
    network.openFailure = null;
    pinger.beat();
    expect(problems).toEqual(['ping-unavailable begins', 'ping-unavailable over']);
    pinger.close();
  });

  test('a name that does not resolve is said; the others are pinged', async () => {
    const pinger = await pingerOf({ name: 'gw', members: ['name.invalid', '10.0.0.1'] });
    expect(problems).toEqual(['ping-unresolved begins']);
    pinger.beat();
    await timers.advance(10);
    expect(heard).toEqual(['gw']);
    pinger.close();
    pinger.beat();
    await timers.advance(1000);
    expect(heard).toEqual(['gw']);
  });
});

describe('ICMP', () => {
  test('checksum and form of a request', () => {
    // RFC 1071's own example.
    expect(internetChecksum(Uint8Array.from([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]))).toBe(0x220d);
    const request = echoRequest('ipv4', 0xabcd, 7, Buffer.from('odd'));
    expect([request[0], request[1], request.length]).toEqual([8, 0, 11]);
    expect(internetChecksum(request)).toBe(0);
    expect(echoRequest('ipv6', 1, 1, Buffer.from('x'))[0]).toBe(128);
  });

  test('only whole echo replies to our id are replies', () => {
    const header = Buffer.alloc(20);
    header[0] = 0x45;
    const reply = Buffer.from(echoRequest('ipv4', 5, 9, Buffer.from('payload')));
    reply[0] = 0;
    const packet = Buffer.concat([header, reply]);
    expect(parseEchoReply('ipv4', packet, 5)).toEqual({ sequence: 9, payload: Buffer.from('payload') });
    expect(parseEchoReply('ipv4', packet, 6)).toBeNull();
    for (let bytes = 0; bytes < 28; bytes++) expect(parseEchoReply('ipv4', packet.subarray(0, bytes), 5)).toBeNull();
    reply[0] = 3;
    expect(parseEchoReply('ipv4', Buffer.concat([header, reply]), 5)).toBeNull();
  });

  test.skipIf(missing('linux', 'root') !== null)(
    'the raw socket hears this host, and its own replies only',
    async () => {
      const libc = openLibc();
      if (!libc.ok) throw new Error(libc.detail);
      const payload = Buffer.alloc(300, 'p');
      for (const address of ['127.0.0.1', '::1']) {
        const port = openPingPort(libc.value, address, 0x7b7b);
        const other = openPingPort(libc.value, address, 0x7b7c);
        if (!port.ok || !other.ok) throw new Error('no port');
        expect(port.value.send(3, payload).ok).toBe(true);
        expect(other.value.send(4, payload).ok).toBe(true);
        const replies: EchoReply[] = [];
        await expect.poll(() => replies.push(...port.value.replies()), { timeout: 5000 }).toBe(1);
        expect(replies).toEqual([{ sequence: 3, payload }]);
        port.value.close();
        other.value.close();
      }
      expect(openPingPort(null, '127.0.0.1', 1)).toMatchObject({ ok: false, reason: 'unavailable' });
      expect(openPingPort(libc.value, 'fe80::1%nosuch', 1)).toMatchObject({ ok: false });
    },
  );
});
