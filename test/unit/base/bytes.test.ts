import { expect, test } from 'vitest';
import {
  base64FromBytes,
  bytesEqual,
  bytesFromBase64,
  bytesFromLatin1,
  hexFromBytes,
  isLatin1,
  latin1FromBytes,
} from '../../../agent/common/base/bytes.ts';

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, i) => i);

test('latin1: every byte survives both ways, also in texts longer than one conversion call', () => {
  const long = Uint8Array.from({ length: 20_000 }, (_, i) => (i * 7) & 0xff);
  expect(bytesFromLatin1(latin1FromBytes(ALL_BYTES))).toEqual(ALL_BYTES);
  expect(bytesFromLatin1(latin1FromBytes(long))).toEqual(long);
  expect(isLatin1('ÿ')).toBe(true);
  expect(isLatin1('中')).toBe(false);
});

test('base64: agrees with Node for every length', () => {
  for (let length = 0; length <= 256; length++) {
    const bytes = ALL_BYTES.subarray(256 - length);
    const encoded = base64FromBytes(bytes);
    expect(encoded).toBe(Buffer.from(bytes).toString('base64'));
    expect(bytesFromBase64(encoded)).toEqual(new Uint8Array(bytes));
  }
});

// Goal: what decodes must encode back to the same text, or signatures over re-encoded text would not hold.
test.each(['A', 'AA', 'AAA', 'AAA=A', 'AB==', 'AAB=', 'A===', '====', 'AA\n=', 'AA-_', 'AAA\u4e2d', '=AAA'])(
  'base64: %j is not canonical',
  (text) => {
    expect(bytesFromBase64(text)).toBeNull();
  },
);

test('hex and equality', () => {
  expect(hexFromBytes(Uint8Array.of(0, 15, 255))).toBe('000fff');
  expect(bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
  expect(bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
  expect(bytesEqual(Uint8Array.of(1), Uint8Array.of(1, 2))).toBe(false);
});
