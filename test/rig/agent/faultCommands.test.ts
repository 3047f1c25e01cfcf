// Goal: every fault's commands do something that can be seen, and its undoing takes exactly that away again, also twice.
// Method: the very commands of each plan, in network, mount and process namespaces of their own, without an agent:
// injected, seen, undone, not seen, undone once more.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FaultName } from '../../../agent/common/rpc/agentContract.ts';
import type { FaultEngine } from '../../../agent/node/faults/engine.ts';
import { PLAIN_WISH, planFault, type FaultSurroundings } from '../../../agent/node/faults/plan.ts';
import { keptFile } from '../../../agent/node/faults/shell.ts';
import { missing } from '../../support/needs.ts';

const reason = missing('linux', 'root', 'namespaces', 'iproute', 'nft');

let base: string;
const ENGINE: FaultEngine = {
  kind: 'twinbeat',
  isAgent: true,
  processes: () => [],
  stop: [':'],
  recover: [':'],
  reload: ':',
};

/** `state`: folder of the agent's state; one that is a mount of its own is never covered. */
function surroundings(state: string): FaultSurroundings {
  return {
    node: 'node1',
    peer: 'node2',
    engine: ENGINE,
    links: [
      { medium: 'ucast', id: 'u', name: 'eth0', iface: 'eth0', peer: '10.0.0.2', port: 694 },
      { medium: 'bcast', id: 'b', name: 'eth1', iface: 'eth1', port: 694 },
      { medium: 'mcast', id: 'm', name: 'eth1', iface: 'eth1', group: '225.0.0.1', port: 694, ttl: 1, loop: false },
    ],
    timing: { keepaliveMs: 500, deadtimeMs: 3000, autoFailback: 'off' },
    pingAddresses: ['10.0.0.254', 'fd00::254'],
    vips: ['10.0.0.100'],
    lanIface: 'eth0',
    sshSessions: [{ clientAddress: '10.0.0.9', serverAddress: '10.0.0.1', serverPort: 22 }],
    ifaceOfAddress: new Map([['10.0.0.1', 'eth0']]),
    tools: new Set(['nft', 'tc', 'perl', 'mount', 'fallocate', 'timeout', 'ip']),
    kernel: { egress: true, netem: true, tbf: true },
    ttys: new Map(),
    services: [],
    scripts: [join(base, 'etc', 'httpd')],
    clients: [],
    mounts: [],
    configDir: join(base, 'etc'),
    stateDir: join(base, state),
    stateDisk: { freeBytes: 8 * 2 ** 20, isMemory: true },
    logDir: join(base, 'log'),
    clockReason: 'not in a test',
    timeDaemons: [],
    processors: 1,
    memoryFreeBytes: null,
    hasWatchdog: false,
    mountPoints: new Set(['/']),
  };
}

/** A world with two network cards and a small disk for the state; `kernel`: what it lacks is not tried. */
const WORLD = `
set -e
ip link set lo up
for i in 0 1; do ip link add eth$i type veth peer name far$i; ip link set eth$i up; ip link set far$i up; done
ip addr add 10.0.0.1/24 dev eth0
mount -t tmpfs -o size=8m tmpfs "$1/state"
mkdir -p "$1/state/faults/id1"
`;

/** Runs a plan's life and says what was seen at each step. */
function live(name: FaultName, state = 'state'): { said: string; status: number | null } {
  const plan = planFault(name, 'id1', { ...PLAIN_WISH }, join(base, state, 'faults'), surroundings(state));
  if (!plan.ok) throw new Error(`${name}: ${plan.detail}`);
  const { inject, revert, restart, isGone, files } = plan.value;
  const dir = join(base, state, 'faults', 'id1');
  const undo = [...revert, ...restart].join('\n');
  const gone = isGone ?? 'true';
  const script = [
    WORLD,
    ...files.map((file, i) => `cp -p '${file}' '${keptFile(dir, i)}'`),
    'set +e',
    `gone() { ${gone}; }`,
    'gone && echo clean-before',
    `sh -c "$2" || exit 3`,
    'gone || echo seen',
    undo,
    'gone && echo undone',
    undo,
    'gone && echo still-undone',
    'nft list tables | grep -q twinbeat_ && echo LEFT-TABLES',
    'exit 0',
  ].join('\n');
  const flags = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const args = [...flags, '/bin/sh', '-c', script, 'sh', base, `set -e\n${inject.join('\n')}`];
  const run = spawnSync('unshare', args, { encoding: 'utf8', timeout: 20_000 });
  return { said: `${run.stdout}${run.stderr}`, status: run.status };
}

const SEEN = 'clean-before\nseen\nundone\nstill-undone\n';

describe.skipIf(reason !== null)('the commands of faults', () => {
  beforeAll(() => {
    base = mkdtempSync(join(tmpdir(), 'twinbeat-commands-'));
    for (const name of ['etc', 'state', 'log', 'plain/faults/id1']) mkdirSync(join(base, name), { recursive: true });
    writeFileSync(join(base, 'etc', 'ha.cf'), 'keepalive 500ms\ndeadtime 3s\nudpport 694\nnode node1 node2\n');
    writeFileSync(join(base, 'etc', 'haresources'), 'node1 IPaddr::10.0.0.100/24/eth0 httpd\n');
    writeFileSync(join(base, 'etc', 'authkeys'), 'auth 1\n1 sha1 Secret\n', { mode: 0o600 });
    writeFileSync(join(base, 'etc', 'httpd'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  const network: FaultName[] = [
    ...(['drop-heartbeats', 'drop-heartbeats-in', 'drop-heartbeats-out', 'lose-heartbeats', 'lose-in-bursts'] as const),
    ...(['pull-lan', 'pull-crossover', 'block-ping', 'no-announcement', 'block-multicast'] as const),
    ...(['drop-fragments', 'time-sync-lost', 'nic-reset', 'limit-rate', 'split', 'split-one-way'] as const),
  ];
  test.each(network)('%s', (name) => {
    expect(live(name)).toEqual({ said: SEEN, status: 0 });
  });

  test.each(['disk-full', 'log-unwritable', 'cpu-hog'] as const)('%s', (name) => {
    expect(live(name)).toEqual({ said: SEEN, status: 0 });
  });

  test('state-read-only', () => {
    expect(live('state-read-only', 'plain')).toEqual({ said: SEEN, status: 0 });
  });

  const files: FaultName[] = [
    ...(['keys-differ', 'keys-readable', 'wrong-node-name', 'port-differs', 'deadtime-differs'] as const),
    ...(['initdead-short', 'warntime-late', 'haresources-differ', 'failback-differs'] as const),
    ...(['wrong-address-interface', 'ping-own-address', 'start-fails', 'stop-hangs'] as const),
  ];
  test.each(files)('%s', (name) => {
    const before = ['ha.cf', 'haresources', 'authkeys', 'httpd'].map((file) => readFileSync(join(base, 'etc', file)));
    const { said, status } = live(name);
    // Before anything is kept there is nothing to compare with; the copy is then equal.
    expect({ said, status }).toEqual({ said: SEEN, status: 0 });
    const after = ['ha.cf', 'haresources', 'authkeys', 'httpd'].map((file) => readFileSync(join(base, 'etc', file)));
    expect(after).toEqual(before);
  });

  test('the kernel’s random queue is tried only where there is one', () => {
    const probe = spawnSync('unshare', ['-n', 'tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms']);
    if (probe.status === 0) expect(live('delay-heartbeats')).toEqual({ said: SEEN, status: 0 });
    else expect(live('delay-heartbeats').status).toBe(3);
  });
});
