/**
 * Runs a story again and again on one pair. After each cycle the pair has to be at rest, both logs clean of what no rule allows, and no
 * address held twice without an excuse. A cycle that fails is kept with both logs; the pair is built up again and the next one runs.
 *
 *   TWINBEAT_CYCLES=20     how often each story is run (1)
 *   TWINBEAT_REPORT=FILE   one JSON line per cycle; logs of failed ones beside it
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { expect, test } from 'vitest';
import type { Scenario } from '../../support/haLog.ts';
import type { Mark, Stage } from './stage.ts';

export const CYCLES = Number(process.env['TWINBEAT_CYCLES'] ?? '1');
const REPORT = process.env['TWINBEAT_REPORT'];

/** Against hanging only: several times what a story takes on a busy machine. */
const CYCLE_WITHIN_MS = 600_000;

export interface Story {
  readonly scenario: Scenario;
  /** Runs cycle number `cycle`, from 0, and leaves the pair at rest. */
  readonly run: (stage: Stage, cycle: number) => Promise<void>;
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

/** The story as a test of that many cycles. `stage` is asked when the test runs. */
export function cycles(stage: () => Stage, story: Story): void {
  test(story.scenario, { timeout: CYCLES * CYCLE_WITHIN_MS }, async () => {
    const failed: string[] = [];
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const wrong = await runCycle(stage(), story, cycle);
      if (wrong === null) continue;
      failed.push(wrong);
      await stage().rebuild();
    }
    expect(failed).toEqual([]);
  });
}
