import ssh2 from 'ssh2';
import { expect, test } from 'vitest';
import { makeSshKey } from '../../../electron/lab/host/sshKey.ts';

const good = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
const malformed = { private: good.private.replace(/\n.{10}/, '\n'), public: 'ssh-ed25519 AAAA' };

test('a pair that ssh2 cannot read back is thrown away', () => {
  const pairs = [malformed, { ...good, private: malformed.private }, good];
  expect(makeSshKey('c', () => pairs.shift() ?? good).privatePem).toBe(good.private);
});

test('a generator that never makes a readable pair is named', () => {
  expect(() => makeSshKey('c', () => malformed)).toThrow(/no readable SSH key in 16 attempts/);
});

test('every pair of a thousand can be read, and its fingerprint is the one OpenSSH prints', () => {
  for (let n = 0; n < 1000; n += 1) expect(ssh2.utils.parseKey(makeSshKey('c').privatePem)).not.toBeInstanceOf(Error);
  expect(makeSshKey('c').sha256).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
});
