// Suites on disk: what another console makes of one whose console lives, died, or ended it.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DrillSuite } from '../../../electron/common/contract/drill.ts';
import { isResumable, SuiteStore, type KeptSuite } from '../../../electron/core/drill/suiteStore.ts';

const NOW_MS = 1_790_000_000_000;
let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'twinbeat-suites-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function kept(over: Partial<DrillSuite> = {}, owner: Partial<KeptSuite['owner']> = {}): KeptSuite {
  const planned = { drill: 'power-loss', from: null, repetition: 1 };
  return {
    suite: {
      schema: 'twinbeat.drill-suite/1',
      suiteId: 'one',
      pairId: 'rack',
      pairName: 'Rack',
      isRack: true,
      state: 'running',
      startedWallMs: NOW_MS - 60_000,
      endedWallMs: null,
      limits: { failoverMs: null, healMs: null },
      soakMs: null,
      waivers: [],
      plan: [planned, { ...planned, repetition: 2 }],
      doneCount: 1,
      runs: [],
      ...over,
    },
    owner: { pid: process.pid, aliveWallMs: NOW_MS - 1000, ...owner },
    open: { planIndex: 1, beganWallMs: NOW_MS - 5000, broken: [{ node: 'a', name: 'power-off' }] },
  };
}

const stateOf = (store: SuiteStore): string | undefined => store.list('rack', NOW_MS)[0]?.suite.state;

test('another console reads it with what was broken', () => {
  new SuiteStore(dir, () => undefined).keep(kept());
  const other = new SuiteStore(dir, () => undefined);
  expect(stateOf(other)).toBe('running');
  expect(other.find('one', NOW_MS)?.open?.broken).toEqual([{ node: 'a', name: 'power-off' }]);
  expect(other.list('another pair', NOW_MS)).toEqual([]);
});

test('a console that no longer writes, or is no longer there, interrupted it', () => {
  const store = new SuiteStore(dir, () => undefined);
  store.keep(kept({}, { aliveWallMs: NOW_MS - 60_000 }));
  expect(stateOf(store)).toBe('interrupted');
  // Above any pid that Linux gives out.
  store.keep(kept({}, { pid: 2 ** 30 }));
  expect(stateOf(store)).toBe('interrupted');
});

test('what was stopped with runs left can be gone on with, and nothing else', () => {
  expect(isResumable(kept({ state: 'aborted' }).suite)).toBe(true);
  expect(isResumable(kept({ state: 'interrupted' }).suite)).toBe(true);
  expect(isResumable(kept({ state: 'interrupted', doneCount: 2 }).suite)).toBe(false);
  expect(isResumable(kept({ state: 'complete' }).suite)).toBe(false);
});

test('the newest hundred are kept', () => {
  const store = new SuiteStore(dir, () => undefined);
  for (let i = 0; i < 103; i += 1) store.keep(kept({ suiteId: `s${i}`, state: 'complete', startedWallMs: NOW_MS + i }));
  store.tidy('rack', NOW_MS);
  expect(readdirSync(dir)).toHaveLength(100);
  expect(store.find('s0', NOW_MS)).toBeNull();
  expect(store.find('s102', NOW_MS)).not.toBeNull();
});
