// Goal: what a pair asks of its serial line is known before it is deployed, in numbers that the real packets bear out.
import { describe, expect, test } from 'vitest';
import { instant } from '../../../agent/common/base/instant.ts';
import type { Keyring } from '../../../agent/common/base/keyring.ts';
import { parseHaCf } from '../../../agent/common/config/haCf.ts';
import { encodeText } from '../../../agent/common/wire/codec.ts';
import { PairSpecSchema } from '../../../electron/common/contract/pair.ts';
import { serialShare, serialUse, serialUseOfFile } from '../../../electron/common/setup/serialBudget.ts';
import type { SerialUse } from '../../../electron/common/setup/serialBudget.ts';
import { Harness, testConfig } from '../../support/engineHarness.ts';
import { safeSpec } from '../../support/fakeData.ts';

const USE: SerialUse = {
  nodes: ['node1', 'node2'],
  keepaliveMs: 1000,
  baud: 19_200,
  linkNames: ['/dev/ttyS0', 'eth1'],
  pingNodes: 0,
  method: 'sha1',
};

const shareOf = (change: Partial<SerialUse>): number => serialShare({ ...USE, ...change }).share;

describe('the arithmetic', () => {
  test('ten bits a byte: twice the rate or twice the keepalive is half the share', () => {
    expect(shareOf({ baud: 38_400 })).toBeCloseTo(shareOf({}) / 2);
    // The echoes carry the keepalive in milliseconds: one digit more or less.
    expect(shareOf({ keepaliveMs: 2000 }) / (shareOf({}) / 2)).toBeCloseTo(1, 1);
  });

  test('long names and digests, more links: more bytes', () => {
    const plain = shareOf({});
    expect(shareOf({ nodes: ['ha1.bogus.sh.cn', 'ha2.bogus.sh.cn'] })).toBeGreaterThan(plain);
    expect(shareOf({ method: 'sha256' })).toBeGreaterThan(plain);
    expect(shareOf({ linkNames: [...USE.linkNames, 'eth2'] })).toBeGreaterThan(plain);
  });

  test('above half the line is tight, above all of it impossible; the keepalive that is named leaves half', () => {
    expect(serialShare(USE).verdict).toBe('fits');
    const tight = serialShare({ ...USE, keepaliveMs: 200 });
    expect(tight.verdict).toBe('tight');
    expect(serialShare({ ...USE, baud: 9600, keepaliveMs: 200 }).verdict).toBe('impossible');
    expect(shareOf({ keepaliveMs: tight.keepaliveMinMs })).toBeLessThanOrEqual(0.5);
    expect(shareOf({ keepaliveMs: tight.keepaliveMinMs - 10 })).toBeGreaterThan(0.5);
  });
});

test('the estimate is the size of what the engine really sends, and room for months of running', () => {
  const links = [
    { id: 'serial', name: '/dev/ttyS0' },
    { id: 'bcast', name: 'eth1' },
  ];
  const ring: Keyring = { signIndex: 1, keys: new Map([[1, { method: 'sha1', secret: 'SecretKey' }]]) };
  const h = new Harness(testConfig({ links }));
  h.step({ kind: 'start' });
  const beat = { st: 'active', dt: '1388', protocol: '1', tbv: '1' };
  for (const name of ['/dev/ttyS0', 'eth1']) {
    const id = name === 'eth1' ? 'bcast' : 'serial';
    h.hear('status', { ...beat, tbl: name, tbt: '86400000.125', tbe: '' }, id);
  }
  h.run(1000);
  const status = h.sentOf('status').at(-1);
  expect(h.engine.snapshot(instant(h.nowMs)).links.map((link) => link.name)).toContain('eth1');
  const sent = encodeText(status ?? { fields: [] }, ring).length;
  const { beatBytes } = serialShare(USE);
  // Stamps, load and sequence numbers of a node that has run for months are longer than those of this one.
  expect(beatBytes).toBeGreaterThan(sent);
  expect(beatBytes).toBeLessThan(sent * 1.35);
});

describe('whose line', () => {
  test('of a pair file: the slowest serial link counts, and names as the nodes have them', () => {
    const spec = PairSpecSchema.parse(safeSpec());
    if (spec.ha === null) throw new Error('the example writes its files');
    const use = serialUse(spec.ha, ['a', 'b']);
    expect(use?.baud).toBe(115_200);
    expect(use?.linkNames).toHaveLength(spec.ha.links.length);
    const network = spec.ha.links.filter((link) => link.medium !== 'serial');
    expect(serialUse({ ...spec.ha, links: network }, ['a', 'b'])).toBeNull();
  });

  test('of a file that stays on the node', () => {
    const { config } = parseHaCf('baud 9600\nserial /dev/ttyS0\nkeepalive 200ms\ndeadtime 2\nnode a b\n', 'ha.cf');
    if (config === null) throw new Error('a good file');
    const use = serialUseOfFile(config, 'sha1');
    expect(use).toMatchObject({ baud: 9600, keepaliveMs: 200, nodes: ['a', 'b'], linkNames: ['/dev/ttyS0'] });
    expect(use !== null && serialShare(use).verdict).toBe('impossible');
  });
});
