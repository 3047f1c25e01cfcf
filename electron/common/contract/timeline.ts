/** What a timeline is asked for with, and everything it is made from: the picture itself is made where it is shown. */
import { z } from 'zod';
import { call } from '../../../agent/common/rpc/contract.ts';
import { SessionBatchSchema } from './session.ts';

export const TimelineInputSchema = z.object({
  batch: SessionBatchSchema,
  nodes: z.tuple([z.string(), z.string()]),
  address: z.string().nullable(),
  fromMs: z.number(),
  toMs: z.number(),
  probePeriodMs: z.number().nullable(),
  serialBaud: z.number().nullable(),
  /** True while an exercise runs: its fault and every name stay hidden. Missing: none runs. */
  exercise: z.boolean().optional(),
});

export const TimelineStretchSchema = z.object({
  sessionId: z.string(),
  startedWallMs: z.number(),
  /** Why this stretch: the newest fault or move, the newest drill, what was asked for, or the end of the record where nothing happened. */
  chosen: z.enum(['last', 'drill', 'range', 'end']),
  input: TimelineInputSchema,
});
export type TimelineStretch = z.infer<typeof TimelineStretchSchema>;

/** Part of the console's contract. */
export const timelineContract = {
  /**
   * One stretch of a session: of a connected pair's running one, or of a stored one. `range` needs `fromMs` and `toMs`. Throws
   * `not-connected`, `no-session`, `bad-args`.
   */
  timelineStretch: call(
    z.object({
      pairId: z.string().nullable().default(null),
      sessionId: z.string().nullable().default(null),
      choose: z.enum(['last', 'drill', 'range']).default('last'),
      fromMs: z.number().nullable().default(null),
      toMs: z.number().nullable().default(null),
    }),
    TimelineStretchSchema,
  ),
};
