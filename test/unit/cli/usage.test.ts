// What the CLI understands, and that it says what it expected when it does not.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PairSpec } from '../../../electron/common/contract/pair.ts';
import { CliError, EXIT, exitOfCode } from '../../../electron/cli/exitStatus.ts';
import {
  durationMs,
  generalHelp,
  nodeNamed,
  nodeOf,
  parseCommand,
  VERBS,
  verbHelp,
} from '../../../electron/cli/usage.ts';

function failure(args: string[]): CliError {
  try {
    parseCommand(args);
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
  throw new Error(`understood: ${args.join(' ')}`);
}

test('verbs, words and options arrive', () => {
  const parsed = parseCommand(['fault', 'kill-agent', '--node', 'ha1', '--for', '20s', '--rack', '--json']);
  expect(parsed.words).toEqual(['kill-agent']);
  expect(parsed.text('node')).toBe('ha1');
  expect(parsed.flag('rack')).toBe(true);
  expect(parsed.text('link')).toBeNull();
  expect(parsed.flag('wait')).toBe(false);
});

test.each([
  [['frob'], /unknown verb "frob": expected one of rack, preflight, deploy/],
  [['rack'], /after "rack" expected up or down or status or power or cable or power-switch/],
  [['rack', 'sideways'], /not "sideways"/],
  [['status', 'now'], /expected nothing, not "now"/],
  [['drill'], /expected list or run or power-off/],
  [['rack', 'up', 'twice'], /"twice" is one word too many/],
  [['status', '--frob'], /--frob.*Options of status: --help, --rack, --pair/],
  [['status', '--pair'], /--pair/],
])('%j is refused with what was expected', (args, words) => {
  const error = failure(args);
  expect(error.exit).toBe('usage');
  expect(error.message).toMatch(words);
});

test('help needs no further words', () => {
  for (const verb of VERBS) expect(parseCommand([verb.name, '--help']).help).toBe(true);
});

test('every verb and every option is in the help', () => {
  for (const verb of VERBS) {
    expect(generalHelp()).toContain(verb.summary);
    for (const option of Object.keys(verb.options)) expect(verbHelp(verb)).toContain(`--${option}`);
  }
});

describe('durations', () => {
  test.each([
    ['20s', 20_000],
    ['500ms', 500],
    ['1.5s', 1500],
    ['2min', 120_000],
    ['1h', 3_600_000],
  ])('%s', (text, ms) => {
    expect(durationMs(text, 'for')).toBe(ms);
  });

  // heartbeat's own default unit is the second, people's guesses differ: no unit, no guess.
  test.each(['20', 's', '-1s', '1d', '1 s', ''])('"%s" is refused', (text) => {
    expect(() => durationMs(text, 'for')).toThrow(/expected a time with its unit/);
  });
});

test('a duration out of range names the range', () => {
  expect(() => durationMs('0s', 'for', [500, 3_600_000])).toThrow('--for 0s: expected 500 ms to 60 min');
  expect(() => durationMs('61min', 'for', [500, 3_600_000])).toThrow(/500 ms to 60 min/);
});

test('a node is named in full or by its first part, where that is clear', () => {
  const pair = (a: string, b: string) => ({ nodes: [{ name: a }, { name: b }] }) as unknown as PairSpec;
  const named = (node: string, spec: PairSpec) => nodeOf(parseCommand(['standby', '--node', node]), spec);
  expect(named('ha1', pair('ha1.example', 'ha2.example'))).toBe('ha1.example');
  expect(named('ha1', pair('ha1', 'ha1.example'))).toBe('ha1');
  expect(() => named('ha', pair('ha.one', 'ha.two'))).toThrow('--node ha: expected one of ha.one, ha.two');
  expect(nodeNamed('ha2', 'confirm-dead', pair('ha1.x', 'ha2.x'))).toBe('ha2.x');
  expect(() => nodeNamed('ha9', 'confirm-dead', pair('ha1', 'ha2'))).toThrow(
    'confirm-dead ha9: expected one of ha1, ha2',
  );
  expect(() => named('ha3', pair('ha1', 'ha2'))).toThrow(/expected one of ha1, ha2/);
});

test('exit statuses are distinct, and the manual lists every one', () => {
  const statuses = Object.values(EXIT);
  expect(new Set(statuses).size).toBe(statuses.length);
  const manual = readFileSync(join(import.meta.dirname, '../../../docs/cli.md'), 'utf8');
  for (const [name, status] of Object.entries(EXIT))
    expect(manual).toMatch(new RegExp(`\\| ${status} +\\| ${name} +\\|`));
  // A bar inside a table's cell is escaped.
  for (const verb of VERBS) {
    expect(manual).toContain(`\`${`${verb.name} ${verb.words}`.trim().replaceAll('|', '\\|')}\``);
  }
});

test('an unknown code of the contract is a mistake of ours', () => {
  expect(exitOfCode('fault-active')).toBe('faultRefused');
  expect(exitOfCode('something new')).toBe('internal');
});
