/** What a command line means: checked against the table of verbs, which also makes `--help`. */
import { parseArgs } from 'node:util';
import type { PairSpec } from '../common/contract/pair.ts';
import { CliError } from './exitStatus.ts';
import { VERBS } from './verbTable.ts';
import type { OptionKind, VerbSpec } from './verbTable.ts';

export { VERBS };

export interface Parsed {
  readonly verb: VerbSpec;
  readonly words: readonly string[];
  readonly help: boolean;
  text(option: string): string | null;
  flag(option: string): boolean;
}

/** The overview. */
export function generalHelp(): string {
  const width = Math.max(...VERBS.map((v) => v.name.length + v.words.length + 1));
  const lines = VERBS.map((v) => `  ${`${v.name} ${v.words}`.padEnd(width)}  ${v.summary}`);
  return `twinbeat VERB [options]\n\n${lines.join('\n')}\n\ntwinbeat VERB --help says more. Exit statuses: docs/cli.md.\n`;
}

/** Help of one verb. */
export function verbHelp(verb: VerbSpec): string {
  const entries = [...Object.entries(verb.options), ['help', { kind: 'boolean', help: 'this text' }] as const];
  const names = entries.map(([name, o]) =>
    'value' in o && o.value !== undefined ? `--${name} ${o.value}` : `--${name}`,
  );
  const width = Math.max(...names.map((n) => n.length));
  const lines = entries.map(([, o], i) => `  ${(names[i] ?? '').padEnd(width)}  ${o.help}`);
  return `twinbeat ${`${verb.name} ${verb.words}`.trim()} [options]\n\n${verb.summary}\n\n${lines.join('\n')}\n`;
}

function parseWith(
  verb: VerbSpec,
  args: readonly string[],
): { values: Record<string, unknown>; positionals: string[] } {
  const options: Record<string, { type: OptionKind }> = { help: { type: 'boolean' } };
  for (const [name, option] of Object.entries(verb.options)) options[name] = { type: option.kind };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const expected = Object.keys(options)
      .map((name) => `--${name}`)
      .join(', ');
    const said = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error);
    throw new CliError('usage', `${said}. Options of ${verb.name}: ${expected}`);
  }
}

/** Parses the command line after `twinbeat`. Throws `usage`, naming what was expected. */
export function parseCommand(args: readonly string[]): Parsed {
  const [name = '', ...rest] = args;
  const verb = VERBS.find((v) => v.name === name);
  const names = VERBS.map((v) => v.name).join(', ');
  if (verb === undefined) {
    throw new CliError(
      'usage',
      name === '' ? `a verb is needed: one of ${names}` : `unknown verb "${name}": expected one of ${names}`,
    );
  }
  const { values, positionals } = parseWith(verb, rest);
  const help = values['help'] === true;
  const [first] = positionals;
  if (!help && verb.firstWords !== null) {
    const expected = verb.firstWords.length === 0 ? 'nothing' : verb.firstWords.join(' or ');
    const isRight =
      verb.firstWords.length === 0 ? first === undefined : first !== undefined && verb.firstWords.includes(first);
    if (!isRight)
      throw new CliError(
        'usage',
        `after "${verb.name}" expected ${expected}${first === undefined ? '' : `, not "${first}"`}`,
      );
  }
  if (positionals.length > 1 && verb.takesMany !== true)
    throw new CliError('usage', `"${positionals[1]}" is one word too many after "${verb.name} ${first}"`);
  return {
    verb,
    words: positionals,
    help,
    text: (option) => (typeof values[option] === 'string' ? values[option] : null),
    flag: (option) => values[option] === true,
  };
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, m: 60_000, h: 3_600_000 };

/**
 * The node that `--node` means: its name, or the part of it before the first dot where only one node
 * has that. Throws `usage`, naming the nodes that there are.
 */
export function nodeOf(parsed: Parsed, spec: PairSpec): string {
  return nodeNamed(parsed.text('node') ?? '', '--node', spec);
}

/** As `nodeOf`, for a name that stands elsewhere: `where` is how the message calls the place. */
export function nodeNamed(given: string, where: string, spec: PairSpec): string {
  const names = spec.nodes.map((n) => n.name);
  const matching = names.includes(given) ? [given] : names.filter((name) => name.split('.')[0] === given);
  const [name] = matching;
  if (name === undefined || matching.length > 1)
    throw new CliError('usage', `${where} ${given}: expected one of ${names.join(', ')}`);
  return name;
}

/**
 * A duration as people write it (`20s`, `500ms`, `2min`) in milliseconds, within `range` of milliseconds if
 * there is one. Throws `usage`.
 */
export function durationMs(text: string, option: string, range?: readonly [minMs: number, maxMs: number]): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|min|m|h)$/.exec(text);
  const unit = UNITS_MS[match?.[2] ?? ''];
  if (match === null || unit === undefined)
    throw new CliError('usage', `--${option} ${text}: expected a time with its unit, e.g. 20s or 500ms`);
  const ms = Number(match[1]) * unit;
  if (range !== undefined && (ms < range[0] || ms > range[1]))
    throw new CliError('usage', `--${option} ${text}: expected ${range[0]} ms to ${range[1] / 60_000} min`);
  return ms;
}
