/** Reports, former sessions and recordings as a screen or a script asks for them. */
import { z } from 'zod';
import { call, stream } from '../../../agent/common/rpc/contract.ts';
import { ReportFormSchema } from '../report/form.ts';
import { TextSchema } from './drill.ts';

/** A session in the store, running or over. */
export const SessionInfoSchema = z.object({
  id: z.string(),
  pairId: z.string(),
  pairName: z.string(),
  nodes: z.tuple([z.string(), z.string()]),
  host: z.string(),
  startedWallMs: z.number(),
  /** null: it runs, or its console ended without a word. */
  endedWallMs: z.number().nullable(),
  /** It is recorded by this console right now. */
  isLive: z.boolean(),
  /** Length of what was recorded, milliseconds. */
  durationMs: z.number(),
  counts: z.object({
    samples: z.number(),
    events: z.number(),
    probes: z.number(),
    gaps: z.number(),
    terminals: z.number(),
  }),
  drills: z.array(z.object({ drill: z.string(), verdict: z.string(), tMs: z.number() })),
});
export type SessionInfo = z.infer<typeof SessionInfoSchema>;

/** `incomplete`: something that the report must prove could not be known. It is never the same as a pass. */
export const ReportVerdictSchema = z.enum(['pass', 'remarks', 'fail', 'incomplete']);
export type ReportVerdict = z.infer<typeof ReportVerdictSchema>;

export const ReportInfoSchema = z.object({
  /** Name of its folder. */
  reportId: z.string(),
  /** Where it is on the computer that runs the console. */
  dir: z.string(),
  pairId: z.string(),
  pairName: z.string(),
  madeWallMs: z.number(),
  verdict: ReportVerdictSchema,
  /** Why, the gravest first; empty for a plain pass. */
  reasons: z.array(TextSchema),
  /** SHA-256 of the report's content, as printed on every page. */
  hash: z.string(),
  language: z.string(),
  operator: z.string(),
  drills: z.number(),
  /** Paths below `dir`. */
  files: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
  hasPdf: z.boolean(),
});
export type ReportInfo = z.infer<typeof ReportInfoSchema>;

export const ReportStepSchema = z.enum([
  'sessions',
  'preflight',
  'nodes',
  'drills',
  'attachments',
  'html',
  'pdf',
  'seal',
]);

export const ReportProgressSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('step'), step: ReportStepSchema, detail: z.string() }),
  z.object({
    kind: z.literal('done'),
    report: ReportInfoSchema,
    /** Why there is no PDF; null: there is one. */
    noPdf: z.string().nullable(),
  }),
]);
export type ReportProgress = z.infer<typeof ReportProgressSchema>;

/** What a file of a report is now, against what it was when the report was sealed. */
export const FileCheckSchema = z.object({
  path: z.string(),
  result: z.enum(['ok', 'changed', 'missing']),
});

export const ReportCheckSchema = z.object({
  /** `unreadable`: there is no report to check. */
  result: z.enum(['ok', 'changed', 'unreadable']),
  dir: z.string(),
  hash: z.string().nullable(),
  files: z.array(FileCheckSchema),
  /** Files beside the report's own; they prove nothing and spoil nothing. */
  others: z.array(z.string()),
  detail: z.string(),
});
export type ReportCheck = z.infer<typeof ReportCheckSchema>;

export const ReportDraftSchema = z.object({
  /** What the last report of this pair said, or an empty form. */
  form: ReportFormSchema,
  /** Sessions with drills that the report would cover, newest first. */
  sessions: z.array(SessionInfoSchema),
  /** Every drill there is, in order: what a report can be about. */
  drills: z.array(z.object({ drill: z.string(), title: TextSchema })),
  /** How a PDF would be made here, or why not. */
  pdf: z.object({ available: z.boolean(), detail: z.string() }),
});
export type ReportDraft = z.infer<typeof ReportDraftSchema>;

/** A piece of a file, base64. */
export const FilePieceSchema = z.object({ data: z.string(), totalBytes: z.number().nullable() });

const Done = z.object({});
const ReportRef = z.object({ reportId: z.string() });

/** Part of the console's contract. */
export const reportContract = {
  /** Sessions in the store, newest first; of one pair, or of all. */
  sessionList: call(z.object({ pairId: z.string().nullable().default(null) }), z.array(SessionInfoSchema)),
  /**
   * One session as one file (docs/recording.md), piece by piece. `pointsMax` thins samples and probes to that many a node, keeping
   * extremes; null: everything.
   */
  sessionRecording: stream(
    z.object({
      sessionId: z.string(),
      anonymise: z.boolean().default(false),
      pointsMax: z.number().int().min(100).nullable().default(null),
    }),
    FilePieceSchema,
  ),

  reportDraft: call(z.object({ pairId: z.string() }), ReportDraftSchema),
  /** Makes a report of these sessions, or of those that the draft names. Stopping the stream leaves nothing behind. */
  reportMake: stream(
    z.object({
      pairId: z.string(),
      form: ReportFormSchema,
      sessions: z.array(z.string()).max(200).nullable().default(null),
      /** Folder to be made for it on the console's computer; null: among the console's own files. */
      dir: z.string().nullable().default(null),
    }),
    ReportProgressSchema,
  ),
  /** Reports among the console's own files, newest first. */
  reportList: call(z.object({ pairId: z.string().nullable().default(null) }), z.array(ReportInfoSchema)),
  reportVerify: call(ReportRef, ReportCheckSchema),
  reportFile: stream(ReportRef.extend({ path: z.string() }), FilePieceSchema),
  /** Shows a file of a report with the computer's own program for it; `unsupported` where the host cannot. */
  reportOpen: call(ReportRef.extend({ path: z.string() }), Done),
};
