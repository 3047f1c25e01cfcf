/**
 * Numbers in fields. The protocol mixes bases: `seq`, `hg`, `ts`, `dt`, `ackseq` and the
 * `firstseq` of a NAK are hexadecimal, `ttl`, `protocol` and the range of a rexmit decimal
 * (reference, sections 3 and 11.10). Nothing that is not exactly such a number is taken for one.
 */
import { assert } from '../base/assert.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { fieldText, text, type StringField, type WireMessage } from './message.ts';

/** Why a field gives no number. */
export type FieldFailure =
  | 'missing'
  /** Not a number in the expected base, or too many digits for any legal one. */
  | 'not-a-number'
  | 'out-of-range';

/** Both ends included. */
export interface NumberRange {
  readonly min: number;
  readonly max: number;
}

/** Sequence numbers start at 1; 2^32 of them last for decades at any keepalive. */
export const SEQUENCE_RANGE: NumberRange = { min: 1, max: 0xffff_ffff };

/** Generations. 0 means that the sender has none, which only a broken sender writes. */
export const GENERATION_RANGE: NumberRange = { min: 1, max: 0xffff_ffff };

/** Unix seconds. Zero is illegal (reference, section 11.15); beyond 2^32 is allowed for the years after 2106. */
export const TIMESTAMP_RANGE: NumberRange = { min: 1, max: 0xffff_ffff_ff };

/** Advertised deadtime in milliseconds: up to a day. Larger is a corrupted or hostile value. */
export const DEADTIME_MS_RANGE: NumberRange = { min: 1, max: 86_400_000 };

const HEX_DIGITS = /^[0-9a-fA-F]{1,13}$/;
const DECIMAL_DIGITS = /^[0-9]{1,15}$/;

/** A hexadecimal field within `range`. */
export function hexField(message: WireMessage, name: string, range: NumberRange): Result<number, FieldFailure> {
  return numberField(message, name, range, HEX_DIGITS, 16);
}

/** A decimal field within `range`. */
export function decimalField(message: WireMessage, name: string, range: NumberRange): Result<number, FieldFailure> {
  return numberField(message, name, range, DECIMAL_DIGITS, 10);
}

/** A lower-case hexadecimal field without padding, as the real daemon prints it. */
export function hexText(name: string, value: number): StringField {
  assert(Number.isSafeInteger(value) && value >= 0, `${name}=${value} is not a non-negative integer`);
  return text(name, value.toString(16));
}

/** A decimal field. */
export function decimalText(name: string, value: number): StringField {
  assert(Number.isSafeInteger(value) && value >= 0, `${name}=${value} is not a non-negative integer`);
  return text(name, String(value));
}

/** True for the message types without sequence number and generation. */
export function isUnsequenced(message: WireMessage): boolean {
  return fieldText(message, 't')?.startsWith('NS_') ?? false;
}

function numberField(
  message: WireMessage,
  name: string,
  range: NumberRange,
  digits: RegExp,
  base: 10 | 16,
): Result<number, FieldFailure> {
  const written = fieldText(message, name);
  if (written === undefined) return fail('missing', `the message has no field ${name}`);
  if (!digits.test(written)) return fail('not-a-number', `${name} is not a number in base ${base}`);
  const value = parseInt(written, base);
  if (value < range.min || value > range.max) {
    return fail('out-of-range', `${name} is ${value}, expected ${range.min} to ${range.max}`);
  }
  return ok(value);
}
