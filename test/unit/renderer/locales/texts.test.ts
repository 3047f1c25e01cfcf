import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import i18next from 'i18next';
import { expect, test } from 'vitest';
import type { EventBody } from '../../../../agent/common/timeline/event.ts';
import { eventText, isLandmark } from '../../../../renderer/lib/eventText.ts';
import { en } from '../../../../renderer/locales/en.ts';
import { zhCN } from '../../../../renderer/locales/zh-CN.ts';
import type { T } from '../../../../renderer/locales/index.ts';

/** Paths and texts of a table of messages. */
function flat(table: object, prefix = ''): [string, string][] {
  return Object.entries(table).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'string'
      ? [[`${prefix}${key}`, value] as [string, string]]
      : flat(value as object, `${prefix}${key}.`),
  );
}

const placeholders = (text: string): string[] => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1] ?? '').sort();

test('texts: both languages have the same keys and the same placeholders', () => {
  const chinese = new Map(flat(zhCN));
  expect([...chinese.keys()].sort()).toEqual(
    flat(en)
      .map(([key]) => key)
      .sort(),
  );
  for (const [key, text] of flat(en))
    expect([key, placeholders(chinese.get(key) ?? '')]).toEqual([key, placeholders(text)]);
});

test('texts: none is empty, and Chinese is Chinese but for names and words of the trade', () => {
  for (const [key, text] of [...flat(en), ...flat(zhCN)]) expect([key, text.trim()]).not.toEqual([key, '']);
  const latin = flat(zhCN)
    .filter(([, text]) => !/[\u4e00-\u9fff]/.test(text))
    .map(([key]) => key);
  const english = new Map(flat(en));
  // The same text in both languages is either a name, a placeholder, or forgotten.
  const same = latin.filter((key) => english.get(key) === new Map(flat(zhCN)).get(key));
  expect(same).toEqual([
    'app.name',
    'picture.vip',
    'picture.healthShort.unknown',
    'node.ssh.ready',
    'monitor.warntime',
    'monitor.deadtime',
    'monitor.status',
    'monitor.vip',
    'monitor.series',
    'distribution.p99',
    'events.text.resourceBegin',
    'events.text.other',
    'connect.sudoMode.sudo',
    'connect.failback',
    'safety.direction',
    'said.inItsWords',
    'said.dots',
    'said.lines',
  ]);
});

const ROOM = fileURLToPath(new URL('../../../../renderer', import.meta.url));

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

test('texts: no component has a text of its own', () => {
  const own = sources(ROOM)
    .filter((file) => file.endsWith('.tsx'))
    .flatMap((file) => {
      const text = readFileSync(file, 'utf8');
      const between = [...text.matchAll(/<[A-Za-z][^<>]*>\s*([A-Za-z][A-Za-z ,.']{2,})\s*<\//g)].map((m) => m[1]);
      const attributes = [...text.matchAll(/(?:aria-label|title|placeholder|alt)="([A-Za-z][^"]*)"/g)].map((m) => m[1]);
      return [...between, ...attributes].map((found) => `${path.basename(file)}: ${found ?? ''}`);
    });
  expect(own).toEqual([]);
});

test('texts: every key is used by somebody', () => {
  const code = sources(ROOM)
    .filter((file) => !file.includes('/locales/'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  // A key may be put together from parts; then its fixed beginning is what the code holds.
  const isUsed = (key: string): boolean => {
    const plain = key.replace(/_(one|other)$/, '');
    if (code.includes(`'${plain}'`)) return true;
    const parts = plain.split('.');
    return (
      parts.some((_, i) => i > 0 && code.includes(`\`${parts.slice(0, i).join('.')}.\${`)) ||
      code.includes(
        `\`${plain.replace(/(Begin|Done|Failed|Released|Both|Nobody|Armed|Injected|Reverted|Added|Removed|Announced|Conflict|From|To)$/, '')}\${`,
      ) ||
      /\.(titleNew|titleAlgorithm|titleChanged|titleRevoked|textNew|textAlgorithm|textChanged|textRevoked|stateOff|stateBooting|stateOn|vipConflictOver)$/.test(
        plain,
      )
    );
  };
  expect(
    flat(en)
      .map(([key]) => key)
      .filter((key) => !isUsed(key)),
  ).toEqual([]);
});

const BODIES: readonly EventBody[] = [
  { kind: 'local-status', status: 'active' },
  { kind: 'peer-status', peer: 'node2', status: 'dead' },
  { kind: 'link', link: 'eth1', direction: 'from-peer', state: 'late' },
  { kind: 'link', link: 'eth1', direction: 'to-peer', state: 'dead' },
  { kind: 'late-heartbeat', peer: 'node2', intervalMs: 1600, limitMs: 1500 },
  { kind: 'peer-restarted', peer: 'node2', generation: 4 },
  { kind: 'partition-healed', peer: 'node2', silentMs: 4000 },
  { kind: 'packets-lost', peer: 'node2', count: 3 },
  { kind: 'takeover', phase: 'begin', from: 'node2', cause: 'peer-dead' },
  { kind: 'takeover', phase: 'done', from: 'node2', cause: 'peer-dead' },
  { kind: 'takeover', phase: 'failed', from: 'node2', cause: 'operator' },
  { kind: 'standby', phase: 'timed-out', set: 'all', detail: 'no answer' },
  { kind: 'holdings', mine: 'all', theirs: 'none', stable: false },
  { kind: 'ownership-alarm', alarm: 'both', set: 'local' },
  { kind: 'ownership-alarm', alarm: 'nobody', set: 'foreign' },
  { kind: 'resource', group: 'g', resource: 'httpd', action: 'start', phase: 'begin' },
  { kind: 'resource', group: 'g', resource: 'httpd', action: 'stop', phase: 'done', tookMs: 40 },
  { kind: 'resource', group: 'g', resource: 'httpd', action: 'status', phase: 'failed', detail: 'exit 1' },
  ...(['added', 'removed', 'announced', 'conflict', 'conflict-over'] as const).map((change): EventBody => ({
    kind: 'vip',
    address: '10.0.0.9',
    change,
    iface: 'eth0',
    mac: '02:00:00:00:00:01',
  })),
  ...(['begin', 'released', 'done'] as const).map((phase): EventBody => ({ kind: 'shutdown', phase })),
  { kind: 'restart', reason: 'stalled' },
  { kind: 'problem', code: 'disk-full', over: false, detail: 'disk is full' },
  { kind: 'problem', code: 'disk-full', over: true, detail: 'disk has room' },
  ...(['armed', 'injected', 'reverted', 'failed'] as const).map((phase): EventBody => ({
    kind: 'fault',
    phase,
    faultId: 'f',
    name: 'pull-lan',
    detail: 'd',
  })),
  { kind: 'ping-node', node: '10.0.0.254', status: 'up' },
  { kind: 'ping-node', node: '10.0.0.254', status: 'dead' },
  ...(['asked', 'compared', 'give-up-scheduled', 'give-up-cancelled', 'gave-up'] as const).map((step): EventBody => ({
    kind: 'ipfail',
    step,
    own: 0,
    peers: step === 'asked' ? null : 1,
    detail: '',
  })),
  ...(['begin', 'waiting-operator', 'done', 'failed', 'not-needed', 'not-configured'] as const).map(
    (phase): EventBody => ({ kind: 'fencing', phase, node: 'node2', detail: 'meatware' }),
  ),
  { kind: 'takeover-hold', over: false, from: 'node2', reasons: ['fencing'], detail: '' },
  { kind: 'takeover-hold', over: false, from: 'node2', reasons: ['reference-silent', 'one-link'], detail: '' },
  { kind: 'takeover-hold', over: false, from: 'node2', reasons: ['fencing-failed', 'key-mismatch'], detail: '' },
  { kind: 'takeover-hold', over: true, from: 'node2', reasons: [], detail: 'confirmed' },
  { kind: 'key-mismatch', peer: 'node2', over: false },
  { kind: 'key-mismatch', peer: 'node2', over: true },
  ...(['asked', 'heard', 'done', 'failed'] as const).map((phase): EventBody => ({
    kind: 'let-go',
    phase,
    address: '10.0.0.9',
    detail: '',
  })),
  { kind: 'keys', ok: true, signing: '2 sha256 0f1e2d3c4b5a', detail: '' },
  { kind: 'keys', ok: false, signing: '1 sha1 a1b2c3d4e5f6', detail: 'line 2: no such method' },
  { kind: 'log', text: 'hello' },
];

const asEvent = (body: EventBody): Parameters<typeof eventText>[0] => ({
  seq: 1,
  node: 'node1',
  at: { monotonicMs: 0 },
  wallMs: 0,
  severity: 'info',
  body: { ...body },
});

test.each(['en', 'zh-CN'] as const)(
  'events: every kind is a sentence in %s, with nothing left open',
  async (language) => {
    const instance = i18next.createInstance();
    const resources = { en: { translation: en }, 'zh-CN': { translation: zhCN } };
    const t: T = await instance.init({
      lng: language,
      resources,
      interpolation: { escapeValue: false },
    });
    const texts = BODIES.map((body) => eventText(asEvent(body), t));
    for (const text of texts) expect(text).not.toMatch(/\{\{|undefined|^$|events\.|fault\.name|hold\.|problem\./);
    expect(new Set(texts).size).toBe(texts.length);
    // What a newer agent may send is shown by its name, not dropped.
    expect(eventText(asEvent({ kind: 'brand-new' } as unknown as EventBody), t)).toContain('brand-new');
  },
);

test('events: a held-back takeover names every reason in words, and one that is not known yet by its code', async () => {
  const t: T = await i18next.createInstance().init({ lng: 'zh-CN', resources: { 'zh-CN': { translation: zhCN } } });
  const reasons = ['reference-silent', 'brand-new'] as unknown as ['fencing'];
  const text = eventText(asEvent({ kind: 'takeover-hold', over: false, from: 'node1', reasons, detail: 'x' }), t);
  expect(text).toBe(`告警：暂缓接管 node1：${zhCN.hold['reference-silent']}；brand-new · x`);
});

test('events: a problem is told by its code in the person’s language, with the agent’s sentence behind it', async () => {
  const t: T = await i18next.createInstance().init({ lng: 'zh-CN', resources: { 'zh-CN': { translation: zhCN } } });
  const of = (code: string): string =>
    eventText(asEvent({ kind: 'problem', code, over: false, detail: 'eth1 is down' }), t);
  expect(of('interface-down')).toBe('问题：网口未启用 · eth1 is down');
  expect(of('brand-new')).toBe('问题：eth1 is down');
});

test('events: landmarks are what the charts mark', () => {
  const marked = BODIES.filter((body) => isLandmark(asEvent(body)));
  expect(marked.map((b) => b.kind)).toEqual([
    'peer-status',
    'takeover',
    'fault',
    'fault',
    'fencing',
    'fencing',
    'takeover-hold',
    'takeover-hold',
    'takeover-hold',
    'key-mismatch',
  ]);
});
