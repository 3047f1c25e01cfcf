// Goal: what is broken behind the console's back in a real rack is named from the evidence, live, by its name and by no other one.
// Method: a pair of ours and one of Debian's daemons, which the console only observes, through M1 to M16; nothing is injected through the
// console. When each became true is taken from witnesses that the console does not have (namingStage.ts). A few of them in every run;
// TWINBEAT_NAMING=all does them all, holds the names to two seconds where the machine has the time, and prints a table for
// docs/timeline.md; TWINBEAT_NAMING_ENGINE takes one pair, -t some experiments.
import { loadavg, availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildAgent } from '../../tools/build.ts';
import { missing } from '../../support/needs.ts';
import { EXPERIMENTS, type Experiment } from './experiments.ts';
import { NamingStage, type Engine } from './namingStage.ts';

const ENGINES: readonly Engine[] = ['twinbeat', 'heartbeat'];
const reasons: Readonly<Record<Engine, string | null>> = {
  twinbeat: missing('linux', 'iproute', 'namespaces', 'nft'),
  heartbeat: missing('linux', 'root', 'namespaces', 'iproute', 'heartbeat'),
};
const isAll = process.env['TWINBEAT_NAMING'] === 'all';
const onlyEngine = process.env['TWINBEAT_NAMING_ENGINE'];
const NAMED_MS_MAX = 2000;
/** Another name may still come this long after the right one, milliseconds. */
const WATCHED_MS = 2500;
/** A machine busier than this for each of its processors gives numbers that say nothing. */
const LOAD_MAX = 2;

const rows: string[] = [];

async function name(on: NamingStage, experiment: Experiment): Promise<void> {
  const { id, what, code, also } = experiment;
  const fromMs = on.nowMs;
  await experiment.cause(on);
  const doneMs = on.nowMs;
  const trueMs = await on.until(`${id} is true`, () => experiment.truth(on, fromMs, doneMs));
  const since = code === 'serial-budget' ? 0 : fromMs;
  const said = await on
    .until(`${code} is named`, () => on.namesOf(code, since)[0] ?? null)
    .catch((error: unknown) => {
      const others = [...on.said.values()].filter((s) => s.namedAtMs >= fromMs).map((s) => s.name.en);
      throw new Error(`${String(error)}; named instead: ${others.join('; ') || 'nothing'}`);
    });
  await on.until('a moment more', () => (on.nowMs > Math.max(said.namedAtMs, trueMs) + WATCHED_MS ? true : null));
  const wrong = [...on.said.values()].filter(
    (s) => s.namedAtMs >= fromMs && s.level !== 'note' && s.code !== code && !also.includes(s.code),
  );
  const lateMs = Math.round(said.namedAtMs - trueMs);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  const row = `| ${id} | ${on.engine} | ${what} | \`${code}\` | ${lateMs} ms | ${load} | ${wrong.map((s) => s.code).join(', ') || 'none'} |`;
  rows.push(row);
  process.stdout.write(`${row}\n`);
  expect(wrong.map((s) => `${s.code}: ${s.name.en}`)).toEqual([]);
  if (isAll && Number(load) <= LOAD_MAX * availableParallelism()) expect(lateMs).toBeLessThanOrEqual(NAMED_MS_MAX);
}

for (const engine of ENGINES) {
  const skipped = reasons[engine] !== null || (onlyEngine !== undefined && onlyEngine !== engine);
  describe.skipIf(skipped)(`named from the evidence: ${engine}`, { timeout: 200_000 }, () => {
    let on: NamingStage;
    beforeAll(async () => {
      await buildAgent();
      on = new NamingStage(engine);
      await on.up();
    }, 150_000);
    afterAll(async () => {
      await on.down();
      process.stdout.write(`${rows.splice(0).join('\n')}\n`);
    }, 60_000);

    const wanted = EXPERIMENTS.filter((e) => (isAll ? e.engines : e.brief).includes(engine));
    for (const experiment of wanted) {
      test(`${experiment.id}: ${experiment.what}`, async () => {
        try {
          await name(on, experiment);
        } finally {
          await experiment.heal(on);
        }
      });
    }
  });
}
