/**
 * Runs a story again and again on one pair. After each cycle the pair has to be at rest, both logs clean of what no rule allows, and no
 * address held twice without an excuse. A cycle that fails is kept with both logs; the pair is built up again and the next one runs.
 *
 *   TWINBEAT_CYCLES=20       how often each story is run (1)
 *   TWINBEAT_STORIES=REGEXP  only the stories whose "setup: scenario" it matches
 *   TWINBEAT_REPORT=FILE     one JSON line per cycle; logs of failed ones beside it
 *
 * Each plan has a rack of its own and all run at once, as they mostly wait; the stories of one follow each other.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { startInOrder, startOrder, type Order } from './failures.ts';
import { Stage, type Mark, type Setup } from './stage.ts';
import type { Story } from './story.ts';

const CYCLES = Number(process.env['TWINBEAT_CYCLES'] ?? '1');
const CHOSEN = new RegExp(process.env['TWINBEAT_STORIES'] ?? '');
const REPORT = process.env['TWINBEAT_REPORT'];

/** Against hanging only: several times what a story takes on a busy machine. */
const CYCLE_WITHIN_MS = 600_000;

export interface Plan {
  readonly setup: Setup;
  /** In which order the pair is started for the first time. */
  readonly order: Order;
  readonly stories: readonly Story[];
}

async function keep(stage: Stage, story: Story, cycle: number, mark: Mark, wrong: string): Promise<void> {
  if (REPORT === undefined) return;
  const parts = [wrong];
  for (const node of stage.nodes) parts.push(`--- ${node.name} (${node.engine})`, ...(await stage.since(node, mark)));
  writeFileSync(`${REPORT}.${stage.setup.name}.${story.scenario.replaceAll(' ', '-')}.${cycle}.log`, parts.join('\n'));
}

/** Null: all went as it should. */
async function runCycle(stage: Stage, story: Story, cycle: number): Promise<string | null> {
  const mark = await stage.mark();
  let wrong: string[];
  try {
    await story.run(stage, cycle);
    wrong = await stage.complaints(story.scenario, mark);
  } catch (error) {
    const said = await stage.complaints(story.scenario, mark);
    wrong = [error instanceof Error ? error.message : String(error), ...said];
  }
  if (REPORT !== undefined) {
    const line = {
      setup: stage.setup.name,
      scenario: story.scenario,
      cycle,
      ok: wrong.length === 0,
      seconds: Math.round((Date.now() - mark.wallMs) / 1000),
      load: loadavg()[0],
      wrong: wrong.slice(0, 5),
    };
    appendFileSync(REPORT, `${JSON.stringify(line)}\n`);
  }
  if (wrong.length === 0) return null;
  await keep(stage, story, cycle, mark, wrong.join('\n'));
  return `cycle ${cycle}: ${wrong.join('\n')}`;
}

async function runCycles(stage: Stage, story: Story): Promise<readonly string[]> {
  const failed: string[] = [];
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const wrong = await runCycle(stage, story, cycle);
    if (wrong === null) continue;
    failed.push(wrong);
    await stage.rebuild();
  }
  return failed;
}

async function firstStart(stage: Stage, order: Order): Promise<readonly string[]> {
  const mark = await stage.mark();
  await startInOrder(stage, order);
  return stage.complaints('start order', mark);
}

/** A failure as a value: the outcome may come before its test waits for it. */
async function outcomeOf(work: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await work();
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** Which stories of a plan are run. The orders of starting are only worth their time in a campaign: each plan starts once anyway. */
export function chosenOf({ setup, stories }: Plan): readonly Story[] {
  const all = CYCLES > 1 ? [startOrder, ...stories] : stories;
  return all.filter(({ scenario }) => CHOSEN.test(`${setup.name}: ${scenario}`));
}

/** Bound for a plan's longest wait. */
export function boundMs(plan: Plan): number {
  return (chosenOf(plan).length * CYCLES + 1) * CYCLE_WITHIN_MS;
}

/** A plan that runs. */
export interface Run {
  /** What went wrong, by story; the first start is `start`. Never rejected. */
  readonly outcomes: ReadonlyMap<string, Promise<readonly string[]>>;
  /** The last story is over and the rack is gone. */
  readonly ended: Promise<void>;
}

export function runPlan(plan: Plan): Run {
  const raised = Stage.up(plan.setup);
  let last = outcomeOf(async () => firstStart(await raised, plan.order));
  const outcomes = new Map([['start', last]]);
  for (const story of chosenOf(plan)) {
    const previous = last;
    last = outcomeOf(async () => {
      await previous;
      return runCycles(await raised, story);
    });
    outcomes.set(story.scenario, last);
  }
  const ended = last.then(async () => {
    const stage = await raised.catch(() => null);
    await stage?.down();
  });
  return { outcomes, ended };
}
