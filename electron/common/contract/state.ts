/** What the console knows about a connected pair right now. Everything unknown is null, never a guess. */
import { z } from 'zod';
import { FAULT_NAMES } from '../../../agent/common/faults/index.ts';
import { AgentStatusSchema, FaultStateSchema } from '../../../agent/common/rpc/agentContract.ts';
import { TextSchema } from './drill.ts';
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

/** Who answered for an address on the LAN. `node`: null when that is neither node's hardware address as far as known. */
export const LanHolderSchema = z.object({ mac: z.string(), node: z.string().nullable() });

export const VipVerdictSchema = z.object({
  address: z.string(),
  /** `moving`: nobody has it, and a takeover or hand-over is under way. `unknown` names the missing witnesses in `missing`. */
  verdict: z.enum(['one', 'moving', 'dual', 'none', 'unknown']),
  holder: z.string().nullable(),
  holders: z.array(z.string()),
  /** Node that answered the last probe, by its own name; null: nobody or not probed. */
  answeredBy: z.string().nullable(),
  missing: z.array(z.string()),
  sinceMs: z.number().nullable(),
  /** Who answers for it on the LAN, as the witness there heard last; null or missing: no witness, or it is silent. */
  lan: z.array(LanHolderSchema).nullable().optional(),
  /**
   * The LAN witness's own host sends packets for the address to this hardware address although the only holder has another one: it has
   * not learned of the move. null or missing: nothing of the kind is known.
   */
  stale: z.object({ neighbourMac: z.string(), node: z.string().nullable() }).nullable().optional(),
});
export type VipVerdict = z.infer<typeof VipVerdictSchema>;

/** The catalogue: `power-off` is done by power itself; the rest by an agent, the rack, the console on both nodes, or hands. */
export const ConsoleFaultNameSchema = z.enum(FAULT_NAMES);
export type ConsoleFaultName = z.infer<typeof ConsoleFaultNameSchema>;

/** So long nobody is served under a fault that is not about that, before it is stopped, milliseconds: more than any takeover or heal takes. */
export const UNSERVED_MS_STANDARD = 60_000;

export const ActiveFaultSchema = FaultStateSchema.extend({
  node: z.string(),
  name: ConsoleFaultNameSchema,
  /** What a person must do now; null: nothing, or no fault by hand. */
  handwork: z.enum(['do', 'undo']).nullable().default(null),
});
export type ActiveFault = z.infer<typeof ActiveFaultSchema>;

/**
 * Why a fault cannot be done now; `agent`: for a reason of the node's own, which `reason` has in the agent's words. `nowhere`: nothing
 * here can, as the catalogue says. `both-nodes`: it needs the agents of both nodes.
 */
export const FaultReasonSchema = z.enum([
  'agent-silent',
  'agent-other-version',
  'power-not-on',
  'no-such-cable',
  'cable-pulled',
  'agent',
  'nowhere',
  'both-nodes',
  'no-such-link',
  'serial-by-software',
]);

export const FaultOfferSchema = z.object({
  /** Row of the catalogue. */
  id: z.string(),
  name: ConsoleFaultNameSchema,
  node: z.string(),
  available: z.boolean(),
  /** Why it cannot be done here, as a code and in words; both null where it can. */
  reasonCode: FaultReasonSchema.nullable(),
  reason: z.string().nullable(),
  commands: z.array(z.string()),
  revertCommands: z.array(z.string()),
  /** How close to the real thing it is here. */
  level: z.enum(['physical', 'driver', 'emulated']),
  /** Done by a person, who is told what to do; the console watches for it and for its end. */
  byHand: z.boolean(),
  /** Ends the way to manage the node while it lasts: the node's name must be typed. */
  cutsManagement: z.boolean(),
});
export type FaultOffer = z.infer<typeof FaultOfferSchema>;

/** Situations by a fixed name: what happened, or is the case, judged from the evidence and not from the fault that was asked for. */
export const SituationCodeSchema = z.enum([
  'killed-address-left',
  'killed-clean',
  'restarted-over-address',
  'restarted-clean',
  'part-killed',
  'frozen',
  'full-split',
  'planned-standby',
  'service-lan-lost',
  'serial-lost',
  'link-lost',
  'one-way-serial',
  'one-way-link',
  'keys-differ',
  'link-never-up',
  'config-refused',
  'deadtimes-differ',
  'serial-budget',
  'serial-hang-up',
  'no-effect',
  'node-lost',
  'stale-neighbour',
]);
export type SituationCode = z.infer<typeof SituationCodeSchema>;

export const SituationSchema = z.object({
  code: SituationCodeSchema,
  /** Row of docs/what-ours-does.md that it corresponds to, `M1` to `M16`; null: none. For documents and scripts, not for people. */
  experiment: z.string().nullable(),
  /** Unique among the situations of one stretch, and the same while it lasts. */
  key: z.string(),
  /** `note`: worth knowing. `warn`: redundancy is lost. `alarm`: the address or its service is in danger. */
  level: z.enum(['note', 'warn', 'alarm']),
  name: TextSchema,
  /** What to do about it. */
  advice: TextSchema,
  nodes: z.array(z.string()),
  /** What led to the name, in order of time; `tMs` null: it has been so all the time. */
  evidence: z.array(
    z.object({ tMs: z.number().nullable(), errorMs: z.number(), node: z.string().nullable(), text: TextSchema }),
  ),
  /** When the last piece of evidence that the name needs was there (session axis). */
  sinceMs: z.number(),
  /** When it was over; null: it is not. */
  untilMs: z.number().nullable(),
});
export type Situation = z.infer<typeof SituationSchema>;

/** A situation as the running console says it. `namedAtMs`: when it first did, on the session axis. */
export const LiveSituationSchema = SituationSchema.extend({ namedAtMs: z.number() });
export type LiveSituation = z.infer<typeof LiveSituationSchema>;

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
  /** The witness on the LAN; `from` is where it observes, `detail` why it does not. Missing: the same as not running. */
  lan: z.object({ running: z.boolean(), from: z.string(), detail: z.string() }).optional(),
  /** What is named from the evidence of the last minutes, the newest last. */
  situations: z.array(LiveSituationSchema).optional(),
  session: z.object({ id: z.string(), startedWallMs: z.number(), nowMs: z.number() }).nullable(),
});
export type PairState = z.infer<typeof PairStateSchema>;
