/**
 * The recorded and live session of one pair on one time axis: `tMs` is milliseconds of the
 * console's monotonic clock since the session began. Node times are mapped to it by the
 * measured clock offset; `errorMs` is how wrong that can be.
 */
import { z } from 'zod';
import {
  DirectionStateSchema,
  NodeStatusSchema,
  ResourceSetSchema,
  TimelineEventSchema,
} from '../../../agent/common/rpc/agentContract.ts';

export const SessionSampleSchema = z.object({
  tMs: z.number(),
  errorMs: z.number(),
  node: z.string(),
  status: NodeStatusSchema,
  peerStatus: NodeStatusSchema,
  mine: ResourceSetSchema,
  heldVips: z.array(z.string()),
  nodeMarginMs: z.number().nullable(),
  links: z.array(
    z.object({
      id: z.string(),
      /** Direction peer -> node: what `node` hears. */
      fromPeer: DirectionStateSchema,
      marginMs: z.number().nullable(),
      marginMinMs: z.number().nullable(),
      rttMs: z.number().nullable(),
    }),
  ),
  latenessMs: z.number(),
});
export type SessionSample = z.infer<typeof SessionSampleSchema>;

export const SessionEventSchema = z.object({
  index: z.number(),
  tMs: z.number(),
  errorMs: z.number(),
  event: TimelineEventSchema,
});
export type SessionEvent = z.infer<typeof SessionEventSchema>;

export const ProbeSampleSchema = z.object({
  /** When the request was due by its schedule: open loop. */
  tMs: z.number(),
  ok: z.boolean(),
  /** Name of the node that answered, as the answer itself says; null: no answer, or it does not say. */
  answeredBy: z.string().nullable(),
  latencyMs: z.number().nullable(),
  error: z.string().nullable(),
});
export type ProbeSample = z.infer<typeof ProbeSampleSchema>;

/** A stretch in which the console heard nothing from a source: drawn as a gap, never as silence of a heartbeat. */
export const SessionGapSchema = z.object({
  source: z.string(),
  fromMs: z.number(),
  toMs: z.number().nullable(),
  reason: z.string(),
});
export type SessionGap = z.infer<typeof SessionGapSchema>;

export const SessionBatchSchema = z.object({
  samples: z.array(SessionSampleSchema),
  events: z.array(SessionEventSchema),
  probes: z.array(ProbeSampleSchema),
  gaps: z.array(SessionGapSchema),
});
export type SessionBatch = z.infer<typeof SessionBatchSchema>;
