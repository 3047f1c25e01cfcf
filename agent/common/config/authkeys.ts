/** authkeys: the secrets that sign and verify heartbeats (reference, section 2.1). No message ever shows a secret. */
import type { AuthMethod, Keyring } from '../base/keyring.ts';
import { type ConfigDocument, readDocument, type Word, wordsOf } from './document.ts';
import type { ConfigProblem, SourcePosition } from './model.ts';
import { Problems } from './problems.ts';

export interface ParsedAuthkeys {
  /** null when any problem is an error. */
  readonly keyring: Keyring | null;
  readonly problems: readonly ConfigProblem[];
  /** `print(document)` is the text again, secrets included. */
  readonly document: ConfigDocument;
}

const STYLE = { gap: ' \\t\\r\\f\\v', comments: 'line-start', continuations: false } as const;
const METHODS: readonly string[] = ['crc', 'md5', 'sha1', 'sha256'] satisfies AuthMethod[];
const KEY_INDEX_MAX = 15;

/** The bits that the real daemon tests: group and others may read. */
const READABLE_BY_OTHERS = 0o044;
const WRITABLE_BY_OTHERS = 0o022;

/** What is known while the lines are read. */
interface Reading {
  readonly keys: Map<number, { readonly method: AuthMethod; readonly secret: string }>;
  sign: { readonly index: number; readonly at: SourcePosition; readonly wasDefined: boolean } | null;
  readonly problems: Problems;
}

/**
 * Parses authkeys. `text` must have been read as Latin-1, because a secret is bytes. `mode`: the
 * file's permission bits, or null where there is no such thing (a draft, Windows).
 */
export function parseAuthkeys(text: string, file: string, mode: number | null): ParsedAuthkeys {
  const document = readDocument(text, file, STYLE);
  const problems = new Problems();
  const top: SourcePosition = { file, line: 1, column: 1 };
  if (mode !== null) checkMode(mode, top, problems);
  const reading: Reading = { keys: new Map(), sign: null, problems };
  for (const line of document.lines) {
    const [first, ...rest] = wordsOf(document, line);
    if (first === undefined) continue;
    if (first.text.startsWith('a')) readAuth(first, rest, reading);
    else readKey(first, rest, reading);
  }
  const signIndex = checkSignature(reading, top);
  const usable = !problems.hasErrors && signIndex !== null;
  return { keyring: usable ? { signIndex, keys: reading.keys } : null, problems: problems.list(), document };
}

function checkMode(mode: number, at: SourcePosition, problems: Problems): void {
  const written = (mode & 0o777).toString(8).padStart(3, '0');
  if ((mode & READABLE_BY_OTHERS) !== 0) {
    problems.error('bad-mode', at, `The file's mode is ${written}: others can read the secrets. Expected 600.`);
  } else if ((mode & WRITABLE_BY_OTHERS) !== 0) {
    problems.warning('writable-by-others', at, `The file's mode is ${written}: others can change it. Expected 600.`);
  }
}

function readAuth(first: Word, rest: readonly Word[], reading: Reading): void {
  const { keys, problems } = reading;
  const [number] = rest;
  const index = number === undefined ? null : readIndex(number.text);
  if (first.text !== 'auth' || index === null) {
    const at = first.text === 'auth' && number !== undefined ? number.at : first.at;
    problems.error('bad-auth-line', at, `Expected "auth <number from 0 to ${KEY_INDEX_MAX}>".`);
    return;
  }
  if (reading.sign !== null) {
    problems.warning(
      'duplicate-auth',
      first.at,
      `There is an auth line in line ${reading.sign.at.line} already; this one wins.`,
    );
  }
  reading.sign = { index, at: first.at, wasDefined: keys.has(index) };
}

function readKey(first: Word, [method, key, extra]: readonly Word[], { keys, problems }: Reading): void {
  const index = readIndex(first.text);
  if (index === null) {
    const message = `Expected "auth <number>" or "<number from 0 to ${KEY_INDEX_MAX}> <method> [<key>]".`;
    problems.error('bad-key-line', first.at, message);
    return;
  }
  if (method === undefined || !METHODS.includes(method.text)) {
    const message = `Key ${index} has no known method; expected one of: ${METHODS.join(', ')}.`;
    problems.error('unknown-method', (method ?? first).at, message);
    return;
  }
  if (!checkSecret(index, method, key, problems)) return;
  if (extra !== undefined) {
    problems.warning(
      'trailing-text',
      extra.at,
      `What follows the secret of key ${index} is ignored: a secret has no blanks.`,
    );
  }
  if (keys.has(index)) {
    problems.warning('duplicate-key-index', first.at, `Key ${index} stands in the file already; this one wins.`);
  }
  keys.set(index, { method: method.text as AuthMethod, secret: key?.text ?? '' });
}

function checkSecret(index: number, method: Word, key: Word | undefined, problems: Problems): boolean {
  if (method.text === 'crc') {
    if (key !== undefined) {
      problems.error('crc-with-secret', key.at, 'crc takes no secret; expected nothing behind it.');
      return false;
    }
    const why = 'anyone on the network can forge heartbeats';
    problems.warning('crc-is-no-authentication', method.at, `crc only finds line errors: ${why}. Expected sha1.`);
    return true;
  }
  if (key === undefined) {
    problems.error('missing-secret', method.at, `Key ${index} has no secret; expected one behind ${method.text}.`);
    return false;
  }
  if (/[^\x00-\xff]/.test(key.text)) {
    problems.error(
      'secret-not-bytes',
      key.at,
      `The secret of key ${index} has characters that are no bytes; expected ASCII.`,
    );
    return false;
  }
  if (/[^\x21-\x7e]/.test(key.text)) {
    const message = `The secret of key ${index} is not all ASCII: its bytes depend on how the file was written.`;
    problems.warning('secret-not-ascii', key.at, message);
  }
  if (method.text === 'sha256') {
    const message = 'sha256 is known to Twinbeat only: a real heartbeat daemon does not start with it.';
    problems.warning('sha256-twinbeat-only', method.at, message);
  }
  return true;
}

/** The index that signs, or null after reporting why there is none. */
function checkSignature({ keys, sign, problems }: Reading, top: SourcePosition): number | null {
  if (sign === null) {
    const message = 'No line says which key signs; expected "auth <number>" before the keys.';
    problems.error('no-auth-line', top, message);
    return null;
  }
  if (!keys.has(sign.index)) {
    problems.error(
      'no-signing-key',
      sign.at,
      `auth names key ${sign.index}, but the file has no usable key ${sign.index}.`,
    );
    return null;
  }
  if (sign.wasDefined) {
    const message = `auth ${sign.index} stands behind the line of key ${sign.index}; expected it before.`;
    problems.error('auth-order', sign.at, message);
    return null;
  }
  return sign.index;
}

function readIndex(text: string): number | null {
  return /^[0-9]{1,2}$/.test(text) && Number(text) <= KEY_INDEX_MAX ? Number(text) : null;
}
