import i18next from 'i18next';
import { expect, test } from 'vitest';
import { connect } from '../../../../agent/common/rpc/client.ts';
import { memoryChannelPair } from '../../../../agent/common/rpc/memory.ts';
import { RpcError } from '../../../../agent/common/rpc/messages.ts';
import { serve } from '../../../../agent/common/rpc/server.ts';
import { consoleContract } from '../../../../electron/common/contract/console.ts';
import { quote, say } from '../../../../electron/common/words/sentence.ts';
import { saidText } from '../../../../renderer/lib/said.ts';
import { zhCN } from '../../../../renderer/locales/zh-CN.ts';
import type { ConsoleClient } from '../../../../renderer/rpc/link.ts';
import { FlowError, type FlowProgress, runRackFlow } from '../../../../renderer/stores/rackFlow.ts';
import { FakeConsole } from '../../../support/fakeConsole.ts';
import { fakePlan } from '../../../support/fakeData.ts';

/** Runs the flow against a fake whose implementation a test may change. */
async function flow(
  change: (fake: FakeConsole) => Partial<FakeConsole['implementation']>,
  signal = new AbortController().signal,
) {
  const fake = new FakeConsole({ pace: 0 });
  const [near, far] = memoryChannelPair();
  const stop = serve(far, consoleContract, { ...fake.implementation, ...change(fake) }, null);
  const reports: FlowProgress[] = [];
  let upAt = -1;
  try {
    const client: ConsoleClient = connect(near, consoleContract);
    const onUp = (): void => void (upAt = reports.length);
    await runRackFlow(client, { setup: 's5' }, (progress) => reports.push(progress), signal, { onUp });
  } finally {
    stop();
    fake.close();
    near.close();
  }
  return { reports, upAt, fake };
}

test('flow: one call takes the rack from nothing to a settled pair, step after step', async () => {
  const { reports, upAt, fake } = await flow(() => ({}));
  const steps = reports.map((r) => r.step).filter((step, i, all) => step !== all[i - 1]);
  expect(steps).toEqual(['rack', 'connect', 'deploy', 'settle']);
  expect(reports.at(-1)?.phase).toBe('done');
  expect(fake.pair.holders()).toHaveLength(1);
  expect(fake.pair.nodes.map((n) => n.agent)).toEqual(['running', 'running']);
  // The pair is shown as soon as the rack is up, not only at the end.
  expect(reports[upAt]?.step).toBe('connect');
});

test('flow: deployment reports a growing share', async () => {
  const { reports } = await flow(() => ({}));
  const shares = reports.filter((r) => r.step === 'deploy').flatMap((r) => (r.share === null ? [] : [r.share]));
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect(shares.at(-1)).toBe(1);
});

test('flow: a rack that cannot start says why', async () => {
  const failed = (fake: FakeConsole) => ({
    rackUp: () => ({ ...fake.rackState(), phase: 'failed' as const, detail: 'no user namespaces' }),
  });
  await expect(flow(failed)).rejects.toThrow('no user namespaces');
});

test('flow: a blocked plan is not applied, and the failed check is told', async () => {
  let applied = false;
  const blocked = () => ({
    deployPlan: () => {
      const plan = fakePlan('deploy', ['node1', 'node2'], false);
      const preflight = plan.preflight.map((p, i) =>
        i === 0 ? { ...p, result: 'failed' as const, found: 'disk full', advice: 'make room' } : p,
      );
      return { ...plan, blocked: true, preflight };
    },
    deployApply: async function* () {
      applied = true;
    },
  });
  await expect(flow(blocked)).rejects.toThrow('node1: disk full; make room');
  expect(applied).toBe(false);
});

test('flow: a failed step ends it with what it was doing', async () => {
  const broken = () => ({
    deployApply: async function* () {
      yield {
        stepId: 'node1-2',
        node: 'node1',
        phase: 'failed' as const,
        detail: 'read-only file system',
        doneBytes: null,
        totalBytes: null,
      };
    },
  });
  await expect(flow(broken)).rejects.toThrow('/etc/ha.d/ha.cf read-only file system');
});

test('flow: a server that refuses us for good ends it at once', async () => {
  const refused = (fake: FakeConsole) => ({
    pairState: async function* () {
      const state = fake.pairState();
      state.nodes[1] = { ...state.nodes[1], phase: 'gave-up', detail: 'permission denied' };
      yield state;
    },
  });
  const words = say('ofNode', { node: 'node2', why: quote({ detail: 'permission denied' }) });
  await expect(flow(refused)).rejects.toThrow(new FlowError(words));
});

test('flow: cancelled in the middle it stops there', async () => {
  const stop = new AbortController();
  const onDeploy = (fake: FakeConsole) => ({
    deployApply: async function* (...args: Parameters<typeof fake.implementation.deployApply>) {
      for await (const item of fake.implementation.deployApply(...args)) {
        yield item;
        stop.abort();
      }
    },
  });
  await expect(flow(onDeploy, stop.signal)).rejects.toThrow();
});

test('flow: what the core says of the nodes reaches the screen with its codes, not only in English', async () => {
  const lost = say('lost', { layer: say('layer-tcp'), why: say('tcp-ECONNRESET') });
  const refused = (fake: FakeConsole) => ({
    pairState: async function* () {
      const state = fake.pairState();
      state.nodes[0] = { ...state.nodes[0], phase: 'gave-up', ...lost };
      yield state;
    },
  });
  const t = await i18next.createInstance().init({ lng: 'zh-CN', resources: { 'zh-CN': { translation: zhCN } } });
  const error = await flow(refused).catch((e: unknown) => e);
  expect(error instanceof FlowError && saidText(error.words, t)).toBe(
    'node1：连接断开（TCP）：连接被重置（ECONNRESET）',
  );
});

test('flow: a rack that fails to come up says why in the words of its state', async () => {
  const late = say('rackLate', { doing: say('rackNamespaces') });
  const failing = (fake: FakeConsole) => ({
    rackState: async function* () {
      yield { ...fake.rackState(), phase: 'failed' as const, ...late };
    },
    rackUp: async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw new RpcError('rack-failed', late.detail);
    },
  });
  const t = await i18next.createInstance().init({ lng: 'zh-CN', resources: { 'zh-CN': { translation: zhCN } } });
  const error = await flow(failing).catch((e: unknown) => e);
  expect(error instanceof FlowError && saidText(error.words, t)).toBe('未能按时启动（正在创建命名空间）');
});
