import { expect, test } from 'vitest';
import { PairSpecSchema } from '../../../../electron/common/contract/pair.ts';
import { draftOf, emptyDraft, emptyLink, type PairDraft } from '../../../../renderer/views/connect/draft.ts';
import { problemsOf, type SerialProblem } from '../../../../renderer/views/connect/draftProblems.ts';
import { idFor, serialBudgetOf, specOf } from '../../../../renderer/views/connect/draftSpec.ts';
import { safeSpec, siteSpec } from '../../../support/fakeData.ts';

function good(): PairDraft {
  const draft = emptyDraft();
  Object.assign(draft, {
    name: 'Substation 7',
    writeHa: true,
    haresources: 'scada-a 10.20.7.10 httpd',
    probe: 'http',
    probeAddress: '10.20.7.10',
  });
  Object.assign(draft.nodes[0], { name: 'scada-a', host: '10.20.7.11' });
  Object.assign(draft.nodes[1], { name: 'scada-b', host: '10.20.7.12' });
  return draft;
}

const with_ = (patch: Partial<PairDraft>): PairDraft => ({ ...good(), ...patch });

test('draft: a good one becomes a pair file, and comes back the same', () => {
  const draft = good();
  expect([...problemsOf(draft)]).toEqual([]);
  const spec = specOf(draft, []);
  expect(spec.id).toBe('substation-7');
  expect(specOf(draftOf(spec), [spec.id])).toEqual(spec);
});

test('draft: a pair that is only observed writes nothing, and comes back so', () => {
  const spec = specOf(with_({ writeHa: false, observes: true }), []);
  expect(spec).toMatchObject({ engine: 'heartbeat', ha: null });
  expect(draftOf(spec)).toMatchObject({ observes: true, writeHa: false });
  expect(specOf(draftOf(spec), [spec.id])).toEqual(spec);
  expect(specOf(good(), []).engine).toBe('twinbeat');
});

test('draft: every kind of link survives the way there and back', () => {
  const links = [
    emptyLink('serial'),
    emptyLink('bcast'),
    { ...emptyLink('ucast'), addressA: '10.0.0.1', addressB: '10.0.0.2' },
  ];
  const spec = specOf(with_({ links }), []);
  expect(spec.ha?.links.map((l) => l.medium)).toEqual(['serial', 'bcast', 'ucast']);
  expect(specOf(draftOf(spec), [])).toEqual(spec);
});

test('draft: everything that makes a takeover safe survives the way there and back', () => {
  const spec = safeSpec();
  expect([...problemsOf(draftOf(spec))]).toEqual([]);
  expect(specOf(draftOf(spec), [spec.id])).toEqual(spec);
  for (const fencing of [{ kind: 'meatware' }, { kind: 'rack' }, null] as const) {
    if (spec.ha === null) throw new Error('the example has no ha');
    const other = PairSpecSchema.parse({ ...spec, ha: { ...spec.ha, fencing, takeoverRequires: ['reference'] } });
    expect(specOf(draftOf(other), [spec.id])).toEqual(other);
  }
});

test('draft: parameters of a fencing plugin follow a server that is renamed', () => {
  const draft = draftOf(safeSpec());
  draft.nodes[0].name = 'scada-x';
  draft.haresources = 'scada-x 10.20.7.10 httpd';
  expect(specOf(draft, []).ha?.fencing).toMatchObject({
    parameters: { 'scada-x': ['ip=10.20.9.11', 'username=ha'], 'scada-b': ['ip=10.20.9.12', 'username=ha'] },
  });
});

test('draft: what the rules of the pair file alone refuse is shown where it belongs, or at the end of the form', () => {
  const probed = problemsOf(with_({ links: [emptyLink('serial'), emptyLink('bcast')], probePath: '/' }));
  expect([...probed]).toEqual([]);
  const draft = good();
  // The form has no rule of its own for an identifier.
  draft.id = 'Not An Id';
  expect(problemsOf(draft).get('form')).toMatchObject({ text: expect.stringContaining('id') as unknown });
});

test('draft: a saved pair keeps its trusted keys and its id', () => {
  const site = PairSpecSchema.parse({
    ...siteSpec(),
    nodes: [{ ...siteSpec().nodes[0], hostKeys: ['SHA256:abc'] }, siteSpec().nodes[1]],
  });
  expect(specOf(draftOf(site), [site.id])).toEqual(site);
});

test('draft: an empty form names every field that is needed', () => {
  const fields = [...problemsOf(emptyDraft()).keys()];
  expect(fields).toEqual(['name', 'nodes.0.name', 'nodes.0.host', 'nodes.1.name', 'nodes.1.host']);
});

test.each([
  [{ warntime: '3000' }, 'warntime', 'warnBelowDead'],
  [{ deadtime: '900', warntime: '600' }, 'deadtime', 'deadAboveKeepalive'],
  [{ initdead: '1000' }, 'initdead', 'initdeadAboveDead'],
  [{ keepalive: 'x' }, 'keepalive', 'positive'],
  [{ udpPort: '70000' }, 'udpPort', 'port'],
  [{ links: [] }, 'links', 'links'],
  [{ links: [{ ...emptyLink('serial'), baud: '19201' }] }, 'links.0.baud', 'baud'],
  [{ links: [emptyLink('ucast')] }, 'links.0.addressA', 'address'],
  [{ deadtime: '1000', keepalive: '500', warntime: '700' }, 'deadtime', 'deadAboveKeepalive'],
  [
    { links: [emptyLink('serial'), { ...emptyLink('serial'), a: '/dev/ttyS1', b: '/dev/ttyS1', baud: '9600' }] },
    'links',
    'oneBaud',
  ],
  [{ links: [{ ...emptyLink('ucast'), addressA: '10.0.0.1', addressB: 'fd00::2' }] }, 'links.0.addressB', 'sameFamily'],
  [{ links: [{ ...emptyLink('mcast'), group: '10.0.0.1' }] }, 'links.0.group', 'multicast'],
  [{ links: [{ ...emptyLink('mcast'), ttl: '5' }] }, 'links.0.ttl', 'ttl'],
  [{ pingNodes: '10.20.7.254\n10.20.7.999' }, 'pingNodes', 'host'],
  [{ pingNodes: '10.20.7.11' }, 'pingNodes', 'ownReference'],
  [{ pingNodes: '10.20.7.10' }, 'pingNodes', 'ownReference'],
  [{ pingNodes: '10.20.7.254\n10.20.7.254' }, 'pingNodes', 'twice'],
  [{ ipfail: true }, 'pingNodes', 'referenceNeeded'],
  [{ requires: ['reference'] }, 'pingNodes', 'referenceNeeded'],
  [{ requires: ['two-links'], links: [emptyLink('serial')] }, 'requires', 'twoLinksNeeded'],
  [{ requires: ['fencing'] }, 'fencing', 'fencingNeeded'],
  [{ ipfail: true, pingNodes: '10.20.7.254', failback: 'legacy' }, 'ipfail', 'ipfailLegacy'],
  [{ fencing: 'plugin', fencingType: '' }, 'fencingType', 'required'],
  [{ fencing: 'plugin', fencingA: 'ip=10.0.0.1' }, 'fencingB', 'required'],
  [{ fencing: 'plugin', fencingA: 'password=a b', fencingB: 'x' }, 'fencingA', 'fencingWord'],
  [{ watchdog: 'watchdog' }, 'watchdog', 'devicePath'],
  [{ haresources: 'stranger 10.0.0.1' }, 'haresources', 'haresources'],
  [{ haresources: 'scada-a' }, 'haresources', 'haresources'],
  [{ probeAddress: '10.0.0.300' }, 'probeAddress', 'address'],
  [{ probePeriod: '5' }, 'probePeriod', 'period'],
] as const)('draft: %j is refused at its field', (patch, field, problem) => {
  expect(problemsOf(with_(patch as Partial<PairDraft>)).get(field)).toBe(problem);
});

test('draft: names as uname prints them, and two different servers', () => {
  const draft = good();
  draft.nodes[0].name = 'SCADA A';
  expect(problemsOf(draft).get('nodes.0.name')).toBe('nodeName');
  const same = good();
  Object.assign(same.nodes[1], { name: 'scada-a', host: '10.20.7.11' });
  expect(problemsOf(same).get('nodes.1.name')).toBe('sameName');
  expect(problemsOf(same).get('nodes.1.host')).toBe('sameHost');
});

test('draft: what is switched off is not judged', () => {
  expect(problemsOf(with_({ writeHa: false, probe: 'off', warntime: 'x', probePort: 'x', links: [] })).size).toBe(0);
});

test('ids: readable, free, never the rack, also for Chinese names', () => {
  expect(idFor('Substation 7', [])).toBe('substation-7');
  expect(idFor('Substation 7', ['substation-7', 'substation-7-2'])).toBe('substation-7-3');
  expect(idFor('Rack', [])).toBe('rack-2');
  expect(idFor('变电站', ['pair'])).toBe('pair-2');
});

test('draft: heartbeats that the serial line cannot carry are refused at keepalive, with the numbers', () => {
  const at = (keepalive: string, baud: string): PairDraft =>
    with_({ keepalive, links: [{ ...emptyLink('serial'), baud }, emptyLink('bcast')] });
  const problem = problemsOf(at('100', '9600')).get('keepalive');
  expect(problem).toMatchObject({ key: 'serialFull' });
  const { percent, keepaliveMs } = (problem as SerialProblem).params;
  expect(percent).toBeGreaterThan(100);
  expect(problemsOf(at(String(keepaliveMs), '9600')).has('keepalive')).toBe(false);
  expect(serialBudgetOf(at(String(keepaliveMs), '9600'))?.verdict).toBe('fits');
  // A tight line is said, and may be saved all the same.
  expect(serialBudgetOf(at('200', '19200'))?.verdict).toBe('tight');
  expect([...problemsOf(at('200', '19200'))]).toEqual([]);
});

test('draft: without a serial link, or while a number is missing, nothing is said of the line', () => {
  expect(serialBudgetOf(with_({ links: [emptyLink('bcast')] }))).toBeNull();
  expect(serialBudgetOf(with_({ keepalive: '' }))).toBeNull();
  expect(serialBudgetOf(with_({ links: [{ ...emptyLink('serial'), baud: 'fast' }] }))).toBeNull();
});
