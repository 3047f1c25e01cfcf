/**
 * What the world may do wrong, as a value. `reason` is a short fixed code that programs
 * compare; `detail` is for people and is never parsed. What only a bug can do is an
 * assertion instead (see assert.ts); the two are never mixed.
 */
export type Result<T, R extends string = string> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: R; readonly detail: string };

/** A success. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** An expected failure with its code and a sentence for people. */
export function fail<R extends string>(reason: R, detail: string) {
  return { ok: false, reason, detail } as const;
}
