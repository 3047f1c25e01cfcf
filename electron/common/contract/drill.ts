/**
 * Drills over the contract: what there is to run, what happens while it runs, and what came out. Times called
 * `…AtMs` are on the axis of the session named beside them; all other `…Ms` are durations. null: could not be known.
 */
import { z } from 'zod';

/** A sentence in both languages. The screen shows one of them, the command line the English one. */
export const TextSchema = z.strictObject({ en: z.string().min(1), 'zh-CN': z.string().min(1) });
export type Text = z.infer<typeof TextSchema>;

/** How a fault was made. `physical`: power or cable (in the rack, the rack's). `driver`: the kernel's interface. `emulated`: by software. */
export const EvidenceLevelSchema = z.enum(['physical', 'driver', 'emulated']);
export type EvidenceLevel = z.infer<typeof EvidenceLevelSchema>;

/** What the customer was promised, milliseconds; null: the drill's own formula. */
export const DrillLimitsSchema = z.object({
  /** Longest outage of an unplanned takeover (T_f). */
  failoverMs: z.number().positive().nullable().default(null),
  /** Longest outage of a heal (T_h). */
  healMs: z.number().positive().nullable().default(null),
});
export type DrillLimits = z.infer<typeof DrillLimitsSchema>;

export const DrillInfoSchema = z.object({
  id: z.string(),
  /** Row of the reference's list of acceptance drills, 1 to 20. */
  row: z.number().int(),
  title: TextSchema,
  purpose: TextSchema,
  /** Runs once from each node (`both`), or from whichever holds the address (`holder`). */
  directions: z.enum(['both', 'holder']),
  repeatDefault: z.number().int(),
  /** Not part of a suite unless it is named: it takes hours. */
  isLong: z.boolean(),
  available: z.boolean(),
  /** Why it cannot run on this pair now; empty where it can. */
  reasons: z.array(TextSchema),
  /** Steps that this pair needs hands for. */
  hands: z.number().int(),
  /** The weakest of its faults here; null: it injects nothing. */
  level: EvidenceLevelSchema.nullable(),
  /** Longest time that one run can take by the script's own limits, besides hands, milliseconds. */
  mostMs: z.number(),
  /** The part of `mostMs` in which it only watches: a long drill's is chosen by who runs it. */
  observeMs: z.number(),
  /** What a run waits before it begins even where all is in order, milliseconds. */
  quietMs: z.number(),
  steps: z.array(TextSchema),
  criteria: z.array(TextSchema),
});
export type DrillInfo = z.infer<typeof DrillInfoSchema>;

export const CriterionResultSchema = z.object({
  /** What was checked, e.g. `outage`, `dual`, `one-holder`. */
  check: z.string(),
  text: TextSchema,
  result: z.enum(['pass', 'fail', 'unknown', 'not-applicable']),
  /** What was measured and what was allowed, in words; null: nothing to say. */
  measured: TextSchema.nullable(),
});
export type CriterionResult = z.infer<typeof CriterionResultSchema>;

/** `remark`: passed, with something that a person must read. `void`: nothing was measured. `skipped`: it could not be run here. */
export const RunVerdictSchema = z.enum(['pass', 'remark', 'fail', 'void', 'skipped']);
export type RunVerdict = z.infer<typeof RunVerdictSchema>;

export const RunFaultSchema = z.object({
  name: z.string(),
  node: z.string(),
  link: z.string().nullable(),
  level: EvidenceLevelSchema,
  injectedAtMs: z.number(),
  /** null: it was not seen to end. */
  revertedAtMs: z.number().nullable(),
});
export type RunFault = z.infer<typeof RunFaultSchema>;

export const RunStepSchema = z.object({
  text: TextSchema,
  fromAtMs: z.number(),
  toAtMs: z.number().nullable(),
  result: z.enum(['done', 'timeout', 'skipped', 'aborted', 'failed']),
  detail: TextSchema.nullable(),
});
export type RunStep = z.infer<typeof RunStepSchema>;

/**
 * What must be in order before anything is broken. `agents`: both answer, both nodes active. `links`: each up both ways. `holder`: one node
 * has every address. `client`: answered by that node. `faults`: none is on. `load`, of this computer. `clocks` and `disk`, of both nodes.
 */
export const GateNameSchema = z.enum(['agents', 'links', 'holder', 'client', 'faults', 'load', 'clocks', 'disk']);
export type GateName = z.infer<typeof GateNameSchema>;

/** Somebody answers for going on although a gate failed. */
export const DrillWaiverSchema = z.strictObject({
  gate: GateNameSchema,
  /** Name of the person. */
  by: z.string().trim().min(1).max(200),
  why: z.string().trim().min(1).max(2000),
});
export type DrillWaiver = z.infer<typeof DrillWaiverSchema>;

/** One gate as it was when a run was to begin. */
export const GateResultSchema = z.object({
  gate: GateNameSchema,
  /** `unknown`: it could not be read. Neither that nor `failed` lets a run begin unless it is waived. */
  result: z.enum(['passed', 'failed', 'unknown']),
  /** Why it did not pass; empty where it did. */
  reasons: z.array(TextSchema),
  /** Who waived it; null: nobody, or it passed and there was nothing to waive. */
  waiver: DrillWaiverSchema.nullable(),
});
export type GateResult = z.infer<typeof GateResultSchema>;

/** One run of one drill. Every run that was begun is kept, void and failed ones too. */
export const DrillRunSchema = z.object({
  runId: z.string(),
  drill: z.string(),
  row: z.number().int(),
  title: TextSchema,
  /** Holder at the start and the other node. null: the run did not get that far. */
  from: z.string().nullable(),
  to: z.string().nullable(),
  repetition: z.number().int(),
  verdict: RunVerdictSchema,
  /** Why it is not a plain pass; empty for one. */
  notes: z.array(TextSchema),
  criteria: z.array(CriterionResultSchema),
  level: EvidenceLevelSchema.nullable(),
  sessionId: z.string(),
  startedWallMs: z.number(),
  /** Beginning of the run, first fault, last heal, end of the watching. */
  beganAtMs: z.number(),
  faultAtMs: z.number().nullable(),
  healAtMs: z.number().nullable(),
  endedAtMs: z.number(),
  /**
   * The number that the drill is about: the longest time without service while something was broken, unless the drill says otherwise (after
   * the heal; in the whole run; until served after a cold start). 0: no request failed.
   */
  outageMs: z.number().nullable(),
  /** The longest time without service that began after a heal. */
  healOutageMs: z.number().nullable(),
  /** All time without service together, and in how many pieces. */
  unavailableMs: z.number().nullable(),
  gaps: z.number().int(),
  detectMs: z.number().nullable(),
  takeoverMs: z.number().nullable(),
  dualMs: z.number().nullable(),
  holderAfter: z.string().nullable(),
  holderEnd: z.string().nullable(),
  servedBy: z.string().nullable(),
  wrongAnswers: z.number().int(),
  /** Smallest margin that either node saw while its peer was alive. */
  marginMinMs: z.number().nullable(),
  lateHeartbeats: z.number().int(),
  probePeriodMs: z.number().nullable(),
  /** Half width of the error of the nodes' times. */
  clockErrorMs: z.number().nullable(),
  timing: z.object({ keepaliveMs: z.number(), warntimeMs: z.number(), deadtimeMs: z.number(), initdeadMs: z.number() }),
  engine: z.string().nullable(),
  /** Runnable processes a core of the console's computer, each time it was read, and the most that is trusted. */
  loadPerCore: z.array(z.number()),
  loadPerCoreMax: z.number(),
  /** Every gate as it was when the run was to begin; empty: it did not get that far. */
  gates: z.array(GateResultSchema).default([]),
  faults: z.array(RunFaultSchema),
  steps: z.array(RunStepSchema),
});
export type DrillRun = z.infer<typeof DrillRunSchema>;

/** What the runs of one drill say together. Only runs that passed or failed have a point. */
export const DrillStatisticsSchema = z.object({
  drill: z.string(),
  title: TextSchema,
  /** null: both directions together. */
  from: z.string().nullable(),
  runs: z.number().int(),
  /** Runs that measured: passed, passed with a remark, failed. */
  n: z.number().int(),
  passed: z.number().int(),
  failed: z.number().int(),
  voided: z.number().int(),
  skipped: z.number().int(),
  minMs: z.number().nullable(),
  medianMs: z.number().nullable(),
  maxMs: z.number().nullable(),
  points: z.array(
    z.object({ runId: z.string(), from: z.string().nullable(), outageMs: z.number(), verdict: RunVerdictSchema }),
  ),
  /** Lower 95 % bound of the chance to pass: 0.05^(1/n) after n passes and no failure, exact binomial otherwise; null: n is 0. */
  reliabilityMin: z.number().nullable(),
  /** The largest of 0.90, 0.95, 0.99 whose quantile the maximum bounds with 95 % confidence; null: n is below 29. */
  quantileBounded: z.number().nullable(),
  /** What this n can and cannot claim, one sentence each. */
  claims: z.array(TextSchema),
});
export type DrillStatistics = z.infer<typeof DrillStatisticsSchema>;

export const PlannedRunSchema = z.object({
  drill: z.string(),
  /** Node that is to hold the address at the start; null: whichever does. */
  from: z.string().nullable(),
  repetition: z.number().int(),
});
export type PlannedRun = z.infer<typeof PlannedRunSchema>;

/** A suite: the plan and every run so far. Kept on disk while it runs, so that a console that dies loses one run at most. */
export const DrillSuiteSchema = z.object({
  schema: z.literal('twinbeat.drill-suite/1'),
  suiteId: z.string(),
  pairId: z.string(),
  pairName: z.string(),
  isRack: z.boolean(),
  state: z.enum(['running', 'complete', 'aborted', 'interrupted']),
  startedWallMs: z.number(),
  endedWallMs: z.number().nullable(),
  limits: DrillLimitsSchema,
  /** Length of the soak, milliseconds; null: the drill's own. */
  soakMs: z.number().nullable(),
  /** What was waived for the whole suite; a run tells in its gates which of them it needed. */
  waivers: z.array(DrillWaiverSchema).default([]),
  plan: z.array(PlannedRunSchema),
  /** Runs in the order they ended. The first of `plan` that is not done yet is plan[doneCount]. */
  doneCount: z.number().int(),
  runs: z.array(DrillRunSchema),
});
export type DrillSuite = z.infer<typeof DrillSuiteSchema>;

/** What became of a pair at the end of a suite. */
export const DrillSummarySchema = z.object({
  suite: DrillSuiteSchema,
  statistics: z.array(DrillStatisticsSchema),
  /** fail: a run failed. void: none failed and one is void. pass: every run passed. */
  verdict: z.enum(['pass', 'fail', 'void']),
});
export type DrillSummary = z.infer<typeof DrillSummarySchema>;

/** What hands are asked to do. Answered by doing it where it can be seen, else by `drillAnswer`. */
export const HandsSchema = z.object({
  askId: z.string(),
  text: TextSchema,
  /** What the console watches for; null: it cannot see this, somebody must say that it is done. */
  detects: TextSchema.nullable(),
  isUndo: z.boolean(),
  sinceAtMs: z.number(),
});
export type Hands = z.infer<typeof HandsSchema>;

export const DrillItemSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('suite'), suite: DrillSuiteSchema }),
  z.object({ kind: z.literal('run-begin'), planIndex: z.number().int(), planned: PlannedRunSchema, title: TextSchema }),
  z.object({ kind: z.literal('step'), planIndex: z.number().int(), text: TextSchema, atMs: z.number() }),
  z.object({ kind: z.literal('hands'), planIndex: z.number().int(), hands: HandsSchema }),
  z.object({
    kind: z.literal('hands-over'),
    askId: z.string(),
    how: z.enum(['detected', 'continued', 'skipped', 'aborted']),
  }),
  z.object({ kind: z.literal('run'), planIndex: z.number().int(), run: DrillRunSchema }),
  z.object({ kind: z.literal('summary'), summary: DrillSummarySchema }),
]);
export type DrillItem = z.infer<typeof DrillItemSchema>;

export const DrillOrderSchema = z.object({
  /** Ids of drills, in order; empty with `suite`. */
  drills: z.array(z.string()),
  /** Every drill that is not long, in the order of the reference; what cannot run here is kept as skipped. */
  suite: z.boolean().default(false),
  /** Runs of each drill and direction; null: each drill's own number. */
  repeat: z.number().int().min(1).max(1000).nullable().default(1),
  /** From both nodes where the drill has two directions; else only from the present holder. */
  both: z.boolean().default(false),
  limits: DrillLimitsSchema.default({ failoverMs: null, healMs: null }),
  soakMs: z.number().min(1000).nullable().default(null),
  /** Gates that do not stop a run, each with who answers for it. A run that needed one is a remark at best. */
  waivers: z.array(DrillWaiverSchema).max(20).default([]),
  /** A suite that was stopped or interrupted, to be gone on with; the rest of the order is ignored. */
  resume: z.string().nullable().default(null),
});
export type DrillOrder = z.infer<typeof DrillOrderSchema>;

export const DrillBoardSchema = z.object({
  drills: z.array(DrillInfoSchema),
  /** Suites of this pair, newest first, with what their runs say together. */
  suites: z.array(DrillSummarySchema),
  /** A suite of this pair that was not finished and can be resumed; null: none. */
  resumable: z.string().nullable(),
});
export type DrillBoard = z.infer<typeof DrillBoardSchema>;
