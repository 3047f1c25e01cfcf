/**
 * The two encodings of a heartbeat message (reference, sections 1.3, 1.4 and 2.3):
 *
 *   text        `>>>` lines `<<<`: the only form on serial, also accepted on UDP
 *   netstring   `###` length-counted elements `%%%` and a signature: what the real 3.0.6 sends on UDP
 *
 * Decoding takes hostile bytes: it never throws, and its work is linear in the packet's length,
 * which is bounded. Encoding takes our own messages: a field that cannot be written is a bug and
 * asserts. Whatever decodes can be encoded again.
 */
import { assert } from '../base/assert.ts';
import { base64FromBytes, bytesFromBase64, bytesFromLatin1, latin1FromBytes } from '../base/bytes.ts';
import type { Keyring } from '../base/keyring.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { type AuthFailure, signText, verifyText } from './auth.ts';
import { FIELD_NAME_BYTES_MAX, FIELDS_MAX, NETSTRING_LENGTH_DIGITS_MAX, PACKET_BYTES_MAX } from './limits.ts';
import type { WireField, WireMessage } from './message.ts';

/** Why a packet is no message of ours. */
export type DecodeFailure =
  | AuthFailure
  /** Longer than PACKET_BYTES_MAX; not looked at. */
  | 'too-long'
  /** Does not begin with `>>>` or `###`: not a heartbeat packet at all. */
  | 'unknown-form'
  /** Begins like one, but its elements or marks are not well formed. */
  | 'bad-frame'
  /** A name, type or value that no well-behaved sender writes. */
  | 'bad-field'
  | 'too-many-fields';

/** Which encoding a packet had. */
export type WireForm = 'text' | 'netstring';

export interface DecodedPacket {
  /** All fields in their order, without the authentication. */
  readonly message: WireMessage;
  /** Key that signed it. */
  readonly keyIndex: number;
  readonly form: WireForm;
  /** The message had an `auth` field among its fields: always in text, in netstring unless `msgfmt netstring`. */
  readonly innerAuth: boolean;
}

export interface NetstringOptions {
  /** Also carry the text form's `auth` as a field, as the real daemon does by default. Receivers do not check it. */
  readonly innerAuth: boolean;
}

const TEXT_START = '>>>\n';
const TEXT_END = '<<<\n';
const NETSTRING_START = '###\n';
const NETSTRING_END = '%%%\n';
const AUTH_FIELD = 'auth';

/** Stands for a line feed inside a value of the text form (byte 19). */
const LINE_FEED_SUBSTITUTE = '\x13';

type FieldsResult = Result<WireField[], DecodeFailure>;

/** Decodes and authenticates one datagram or one serial frame. The form is chosen by the first four bytes. */
export function decodePacket(bytes: Uint8Array, keyring: Keyring): Result<DecodedPacket, DecodeFailure> {
  if (bytes.length > PACKET_BYTES_MAX) return fail('too-long', `${bytes.length} bytes, at most ${PACKET_BYTES_MAX}`);
  // Looked at first, so that noise costs next to nothing.
  const mark = latin1FromBytes(bytes.subarray(0, TEXT_START.length));
  if (mark === TEXT_START) return decodeText(latin1FromBytes(bytes), keyring);
  if (mark === NETSTRING_START) return decodeNetstring(latin1FromBytes(bytes), keyring);
  return fail('unknown-form', 'the packet begins with neither >>> nor ###');
}

/** The text form, signed, without a trailing NUL (none is sent on serial; on UDP it is optional). */
export function encodeText(message: WireMessage, keyring: Keyring): Uint8Array {
  const body = textBody(message.fields);
  const auth = signText(bytesFromLatin1(body), keyring);
  return bytesFromLatin1(`${TEXT_START}${body}${AUTH_FIELD}=${auth}\n${TEXT_END}`);
}

/** The netstring form, signed. */
export function encodeNetstring(message: WireMessage, keyring: Keyring, options: NetstringOptions): Uint8Array {
  let packet = NETSTRING_START;
  for (const field of message.fields) packet += netstring(netstringElement(field));
  if (options.innerAuth) {
    const inner = signText(bytesFromLatin1(textBody(message.fields)), keyring);
    packet += netstring(`(0)${AUTH_FIELD}=${inner}`);
  }
  packet += NETSTRING_END;
  return bytesFromLatin1(packet + netstring(signText(bytesFromLatin1(packet), keyring)));
}

// ---- text form

function decodeText(packet: string, keyring: Keyring): Result<DecodedPacket, DecodeFailure> {
  const parsed = parseTextLines(packet);
  if (!parsed.ok) return parsed;
  const { fields, auth } = splitAuth(parsed.value);
  // What is signed is our rendering of what we understood, so the place of the auth line does
  // not matter and nothing that we skipped (blank lines, a trailing NUL) can hide a change.
  const verified = verifyText(bytesFromLatin1(textBody(fields)), auth, keyring);
  if (!verified.ok) return verified;
  return ok({ message: { fields }, keyIndex: verified.value, form: 'text', innerAuth: true });
}

/** Lines up to the end mark, a NUL, or the end of the packet (a missing end mark is tolerated). */
function parseTextLines(packet: string): FieldsResult {
  const nul = packet.indexOf('\0');
  const end = nul < 0 ? packet.length : nul;
  const fields: WireField[] = [];
  let at = TEXT_START.length;
  while (at < end) {
    const lineFeed = packet.indexOf('\n', at);
    const lineEnd = lineFeed < 0 || lineFeed > end ? end : lineFeed;
    const line = packet.slice(at, lineEnd);
    at = lineEnd + 1;
    if (line === '') continue;
    if (line.startsWith('<<<')) break;
    if (fields.length >= FIELDS_MAX) return fail('too-many-fields', `more than ${FIELDS_MAX} fields`);
    const field = parseTextLine(line);
    if (!field.ok) return field;
    fields.push(field.value);
  }
  return ok(fields);
}

function parseTextLine(line: string): Result<WireField, DecodeFailure> {
  const equals = line.indexOf('=');
  if (equals < 1) return fail('bad-field', 'a line is not name=value');
  const typed = /^\(([0-9])\)/.exec(line);
  const name = line.slice(typed === null ? 0 : 3, equals);
  const value = line.slice(equals + 1);
  if (!isFieldName(name)) return fail('bad-field', 'a field name is empty, too long or not allowed');
  if (typed === null) return ok({ type: 'string', name, value: value.replaceAll(LINE_FEED_SUBSTITUTE, '\n') });
  // (0) is illegal in the text form; the nested, list and compressed types never occur in haresources mode.
  if (typed[1] !== '1') return fail('bad-field', `field type ${typed[1]} is not used between two nodes`);
  const bytes = bytesFromBase64(value);
  if (bytes === null) return fail('bad-field', 'a binary value is not canonical base64');
  return ok({ type: 'binary', name, value: bytes });
}

/** Every field as the text form writes it: what the text signature covers. */
function textBody(fields: readonly WireField[]): string {
  let body = '';
  for (const field of fields) {
    assertWritable(field);
    body +=
      field.type === 'string'
        ? `${field.name}=${field.value.replaceAll('\n', LINE_FEED_SUBSTITUTE)}\n`
        : `(1)${field.name}=${base64FromBytes(field.value)}\n`;
  }
  return body;
}

// ---- netstring form

function decodeNetstring(packet: string, keyring: Keyring): Result<DecodedPacket, DecodeFailure> {
  const fields: WireField[] = [];
  let at = NETSTRING_START.length;
  while (!packet.startsWith(NETSTRING_END, at)) {
    if (fields.length >= FIELDS_MAX) return fail('too-many-fields', `more than ${FIELDS_MAX} fields`);
    const element = readNetstring(packet, at);
    if (element === null) return fail('bad-frame', `no well-formed netstring at byte ${at}`);
    const field = parseNetstringElement(element.content);
    if (!field.ok) return field;
    fields.push(field.value);
    at = element.next;
  }
  const signedEnd = at + NETSTRING_END.length;
  // Bytes after the signature are ignored, as the real receiver does.
  const outer = readNetstring(packet, signedEnd);
  const verified = verifyText(bytesFromLatin1(packet.slice(0, signedEnd)), outer?.content, keyring);
  if (!verified.ok) return verified;
  const split = splitAuth(fields);
  return ok({
    message: { fields: split.fields },
    keyIndex: verified.value,
    form: 'netstring',
    innerAuth: split.auth !== undefined,
  });
}

/** `<length>:<content>,` at `at`, or null when it is not perfectly formed. */
function readNetstring(packet: string, at: number): { readonly content: string; readonly next: number } | null {
  let lengthBytes = 0;
  let cursor = at;
  for (; ; cursor++) {
    const digit = packet.charCodeAt(cursor) - 0x30;
    // NaN past the end of the packet fails this comparison as well.
    if (!(digit >= 0 && digit <= 9)) break;
    if (cursor - at >= NETSTRING_LENGTH_DIGITS_MAX) return null;
    lengthBytes = lengthBytes * 10 + digit;
  }
  if (cursor === at || packet[cursor] !== ':') return null;
  const start = cursor + 1;
  const end = start + lengthBytes;
  if (packet[end] !== ',') return null;
  return { content: packet.slice(start, end), next: end + 1 };
}

function parseNetstringElement(element: string): Result<WireField, DecodeFailure> {
  const equals = element.indexOf('=');
  const type = element.slice(0, 3);
  const name = element.slice(3, equals);
  if (equals < 4 || !isFieldName(name)) return fail('bad-field', 'an element is not (type)name=value');
  const value = element.slice(equals + 1);
  if (type === '(1)') return ok({ type: 'binary', name, value: bytesFromLatin1(value) });
  if (type !== '(0)') return fail('bad-field', 'an element has a type that is not used between two nodes');
  if (value.includes('\0')) return fail('bad-field', 'a text value contains a NUL');
  return ok({ type: 'string', name, value });
}

function netstringElement(field: WireField): string {
  assertWritable(field);
  return field.type === 'string'
    ? `(0)${field.name}=${field.value}`
    : `(1)${field.name}=${latin1FromBytes(field.value)}`;
}

function netstring(content: string): string {
  return `${content.length}:${content},`;
}

// ---- both

/** Takes every field named `auth` out; the first one of type string is the authentication. */
function splitAuth(all: readonly WireField[]): { readonly fields: WireField[]; readonly auth: string | undefined } {
  const first = all.find((field) => field.name === AUTH_FIELD);
  return {
    fields: all.filter((field) => field.name !== AUTH_FIELD),
    auth: first?.type === 'string' ? first.value : undefined,
  };
}

/** What both forms can write: no `=`, LF or NUL, and nothing that reads as a type prefix or a mark. */
function isFieldName(name: string): boolean {
  if (name === '' || name.length > FIELD_NAME_BYTES_MAX) return false;
  return !/[=\n\0]|^\(|^>>>|^<<</.test(name);
}

function assertWritable(field: WireField): void {
  assert(isFieldName(field.name), `field name ${JSON.stringify(field.name)} cannot be written`);
  assert(field.name !== AUTH_FIELD, 'the codec adds the authentication itself');
  assert(field.type === 'binary' || !field.value.includes('\0'), `field ${field.name} contains a NUL`);
}
