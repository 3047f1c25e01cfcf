/**
 * Bytes and text without TextEncoder or Buffer, which the pure rooms do not have.
 *
 * "Latin-1" here means: one character is one byte, 0x00..0xff. It is how the wire room
 * carries values that it must not change, whatever encoding their author had in mind.
 */
import { assert } from './assert.ts';

/** `String.fromCharCode` takes its arguments from the stack; this many at a time is safe on every engine. */
const CHARACTERS_PER_CALL = 8192;

const BASE64_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Alphabet position of each ASCII character, or -1. */
const BASE64_VALUES: Int8Array = (() => {
  const values = new Int8Array(128).fill(-1);
  for (let i = 0; i < BASE64_ALPHABET.length; i++) values[BASE64_ALPHABET.charCodeAt(i)] = i;
  return values;
})();

/** One character for each byte. */
export function latin1FromBytes(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHARACTERS_PER_CALL) {
    // Not spread: that walks an iterator, and is sixty times as long about it. Hostile packets are paid for here.
    text += Reflect.apply(String.fromCharCode, null, bytes.subarray(at, at + CHARACTERS_PER_CALL));
  }
  return text;
}

/** True when every character of `text` fits one byte. */
export function isLatin1(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false;
  return true;
}

/** One byte for each character. Asserts that each one fits: check hostile text with `isLatin1` first. */
export function bytesFromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // The text of an assertion is made before it is looked at, so it may not stand in the way of every byte.
    if (code > 0xff) assert(false, `character ${code} at ${i} does not fit one byte`);
    bytes[i] = code;
  }
  return bytes;
}

/** Lower-case hexadecimal, two digits a byte. */
export function hexFromBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** Standard alphabet, padded, no line breaks. */
export function base64FromBytes(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += BASE64_ALPHABET.charAt((group >> 18) & 63) + BASE64_ALPHABET.charAt((group >> 12) & 63);
    text += left > 1 ? BASE64_ALPHABET.charAt((group >> 6) & 63) : '=';
    text += left > 2 ? BASE64_ALPHABET.charAt(group & 63) : '=';
  }
  return text;
}

/**
 * The bytes of a canonical base64 text, or null: wrong length, foreign character, missing
 * padding, or padding bits that are not zero. Whatever decodes encodes back to the same text.
 */
export function bytesFromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const digits = text.length - padding;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let pending = 0;
  let pendingBits = 0;
  let at = 0;
  for (let i = 0; i < digits; i++) {
    const value = BASE64_VALUES[text.charCodeAt(i)] ?? -1;
    if (value < 0) return null;
    pending = ((pending << 6) | value) & 0xffff;
    pendingBits += 6;
    if (pendingBits >= 8) {
      pendingBits -= 8;
      bytes[at++] = (pending >> pendingBits) & 0xff;
    }
  }
  const leftover = pending & ((1 << pendingBits) - 1);
  return leftover === 0 ? bytes : null;
}

/** Same length and same bytes. */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
