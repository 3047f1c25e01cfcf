/**
 * Message authentication (reference, section 2). The text form and the netstring form sign
 * different bytes; the algorithms and the `<index> <digest>` notation are the same.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { assert, unreachable } from '../base/assert.ts';
import { bytesFromLatin1, hexFromBytes } from '../base/bytes.ts';
import type { AuthMethod, Keyring } from '../base/keyring.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { AUTH_CHARACTERS_MAX } from './limits.ts';

export type AuthFailure =
  /** No authentication at all, or not of the shape `<index> <digest>`. */
  | 'no-auth'
  /** Signed with an index that our authkeys does not list. */
  | 'unknown-key'
  /** The digest is not the one that our key gives. */
  | 'bad-auth';

const AUTH_SHAPE = /^([0-9]{1,2}) ([0-9a-f]{1,64})$/;

const CRC_POLYNOMIAL = 0x04c11db7;

const CRC_TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, index) => {
  let remainder = index << 24;
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 0x8000_0000 ? (remainder << 1) ^ CRC_POLYNOMIAL : remainder << 1;
  }
  return remainder >>> 0;
});

/** Linux-HA's crc: POSIX cksum without the step that appends the length. crc("123456789") is 0x765e7680. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = (crc << 8) ^ (CRC_TABLE[(crc >>> 24) ^ byte] ?? 0);
  return ~crc >>> 0;
}

/** Digest of `bytes` as it stands on the wire. `secret`: Latin-1, one character a byte; unused by crc. */
export function digestText(method: AuthMethod, secret: string, bytes: Uint8Array): string {
  switch (method) {
    // Not padded: the real daemon prints it with %x.
    case 'crc':
      return crc32(bytes).toString(16);
    case 'md5':
      return hexFromBytes(hmac(md5, bytesFromLatin1(secret), bytes));
    case 'sha1':
      return hexFromBytes(hmac(sha1, bytesFromLatin1(secret), bytes));
    case 'sha256':
      return hexFromBytes(hmac(sha256, bytesFromLatin1(secret), bytes));
    default:
      return unreachable(method);
  }
}

/** `<index> <digest>` with the signing key. Asserts that the keyring has the key that it says it signs with. */
export function signText(bytes: Uint8Array, keyring: Keyring): string {
  const key = keyring.keys.get(keyring.signIndex);
  assert(key !== undefined, `keyring has no key ${keyring.signIndex}, which should sign`);
  return `${keyring.signIndex} ${digestText(key.method, key.secret, bytes)}`;
}

/**
 * Checks `<index> <digest>` over `bytes`. The value is the key index.
 *
 * The real daemon takes the indexed key's method but its *own signing key's* secret for
 * netstrings (reference, section 2.5). We use the indexed secret: that accepts all that the real
 * one accepts while both list the same keys, and makes rotation work.
 */
export function verifyText(bytes: Uint8Array, auth: string | undefined, keyring: Keyring): Result<number, AuthFailure> {
  if (auth === undefined) return fail('no-auth', 'the message carries no authentication');
  const shape = auth.length <= AUTH_CHARACTERS_MAX ? AUTH_SHAPE.exec(auth) : null;
  if (shape === null) return fail('no-auth', 'the authentication is not "<index> <digest>"');
  const index = Number(shape[1]);
  const key = keyring.keys.get(index);
  if (key === undefined) return fail('unknown-key', `signed with key ${index}, which authkeys does not list`);
  if (!equalInConstantTime(digestText(key.method, key.secret, bytes), shape[2] ?? '')) {
    return fail('bad-auth', `the ${key.method} digest does not match key ${index}`);
  }
  return ok(index);
}

/** As near to constant time as a JIT allows: every character is looked at whatever the others are. */
function equalInConstantTime(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ (i < b.length ? b.charCodeAt(i) : 0);
  return difference === 0;
}
