// Becoming root by the real sudo on an isolated server, and deploying that way.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { NodeSpecSchema, PairSpecSchema } from '../../../electron/common/contract/pair.ts';
import type { NodeSecrets, NodeSpec } from '../../../electron/common/contract/pair.ts';
import { createDeployer } from '../../../electron/core/deploy/index.ts';
import { SshConnection, knownHostsFile } from '../../../electron/core/ssh/index.ts';
import { fakeAgent } from '../../support/fakeAgent.ts';
import { isolatedNode, isolationMissing } from '../../support/isolatedNode.ts';
import type { IsolatedNode } from '../../support/isolatedNode.ts';

const missing = isolationMissing() ?? (existsSync('/usr/bin/sudo') ? null : 'sudo is not installed');

describe.skipIf(missing !== null)('becoming root by sudo', { timeout: 60_000 }, () => {
  let work: string;
  let node: IsolatedNode;
  const open: SshConnection[] = [];
  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'twinbeat-sudo-'));
    node = await isolatedNode('node1');
    node.sh("useradd -M -s /bin/sh op && echo 'op:pa ss' | chpasswd");
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) await connection.close();
  });
  afterAll(async () => {
    await node.dispose();
    rmSync(work, { recursive: true, force: true });
  });

  function spec(sudo: NodeSpec['sudo']): NodeSpec {
    return NodeSpecSchema.parse({ name: 'node1', host: 'node1', user: 'op', sudo, hostKeys: [node.hostKeySha256] });
  }
  async function connected(sudo: NodeSpec['sudo'], secrets: NodeSecrets | null = null): Promise<SshConnection> {
    const made = new SshConnection(spec(sudo), {
      hostKeys: knownHostsFile(join(work, 'known_hosts')),
      privateKeyPem: node.clientKeyPem,
      dial: node.dial,
    });
    open.push(made);
    made.connect(secrets);
    expect(await made.settled(), made.state().detail).toBe(true);
    return made;
  }
  const rule = (text: string): string =>
    node.sh(`printf '%s\\n' '${text}' >/etc/sudoers.d/op && chmod 440 /etc/sudoers.d/op`);
  const secrets = (sudoPassword: string): NodeSecrets => ({ sudoPassword, remember: false });

  test('with a password: right, wrong, none; the command gets its input and only its input', async () => {
    rule('op ALL=(ALL) ALL');
    const right = await connected('sudo-password', secrets('pa ss'));
    expect(await right.run('id -u; cat', { asRoot: true, stdin: 'payload' })).toMatchObject({
      ok: true,
      value: { code: 0, stdout: '0\npayload' },
    });
    expect(await right.run('id -un')).toMatchObject({ ok: true, value: { stdout: 'op\n' } });
    const wrong = await connected('sudo-password', secrets('no'));
    expect(await wrong.run('id -u', { asRoot: true })).toMatchObject({ ok: false, reason: 'sudo-password-wrong' });
    const none = await connected('sudo-password');
    expect(await none.run('id -u', { asRoot: true })).toMatchObject({ ok: false, reason: 'sudo-password-needed' });
    const asking = await connected('sudo');
    expect(await asking.run('id -u', { asRoot: true })).toMatchObject({ ok: false, reason: 'root-refused' });
  });

  test('without a password: nothing is sent that the command could read', async () => {
    rule('op ALL=(ALL) NOPASSWD: ALL');
    for (const sudo of ['sudo', 'sudo-password'] as const) {
      const made = await connected(sudo, secrets('pa ss'));
      expect(await made.run('cat', { asRoot: true, stdin: 'payload' })).toMatchObject({
        ok: true,
        value: { stdout: 'payload' },
      });
    }
  });

  test('not a sudoer: said in the words of sudo', async () => {
    rule('# nobody');
    const made = await connected('sudo-password', secrets('pa ss'));
    const refused = await made.run('id -u', { asRoot: true });
    expect(refused).toMatchObject({ ok: false, reason: 'root-refused' });
    expect(refused.ok ? '' : refused.detail).toMatch(/sudoers/);
    const items = [];
    const deployer = createDeployer({ payload: fakeAgent(work, '1.0.0'), cacheDir: join(work, 'cache') });
    const pair = PairSpecSchema.parse({
      schema: 'twinbeat.pair/1',
      id: 'p',
      name: 'p',
      nodes: [made.spec, { name: 'node2', host: 'x' }],
    });
    for await (const item of deployer.preflight(pair, [made], new AbortController().signal)) items.push(item);
    expect(items).toMatchObject([{ code: 'privilege', result: 'failed' }]);
  });

  test('a whole deployment and removal as an ordinary user', async () => {
    rule('op ALL=(ALL) ALL');
    node.sh('mkdir -p /etc/ha.d && echo "node node1" >/etc/ha.d/ha.cf');
    const before = node.snapshot();
    const host = await connected('sudo-password', secrets('pa ss'));
    const pair = PairSpecSchema.parse({
      schema: 'twinbeat.pair/1',
      id: 'p',
      name: 'p',
      nodes: [host.spec, { name: 'node2', host: 'x' }],
    });
    const deployer = createDeployer({ payload: fakeAgent(work, '1.0.0'), cacheDir: join(work, 'cache') });
    for (const action of ['deploy', 'remove'] as const) {
      const plan = await deployer.plan(pair, [host], action);
      expect(plan.preflight.filter((item) => item.result === 'failed')).toEqual([]);
      const phases = new Map<string, string>();
      for await (const one of deployer.apply(plan.planId, new AbortController().signal))
        phases.set(one.stepId, `${one.phase} ${one.detail}`);
      expect([...phases.values()].filter((text) => !text.startsWith('done'))).toEqual([]);
      if (action === 'deploy') expect(node.sh('/etc/init.d/twinbeat-agent status')).toContain('is running');
    }
    expect(node.snapshot()).toBe(before);
  });
});
