// Goal: bytes from strangers never throw, never loop, never pass as genuine. Method: mutations of a corpus grown from the fixtures; a
// failure names its seed, and `npm run fuzz -- --target T --seed N` repeats it. TWINBEAT_FUZZ_RUNS sets the length.
import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../../agent/common/base/random.ts';
import { readCorpus } from '../../fuzz/corpus.ts';
import { fuzz } from '../../fuzz/fuzz.ts';
import type { FuzzTarget } from '../../fuzz/fuzz.ts';
import { latin1 } from '../../fuzz/mutate.ts';
import { FUZZ_TARGETS } from '../../fuzz/targets.ts';

const SEED = Number(process.env['TWINBEAT_SEED'] ?? 3);
const RUNS = Number(process.env['TWINBEAT_FUZZ_RUNS'] ?? 1500);

describe.each(FUZZ_TARGETS)('$name', (target) => {
  test(`corpus and ${RUNS} mutations, seed ${SEED}`, { timeout: 60_000 + RUNS * 20 }, async () => {
    const { finding } = await fuzz(target, readCorpus(target.name), { seed: SEED, runs: RUNS });
    if (finding !== null) {
      const input = Buffer.from(finding.input).toString('base64');
      throw new Error(`seed ${SEED}, input ${finding.run} (base64 ${input}): ${finding.message}`);
    }
  });
});

test('the fuzzer finds a planted bug that two steps of growth lead to, and repeats itself from its seed', async () => {
  const planted: FuzzTarget = {
    name: 'planted',
    magic: ['a', 'b', 'c'].map(latin1),
    seeds: () => [latin1('....')],
    feed: (input) => {
      const text = String.fromCharCode(...input);
      if (text.includes('abc')) throw new Error('found');
      return [`ab ${text.includes('ab')}`, `a ${text.includes('a')}`];
    },
  };
  const first = await fuzz(planted, [], { seed: 7, runs: 20_000 });
  expect(first.finding?.message).toContain('found');
  const again = await fuzz(planted, [], { seed: 7, runs: 20_000 });
  expect(again.finding).toMatchObject({ input: first.finding?.input, run: first.finding?.run });
});

test('the targets tell good input from bad: the fixtures show more than one feature each', async () => {
  for (const target of FUZZ_TARGETS) {
    const random = new SeededRandom(1);
    const features = new Set<string>();
    for (const seed of target.seeds()) for (const feature of await target.feed(seed, random)) features.add(feature);
    expect(features.size, target.name).toBeGreaterThan(1);
  }
});
