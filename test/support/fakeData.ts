/** Fixed data of the fake console: the rack's pair, a preflight, a plan. */
import { RACK_PAIR_ID } from '../../electron/common/contract/console.ts';
import type { DeployPlan, PlanStep, PreflightItem } from '../../electron/common/contract/deploy.ts';
import { type PairSpec, PairSpecSchema } from '../../electron/common/contract/pair.ts';
import { FAKE_VIP } from './fakePair.ts';

export function rackSpec(): PairSpec {
  return PairSpecSchema.parse({
    schema: 'twinbeat.pair/1',
    id: RACK_PAIR_ID,
    name: 'Built-in rack',
    nodes: [
      { name: 'node1', host: '127.0.0.1', port: 42001, auth: { method: 'key', keyFile: 'rack' } },
      { name: 'node2', host: '127.0.0.1', port: 42002, auth: { method: 'key', keyFile: 'rack' } },
    ],
    probe: { kind: 'http', address: FAKE_VIP, port: 80 },
  });
}

export function siteSpec(): PairSpec {
  return PairSpecSchema.parse({
    schema: 'twinbeat.pair/1',
    id: 'substation-7',
    name: 'Substation 7',
    nodes: [
      { name: 'scada-a', host: '10.20.7.11', user: 'engineer', sudo: 'sudo-password' },
      { name: 'scada-b', host: '10.20.7.12', user: 'engineer', sudo: 'sudo-password' },
    ],
    probe: { kind: 'tcp', address: '10.20.7.10', port: 2404 },
  });
}

/** A pair with everything that the form can say: every medium, references, a plugin that fences, a watchdog. */
export function safeSpec(): PairSpec {
  return PairSpecSchema.parse({
    ...siteSpec(),
    ha: {
      keepaliveMs: 500,
      warntimeMs: 1500,
      deadtimeMs: 3000,
      initdeadMs: 30_000,
      autoFailback: 'off',
      links: [
        { medium: 'serial', device: { 'scada-a': '/dev/ttyS0', 'scada-b': '/dev/ttyS1' }, baud: 115_200 },
        { medium: 'bcast', iface: { 'scada-a': 'eth1', 'scada-b': 'eth1' } },
        {
          medium: 'ucast',
          iface: { 'scada-a': 'eth0', 'scada-b': 'eth0' },
          address: { 'scada-a': 'fd00:20:7::11', 'scada-b': 'fd00:20:7::12' },
        },
        {
          medium: 'mcast',
          iface: { 'scada-a': 'eth0', 'scada-b': 'eth0' },
          group: '239.0.0.43',
          port: 695,
          ttl: 2,
        },
      ],
      haresources: ['scada-a 10.20.7.10 httpd'],
      pingNodes: ['10.20.7.254', 'fd00:20:7::fe'],
      ipfail: true,
      fencing: {
        kind: 'plugin',
        type: 'fence_ipmilan',
        parameters: { 'scada-a': ['ip=10.20.9.11', 'username=ha'], 'scada-b': ['ip=10.20.9.12', 'username=ha'] },
      },
      takeoverRequires: ['reference', 'two-links', 'fencing'],
      watchdog: '/dev/watchdog0',
      authMethod: 'sha256',
    },
  });
}

export function fakePreflight(nodes: readonly string[]): PreflightItem[] {
  const rows: readonly Omit<PreflightItem, 'node'>[] = [
    { code: 'reachable', result: 'ok', found: 'SSH-2.0-OpenSSH_9.2p1', advice: '' },
    { code: 'privilege', result: 'ok', found: 'root', advice: '' },
    { code: 'os', result: 'ok', found: 'Debian GNU/Linux 12', advice: '' },
    { code: 'architecture', result: 'ok', found: 'x86_64', advice: '' },
    { code: 'hostname', result: 'ok', found: 'equals uname -n', advice: '' },
    { code: 'interfaces', result: 'ok', found: 'eth0 192.168.2.1/24, eth1 10.0.0.1/24', advice: '' },
    { code: 'serial', result: 'ok', found: '/dev/ttyS0, free', advice: '' },
    { code: 'vip-free', result: 'ok', found: `nobody answers for ${FAKE_VIP}`, advice: '' },
    {
      code: 'clock',
      result: 'warning',
      found: 'offset 1.2 ms ± 0.4 ms',
      advice: 'No time service runs. Times in logs of the two nodes will drift apart.',
    },
  ];
  return nodes.flatMap((node) => rows.map((row) => ({ ...row, node })));
}

export function fakePlan(action: 'deploy' | 'remove', nodes: readonly string[], installed: boolean): DeployPlan {
  const unchanged = action === 'deploy' && installed;
  const step = (
    node: string,
    n: number,
    kind: PlanStep['kind'],
    target: string,
    detail: string,
    bytes: number | null,
  ): PlanStep => ({
    id: `${node}-${n}`,
    node,
    kind,
    target,
    detail,
    bytes,
    unchanged,
  });
  const deploy = (node: string): PlanStep[] => [
    step(
      node,
      1,
      'upload',
      '/opt/twinbeat-agent/versions/0.1.0-5c1e77ab',
      'runtime, script, native modules',
      38_400_000,
    ),
    step(node, 2, 'write', '/etc/ha.d/ha.cf', 'timing and links', 412),
    step(node, 3, 'write', '/etc/ha.d/haresources', `node1 ${FAKE_VIP} whoami-http`, 38),
    step(node, 4, 'write', '/etc/ha.d/authkeys', 'mode 0600', 60),
    step(node, 5, 'link', '/opt/twinbeat-agent/current', '-> versions/0.1.0-5c1e77ab', null),
    step(node, 6, 'command', 'systemctl enable --now twinbeat-agent', '', null),
    step(node, 7, 'verify', 'twinbeat-agent status', 'the agent answers', null),
  ];
  const remove = (node: string): PlanStep[] => [
    step(node, 1, 'command', 'systemctl disable --now twinbeat-agent', '', null),
    step(node, 2, 'remove', '/opt/twinbeat-agent', 'all versions', null),
    step(node, 3, 'verify', 'file listing equals the one before', '', null),
  ];
  const order = action === 'deploy' ? deploy : remove;
  return {
    planId: `${action}-1`,
    action,
    version: '0.1.0',
    preflight: fakePreflight(nodes),
    blocked: false,
    steps: nodes.flatMap(order),
  };
}
