/**
 * Advice about the four times of ha.cf, as a screen or a script gets it. Every sentence comes in both languages; every
 * number that is not known is null and is said to be unknown in `unknowns`. `…Ms` are milliseconds; `atMs` is on the session's axis
 * (negative: before the session, from the agents' own memory).
 */
import { z } from 'zod';
import { call } from '../../../agent/common/rpc/contract.ts';
import { TextSchema } from './drill.ts';
import { SessionTimingSchema } from './session.ts';

/** `exact`: every gap between two heartbeats, as the node stamped them. `sampled`: only the longest silence of each sample is known. */
export const ResolutionSchema = z.enum(['exact', 'sampled']);

const Bin = z.object({ fromMs: z.number(), toMs: z.number(), count: z.number().int() });

/** The distribution of one direction of one link, or of the pair's merged stream (`link` null): what decides about a node. */
export const AdviceStreamSchema = z.object({
  from: z.string(),
  to: z.string(),
  link: z.string().nullable(),
  resolution: ResolutionSchema,
  /** How exact a gap is: 0.1 ms, or the sample period. */
  resolutionMs: z.number(),
  /** Beats that count: without start-ups, restarts, faults and drills. */
  count: z.number().int(),
  observedMs: z.number(),
  minMs: z.number().nullable(),
  medianMs: z.number().nullable(),
  p99Ms: z.number().nullable(),
  p999Ms: z.number().nullable(),
  maxMs: z.number().nullable(),
  meanMs: z.number().nullable(),
  sdMs: z.number().nullable(),
  /** Gaps longer than the present warntime; null: it is not known. */
  late: z.number().int().nullable(),
  /** Heartbeats that did not come, by the length of the gaps; null: the samples are too coarse to tell. */
  lost: z.number().int().nullable(),
  /** deadtime minus the longest gap that counts, and when that gap ended. null: no deadtime, or no gap. */
  smallestMarginMs: z.number().nullable(),
  smallestMarginAtMs: z.number().nullable(),
  histogram: z.array(Bin),
  /** Share of the gaps that are as long as `gapMs` or longer: drawn on a logarithmic axis it is the tail. */
  tail: z.array(z.object({ gapMs: z.number(), share: z.number() })),
});
export type AdviceStream = z.infer<typeof AdviceStreamSchema>;

/** Something else that happened within a short time of a long gap. */
export const AdviceContextSchema = z.object({
  kind: z.enum(['fault', 'late-heartbeat', 'lateness', 'load', 'console-gap', 'link', 'peer', 'problem', 'other']),
  node: z.string().nullable(),
  atMs: z.number(),
  text: TextSchema,
});
export type AdviceContext = z.infer<typeof AdviceContextSchema>;

export const AdviceGapSchema = z.object({
  from: z.string(),
  to: z.string(),
  link: z.string().nullable(),
  gapMs: z.number(),
  /** End of the gap: the heartbeat that came at last. */
  atMs: z.number(),
  wallMs: z.number(),
  /** False: it lies in a start-up, a restart, a fault or a drill, and is shown only. */
  counts: z.boolean(),
  context: z.array(AdviceContextSchema),
});
export type AdviceGap = z.infer<typeof AdviceGapSchema>;

export const AdviceMethodIdSchema = z.enum([
  'linux-ha-faq',
  'phi-8',
  'phi-12',
  'chen-nfd-e',
  'cantelli',
  'loss',
  'zero-exceedance',
  'gpd',
]);
export type AdviceMethodId = z.infer<typeof AdviceMethodIdSchema>;

export const AdviceMethodSchema = z.object({
  id: AdviceMethodIdSchema,
  /** What this method alone would set; null: it refuses, or says no deadtime. */
  deadtimeMs: z.number().nullable(),
  /** `value`: a deadtime. `keep`: leave what is set. `bound`: a statement about risk, not a deadtime. `refused`: it may not be used here. */
  outcome: z.enum(['value', 'keep', 'bound', 'refused']),
  /** Direction it comes from: the worse of the two. */
  from: z.string().nullable(),
  to: z.string().nullable(),
  /** How it came to that, with its numbers; for a refusal, why. */
  text: TextSchema,
});
export type AdviceMethod = z.infer<typeof AdviceMethodSchema>;

export const AdviceTermIdSchema = z.enum([
  'longest-gap',
  'tail',
  'beats',
  'induced-stall',
  'serial',
  'warntime',
  'watchdog',
  'fencing',
  'script',
  'vm-pause',
]);
export type AdviceTermId = z.infer<typeof AdviceTermIdSchema>;

/** One member of T = max(…). */
export const AdviceTermSchema = z.object({
  id: AdviceTermIdSchema,
  /** `floor`: never below it, whatever the sample says. */
  role: z.enum(['sample', 'floor']),
  /** null: unknown or refused; it then takes no part. */
  ms: z.number().nullable(),
  won: z.boolean(),
  text: TextSchema,
});
export type AdviceTerm = z.infer<typeof AdviceTermSchema>;

export const AdviceConfidenceSchema = z.enum(['none', 'low', 'medium', 'high']);
export type AdviceConfidence = z.infer<typeof AdviceConfidenceSchema>;

export const AdviceRecommendationSchema = SessionTimingSchema.extend({
  /** The lines for both nodes' ha.cf, as it writes them. */
  haCf: z.array(z.string()),
  /** From the fault to the peer's verdict: the last beat may be almost one keepalive old. */
  detectionMs: z.tuple([z.number(), z.number()]),
  /** From the fault to the first good answer: detection and the takeover as measured on this pair; null: no takeover was seen. */
  outageMs: z.tuple([z.number(), z.number()]).nullable(),
  /** Why each of the other three times is what it is. */
  reasons: z.array(TextSchema),
});

export const AdviceRiskSchema = z.object({
  /** What was asked for: at most one false takeover in so many years. */
  targetYears: z.number(),
  /** False takeovers a year by the fitted tail, at the recommended deadtime. Always an extrapolation. null: there is no fit. */
  falsePerYear: z.number().nullable(),
  /** What the data alone cannot exclude at the recommended deadtime (95 %): so many false takeovers a day. null: no data. */
  dataAlonePerDay: z.number().nullable(),
  text: TextSchema,
});

export const AdviceBudgetSchema = z.object({
  /** e.g. 0.999. */
  availability: z.number(),
  downtimeMsPerYear: z.number(),
  /** Whole failovers that fit; null: no outage is known. */
  failoversPerYear: z.number().int().nullable(),
});

export const AdviceSchema = z.object({
  schema: z.literal('twinbeat.advice/1'),
  pairId: z.string(),
  pairName: z.string(),
  nodes: z.tuple([z.string(), z.string()]),
  sessionId: z.string(),
  source: z.enum(['live', 'stored']),
  /** What is set now; null: no node said it. */
  present: SessionTimingSchema.nullable(),
  observed: z.object({
    fromMs: z.number(),
    toMs: z.number(),
    /** Of the merged stream, in the direction that has less. */
    observedMs: z.number(),
    beats: z.number().int(),
    /** Left out of the statistics. */
    excluded: z.array(z.object({ fromMs: z.number(), toMs: z.number(), text: TextSchema })),
    excludedMs: z.number(),
    /** Hours of the day (0 to 23, UTC) in which something was observed. */
    hoursOfDay: z.array(z.number().int()),
    load: z.array(z.object({ node: z.string(), median: z.number(), max: z.number() })),
    text: TextSchema,
  }),
  streams: z.array(AdviceStreamSchema),
  /** Longest gaps first. */
  gaps: z.array(AdviceGapSchema),
  /** The headline: the least that was left before a takeover, over both directions. */
  margin: z
    .object({
      smallestMs: z.number(),
      /** As a share of deadtime. */
      share: z.number(),
      from: z.string(),
      to: z.string(),
      atMs: z.number(),
      text: TextSchema,
    })
    .nullable(),
  methods: z.array(AdviceMethodSchema),
  terms: z.array(AdviceTermSchema),
  /** null: there is too little to say a number; `refusal` says what is missing. */
  recommendation: AdviceRecommendationSchema.nullable(),
  refusal: TextSchema.nullable(),
  risk: AdviceRiskSchema,
  confidence: z.object({ grade: AdviceConfidenceSchema, reasons: z.array(TextSchema) }),
  /** What this sample cannot tell. */
  unknowns: z.array(TextSchema),
  budgets: z.array(AdviceBudgetSchema),
  /** The outage that `budgets` counts with; null: none was measured and none can be expected. */
  budgetOutage: z.object({ ms: z.number(), source: z.enum(['measured', 'expected']), text: TextSchema }).nullable(),
});
export type Advice = z.infer<typeof AdviceSchema>;

/** What the pair's own hardware and people know and no sample shows. All optional: what is missing is named in `unknowns`. */
export const AdviceQuestionSchema = z.object({
  /** At most one false takeover in so many years. */
  targetYears: z.number().min(0.01).max(1000).default(10),
  /** Longest pause of a virtual machine (migration, snapshot), milliseconds; 0: these are no virtual machines. */
  vmPauseMs: z.number().min(0).nullable().default(null),
  /** Longest time that fencing takes, milliseconds. */
  fencingMs: z.number().min(0).nullable().default(null),
  /** Time limit of a watchdog that keeps its own, milliseconds; null: none, or one that follows deadtime as our agent's does. */
  watchdogMs: z.number().min(0).nullable().default(null),
});
export type AdviceQuestion = z.infer<typeof AdviceQuestionSchema>;

/** Part of the console's contract. */
export const adviceContract = {
  /** From the pair's live session and what its agents remember, or from a former session of this console's store. */
  advise: call(
    z.object({
      pairId: z.string().nullable().default(null),
      /** A stored session; null: the live one of `pairId`. */
      sessionId: z.string().nullable().default(null),
      question: AdviceQuestionSchema.prefault({}),
    }),
    AdviceSchema,
  ),
};
