// Goal: beside two of Debian's heartbeat daemons, which know nothing of us, the agent sees what they do, and changes nothing of it.
// Method: a rack of such daemons, the agents deployed by the command line as a user would, and M6; what the agents say is compared with what
// the daemons, the kernel and the client say. TWINBEAT_OBSERVE_LONG=1 adds M1, M5, M8, M9 and a drill; what the console calls each of these
// is test/rig/whathappened's.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgentStatus } from '../../../agent/common/rpc/agentContract.ts';
import type { EventBody, TimelineEvent } from '../../../agent/common/timeline/event.ts';
import type { StatusReport } from '../../../electron/cli/statusReport.ts';
import type { DeployPlan, DrillResult } from '../../../electron/common/contract/deploy.ts';
import type { RackState } from '../../../electron/common/contract/rack.ts';
import { attachRack } from '../../../electron/lab/index.ts';
import type { RackHandle } from '../../../electron/lab/index.ts';
import { buildAgent } from '../../tools/build.ts';
import { CliHome } from '../../support/cliHome.ts';
import { missing } from '../../support/needs.ts';
import { runOn, until } from '../../support/rackRun.ts';

const ROOT = join(import.meta.dirname, '../../..');
const reason = missing('linux', 'root', 'namespaces', 'iproute', 'heartbeat');
/** Tests of minutes, which nobody waits for in every run: TWINBEAT_OBSERVE_LONG=1 asks for them. */
const whenLong = process.env['TWINBEAT_OBSERVE_LONG'] === undefined ? () => undefined : test;
const [A, B] = ['ha1.bogus.sh.cn', 'ha2.bogus.sh.cn'] as const;
const VIP = '192.168.2.3';
/** The daemon's own delays on a loaded machine forbid a shorter deadtime (reference, section 11.25). */
const TIMING = ['--keepalive', '500ms', '--deadtime', '5s'];
/** Bound for anything that the pair does by itself; the longest is a start with its 10 s resource phase. */
const WAIT = { withinMs: 90_000, everyMs: 250 };

let home: CliHome;
let rack: RackHandle;
let runtimeDir: string | undefined;

const sh = async (node: string, script: string): Promise<string> =>
  (await runOn(rack, node, script)).lines.join('\n').trim();
const agent = async (node: string): Promise<AgentStatus> =>
  JSON.parse(await sh(node, 'twinbeat-agent status --json')) as AgentStatus;
const journal = async (node: string, afterSeq: number): Promise<TimelineEvent[]> =>
  (await sh(node, `twinbeat-agent journal --from ${afterSeq + 1}`))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TimelineEvent);
const mark = async (node: string): Promise<number> => (await journal(node, 0)).at(-1)?.seq ?? 0;
const cl = (node: string, words: string): Promise<string> => sh(node, `timeout 10 cl_status ${words} 2>/dev/null`);

/** Waits until an agent has journaled such an event since `afterSeq`. */
function told(
  node: string,
  afterSeq: number,
  what: string,
  isIt: (body: EventBody) => boolean,
): Promise<TimelineEvent> {
  return until(
    `${node} tells ${what}`,
    async () => (await journal(node, afterSeq)).find(({ body }) => isIt(body)) ?? null,
    WAIT,
  );
}

const settled = (holder: string = A): Promise<StatusReport> =>
  until(
    `both settled, ${holder} holds ${VIP}`,
    async () => {
      const now = await home.status();
      const isWell = now.vip?.verdict === 'one' && now.vip.holder === holder && now.vip.answeredBy === holder;
      const both =
        isWell && now.nodes.every(({ status }) => status === 'active') ? [await agent(A), await agent(B)] : [];
      const calm = both.every((one) => one.stable && one.peer.status === 'active' && one.problems.length === 0);
      const linked = both.every(({ links }) => links.every(({ fromPeer }) => fromPeer.state === 'up'));
      return both.length > 0 && calm && linked ? now : null;
    },
    WAIT,
  );

/** What must not change: the daemon's processes, its files, what it complains of. */
const traces = (node: string): Promise<string> =>
  sh(
    node,
    `pgrep -f '^heartbeat: ' | tr '\\n' ' '; echo; cd /etc/ha.d && find . -type f | sort | xargs sha256sum; stat -c '%a %U %Y' authkeys;` +
      ` grep -Ec 'ERROR|CRIT' /var/log/ha-log; ls /etc/ha.d`,
  );

describe.skipIf(reason !== null)('two of Debian’s heartbeat daemons, observed', { timeout: 240_000 }, () => {
  beforeAll(async () => {
    if (!existsSync(join(ROOT, 'build/agent/twinbeat-agent.cjs'))) await buildAgent();
    home = new CliHome();
    const up = await home.json<RackState>(['rack', 'up', '--engine', 'heartbeat', ...TIMING]);
    expect(up).toMatchObject({ phase: 'up', engine: 'heartbeat' });
    runtimeDir = process.env['XDG_RUNTIME_DIR'];
    process.env['XDG_RUNTIME_DIR'] = join(home.dir, 'run');
    const attached = await attachRack();
    if (attached === null) throw new Error('the rack that was just started is not there');
    rack = attached;
  }, 60_000);
  afterAll(async () => {
    rack?.close();
    if (runtimeDir === undefined) delete process.env['XDG_RUNTIME_DIR'];
    else process.env['XDG_RUNTIME_DIR'] = runtimeDir;
    await home?.dispose();
  });

  test('deploying puts the agent beside them; daemons, files and log stay as they were', async () => {
    const runs = async (): Promise<true | null> =>
      (await cl(A, 'rscstatus')) === 'local' && (await sh(A, `ip -br addr show eth0`)).includes(VIP) ? true : null;
    await until('the daemons are settled by themselves', runs, WAIT);
    const plan = await home.json<DeployPlan>(['deploy', '--rack', '--plan']);
    expect(plan.blocked).toBe(false);
    expect(plan.steps.map(({ target }) => target).filter((target) => target.startsWith('/etc/ha.d'))).toEqual([]);
    const before = [await traces(A), await traces(B)];
    await home.json(['deploy', '--rack']);
    const now = await settled();
    expect(now.nodes.map(({ engine }) => engine)).toEqual(['heartbeat', 'heartbeat']);
    expect([await traces(A), await traces(B)]).toEqual(before);
  });

  test('healthy: both views are what cl_status says; what cannot be known is not shown', async () => {
    for (const [node, peer] of [
      [A, B],
      [B, A],
    ] as const) {
      const status = await agent(node);
      expect(status).toMatchObject({ engine: 'heartbeat', hold: null, takeoverRequires: [], protection: [] });
      expect(status.observed).toMatchObject({ state: 'running', version: '3.0.6' });
      expect(String(status.observed?.pid)).toBe(await sh(node, 'tr -d " " </run/heartbeat.pid'));
      expect(status.observed?.sources.map(({ what, works }) => [what, works])).toEqual([
        ['log', true],
        ['cl_status', true],
        ['capture', true],
      ]);
      expect(status.status).toBe(await cl(node, `nodestatus ${node}`));
      expect(status.peer.status).toBe(await cl(node, `nodestatus ${peer}`));
      expect(status.mine).toBe(await cl(node, 'rscstatus'));
      for (const link of status.links) {
        expect(link.fromPeer.state, link.id).toBe(await cl(node, `hblinkstatus ${peer} ${link.name}`));
        expect(link.toPeer).toEqual({ state: 'unknown', silenceMs: null, marginMs: null });
        expect(link.rttMs).toBeNull();
      }
      const [serial, bcast] = [status.links.find(isSerial), status.links.find((link) => !isSerial(link))];
      expect(serial).toMatchObject({ evidence: 'daemon', fromPeer: { silenceMs: null, marginMs: null } });
      expect(bcast?.evidence).toBe('capture');
      expect(bcast?.fromPeer.marginMs).toBeGreaterThan(0);
      expect(bcast?.fromPeer.marginMs).toBeLessThanOrEqual(5000);
    }
  });

  whenLong('while all is quiet the daemons’ logs do not grow by our looking', async () => {
    const lines = async (): Promise<string[]> => [
      await sh(A, 'wc -l </var/log/ha-log'),
      await sh(B, 'wc -l </var/log/ha-log'),
    ];
    const before = await lines();
    // Longer than a round of questions.
    await new Promise((resolve) => setTimeout(resolve, 7000));
    expect(await lines()).toEqual(before);
  });

  whenLong(
    'M8, M9: the serial cable cut one way is seen by one node alone, both ways by both, and nothing moves',
    async () => {
      const [markA, markB] = [await mark(A), await mark(B)];
      const serialDead = (body: EventBody): boolean =>
        body.kind === 'link' && body.link.startsWith('serial') && body.state === 'dead';
      await rack.cable('serial', { aToB: false, bToA: true });
      await told(B, markB, 'that the serial line is dead', serialDead);
      // The real daemon shows it nowhere else (M9): the pair's view puts both words together.
      expect((await journal(A, markA)).filter(({ body }) => serialDead(body))).toEqual([]);
      const oneWay = await until(
        'the pair is shown cut one way',
        async () => {
          const link = (await home.status()).links.find(({ medium }) => medium === 'serial');
          const [aToB, bToA] = link?.directions ?? [];
          return aToB?.state === 'dead' ? [aToB.state, bToA?.state] : null;
        },
        WAIT,
      );
      expect(oneWay).toEqual(['dead', 'up']);
      await rack.cable('serial', { aToB: false, bToA: false });
      await told(A, markA, 'that the serial line is dead', serialDead);
      await rack.cable('serial', { aToB: true, bToA: true });
      await settled();
      for (const [node, from] of [
        [A, markA],
        [B, markB],
      ] as const) {
        const kinds = (await journal(node, from)).map(({ body }) => body.kind);
        expect(kinds).not.toContain('takeover');
        expect(kinds).not.toContain('vip');
      }
    },
  );

  test('M6: a standby by our command goes through heartbeat’s own, and is told step by step', async () => {
    const [markA, markB] = [await mark(A), await mark(B)];
    expect((await home.run(['standby', '--rack', '--node', A])).status).toBe(0);
    await settled(B);
    const phases = async (node: string, from: number): Promise<string[]> =>
      (await journal(node, from)).flatMap(({ body }) => (body.kind === 'standby' ? [body.phase] : []));
    expect(await phases(A, markA)).toEqual(['requested', 'accepted', 'released', 'done']);
    expect(await phases(B, markB)).toEqual(['requested', 'released', 'done']);
    const vips = async (node: string, from: number): Promise<string[]> =>
      (await journal(node, from)).flatMap(({ body }) => (body.kind === 'vip' ? [body.change] : []));
    expect(await vips(A, markA)).toEqual(['removed']);
    expect((await vips(B, markB)).filter((change) => change !== 'announced')).toEqual(['added']);
  });

  test('what only our own engine can do is refused with the reason', async () => {
    for (const verb of ['stop', 'reload', 'confirm-dead --yes']) {
      const ran = await runOn(rack, A, `twinbeat-agent ${verb} 2>&1`);
      expect(ran.status, verb).toBe(2);
      expect(ran.lines.join(' ')).toContain('only observes heartbeat');
    }
    expect((await home.run(['keys', 'rotate', '--rack'])).err).toContain('observed');
  });

  whenLong('the drill power-off: death, takeover, resources and address in order, and back', async () => {
    // The standby before has left it on B; once that one is back, auto_failback leaves it with its preferred node.
    const from = await mark(A);
    const ran = await home.run(['drill', 'power-off', '--rack', '--json']);
    const result = JSON.parse(ran.out) as DrillResult;
    expect(result).toMatchObject({ holderBefore: B, holderAfter: A, servedBy: A, dualMs: 0 });
    expect(result.outageMs).not.toBeNull();
    expect(result.detectMs).not.toBeNull();
    expect(result.takeoverMs).not.toBeNull();
    const bodies = (await journal(A, from)).map(({ body }) => body);
    const at = (isIt: (body: EventBody) => boolean): number => bodies.findIndex(isIt);
    const order = [
      at((b) => b.kind === 'peer-status' && b.status === 'dead'),
      at((b) => b.kind === 'takeover' && b.phase === 'begin' && b.cause === 'peer-dead'),
      at((b) => b.kind === 'resource' && b.action === 'start' && b.phase === 'begin'),
      at((b) => b.kind === 'vip' && b.change === 'added'),
      at((b) => b.kind === 'takeover' && b.phase === 'done'),
    ];
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    await settled(A);
  });

  whenLong('M1: every process killed: its address stays behind, two hold it, and both witnesses say so', async () => {
    const [markA, markB] = [await mark(A), await mark(B)];
    await sh(A, `kill -9 $(pgrep -f '^heartbeat: ')`);
    await told(A, markA, 'its own daemon’s death', (b) => b.kind === 'local-status' && b.status === 'dead');
    await told(B, markB, 'the takeover', (b) => b.kind === 'takeover' && b.phase === 'done');
    const dual = await until(
      'the console calls it dual',
      async () => {
        const now = await home.status();
        return now.vip?.verdict === 'dual' ? now : null;
      },
      WAIT,
    );
    expect(dual.nodes.map(({ holdsVip }) => holdsVip)).toEqual([true, true]);
    const killed = await agent(A);
    expect(killed.observed).toMatchObject({ state: 'not-running', pid: null });
    expect(killed.problems.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['daemon-not-running', 'stray-address']),
    );
    // Packets of the peer go by, and nobody on the killed node hears them: no margin is shown.
    expect(killed.links.map(({ fromPeer }) => [fromPeer.state, fromPeer.marginMs])).toEqual([
      ['unknown', null],
      ['unknown', null],
    ]);
    await told(B, markB, 'the second holder', (b) => b.kind === 'vip' && b.change === 'conflict');
    // An operator takes it away and starts the daemon again; auto_failback brings the group home.
    await sh(A, `ip addr flush to ${VIP}/32; /etc/init.d/httpd stop; /etc/init.d/heartbeat start`);
    await settled(A);
  });

  whenLong('M5: a full split and its heal: both hold it, both start over', async () => {
    const marks = [await mark(A), await mark(B)] as const;
    for (const id of ['serial', 'crossover'] as const) await rack.cable(id, { aToB: false, bToA: false });
    const dead = (b: EventBody): boolean => b.kind === 'peer-status' && b.status === 'dead';
    await told(A, marks[0], 'the peer’s death', dead);
    await told(B, marks[1], 'the peer’s death', dead);
    await until('both hold it', async () => ((await home.status()).vip?.verdict === 'dual' ? true : null), WAIT);
    for (const id of ['serial', 'crossover'] as const) await rack.cable(id, { aToB: true, bToA: true });
    for (const [node, from] of [
      [A, marks[0]],
      [B, marks[1]],
    ] as const) {
      const healed = await told(node, from, 'the partition', (b) => b.kind === 'partition-healed');
      expect(healed.body.kind === 'partition-healed' && healed.body.silentMs).toBeGreaterThan(5000);
      await told(node, from, 'its own start over', (b) => b.kind === 'restart');
    }
    await settled(A);
  });

  test('remove: the agent is gone, the daemons never noticed', async () => {
    const before = [await traces(A), await traces(B)];
    await home.json(['remove', '--rack']);
    expect([await traces(A), await traces(B)]).toEqual(before);
    const left = await sh(A, 'ls -d /opt/* /var/lib/twinbeat* /run/twinbeat* /etc/init.d/twinbeat* 2>/dev/null; true');
    expect(left).toBe('');
    expect(await sh(A, 'test -s /var/log/ha-log && echo there')).toBe('there');
    expect(await cl(A, `nodestatus ${B}`)).toBe('active');
  });
});

function isSerial(link: AgentStatus['links'][number]): boolean {
  return link.medium === 'serial';
}
