import { expect, test } from 'vitest';
import { createCodec } from '../../support/electron-standin/codec.ts';

const { encode, decode } = createCodec();
const through = (value: unknown): unknown => decode(encode(value));

test('what structured clone keeps is kept', () => {
  const value = {
    text: 'ü',
    nothing: undefined,
    empty: null,
    list: [1, -0, NaN, Infinity, 2n],
    date: new Date(5),
    map: new Map([[{ key: 1 }, new Set(['a'])]]),
    bytes: new Uint8Array([0, 255, 7]),
    floats: new Float64Array([1.5]),
    buffer: new Uint8Array([1, 2]).buffer,
  };
  expect(through(value)).toStrictEqual(value);
});

test('a view of part of a buffer brings its own part only', () => {
  const part = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
  expect(through(part)).toStrictEqual(new Uint8Array([2, 3]));
});

test('two references stay one object, and a cycle stays a cycle', () => {
  const shared = { n: 1 };
  const [first, second] = through([shared, shared]) as [object, object];
  expect(first).toBe(second);
  const loop: { self?: unknown; after: Date } = { after: new Date(1) };
  loop.self = loop;
  const copy = through(loop) as typeof loop;
  expect(copy.self).toBe(copy);
});

test('errors keep their class and message', () => {
  const error = through(new TypeError('bad')) as Error;
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toBe('bad');
});

test('an own __proto__ key is data, not a prototype', () => {
  const copy = through(JSON.parse('{"a": {"__proto__": {"polluted": true}}}')) as { a: object };
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  expect(Object.keys(copy.a)).toEqual(['__proto__']);
});

test.each([() => 1, Symbol('s'), new Proxy(class {}, {}), Promise.resolve(), new WeakMap()])(
  '%s is refused in Electron’s words',
  (value) => {
    expect(() => encode({ value })).toThrow('An object could not be cloned.');
  },
);

test('the source is self-contained: it runs from its own text', () => {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the page gets it as text, too
  const again = new Function(`return (${createCodec.toString()})()`)() as typeof createCodec extends () => infer C
    ? C
    : never;
  expect(again.decode(again.encode({ a: [1, new Date(2)] }))).toEqual({ a: [1, new Date(2)] });
});
