// Goal: a fault's commands touch its own table, its own processes and its own files only, never cut an SSH session that
// is open, and are undone by what was written before. Method: every plan of the catalogue, as text.
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { faultNamed } from '../../../agent/common/faults/index.ts';
import type { FaultName } from '../../../agent/common/rpc/agentContract.ts';
import type { FaultEngine } from '../../../agent/node/faults/engine.ts';
import {
  FAULT_NAMES,
  PLAIN_WISH,
  planFault,
  type FaultPlan,
  type FaultSurroundings,
  type FaultWish,
} from '../../../agent/node/faults/plan.ts';
import { parseSshConnection } from '../../../agent/node/faults/sshSessions.ts';

const ENGINE: FaultEngine = {
  kind: 'twinbeat',
  isAgent: true,
  processes: () => [
    { pid: 4711, startTicks: '999', part: 'master' },
    { pid: 4712, startTicks: '1000', part: 'address-guard' },
  ],
  stop: ['stop-it'],
  recover: ['start-it'],
  reload: 'reload-it',
};

/** A node on which nearly everything can be done. */
const AT: FaultSurroundings = {
  node: 'node1.lab',
  peer: 'node2.lab',
  engine: ENGINE,
  links: [
    { medium: 'ucast', id: 'u', name: 'eth0', iface: 'eth0', peer: '10.0.0.2', port: 694 },
    { medium: 'bcast', id: 'b', name: 'eth1', iface: 'eth1', port: 1694 },
    { medium: 'mcast', id: 'm', name: 'eth1', iface: 'eth1', group: '225.0.0.1', port: 694, ttl: 1, loop: false },
    { medium: 'serial', id: 's', name: '/dev/ttyS0', device: '/dev/ttyS0', baud: 19200 },
  ],
  timing: { keepaliveMs: 500, deadtimeMs: 3000, autoFailback: 'off' },
  pingAddresses: ['10.0.0.254', 'fd00::254'],
  vips: ['10.0.0.100'],
  lanIface: 'eth0',
  sshSessions: [{ clientAddress: '10.0.0.9', serverAddress: '10.0.0.1', serverPort: 22 }],
  ifaceOfAddress: new Map([['10.0.0.1', 'eth0']]),
  tools: new Set(['nft', 'tc', 'perl', 'prlimit', 'mount', 'fallocate', 'fsfreeze', 'timeout', 'unshare', 'ip']),
  kernel: { egress: true, netem: true, tbf: true },
  ttys: new Map([['/dev/ttyS0', { kind: 'uart' }]]),
  services: [
    { name: 'httpd', process: { pid: 88, startTicks: '5' }, start: '/etc/init.d/httpd start', address: '10.0.0.100' },
  ],
  scripts: ['/etc/init.d/httpd'],
  clients: [{ pid: 99, startTicks: '6' }],
  mounts: ['/srv/data'],
  configDir: '/etc/ha.d',
  stateDir: '/var/lib/twinbeat-agent',
  stateDisk: { freeBytes: 2 ** 30, isMemory: false },
  logDir: '/var/log/ha',
  clockReason: null,
  timeDaemons: [{ pid: 77, startTicks: '4' }],
  processors: 2,
  memoryFreeBytes: 2 ** 30,
  hasWatchdog: true,
  mountPoints: new Set(['/', '/srv/data']),
};

const ROOT = '/var/lib/twinbeat-agent/faults';

function planned(name: FaultName, wish: Partial<FaultWish> = {}, at = AT) {
  return planFault(name, 'id1', { ...PLAIN_WISH, ...wish }, ROOT, at);
}

function planOf(name: FaultName, wish: Partial<FaultWish> = {}, at = AT): FaultPlan {
  const plan = planned(name, wish, at);
  if (!plan.ok) throw new Error(`${name}: ${plan.detail}`);
  return plan.value;
}

function commands(name: FaultName, wish: Partial<FaultWish> = {}, at = AT): string {
  const { inject, revert, restart } = planOf(name, wish, at);
  return [...inject, ...revert, ...restart].join('\n');
}

const possible = FAULT_NAMES.filter((name) => planned(name).ok);

describe('every plan', () => {
  test('what this node can do is what the catalogue says an agent can do', () => {
    const elsewhere = FAULT_NAMES.filter((name) => !possible.includes(name));
    // The console puts these together; each node does its leg of it.
    const legs: readonly FaultName[] = ['split', 'split-one-way'];
    for (const name of possible) {
      expect([name, faultNamed(name).doer]).toEqual([name, legs.includes(name) ? 'console' : 'agent']);
    }
    const withUsb: FaultSurroundings = {
      ...AT,
      ttys: new Map([['/dev/ttyS0', { kind: 'usb', port: '/sys/usb/1-1', latency: '/sys/latency' }]]),
    };
    const withHeartbeat = { ...AT, engine: { ...ENGINE, kind: 'heartbeat' as const, isAgent: false } };
    const writer = { ...withHeartbeat.engine, processes: () => [{ pid: 5, startTicks: '1', part: 'writer' as const }] };
    for (const name of elsewhere) {
      if (faultNamed(name).doer !== 'agent') continue;
      // The rest needs what one node cannot have all at once.
      const somewhere = [withUsb, withHeartbeat, { ...AT, engine: writer }].some((at) => planned(name, {}, at).ok);
      expect([name, somewhere]).toEqual([name, true]);
    }
  });

  test('is syntactically a shell script, injecting and undoing', () => {
    for (const name of possible) {
      const { inject, revert, restart, isGone } = planOf(name);
      const script = [...inject, ...revert, ...restart, isGone === null ? '' : `${isGone} || exit 1`].join('\n');
      expect([name, spawnSync('/bin/sh', ['-n'], { input: script, encoding: 'utf8' }).stderr]).toEqual([name, '']);
    }
  });

  test('flushes nothing, and deletes no table but its own', () => {
    for (const name of possible) {
      const text = commands(name);
      expect([name, /flush/.test(text)]).toEqual([name, false]);
      for (const match of text.matchAll(/(?:table|chain|rule) (inet|arp|netdev) (\w+)/g))
        expect([name, match[2]]).toEqual([name, 'twinbeat_id1']);
    }
  });

  test('that changes a file keeps it first and proves that it is back', () => {
    const withFiles = possible.filter((name) => planOf(name).files.length > 0);
    expect(withFiles.length).toBeGreaterThan(12);
    for (const name of withFiles) {
      const { files, revert, isGone } = planOf(name);
      for (const file of files) {
        expect(revert.join('\n')).toContain(`cp -p '${ROOT}/id1/kept-0' '${file}'`);
        expect(isGone).toContain(`cmp -s '${ROOT}/id1/kept-0' '${file}'`);
      }
    }
  });

  test('that cannot be had says why, in a sentence', () => {
    const bare: FaultSurroundings = {
      ...AT,
      links: [],
      tools: new Set(),
      ttys: new Map(),
      vips: [],
      pingAddresses: [],
      lanIface: null,
      services: [],
      scripts: [],
      clients: [],
      mounts: [],
      logDir: null,
      clockReason: 'the agent may not set the clock here',
      memoryFreeBytes: null,
      hasWatchdog: false,
      engine: { ...ENGINE, processes: () => [] },
    };
    const still = FAULT_NAMES.filter((name) => planned(name, {}, bare).ok);
    // A reboot and edited files need nothing that a node could lack.
    for (const name of still) expect(['config', 'process', 'host']).toContain(faultNamed(name).category);
    for (const name of FAULT_NAMES) {
      const plan = planned(name, {}, bare);
      if (!plan.ok) expect([name, plan.detail.length > 10]).toEqual([name, true]);
    }
  });
});

describe('networks', () => {
  test('pull-lan spares the SSH session that comes in over it, before anything is dropped', () => {
    const text = commands('pull-lan');
    expect(text.indexOf('saddr 10.0.0.9 tcp dport 22 accept')).toBeGreaterThan(0);
    expect(text.indexOf('accept', text.indexOf('saddr'))).toBeLessThan(text.indexOf('" drop'));
    expect(text).not.toContain('table arp');
    expect(planOf('pull-lan').cutsManagement).toBe(false);
    expect(commands('pull-lan', {}, { ...AT, sshSessions: [] })).toContain('add table arp');
  });

  test('pull-lan cuts it when that is asked for, and says so', () => {
    const plan = planOf('pull-lan', { cutManagement: true });
    expect(plan.cutsManagement).toBe(true);
    expect(plan.inject.join()).not.toContain('accept;');
    expect(plan.inject.join()).not.toContain('10.0.0.9');
  });

  test('pull-crossover takes the link that is not the LAN; dropping takes the named link and its port', () => {
    expect(commands('pull-crossover')).toContain('"eth1"');
    expect(commands('pull-crossover')).not.toContain('"eth0"');
    expect(commands('drop-heartbeats-in', { link: 'b' })).toContain('input iifname "eth1" udp dport 1694 drop');
    expect(commands('drop-heartbeats-in', { link: 'b' })).not.toContain('output');
    expect(commands('drop-heartbeats-out')).toContain('output oifname "eth0" udp dport 694 drop');
    expect(commands('drop-heartbeats', { link: 'u' })).toMatch(/input iifname "eth0".*output oifname "eth0"/s);
    expect(planned('drop-heartbeats-in', { link: 's' })).toMatchObject({ ok: false, reason: 'no-such-link' });
  });

  test('random loss has the share that was asked for, and refuses what is none', () => {
    expect(commands('lose-heartbeats')).toContain('numgen random mod 100 < 30 drop');
    expect(commands('lose-heartbeats', { amount: 80 })).toContain('numgen random mod 100 < 80 drop');
    expect(planned('lose-heartbeats', { amount: 120 })).toMatchObject({ ok: false, reason: 'unavailable' });
  });

  test('a queue is only put where the interface has none of its own, and only ours is taken away', () => {
    const { inject, revert } = planOf('delay-heartbeats', { link: 'b', amount: 300 });
    expect(inject[0]).toContain('exit 1');
    expect(inject[1]).toBe('tc qdisc add dev eth1 root handle 7b7b: netem delay 300ms 75ms');
    expect(revert.join()).toMatch(/if .*7b7b: root.*then tc qdisc del/);
  });

  test('the interface that SSH comes in by is never taken down', () => {
    expect(commands('nic-reset')).toContain("ip link set dev 'eth1' down");
    const all = { ...AT, sshSessions: [...AT.sshSessions], ifaceOfAddress: new Map([['10.0.0.1', 'eth1']]) };
    expect(planned('nic-reset', {}, all)).toMatchObject({ ok: false });
  });
});

describe('processes and the server', () => {
  test("a signal goes to the one process that was meant, even if its number is another's by then", () => {
    expect(commands('freeze-agent')).toContain('/proc/4711/stat');
    expect(commands('freeze-agent')).toContain('= 999 ] && kill -CONT 4711');
    expect(commands('freeze-agent')).not.toContain('4712');
    expect(commands('kill-agent')).toContain('start-it');
    expect(commands('kill-agent')).not.toContain('4712');
  });

  test('with its address guard: the guard dies first, or it would take the address off', () => {
    const text = planOf('kill-agent-and-guard').inject.join('\n');
    expect(text.indexOf('kill -KILL 4712')).toBeLessThan(text.indexOf('kill -KILL 4711'));
  });

  test('beside another engine the agent itself injects, and goes on living', () => {
    const at = { ...AT, engine: { ...ENGINE, kind: 'heartbeat' as const, isAgent: false } };
    expect(planOf('kill-agent', {}, at)).toMatchObject({ by: 'agent', isOverWhenAgentRuns: false });
    expect(planOf('kill-agent')).toMatchObject({ by: 'guard', isOverWhenAgentRuns: true });
  });

  test('a disk is filled only so far as that is bounded', () => {
    const memory = { ...AT, stateDisk: { freeBytes: 2 ** 31, isMemory: true } };
    expect(planned('disk-full', {}, memory)).toMatchObject({ ok: false });
    expect(planOf('disk-full').revert).toEqual([`rm -f '${ROOT}/id1/ballast'`]);
  });

  test('what cuts the way in says so', () => {
    const cutting = possible.filter((name) => planOf(name).cutsManagement);
    expect(cutting).toEqual(['reboot', 'watchdog-proof']);
  });
});

describe('a serial line', () => {
  test('that is a pseudo-terminal has no speed and no modem lines', () => {
    const at: FaultSurroundings = { ...AT, ttys: new Map([['/dev/ttyS0', { kind: 'pty' }]]) };
    for (const name of ['serial-wrong-baud', 'serial-mute', 'serial-deaf', 'serial-flow-stop'] as const)
      expect(planned(name, {}, at)).toMatchObject({ ok: false, reason: 'unavailable' });
    for (const name of ['serial-noise', 'serial-saturated', 'serial-port-stolen'] as const)
      expect(planned(name, {}, at).ok).toBe(true);
  });

  test('is never opened as a terminal of its own', () => {
    for (const name of ['serial-noise', 'serial-saturated', 'serial-port-stolen'] as const)
      expect(commands(name)).toMatch(/[io]flag=noctty/);
    expect(commands('serial-mute')).toContain('O_NOCTTY');
  });
});

/** What an edit makes of a text, by the very command. */
function edited(name: FaultName, text: string): string {
  const command = planOf(name).inject[0] ?? '';
  const sed = command.replace(/'[^']*kept-0' > .*$/, '');
  return spawnSync('/bin/sh', ['-c', sed], { input: text, encoding: 'utf8' }).stdout;
}

describe('configuration', () => {
  const HA =
    'keepalive 500ms\ndeadtime 3s\nudpport 694\nauto_failback off\nserial /dev/ttyS0\nnode node1.lab node2.lab\n';

  test('edits do what they say', () => {
    expect(edited('wrong-node-name', HA)).toContain('node node1.lab-x node2.lab\n');
    expect(edited('port-differs', HA)).toBe(`udpport 695\n${HA.replace('udpport 694\n', '')}`);
    expect(edited('deadtime-differs', HA)).toContain('deadtime 6000ms\n');
    expect(edited('failback-differs', HA)).toContain('auto_failback on\n');
    expect(edited('keys-differ', 'auth 1\n1 sha1 Secret\n2 md5 Other one\n')).toBe(
      'auth 1\n1 sha1 twinbeat-id1\n2 md5 twinbeat-id1\n',
    );
    expect(edited('haresources-differ', 'node1.lab 10.0.0.100 httpd\nnode2.lab 10.0.0.101\n')).toBe(
      'node2.lab 10.0.0.100 httpd\nnode1.lab 10.0.0.101\n',
    );
    expect(edited('wrong-address-interface', 'node1.lab IPaddr::10.0.0.100/24/eth0 httpd\n')).toBe(
      'node1.lab IPaddr::10.0.0.100/32/lo httpd\n',
    );
  });

  test('the engine is started again to read them, by the guard, and once more at the end', () => {
    const { inject, restart, by } = planOf('port-differs');
    expect([...inject].slice(1)).toEqual(['stop-it', 'start-it']);
    expect(restart).toEqual(['stop-it', 'start-it']);
    expect(by).toBe('guard');
  });

  test('a script fails or hangs for one action only', () => {
    const script = '#!/bin/sh\necho "$*"\n';
    const failing = edited('start-fails', script);
    const run = (text: string, ...args: string[]) => spawnSync('/bin/sh', ['-s', ...args], { input: text }).status;
    expect(run(failing, 'start')).toBe(1);
    expect(run(failing, 'data', 'start')).toBe(1);
    expect(run(failing, 'stop')).toBe(0);
    expect(edited('stop-hangs', script)).toContain('exec sleep 3600');
  });
});

test('SSH_CONNECTION', () => {
  expect(parseSshConnection('10.0.0.9 50000 10.0.0.1 22')).toEqual(AT.sshSessions[0]);
  for (const bad of ['', 'a b c d', '10.0.0.9 1 10.0.0.1', '10.0.0.9;x 1 10.0.0.1 22'])
    expect(parseSshConnection(bad)).toBeNull();
});
