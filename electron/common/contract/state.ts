/** What the console knows about a connected pair right now. Everything unknown is null, never a guess. */
import { z } from 'zod';
import { AgentStatusSchema, FaultNameSchema, FaultStateSchema } from '../../../agent/common/rpc/agentContract.ts';
import { SentenceSchema } from '../words/sentence.ts';

/** A host key that a person must judge before any secret is sent. */
export const HostKeyQuestionSchema = z.object({
  questionId: z.string(),
  host: z.string(),
  port: z.number(),
  /** `changed` is refused unless the person replaces the old key knowingly. */
  verdict: z.enum(['new', 'new-algorithm', 'changed', 'revoked']),
  algorithm: z.string(),
  sha256: z.string(),
  /** Fingerprints on record for this host, newest file order. */
  knownSha256: z.array(z.string()),
  /** Command to run on the node's own console to read its true fingerprint. */
  checkCommand: z.string(),
});
export type HostKeyQuestion = z.infer<typeof HostKeyQuestionSchema>;

export const NodeConnectionSchema = z.object({
  node: z.string(),
  phase: z.enum(['idle', 'connecting', 'host-key', 'authenticating', 'ready', 'lost', 'waiting', 'gave-up']),
  /** A sentence: what is happening or what went wrong and which layer said so. */
  detail: z.string(),
  /** `detail` for other languages; missing where nobody has it but in English. */
  said: SentenceSchema.optional(),
  attempt: z.number(),
  nextTryInMs: z.number().nullable(),
  lastHeardAgoMs: z.number().nullable(),
  hostKey: HostKeyQuestionSchema.nullable(),
  agent: z.object({
    phase: z.enum(['unknown', 'absent', 'attaching', 'attached', 'stopped', 'other-version']),
    version: z.string().nullable(),
    detail: z.string(),
    said: SentenceSchema.optional(),
  }),
  /** Node's monotonic clock minus the console's, and the half width of the error, milliseconds. */
  clock: z.object({ offsetMs: z.number(), errorMs: z.number() }).nullable(),
  status: AgentStatusSchema.nullable(),
  /** Age of `status`, milliseconds. Old status is shown as old, or as unknown. */
  statusAgeMs: z.number().nullable(),
});
export type NodeConnection = z.infer<typeof NodeConnectionSchema>;

export const VipVerdictSchema = z.object({
  address: z.string(),
  /** `unknown` names the missing witnesses in `missing`. */
  verdict: z.enum(['one', 'dual', 'none', 'unknown']),
  holder: z.string().nullable(),
  holders: z.array(z.string()),
  /** Node that answered the last probe, by its own name; null: nobody or not probed. */
  answeredBy: z.string().nullable(),
  missing: z.array(z.string()),
  sinceMs: z.number().nullable(),
});
export type VipVerdict = z.infer<typeof VipVerdictSchema>;

/** `power-off` is the rack's; the rest an agent can do by software or the rack does with its cables. */
export const ConsoleFaultNameSchema = z.enum(['power-off', ...FaultNameSchema.options]);
export type ConsoleFaultName = z.infer<typeof ConsoleFaultNameSchema>;

export const ActiveFaultSchema = FaultStateSchema.extend({ node: z.string(), name: ConsoleFaultNameSchema });
export type ActiveFault = z.infer<typeof ActiveFaultSchema>;

/** Why a fault cannot be done now; `agent`: for a reason of the node's own, which `reason` has in the agent's words. */
export const FaultReasonSchema = z.enum([
  'no-power-switch',
  'agent-silent',
  'power-not-on',
  'no-such-cable',
  'cable-pulled',
  'agent',
]);

export const FaultOfferSchema = z.object({
  name: ConsoleFaultNameSchema,
  node: z.string(),
  available: z.boolean(),
  /** Why it cannot be done here, as a code and in words; both null where it can. */
  reasonCode: FaultReasonSchema.nullable(),
  reason: z.string().nullable(),
  commands: z.array(z.string()),
  revertCommands: z.array(z.string()),
  /** `physical` in the rack (its cables and power are the real ones there), else `software`. */
  level: z.enum(['physical', 'software']),
});
export type FaultOffer = z.infer<typeof FaultOfferSchema>;

export const PairStateSchema = z.object({
  pairId: z.string(),
  name: z.string(),
  isRack: z.boolean(),
  nodes: z.tuple([NodeConnectionSchema, NodeConnectionSchema]),
  vips: z.array(VipVerdictSchema),
  faults: z.array(ActiveFaultSchema),
  probe: z.object({
    running: z.boolean(),
    from: z.string(),
    target: z.string().nullable(),
    periodMs: z.number().nullable(),
    answeredBy: z.string().nullable(),
    lastOkAgoMs: z.number().nullable(),
    detail: z.string(),
  }),
  session: z.object({ id: z.string(), startedWallMs: z.number(), nowMs: z.number() }).nullable(),
});
export type PairState = z.infer<typeof PairStateSchema>;
