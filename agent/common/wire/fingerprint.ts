/** A name for a key that may be shown and logged, and that both nodes and the console compute alike. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesFromLatin1, hexFromBytes } from '../base/bytes.ts';
import type { AuthMethod, Keyring } from '../base/keyring.ts';
import { assert } from '../base/assert.ts';

/** Keeps a fingerprint from being looked up in a table of hashed passwords. */
const SALT = 'twinbeat authkeys fingerprint 1\n';
/** Enough to tell keys apart, too little to be of use for anything else. */
const FINGERPRINT_CHARACTERS = 12;

/** Twelve hexadecimal digits. `secret`: Latin-1, one character a byte. */
export function keyFingerprint(method: AuthMethod, secret: string): string {
  return hexFromBytes(sha256(bytesFromLatin1(`${SALT}${method}\n${secret}`))).slice(0, FINGERPRINT_CHARACTERS);
}

/** What signs with a keyring, without its secret. */
export function signingKey(keyring: Keyring): { index: number; method: AuthMethod; fingerprint: string } {
  const key = keyring.keys.get(keyring.signIndex);
  assert(key !== undefined, `keyring has no key ${keyring.signIndex}, which should sign`);
  return {
    index: keyring.signIndex,
    method: key.method,
    fingerprint: keyFingerprint(key.method, key.secret),
  };
}
