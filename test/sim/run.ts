/**
 * Random runs of two engines: `npm run sim -- [--seed N] [--runs N] [--profile mixed|splits] [--timeline]`. Prints the drawn options of a
 * single run first; on failure prints what broke and the command that repeats it. Exit status 1 on failure.
 */
import { parseArgs } from 'node:util';
import { simulate } from '../../agent/common/sim/simulate.ts';
import { KNOWN_SEEDS } from './seeds.ts';

const TIMELINE_LINES = 60;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    runs: { type: 'string' },
    profile: { type: 'string', default: 'mixed' },
    timeline: { type: 'boolean', default: false },
  },
});
const { profile } = values;
const runs = values.runs === undefined ? (values.seed === undefined ? 1000 : 1) : Number(values.runs);
const firstSeed = values.seed === undefined ? Math.floor(Date.now() / 1000) : Number(values.seed);
if (
  !Number.isSafeInteger(runs) ||
  !Number.isSafeInteger(firstSeed) ||
  runs < 1 ||
  (profile !== 'mixed' && profile !== 'splits')
) {
  process.stderr.write('usage: npm run sim -- [--seed N] [--runs N] [--profile mixed|splits] [--timeline]\n');
  process.exit(2);
}
const listed = values.seed === undefined ? KNOWN_SEEDS.map((known) => known.seed) : [];
const seeds = [...listed, ...Array.from({ length: runs }, (_, i) => firstSeed + i)];
process.stdout.write(`seeds: ${listed.length} known, then ${firstSeed} to ${firstSeed + runs - 1}\n`);

for (const seed of seeds) {
  const { options, violations, timeline } = simulate(seed, profile);
  if (runs === 1 && listed.length === 0) process.stdout.write(`${JSON.stringify(options, null, 1)}\n`);
  if (values.timeline) process.stdout.write(`${timeline.join('\n')}\n`);
  if (violations.length === 0) continue;
  const tail = timeline.slice(-TIMELINE_LINES).join('\n');
  process.stdout.write(`FAILED seed ${seed}\n${JSON.stringify(options)}\n${tail}\n`);
  for (const v of violations.slice(0, 5))
    process.stdout.write(`${v.checker} at ${v.atMs.toFixed(1)} ms: ${v.detail}\n`);
  process.stdout.write(`repeat it with: npm run sim -- --seed ${seed} --profile ${profile}\n`);
  process.exit(1);
}
process.stdout.write(`${seeds.length} runs, no violation\n`);
