/** The parameters of a `stonith` or `stonith_host` line: named, in the order of the device's own names, or in a file. */
import { readFileSync, statSync } from 'node:fs';
import { fail, ok, type Result } from '../../common/base/result.ts';
import type { StonithLine } from '../../common/config/model.ts';

export interface Parameters {
  /** `name=value` words. */
  readonly named: ReadonlyMap<string, string>;
  /** The other words, whose meaning is their place in the device's list of names. */
  readonly positional: readonly string[];
}

/** Of a parameter file: a few words, not a database. */
const FILE_BYTES_MAX = 65_536;

/** What may be shown of a device: everything else could be a password, also one that the device calls otherwise. */
const PUBLIC_NAMES = new Set([
  ...['hostlist', 'hostname', 'host', 'nodename', 'port', 'plug', 'ip', 'ipaddr', 'ipport', 'action', 'method'],
  ...['interface', 'lanplus', 'timeout', 'pdu', 'outlet', 'slot', 'device', 'ttydev'],
]);
/** Shorter values stand in too many words of a message; a secret of three characters is none. */
const SECRET_CHARACTERS_MIN = 4;

/** Splits words into named and positional ones. */
export function parseParameters(words: readonly string[]): Parameters {
  const named = new Map<string, string>();
  const positional: string[] = [];
  for (const word of words) {
    const shape = /^([A-Za-z_][A-Za-z0-9_.-]*)=([\s\S]*)$/.exec(word);
    if (shape === null) positional.push(word);
    else named.set(shape[1] ?? '', shape[2] ?? '');
  }
  return { named, positional };
}

/** The first line of a parameter file that is neither blank nor a comment, as the `stonith` command's -F reads it. */
export function wordsOfFile(text: string): string[] {
  const line = text.split('\n').find((candidate) => candidate.trim() !== '' && !candidate.trim().startsWith('#'));
  return line === undefined ? [] : line.trim().split(/\s+/);
}

/** Parameters of a line; its file is read now, so that a corrected one counts at once. */
export function readParameters(line: StonithLine): Result<Parameters, 'unreadable'> {
  if (line.file === null) return ok(parseParameters(line.parameters));
  try {
    if (statSync(line.file).size > FILE_BYTES_MAX) return fail('unreadable', `${line.file} is too long`);
    return ok(parseParameters(wordsOfFile(readFileSync(line.file, 'latin1'))));
  } catch (error) {
    return fail('unreadable', `${line.file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Gives positional words the names of their places. Words without a name are left out and named in the failure. */
export function nameParameters(
  parameters: Parameters,
  names: readonly string[],
): Result<Map<string, string>, 'too-many'> {
  const all = new Map(parameters.named);
  const free = names.filter((name) => !all.has(name));
  if (parameters.positional.length > free.length) {
    const count = `${parameters.positional.length} without a name`;
    return fail('too-many', `parameters: ${count}, and the device has names for ${free.length}: ${names.join(', ')}`);
  }
  parameters.positional.forEach((value, i) => all.set(free[i] ?? '', value));
  return ok(all);
}

/** `text` without any value that could be a secret. `node`, the one that the device is for, is none. */
export function withoutSecrets(text: string, parameters: Parameters, node: string): string {
  const values = [
    ...[...parameters.named].flatMap(([name, value]) => (PUBLIC_NAMES.has(name.toLowerCase()) ? [] : [value])),
    ...parameters.positional,
  ];
  const secrets = values.filter((value) => value.length >= SECRET_CHARACTERS_MIN && value !== node);
  // The longest first, or what is left of a longer one would stay.
  secrets.sort((a, b) => b.length - a.length);
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, '***'), text);
}
