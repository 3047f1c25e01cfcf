// The whole core over its contract, with a rack, nodes and agents made of memory: connect, verdicts, faults, drill, session.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect } from '../../../agent/common/rpc/client.ts';
import type { Client } from '../../../agent/common/rpc/contract.ts';
import { memoryChannelPair } from '../../../agent/common/rpc/memory.ts';
import { serve } from '../../../agent/common/rpc/server.ts';
import { consoleContract, RACK_PAIR_ID } from '../../../electron/common/contract/console.ts';
import type { ConsoleContract } from '../../../electron/common/contract/console.ts';
import type { DrillResult } from '../../../electron/common/contract/deploy.ts';
import type { SessionBatch } from '../../../electron/common/contract/session.ts';
import type { PairState } from '../../../electron/common/contract/state.ts';
import { createConsole } from '../../../electron/core/service/console.ts';
import type { ConsoleCore } from '../../../electron/core/service/console.ts';
import { noSecretStore } from '../../../electron/core/service/secrets.ts';
import { FEED_VIP, FeedAgent, FeedConnector } from '../../support/feedAgent.ts';
import { MemoryRack } from '../../support/memoryRack.ts';

let dir: string;
let rack: MemoryRack;
let core: ConsoleCore;
let client: Client<ConsoleContract>;
let agents: { a: FeedAgent; b: FeedAgent };
let connectors: FeedConnector[];
let beat: NodeJS.Timeout;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'twinbeat-core-'));
  agents = { a: new FeedAgent('a', 'b', 7_000_000), b: new FeedAgent('b', 'a', -3000) };
  connectors = [];
  rack = new MemoryRack();
  core = createConsole({
    host: 'cli',
    version: '0.0.0',
    configDir: dir,
    dataDir: dir,
    resourcesDir: join(import.meta.dirname, '../../../resources'),
    lab: rack.port(),
    secretStore: noSecretStore('none in this test'),
    createConnector: (spec) => {
      const connector = new FeedConnector(spec.name, spec.name === 'a' ? agents.a : agents.b);
      connectors.push(connector);
      return connector;
    },
    deployer: {
      preflight: () => ({
        [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
      }),
      plan: () => Promise.reject(new Error('not in this test')),
      apply: () => ({
        [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
      }),
    },
    probe: { runtime: 'node', bundle: 'agent.cjs' },
    report: () => undefined,
    wallMs: () => Date.now(),
  });
  const [near, far] = memoryChannelPair();
  serve(far, consoleContract, core.implementation, {});
  client = connect(near, consoleContract);
  beat = setInterval(() => {
    for (const agent of Object.values(agents)) if (!agent.frozen) agent.sample();
  }, 50);
});
afterEach(async () => {
  clearInterval(beat);
  await core.close();
  rack.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Follows the pair's state until it is as wanted; vitest's own time limit bounds it. */
async function state(wanted: (state: PairState) => boolean, pairId = RACK_PAIR_ID): Promise<PairState> {
  for await (const now of client.pairState({ pairId })) if (wanted(now)) return now;
  throw new Error('the state ended');
}

const verdict = (s: PairState): string | undefined => s.vips[0]?.verdict;

async function rackWithHolder(): Promise<void> {
  await client.rackUp({});
  await state((s) => s.nodes.every((n) => n.agent.phase === 'attached'));
  agents.a.hold(true);
  rack.answeredBy = 'a';
  await state((s) => verdict(s) === 'one' && s.probe.answeredBy === 'a');
}

describe('the rack', () => {
  test('comes up, is connected by itself, and goes down with everything', async () => {
    await rackWithHolder();
    const now = await state(() => true);
    expect(now).toMatchObject({ isRack: true, pairId: RACK_PAIR_ID });
    expect(now.nodes[0].clock?.offsetMs).toBeGreaterThan(6_999_000);
    expect(now.probe.from).toContain('rack');
    await client.rackDown({});
    expect(rack.isDown).toBe(true);
    await expect(client.session({ pairId: RACK_PAIR_ID })[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'rack-down',
    });
  });

  test('leaving while it starts stops the start', async () => {
    rack.startHangs = true;
    const started = client.rackUp({});
    for await (const now of client.rackState({})) if (now.phase === 'starting') break;
    await Promise.all([core.close(), expect(started).rejects.toMatchObject({ code: 'cancelled' })]);
    expect(rack.startsStopped).toBe(1);
  });

  test('a rack that others keep is joined, and left running', async () => {
    rack.runsAlready = true;
    expect(await core.attachRack()).toBe(true);
    await state((s) => s.nodes.every((n) => n.agent.phase === 'attached'));
    await core.close();
    expect(rack.isDown).toBe(false);
  });
});

describe('who holds the address', () => {
  test('a move is one, both is dual, nobody is none', async () => {
    await rackWithHolder();
    agents.b.hold(true);
    expect((await state((s) => verdict(s) === 'dual')).vips[0]?.holders).toEqual(['a', 'b']);
    agents.a.hold(false);
    expect((await state((s) => verdict(s) === 'one')).vips[0]?.holder).toBe('b');
    agents.b.hold(false);
    await state((s) => verdict(s) === 'none');
  });

  // The probe asks for the first address only; who answers it says nothing about the second one.
  test('with one agent stopped each address is judged by its own witnesses', async () => {
    const second = 'fd00::9';
    for (const agent of Object.values(agents)) agent.vips = [FEED_VIP, second];
    agents.a.lanAskedAgoMs = 200;
    await rackWithHolder();
    const of = (s: PairState, address: string) => s.vips.find((vip) => vip.address === address);
    await state((s) => of(s, second)?.verdict === 'one');
    // Nobody answers the probe any more: the first address has a witness too few, which is no news of the second.
    rack.answeredBy = null;
    for (const connector of connectors.filter(({ spec }) => spec.name === 'b')) {
      connector.agent = null;
      connector.dropAgents();
    }
    const now = await state((s) => of(s, FEED_VIP)?.verdict === 'unknown');
    expect(of(now, FEED_VIP)).toMatchObject({ holder: null, missing: ['b', 'LAN witness'] });
    expect(of(now, second)).toMatchObject({
      verdict: 'one',
      holder: 'a',
      missing: ['b', 'LAN witness', 'client probe'],
    });
  });

  test('a silent agent makes it unknown, and is named', async () => {
    await rackWithHolder();
    agents.a.frozen = true;
    const now = await state((s) => verdict(s) === 'unknown');
    expect(now.vips[0]).toMatchObject({ address: FEED_VIP, holder: null, missing: ['a', 'LAN witness'] });
  });

  test('without power a node holds nothing: the rack is the witness', async () => {
    await rackWithHolder();
    await client.rackPower({ node: 'a', action: 'off' });
    await state((s) => verdict(s) === 'none');
  });
});

test('the power switch of the rack is broken and mended', async () => {
  await rackWithHolder();
  for (const broken of [true, false]) {
    await client.rackPowerSwitch({ broken });
    for await (const now of client.rackState({})) {
      expect(now.powerSwitchBroken).toBe(broken);
      break;
    }
  }
});

describe('faults', () => {
  test('one at a time; the rack does the physical ones, with their end in the same request', async () => {
    await rackWithHolder();
    const offers = await client.faultOffers({ pairId: RACK_PAIR_ID });
    expect(offers.find((o) => o.name === 'power-off' && o.node === 'a')).toMatchObject({
      available: true,
      level: 'physical',
    });
    expect(offers.find((o) => o.name === 'kill-agent')).toMatchObject({ available: false, level: 'driver' });
    const inject = (name: 'power-off' | 'pull-crossover') =>
      client.faultInject({ pairId: RACK_PAIR_ID, node: 'a', name, durationMs: 60_000 });
    const fault = await inject('pull-crossover');
    expect(rack.requests.at(-1)).toMatchObject({ cable: 'crossover', revertAfterMs: 60_000 });
    await expect(inject('power-off')).rejects.toMatchObject({ code: 'fault-active' });
    await client.faultRevert({ pairId: RACK_PAIR_ID, node: 'a', faultId: fault.faultId });
    expect((await inject('power-off')).phase).toBe('injected');
  });

  test('a fault that somebody else injected is shown, with its countdown', async () => {
    await rackWithHolder();
    await rack.cable('crossover', { aToB: false, bToA: false, noisePpm: 0, revertAfterMs: 30_000 });
    const now = await state((s) => s.faults.length > 0);
    expect(now.faults[0]).toMatchObject({ name: 'pull-crossover', phase: 'injected' });
    expect(now.faults[0]?.revertsInMs).toBeGreaterThan(20_000);
  });

  test('an unknown node is refused by name', async () => {
    await rackWithHolder();
    const wrong = client.faultInject({ pairId: RACK_PAIR_ID, node: 'c', name: 'power-off', durationMs: 5000 });
    await expect(wrong).rejects.toMatchObject({ code: 'no-node', message: expect.stringContaining('a, b') });
  });
});

describe('drill power-off', () => {
  async function run(): Promise<DrillResult> {
    for await (const item of client.drillPowerOff({ pairId: RACK_PAIR_ID }))
      if (item.kind === 'result') return item.result;
    throw new Error('no result');
  }

  test('measures what the client saw and what the survivor did, and turns the power on again', async () => {
    await rackWithHolder();
    rack.onPower = (node, action) => {
      if (action === 'on') connectors[0]?.set('ready');
      if (node !== 'a' || action !== 'off') return;
      agents.a.held = false;
      connectors[0]?.set('waiting');
      rack.answeredBy = null;
      setTimeout(() => agents.b.emit({ kind: 'peer-status', peer: 'a', status: 'dead' }), 400);
      setTimeout(() => {
        agents.b.hold(true);
        agents.b.emit({ kind: 'takeover', phase: 'done', from: 'a', cause: 'peer-dead' });
        rack.answeredBy = 'b';
      }, 600);
    };
    const result = await run();
    expect(result).toMatchObject({
      holderBefore: 'a',
      holderAfter: 'b',
      servedBy: 'b',
      dualMs: 0,
      probePeriodMs: 20,
      deadtimeMs: 3000,
    });
    // Lower bounds only: a busy machine makes it longer, never shorter.
    expect(result.detectMs).toBeGreaterThan(390);
    expect(result.takeoverMs).toBeGreaterThan(150);
    expect(result.outageMs).toBeGreaterThan(500);
    expect(rack.power_.get('a')).toBe('on');
    expect(['pass', 'void']).toContain(result.verdict);
  }, 30_000);

  test('stopping it early turns the power on again', async () => {
    await rackWithHolder();
    const stop = new AbortController();
    for await (const item of client.drillPowerOff({ pairId: RACK_PAIR_ID }, stop.signal)) {
      if (item.kind === 'step' && item.text.includes('b has taken over')) stop.abort();
    }
    await state(() => rack.power_.get('a') === 'on');
    expect(rack.requests.some((r) => r.power === 'off')).toBe(true);
  }, 30_000);
});

describe('the session', () => {
  test('history first, then live; what was recorded can be asked for again', async () => {
    await rackWithHolder();
    const seen: SessionBatch[] = [];
    for await (const batch of client.session({ pairId: RACK_PAIR_ID, historyMs: 60_000 })) {
      seen.push(batch);
      if (seen.flatMap((b) => b.samples).length > 60 && seen.length > 8) break;
    }
    const samples = seen.flatMap((b) => b.samples);
    for (const node of ['a', 'b']) {
      const times = samples.filter((s) => s.node === node).map((s) => s.tMs);
      expect(times.length).toBeGreaterThan(5);
      expect(new Set(times).size).toBe(times.length);
    }
    expect(seen.flatMap((b) => b.probes).some((p) => p.answeredBy === 'a')).toBe(true);
    expect(seen.flatMap((b) => b.events).some((e) => e.event.body.kind === 'vip')).toBe(true);
    const past = await client.sessionRange({ pairId: RACK_PAIR_ID, fromMs: 0, toMs: 1e9, pointsMax: 10 });
    expect(past.samples.filter((s) => s.node === 'a').length).toBeLessThanOrEqual(10);
  });
});

test('pairs: saved, listed, deleted; the rack’s id is taken; an unknown one is said to be', async () => {
  const node = (name: string) => ({ name, host: '192.0.2.1' });
  const spec = (id: string) => ({
    schema: 'twinbeat.pair/1' as const,
    id,
    name: 'x',
    nodes: [node('a'), node('b')] as [never, never],
  });
  await client.pairSave({ spec: spec('mine') });
  expect((await client.pairList({})).map((p) => p.id)).toEqual(['mine']);
  expect((await state(() => true, 'mine')).nodes[0].phase).toBe('idle');
  await expect(client.pairSave({ spec: spec('rack') })).rejects.toMatchObject({ code: 'bad-args' });
  await client.pairDelete({ pairId: 'mine' });
  await expect(client.pairConnect({ pairId: 'mine' })).rejects.toMatchObject({ code: 'no-pair' });
});
