// A session on disk, out as one file and in again: nothing lost, nothing twice, also of a running one and of a cut-off file.
import { Buffer } from 'node:buffer';
import { afterEach, expect, test } from 'vitest';
import { csvCell, recordingTables } from '../../../electron/common/recording/csv.ts';
import type { Recording } from '../../../electron/common/recording/read.ts';
import { readRecording, recordingBytes } from '../../../electron/core/recorder/recordingFile.ts';
import { Tapes } from '../../../electron/core/recorder/tapes.ts';
import type { StoredSession } from '../../../electron/core/store/archive.ts';
import { SessionStore } from '../../../electron/core/store/sessionStore.ts';

const stores: SessionStore[] = [];
afterEach(() => stores.splice(0).forEach((store) => store.close()));

const PAIR = {
  schema: 'twinbeat.pair/1',
  id: 'p',
  name: 'The pair',
  nodes: [
    { name: 'n1', host: 'h1' },
    { name: 'n2', host: 'h2' },
  ],
};

function sample(node: string, tMs: number) {
  const link = { id: 'l', fromPeer: 'up' as const, marginMs: 100, marginMinMs: 90, rttMs: null };
  const state = { status: 'active' as const, peerStatus: 'active' as const, mine: 'all' as const };
  return { tMs, errorMs: 1, node, ...state, heldVips: [], nodeMarginMs: 100, links: [link], latenessMs: 0 };
}

/** Two nodes for `minutes`, one sample a second each, with events before the beginning, gaps and a terminal. */
function recorded(minutes: number): { store: SessionStore; session: StoredSession } {
  const store = new SessionStore(':memory:');
  stores.push(store);
  store.begin({ id: 'session-1', pairId: 'p', pairJson: JSON.stringify(PAIR), host: 'cli', startedWallMs: 1000 });
  for (let s = 0; s < 60 * minutes; s += 1) {
    for (const node of ['n1', 'n2']) store.addSample('session-1', sample(node, s * 1000));
    store.addProbe('session-1', { tMs: s * 1000, ok: s % 7 !== 0, answeredBy: 'n1', latencyMs: 1, error: null });
  }
  const event = {
    seq: 1,
    node: 'n1',
    at: { monotonicMs: 1 },
    wallMs: 1,
    severity: 'info' as const,
    body: { kind: 'log' },
  };
  store.addEvent('session-1', 'j', { index: 0, tMs: -5000, errorMs: 1, event });
  store.addEvent('session-1', 'j', { index: 1, tMs: 60_000, errorMs: 1, event: { ...event, seq: 2 } });
  store.putGap('session-1', { number: 1, source: 'n2', fromMs: 59_000, toMs: 130_000, reason: 'away' });
  let now = 59_999;
  const tapes = new Tapes(store, 'session-1', () => now);
  const tape = tapes.start('n1', 'shell', 80, 24);
  tape.output('a');
  now = 60_000;
  tape.output('b\u001b[0m');
  now = 61_500;
  tape.close();
  const session = store.archive.find('session-1');
  if (session === null) throw new Error('the session is not there');
  return { store, session };
}

async function roundTrip(minutes: number, pointsMax: number | null): Promise<Recording> {
  const { store, session } = recorded(minutes);
  const read = await readRecording(recordingBytes(store, session, { anonymise: false, pointsMax }));
  if (!read.ok) throw new Error(read.detail);
  return read.value;
}

test('everything comes back once and in order, over the borders of the stretches in which it is read', async () => {
  const r = await roundTrip(3, null);
  expect(r.isWhole).toBe(true);
  expect(r.skipped).toBe(0);
  expect(r.head).toMatchObject({ pairName: 'The pair', nodes: ['n1', 'n2'], startedWallMs: 1000, endedWallMs: null });
  expect(r.batch.samples).toHaveLength(360);
  expect(r.batch.samples.map((s) => s.tMs)).toEqual(r.batch.samples.map((s) => s.tMs).sort((a, b) => a - b));
  expect(r.batch.probes).toHaveLength(180);
  expect(r.batch.events.map((e) => e.tMs)).toEqual([-5000, 60_000]);
  expect(r.batch.gaps).toEqual([{ source: 'n2', fromMs: 59_000, toMs: 130_000, reason: 'away' }]);
  expect(r.terminals[0]?.head).toMatchObject({
    number: 1,
    node: 'n1',
    terminal: 'shell',
    tMs: 59_999,
    endedMs: 61_500,
  });
  expect(r.terminals[0]?.casts).toEqual([
    [0, 'o', 'a'],
    [0.001, 'o', 'b\u001b[0m'],
  ]);
  expect([r.fromMs, r.toMs]).toEqual([0, 179_000]);
});

test('thinned, it says so, keeps every failed probe and both ends', async () => {
  const r = await roundTrip(3, 100);
  expect(r.head.thinnedTo).toBe(100);
  expect(r.batch.samples.length).toBeLessThanOrEqual(200);
  expect(r.batch.probes.some((p) => !p.ok)).toBe(true);
  expect(r.isWhole).toBe(true);
});

test('a file that was cut off gives what it has, and is not whole', async () => {
  const { store, session } = recorded(3);
  const pieces: Buffer[] = [];
  for await (const piece of recordingBytes(store, session, { anonymise: false, pointsMax: null })) pieces.push(piece);
  const all = Buffer.concat(pieces);
  async function* cut(): AsyncGenerator<Buffer, void, undefined> {
    yield all.subarray(0, Math.floor(all.length / 2));
  }
  const read = await readRecording(cut());
  expect(read.ok && read.value.isWhole).toBe(false);
  expect(read.ok && read.value.batch.samples.length).toBeGreaterThan(10);
});

test('what is no recording is refused with a sentence', async () => {
  async function* plain(text: string): AsyncGenerator<Buffer, void, undefined> {
    yield Buffer.from(text);
  }
  expect(await readRecording(plain('hello'))).toMatchObject({ ok: false, reason: 'not-a-recording' });
  const { store, session } = recorded(1);
  async function* damaged(): AsyncGenerator<Buffer, void, undefined> {
    for await (const piece of recordingBytes(store, session, { anonymise: false, pointsMax: null })) {
      piece.fill(0xff, 20, 60);
      yield piece;
    }
  }
  expect(await readRecording(damaged())).toMatchObject({ ok: false });
});

test('tables have a row for everything, quote what needs it and run no formula', async () => {
  const tables = recordingTables(await roundTrip(1, null));
  const rows = (path: string): string[] => (tables.find((t) => t.path === path)?.text ?? '').trimEnd().split('\r\n');
  expect(rows('samples.csv')).toHaveLength(121);
  expect(rows('samples.csv')[1]).toBe('0,1970-01-01 00:00:01.000,1,n1,active,active,all,,100,0,');
  expect(rows('gaps.csv')[1]).toBe('59000,130000,1970-01-01 00:01:00.000,1970-01-01 00:02:11.000,n2,away');
  expect(tables.map((t) => t.path)).toContain('terminals/01-n1-shell.cast');
  expect(csvCell('=HYPERLINK("x")')).toBe(`"'=HYPERLINK(""x"")"`);
  expect(csvCell('a,b')).toBe('"a,b"');
  expect(csvCell(-5)).toBe('-5');
  expect(csvCell(null)).toBe('');
});

/** Cells of a file as RFC 4180 has them. */
function parsed(text: string): string[][] {
  const rows: string[][] = [[]];
  const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  while (CELL.lastIndex < text.length) {
    const at = CELL.lastIndex;
    const found = CELL.exec(text);
    if (found === null) throw new Error(`no cell at ${at}: ${JSON.stringify(text.slice(at, at + 40))}`);
    rows.at(-1)?.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    if (found[3] === '\r\n') rows.push([]);
  }
  return rows.slice(0, -1);
}

test('tables of RFC 4180: every row as long as its header, units and clock named, unknown is empty', async () => {
  const tables = recordingTables(await roundTrip(1, null)).filter((t) => t.path.endsWith('.csv'));
  expect(tables).toHaveLength(8);
  for (const { path, text } of tables) {
    expect(text.replaceAll('\r\n', ''), path).not.toMatch(/[\r\n]/);
    const [head = [], ...rows] = parsed(text);
    expect(head.filter((name) => name.endsWith('_ms')).length, path).toBeGreaterThan(0);
    expect(
      head.some((name) => name.endsWith('utc')),
      path,
    ).toBe(true);
    for (const row of rows) expect(row, path).toHaveLength(head.length);
  }
  const [head = [], first = []] = parsed(tables.find((t) => t.path === 'links.csv')?.text ?? '');
  expect(first[head.indexOf('round_trip_ms')]).toBe('');
});

test('a cell of any text comes back as it was, but for the apostrophe before what would be run', () => {
  const texts = ['a,b', 'say "x"', 'two\r\nlines', 'one\nline', ' 空格, ü ', '', '{"a":[1,"b"]}'];
  const row = `${texts.map(csvCell).join(',')}\r\n`;
  expect(parsed(row)).toEqual([texts]);
  for (const run of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1'])
    expect(csvCell(run)).toMatch(/^"?'/);
  expect([csvCell(undefined), csvCell(0), csvCell(0.12345), csvCell(false)]).toEqual(['', '0', '0.123', 'false']);
});

test('the cast of a terminal stays in the folder of the export, whatever its node is called', async () => {
  const r = await roundTrip(1, null);
  const terminals = r.terminals.map((t) => ({ ...t, head: { ...t.head, node: '../../../etc', terminal: 'a/b' } }));
  const paths = recordingTables({ ...r, terminals }).map((t) => t.path);
  expect(paths.at(-1)).toBe('terminals/01-.._.._.._etc-a_b.cast');
});
