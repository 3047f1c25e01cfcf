import { expect, test } from 'vitest';
import type { CableId } from '../../../electron/common/contract/rack.ts';
import { filterText, portsUp } from '../../../electron/lab/world/network.ts';
import type { Plug, Side } from '../../../electron/lab/world/network.ts';

const IN: Plug = { aToB: true, bToA: true };
const OUT: Plug = { aToB: false, bToA: false };

function cables(changes: Partial<Record<CableId, Plug>> = {}): Map<CableId, Plug> {
  const all: Record<CableId, Plug> = { 'lan-a': IN, 'lan-b': IN, crossover: IN, serial: IN, ...changes };
  return new Map(Object.entries(all) as [CableId, Plug][]);
}

const rules = (changes: Partial<Record<CableId, Plug>>): string[] =>
  filterText(cables(changes))
    .match(/^ +[io]ifname.*$/gm)
    ?.map((rule) => rule.trim()) ?? [];

test('the packet filter holds one-way cuts only, each at the right port', () => {
  expect(rules({})).toEqual([]);
  expect(rules({ 'lan-a': OUT, crossover: OUT })).toEqual([]);
  // A LAN cable's a is its node, b the switch; a frame from the node enters the bridge at the port.
  expect(rules({ 'lan-a': { aToB: false, bToA: true } })).toEqual(['iifname "lan-a" drop']);
  expect(rules({ 'lan-b': { aToB: true, bToA: false } })).toEqual(['oifname "lan-b" drop']);
  expect(rules({ crossover: { aToB: false, bToA: true } })).toEqual(['iifname "cross-a" drop']);
  expect(rules({ crossover: { aToB: true, bToA: false } })).toEqual(['iifname "cross-b" drop']);
  expect(rules({ serial: { aToB: true, bToA: false } })).toEqual([]);
});

test('the filter replaces its predecessor in one transaction', () => {
  expect(filterText(cables()).startsWith('add table bridge rack\ndelete table bridge rack\ntable bridge rack {')).toBe(
    true,
  );
});

const up = (changes: Partial<Record<CableId, Plug>>, powered: readonly Side[]): Record<string, boolean> =>
  Object.fromEntries(portsUp(cables(changes), new Set(powered)));

test('carriers follow cables and power', () => {
  expect(up({}, ['a', 'b'])).toEqual({ 'lan-a': true, 'cross-a': true, 'lan-b': true, 'cross-b': true });
  expect(up({ 'lan-a': OUT }, ['a', 'b'])).toMatchObject({ 'lan-a': false, 'lan-b': true });
  // A cut in one direction leaves the carrier: that is what makes it hard to find.
  expect(up({ 'lan-a': { aToB: false, bToA: true } }, ['a', 'b'])).toMatchObject({ 'lan-a': true });
  // The other end of a crossover cable is a card without power.
  expect(up({}, ['b'])).toEqual({ 'lan-b': true, 'cross-b': false });
});

test('a setup without a crossover cable has no such ports', () => {
  const lanOnly = new Map<CableId, Plug>([
    ['lan-a', IN],
    ['lan-b', IN],
  ]);
  expect([...portsUp(lanOnly, new Set<Side>(['a', 'b'])).keys()]).toEqual(['lan-a', 'lan-b']);
});
