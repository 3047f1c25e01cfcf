// Goal: drills by the command line in a real rack: a suite with its verdicts, a stop in the middle, a console that is killed in the middle, and going on after both.
// Method: one rack with short times; its power is read from the rack itself, by another process than the one that drills. The machine may be busy:
// that gate is waived, by name, and the waiver must be in the record.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../../electron/cli/exitStatus.ts';
import type { DrillBoard, DrillSummary } from '../../../electron/common/contract/drill.ts';
import type { ExerciseAnswer, ExerciseBoard, ExerciseView } from '../../../electron/common/contract/exercise.ts';
import type { RackState } from '../../../electron/common/contract/rack.ts';
import { attachRack, type RackHandle } from '../../../electron/lab/index.ts';
import { CLI_MAIN, CliHome } from '../../support/cliHome.ts';
import { missing } from '../../support/needs.ts';
import { until } from '../../support/rackRun.ts';
import { buildAgent } from '../../tools/build.ts';

const why = missing('linux', 'iproute', 'namespaces');
const WAIVED = ['--waive', 'load', '--by', 'rig test', '--why', 'other tests run beside it'];
const runtimeBefore = process.env['XDG_RUNTIME_DIR'];
let home: CliHome;
let rack: RackHandle;

/** What of a machine that others use may make a run void; the pair is not to blame, and what was found still counts. */
const BUSY = /overloaded|stood still|waived/;

const isDark = (): boolean => rack.state().nodes.some((n) => n.power !== 'on');

/** Starts a verb in the background; resolves once a server is without power. */
async function untilCut(args: readonly string[]): Promise<{ child: ChildProcess; ended: Promise<number | null> }> {
  const child = spawn(process.execPath, [CLI_MAIN, ...args], { env: home.env, stdio: 'ignore' });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await until('the power of a server is cut', () => (isDark() ? true : null), { withinMs: 60_000, everyMs: 50 });
  return { child, ended };
}

const board = (): Promise<DrillBoard> => home.json<DrillBoard>(['drill', 'list', '--rack']);

describe.skipIf(why !== null)(`drills${why === null ? '' : ` (${why})`}`, () => {
  beforeAll(async () => {
    if (!existsSync(join(import.meta.dirname, '../../../build/agent/twinbeat-agent.cjs'))) await buildAgent();
    home = new CliHome();
    await home.json(['rack', 'up', '--keepalive', '200ms', '--deadtime', '2s']);
    process.env['XDG_RUNTIME_DIR'] = home.env['XDG_RUNTIME_DIR'];
    const found = await attachRack();
    if (found === null) throw new Error('the rack that "rack up" left cannot be found');
    rack = found;
    await home.json(['deploy', '--rack']);
  }, 150_000);
  afterAll(async () => {
    if (runtimeBefore === undefined) delete process.env['XDG_RUNTIME_DIR'];
    else process.env['XDG_RUNTIME_DIR'] = runtimeBefore;
    await home.dispose();
  }, 60_000);

  test('the list says what cannot be run here, and why', async () => {
    const { drills, resumable } = await board();
    expect(drills).toHaveLength(20);
    expect(resumable).toBeNull();
    const of = (id: string) => drills.find((d) => d.id === id);
    expect(of('power-loss')).toMatchObject({ available: true, level: 'physical', hands: 0 });
    expect(of('service-lan-lost')?.available).toBe(false);
    const reasons = of('service-lan-lost')?.reasons.map((r) => r.en);
    expect(reasons?.join()).toContain('ping node');
  }, 60_000);

  test('Ctrl-C in the middle undoes what is broken; a killed console is survived; the suite goes on after both', async () => {
    const suite = ['drill', 'run', 'power-loss', 'serial-one-way', '--rack', ...WAIVED];
    const stopped = await untilCut(suite);
    stopped.child.kill('SIGINT');
    expect(await stopped.ended).toBe(EXIT.interrupted);
    expect(isDark()).toBe(false);

    const killed = await untilCut(['drill', 'run', '--resume', '--rack']);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const ran = await home.run(['drill', 'run', '--resume', '--rack', '--json']);
    expect([EXIT.ok, EXIT.void], ran.err).toContain(ran.status);
    await until('both servers have power', () => (isDark() ? null : true), { withinMs: 60_000 });

    const { suite: whole, statistics } = JSON.parse(ran.out) as DrillSummary;
    expect(whole).toMatchObject({ state: 'complete', doneCount: 2, isRack: true });
    const [byHand, byDeath, loss, oneWay] = whole.runs;
    expect(byHand).toMatchObject({ verdict: 'void' });
    expect(byHand?.notes[0]?.en).toContain('stopped before its end');
    expect(byDeath).toMatchObject({ verdict: 'void' });
    expect(byDeath?.notes[0]?.en).toMatch(/console ended in the middle.*power-off/);
    for (const run of [loss, oneWay]) {
      expect(run?.criteria.filter((c) => c.result !== 'pass')).toEqual([]);
      expect(run?.notes.filter((n) => !BUSY.test(n.en))).toEqual([]);
      // Measured or not: every gate is there, and what failed says who answers for it.
      expect(run?.gates).toHaveLength(8);
      expect(run?.gates.filter((g) => g.result !== 'passed' && g.waiver?.by !== 'rig test')).toEqual([]);
    }
    expect(loss?.outageMs).toBeGreaterThan(1000);
    expect(statistics.map((s) => [s.drill, s.runs, s.from])).toEqual([
      ['power-loss', 3, null],
      ['serial-one-way', 1, null],
    ]);
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
    const right = JSON.parse((await answer('one-way', 'serial-b-to-a')).out) as ExerciseAnswer;
    expect(right).toMatchObject({ result: 'right', grade: { outcome: 'solved', wrongAnswers: 1, points: 80 } });
    expect((await home.json<ExerciseBoard>(['exercise', 'list', '--rack'])).current).toBeNull();
    expect(rack.state().cables.every((c) => c.aToB && c.bToA)).toBe(true);
  }, 120_000);
});
