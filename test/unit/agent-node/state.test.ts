// Goal: generation and journal numbers never go back, whatever was cut off, and a damaged file is no reason not to start.
// Method: real files in a directory of the test's own.
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Journal, readJournal } from '../../../agent/node/journal/journal.ts';
import { fileRecord } from '../../../agent/node/resources/record.ts';
import { takeIdentity } from '../../../agent/node/state/identity.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'twinbeat-state-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const places = (over: object = {}) => ({
  stateDir: join(dir, 'state'),
  runDir: join(dir, 'run'),
  method: 'file' as const,
  wallSeconds: 1_700_000_000,
  ...over,
});

describe('identity', () => {
  test("the generation grows by one at each start, in heartbeat's own file format; the uuid stays", () => {
    const first = takeIdentity(places());
    const second = takeIdentity(places({ wallSeconds: 1_700_000_900 }));
    expect(first.generation).toBe(1_700_000_001);
    expect(second.generation).toBe(first.generation + 1);
    expect(second.uuid).toEqual(first.uuid);
    expect(readFileSync(join(dir, 'state/hb_generation'), 'latin1')).toBe('     1700000002\n');
    expect(first.problem).toBeNull();
  });

  test('a damaged file: the second place, else the wall clock', () => {
    const first = takeIdentity(places());
    writeFileSync(join(dir, 'state/hb_generation'), 'garbage');
    expect(takeIdentity(places()).generation).toBe(first.generation + 1);
    rmSync(dir, { recursive: true });
    expect(takeIdentity(places({ wallSeconds: 1_800_000_000 })).generation).toBe(1_800_000_001);
  });

  test('a place that cannot be written: still larger than before, and said', () => {
    const first = takeIdentity(places());
    // A directory in the file's place refuses every write.
    rmSync(join(dir, 'state'), { recursive: true });
    mkdirSync(join(dir, 'state/hb_generation'), { recursive: true });
    const second = takeIdentity(places());
    expect(second.generation).toBeGreaterThan(first.generation);
    expect(second.problem?.code).toBe('state-not-writable');
    expect(takeIdentity(places()).generation).toBeGreaterThan(second.generation);
  });
});

describe('journal', () => {
  const host = (bootId = 'boot-1') => ({ bootId, now: () => ({ monotonicMs: 1 }), wallMs: () => 2 });
  const open = (bootId?: string) => new Journal(dir, 'n1', host(bootId));
  const say = (journal: Journal, text: string) => journal.append({ severity: 'info', body: { kind: 'log', text } });

  test('numbers go on after a kill in the same boot, and after a clean end in another', () => {
    const first = open();
    say(first, 'a');
    say(first, 'b');
    const second = open();
    expect(second.journalId).toBe(first.journalId);
    expect(say(second, 'c').seq).toBe(3);
    expect(second.read(1, 10).map((event) => event.seq)).toEqual([1, 2, 3]);
    second.close();
    expect(say(open('boot-2'), 'd').seq).toBe(4);
  });

  test('after a power cut no number is used again, although the last events did not reach the disk', () => {
    const first = open();
    for (let i = 0; i < 5; i++) say(first, `e${i}`);
    const [segment = ''] = readdirSync(join(dir, 'journal')).filter((name) => name.endsWith('.ndjson'));
    const file = join(dir, 'journal', segment);
    const kept = readFileSync(file, 'utf8').split('\n').slice(0, 2).join('\n');
    writeFileSync(file, `${kept}\n{"seq":3,"no`);
    const next = say(open('boot-2'), 'later');
    expect(next.seq).toBeGreaterThan(5);
    expect(readJournal(dir)?.map((event) => event.seq)).toEqual([1, 2, next.seq]);
  });

  test('a directory without a journal is not an empty journal', () => {
    expect(readJournal(dir)).toBeNull();
    open();
    expect(readJournal(dir)).toEqual([]);
  });

  test('bounded on disk and in memory; reading starts at the oldest that is left', () => {
    const journal = open();
    for (let i = 0; i < 12_500; i++) say(journal, 'x');
    expect(readdirSync(join(dir, 'journal')).filter((name) => name.endsWith('.ndjson')).length).toBeLessThanOrEqual(10);
    const [oldest] = journal.read(1, 1);
    expect(oldest?.seq).toBeGreaterThan(1);
    expect(journal.read(12_500, 10)).toHaveLength(1);
    expect(journal.read(12_501, 10)).toEqual([]);
  });

  test('a disk that refuses costs the copy on disk only, and is reported until it takes events again', () => {
    const journal = open();
    say(journal, 'a');
    rmSync(join(dir, 'journal'), { recursive: true });
    writeFileSync(join(dir, 'journal'), 'in the way');
    const heard: number[] = [];
    journal.onEvent((event) => heard.push(event.seq));
    say(journal, 'b');
    expect(heard).toEqual([2]);
    expect(journal.problem?.code).toBe('state-not-writable');
    rmSync(join(dir, 'journal'));
    mkdirSync(join(dir, 'journal'));
    journal.probe();
    expect(journal.problem).toBeNull();
    expect(journal.read(1, 10)).toHaveLength(2);
  });
});

test('the record of started groups is the union of its places', () => {
  const files = [join(dir, 'one'), join(dir, 'missing/two')];
  const record = fileRecord(files);
  expect(record.load()).toEqual([]);
  expect(record.save(['g1'])).toBe(true);
  appendFileSync(join(dir, 'one'), 'g2\n');
  expect(fileRecord(files).load()).toEqual(['g1', 'g2']);
  expect(fileRecord([join(dir, 'missing/two')]).save(['g'])).toBe(false);
});
