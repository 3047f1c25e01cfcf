/**
 * The content of a report: everything that its pages say, and nothing that they do not. Durations are milliseconds,
 * `…WallMs` Unix epoch milliseconds; null is "could not be known", and its reason stands beside it or in the findings.
 */
import { z } from 'zod';
import type { MarginStream } from '../advice/margin.ts';
import { AdviceBudgetSchema, AdviceSchema, AdviceStreamSchema } from '../contract/advice.ts';
import {
  CriterionResultSchema,
  DrillRunSchema,
  DrillStatisticsSchema,
  EvidenceLevelSchema,
  TextSchema,
} from '../contract/drill.ts';
import { PreflightItemSchema } from '../contract/deploy.ts';
import { ReportVerdictSchema } from '../contract/report.ts';
import { ReportFormSchema, ReportLanguageSchema } from './form.ts';
import { LeftoverSchema, NodeRecordSchema } from './record.ts';

export const REPORT_SCHEMA = 'twinbeat.report/1';

const TimingSchema = z.object({
  keepaliveMs: z.number(),
  warntimeMs: z.number(),
  deadtimeMs: z.number(),
  initdeadMs: z.number(),
  autoFailback: z.string(),
});

/** One node: what its agent said last, and what was read from it before and after. */
export const ReportNodeSchema = z.object({
  name: z.string(),
  host: z.string(),
  /** null: its agent never spoke. */
  status: z
    .object({
      atWallMs: z.number(),
      engine: z.string(),
      engineVersion: z.string(),
      status: z.string(),
      peerStatus: z.string(),
      timing: TimingSchema,
      fencing: z.string().nullable(),
      takeoverRequires: z.array(z.string()),
      protections: z.array(z.object({ what: z.string(), state: z.string(), detail: z.string() })),
      pingNodes: z.array(z.object({ name: z.string(), status: z.string() })),
      groups: z.array(
        z.object({ key: z.string(), preferredNode: z.string(), state: z.string(), resources: z.array(z.string()) }),
      ),
      vips: z.array(z.object({ address: z.string(), heldOn: z.string().nullable() })),
      key: z.object({ index: z.number(), method: z.string(), fingerprint: z.string() }),
      problems: z.array(z.string()),
    })
    .nullable(),
  /** Configuration as it was when the first session began; null: it was not read. */
  before: NodeRecordSchema.nullable(),
  /** Configuration of record: as it was when the report was made. */
  after: NodeRecordSchema.nullable(),
});
export type ReportNode = z.infer<typeof ReportNodeSchema>;

const DirectionSchema = z.object({
  state: z.enum(['up', 'late', 'dead', 'unknown']),
  /** Smallest margin of the run while nothing was broken on purpose. */
  marginMinMs: z.number().nullable(),
});

export const ReportLinkSchema = z.object({
  label: z.string(),
  medium: z.string(),
  aToB: DirectionSchema,
  bToA: DirectionSchema,
});
export type ReportLink = z.infer<typeof ReportLinkSchema>;

/** One moment of a run's story, in the order of the phases. */
export const ReportPhaseSchema = z.object({
  text: TextSchema,
  sinceStartMs: z.number().nullable(),
  errorMs: z.number().nullable(),
});

export const ReportRunSchema = z.object({
  run: DrillRunSchema,
  /** Path of its picture among the attachments; null: there is none. */
  picture: z.string().nullable(),
  phases: z.array(ReportPhaseSchema),
  /** Named situations that were recognised during the run. */
  situations: z.array(TextSchema),
});
export type ReportRun = z.infer<typeof ReportRunSchema>;

/** One drill that there is, and what became of it. */
export const ReportDrillSchema = z.object({
  drill: z.string(),
  /** Row of the list of acceptance drills; 0: it is not one of them. */
  row: z.number().int(),
  title: TextSchema,
  /** It is one of those that the customer wants to see. */
  isAgreed: z.boolean(),
  /** The worst that its runs say together. `skipped`: it could not be run here. */
  state: z.enum(['pass', 'remark', 'fail', 'void', 'skipped', 'not-tried']),
  runs: z.number().int(),
  /** Why it is not good, in the words of its runs. */
  reasons: z.array(TextSchema),
  /** Index into the form's waivers; null: none is for it. */
  waiver: z.number().int().nullable(),
});
export type ReportDrill = z.infer<typeof ReportDrillSchema>;

/** What the deadtime advisor says, without its curves: they are among the attachments. */
export const ReportAdviceSchema = AdviceSchema.pick({
  sessionId: true,
  present: true,
  observed: true,
  margin: true,
  methods: true,
  terms: true,
  recommendation: true,
  refusal: true,
  risk: true,
  confidence: true,
  unknowns: true,
}).extend({ streams: z.array(AdviceStreamSchema.omit({ histogram: true, tail: true })) });
export type ReportAdvice = z.infer<typeof ReportAdviceSchema>;

/** A year's downtime beside the outage that was measured. */
export const ReportBudgetsSchema = z.object({
  outage: AdviceSchema.shape.budgetOutage,
  rows: z.array(AdviceBudgetSchema),
});

export const FindingSchema = z.object({
  /** Fixed code; what a waiver or an action names. */
  code: z.string(),
  /** `unknown`: something that must be known, and is not. */
  severity: z.enum(['error', 'unknown', 'warning', 'info']),
  text: TextSchema,
  /** Index into the form's waivers and actions; null: none names it. */
  waiver: z.number().int().nullable(),
  action: z.number().int().nullable(),
});
export type Finding = z.infer<typeof FindingSchema>;

export const NodeAfterSchema = z.object({
  node: z.string(),
  /** null: could not be looked for. */
  leftovers: z.array(LeftoverSchema).nullable(),
  /** Configuration files that are not what they were when the first session began; null: not known. */
  changedFiles: z.array(z.string()).nullable(),
});

export const AttachmentSchema = z.object({
  /** Below the folder of the report. */
  path: z.string(),
  bytes: z.number().int(),
  sha256: z.string(),
  what: TextSchema,
});
export type Attachment = z.infer<typeof AttachmentSchema>;

export const ReportBodySchema = z.object({
  schema: z.literal(REPORT_SCHEMA),
  reportId: z.string(),
  language: ReportLanguageSchema,
  madeWallMs: z.number(),
  /** Minutes that the clock on the console's wall is ahead of UTC. */
  offsetMin: z.number(),
  console: z.object({ version: z.string(), host: z.string(), platform: z.string() }),
  form: ReportFormSchema,
  pair: z.object({ id: z.string(), name: z.string(), isRack: z.boolean() }),
  sessions: z.array(z.object({ id: z.string(), startedWallMs: z.number(), durationMs: z.number(), host: z.string() })),
  nodes: z.tuple([ReportNodeSchema, ReportNodeSchema]),
  links: z.array(ReportLinkSchema),
  /** The least that was left of deadtime in either direction while nothing was broken on purpose; null: nothing was measured. */
  margin: z
    .object({
      ms: z.number(),
      /** As a share of deadtime. */
      share: z.number(),
      from: z.string(),
      to: z.string(),
      atWallMs: z.number(),
    })
    .nullable(),
  method: z.object({
    probe: z.object({ target: z.string(), periodMs: z.number() }).nullable(),
    /** Largest half width of the clock error of each node in the sessions; null: nothing of it was placed. */
    clockErrorMs: z.tuple([z.number().nullable(), z.number().nullable()]),
    /** Most runnable processes a core of the console's computer during the drills; null: no drill. */
    loadPerCore: z.number().nullable(),
    gaps: z.object({ count: z.number().int(), totalMs: z.number() }),
    levels: z.array(EvidenceLevelSchema),
    samples: z.number().int(),
    probes: z.number().int(),
  }),
  preflight: z.array(PreflightItemSchema).nullable(),
  runs: z.array(ReportRunSchema),
  statistics: z.array(DrillStatisticsSchema),
  /** Every drill that there is, run or not. */
  drills: z.array(ReportDrillSchema),
  /** What the whole report is accepted by. */
  criteria: z.array(CriterionResultSchema),
  budgets: ReportBudgetsSchema,
  /** Of the longest session; null: nothing was observed at all. */
  advice: ReportAdviceSchema.nullable(),
  findings: z.array(FindingSchema),
  after: z.object({
    /** null: the nodes could not be asked when the report was made. */
    checkedWallMs: z.number().nullable(),
    nodes: z.array(NodeAfterSchema),
    result: z.enum(['clean', 'left', 'unknown']),
  }),
  verdict: ReportVerdictSchema,
  reasons: z.array(TextSchema),
  attachments: z.array(AttachmentSchema),
});
export type ReportBody = z.infer<typeof ReportBodySchema>;

/** A body before it is judged. */
export type ReportFacts = Omit<ReportBody, 'findings' | 'verdict' | 'reasons' | 'after' | 'drills' | 'criteria'> & {
  readonly after: Pick<ReportBody['after'], 'checkedWallMs' | 'nodes'>;
  /** Every drill that this console has, in their order. */
  readonly library: readonly Pick<ReportDrill, 'drill' | 'row' | 'title'>[];
  /** What each direction of each link was heard like, in every session. */
  readonly marginStreams: readonly MarginStream[];
};
