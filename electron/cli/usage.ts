/** The verbs, their options and their help, in one table: it drives parsing, checking and `--help`. */
import { parseArgs } from 'node:util';
import type { PairSpec } from '../common/contract/pair.ts';
import { CliError } from './exitStatus.ts';

type OptionKind = 'string' | 'boolean';

export interface OptionSpec {
  readonly kind: OptionKind;
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
}

export interface VerbSpec {
  readonly name: string;
  /** Words after the verb, e.g. `up|down|status`; empty: none. */
  readonly words: string;
  /** The allowed first word; null: any, checked by the verb itself. */
  readonly firstWords: readonly string[] | null;
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
}

const JSON_OPTION = { json: { kind: 'boolean', help: 'print one JSON document instead of text' } } as const;
const PAIR_OPTIONS = {
  rack: { kind: 'boolean', help: 'the pair in the running rack' },
  pair: { kind: 'string', value: 'FILE', help: 'a pair file (docs/pair-file.md)' },
  'password-stdin': { kind: 'boolean', help: 'read the password from the first line of standard input' },
} as const;
const NODE_OPTION = {
  node: { kind: 'string', value: 'N', help: 'name of the node, or its part before the first dot' },
} as const;
const SET_OPTION = { set: { kind: 'string', value: 'SET', help: 'local, foreign or all (default: all)' } } as const;
const SETUP_OPTIONS = {
  setup: { kind: 'string', value: 'ID', help: 's5 (serial + crossover, default), s1 or s4 (LAN unicast)' },
  keepalive: { kind: 'string', value: 'TIME', help: 'e.g. 500ms; overrides the setup' },
  deadtime: { kind: 'string', value: 'TIME', help: 'e.g. 3s; overrides the setup' },
} as const;

export const VERBS: readonly VerbSpec[] = [
  {
    name: 'rack',
    words: 'up|down|status',
    firstWords: ['up', 'down', 'status'],
    summary: 'the built-in virtual two-server rack; `up` leaves it running',
    options: { ...SETUP_OPTIONS, ...JSON_OPTION },
  },
  {
    name: 'deploy',
    words: '',
    firstWords: [],
    summary: 'put the agent and its configuration on both nodes; --plan only shows what it would do',
    options: {
      ...PAIR_OPTIONS,
      plan: { kind: 'boolean', help: 'show preflight and plan, change nothing' },
      ...JSON_OPTION,
    },
  },
  {
    name: 'remove',
    words: '',
    firstWords: [],
    summary: 'take the agent off both nodes without a trace',
    options: { ...PAIR_OPTIONS, plan: { kind: 'boolean', help: 'show the plan, change nothing' }, ...JSON_OPTION },
  },
  {
    name: 'status',
    words: '',
    firstWords: [],
    summary: 'nodes, links and who holds the address',
    options: { ...PAIR_OPTIONS, ...JSON_OPTION },
  },
  {
    name: 'fault',
    words: 'NAME|list|revert',
    firstWords: null,
    summary: 'break something for a while; it mends itself even when this console is gone',
    options: {
      ...PAIR_OPTIONS,
      ...NODE_OPTION,
      for: { kind: 'string', value: 'TIME', help: 'how long, 500ms to 60min (default 20s)' },
      link: { kind: 'string', value: 'ID', help: 'link that the fault is about, where it is about one' },
      id: { kind: 'string', value: 'ID', help: 'which fault to revert (default: every one that is on)' },
      wait: { kind: 'boolean', help: 'return only when the fault is over' },
      ...JSON_OPTION,
    },
  },
  {
    name: 'drill',
    words: 'power-off',
    firstWords: ['power-off'],
    summary: 'cut the power of the holder, measure what a client sees, restore it',
    options: { ...PAIR_OPTIONS, ...JSON_OPTION },
  },
  {
    name: 'demo',
    words: '',
    firstWords: [],
    summary: 'all of it in a rack of its own: up, deploy, settle, power-off, measure, clean up',
    options: { ...SETUP_OPTIONS, ...JSON_OPTION },
  },
  {
    name: 'probe',
    words: '',
    firstWords: [],
    summary: 'ask the service address again and again and say who answers',
    options: {
      ...PAIR_OPTIONS,
      for: { kind: 'string', value: 'TIME', help: 'how long (default 10s)' },
      ...JSON_OPTION,
    },
  },
  {
    name: 'standby',
    words: '',
    firstWords: [],
    summary: 'ask a node to give its resources to the other one',
    options: { ...PAIR_OPTIONS, ...NODE_OPTION, ...SET_OPTION, ...JSON_OPTION },
  },
  {
    name: 'takeover',
    words: '',
    firstWords: [],
    summary: 'ask a node to take resources from the other one',
    options: { ...PAIR_OPTIONS, ...NODE_OPTION, ...SET_OPTION, ...JSON_OPTION },
  },
  {
    name: 'console',
    words: '',
    firstWords: [],
    summary: 'serve the console to a browser on this computer',
    options: { port: { kind: 'string', value: 'PORT', help: 'port on 127.0.0.1 (default: any free one)' } },
  },
];

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
  if (positionals.length > 1)
    throw new CliError('usage', `"${positionals[1]}" is one word too many after "${verb.name} ${first}"`);
  return {
    verb,
    words: positionals,
    help,
    text: (option) => (typeof values[option] === 'string' ? values[option] : null),
    flag: (option) => values[option] === true,
  };
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, m: 60_000 };

/**
 * The node that `--node` means: its name, or the part of it before the first dot where only one node
 * has that. Throws `usage`, naming the nodes that there are.
 */
export function nodeOf(parsed: Parsed, spec: PairSpec): string {
  const given = parsed.text('node') ?? '';
  const names = spec.nodes.map((n) => n.name);
  const matching = names.includes(given) ? [given] : names.filter((name) => name.split('.')[0] === given);
  const [name] = matching;
  if (name === undefined || matching.length > 1)
    throw new CliError('usage', `--node ${given}: expected one of ${names.join(', ')}`);
  return name;
}

/**
 * A duration as people write it (`20s`, `500ms`, `2min`) in milliseconds, within `range` of milliseconds if
 * there is one. Throws `usage`.
 */
export function durationMs(text: string, option: string, range?: readonly [minMs: number, maxMs: number]): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|min|m)$/.exec(text);
  const unit = UNITS_MS[match?.[2] ?? ''];
  if (match === null || unit === undefined)
    throw new CliError('usage', `--${option} ${text}: expected a time with its unit, e.g. 20s or 500ms`);
  const ms = Number(match[1]) * unit;
  if (range !== undefined && (ms < range[0] || ms > range[1]))
    throw new CliError('usage', `--${option} ${text}: expected ${range[0]} ms to ${range[1] / 60_000} min`);
  return ms;
}
