import { describe, expect, test } from 'vitest';
import { bytesFromLatin1, latin1FromBytes } from '../../../agent/common/base/bytes.ts';
import type { AuthMethod, Keyring } from '../../../agent/common/base/keyring.ts';
import { signText } from '../../../agent/common/wire/auth.ts';
import { decodePacket, encodeNetstring, encodeText } from '../../../agent/common/wire/codec.ts';
import { FIELD_NAME_BYTES_MAX, FIELDS_MAX, PACKET_BYTES_MAX } from '../../../agent/common/wire/limits.ts';
import { binary, fieldText, text, type WireMessage } from '../../../agent/common/wire/message.ts';

const METHODS: readonly AuthMethod[] = ['crc', 'md5', 'sha1', 'sha256'];
const RING: Keyring = {
  signIndex: 2,
  keys: new Map(METHODS.map((method, index) => [index, { method, secret: `secret-${index}` }])),
};
const STATUS: WireMessage = { fields: [text('t', 'status'), text('src', 'node1')] };

/** Reason of a refusal, or `ok`. */
function outcome(packet: string | Uint8Array, ring: Keyring = RING): string {
  const result = decodePacket(typeof packet === 'string' ? bytesFromLatin1(packet) : packet, ring);
  return result.ok ? 'ok' : result.reason;
}

/** A text packet of these lines, signed as if they were canonical. */
function signedText(body: string): string {
  return `>>>\n${body}auth=${signText(bytesFromLatin1(body), RING)}\n<<<\n`;
}

/** A netstring packet of these elements, signed over whatever they are. */
function signedNetstring(elements: string): string {
  const signed = `###\n${elements}%%%\n`;
  const auth = signText(bytesFromLatin1(signed), RING);
  return `${signed}${auth.length}:${auth},`;
}

test('values of every byte survive both forms', () => {
  const everything = Uint8Array.from({ length: 256 }, (_, i) => i);
  // NUL ends a text packet, and byte 19 is how the text form writes a line feed.
  const printable = latin1FromBytes(everything).replace(/[\0\x13]/g, '');
  const message: WireMessage = {
    fields: [text('t', 'x'), text('v', printable), text('empty', ''), text('v', 'second'), binary('b', everything)],
  };
  for (const packet of [
    encodeText(message, RING),
    encodeNetstring(message, RING, { innerAuth: true }),
    encodeNetstring(message, RING, { innerAuth: false }),
  ]) {
    const decoded = decodePacket(packet, RING);
    expect(decoded.ok && decoded.value.message).toEqual(message);
    expect(decoded.ok && fieldText(decoded.value.message, 'v')).toBe(printable);
  }
});

describe('authentication', () => {
  test.each(METHODS.map((method, index) => [method, index] as const))('%s as key %i', (_method, index) => {
    const signer: Keyring = { ...RING, signIndex: index };
    for (const packet of [encodeText(STATUS, signer), encodeNetstring(STATUS, signer, { innerAuth: true })]) {
      const decoded = decodePacket(packet, RING);
      expect(decoded.ok && decoded.value.keyIndex).toBe(index);
    }
  });

  // The real daemon takes its own signing secret here, which breaks rotation (reference, 2.5).
  test('a netstring is checked with the secret of the key that it names', () => {
    const packet = encodeNetstring(STATUS, { ...RING, signIndex: 1 }, { innerAuth: false });
    expect(outcome(packet, { ...RING, signIndex: 3 })).toBe('ok');
  });

  test('an index that we do not list, another secret, another method', () => {
    const packets = [encodeText(STATUS, RING), encodeNetstring(STATUS, RING, { innerAuth: true })];
    for (const packet of packets) {
      expect(outcome(packet, { signIndex: 1, keys: new Map([[1, { method: 'sha1', secret: 'secret-2' }]]) })).toBe(
        'unknown-key',
      );
      expect(outcome(packet, { signIndex: 2, keys: new Map([[2, { method: 'sha1', secret: 'other' }]]) })).toBe(
        'bad-auth',
      );
      expect(outcome(packet, { signIndex: 2, keys: new Map([[2, { method: 'md5', secret: 'secret-2' }]]) })).toBe(
        'bad-auth',
      );
    }
  });

  test('any changed byte is found in a text packet, apart from blank lines and what follows the end', () => {
    const packet = encodeText(STATUS, RING);
    for (let at = 4; at < packet.length - 5; at++) {
      const changed = packet.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(outcome(changed), `byte ${at}`).not.toBe('ok');
    }
  });

  test('a digest in capitals, without index, of another length, or missing', () => {
    const good = latin1FromBytes(encodeText(STATUS, RING));
    const auth = /auth=2 ([0-9a-f]+)/.exec(good)?.[1] ?? '';
    expect(outcome(good.replace(auth, auth.toUpperCase()))).toBe('no-auth');
    expect(outcome(good.replace(`2 ${auth}`, auth))).toBe('no-auth');
    expect(outcome(good.replace(auth, auth.slice(1)))).toBe('bad-auth');
    expect(outcome(good.replace(auth, '0'.repeat(99)))).toBe('no-auth');
    expect(outcome(good.replace(/auth=.*\n/, ''))).toBe('no-auth');
  });
});

describe('what the real text reader tolerates', () => {
  const good = latin1FromBytes(encodeText(STATUS, RING));

  test.each([
    ['a trailing NUL and anything behind it', `${good}\0junk`],
    ['no end mark', good.replace('<<<\n', '')],
    ['no end mark and a NUL', good.replace('<<<\n', '\0')],
    ['blank lines', good.replaceAll('\n', '\n\n').replace('>>>\n\n', '>>>\n')],
    ['the authentication in front', good.replace(/(t=status\n.*\n)(auth=.*\n)/, '$2$1')],
  ])('%s', (_what, packet) => {
    expect(packet).not.toBe(good);
    const decoded = decodePacket(bytesFromLatin1(packet), RING);
    expect(decoded.ok && decoded.value.message).toEqual(STATUS);
  });

  test('a carriage return is part of the value', () => {
    expect(outcome(good.replaceAll('\n', '\r\n').replace('>>>\r\n', '>>>\n'))).not.toBe('ok');
  });
});

describe('refusals come before trust: correctly signed, but not well formed', () => {
  test.each([
    ['', 'unknown-form'],
    ['>>>', 'unknown-form'],
    ['x>>>\nt=a\n', 'unknown-form'],
    ['>>>\n', 'no-auth'],
    ['###\n', 'bad-frame'],
    [signedText('novalue\n'), 'bad-field'],
    [signedText('=x\n'), 'bad-field'],
    [signedText('(0)t=x\n'), 'bad-field'],
    [signedText('(2)t=x\n'), 'bad-field'],
    [signedText('(9)t=x\n'), 'bad-field'],
    [signedText('(1)t=AB==\n'), 'bad-field'],
    [signedText('(1)t=!!!!\n'), 'bad-field'],
    [signedText('>>>x=1\n'), 'bad-field'],
    [signedText(`${'n'.repeat(FIELD_NAME_BYTES_MAX + 1)}=1\n`), 'bad-field'],
    [signedText('a=1\n'.repeat(FIELDS_MAX)), 'too-many-fields'],
    [signedText('a=1\n'.repeat(FIELDS_MAX - 1)), 'ok'],
    [signedNetstring('6:(0)t=x,'), 'ok'],
    [signedNetstring('06:(0)t=x,'), 'ok'],
    [signedNetstring('5:(0)t=x,'), 'bad-frame'],
    [signedNetstring('7:(0)t=x,'), 'bad-frame'],
    [signedNetstring('6:(0)t=x;'), 'bad-frame'],
    [signedNetstring('6 :(0)t=x,'), 'bad-frame'],
    [signedNetstring('-6:(0)t=x,'), 'bad-frame'],
    [signedNetstring(':(0)t=x,'), 'bad-frame'],
    [signedNetstring('99999:(0)t=x,'), 'bad-frame'],
    [signedNetstring('999999999999999999999:(0)t=x,'), 'bad-frame'],
    [signedNetstring('3:t=x,'), 'bad-field'],
    [signedNetstring('6:(2)t=x,'), 'bad-field'],
    [signedNetstring('5:(0)=x,'), 'bad-field'],
    [signedNetstring('4:(0)t,'), 'bad-field'],
    [signedNetstring('6:(0)t=\0,'), 'bad-field'],
    [signedNetstring('6:(0)\n=x,'), 'bad-field'],
    [signedNetstring('6:(0)t=x,'.repeat(FIELDS_MAX + 1)), 'too-many-fields'],
    ['###\n%%%\n', 'no-auth'],
    [signedNetstring('6:(0)t=x,').replace(/,$/, ''), 'no-auth'],
    [`${signedNetstring('6:(0)t=x,')}anything`, 'ok'],
    [`>>>\n${'x'.repeat(PACKET_BYTES_MAX)}`, 'too-long'],
  ])('%j: %s', (packet, expected) => {
    expect(outcome(packet)).toBe(expected);
  });
});

test('what cannot be written is a bug and asserts', () => {
  for (const field of [
    text('', 'x'),
    text('a=b', 'x'),
    text('(1)a', 'x'),
    text('auth', 'x'),
    text('a', '\0'),
    text('a\n', ''),
  ]) {
    expect(() => encodeText({ fields: [field] }, RING)).toThrow();
    expect(() => encodeNetstring({ fields: [field] }, RING, { innerAuth: false })).toThrow();
  }
  expect(() => encodeText(STATUS, { signIndex: 9, keys: RING.keys })).toThrow();
  expect(() => encodeText({ fields: [text('a', '中')] }, RING)).toThrow();
});
