// Goal: the whole spine from the command line, as a script would use it: rack up, deploy, watch, break, drill, remove, down.
// Method: the real program as a process, a real rack of its own, every step in order; the last ones look for leftovers.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommissionReport } from '../../../electron/cli/commissionReport.ts';
import { EXIT } from '../../../electron/cli/exitStatus.ts';
import type { DemoReport } from '../../../electron/cli/verbs/demo.ts';
import type { DeployPlan, DrillResult } from '../../../electron/common/contract/deploy.ts';
import type { ActiveFault, FaultOffer } from '../../../electron/common/contract/state.ts';
import type { RackState } from '../../../electron/common/contract/rack.ts';
import { buildAgent } from '../../tools/build.ts';
import { CLI_MAIN, CliHome } from '../../support/cliHome.ts';
import { missing } from '../../support/needs.ts';
import { until } from '../../support/rackRun.ts';

const ROOT = join(import.meta.dirname, '../../..');
const reason = missing('linux', 'iproute', 'namespaces');
const [A, B] = ['ha1.bogus.sh.cn', 'ha2.bogus.sh.cn'];
const VIP = '192.168.2.3';

let home: CliHome;
const twinbeat: CliHome['run'] = (args, over) => home.run(args, over);
const json = <T>(args: readonly string[]): Promise<T> => home.json<T>(args);
const status: CliHome['status'] = () => home.status();
const settled: CliHome['settled'] = () => home.settled();

describe.skipIf(reason !== null)('the command line and a rack', { timeout: 240_000 }, () => {
  beforeAll(async () => {
    if (!existsSync(join(ROOT, 'build/agent/twinbeat-agent.cjs'))) await buildAgent();
    home = new CliHome();
  });
  afterAll(() => home.dispose());

  test('without a rack: a status of its own, and a sentence', async () => {
    const ran = await twinbeat(['status', '--rack']);
    expect(ran).toMatchObject({ status: EXIT.rackDown, out: '' });
    expect(ran.err).toContain('rack up');
    expect((await json<RackState>(['rack', 'status'])).phase).toBe('down');
  });

  test('rack up leaves a rack that runs on', async () => {
    const up = await json<RackState>(['rack', 'up', '--keepalive', '200ms', '--deadtime', '2s']);
    expect(up.phase).toBe('up');
    expect(up.nodes.map((n) => [n.name, n.power])).toEqual([
      [A, 'on'],
      [B, 'on'],
    ]);
    expect((await json<RackState>(['rack', 'status'])).pid).toBe(up.pid);
  });

  test('before deploying nothing is known, and nothing is guessed', async () => {
    const now = await status();
    expect(now.nodes.map((n) => [n.agent, n.status, n.holdsVip])).toEqual([
      ['absent', null, null],
      ['absent', null, null],
    ]);
    expect(now.vip).toMatchObject({ address: VIP, verdict: 'unknown', holder: null, missing: [A, B] });
  });

  test('deploy --plan shows and changes nothing; deploy does; again it finds nothing to do', async () => {
    const plan = await json<DeployPlan>(['deploy', '--rack', '--plan']);
    expect(plan.blocked).toBe(false);
    expect(plan.steps.filter((s) => !s.unchanged).length).toBeGreaterThan(10);
    expect((await status()).nodes[0]?.agent).toBe('absent');
    const first = await json<{ changed: number }>(['deploy', '--rack']);
    expect(first.changed).toBeGreaterThan(10);
    await settled();
    const again = await json<DeployPlan>(['deploy', '--rack', '--plan']);
    expect(again.steps.filter((s) => !s.unchanged && !['command', 'verify'].includes(s.kind))).toEqual([]);
  });

  test('status: the promised shape, with every link known in both directions', async () => {
    const now = await settled();
    expect(now.vip).toEqual({ address: VIP, verdict: 'one', holder: A, answeredBy: A, missing: [] });
    expect(now.nodes.map((n) => [n.name, n.engine, n.holdsVip])).toEqual([
      [A, 'twinbeat', true],
      [B, 'twinbeat', false],
    ]);
    expect(now.links.map((l) => l.medium).sort()).toEqual(['bcast', 'serial']);
    for (const link of now.links) {
      expect(link.directions.map((d) => `${d.from}>${d.to} ${d.state}`)).toEqual([`${A}>${B} up`, `${B}>${A} up`]);
      for (const d of link.directions) expect(d.marginMs).toBeCloseTo(2000 - (d.lastHeardMs ?? Number.NaN), 3);
    }
  });

  test('commission: every step with its state, what comes next, and no exit status 0 before all of it is done', async () => {
    const ran = await twinbeat(['commission', '--rack', '--json']);
    expect(ran.status).toBe(EXIT.failed);
    expect(ran.err).toContain('next is drills');
    const { steps, done, next } = JSON.parse(ran.out) as CommissionReport;
    expect([done, next]).toEqual([false, 'drills']);
    expect(steps.map(({ step, state }) => [step, state])).toEqual([
      ...['connect', 'preflight', 'deploy', 'links'].map((step) => [step, 'done']),
      ...['advice', 'drills', 'report'].map((step) => [step, 'todo']),
    ]);
  });

  test('a fault ends by itself after the program that injected it is gone', async () => {
    const fault = await json<ActiveFault>(['fault', 'pull-crossover', '--node', A, '--for', '8s', '--rack']);
    expect(fault).toMatchObject({ name: 'pull-crossover', phase: 'injected' });
    const second = await twinbeat(['fault', 'pull-serial', '--node', A, '--for', '2s', '--rack']);
    expect(second.status).toBe(EXIT.faultRefused);
    expect(second.err).toContain('one fault at a time');
    await until(
      'the cable is whole again',
      async () => {
        const { cables } = await json<RackState>(['rack', 'status']);
        return cables.every((c) => c.aToB && c.bToA) ? true : null;
      },
      { withinMs: 30_000 },
    );
    await settled();
  });

  test('faults by the agent: offered, injected, reverted early; an unknown one is refused in words', async () => {
    const { offers } = await json<{ offers: FaultOffer[] }>(['fault', 'list', '--rack']);
    const frozen = offers.find((o) => o.name === 'freeze-agent' && o.node === B);
    expect(frozen).toMatchObject({ available: true, level: 'driver' });
    expect(frozen?.commands.length).toBeGreaterThan(0);
    await json<ActiveFault>(['fault', 'drop-heartbeats-in', '--node', B, '--for', '60s', '--rack']);
    const reverted = await json<ActiveFault[]>(['fault', 'revert', '--rack']);
    expect(reverted.map((f) => [f.name, f.phase])).toEqual([['drop-heartbeats-in', 'reverted']]);
    const unknown = await twinbeat(['fault', 'pull-plug', '--node', A, '--rack']);
    expect(unknown.status).toBe(EXIT.usage);
    expect(unknown.err).toContain('power-off, pull-lan');
    await settled();
  });

  test('standby moves the address, takeover brings it back', async () => {
    await json(['standby', '--node', A, '--rack']);
    await until('B holds', async () => ((await status()).vip?.holder === B ? true : null), { withinMs: 30_000 });
    await json(['takeover', '--node', A, '--rack']);
    await until('A holds', async () => ((await status()).vip?.holder === A ? true : null), { withinMs: 30_000 });
    await settled();
  });

  test('drill power-off: the address moves, the client is served by the other node, the numbers agree', async () => {
    const ran = await twinbeat(['drill', 'power-off', '--rack', '--json']);
    const result = JSON.parse(ran.out) as DrillResult;
    expect([ran.err, result.notes.filter((n) => !n.includes('overloaded'))]).toEqual([expect.any(String), []]);
    expect(result).toMatchObject({
      holderBefore: A,
      holderAfter: B,
      servedBy: B,
      probePeriodMs: 100,
      deadtimeMs: 2000,
    });
    // An overloaded machine makes it void, and says so; the pair is not to blame.
    expect(result.verdict === 'pass' ? EXIT.ok : EXIT.void).toBe(ran.status);
    // The returned node hands over by auto_failback, which two clocks tell no closer than the drill's own limit.
    expect(result.dualMs).toBeLessThan(250);
    // Death is declared a deadtime after the last beat, which came up to a keepalive before the cut.
    expect(result.detectMs).toBeGreaterThan(2000 - 200 - 50);
    expect(result.outageMs).toBeGreaterThan((result.detectMs ?? 0) - 2 * 100);
  });

  test('probe counts requests by who answered', async () => {
    const sum = await json<{ requests: number; failed: number; answeredBy: Record<string, number> }>([
      'probe',
      '--rack',
      '--for',
      '2s',
    ]);
    expect(sum.requests).toBeGreaterThan(5);
    expect(sum.answeredBy[A]).toBeGreaterThan(0);
  });

  test('remove takes the agent off, rack down leaves nothing', async () => {
    await json(['remove', '--rack']);
    expect((await status()).nodes.map((n) => n.agent)).toEqual(['absent', 'absent']);
    expect((await json<RackState>(['rack', 'down'])).phase).toBe('down');
    expect(home.racks()).toEqual([]);
  });

  test('demo does it all by itself and leaves nothing behind', async () => {
    const ran = await twinbeat(['demo', '--json', '--keepalive', '200ms', '--deadtime', '2s']);
    const report = JSON.parse(ran.out) as DemoReport;
    expect({ status: ran.status, err: ran.err, ok: report.ok, left: report.leftBehind }).toEqual({
      status: 0,
      err: '',
      ok: true,
      left: [],
    });
    expect(report).toMatchObject({ vipMoved: true, servedByOther: true });
    expect(report.drill.holderAfter).not.toBe(report.drill.holderBefore);
    expect(home.racks()).toEqual([]);
  });

  test('Ctrl-C during a demo: one keystroke that arrives twice still waits until nothing is left', async () => {
    const child = spawn(process.execPath, [CLI_MAIN, 'demo'], { env: home.env, stdio: 'ignore' });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    await until('the rack is there', () => Promise.resolve(home.racks().length > 0 ? true : null), {
      withinMs: 20_000,
      everyMs: 50,
    });
    // From the terminal to the whole process group, and forwarded by the launcher.
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect(await ended).toBe(EXIT.interrupted);
    expect(home.racks()).toEqual([]);
  });

  test('a pair file: errors name file and field, an unreachable server has its own status', async () => {
    const file = join(home.dir, 'pair.json');
    const node = (name: string, port: number) => ({ name, host: '127.0.0.1', port, auth: { method: 'password' } });
    writeFileSync(
      file,
      JSON.stringify({ schema: 'twinbeat.pair/1', id: 'x', name: 'x', nodes: [node('a', 1), node('B!', 1)] }),
    );
    const bad = await twinbeat(['status', '--pair', file]);
    expect(bad.status).toBe(EXIT.pairFile);
    expect(bad.err).toContain(`${file}: nodes[1].name:`);
    writeFileSync(
      file,
      JSON.stringify({ schema: 'twinbeat.pair/1', id: 'x', name: 'x', nodes: [node('a', 1), node('b', 1)] }),
    );
    const gone = await twinbeat(['status', '--pair', file], { TWINBEAT_PASSWORD: 'not asked for' });
    expect(gone.status).toBe(EXIT.unreachable);
    expect(gone.err).toContain('ECONNREFUSED');
    expect(gone.out).toBe('');
  });
});

// Needs no rack: what a script meets first.
describe('the program itself', () => {
  test('unknown words end with the usage status and name what is expected', () => {
    const ran = spawnSync(process.execPath, [CLI_MAIN, 'frob'], { encoding: 'utf8' });
    expect([ran.status, ran.stdout]).toEqual([EXIT.usage, '']);
    expect(ran.stderr).toContain('expected one of rack, preflight');
  });
});
