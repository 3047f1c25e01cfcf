import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { classify, fingerprint, fingerprintCommand, parseHostKey } from '../../../electron/core/ssh/hostKey.ts';
import type { KnownHostKey } from '../../../electron/core/ssh/hostKey.ts';

const key = (type: string, text: string, revoked = false): KnownHostKey => ({ type, blob: Buffer.from(text), revoked });

test.each([
  ['nothing on record', [], 'new'],
  ['the very key', [key('ssh-ed25519', 'a')], 'match'],
  ['another key of the same type', [key('ssh-ed25519', 'b')], 'changed'],
  ['keys of other types only', [key('ssh-rsa', 'a')], 'new-algorithm'],
  ['one of several keys', [key('ssh-ed25519', 'b'), key('ssh-ed25519', 'a')], 'match'],
  ['revoked, although also on record as good', [key('ssh-ed25519', 'a'), key('ssh-ed25519', 'a', true)], 'revoked'],
  ['only another key is revoked', [key('ssh-ed25519', 'b', true)], 'new'],
  ['another is revoked, an old one on record', [key('ssh-ed25519', 'b', true), key('ssh-ed25519', 'c')], 'changed'],
] as const)('%s', (_story, known, verdict) => {
  expect(classify(known, key('ssh-ed25519', 'a'))).toBe(verdict);
});

test('fingerprint is what ssh-keygen prints: base64 without padding', () => {
  const blob = Buffer.from('some key');
  expect(`${fingerprint(blob)}=`).toBe(`SHA256:${createHash('sha256').update(blob).digest('base64')}`);
});

test('the key type is read from the wire form, and nonsense is refused', () => {
  const blob = Buffer.from([0, 0, 0, 11, ...Buffer.from('ssh-ed25519'), 0, 0, 0, 1, 7]);
  expect(parseHostKey(blob)?.type).toBe('ssh-ed25519');
  for (const bad of [
    Buffer.alloc(0),
    Buffer.from([0, 0, 0, 0, 0, 0]),
    Buffer.from([255, 255, 255, 255, 1, 2]),
    blob.subarray(0, 15),
  ]) {
    expect(parseHostKey(bad)).toBeNull();
  }
  expect(fingerprintCommand('ssh-rsa')).toContain('host_rsa_key');
});
