import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SetupIdSchema } from '../../../electron/common/contract/rack.ts';
import { demandGaps } from '../../../electron/common/setup/gaps.ts';
import { addressOf, haOfRack, haWithTiming, loadSetup, pairSpecOf } from '../../../electron/lab/setup.ts';

const APP = join(import.meta.dirname, '..', '..', '..');

function network(cidr: string): string {
  return addressOf(cidr).split('.').slice(0, 3).join('.');
}

describe.each(SetupIdSchema.options)('setup %s', (id) => {
  const setup = loadSetup(APP, id);
  const names = setup.nodes.map(({ name }) => name);

  test('its service address, gateway and client are in the LAN and nobody else’s', () => {
    const addresses = [...setup.nodes.map(({ lan }) => lan), setup.gateway, setup.client, `${setup.vip}/24`];
    expect(new Set(addresses.map(network)).size).toBe(1);
    expect(new Set(addresses.map(addressOf)).size).toBe(addresses.length);
  });

  test('every link is between its two nodes and has its cable', () => {
    for (const link of setup.ha.links) {
      const ends = link.medium === 'serial' ? link.device : link.iface;
      expect(Object.keys(ends).sort()).toEqual([...names].sort());
      if (link.medium === 'serial') {
        expect(setup.baud).toBe(link.baud);
        expect(setup.nodes.map(({ serial }) => serial)).toEqual(names.map((name) => link.device[name]));
      } else if (Object.values(link.iface).includes('eth1')) {
        expect(setup.nodes.every(({ crossover }) => crossover !== null)).toBe(true);
      }
      // The trap of S1's source: an address that is neither node's.
      if (link.medium === 'ucast') {
        expect(names.map((name) => link.address[name])).toEqual(setup.nodes.map(({ lan }) => addressOf(lan)));
      }
    }
  });

  test('its resource line names a node, its address and its service', () => {
    const [holder, address, service] = setup.ha.haresources[0]?.split(' ') ?? [];
    expect(names).toContain(holder);
    expect(address).toContain(setup.vip);
    expect(service).toBe(setup.service);
  });

  test('its timing is one that the daemon accepts', () => {
    const { keepaliveMs, warntimeMs, deadtimeMs, initdeadMs } = setup.ha;
    expect(keepaliveMs * 2).toBeLessThanOrEqual(deadtimeMs);
    expect(warntimeMs).toBeLessThan(deadtimeMs);
    expect(initdeadMs).toBeGreaterThanOrEqual(2 * deadtimeMs);
  });

  test('it becomes a valid pair', () => {
    const nodes = setup.nodes.map(({ name, lan, crossover, serial }, i) => ({
      name,
      power: 'on' as const,
      ssh: { host: '127.0.0.1', port: 40_000 + i, user: 'root' },
      lanAddress: addressOf(lan),
      crossoverAddress: crossover,
      serialDevice: serial,
      bootCount: 1,
      powerRevertsInMs: null,
    }));
    const pair = pairSpecOf(setup, setup.ha, nodes, '/key', { [names[0] ?? '']: ['SHA256:x'] });
    expect(pair.id).toBe('rack');
    expect(pair.nodes.map(({ name, port }) => [name, port])).toEqual([
      [names[0], 40_000],
      [names[1], 40_001],
    ]);
    expect(pair.nodes[0].hostKeys).toEqual(['SHA256:x']);
    expect(pair.probe).toMatchObject({ address: setup.vip, kind: 'http' });
  });
});

describe('timing overrides', () => {
  const { ha } = loadSetup(APP, 's5');

  test('none: the sheet', () => {
    expect(haWithTiming(ha, {})).toEqual(ha);
    expect(ha).toMatchObject({ keepaliveMs: 1000, deadtimeMs: 5000, initdeadMs: 30_000 });
  });

  test('a shorter deadtime takes warntime and initdead along', () => {
    expect(haWithTiming(ha, { keepaliveMs: 100, deadtimeMs: 500 })).toMatchObject({
      keepaliveMs: 100,
      warntimeMs: 250,
      deadtimeMs: 500,
      initdeadMs: 1000,
    });
  });

  test('what is given is taken as given', () => {
    const over = { keepaliveMs: 200, warntimeMs: 600, deadtimeMs: 2000, initdeadMs: 4000 };
    expect(haWithTiming(ha, over)).toMatchObject(over);
  });
});

describe('safety to try without hardware', () => {
  const setup = loadSetup(APP, 's5');

  test('none asked for: the sheet', () => {
    expect(haOfRack(setup, {})).toEqual(setup.ha);
  });

  test('everything: the gateway answers for the network, the power switch for the silent node', () => {
    const ha = haOfRack(setup, { reference: true, ipfail: true, fencing: true, twoLinks: true });
    expect(ha).toMatchObject({
      pingNodes: ['192.168.2.254'],
      ipfail: true,
      fencing: { kind: 'rack' },
      takeoverRequires: ['reference', 'two-links', 'fencing'],
    });
    expect(demandGaps(ha)).toEqual([]);
  });

  test('two links of a setup with one: said, not started', () => {
    expect(demandGaps(haOfRack(loadSetup(APP, 's1'), { twoLinks: true }))).toEqual([
      'ha.takeoverRequires demands two links, and ha.links has only one.',
    ]);
  });
});
