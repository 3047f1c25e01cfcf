/** How a contract is written down: each method is a call or a stream with schemas for both directions. */
import type { z } from 'zod';
import type { CancelSignal } from './cancel.ts';

export interface CallSpec<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly kind: 'call';
  readonly input: I;
  readonly output: O;
}

export interface StreamSpec<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly kind: 'stream';
  readonly input: I;
  readonly output: O;
}

/** A method with one reply. */
export function call<I extends z.ZodType, O extends z.ZodType>(input: I, output: O): CallSpec<I, O> {
  return { kind: 'call', input, output };
}

/** A method with any number of items, delivered with credit; the consumer may stop at any time. */
export function stream<I extends z.ZodType, O extends z.ZodType>(input: I, output: O): StreamSpec<I, O> {
  return { kind: 'stream', input, output };
}

export type Contract = Readonly<Record<string, CallSpec | StreamSpec>>;

/** What a server implements. `context` is per connection; `signal` aborts when the caller stops or the channel closes. */
export type Implementation<C extends Contract, X> = {
  readonly [K in keyof C]: C[K] extends CallSpec<infer I, infer O>
    ? (input: z.output<I>, context: X, signal: CancelSignal) => Promise<z.input<O>> | z.input<O>
    : C[K] extends StreamSpec<infer I, infer O>
      ? (input: z.output<I>, context: X, signal: CancelSignal) => AsyncIterable<z.input<O>>
      : never;
};

/** What a client gets. */
export type Client<C extends Contract> = {
  readonly [K in keyof C]: C[K] extends CallSpec<infer I, infer O>
    ? (input: z.input<I>, signal?: CancelSignal) => Promise<z.output<O>>
    : C[K] extends StreamSpec<infer I, infer O>
      ? (input: z.input<I>, signal?: CancelSignal) => AsyncIterable<z.output<O>>
      : never;
};
