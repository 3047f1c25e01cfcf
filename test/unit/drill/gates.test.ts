// Goal: every precondition is a gate with its reason, and a waiver covers its own gate only, by name.
import { describe, expect, test } from 'vitest';
import type { DrillWaiver, GateName } from '../../../electron/common/contract/drill.ts';
import { baselineProblems } from '../../../electron/common/drill/baseline.ts';
import { gateProblems, gateResults, waiverNotes, type GateFacts } from '../../../electron/common/drill/gates.ts';
import { nodeView, pairView } from '../../support/drillRecord.ts';

const PLENTY = { percent: 60, bytes: 50 * 1024 ** 3 };

const CLEAN: GateFacts = {
  view: pairView('a'),
  loadPerCore: 0.3,
  clocks: [
    { node: 'a', errorMs: 2, wallMs: 1_000_000 },
    { node: 'b', errorMs: 2, wallMs: 1_000_010 },
  ],
  disks: [
    { node: 'a', free: PLENTY },
    { node: 'b', free: PLENTY },
  ],
};

const waiver = (gate: GateName): DrillWaiver => ({ gate, by: 'Li Wei', why: 'agreed with the customer' });
const clock = (errorMs: number | null, wallMs: number | null) => [
  { node: 'a', errorMs, wallMs },
  { node: 'b', errorMs: 2, wallMs: 1_000_000 },
];
const disk = (free: GateFacts['disks'][number]['free']) => [{ node: 'b', free }];

function failing(facts: Partial<GateFacts>): [GateName, string][] {
  return gateResults({ ...CLEAN, ...facts }, [])
    .filter((g) => g.result !== 'passed')
    .map((g) => [g.gate, g.result]);
}

describe('gates', () => {
  test('a pair in order passes all eight', () => {
    const gates = gateResults(CLEAN, []);
    expect(gates.map((g) => g.gate)).toEqual([
      'agents',
      'links',
      'holder',
      'client',
      'faults',
      'load',
      'clocks',
      'disk',
    ]);
    expect(gateProblems(gates)).toEqual([]);
  });

  test.each<[string, Partial<GateFacts>, [GateName, string][]]>([
    [
      'a dead link',
      { view: pairView('a', { nodes: [nodeView('a', {}, ['up', 'dead']), nodeView('b')] }) },
      [['links', 'failed']],
    ],
    [
      'no agent',
      { view: pairView('a', { nodes: [nodeView('a'), { ...nodeView('b'), attached: false }] }) },
      [['agents', 'failed']],
    ],
    ['another one answers', { view: pairView('a', { answeredBy: 'b' }) }, [['client', 'failed']]],
    ['overload', { loadPerCore: 2.5 }, [['load', 'failed']]],
    ['a clock that is not measured', { clocks: clock(null, null) }, [['clocks', 'unknown']]],
    ['a clock that is hardly known', { clocks: clock(300, 1_000_000) }, [['clocks', 'failed']]],
    ['clocks apart', { clocks: clock(2, 1_000_060) }, [['clocks', 'failed']]],
    ['clocks apart by less than their error', { clocks: clock(20, 1_000_060) }, []],
    ['a full disk', { disks: disk({ percent: 3, bytes: 100 * 1024 ** 2 }) }, [['disk', 'failed']]],
    ['a large disk, rather full', { disks: disk({ percent: 12, bytes: 200 * 1024 ** 3 }) }, []],
    ['a disk that cannot be read', { disks: disk(null) }, [['disk', 'unknown']]],
  ])('%s', (_name, facts, expected) => expect(failing(facts)).toEqual(expected));

  test('overload keeps no run from its numbers', () => {
    expect(gateProblems(gateResults({ ...CLEAN, loadPerCore: 9 }, []))).toEqual([]);
  });

  test('a waiver covers its own gate, is written with name and reason, and only where it was needed', () => {
    const view = pairView('a', { nodes: [nodeView('a', {}, ['up', 'dead']), nodeView('b')] });
    const facts = { ...CLEAN, view, disks: disk(null) };
    const gates = gateResults(facts, [waiver('links'), waiver('clocks')]);
    expect(gateProblems(gates).map((r) => r.en)).toEqual(['b: how full its disk is could not be read']);
    expect(waiverNotes(gates)).toHaveLength(1);
    expect(waiverNotes(gates)[0]?.en).toMatch(/gate "links" waived by Li Wei \(agreed with the customer\): a: link/);
    expect(baselineProblems(view)).not.toEqual([]);
    expect(baselineProblems({ ...view, waived: ['links'] })).toEqual([]);
  });
});
