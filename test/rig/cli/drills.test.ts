// Goal: drills by the command line in a real rack: a suite with its verdicts, a stop in the middle, a console that is killed in the middle, and going on after both.
// Method: one rack with short times; the power is read from the rack itself, by another process than the one that drills.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../../electron/cli/exitStatus.ts';
import type { DrillBoard, DrillSummary } from '../../../electron/common/contract/drill.ts';
import type { ExerciseAnswer, ExerciseBoard, ExerciseView } from '../../../electron/common/contract/exercise.ts';
import type { RackState } from '../../../electron/common/contract/rack.ts';
import { CLI_MAIN, CliHome } from '../../support/cliHome.ts';
import { missing } from '../../support/needs.ts';
import { until } from '../../support/rackRun.ts';
import { buildAgent } from '../../tools/build.ts';

const why = missing('linux', 'iproute', 'namespaces');
let home: CliHome;

/** An overloaded machine makes a run void, and says so; the pair is not to blame, and what was found still counts. */
const OVERLOADED = /overloaded|stood still/;

async function isDark(): Promise<boolean> {
  const { nodes } = await home.json<RackState>(['rack', 'status']);
  return nodes.some((n) => n.power !== 'on');
}

/** Starts a verb in the background; resolves once a server is without power. */
async function untilCut(args: readonly string[]): Promise<{ child: ChildProcess; ended: Promise<number | null> }> {
  const child = spawn(process.execPath, [CLI_MAIN, ...args], { env: home.env, stdio: 'ignore' });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await until('the power of a server is cut', async () => ((await isDark()) ? true : null), {
    withinMs: 60_000,
    everyMs: 100,
  });
  return { child, ended };
}

async function untilLit(): Promise<void> {
  await until('both servers have power', async () => ((await isDark()) ? null : true), { withinMs: 60_000 });
}

const board = (): Promise<DrillBoard> => home.json<DrillBoard>(['drill', 'list', '--rack']);

/** Runs a verb that may end as void on a busy machine. */
async function drilled(args: readonly string[]): Promise<DrillSummary> {
  const ran = await home.run([...args, '--json']);
  expect([EXIT.ok, EXIT.void], ran.err).toContain(ran.status);
  return JSON.parse(ran.out) as DrillSummary;
}

describe.skipIf(why !== null)(`drills${why === null ? '' : ` (${why})`}`, () => {
  beforeAll(async () => {
    if (!existsSync(join(import.meta.dirname, '../../../build/agent/twinbeat-agent.cjs'))) await buildAgent();
    home = new CliHome();
    await home.json(['rack', 'up', '--keepalive', '200ms', '--deadtime', '2s']);
    await home.json(['deploy', '--rack']);
    await home.settled();
  }, 90_000);
  afterAll(() => home.dispose(), 60_000);

  test('the list says what cannot be run here, and why', async () => {
    const { drills, resumable } = await board();
    expect(drills).toHaveLength(20);
    expect(resumable).toBeNull();
    const of = (id: string) => drills.find((d) => d.id === id);
    expect(of('power-loss')).toMatchObject({ available: true, level: 'physical', hands: 0 });
    expect(of('service-lan-lost')?.available).toBe(false);
    expect(
      of('service-lan-lost')
        ?.reasons.map((r) => r.en)
        .join(),
    ).toContain('ping node');
    const wrong = await home.run(['drill', 'run', 'power-los', '--rack']);
    expect([wrong.status, wrong.err]).toEqual([EXIT.usage, expect.stringContaining('expected cold-start-both')]);
  }, 60_000);

  test('a suite of two: every check holds, and the numbers of each drill are put together', async () => {
    const { suite, statistics } = await drilled(['drill', 'run', 'serial-one-way', 'planned-switchover', '--rack']);
    expect(suite).toMatchObject({ state: 'complete', doneCount: 2, isRack: true });
    for (const run of suite.runs) {
      expect(run.criteria.filter((c) => c.result !== 'pass')).toEqual([]);
      expect(run.notes.filter((n) => !OVERLOADED.test(n.en))).toEqual([]);
    }
    expect(statistics.map((s) => [s.drill, s.runs])).toEqual([
      ['serial-one-way', 1],
      ['planned-switchover', 1],
    ]);
  }, 120_000);

  test('Ctrl-C in the middle undoes what is broken; a killed console is survived; the suite goes on after both', async () => {
    const stopped = await untilCut(['drill', 'run', 'power-loss', '--rack']);
    stopped.child.kill('SIGINT');
    expect(await stopped.ended).toBe(EXIT.interrupted);
    expect(await isDark()).toBe(false);
    await home.settled();
    const first = await board();
    expect(first.suites[0]?.suite).toMatchObject({ state: 'interrupted', doneCount: 0 });
    expect(first.resumable).toBe(first.suites[0]?.suite.suiteId);

    const killed = await untilCut(['drill', 'run', '--resume', '--rack']);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const { suite } = await drilled(['drill', 'run', '--resume', '--rack']);
    await untilLit();
    expect(suite).toMatchObject({ state: 'complete', doneCount: 1 });
    expect(suite.suiteId).toBe(first.resumable);
    const [byHand, byDeath, whole] = suite.runs;
    expect(byHand).toMatchObject({ verdict: 'void' });
    expect(byHand?.notes[0]?.en).toContain('stopped before its end');
    expect(byDeath).toMatchObject({ verdict: 'void' });
    expect(byDeath?.notes[0]?.en).toMatch(/console ended in the middle.*power-off/);
    expect(whole?.criteria.filter((c) => c.result !== 'pass')).toEqual([]);
    expect(whole?.outageMs).toBeGreaterThan(1000);
    expect((await board()).resumable).toBeNull();
  }, 180_000);

  test('an exercise gives nothing away, is answered by another process, and everything is right again', async () => {
    await home.settled();
    const view = await home.json<ExerciseView>(['exercise', 'start', 's5-2', '--rack']);
    expect(view).toMatchObject({ phase: 'running', wrongAnswers: 0 });
    const during = JSON.parse((await home.run(['fault', 'list', '--rack', '--json'])).out || '{}') as {
      active?: unknown[];
    };
    expect(during.active ?? []).toEqual([]);
    expect((await home.json<RackState>(['rack', 'status'])).cables.every((c) => c.aToB && c.bToA)).toBe(true);
    const answer = (fault: string, place: string) =>
      home.run(['exercise', 'answer', '--fault', fault, '--place', place, '--rack', '--json']);
    const wrong = await answer('cable-cut', 'serial');
    expect([wrong.status, (JSON.parse(wrong.out) as ExerciseAnswer).result]).toEqual([EXIT.failed, 'wrong']);
    // Long enough for the link to be called dead: the record then shows a sign of it.
    await until(
      'the status shows it',
      async () => ((await home.status()).links.some((l) => l.directions.some((d) => d.state !== 'up')) ? true : null),
      { withinMs: 30_000 },
    );
    const right = JSON.parse((await answer('one-way', 'serial-b-to-a')).out) as ExerciseAnswer;
    expect(right).toMatchObject({ result: 'right', grade: { outcome: 'solved', wrongAnswers: 1, points: 80 } });
    expect(right.grade?.firstSignMs).toBeGreaterThan(0);
    expect((await home.json<ExerciseBoard>(['exercise', 'list', '--rack'])).current).toBeNull();
    await home.settled();
  }, 120_000);
});
