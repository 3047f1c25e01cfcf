/**
 * `npm run fuzz -- [--target NAME] [--seed N] [--runs N | --minutes N] [--grow]`: mutates the corpus until something breaks. `--grow` keeps
 * the inputs that showed something new. Exit status 1 with the input and the command that repeats it when a promise broke.
 */
import { parseArgs } from 'node:util';
import { growCorpus, readCorpus } from './corpus.ts';
import { fuzz } from './fuzz.ts';
import { FUZZ_TARGETS } from './targets.ts';

const USAGE = 'usage: npm run fuzz -- [--target wire|framer|config|rpc] [--seed N] [--runs N | --minutes N] [--grow]\n';

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    seed: { type: 'string' },
    runs: { type: 'string' },
    minutes: { type: 'string' },
    grow: { type: 'boolean', default: false },
  },
});
const targets = FUZZ_TARGETS.filter(({ name }) => values.target === undefined || values.target === name);
const seed = Number(values.seed ?? Math.floor(Date.now() / 1000));
const minutes = values.minutes === undefined ? null : Number(values.minutes);
const runs = minutes === null ? Number(values.runs ?? 20_000) : Number.MAX_SAFE_INTEGER;
if (targets.length === 0 || !Number.isSafeInteger(seed) || !(runs > 0) || (minutes !== null && !(minutes > 0))) {
  process.stderr.write(USAGE);
  process.exit(2);
}

for (const target of targets) {
  const endMs = minutes === null ? Infinity : performance.now() + (minutes * 60_000) / targets.length;
  const corpus = readCorpus(target.name);
  const outcome = await fuzz(target, corpus, { seed, runs, enough: () => performance.now() > endMs });
  const { finding, grown } = outcome;
  process.stdout.write(
    `${target.name}: ${outcome.runs} inputs, ${outcome.features} features, ${grown.length} new inputs (seed ${seed})\n`,
  );
  if (values.grow && finding === null && grown.length > 0) growCorpus(target.name, grown);
  if (finding === null) continue;
  process.stdout.write(
    `FAILED at input ${finding.run}: ${finding.message}\ninput (base64): ${Buffer.from(finding.input).toString('base64')}\n` +
      `repeat it with: npm run fuzz -- --target ${target.name} --seed ${seed} --runs ${finding.run + 1}\n`,
  );
  process.exit(1);
}
