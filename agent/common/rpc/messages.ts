/** The channel's own messages. One shape for every transport; anything else on the wire is dropped. */
import { z } from 'zod';

/** Items a producer may have under way before the consumer grants more. */
export const STREAM_WINDOW_ITEMS = 64;

export const ChannelMessageSchema = z.discriminatedUnion('t', [
  z.object({ t: z.literal('call'), id: z.number().int(), m: z.string(), a: z.unknown() }),
  /** The consumer took `n` more items of stream `id`. */
  z.object({ t: z.literal('more'), id: z.number().int(), n: z.number().int().positive() }),
  /** The caller lost interest: cancels a call or ends a stream. */
  z.object({ t: z.literal('stop'), id: z.number().int() }),
  z.object({ t: z.literal('ok'), id: z.number().int(), v: z.unknown() }),
  z.object({ t: z.literal('item'), id: z.number().int(), v: z.unknown() }),
  z.object({
    t: z.literal('err'),
    id: z.number().int(),
    code: z.string(),
    message: z.string(),
    data: z.unknown().optional(),
  }),
]);
export type ChannelMessage = z.infer<typeof ChannelMessageSchema>;

/**
 * A call that failed. Codes of the channel itself: `closed`, `cancelled`, `no-method`,
 * `bad-args`, `bad-reply`, `internal`; implementations add their own by throwing one.
 */
export class RpcError extends Error {
  override name = 'RpcError';
  readonly code: string;
  readonly data: unknown;

  constructor(code: string, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}
