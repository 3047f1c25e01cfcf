/**
 * Feeds a parser with mutations of a corpus. An input that shows a feature which none showed before joins the corpus, so
 * the mutations reach deeper with every round. Repeatable from its seed.
 */
import { SeededRandom } from '../../agent/common/base/random.ts';
import { mutate, spliced } from './mutate.ts';

/** One thing that takes bytes from strangers. */
export interface FuzzTarget {
  readonly name: string;
  /** Pieces that mean something to it. */
  readonly magic: readonly Uint8Array[];
  /** Inputs from the fixtures. */
  seeds(): readonly Uint8Array[];
  /**
   * Feeds one input. Throws when a promise is broken. Returns what the input made it do, as short words from a bounded set;
   * `random` for choices beside the input, such as where a stream is cut.
   */
  feed(input: Uint8Array, random: SeededRandom): readonly string[] | Promise<readonly string[]>;
}

export interface FuzzOptions {
  readonly seed: number;
  /** Inputs to feed after the corpus. */
  readonly runs: number;
  /** Called between inputs; true ends the run early. */
  readonly enough?: () => boolean;
}

/** What broke, and the bytes that do it. */
export interface Finding {
  readonly input: Uint8Array;
  readonly run: number;
  readonly message: string;
}

export interface FuzzOutcome {
  readonly runs: number;
  readonly features: number;
  /** Inputs beyond the given corpus that showed something new, in the order found. */
  readonly grown: readonly Uint8Array[];
  readonly finding: Finding | null;
}

/** Longest input; a message has hundreds of bytes, a file a few thousand. */
const INPUT_BYTES_MAX = 20_000;

/** First the corpus as it is, then `runs` mutations of it. Stops at the first finding. */
export async function fuzz(
  target: FuzzTarget,
  corpus: readonly Uint8Array[],
  options: FuzzOptions,
): Promise<FuzzOutcome> {
  const random = new SeededRandom(options.seed);
  const known = new Set<string>();
  const pool = [...target.seeds(), ...corpus];
  const given = pool.length;
  let run = 0;
  const outcome = (finding: Finding | null): FuzzOutcome => ({
    runs: run,
    features: known.size,
    grown: pool.slice(given),
    finding,
  });
  for (; run < given + options.runs; run++) {
    if (options.enough?.() === true) break;
    const input = run < given ? (pool[run] as Uint8Array) : vary(target, pool, random);
    let features: readonly string[];
    try {
      features = await target.feed(input, random);
    } catch (error) {
      return outcome({ input, run, message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
    const before = known.size;
    for (const feature of features) known.add(feature);
    if (run >= given && known.size > before) pool.push(input);
  }
  return outcome(null);
}

function vary(target: FuzzTarget, pool: readonly Uint8Array[], random: SeededRandom): Uint8Array {
  const base = random.chance(0.1) ? spliced(random.pick(pool), random.pick(pool), random) : random.pick(pool);
  return mutate(base, random, target.magic).subarray(0, INPUT_BYTES_MAX);
}
