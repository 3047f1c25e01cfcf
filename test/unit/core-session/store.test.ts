// The record on disk: batched, bounded, and still readable after what may happen to it.
import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SESSIONS_KEPT_MAX, SessionStore } from '../../../electron/core/store/sessionStore.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'twinbeat-store-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const head = (id: string, startedWallMs = 1000) => ({ id, pairId: 'p', pairJson: '{}', host: 'cli', startedWallMs });
const probe = (tMs: number) => ({ tMs, ok: true, answeredBy: 'a', latencyMs: 1.5, error: null });

function event(seq: number, tMs: number) {
  const body = { kind: 'log', text: `number ${seq}` };
  return {
    index: seq - 1,
    tMs,
    errorMs: 0.2,
    event: { seq, node: 'a', at: { monotonicMs: tMs }, wallMs: 5, severity: 'info' as const, body },
  };
}

test('everything comes back as it was put in, sorted by time', () => {
  const store = new SessionStore(join(dir, 'sub', 's.sqlite'));
  store.begin(head('s1'));
  store.addEvent('s1', 'j', event(2, 20));
  store.addEvent('s1', 'j', event(1, 10));
  store.addProbe('s1', probe(15));
  store.putGap('s1', { number: 1, source: 'a', fromMs: 5, toMs: null, reason: 'away' });
  const away = { source: 'a', fromMs: 5, toMs: 9, reason: 'away', said: { code: 'x', params: { n: 1 } } };
  store.putGap('s1', { number: 1, ...away });
  const all = store.range('s1', 0, 100);
  expect(all.events.map((e) => e.event.seq)).toEqual([1, 2]);
  expect(all.events[0]).toEqual(event(1, 10));
  expect(all.probes).toEqual([probe(15)]);
  expect(all.gaps).toEqual([away]);
  expect(store.range('s1', 16, 100).probes).toEqual([]);
  store.close();
});

test('an event that comes twice is stored once', () => {
  const store = new SessionStore(':memory:');
  store.begin(head('s1'));
  store.addEvent('s1', 'j', event(1, 10));
  store.addEvent('s1', 'j', event(1, 10));
  store.addEvent('s1', 'other journal', event(1, 11));
  expect(store.range('s1', 0, 100).events).toHaveLength(2);
  store.close();
});

test('what was flushed survives without a close', () => {
  const file = join(dir, 's.sqlite');
  const store = new SessionStore(file);
  store.begin(head('s1'));
  store.addProbe('s1', probe(1));
  store.flush();
  const other = new SessionStore(file);
  expect(other.range('s1', 0, 10).probes).toHaveLength(1);
  other.close();
  store.close();
});

test('a disk that refuses is said, and the rows are written when it takes them again', () => {
  const file = join(dir, 's.sqlite');
  const said: string[] = [];
  const store = new SessionStore(file, (problem) => said.push(problem));
  store.begin(head('s1'));
  const blocker = new DatabaseSync(file);
  blocker.exec('BEGIN IMMEDIATE');
  store.addProbe('s1', probe(1));
  store.flush();
  expect(store.problem).toMatch(/locked|busy/i);
  store.flush();
  blocker.exec('COMMIT');
  blocker.close();
  store.flush();
  expect(store.problem).toBeNull();
  expect(said).toEqual([expect.stringContaining('not being stored'), expect.stringContaining('stored again')]);
  expect(store.range('s1', 0, 10).probes).toHaveLength(1);
  store.close();
});

test('only the newest sessions of a pair are kept', () => {
  const store = new SessionStore(':memory:');
  for (let i = 0; i < SESSIONS_KEPT_MAX + 3; i += 1) {
    store.begin(head(`s${i}`, 1000 + i));
    store.addProbe(`s${i}`, probe(1));
    store.flush();
  }
  expect(store.range('s0', 0, 10).probes).toHaveLength(0);
  expect(store.range(`s${SESSIONS_KEPT_MAX + 2}`, 0, 10).probes).toHaveLength(1);
  store.close();
});

test('a store of a newer version is refused in words', () => {
  const file = join(dir, 's.sqlite');
  new SessionStore(file).close();
  const db = new DatabaseSync(file);
  db.exec('PRAGMA user_version = 99');
  db.close();
  expect(() => new SessionStore(file)).toThrow(/newer Twinbeat/);
});

test.each([
  ['no database', (file: string) => writeFileSync(file, 'hello\n'.repeat(1000))],
  ['cut off', (file: string) => truncateSync(file, 20_000)],
])('a file that is damaged (%s) is put aside and named, and a new one takes what comes', (_, damage) => {
  const file = join(dir, 'damaged', 's.sqlite');
  const before = new SessionStore(file);
  before.begin(head('old'));
  for (let i = 0; i < 2000; i += 1) before.addProbe('old', probe(i));
  before.close();
  damage(file);
  const said: string[] = [];
  const store = new SessionStore(file, (problem) => said.push(problem));
  expect(said).toHaveLength(1);
  const aside = /the file is now (\S+),/.exec(said[0] ?? '')?.[1] ?? '';
  expect(said[0]).toContain(file);
  expect(existsSync(aside)).toBe(true);
  store.begin(head('new'));
  store.addProbe('new', probe(1));
  store.flush();
  expect(store.archive.list(null).map((session) => session.id)).toEqual(['new']);
  store.close();
});
