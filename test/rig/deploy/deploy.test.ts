// Deploying to two isolated servers: idempotent, without a trace on removal, whole or not at all when cut.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DeployPlan, DeployProgress } from '../../../electron/common/contract/deploy.ts';
import { NodeSpecSchema, PairSpecSchema } from '../../../electron/common/contract/pair.ts';
import type { PairSpec } from '../../../electron/common/contract/pair.ts';
import { createDeployer } from '../../../electron/core/deploy/index.ts';
import type { AgentPayload } from '../../../electron/core/deploy/index.ts';
import { SshConnection, knownHostsFile } from '../../../electron/core/ssh/index.ts';
import { fakeAgent } from '../../support/fakeAgent.ts';
import { isolatedNode, isolationMissing, joinNodes } from '../../support/isolatedNode.ts';
import type { IsolatedNode } from '../../support/isolatedNode.ts';

const never = new AbortController().signal;

/** Waits until no change is prepared or under way on a node any more. */
async function quiet(node: IsolatedNode): Promise<void> {
  const busy =
    'test -e /opt/twinbeat-agent/staging || test -e /opt/twinbeat-agent/transaction || test -e /opt/twinbeat-agent.removed';
  while (node.sh(`if ${busy}; then echo busy; fi`) !== '') await new Promise((resolve) => setTimeout(resolve, 50));
}

describe.skipIf(isolationMissing() !== null)('deploy to isolated servers', { timeout: 120_000 }, () => {
  let work: string;
  let nodes: [IsolatedNode, IsolatedNode];
  let pair: PairSpec;
  let hosts: SshConnection[];
  let payload: AgentPayload;

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'twinbeat-deploy-'));
    payload = fakeAgent(work, '1.0.0');
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));
  beforeEach(async () => {
    nodes = [await isolatedNode('node1'), await isolatedNode('node2')];
    joinNodes(...nodes, 'eth1', '10.77.0');
    pair = PairSpecSchema.parse({
      schema: 'twinbeat.pair/1',
      id: 'test',
      name: 'test',
      nodes: nodes.map((node) => ({ name: node.name, host: node.name, hostKeys: [node.hostKeySha256] })),
      ha: {
        keepaliveMs: 500,
        warntimeMs: 1000,
        deadtimeMs: 3000,
        initdeadMs: 6000,
        autoFailback: 'off',
        links: [{ medium: 'bcast', iface: { node1: 'eth1', node2: 'eth1' } }],
        haresources: ['node1 10.77.0.100'],
      },
    });
    hosts = [];
    for (const node of nodes) hosts.push(await connected(node));
  });
  afterEach(async () => {
    for (const host of hosts) await host.close();
    for (const node of nodes) await node.dispose();
  });

  async function connected(node: IsolatedNode): Promise<SshConnection> {
    const spec = NodeSpecSchema.parse({ name: node.name, host: node.name, hostKeys: [node.hostKeySha256] });
    const host = new SshConnection(spec, {
      hostKeys: knownHostsFile(join(work, 'known_hosts')),
      privateKeyPem: node.clientKeyPem,
      dial: node.dial,
    });
    host.connect(null);
    expect(await host.settled(), host.state().detail).toBe(true);
    return host;
  }
  const deployer = (with_ = payload): ReturnType<typeof createDeployer> =>
    createDeployer({ payload: with_, cacheDir: join(work, 'cache') });

  async function apply(
    action: 'deploy' | 'remove',
    options: {
      payload?: AgentPayload;
      onProgress?: (progress: DeployProgress, count: number) => void;
      signal?: AbortSignal;
    } = {},
  ): Promise<{ plan: DeployPlan; progress: DeployProgress[]; last: Map<string, DeployProgress> }> {
    const maker = deployer(options.payload);
    const plan = await maker.plan(pair, hosts, action);
    expect(plan.blocked, JSON.stringify(plan.preflight.filter((item) => item.result === 'failed'))).toBe(false);
    const progress: DeployProgress[] = [];
    for await (const one of maker.apply(plan.planId, options.signal ?? never)) {
      progress.push(one);
      options.onProgress?.(one, progress.length);
    }
    return { plan, progress, last: new Map(progress.map((one) => [one.stepId, one])) };
  }

  test('preflight of two bare servers: every item is judged, nothing fails', async () => {
    const items = [];
    for await (const item of deployer().preflight(pair, hosts, never)) items.push(item);
    for (const node of ['node1', 'node2']) {
      const mine = items.filter((item) => item.node === node);
      expect(mine.filter((item) => item.result !== 'ok')).toEqual([]);
      expect(mine.map((item) => item.code).sort()).toEqual(
        'agreement architecture clock disk fencing hostname installed interfaces keys libc os other-engine ping-nodes ports privilege reachable runtime serial serial-line vip-free watchdog'.split(
          ' ',
        ),
      );
    }
  });

  test('preflight finds what is wrong: name, interface, serial device, port, stranger on the address', async () => {
    nodes[0].sh('hostname other; ip link set eth1 down');
    // The other end of a cable to nowhere answers for the address: neither of the two nodes.
    const stranger = await isolatedNode('stranger');
    joinNodes(nodes[1], stranger, 'eth2', '10.78.0');
    stranger.sh('ip addr add 10.78.0.100/24 dev eth2');
    nodes[1].sh(
      `setsid ${process.execPath} -e "require('dgram').createSocket('udp4').bind(694)" </dev/null >/dev/null 2>&1 & sleep 0.5`,
    );
    const ha = {
      ...pair.ha,
      haresources: ['node1 10.78.0.100'],
      links: [...(pair.ha?.links ?? []), { medium: 'serial', device: { node1: "/dev/tty'S9", node2: '/dev/null' } }],
    };
    pair = PairSpecSchema.parse({ ...pair, ha });
    const found = new Map<string, string>();
    for await (const item of deployer().preflight(pair, hosts, never))
      if (item.result !== 'ok') found.set(`${item.node} ${item.code} ${item.result}`, item.found);
    await stranger.dispose();
    expect([...found.keys()].sort()).toEqual([
      'node1 hostname failed',
      'node1 interfaces warning',
      'node1 serial failed',
      'node1 vip-free failed',
      // A cable whose other end is down carries nothing here either.
      'node2 interfaces warning',
      'node2 ports failed',
      'node2 serial failed',
      'node2 vip-free failed',
    ]);
    expect(found.get('node2 vip-free failed')).toMatch(/stranger \(([0-9a-f]{2}:){5}/i);
    expect(found.get('node1 serial failed')).toContain("/dev/tty'S9");
    const plan = await deployer().plan(pair, hosts, 'deploy');
    expect(plan).toMatchObject({ blocked: true, steps: [] });
  });

  test('deploy, deploy again, new version, remove: idempotent, and removal leaves every file as it was', async () => {
    nodes[0].sh(
      'mkdir -p /etc/ha.d && printf "was here\\n" >/etc/ha.d/ha.cf && chmod 640 /etc/ha.d/ha.cf && mkdir /var/log/other',
    );
    const before = nodes.map((node) => node.snapshot());
    const first = await apply('deploy');
    expect([...first.last.values()].map((one) => one.phase)).toEqual(first.plan.steps.map(() => 'done'));
    expect(first.progress.some((one) => one.doneBytes !== null && one.doneBytes === one.totalBytes)).toBe(true);
    for (const node of nodes) {
      expect(node.sh('/etc/init.d/twinbeat-agent status')).toContain('is running');
      expect(node.sh('stat -c %a /etc/ha.d/authkeys').trim()).toBe('600');
      expect(node.sh('cat /opt/twinbeat-agent/current/native/linux-*/fake.node')).toBe(process.arch);
    }
    const key = nodes[0].sh('cat /etc/ha.d/authkeys');
    expect(key).toMatch(/^auth 1\n1 sha1 [0-9a-f]{40}\n$/);
    expect(nodes[1].sh('cat /etc/ha.d/authkeys')).toBe(key);
    expect(JSON.stringify([first.plan, first.progress])).not.toContain(key.split(' ').at(-1)?.trim());

    const pids = nodes.map((node) => node.sh('cat /run/twinbeat-agent/agent.pid'));
    const deployed = nodes.map((node) => node.snapshot());
    const second = await apply('deploy');
    expect(second.plan.steps.filter((step) => !step.unchanged).map((step) => step.kind)).toEqual(['verify', 'verify']);
    expect(nodes.map((node) => node.sh('cat /run/twinbeat-agent/agent.pid'))).toEqual(pids);
    expect(nodes.map((node) => node.snapshot())).toEqual(deployed);

    const newer = await apply('deploy', { payload: fakeAgent(work, '1.0.1') });
    expect([...newer.last.values()].filter((one) => one.phase !== 'done' && one.phase !== 'skipped')).toEqual([]);
    expect(nodes[0].sh('ls /opt/twinbeat-agent/versions')).toMatch(/^1\.0\.1-[0-9a-f]{8}\n$/);

    const removed = await apply('remove');
    expect([...removed.last.values()].filter((one) => one.phase !== 'done')).toEqual([]);
    expect(nodes.map((node) => node.snapshot())).toEqual(before);
    const again = await apply('remove');
    expect(again.plan.steps.every((step) => step.unchanged || step.kind === 'verify')).toBe(true);
  });

  test('everything that a pair file can demand arrives, is left alone the second time, and goes again', async () => {
    const plain = pair.ha;
    for (const node of nodes) {
      // Stands for a gateway: an address that answers. A device that nobody has open: the agent of this test does not open it either.
      node.sh('ip addr add 10.99.0.1/32 dev lo');
      node.sh(
        'mkdir -p /etc/ha.d/stonith.d && printf "#!/bin/sh\n" >/etc/ha.d/stonith.d/off && chmod 755 /etc/ha.d/stonith.d/off',
      );
    }
    const before = nodes.map((node) => node.snapshot());
    const links = [
      { medium: 'bcast', iface: { node1: 'eth1', node2: 'eth1' } },
      { medium: 'mcast', iface: { node1: 'eth1', node2: 'eth1' }, group: '225.0.0.7' },
    ];
    const fencing = { kind: 'plugin', type: 'off', parameters: { node1: ['p1'], node2: ['p2'] } };
    const safe = { pingNodes: ['10.99.0.1'], ipfail: true, fencing, watchdog: '/dev/full', authMethod: 'sha256' };
    const ha = { ...plain, links, ...safe, takeoverRequires: ['reference', 'two-links', 'fencing'] };
    pair = PairSpecSchema.parse({ ...pair, ha });
    const first = await apply('deploy');
    expect([...first.last.values()].filter((one) => one.phase !== 'done')).toEqual([]);
    expect(first.plan.preflight.filter((item) => item.result !== 'ok')).toEqual([]);
    for (const [node, peer] of [nodes, [...nodes].reverse()] as [IsolatedNode, IsolatedNode][]) {
      const haCf = node.sh('cat /etc/ha.d/ha.cf').split('\n');
      expect(haCf).toContain('mcast eth1 225.0.0.7 694 1 0');
      expect(haCf).toContain('ping 10.99.0.1');
      expect(haCf).toContain('respawn hacluster /usr/libexec/heartbeat/ipfail');
      expect(haCf).toContain(`stonith_host ${node.name} off p${peer.name.slice(-1)}`);
      expect(haCf).toContain('watchdog /dev/full');
      expect(node.sh('cat /etc/ha.d/twinbeat.cf')).toMatch(/^#.*\ntakeover_requires reference two_links fencing\n$/);
      expect(node.sh('cat /etc/ha.d/authkeys')).toMatch(/^auth 1\n1 sha256 [0-9a-f]{64}\n$/);
    }
    const again = await apply('deploy');
    expect(again.plan.steps.filter((step) => !step.unchanged).map((step) => step.kind)).toEqual(['verify', 'verify']);

    // Nothing is demanded any more: our own file goes.
    pair = PairSpecSchema.parse({ ...pair, ha: plain });
    const less = await apply('deploy');
    expect(less.plan.steps.filter((step) => step.kind === 'remove').map((step) => step.target)).toEqual([
      '/etc/ha.d/twinbeat.cf',
      '/etc/ha.d/twinbeat.cf',
    ]);
    for (const node of nodes) expect(node.sh('ls /etc/ha.d')).not.toContain('twinbeat.cf');
    await apply('remove');
    expect(nodes.map((node) => node.snapshot())).toEqual(before);
  });

  test('a demand that cannot be met is named before anything is done, and what is missing on a node too', async () => {
    pair = PairSpecSchema.parse({ ...pair, ha: { ...pair.ha, takeoverRequires: ['two-links'] } });
    const gap = await deployer().plan(pair, hosts, 'deploy');
    expect(gap).toMatchObject({ blocked: true, steps: [] });
    expect(gap.preflight).toMatchObject([{ code: 'pair-file', found: expect.stringContaining('ha.links') as string }]);
    const fencing = { kind: 'plugin', type: 'external/none', parameters: { node1: [], node2: [] } };
    const missing = { pingNodes: ['10.77.0.77'], takeoverRequires: ['reference'], fencing, watchdog: '/dev/none' };
    pair = PairSpecSchema.parse({ ...pair, ha: { ...pair.ha, ...missing } });
    nodes[1].sh('mkdir -p /etc/ha.d && printf "auth 1\n1 sha1 here\n" >/etc/ha.d/authkeys');
    nodes[0].sh('mkdir -p /etc/ha.d && printf "auth 1\n1 sha1 there\n" >/etc/ha.d/authkeys');
    const plan = await deployer().plan(pair, hosts, 'deploy');
    const found = plan.preflight
      .filter((item) => item.result !== 'ok')
      .map((item) => `${item.node} ${item.code} ${item.result}`);
    expect(found.sort()).toEqual(
      ['node1', 'node2'].flatMap((node) => [
        `${node} fencing failed`,
        `${node} keys warning`,
        `${node} ping-nodes failed`,
        `${node} watchdog failed`,
      ]),
    );
  });

  test('an agent that does not start is taken back: to nothing at first, to the old version later', async () => {
    const before = nodes.map((node) => node.snapshot());
    const failed = await apply('deploy', { payload: fakeAgent(work, '2.0.0-FAIL') });
    expect([...failed.last.values()].find((one) => one.phase === 'failed')?.detail).toContain('told so');
    expect(nodes.map((node) => node.snapshot())).toEqual(before);

    await apply('deploy');
    const deployed = nodes.map((node) => node.snapshot());
    const again = await apply('deploy', { payload: fakeAgent(work, '2.0.0-FAIL') });
    expect([...again.last.values()].some((one) => one.phase === 'failed')).toBe(true);
    // One node after the other: the second one was never touched.
    expect([...again.last.values()].filter((one) => one.phase === 'rolled-back').map((one) => one.node)).toContain(
      'node2',
    );
    expect(nodes.map((node) => node.snapshot())).toEqual(deployed);
    for (const node of nodes) expect(node.sh('/etc/init.d/twinbeat-agent status')).toContain('is running');
  });

  test('cancelled before the switch, both nodes are as they were', async () => {
    const before = nodes.map((node) => node.snapshot());
    const abort = new AbortController();
    const cancelled = await apply('deploy', {
      signal: abort.signal,
      onProgress: (one) => one.detail === 'ready to be switched' && abort.abort(),
    });
    expect([...cancelled.last.values()].every((one) => one.phase === 'rolled-back' || one.phase === 'waiting')).toBe(
      true,
    );
    for (const node of nodes) await quiet(node);
    expect(nodes.map((node) => node.snapshot())).toEqual(before);
  });

  test.each(['the agent at boot', 'the next deployment'])(
    'a change that a power cut ended half-way is finished by %s',
    async (finisher) => {
      await apply('deploy');
      const newer = fakeAgent(work, '1.0.1');
      let killed = false;
      const cutShort = await apply('deploy', {
        payload: newer,
        onProgress: (one) => {
          // The first step on the node itself: the script that works there alone dies in the middle.
          if (killed || one.node !== 'node1' || one.phase !== 'running' || one.doneBytes !== null || one.detail !== '')
            return;
          killed = true;
          nodes[0].sh('kill -KILL $(cat /opt/twinbeat-agent/transaction/pid)');
        },
      });
      expect([...cutShort.last.values()].some((one) => one.phase === 'failed' && one.node === 'node1')).toBe(true);
      expect(nodes[0].sh('ls /opt/twinbeat-agent')).toContain('transaction');

      if (finisher === 'the agent at boot') {
        nodes[0].sh('/etc/init.d/twinbeat-agent restart');
        expect(nodes[0].sh('readlink /opt/twinbeat-agent/current')).toMatch(/^versions\/1\.0\.1-/);
        expect(nodes[0].sh('ls /opt/twinbeat-agent')).not.toContain('transaction');
      }
      const completed = await apply('deploy', { payload: newer });
      expect([...completed.last.values()].filter((one) => one.phase !== 'done' && one.phase !== 'skipped')).toEqual([]);
      for (const node of nodes) expect(node.sh('ls /opt/twinbeat-agent/versions')).toMatch(/^1\.0\.1-[0-9a-f]{8}\n$/);
    },
  );

  test(
    'the connection cut at any moment leaves the old state or the new one, and the next deployment completes',
    { timeout: 300_000 },
    async () => {
      // Without an address preflight need not wait for strangers to answer.
      pair = PairSpecSchema.parse({ ...pair, ha: { ...pair.ha, haresources: ['node1 httpd'] } });
      const before = nodes.map((node) => node.snapshot());
      const whole = await apply('deploy');
      const events = whole.progress.length;
      const key = nodes[0].sh('cat /etc/ha.d/authkeys');
      const withoutKey = (text: string): string => text.replace(/^[0-9a-f]{64} {2}\/etc\/ha\.d\/authkeys$/m, '');
      const after = nodes.map((node) => withoutKey(node.snapshot()));
      expect(key).not.toBe('');
      await apply('remove');
      expect(nodes.map((node) => node.snapshot())).toEqual(before);
      const seen = new Set<string>();
      // Some moments, evenly spread: each costs a deployment, another one and a removal.
      for (let at = 2; at <= events; at += Math.ceil(events / 8)) {
        await apply('deploy', {
          onProgress: (_one, count) => count === at && nodes.forEach((node) => node.cut()),
        }).catch(() => undefined);
        for (const [index, node] of nodes.entries()) {
          await quiet(node);
          const now = node.snapshot();
          const state = now === before[index] ? 'old' : withoutKey(now) === after[index] ? 'new' : 'neither';
          seen.add(state);
          if (state === 'neither')
            expect(withoutKey(now), `cut at event ${at} of ${events} on ${node.name}`).toBe(after[index]);
        }
        for (const host of hosts) {
          host.retryNow();
          while (!(await host.settled())) await new Promise((resolve) => setTimeout(resolve, 50));
        }
        const completed = await apply('deploy');
        expect(
          [...completed.last.values()].filter((one) => one.phase === 'failed'),
          `after a cut at event ${at}`,
        ).toEqual([]);
        await apply('remove');
        expect(
          nodes.map((node) => node.snapshot()),
          `removed after a cut at event ${at}`,
        ).toEqual(before);
      }
      expect([...seen].sort()).toEqual(['new', 'old']);
    },
  );
});
