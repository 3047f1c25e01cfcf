/**
 * Structured clone as text, with the same source in Node and in the page: the isolated world is
 * given this function's own text, so it must not use anything from outside itself.
 */
export interface Codec {
  /** @throws Error 'An object could not be cloned.', Electron's words, for functions, symbols and the like. */
  encode(value: unknown): string;
  decode(text: string): unknown;
}

export function createCodec(): Codec {
  type Tree = unknown;
  const refuse = (): never => {
    throw new Error('An object could not be cloned.');
  };
  const tagOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

  function toBase64(bytes: Uint8Array): string {
    let binary = '';
    for (let at = 0; at < bytes.length; at += 32768) binary += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return btoa(binary);
  }

  function fromBase64(text: string): Uint8Array<ArrayBuffer> {
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
    return bytes;
  }

  // Scalars are themselves; everything else is [tag, ...]. Objects get a number in order of
  // appearance, so that a second reference (and a cycle) is ['ref', number].
  function writeObject(value: object, write: (item: unknown) => Tree): Tree {
    const tag = tagOf(value);
    if (Array.isArray(value)) return ['array', value.map(write)];
    if (value instanceof Date) return ['date', value.getTime()];
    if (value instanceof Map) return ['map', [...value].map(([key, item]) => [write(key), write(item)])];
    if (value instanceof Set) return ['set', [...value].map(write)];
    if (value instanceof Error) return ['error', value.name, value.message];
    if (tag === 'ArrayBuffer') return ['buffer', toBase64(new Uint8Array(value as ArrayBuffer))];
    if (ArrayBuffer.isView(value)) {
      return ['view', tag, toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))];
    }
    if (tag !== 'Object') return refuse();
    return ['object', Object.entries(value).map(([key, item]) => [key, write(item)])];
  }

  function encode(root: unknown): string {
    const seen = new Map<object, number>();
    const write = (value: unknown): Tree => {
      if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
      if (typeof value === 'number') {
        return Number.isFinite(value) && !Object.is(value, -0)
          ? value
          : ['number', Object.is(value, -0) ? '-0' : String(value)];
      }
      if (value === undefined) return ['undefined'];
      if (typeof value === 'bigint') return ['bigint', String(value)];
      if (typeof value !== 'object') return refuse();
      const earlier = seen.get(value);
      if (earlier !== undefined) return ['ref', earlier];
      seen.set(value, seen.size);
      return writeObject(value, write);
    };
    return JSON.stringify(write(root));
  }

  function readView(tag: string, bytes: Uint8Array<ArrayBuffer>): unknown {
    if (tag === 'DataView') return new DataView(bytes.buffer);
    const types = globalThis as unknown as Record<string, (new (buffer: ArrayBuffer) => unknown) | undefined>;
    const View = types[tag];
    return View === undefined ? refuse() : new View(bytes.buffer);
  }

  function readError(name: string, message: string): Error {
    const types = globalThis as unknown as Record<string, (new (message: string) => Error) | undefined>;
    const Type = /^[A-Z][a-zA-Z]*Error$/.test(name) ? types[name] : undefined;
    return Type === undefined ? new Error(message) : new Type(message);
  }

  function decode(text: string): unknown {
    const seen: unknown[] = [];
    const keep = <T>(index: number, value: T): T => {
      seen[index] = value;
      return value;
    };
    const readScalar = (tree: unknown[]): unknown => {
      switch (tree[0]) {
        case 'number':
          return Number(tree[1]);
        case 'undefined':
          return undefined;
        case 'bigint':
          return BigInt(tree[1] as string);
        default:
          return seen[tree[1] as number];
      }
    };
    const readContainer = (tree: unknown[], index: number): unknown => {
      if (tree[0] === 'array') {
        const list = keep(index, [] as unknown[]);
        for (const item of tree[1] as unknown[]) list.push(read(item));
        return list;
      }
      const pairs = tree[1] as [unknown, unknown][];
      if (tree[0] === 'map') {
        const map = keep(index, new Map());
        for (const [key, item] of pairs) map.set(read(key), read(item));
        return map;
      }
      if (tree[0] === 'set') {
        const set = keep(index, new Set());
        for (const item of tree[1] as unknown[]) set.add(read(item));
        return set;
      }
      const object = keep(index, {});
      for (const [key, item] of pairs) {
        // Defined, not assigned: a key called __proto__ is data.
        const value = read(item);
        Object.defineProperty(object, key as string, { value, enumerable: true, writable: true, configurable: true });
      }
      return object;
    };
    const read = (tree: unknown): unknown => {
      if (!Array.isArray(tree)) return tree;
      if (['number', 'undefined', 'bigint', 'ref'].includes(tree[0] as string)) return readScalar(tree);
      const index = seen.length;
      seen.push(undefined);
      switch (tree[0]) {
        case 'date':
          return keep(index, new Date(tree[1] as number));
        case 'error':
          return keep(index, readError(tree[1] as string, tree[2] as string));
        case 'buffer':
          return keep(index, fromBase64(tree[1] as string).buffer);
        case 'view':
          return keep(index, readView(tree[1] as string, fromBase64(tree[2] as string)));
        default:
          return readContainer(tree, index);
      }
    };
    return read(JSON.parse(text));
  }

  return { encode, decode };
}
