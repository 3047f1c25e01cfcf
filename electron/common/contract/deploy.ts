/** Deploying the agent: look first, show the whole plan, apply with progress, verify. */
import { z } from 'zod';
import { SentenceSchema } from '../words/sentence.ts';

export const PreflightItemSchema = z.object({
  node: z.string(),
  code: z.enum([
    'pair-file',
    'reachable',
    'privilege',
    'os',
    'architecture',
    'libc',
    'hostname',
    'interfaces',
    'serial',
    /** What the heartbeats take of the serial line. */
    'serial-line',
    'ports',
    'vip-free',
    'clock',
    'runtime',
    'disk',
    'installed',
    'other-engine',
    /** Both nodes' signing keys are the same: with different ones each takes the other for dead, and both hold the address. */
    'keys',
    /** Times, port, failback and haresources of both nodes fit together. */
    'agreement',
    'ping-nodes',
    'fencing',
    'watchdog',
  ]),
  result: z.enum(['ok', 'warning', 'failed', 'unknown']),
  /** What was found. */
  found: z.string(),
  /** What to do about it; empty when ok. */
  advice: z.string(),
  /** The same for other languages; missing: only in English. */
  foundSaid: SentenceSchema.optional(),
  adviceSaid: SentenceSchema.optional(),
});
export type PreflightItem = z.infer<typeof PreflightItemSchema>;

export const PlanStepSchema = z.object({
  id: z.string(),
  node: z.string(),
  kind: z.enum(['upload', 'write', 'link', 'command', 'remove', 'verify']),
  /** Path on the node, or the command line exactly as it will run. */
  target: z.string(),
  detail: z.string(),
  bytes: z.number().nullable(),
  /** Nothing to do: already as it should be. */
  unchanged: z.boolean(),
});
export type PlanStep = z.infer<typeof PlanStepSchema>;

export const DeployPlanSchema = z.object({
  planId: z.string(),
  action: z.enum(['deploy', 'remove']),
  version: z.string(),
  preflight: z.array(PreflightItemSchema),
  /** True when a failed preflight item forbids applying. */
  blocked: z.boolean(),
  steps: z.array(PlanStepSchema),
});
export type DeployPlan = z.infer<typeof DeployPlanSchema>;

export const DeployProgressSchema = z.object({
  stepId: z.string(),
  node: z.string(),
  phase: z.enum(['waiting', 'running', 'done', 'skipped', 'failed', 'rolled-back']),
  detail: z.string(),
  doneBytes: z.number().nullable(),
  totalBytes: z.number().nullable(),
});
export type DeployProgress = z.infer<typeof DeployProgressSchema>;

/** Result of `drill power-off`. Durations in milliseconds; null: could not be known, with the reason in `notes`. */
export const DrillResultSchema = z.object({
  drill: z.literal('power-off'),
  verdict: z.enum(['pass', 'fail', 'void']),
  outageMs: z.number().nullable(),
  detectMs: z.number().nullable(),
  takeoverMs: z.number().nullable(),
  dualMs: z.number().nullable(),
  holderBefore: z.string().nullable(),
  holderAfter: z.string().nullable(),
  /** Node whose answers ended the outage, as the answers themselves say. */
  servedBy: z.string().nullable().optional(),
  probePeriodMs: z.number(),
  deadtimeMs: z.number(),
  load: z.array(z.number()),
  notes: z.array(z.string()),
});
export type DrillResult = z.infer<typeof DrillResultSchema>;

export const DrillProgressSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('step'), text: z.string() }),
  z.object({ kind: z.literal('result'), result: DrillResultSchema }),
]);
export type DrillProgress = z.infer<typeof DrillProgressSchema>;
