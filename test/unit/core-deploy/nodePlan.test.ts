import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { PairSpecSchema } from '../../../electron/common/contract/pair.ts';
import { IPFAIL_PATHS } from '../../../electron/common/setup/render.ts';
import { desiredNode, newAuthkeys } from '../../../electron/core/deploy/desired.ts';
import type { DeployHost } from '../../../electron/core/deploy/host.ts';
import type { Inspection } from '../../../electron/core/deploy/inspection.ts';
import { MEND_LINKS, MEND_SCRIPT, MEND_UNIT, MEND_WANTED } from '../../../electron/core/deploy/layout.ts';
import { planNode, planRemoval, stepOfLine, uploadTexts } from '../../../electron/core/deploy/nodePlan.ts';
import type { PayloadVersion } from '../../../electron/core/deploy/payload.ts';
import { questionsFor } from '../../../electron/core/deploy/questions.ts';
import { inspectScript } from '../../../electron/core/deploy/scripts/inspect.ts';
import { preflightScript } from '../../../electron/core/deploy/scripts/preflight.ts';
import { MEND_SCRIPT_SH, initScript, WRAPPER_SH } from '../../../electron/core/deploy/scripts/service.ts';
import { stageScript } from '../../../electron/core/deploy/scripts/stage.ts';
import { TRANSACTION_SH } from '../../../electron/core/deploy/scripts/transaction.ts';

const host = { spec: { name: 'node1' } } as unknown as DeployHost;
const version: PayloadVersion = {
  name: '1.0.0-aaaaaaaa',
  files: [{ path: 'twinbeat-agent.cjs', source: '/x', bytes: 10 }],
  runtime: { kind: 'own', source: '/n', bytes: 1000, sha256: 'ff' },
};
const pair = PairSpecSchema.parse({
  schema: 'twinbeat.pair/1',
  id: 'p',
  name: 'p',
  nodes: [
    { name: 'node1', host: 'a' },
    { name: 'node2', host: 'b' },
  ],
});
const ha = {
  keepaliveMs: 500,
  warntimeMs: 1000,
  deadtimeMs: 3000,
  initdeadMs: 6000,
  autoFailback: 'off',
  links: [{ medium: 'bcast', iface: { node1: 'eth1', node2: 'eth1' } }],
  haresources: ['node1 10.0.0.9'],
};
const bare: Inspection = {
  current: null,
  versions: [],
  runtimeSha256: null,
  manager: 'systemd',
  running: false,
  recovered: false,
  files: new Map(),
  links: new Map(),
  touched: [],
  authkeys: null,
};
const wanted = desiredNode(pair, 'node1', version.name, 'systemd', newAuthkeys('sha1'));

/** The node as it is after the plan was carried out. */
const deployed: Inspection = {
  ...bare,
  current: version.name,
  versions: [version.name],
  runtimeSha256: 'ff',
  running: true,
  files: new Map(
    wanted.files.map((file) => [
      file.path,
      { mode: file.mode, sha256: createHash('sha256').update(file.content).digest('hex') },
    ]),
  ),
  links: new Map(wanted.links.map((link) => [link.path, link.target])),
};

test('a bare node: everything is to be done, the switch of the version after its files, the start last', () => {
  const plan = planNode(host, bare, version, wanted, '1.0.0');
  expect(plan.steps.map((step) => `${step.kind} ${step.target}`)).toEqual([
    'upload /opt/twinbeat-agent/versions/1.0.0-aaaaaaaa',
    'write /usr/local/sbin/twinbeat-agent',
    'write /etc/systemd/system/twinbeat-agent.service',
    'write /etc/systemd/system/twinbeat-mend.service',
    'write /etc/ha.d/authkeys',
    'link /opt/twinbeat-agent/current',
    'link /etc/systemd/system/multi-user.target.wants/twinbeat-agent.service',
    'link /etc/systemd/system/multi-user.target.wants/twinbeat-mend.service',
    'command systemctl daemon-reload',
    'command systemctl restart twinbeat-agent.service',
    'verify twinbeat-agent attach',
  ]);
  expect(plan.steps.some((step) => step.unchanged)).toBe(false);
  expect(plan.changesPair).toBe(true);
  const steps =
    uploadTexts(plan)
      .find((text) => text.path === 'steps')
      ?.content.toString() ?? '';
  expect(steps.split('\n')[0]).toBe('version\t1.0.0-aaaaaaaa');
  // Every line that the node will print as it goes finds its way back to a step that people see.
  for (const line of steps.trim().split('\n')) {
    const verb = line.split('\t')[0] ?? '';
    expect(stepOfLine(plan, `${line.replaceAll('\t', ' ')} `) === null, line).toBe(verb === 'trace');
  }
});

test('an equal node: nothing but the verification', () => {
  const plan = planNode(host, deployed, version, wanted, '1.0.0');
  expect(plan).toMatchObject({ unchanged: true, changesPair: false, files: [], version: null, script: [] });
  expect(plan.steps.filter((step) => !step.unchanged).map((step) => step.kind)).toEqual(['verify']);
});

// The daemon of the node itself refuses to start for a program that is not there.
test('ipfail is named where this node has it, at the newest place where it has none', () => {
  const spec = PairSpecSchema.parse({ ...pair, ha: { ...ha, pingNodes: ['10.0.0.1'], ipfail: true } });
  const haCf = (ipfailPath?: string): string | undefined =>
    desiredNode(spec, 'node1', version.name, 'systemd', null, ipfailPath)
      .files.find((file) => file.path === '/etc/ha.d/ha.cf')
      ?.content.toString();
  expect(haCf()).toContain('\nrespawn hacluster /usr/libexec/heartbeat/ipfail\n');
  expect(haCf('/usr/lib/heartbeat/ipfail')).toContain('\nrespawn hacluster /usr/lib/heartbeat/ipfail\n');
  const script = preflightScript(questionsFor(pair, 'node1', { haCf: null, haresources: null }));
  for (const place of IPFAIL_PATHS) expect(script).toContain(place);
});

test('twinbeat.cf of an earlier pair file goes when nothing is required any more, on both nodes at once', () => {
  const plain = desiredNode(PairSpecSchema.parse({ ...pair, ha }), 'node1', version.name, 'systemd', null);
  const strict = PairSpecSchema.parse({
    ...pair,
    ha: { ...ha, pingNodes: ['10.0.0.1'], takeoverRequires: ['reference'] },
  });
  const safe = desiredNode(strict, 'node1', version.name, 'systemd', null);
  expect(safe.files.find((file) => file.path === '/etc/ha.d/twinbeat.cf')?.content.toString()).toContain(
    'takeover_requires reference\n',
  );
  const there = new Map(deployed.files).set('/etc/ha.d/twinbeat.cf', { mode: 0o644, sha256: 'x' });
  for (const file of plain.files)
    there.set(file.path, { mode: file.mode, sha256: createHash('sha256').update(file.content).digest('hex') });
  const plan = planNode(host, { ...deployed, files: there }, version, plain, '1.0.0');
  expect(plan.script.map((line) => line.words.join(' '))[0]).toBe('unlink /etc/ha.d/twinbeat.cf');
  expect(plan).toMatchObject({ changesPair: true, unchanged: false });
  there.delete('/etc/ha.d/twinbeat.cf');
  expect(planNode(host, { ...deployed, files: there }, version, plain, '1.0.0').unchanged).toBe(true);
});

// Goal: beside a daemon that runs, nothing of it is written, and a removal takes nothing of it along.
test('an observed pair: the agent and its service, which observes; nothing below /etc/ha.d, and not the log', () => {
  const observed = PairSpecSchema.parse({ ...pair, engine: 'heartbeat' });
  for (const manager of ['systemd', 'init'] as const) {
    const node = desiredNode(observed, 'node1', version.name, manager, null);
    const touched = [...node.files, ...node.links, ...node.absences].map(({ path }) => path);
    expect(touched.filter((path) => path.startsWith('/etc/ha.d'))).toEqual([]);
    expect(node.traces).not.toContain('/var/log/ha-log');
    const service = node.files.find(({ what }) => what.startsWith('the service'));
    expect(service?.content.toString()).toMatch(/twinbeat-agent observe|"\$command" observe/);
    expect(service?.content.toString()).not.toMatch(/twinbeat-agent run|"\$command" run/);
  }
  expect(() => PairSpecSchema.parse({ ...observed, ha: { keepaliveMs: 1 } })).toThrow();
});

// Goal: what a fault left in files is undone at boot before anything reads them, also before the real daemon, which knows nothing of us.
test('at boot the undoing comes first, whichever daemon it is and whatever starts it', () => {
  for (const engine of ['twinbeat', 'heartbeat'] as const) {
    const of = (manager: 'systemd' | 'init'): typeof wanted =>
      desiredNode(PairSpecSchema.parse({ ...pair, engine }), 'node1', version.name, manager, null);
    const unit = of('systemd').files.find(({ path }) => path === MEND_UNIT);
    expect(unit?.content.toString()).toMatch(/^Before=.*heartbeat\.service.*twinbeat-agent\.service/m);
    expect(unit?.content.toString()).toMatch(/^Type=oneshot$/m);
    expect(of('systemd').links).toContainEqual(expect.objectContaining({ path: MEND_WANTED }));
    const script = of('init').files.find(({ path }) => path === MEND_SCRIPT);
    expect(script).toMatchObject({ mode: 0o755 });
    expect(script?.content.toString()).toMatch(/^# X-Start-Before: +heartbeat twinbeat-agent$/m);
    for (const path of MEND_LINKS) {
      expect(of('init').links).toContainEqual(expect.objectContaining({ path, target: '../init.d/twinbeat-mend' }));
      // In the order of a run level: Debian's own number for heartbeat, and the smallest that one could give it.
      for (const other of ['S20heartbeat', 'S02heartbeat', 'S20twinbeat-agent'])
        expect((path.split('/').at(-1) ?? '') < other).toBe(true);
    }
  }
});

test.each([
  ['md5', 32],
  ['sha1', 40],
  ['sha256', 64],
] as const)('a new %s key is as long as its digest', (method, digits) => {
  expect(newAuthkeys(method)).toMatch(new RegExp(`^auth 1\\n1 ${method} [0-9a-f]{${digits}}\\n$`));
});

test('an equal node whose agent is stopped is started, and nothing else', () => {
  const plan = planNode(host, { ...deployed, running: false }, version, wanted, '1.0.0');
  expect(plan.script.map((line) => line.words)).toEqual([['start']]);
});

test('a new agent with the same runtime: the runtime stays, the old version goes after the start', () => {
  const newer = { ...version, name: '1.0.1-bbbbbbbb' };
  const plan = planNode(host, deployed, newer, desiredNode(pair, 'node1', newer.name, 'systemd', null), '1.0.1');
  expect(plan.runtimeFrom).toBe(version.name);
  expect(plan.steps[0]?.bytes).toBe(10);
  expect(plan.script.filter((line) => line.step !== null).map((line) => line.words[0])).toEqual([
    'version',
    'link',
    'reload',
    'start',
    'prune',
  ]);
});

test('a wrong mode is a change', () => {
  const loose = new Map(deployed.files).set('/etc/ha.d/authkeys', {
    mode: 0o644,
    sha256: deployed.files.get('/etc/ha.d/authkeys')?.sha256 ?? '',
  });
  expect(
    planNode(host, { ...deployed, files: loose }, version, wanted, '1.0.0').files.map((file) => file.path),
  ).toEqual(['/etc/ha.d/authkeys']);
});

test('removal of nothing is nothing', () => {
  expect(planRemoval(host, bare, false).unchanged).toBe(true);
  expect(
    planRemoval(host, { ...deployed, touched: ['/etc/ha.d/authkeys'] }, false).steps.map((step) => step.target),
  ).toContain('/etc/ha.d/authkeys');
});

test('keys are random, and plans never show them', () => {
  expect(newAuthkeys('sha1')).not.toBe(newAuthkeys('sha1'));
  const plan = planNode(host, bare, version, wanted, '1.0.0');
  const secret =
    wanted.files
      .find((file) => file.path.endsWith('authkeys'))
      ?.content.toString()
      .trim()
      .split(' ')
      .at(-1) ?? '-';
  expect(secret).toHaveLength(40);
  expect(JSON.stringify(plan.steps)).not.toContain(secret);
});

test.each([
  ['transaction', TRANSACTION_SH],
  ['stage', stageScript({ uploadBytes: 1, uploadSha256: 'ab', runtimeFrom: null })],
  ['inspect', inspectScript(["/etc/it's here"])],
  [
    'preflight',
    preflightScript({
      interfaces: ["e'0; x"],
      serialDevices: ['/dev/$(x)'],
      udpPorts: [694],
      vips: ['::1'],
      pingNodes: ['fe80::1', '10.0.0.1'],
      stonith: "external/it's",
      watchdog: '/dev/watch dog',
    }),
  ],
  ['init', initScript('run')],
  ['observing init', initScript('observe')],
  ['mending init', MEND_SCRIPT_SH],
  ['wrapper', WRAPPER_SH],
])('the %s script is valid for a POSIX shell', (_name, script) => {
  const checked = spawnSync('sh', ['-n'], { input: script });
  expect(checked.stderr.toString()).toBe('');
  expect(checked.status).toBe(0);
});
