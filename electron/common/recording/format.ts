/**
 * A session as one file: gzip'd text, one JSON object a line (docs/recording.md). The first line says what it is, the
 * rest is sorted by time, the last line closes it: a file without one is cut off. Times are milliseconds on the
 * session's axis; terminals are asciicast v2, whose own seconds begin when the terminal was opened.
 */
import { z } from 'zod';
import { AgentStatusSchema } from '../../../agent/common/rpc/agentContract.ts';
import {
  NodeFactsSchema,
  ProbeSampleSchema,
  SessionEventSchema,
  SessionFaultSchema,
  SessionGapSchema,
  SessionSampleSchema,
  WitnessSampleSchema,
} from '../contract/session.ts';
import { NodeRecordSchema } from '../report/record.ts';

export const RECORDING_FORMAT = 'twinbeat.recording/1';

/** Longest line that is read, characters: a status of a node is a few thousand, a piece of terminal output 32 Ki. */
export const RECORDING_LINE_CHARS_MAX = 4 * 1024 * 1024;

export const RecordingHeadSchema = z.object({
  kind: z.literal('session'),
  format: z.literal(RECORDING_FORMAT),
  id: z.string(),
  /** `desktop`, `web` or `cli`: what recorded it. */
  host: z.string(),
  startedWallMs: z.number(),
  endedWallMs: z.number().nullable(),
  pairId: z.string(),
  pairName: z.string(),
  nodes: z.tuple([z.string(), z.string()]),
  /** The pair file, without anything secret: it never holds any. */
  pair: z.record(z.string(), z.unknown()),
  anonymised: z.boolean(),
  /** Samples and probes are thinned to this many a node, keeping extremes; null: everything is there. */
  thinnedTo: z.number().nullable(),
});
export type RecordingHead = z.infer<typeof RecordingHeadSchema>;

/** First line of an asciicast v2. */
export const CastHeaderSchema = z.object({
  version: z.literal(2),
  width: z.number().int(),
  height: z.number().int(),
  /** Unix epoch seconds. */
  timestamp: z.number(),
  title: z.string(),
  env: z.object({ TERM: z.string() }),
});
export type CastHeader = z.infer<typeof CastHeaderSchema>;

/** `o`: output, `r`: new size `COLSxROWS`, `m`: a mark with its words. What was typed is never recorded. */
export const CastEventSchema = z.tuple([z.number(), z.enum(['o', 'r', 'm']), z.string()]);
export type CastEvent = z.infer<typeof CastEventSchema>;

export const TerminalHeadSchema = z.object({
  number: z.number().int(),
  node: z.string(),
  /** What ran in it: `shell`, `watch-addresses`, `follow-log`. */
  terminal: z.string(),
  tMs: z.number(),
  /** null: it was open when the recording ended. */
  endedMs: z.number().nullable(),
  /** Output before this was dropped, because a terminal keeps so much and no more; null: all of it is there. */
  lostBeforeMs: z.number().nullable(),
  cast: CastHeaderSchema,
});
export type TerminalHead = z.infer<typeof TerminalHeadSchema>;

export const RecordingLineSchema = z.discriminatedUnion('kind', [
  RecordingHeadSchema,
  z.object({ kind: z.literal('sample'), sample: SessionSampleSchema }),
  z.object({ kind: z.literal('event'), event: SessionEventSchema }),
  z.object({ kind: z.literal('probe'), probe: ProbeSampleSchema }),
  z.object({ kind: z.literal('gap'), gap: SessionGapSchema }),
  z.object({ kind: z.literal('witness'), witness: WitnessSampleSchema }),
  z.object({ kind: z.literal('fault'), fault: SessionFaultSchema }),
  z.object({ kind: z.literal('facts'), facts: NodeFactsSchema }),
  /** A drill's result as the console of that version wrote it. */
  z.object({ kind: z.literal('drill'), tMs: z.number(), drill: z.looseObject({ drill: z.string() }) }),
  /** What a node said about itself, whenever more than its ages and margins changed. */
  z.object({ kind: z.literal('status'), tMs: z.number(), status: AgentStatusSchema }),
  /** How a node is configured. */
  z.object({ kind: z.literal('record'), tMs: z.number(), record: NodeRecordSchema }),
  z.object({ kind: z.literal('terminal'), terminal: TerminalHeadSchema }),
  z.object({ kind: z.literal('cast'), terminal: z.number().int(), cast: CastEventSchema }),
  z.object({ kind: z.literal('end'), lines: z.number().int() }),
]);
export type RecordingLine = z.infer<typeof RecordingLineSchema>;
export type RecordingBody = Exclude<RecordingLine, { kind: 'session' } | { kind: 'end' }>;
