/** A recording with names, addresses and fingerprints in every place where one can stand, also cut in the middle. */
import type { AgentStatus } from '../../agent/common/rpc/agentContract.ts';
import { RECORDING_FORMAT } from '../../electron/common/recording/format.ts';
import type { RecordingLine } from '../../electron/common/recording/format.ts';
import { FAKE_TIMING } from './fakePair.ts';
import { QUIET_STATUS } from './quietStatus.ts';

const A = 'pump1.bigcorp.example';
const B = 'pump2.bigcorp.example';
const HOST_KEY = 'SHA256:Wl8y0h2oT3oZ3b1lW7b7cX1lqk9d0GJ5rM4sC6uV2eA';
const KEY_SIGN = 'a1b2c3d4e5f6';
const KEY_DIGITS = '123456789012';
const MAC = '52:54:00:ab:cd:ef';
const BOOT_ID = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const FILE_SHA = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

/** Everything that must not be found afterwards. */
export const SECRETS: readonly string[] = [
  'pump1',
  'pump2',
  'bigcorp',
  'jump.office',
  '10.20.30.41',
  '10.20.30.99',
  '10.20.30.254',
  'fd00:77::12',
  'fe80::5054:ff:feab:cdef',
  'alice',
  'bob',
  'Water Works',
  HOST_KEY.slice(7),
  KEY_SIGN,
  KEY_DIGITS,
  MAC,
  '52-54-00-ab-cd-ef',
  BOOT_ID,
  FILE_SHA,
  'VM-77-4411',
];

function status(): AgentStatus {
  return {
    node: A,
    peerName: B,
    engine: 'twinbeat',
    version: '0.1.0',
    pid: 12,
    bootId: BOOT_ID,
    journalId: BOOT_ID,
    atMonotonicMs: 5000,
    wallMs: 1_700_000_000_000,
    status: 'active',
    peer: { status: 'active', silenceMs: 100, marginMs: 2900, engine: 'twinbeat' },
    links: [
      {
        id: 'ucast:eth1:10.20.30.99',
        name: 'eth1',
        label: 'ucast6 eth1 fd00:77::12',
        medium: 'ucast',
        fromPeer: { state: 'up', silenceMs: 100, marginMs: 2900 },
        toPeer: { state: 'up', silenceMs: 100, marginMs: 2900 },
        rttMs: 0.4,
        clockOffsetMs: null,
        clockErrorMs: null,
        problem: null,
      },
    ],
    mine: 'all',
    theirs: 'none',
    stable: true,
    groups: [{ key: `${A} 10.20.30.99`, preferredNode: A, state: 'started', resources: ['10.20.30.99'] }],
    vips: [{ address: '10.20.30.99', prefixBits: 24, group: A, heldOn: 'eth0', conflictMac: MAC, probedAgoMs: 10 }],
    ...QUIET_STATUS,
    keys: { index: 1, method: 'sha1', fingerprint: KEY_DIGITS, accepted: 1 },
    timing: FAKE_TIMING,
    lateness: { maxMs: 1, p99Ms: 1 },
    problems: [],
    resources: { cpuSeconds: 1, rssBytes: 1 },
  };
}

const event = (index: number, tMs: number, body: { kind: string; [key: string]: unknown }): RecordingLine => ({
  kind: 'event',
  event: {
    index,
    tMs,
    errorMs: 0.5,
    event: {
      seq: index + 1,
      node: A,
      at: { monotonicMs: tMs },
      wallMs: 1_700_000_000_000 + tMs,
      severity: 'info',
      body,
    },
  },
});

const output = (terminal: number, s: number, text: string): RecordingLine => ({
  kind: 'cast',
  terminal,
  cast: [s, 'o', text],
});

const measured = (): RecordingLine[] => [
  {
    kind: 'sample',
    sample: {
      tMs: 100,
      errorMs: 0.5,
      node: A,
      status: 'active',
      peerStatus: 'active',
      mine: 'all',
      heldVips: ['10.20.30.99'],
      nodeMarginMs: 2900,
      links: [{ id: 'ucast:eth1:10.20.30.99', fromPeer: 'up', marginMs: 2900, marginMinMs: 2880, rttMs: 0.4 }],
      latenessMs: 0.2,
    },
  },
  { kind: 'probe', probe: { tMs: 110, ok: true, answeredBy: A, latencyMs: 1.2, error: null } },
  {
    kind: 'witness',
    witness: {
      tMs: 120,
      errorMs: 1,
      address: '10.20.30.99',
      kind: 'asked',
      holders: [{ mac: MAC, node: A }],
      neighbourMac: MAC,
    },
  },
  event(0, 130, { kind: 'takeover', phase: 'done', from: B, cause: 'peer-dead' }),
  event(1, 140, {
    kind: 'log',
    text: `key ${KEY_SIGN} of alice@${B}, ${MAC}, 52-54-00-AB-CD-EF on fe80::5054:ff:feab:cdef`,
  }),
  event(2, 150, { kind: 'keys', ok: true, signing: `1 sha1 ${KEY_DIGITS}`, detail: `read by bob from /home/bob/keys` }),
  { kind: 'gap', gap: { source: `${B}/events`, fromMs: 160, toMs: 170, reason: `no connection to ${B}` } },
  {
    kind: 'drill',
    tMs: 180,
    drill: { drill: 'power-off', notes: [`${A} gave ${'10.20.30.99'} to ${B}`], holderBefore: A },
  },
];

/** Terminal output as it comes: in pieces that end anywhere, with colours in the middle of names. */
const terminalLines = (): RecordingLine[] => [
  {
    kind: 'terminal',
    terminal: {
      number: 1,
      node: A,
      terminal: 'shell',
      tMs: 200,
      endedMs: 900,
      lostBeforeMs: null,
      cast: {
        version: 2,
        width: 80,
        height: 24,
        timestamp: 1_700_000_000,
        title: `${A} shell`,
        env: { TERM: 'xterm' },
      },
    },
  },
  output(1, 0.1, 'Last login: Fri Nov 20 12:34:56 2026 from jump.office.bigcorp.example\r\n'),
  output(1, 0.2, '\u001b]0;root@pump1: ~\u0007\u001b[01;32mroot@pu'),
  output(1, 0.3, 'mp1\u001b[00m:\u001b[01;34m~\u001b[00m# ip addr\r\n'),
  output(1, 0.4, '    inet \u001b[35m10.20.'),
  { kind: 'cast', terminal: 1, cast: [0.45, 'r', '100x30'] },
  output(1, 0.5, '30.99\u001b[0m/24 brd 10.20.30.254 link/ether \u001b[33m52:54:00:ab:cd:ef\u001b[0m\r\n'),
  output(1, 0.6, 'inet6 fd00:77::12/64; inet 127.0.0.1/8; heartbeat 3.0.6; ls /root/backup /home/alice/x\r\n'),
  output(
    1,
    0.7,
    'b\u001b[1mig\u001b[0mcorp PUMP2 bob@pump2 sees 10.20.\u001b[7m30\u001b[27m.41\u001b[5Cpump1\u001b[1Cx\r\n',
  ),
  output(1, 0.8, `sha256 ${FILE_SHA} serial VM-77-4411 ${HOST_KEY}`),
];

/** Lines of a whole recording, the last one too. */
export function recordingLinesOf(): RecordingLine[] {
  const lines: RecordingLine[] = [
    {
      kind: 'session',
      format: RECORDING_FORMAT,
      id: BOOT_ID,
      host: 'cli',
      startedWallMs: 1_700_000_000_000,
      endedWallMs: 1_700_000_060_000,
      pairId: 'waterworks',
      pairName: 'Water Works North',
      nodes: [A, B],
      pair: {
        name: 'Water Works North',
        nodes: [
          {
            name: A,
            host: '10.20.30.41',
            user: 'alice',
            hostKeys: [HOST_KEY],
            auth: { method: 'key', keyFile: '/srv/k' },
          },
          { name: B, host: 'jump.office.bigcorp.example', user: 'root' },
        ],
        ha: { links: [{ medium: 'ucast', iface: { [A]: 'eth1', [B]: 'eth1' } }], haresources: [`${A} 10.20.30.99`] },
      },
      anonymised: false,
      thinnedTo: null,
    },
    { kind: 'status', tMs: 50, status: status() },
    {
      kind: 'record',
      tMs: 60,
      record: {
        node: A,
        atWallMs: 1_700_000_000_060,
        os: 'Debian',
        kernel: '6.1',
        machine: 'QEMU',
        serialNumber: 'VM-77-4411',
        firmware: null,
        packages: [],
        interfaces: [{ name: 'eth0', mac: MAC, driver: null, up: true }],
        serialPorts: [],
        config: [{ path: '/etc/ha.d/ha.cf', sha256: FILE_SHA, text: `node ${A}\nnode ${B}\n`, redacted: false }],
        keys: [{ index: 1, method: 'sha1', fingerprint: KEY_SIGN, signs: true }],
        leftovers: [],
        diskFreePercent: 50,
        loadPerCore: 0.1,
      },
    },
    ...measured(),
    ...terminalLines(),
  ];
  return [...lines, { kind: 'end', lines: lines.length + 1 }];
}
