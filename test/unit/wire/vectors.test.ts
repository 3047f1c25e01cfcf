// The byte-exact vectors of the protocol reference: computed by an independent implementation
// whose packets the real daemon accepted.
import { expect, test } from 'vitest';
import { bytesFromBase64, bytesFromLatin1, latin1FromBytes } from '../../../agent/common/base/bytes.ts';
import type { AuthMethod, Keyring } from '../../../agent/common/base/keyring.ts';
import { crc32, digestText } from '../../../agent/common/wire/auth.ts';
import { decodePacket, encodeNetstring, encodeText } from '../../../agent/common/wire/codec.ts';
import { binary, text, type WireMessage } from '../../../agent/common/wire/message.ts';

const SECRET = 'SecretKey';

const MESSAGE: WireMessage = {
  fields: [
    text('t', 'status'),
    text('st', 'up'),
    text('dt', '7530'),
    text('protocol', '1'),
    text('src', 'nodea'),
    binary(
      'srcuuid',
      Uint8Array.from({ length: 16 }, (_, i) => i),
    ),
    text('seq', '1f'),
    text('hg', '65000001'),
    text('ts', '65000010'),
    text('ld', '0.00 0.01 0.05 1/99 1234'),
    text('ttl', '3'),
  ],
};

const SIGNED_TEXT =
  't=status\nst=up\ndt=7530\nprotocol=1\nsrc=nodea\n(1)srcuuid=AAECAwQFBgcICQoLDA0ODw==\n' +
  'seq=1f\nhg=65000001\nts=65000010\nld=0.00 0.01 0.05 1/99 1234\nttl=3\n';

const NETSTRING_BASE64 =
  'IyMjCjExOigwKXQ9c3RhdHVzLDg6KDApc3Q9dXAsMTA6KDApZHQ9NzUzMCwxMzooMClwcm90b2NvbD0xLDEyOigwKXNyYz1ub2RlYSwyNzooMSlzcmN1dWlkPQABAgMEBQYHCAkKCwwNDg8sOTooMClzZXE9MWYsMTQ6KDApaGc9NjUwMDAwMDEsMTQ6KDApdHM9NjUwMDAwMTAsMzA6KDApbGQ9MC4wMCAwLjAxIDAuMDUgMS85OSAxMjM0LDg6KDApdHRsPTMsJSUlCjQyOjEgNzA4NTBiNjgwYzFlMzlmMzM5NmE0NmQ0YTQyZTg3ZjcyODIzZGZjYSw=';

function keyring(index: number, method: AuthMethod): Keyring {
  return { signIndex: index, keys: new Map([[index, { method, secret: SECRET }]]) };
}

test('crc: check value and the empty message', () => {
  expect(crc32(bytesFromLatin1('123456789')).toString(16)).toBe('765e7680');
  expect(crc32(new Uint8Array()).toString(16)).toBe('ffffffff');
});

test.each([
  ['sha1', '67949a0590a7f66b7be1cf585ea8936501a0e3aa'],
  ['md5', '2d5df9959a34d2f9053a03506f5c927f'],
  ['crc', 'c235e536'],
] as const)('digest of the signed text: %s', (method, expected) => {
  expect(digestText(method, SECRET, bytesFromLatin1(SIGNED_TEXT))).toBe(expected);
});

// RFC 4231, test case 2. Not part of Linux-HA: our addition between two Twinbeat nodes.
test('digest: sha256 is standard HMAC-SHA-256', () => {
  expect(digestText('sha256', 'Jefe', bytesFromLatin1('what do ya want for nothing?'))).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
});

test('text datagram: 201 bytes, and back', () => {
  const ring = keyring(1, 'sha1');
  const packet = encodeText(MESSAGE, ring);
  expect(latin1FromBytes(packet)).toBe(`>>>\n${SIGNED_TEXT}auth=1 67949a0590a7f66b7be1cf585ea8936501a0e3aa\n<<<\n`);
  expect(packet.length).toBe(201);
  expect(decodePacket(packet, ring)).toEqual({
    ok: true,
    value: { message: MESSAGE, keyIndex: 1, form: 'text', innerAuth: true },
  });
});

test('netstring datagram: 251 bytes, and back', () => {
  const ring = keyring(1, 'sha1');
  const packet = encodeNetstring(MESSAGE, ring, { innerAuth: false });
  expect(packet).toEqual(bytesFromBase64(NETSTRING_BASE64));
  expect(packet.length).toBe(251);
  expect(decodePacket(packet, ring)).toEqual({
    ok: true,
    value: { message: MESSAGE, keyIndex: 1, form: 'netstring', innerAuth: false },
  });
});

test.each([
  ['md5', 2, '34:2 a5f64b0c55085c1c4fda86d6ef9c5671,'],
  ['crc', 3, '10:3 cafcd8e8,'],
] as const)('netstring datagram: signature by %s, key %i', (method, index, signature) => {
  const packet = latin1FromBytes(encodeNetstring(MESSAGE, keyring(index, method), { innerAuth: false }));
  expect(packet.endsWith(`%%%\n${signature}`)).toBe(true);
});
