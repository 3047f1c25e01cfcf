/** The line format in which the scripts on a node report: a header, tab-separated facts, `end`. */
import { fail, ok } from '../../../agent/common/base/result.ts';
import type { Result } from '../../../agent/common/base/result.ts';

export type Fact = readonly [key: string, ...fields: string[]];

/**
 * Reads a report strictly: everything before the header is login noise, every line after it
 * must be a fact with a key in `keys`, and the end mark must be there, or nothing is believed.
 */
export function parseFacts(text: string, header: string, keys: ReadonlySet<string>): Result<Fact[], 'not-understood'> {
  const lines = text.split('\n');
  const start = lines.indexOf(header);
  const end = lines.indexOf('end', start + 1);
  if (start < 0)
    return fail('not-understood', `no "${header}" in what the node printed: ${JSON.stringify(text.slice(0, 200))}`);
  if (end < 0) return fail('not-understood', 'the report of the node is cut off');
  const facts: Fact[] = [];
  for (const line of lines.slice(start + 1, end)) {
    const [key = '', ...fields] = line.split('\t');
    if (!keys.has(key) || fields.length === 0)
      return fail('not-understood', `unexpected line from the node: ${JSON.stringify(line)}`);
    facts.push([key, ...fields]);
  }
  return ok(facts);
}

/** First field of the first fact with this key; null: there is none. */
export function fact(facts: readonly Fact[], key: string): string | null {
  return facts.find((one) => one[0] === key)?.[1] ?? null;
}

/** Fields of every fact with this key. */
export function factsOf(facts: readonly Fact[], key: string): string[][] {
  return facts.filter((one) => one[0] === key).map(([, ...fields]) => fields);
}
