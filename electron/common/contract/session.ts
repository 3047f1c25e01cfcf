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
import { SentenceSchema } from '../words/sentence.ts';

/** The four times of ha.cf. */
export const SessionTimingSchema = z.object({
  keepaliveMs: z.number(),
  warntimeMs: z.number(),
  deadtimeMs: z.number(),
  initdeadMs: z.number(),
});
export type SessionTiming = z.infer<typeof SessionTimingSchema>;

/** A heartbeat as the node stamped it, and the time since the one before it. */
export const SessionArrivalSchema = z.object({ tMs: z.number(), gapMs: z.number() });
export type SessionArrival = z.infer<typeof SessionArrivalSchema>;

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
      /** Every heartbeat on this link since the sample before; missing: the agent does not say it. */
      arrivals: z.array(SessionArrivalSchema).optional(),
    }),
  ),
  /** Of each heartbeat since the sample before the copy that came first, whichever link brought it. */
  arrivals: z.array(SessionArrivalSchema).optional(),
  /** The node's load average of a minute; null: it cannot be read. */
  loadAverage: z.number().nullable().optional(),
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
  /** Why, in English. */
  reason: z.string(),
  /** The same for other languages; records of older consoles have none. */
  said: SentenceSchema.optional(),
});
export type SessionGap = z.infer<typeof SessionGapSchema>;

/** One thing that a witness on the LAN saw of an address: an observer that is neither node. */
export const WitnessSampleSchema = z.object({
  tMs: z.number(),
  /** Half width of how wrong `tMs` can be. */
  errorMs: z.number(),
  address: z.string(),
  /** `asked`: everybody who answered one question. `announced`: somebody told the whole LAN unasked (gratuitous ARP). */
  kind: z.enum(['asked', 'announced']),
  /** Empty for `asked`: nobody answered. `node`: whose hardware address that is; null: neither node's, or not known yet. */
  holders: z.array(z.object({ mac: z.string(), node: z.string().nullable() })),
  /** Where the witness's own host sends packets for the address (its neighbour entry); null: nowhere, or not to be told. */
  neighbourMac: z.string().nullable(),
});
export type WitnessSample = z.infer<typeof WitnessSampleSchema>;

/** A fault, as the console did it or saw it done: also power and cables that somebody switched in the rack by hand. */
export const SessionFaultSchema = z.object({
  tMs: z.number(),
  errorMs: z.number(),
  faultId: z.string(),
  node: z.string(),
  name: z.string(),
  phase: z.enum(['armed', 'injected', 'reverted', 'failed']),
  link: z.string().nullable(),
  detail: z.string(),
});
export type SessionFault = z.infer<typeof SessionFaultSchema>;

/**
 * How a node speaks to the console. `answers`: it does. `silent`: connected, and no answer. `frozen`, `gone`: the host is there, its daemon
 * is stopped (SIGSTOP) or does not run. `unreachable`: no connection to the host. `unknown`: not asked yet.
 */
export const NodeLifeSchema = z.enum(['answers', 'silent', 'frozen', 'gone', 'unreachable', 'unknown']);
export type NodeLife = z.infer<typeof NodeLifeSchema>;

/** What was true of a node from `tMs` on, recorded whenever it changes. What is not known is null or missing. */
export const NodeFactsSchema = z.object({
  tMs: z.number(),
  node: z.string(),
  life: NodeLifeSchema,
  /** Why it does not answer, in words; empty when it does. */
  detail: z.string(),
  engine: z.string().nullable(),
  version: z.string().nullable(),
  timing: SessionTimingSchema.nullable(),
  /** The key that signs, without its secret. */
  keys: z.object({ index: z.number(), method: z.string(), fingerprint: z.string(), accepted: z.number() }).nullable(),
  links: z.array(
    z.object({
      id: z.string(),
      label: z.string(),
      medium: z.string(),
      /** Speed of a serial line, bits per second; null: it is none. Older agents and records do not say it. */
      baud: z.number().nullable().optional(),
    }),
  ),
  /** Hardware address with which this node answers for each address. */
  macs: z.record(z.string(), z.string()),
  problems: z.array(z.object({ code: z.string(), detail: z.string() })),
});
export type NodeFacts = z.infer<typeof NodeFactsSchema>;

export const SessionBatchSchema = z.object({
  samples: z.array(SessionSampleSchema),
  events: z.array(SessionEventSchema),
  probes: z.array(ProbeSampleSchema),
  gaps: z.array(SessionGapSchema),
  witness: z.array(WitnessSampleSchema).default([]),
  faults: z.array(SessionFaultSchema).default([]),
  /** Facts that held when the stretch began come first, with the time since when they hold. */
  facts: z.array(NodeFactsSchema).default([]),
});
export type SessionBatch = z.infer<typeof SessionBatchSchema>;
