import { expect, test } from 'vitest';
import {
  DEADTIME_MS_RANGE,
  decimalField,
  decimalText,
  GENERATION_RANGE,
  hexField,
  hexText,
  isUnsequenced,
  SEQUENCE_RANGE,
} from '../../../agent/common/wire/fields.ts';
import { text, type WireMessage } from '../../../agent/common/wire/message.ts';

const one = (name: string, value: string): WireMessage => ({ fields: [text(name, value)] });

test('hexadecimal and decimal are not mixed up', () => {
  expect(hexField(one('seq', '1f'), 'seq', SEQUENCE_RANGE)).toEqual({ ok: true, value: 31 });
  expect(hexField(one('dt', '1388'), 'dt', DEADTIME_MS_RANGE)).toEqual({ ok: true, value: 5000 });
  expect(hexField(one('hg', '6b00e124'), 'hg', GENERATION_RANGE)).toEqual({ ok: true, value: 0x6b00e124 });
  expect(decimalField(one('firstseq', '17'), 'firstseq', SEQUENCE_RANGE)).toEqual({ ok: true, value: 17 });
  expect(decimalField(one('firstseq', '1f'), 'firstseq', SEQUENCE_RANGE)).toMatchObject({ reason: 'not-a-number' });
});

test.each(['', ' 1', '1 ', '-1', '+1', '0x1', '1.0', 'g', '1'.repeat(14), 'Infinity', 'NaN'])(
  'seq=%j is no number',
  (value) => {
    expect(hexField(one('seq', value), 'seq', SEQUENCE_RANGE)).toMatchObject({ ok: false, reason: 'not-a-number' });
  },
);

test('missing and out of range', () => {
  expect(hexField(one('x', '1'), 'seq', SEQUENCE_RANGE)).toMatchObject({ reason: 'missing' });
  expect(hexField(one('seq', '0'), 'seq', SEQUENCE_RANGE)).toMatchObject({ reason: 'out-of-range' });
  expect(hexField(one('seq', '100000000'), 'seq', SEQUENCE_RANGE)).toMatchObject({ reason: 'out-of-range' });
});

test('numbers are written as the real daemon prints them', () => {
  expect(hexText('dt', 5000)).toEqual(text('dt', '1388'));
  expect(decimalText('firstseq', 17)).toEqual(text('firstseq', '17'));
  expect(() => hexText('dt', -1)).toThrow();
  expect(() => hexText('dt', 1.5)).toThrow();
});

test('types without sequence number', () => {
  expect(isUnsequenced(one('t', 'NS_ackmsg'))).toBe(true);
  expect(isUnsequenced(one('t', 'status'))).toBe(false);
  expect(isUnsequenced(one('x', 'NS_st'))).toBe(false);
});
