import { spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { startRack } from '../../../electron/lab/index.ts';
import type { RackHandle } from '../../../electron/lab/index.ts';
import { missing } from '../../support/needs.ts';
import { names, on, until } from '../../support/rackTools.ts';

vi.setConfig({ testTimeout: 60_000 });

const IN = { aToB: true, bToA: true };
const OUT = { aToB: false, bToA: false };

describe.skipIf(missing('linux', 'namespaces', 'iproute') !== null)('network cables', () => {
  let rack: RackHandle;
  let a: string;
  let b: string;

  beforeAll(async () => {
    rack = await startRack({ name: 'cables' });
    [a, b] = names(rack);
  });
  afterAll(() => rack.down());
  afterEach(async () => {
    for (const { id } of rack.state().cables) await rack.cable(id, IN);
  });

  const carrier = (node: string, card: string) => on(rack, node, `cat /sys/class/net/${card}/carrier`);
  const cableOf = (id: string) => rack.state().cables.find((cable) => cable.id === id)!;

  /** Packets that arrive at `node` on UDP port 4000 while `from` sends 20 of them to `address`. */
  async function datagrams(from: string, node: string, address: string): Promise<number> {
    const listen = `
      const socket = require('dgram').createSocket('udp4');
      let n = 0;
      socket.on('message', () => n++).bind(4000, () => console.log('up'));
      setTimeout(() => { console.log(n); process.exit(); }, 1200);`;
    const send = `
      const socket = require('dgram').createSocket('udp4');
      let n = 0;
      const timer = setInterval(() => { socket.send('x', 4000, '${address}'); if (++n === 20) { clearInterval(timer); setTimeout(() => socket.close(), 100); } }, 10);`;
    const program = rack.spawnOn(node, [process.execPath, '-e', listen]);
    let last = '';
    for await (const line of program.lines) {
      if (line === 'up') void rack.runOn(from, [process.execPath, '-e', send]);
      last = line;
    }
    return Number(last);
  }

  test('a pulled LAN cable is a lost carrier, for its node only, until it is plugged', async () => {
    await rack.cable('lan-a', OUT);
    expect(await carrier(a, 'eth0')).toBe('0');
    expect(await carrier(b, 'eth0')).toBe('1');
    expect(await carrier(a, 'eth1')).toBe('1');
    expect(await on(rack, a, 'ip -br addr show eth0')).toContain('192.168.2.1');
    expect((await rack.runOn('client', ['ping', '-c', '1', '-W', '1', '192.168.2.1'])).status).not.toBe(0);
    expect((await rack.runOn('client', ['ping', '-c', '1', '-W', '1', '192.168.2.2'])).status).toBe(0);
    await rack.cable('lan-a', IN);
    expect(await carrier(a, 'eth0')).toBe('1');
    await until(
      'it answers again',
      async () => (await rack.runOn('client', ['ping', '-c', '1', '-W', '1', '192.168.2.1'])).status === 0,
    );
  });

  test('a pulled crossover cable is dark on both sides, and the LAN does not care', async () => {
    await rack.cable('crossover', OUT);
    expect([await carrier(a, 'eth1'), await carrier(b, 'eth1')]).toEqual(['0', '0']);
    expect(await on(rack, a, 'ping -c 1 -W 1 192.168.2.2 >/dev/null; echo $?')).toBe('0');
    await rack.cable('crossover', IN);
    expect([await carrier(a, 'eth1'), await carrier(b, 'eth1')]).toEqual(['1', '1']);
  });

  test.skipIf(missing('nft') !== null)(
    'one direction alone: carrier stays, packets go only the other way',
    async () => {
      // Neighbours known beforehand: a unicast needs both directions to find out.
      await on(rack, a, 'ping -c 1 -W 1 10.0.0.2 >/dev/null');
      await rack.cable('crossover', { aToB: false, bToA: true });
      expect([await carrier(a, 'eth1'), await carrier(b, 'eth1')]).toEqual(['1', '1']);
      expect(await datagrams(a, b, '10.0.0.2')).toBe(0);
      expect(await datagrams(b, a, '10.0.0.1')).toBe(20);
      await rack.cable('crossover', { aToB: true, bToA: false });
      expect(await datagrams(a, b, '10.0.0.2')).toBe(20);
      expect(await datagrams(b, a, '10.0.0.1')).toBe(0);
    },
  );

  test.skipIf(missing('nft') !== null)('one direction of a LAN cable: node to switch, or switch to node', async () => {
    await on(rack, a, 'ping -c 1 -W 1 192.168.2.2 >/dev/null');
    await rack.cable('lan-b', { aToB: false, bToA: true });
    expect(await datagrams(a, b, '192.168.2.2')).toBe(20);
    expect(await datagrams(b, a, '192.168.2.1')).toBe(0);
    await rack.cable('lan-b', { aToB: true, bToA: false });
    expect(await datagrams(a, b, '192.168.2.2')).toBe(0);
    expect(await datagrams(b, a, '192.168.2.1')).toBe(20);
  });

  test('a cut that ends by itself, and one that is taken back before', async () => {
    await rack.cable('lan-b', { ...OUT, revertAfterMs: 800 });
    expect(cableOf('lan-b')).toMatchObject({ aToB: false, bToA: false });
    expect(cableOf('lan-b').revertsInMs).toBeGreaterThan(0);
    await until('the cable is in again', () => cableOf('lan-b').aToB);
    expect(await carrier(b, 'eth0')).toBe('1');
    await rack.cable('lan-b', { ...OUT, revertAfterMs: 60_000 });
    await rack.cable('lan-b', IN);
    expect(cableOf('lan-b')).toMatchObject({ aToB: true, bToA: true, revertsInMs: null });
  });

  test('a cable that was pulled stays pulled over a power cycle', async () => {
    await rack.cable('lan-b', OUT);
    await rack.power(b, 'off');
    await rack.power(b, 'on');
    expect(await carrier(b, 'eth0')).toBe('0');
    // The management network is no cable of the rack.
    expect(rack.state().nodes[1]?.power).toBe('on');
  });

  test('what cannot be is refused in words', async () => {
    await expect(rack.cable('lan-a', { ...IN, noisePpm: 5 })).rejects.toThrow(/only the serial cable/);
  });

  test('nothing of this shows on the machine outside', () => {
    const links = spawnSync('ip', ['-o', 'link'], { encoding: 'utf8' }).stdout;
    expect(links).not.toMatch(/lan-a|cross-a/);
  });
});
