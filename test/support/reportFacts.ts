/** Facts of a believable report: two nodes, two links, drills of every verdict, hostile words where a person may write. */
import { downtimeBudgets } from '../../electron/common/advice/budget.ts';
import { AdviceQuestionSchema } from '../../electron/common/contract/advice.ts';
import type { DrillRun } from '../../electron/common/contract/drill.ts';
import { suiteStatistics } from '../../electron/common/drill/statistics.ts';
import { withoutCurves } from '../../electron/common/report/advice.ts';
import { ReportFormSchema } from '../../electron/common/report/form.ts';
import type { ReportFacts, ReportNode } from '../../electron/common/report/model.ts';
import type { NodeRecord } from '../../electron/common/report/record.ts';
import { fakeAdvice } from './fakeAdvice.ts';
import { FAKE_TIMING } from './fakePair.ts';

const MADE_WALL_MS = 1_795_250_000_000;
export const HA_CF =
  'keepalive 500ms\nwarntime 1500ms\ndeadtime 3\ninitdead 4\nbcast eth1\nserial /dev/ttyS0\nbaud 19200\n';

export function nodeRecord(node: string, changes: Partial<NodeRecord> = {}): NodeRecord {
  return {
    node,
    atWallMs: MADE_WALL_MS - 60_000,
    os: 'Debian GNU/Linux 12 (bookworm)',
    kernel: 'Linux 6.1.0-28-amd64 x86_64',
    machine: 'Supermicro SYS-5019S-M',
    serialNumber: 'S214-77-4411',
    firmware: 'AMI 2.3 (2023-02-17)',
    packages: [{ name: 'iproute2', version: '6.1.0-3' }],
    interfaces: [
      { name: 'eth0', mac: '0c:c4:7a:11:22:33', driver: 'igb', up: true },
      { name: 'eth1', mac: '0c:c4:7a:11:22:34', driver: 'igb', up: true },
    ],
    serialPorts: [{ device: '/dev/ttyS0', driver: 'serial8250' }],
    config: [
      { path: '/etc/ha.d/ha.cf', sha256: 'a'.repeat(64), text: HA_CF, redacted: false },
      {
        path: '/etc/ha.d/haresources',
        sha256: 'b'.repeat(64),
        text: 'node1 192.168.2.3/24/eth0 web\n',
        redacted: false,
      },
      { path: '/etc/ha.d/twinbeat.cf', sha256: null, text: null, redacted: false },
    ],
    keys: [{ index: 1, method: 'sha1', fingerprint: 'a1b2c3d4e5f6', signs: true }],
    leftovers: [],
    diskFreePercent: 61,
    loadPerCore: 0.08,
    ...changes,
  };
}

function node(name: string, host: string): ReportNode {
  return {
    name,
    host,
    status: {
      atWallMs: MADE_WALL_MS - 61_000,
      engine: 'twinbeat',
      engineVersion: '0.1.0',
      status: 'active',
      peerStatus: 'active',
      timing: FAKE_TIMING,
      fencing: null,
      takeoverRequires: ['reference'],
      protections: [{ what: 'realtime', state: 'on', detail: '' }],
      pingNodes: [{ name: '192.168.2.254', status: 'up' }],
      groups: [{ key: '192.168.2.3', preferredNode: 'node1', state: 'started', resources: ['192.168.2.3', 'web'] }],
      vips: [{ address: '192.168.2.3', heldOn: name === 'node1' ? 'eth0' : null }],
      key: { index: 1, method: 'sha1', fingerprint: 'a1b2c3d4e5f6' },
      problems: [],
    },
    before: nodeRecord(name),
    after: nodeRecord(name),
  };
}

export function drillRun(changes: Partial<DrillRun> = {}): DrillRun {
  return {
    runId: 'run-1',
    drill: 'power-off',
    row: 4,
    title: { en: 'Power loss of the active node', 'zh-CN': '主用节点断电' },
    from: 'node1',
    to: 'node2',
    repetition: 1,
    verdict: 'pass',
    notes: [],
    criteria: [
      {
        check: 'outage',
        text: { en: 'outage at most T_f', 'zh-CN': '中断不超过 T_f' },
        result: 'pass',
        measured: { en: '3.41 s of 6 s', 'zh-CN': '3.41 s，允许 6 s' },
      },
      {
        check: 'dual',
        text: { en: 'never two holders', 'zh-CN': '从未出现两个持有者' },
        result: 'pass',
        measured: null,
      },
    ],
    level: 'physical',
    sessionId: '5d2c8c1e-0000-4000-8000-000000000001',
    startedWallMs: MADE_WALL_MS - 600_000,
    beganAtMs: 10_000,
    faultAtMs: 20_000,
    healAtMs: 40_000,
    endedAtMs: 60_000,
    outageMs: 3410,
    healOutageMs: 0,
    unavailableMs: 3410,
    gaps: 1,
    detectMs: 3012,
    takeoverMs: 212,
    dualMs: 0,
    holderAfter: 'node2',
    holderEnd: 'node2',
    servedBy: 'node2',
    wrongAnswers: 0,
    marginMinMs: 2410,
    lateHeartbeats: 0,
    probePeriodMs: 100,
    clockErrorMs: 0.4,
    timing: FAKE_TIMING,
    engine: 'twinbeat',
    loadPerCore: [0.2, 0.4],
    loadPerCoreMax: 2,
    gates: [],
    faults: [
      { name: 'power-off', node: 'node1', link: null, level: 'physical', injectedAtMs: 20_000, revertedAtMs: 40_000 },
    ],
    steps: [],
    ...changes,
  };
}

/** Runs of every verdict; the story's times are those of the first. */
export function drillRuns(): DrillRun[] {
  return [
    drillRun(),
    drillRun({
      runId: 'run-2',
      from: 'node2',
      to: 'node1',
      repetition: 2,
      outageMs: 3660,
      holderAfter: 'node1',
      servedBy: 'node1',
    }),
    drillRun({
      runId: 'run-3',
      drill: 'serial-pulled',
      row: 9,
      title: { en: 'Serial cable pulled', 'zh-CN': '拔出串口线' },
      verdict: 'remark',
      notes: [{ en: 'one late heartbeat on the other link', 'zh-CN': '另一条链路有一次心跳迟到' }],
      outageMs: 0,
      holderAfter: 'node1',
    }),
    drillRun({
      runId: 'run-4',
      drill: 'daemon-frozen',
      row: 8,
      title: { en: 'Daemon frozen', 'zh-CN': '守护进程冻结' },
      verdict: 'fail',
      level: 'emulated',
      notes: [{ en: 'both nodes held the address for 8.2 s', 'zh-CN': '两个节点同时持有地址 8.2 s' }],
      dualMs: 8200,
      outageMs: null,
    }),
    drillRun({
      runId: 'run-5',
      drill: 'overload',
      row: 17,
      title: { en: 'Overload', 'zh-CN': '过载' },
      verdict: 'void',
      outageMs: null,
    }),
  ];
}

const ADVICE = withoutCurves(fakeAdvice(AdviceQuestionSchema.parse({})));

/** The drills that this console has: those of the runs, and one that was not tried. */
const LIBRARY: ReportFacts['library'] = [
  { drill: 'power-off', row: 4, title: { en: 'Power loss of the active node', 'zh-CN': '主用节点断电' } },
  { drill: 'daemon-frozen', row: 8, title: { en: 'Daemon frozen', 'zh-CN': '守护进程冻结' } },
  { drill: 'serial-pulled', row: 9, title: { en: 'Serial cable pulled', 'zh-CN': '拔出串口线' } },
  { drill: 'overload', row: 17, title: { en: 'Overload', 'zh-CN': '过载' } },
  { drill: 'soak', row: 20, title: { en: 'Soak under real load', 'zh-CN': '真实负载下的浸泡' } },
];

/** A picture as the timeline draws one: shapes and words, nothing else. */
export const PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 90" font-family="Arial" font-size="10">
<rect x="90" y="8" width="540" height="18" fill="#e9ecf0"/><rect x="230" y="8" width="110" height="18" fill="#b9202c"/>
<rect x="90" y="34" width="140" height="18" fill="#0b5cad"/><rect x="340" y="34" width="290" height="18" fill="#7a3aa8"/>
<text x="4" y="21">client</text><text x="4" y="47">address</text><text x="236" y="21" fill="#fff">3.41 s</text></svg>`;

export const PICTURE_PATH = 'attachments/timeline-1.svg';

/** Facts that say everything; `words` go wherever a person may write. */
export function reportFacts(words = 'Plant North, hall 3', language: 'en' | 'zh-CN' = 'en'): ReportFacts {
  const form = ReportFormSchema.parse({
    language,
    operator: words,
    operatorCompany: words,
    witness: words,
    witnessCompany: words,
    site: words,
    order: words,
    window: words,
    approver: words,
    remarks: words,
    requirements: { failoverLimitMs: 6000, healLimitMs: 1000, sessions: words, splitBrain: 'fenced', monitored: words },
    waivers: [{ subject: 'daemon-frozen', reason: words, signer: words, until: '' }],
    actions: [{ subject: 'serial-pulled', action: words, owner: words, due: '2026-12-31' }],
  });
  const runs = drillRuns();
  const stream = { link: null, count: 1200, maxMs: 560, smallestMarginMs: 2440, smallestMarginAtMs: 30_000 };
  const direction = { state: 'up' as const, marginMinMs: 2410 };
  return {
    schema: 'twinbeat.report/1',
    reportId: '2026-11-21-rack-1',
    language,
    madeWallMs: MADE_WALL_MS,
    offsetMin: 480,
    console: { version: '0.1.0', host: 'web', platform: 'linux' },
    form,
    pair: { id: 'p1', name: words, isRack: true },
    sessions: [
      {
        id: '5d2c8c1e-0000-4000-8000-000000000001',
        startedWallMs: MADE_WALL_MS - 700_000,
        durationMs: 650_000,
        host: 'web',
      },
    ],
    nodes: [node('node1', '10.0.0.1'), node('node2', '10.0.0.2')],
    links: [
      { label: 'bcast eth1', medium: 'bcast', aToB: direction, bToA: direction },
      { label: 'serial /dev/ttyS0', medium: 'serial', aToB: direction, bToA: { state: 'unknown', marginMinMs: null } },
    ],
    margin: { ms: 2410, share: 2410 / 3000, from: 'node2', to: 'node1', atWallMs: MADE_WALL_MS - 500_000 },
    method: {
      probe: { target: 'http://192.168.2.3:80/', periodMs: 100 },
      clockErrorMs: [0.4, null],
      loadPerCore: 0.4,
      gaps: { count: 1, totalMs: 21_000 },
      levels: ['physical', 'emulated'],
      samples: 6500,
      probes: 6480,
    },
    preflight: [
      { node: 'node1', code: 'reachable', result: 'ok', found: 'connected', advice: '' },
      { node: 'node2', code: 'clock', result: 'warning', found: words, advice: words },
    ],
    runs: runs.map((run, i) => ({
      run,
      picture: i === 0 ? PICTURE_PATH : null,
      phases:
        i === 0
          ? [
              { text: { en: 'fault', 'zh-CN': '故障' }, sinceStartMs: 0, errorMs: 0.4 },
              {
                text: { en: 'the survivor declares the peer dead', 'zh-CN': '存活节点宣布对方失效' },
                sinceStartMs: 3012,
                errorMs: 0.8,
              },
              { text: { en: 'client served', 'zh-CN': '客户端恢复服务' }, sinceStartMs: null, errorMs: null },
            ]
          : [],
      situations: [],
    })),
    statistics: suiteStatistics(runs),
    library: LIBRARY,
    marginStreams: [
      { ...stream, from: 'node1', to: 'node2' },
      { ...stream, from: 'node2', to: 'node1', smallestMarginMs: 2410, maxMs: 590 },
    ],
    budgets: {
      outage: {
        ms: 3660,
        source: 'measured',
        text: { en: 'Longest outage of 2 runs: 3.66 s.', 'zh-CN': '2 次演练的最长中断：3.66 s。' },
      },
      rows: downtimeBudgets(3660),
    },
    advice: ADVICE,
    after: {
      checkedWallMs: MADE_WALL_MS,
      nodes: [
        { node: 'node1', leftovers: [], changedFiles: [] },
        { node: 'node2', leftovers: [], changedFiles: [] },
      ],
    },
    attachments: [
      {
        path: PICTURE_PATH,
        bytes: PICTURE.length,
        sha256: 'c'.repeat(64),
        what: { en: 'timeline of run 1', 'zh-CN': '第 1 次演练的时间线' },
      },
    ],
  };
}
