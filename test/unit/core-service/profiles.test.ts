// Pair files and settings: atomic, without secrets, errors with file and field. The manual's example is a test.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { PairSpecSchema } from '../../../electron/common/contract/pair.ts';
import { userDirs } from '../../../electron/core/profiles/files.ts';
import { parsePairFile, Profiles, readPairFile } from '../../../electron/core/profiles/profiles.ts';

let dir: string;
let problems: string[];
let profiles: Profiles;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'twinbeat-profiles-'));
  problems = [];
  profiles = new Profiles(dir, (problem) => problems.push(problem));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const manual = readFileSync(join(import.meta.dirname, '../../../docs/pair-file.md'), 'utf8');
const example = /```json\n([\s\S]*?)```/.exec(manual)?.[1] ?? '';

function keysOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {} } = schema as { properties?: object };
  return [...Object.keys(properties), ...Object.values(schema).flatMap(keysOf)];
}

describe('the manual', () => {
  test('its example is a pair file', () => {
    expect(parsePairFile('docs/pair-file.md', example)).toMatchObject({ ok: true });
  });

  test('it names every field of the schema', () => {
    const fields = new Set(keysOf(z.toJSONSchema(PairSpecSchema, { io: 'input' })));
    expect(fields.size).toBeGreaterThan(20);
    for (const field of fields) expect(manual).toMatch(new RegExp(`[\`.]${field}\``));
  });
});

const spec = PairSpecSchema.parse(JSON.parse(example));

describe('profiles', () => {
  test('saved, listed, deleted; readable by nobody else, nothing half-written beside', () => {
    profiles.save(spec);
    profiles.save({ ...spec, name: 'again' });
    expect(profiles.list()).toEqual([{ ...spec, name: 'again' }]);
    expect(readdirSync(join(dir, 'pairs'))).toEqual(['web-cluster.json']);
    expect(statSync(join(dir, 'pairs', 'web-cluster.json')).mode & 0o077).toBe(0);
    profiles.remove('web-cluster');
    profiles.remove('web-cluster');
    expect(profiles.list()).toEqual([]);
  });

  test('an id cannot lead out of the folder', () => {
    const outside = join(dir, 'settings.json');
    writeFileSync(outside, '{}');
    expect(() => profiles.remove('../settings')).toThrow(/not a pair id/);
    expect(existsSync(outside)).toBe(true);
  });

  test('a damaged file is reported and the others still load', () => {
    profiles.save(spec);
    writeFileSync(join(dir, 'pairs', 'broken.json'), '{"schema": "twinbeat.pair/1", "id": "broken"');
    expect(profiles.list()).toHaveLength(1);
    expect(problems[0]).toContain('broken.json');
  });
});

describe('errors', () => {
  test('name file and field', () => {
    const bad = {
      ...spec,
      nodes: [
        { ...spec.nodes[0], port: 0 },
        { ...spec.nodes[1], colour: 'red' },
      ],
    };
    const result = parsePairFile('my.json', JSON.stringify(bad));
    expect(result).toMatchObject({ ok: false, reason: 'bad-pair' });
    if (result.ok) return;
    expect(result.detail).toMatch(/^my\.json: nodes\[0\]\.port: /m);
    expect(result.detail).toMatch(/^my\.json: nodes\[1\]: .*colour/m);
  });

  test('a password in the file is refused', () => {
    const node = { ...spec.nodes[1], auth: { method: 'password', password: 'x' } };
    expect(parsePairFile('my.json', JSON.stringify({ ...spec, nodes: [spec.nodes[0], node] })).ok).toBe(false);
  });

  test('two nodes of one name are no pair', () => {
    const twice = { ...spec, nodes: [spec.nodes[0], { ...spec.nodes[1], name: spec.nodes[0].name }] };
    const result = parsePairFile('my.json', JSON.stringify(twice));
    expect(result.ok ? '' : result.detail).toBe('my.json: nodes[1].name: the two nodes need different names');
  });

  test('times with which no daemon starts are named before anything is deployed', () => {
    const result = parsePairFile('my.json', JSON.stringify({ ...spec, ha: { ...spec.ha, deadtimeMs: 1500 } }));
    expect(result.ok ? '' : result.detail).toMatch(/^my\.json: ha\.deadtimeMs: expected more than twice keepaliveMs/);
  });

  test('no JSON, no file', () => {
    expect(parsePairFile('x', 'hello')).toMatchObject({ ok: false, reason: 'not-json' });
    expect(readPairFile(join(dir, 'none.json'))).toMatchObject({ ok: false, reason: 'unreadable' });
  });
});

test('settings: defaults, saved values, and a damaged file that does no harm', () => {
  expect(profiles.settings().theme).toBe('system');
  profiles.saveSettings({ language: 'zh-CN', theme: 'dark', layout: { a: 1 } });
  expect(profiles.settings()).toEqual({ language: 'zh-CN', theme: 'dark', layout: { a: 1 } });
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'settings.json'), '[');
  expect(profiles.settings().theme).toBe('system');
  expect(problems).toHaveLength(1);
});

test('each platform has its own places', () => {
  const linux = userDirs({ HOME: '/h', XDG_CONFIG_HOME: '/c' }, 'linux');
  expect(linux).toEqual({
    configDir: '/c/twinbeat',
    dataDir: '/h/.local/share/twinbeat',
    cacheDir: '/h/.cache/twinbeat',
  });
  expect(userDirs({ HOME: '/h', APPDATA: '/r', LOCALAPPDATA: '/l' }, 'win32').configDir).toBe(join('/r', 'Twinbeat'));
  expect(userDirs({ HOME: '/h' }, 'darwin').cacheDir).toBe('/h/Library/Caches/Twinbeat');
});
