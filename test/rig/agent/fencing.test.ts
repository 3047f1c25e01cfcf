/**
 * Two of our agents in the rack, with the rack's power switch as their stonith device and its gateway as their ping node.
 * Who holds the address is sampled inside both nodes, on one clock, so that a moment of two holders cannot hide.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgentStatus } from '../../../agent/common/rpc/agentContract.ts';
import { startRack } from '../../../electron/lab/index.ts';
import type { RackHandle, RackProgram } from '../../../electron/lab/index.ts';
import { twinbeatNode, type HaNode } from '../../support/haNodes.ts';
import { missing } from '../../support/needs.ts';
import { haCf, logged, settledOn, VIP, type PairInRack, type Timing } from '../../support/pairStory.ts';
import { holders, runOn, until } from '../../support/rackRun.ts';

const AGENT = join(import.meta.dirname, '..', '..', '..', 'build', 'agent', 'twinbeat-agent.cjs');
const GATEWAY = '192.168.2.254';
const TIMING: Timing = { keepaliveMs: 250, deadtimeMs: 2500, warntimeMs: 1250, initdeadMs: 4000 };
/** Bound for what the pair does by itself, on a busy machine. */
const WITHIN = { withinMs: 60_000, everyMs: 200 };

/** Times, in hundredths of a second since the machine's boot, at which a node held the address. */
class Holding {
  readonly times: number[] = [];
  private readonly program: RackProgram;

  constructor(rack: RackHandle, node: string) {
    const look = `ip -o addr show to ${VIP}/32 | grep -q . && { read -r up _ </proc/uptime; echo $up; }`;
    this.program = rack.spawnOn(node, ['sh', '-c', `while :; do ${look}; sleep 0.03; done`]);
    void this.read();
  }

  private async read(): Promise<void> {
    for await (const line of this.program.lines) this.times.push(Number(line));
  }

  /** Waits until the node was seen holding it; without that, a comparison would prove nothing. */
  async seen(what: string): Promise<void> {
    await until(what, () => Promise.resolve(this.times.length > 0 ? true : null), WITHIN);
  }

  stop(): void {
    this.program.kill();
  }
}

/** Moments, in seconds, between two samples of one node that both held it, in which the other one held it too. */
function dualMoments(one: Holding, other: Holding): number[] {
  return one.times.filter((at) => (other.times[0] ?? Infinity) < at && at < (other.times.at(-1) ?? -Infinity));
}

const reason = missing('linux', 'root', 'namespaces', 'iproute');

describe.skipIf(reason !== null)('fencing by the power switch, ipfail by the gateway', () => {
  let rack: RackHandle;
  let pair: PairInRack;
  let a: HaNode;
  let b: HaNode;

  beforeAll(async () => {
    rack = await startRack({ name: 'fencing' });
    const [first, second] = rack.state().nodes;
    if (first === undefined || second === undefined) throw new Error('the rack has no two nodes');
    const names = [first.name, second.name] as const;
    [a, b] = [twinbeatNode(rack, first.name), twinbeatNode(rack, second.name)];
    pair = { rack, names, nodes: [a, b] };
    const files = (peer: string) => ({
      haCf: [
        haCf(names, '', 'off', TIMING, ['serial', 'bcast']),
        `stonith_host * external/twinbeat-rack hostlist=${peer}`,
        `ping ${GATEWAY}`,
        'deadping 3',
        'respawn hacluster /usr/lib/heartbeat/ipfail',
        '',
      ].join('\n'),
      haresources: `${first.name} IPaddr2::${VIP}/24/eth0 httpd\n`,
      authkeys: 'auth 1\n1 sha1 myAuthkey\n',
    });
    await a.install(files(second.name));
    await b.install(files(first.name));
    await Promise.all([a.start(), b.start()]);
    await settledOn(pair, a.name);
  }, 120_000);
  afterAll(() => rack.down());

  const agent = (node: HaNode, words: string) => runOn(rack, node.name, `'${process.execPath}' '${AGENT}' ${words}`);
  const status = async (node: HaNode): Promise<AgentStatus | null> => {
    const said = await agent(node, 'status --json');
    return said.status === 0 ? (JSON.parse(said.lines.join('\n')) as AgentStatus) : null;
  };
  const heartbeats = async (carries: boolean): Promise<void> => {
    for (const id of ['crossover', 'serial'] as const) await rack.cable(id, { aToB: carries, bToA: carries });
  };
  const bothActive = () =>
    until(
      'both nodes see each other active',
      async () => {
        const seen = await Promise.all([status(a), status(b)]);
        return seen.every((one) => one?.status === 'active' && one.peer.status === 'active' && one.stable)
          ? true
          : null;
      },
      WITHIN,
    );

  test(
    'the gateway answers; without it a node gives everything to the one that sees it',
    { timeout: 180_000 },
    async () => {
      await bothActive();
      for (const node of [a, b]) {
        expect((await status(node))?.pingNodes).toMatchObject([{ name: GATEWAY, status: 'up' }]);
        expect((await status(node))?.fencing).toMatchObject({ state: 'none' });
      }
      const [onA, onB] = [new Holding(rack, a.name), new Holding(rack, b.name)];
      await onA.seen('a was sampled holding');
      await rack.cable('lan-a', { aToB: false, bToA: false });
      await logged(a, new RegExp(`node ${GATEWAY.replaceAll('.', '\\.')}: is dead`));
      await until('b holds', async () => ((await holders(rack, [b.name], VIP)).length === 1 ? true : null), WITHIN);
      await until(
        'a gave it up',
        async () => ((await holders(rack, [a.name], VIP)).length === 0 ? true : null),
        WITHIN,
      );
      await onB.seen('b was sampled holding');
      onA.stop();
      onB.stop();
      expect(dualMoments(onA, onB)).toEqual([]);
      // Nobody was shot for it: the nodes hear each other all the time.
      expect(rack.state().nodes.every(({ power, bootCount }) => power === 'on' && bootCount === 1)).toBe(true);
      await rack.cable('lan-a', { aToB: true, bToA: true });
      await until(
        'a sees the gateway again',
        async () => ((await status(a))?.pingNodes[0]?.status === 'up' ? true : null),
        WITHIN,
      );
    },
  );

  test(
    'a broken switch: nobody takes over, the reason is said, a person may vouch for it',
    { timeout: 240_000 },
    async () => {
      await bothActive();
      const [holder, standby] = (await holders(rack, [a.name], VIP)).length === 1 ? [a, b] : [b, a];
      // Nothing waits yet, so nobody's word is taken.
      expect((await agent(standby, 'confirm-dead --yes')).status).toBe(2);
      await rack.powerSwitch({ broken: true });
      await heartbeats(false);
      await until(
        'the standby says that fencing failed',
        async () => {
          const seen = await status(standby);
          return seen?.fencing?.state === 'failed' && seen.hold?.reasons.includes('fencing-failed') ? true : null;
        },
        WITHIN,
      );
      const waiting = await status(standby);
      expect(waiting?.fencing).toMatchObject({ device: `external/twinbeat-rack for ${holder.name}` });
      expect(waiting?.fencing?.detail).toContain('the power switch is broken');
      // Really off now; the switch cannot say so, and time is no proof either.
      await rack.power(holder.name, 'off');
      await new Promise((resolve) => setTimeout(resolve, 3 * TIMING.deadtimeMs));
      expect(await holders(rack, [standby.name], VIP)).toEqual([]);
      expect((await agent(standby, 'confirm-dead --yes')).status).toBe(0);
      await until(
        'the standby holds',
        async () => ((await holders(rack, [standby.name], VIP)).length === 1 ? true : null),
        WITHIN,
      );
      await rack.powerSwitch({ broken: false });
      await rack.power(holder.name, 'on');
      await heartbeats(true);
      await holder.start();
      await settledOn(pair, standby.name);
    },
  );

  test('a split: exactly one node is switched off, exactly one holds, never both', { timeout: 240_000 }, async () => {
    await bothActive();
    const boots = () => rack.state().nodes.reduce((sum, { bootCount }) => sum + bootCount, 0);
    const before = boots();
    const [onA, onB] = [new Holding(rack, a.name), new Holding(rack, b.name)];
    await heartbeats(false);
    await until('one is switched off', () => rack.state().nodes.find(({ power }) => power === 'off') ?? null, {
      ...WITHIN,
      everyMs: 20,
    });
    const alive = rack.state().nodes.find(({ power }) => power === 'on');
    expect(alive).toBeDefined();
    const survivor = alive?.name === a.name ? a : b;
    await settledOn(pair, survivor.name);
    await (survivor === a ? onA : onB).seen('the survivor was sampled holding');
    onA.stop();
    onB.stop();
    expect(dualMoments(onA, onB)).toEqual([]);
    expect(dualMoments(onB, onA)).toEqual([]);
    await logged(survivor, /now reset\./);
    await until(
      'the other one boots',
      () => (rack.state().nodes.every(({ power }) => power === 'on') ? true : null),
      WITHIN,
    );
    expect(boots()).toBe(before + 1);
  });
});
