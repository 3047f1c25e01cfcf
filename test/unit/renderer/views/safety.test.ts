import i18next from 'i18next';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { KeyRotationProgress } from '../../../../electron/common/contract/console.ts';
import { ROTATION_STEPS, stepState } from '../../../../renderer/lib/rotation.ts';
import { en } from '../../../../renderer/locales/en.ts';
import type { T } from '../../../../renderer/locales/index.ts';
import { layoutPicture, pictureHeightMin } from '../../../../renderer/views/rack/geometry.ts';
import { referenceHosts } from '../../../../renderer/views/rack/pictureModel.ts';
import { type Row, safetySections } from '../../../../renderer/views/safety/safetyModel.ts';
import { FakeConsole } from '../../../support/fakeConsole.ts';

let t: T;
let fake: FakeConsole;

beforeAll(async () => {
  t = await i18next.createInstance().init({ lng: 'en', resources: { en: { translation: en } } });
});

function pair(): FakeConsole {
  fake = new FakeConsole();
  fake.warmUp(20_000);
  return fake;
}

afterEach(() => fake.close());

const rowOf = (console_: FakeConsole, section: string, key: string): Row => {
  const row = safetySections(console_.pairState(), t)
    .find((s) => s.key === section)
    ?.rows.find((r) => r.key === key);
  if (row === undefined) throw new Error(`no row ${section}/${key}`);
  return row;
};

test('safety: what a node does not report freshly is unknown in every row, never well', () => {
  const console_ = pair();
  console_.blindToB = true;
  const cells = safetySections(console_.pairState(), t).flatMap((s) => s.rows.map((r) => r.cells[1].state));
  expect(new Set(cells)).toEqual(new Set(['unknown']));
});

test('safety: fingerprints that differ are red on both sides and said in words', () => {
  const console_ = pair();
  expect(rowOf(console_, 'keys', 'fingerprint')).toMatchObject({ note: en.safety.same });
  console_.pair.report('node2', { keys: { index: 2, method: 'sha256', fingerprint: '77c0', accepted: 1 } });
  const row = rowOf(console_, 'keys', 'fingerprint');
  expect(row.cells.map((c) => c.state)).toEqual(['dead', 'dead']);
  expect(row.note).toBe(en.safety.differs);
  expect(rowOf(console_, 'keys', 'signing').cells[1].text).toBe('key 2, sha256');
});

test('safety: protection is on, off or not possible, with the reason; what is not reported is unknown', () => {
  const console_ = pair();
  console_.pair.report('node1', {
    protection: [
      { what: 'watchdog', state: 'unavailable', detail: '/dev/watchdog: no such device' },
      { what: 'oom', state: 'on', detail: '' },
      { what: 'swap', state: 'off', detail: 'not asked for' },
    ],
  });
  const of = (what: string): Row['cells'][number] => rowOf(console_, 'protection', what).cells[0];
  expect(of('watchdog')).toMatchObject({ state: 'late', detail: '/dev/watchdog: no such device' });
  expect(of('oom').state).toBe('up');
  expect(of('swap').state).toBe('plain');
  expect(of('realtime').state).toBe('unknown');
});

test('safety: of an observed daemon its sources are shown, and what is its own affair is unknown, never well', () => {
  const console_ = pair();
  expect(safetySections(console_.pairState(), t).map((s) => s.key)).not.toContain('observed');
  console_.pair.report('node1', {
    protection: [],
    observed: {
      state: 'frozen',
      pid: 110,
      version: '3.0.6',
      sources: [
        { what: 'log', works: true, detail: '/var/log/ha-log' },
        { what: 'capture', works: false, detail: 'no raw packets' },
      ],
    },
  });
  expect(rowOf(console_, 'observed', 'daemon').cells[0]).toEqual({ state: 'dead', text: '3.0.6 frozen' });
  expect(rowOf(console_, 'observed', 'log').cells[0]).toMatchObject({ state: 'up', detail: '/var/log/ha-log' });
  expect(rowOf(console_, 'observed', 'capture').cells[0]).toMatchObject({ state: 'late', detail: 'no raw packets' });
  expect(rowOf(console_, 'observed', 'daemon').cells[1].state).toBe('plain');
  expect(rowOf(console_, 'protection', 'watchdog').cells[0]).toEqual({ state: 'unknown', text: en.observe.notOurs });
  expect(rowOf(console_, 'takeover', 'requires').cells[0].text).toBe(en.observe.noConditions);
});

test('safety: nobody asked for a second holder is not the same as none was seen', () => {
  const console_ = pair();
  expect(rowOf(console_, 'takeover', 'second').cells[0]).toMatchObject({ state: 'up' });
  const vips = (console_.pairState().nodes[0].status?.vips ?? []).map((vip) => ({ ...vip, probedAgoMs: null }));
  console_.pair.report('node1', { vips });
  expect(rowOf(console_, 'takeover', 'second').cells[0]).toMatchObject({ state: 'unknown' });
});

test('safety: both ends of each direction, and a cut of one of them as a sentence', () => {
  const console_ = pair();
  console_.pair.cables.set('crossover', { aToB: false, bToA: true, noisePpm: 0 });
  for (let i = 1; i <= 60; i++) console_.pair.advance(console_.pair.nowMs + 100);
  const cut = rowOf(console_, 'links', 'bcast:eth1 0');
  expect(cut.cells.map((c) => c.state)).toEqual(['dead', 'dead']);
  expect(cut.note).toBe('one way: node2 does not hear node1');
  expect(rowOf(console_, 'links', 'bcast:eth1 1')).not.toHaveProperty('note');
});

test('references: what each node sees; one that is not heard knows nothing', () => {
  const console_ = pair();
  console_.pair.report('node1', { pingNodes: [{ name: 'gw', status: 'up', silenceMs: 200 }] });
  console_.pair.report('node2', { pingNodes: [{ name: 'gw', status: 'dead', silenceMs: 9000 }] });
  const seen = (): string[] => referenceHosts(console_.pairState()).flatMap((h) => h.seen.map((s) => s.status));
  expect(seen()).toEqual(['up', 'dead']);
  console_.blindToB = true;
  expect(seen()).toEqual(['up', 'unknown']);
});

test('picture: references stand between the servers above the links, at every size', () => {
  for (const size of [
    { width: 100, height: 100 },
    { width: 512, height: 392 },
    { width: 768, height: 560 },
  ]) {
    const { references, links, servers, height } = layoutPicture(size, 2, 3);
    const ys = [...references.flatMap((r) => [r.titleY, r.lineY]), ...links.flatMap((l) => [l.titleY, l.bToAY])];
    expect(ys).toEqual([...ys].sort((a, b) => a - b));
    expect(ys[0]).toBeGreaterThan(servers[0].y);
    expect(ys.at(-1)).toBeLessThan(servers[0].y + servers[0].height);
    expect(height).toBeGreaterThanOrEqual(pictureHeightMin(2, 3));
  }
});

test('rotation: a step is done when both nodes did it; the next one is then in work, or is where it failed', () => {
  const item = (step: KeyRotationProgress['step'], node: string | null): KeyRotationProgress => ({
    step,
    failure: null,
    node,
    detail: '',
  });
  const states = (phase: 'idle' | 'running' | 'failed' | 'done', items: KeyRotationProgress[]): string =>
    ROTATION_STEPS.map((step) => stepState(step, { phase, items })).join(' ');
  expect(states('idle', [])).toBe('waiting waiting waiting waiting');
  const checked = [item('check', null)];
  expect(states('running', checked)).toBe('running waiting waiting waiting');
  const half = [...checked, item('learn', 'node1')];
  expect(states('running', half)).toBe('done running waiting waiting');
  const both = [...half, item('learn', 'node2')];
  expect(states('running', both)).toBe('done done running waiting');
  expect(states('failed', both)).toBe('done done failed waiting');
  expect(states('done', both)).toBe('done done done done');
});
