/**
 * Hidden-fault exercises in the rack. The trainee must find what is broken and where; so nothing that goes over this
 * contract before the answer names it.
 */
import { z } from 'zod';
import { TextSchema } from './drill.ts';

export const ExerciseInfoSchema = z.object({
  id: z.string(),
  title: TextSchema,
  /** What the trainee is told: the situation as a customer would describe it. */
  story: TextSchema,
  setup: z.enum(['s1', 's4', 's5']),
  difficulty: z.number().int().min(1).max(3),
  /** Time for full marks, seconds. */
  parSeconds: z.number(),
  available: z.boolean(),
  reasons: z.array(TextSchema),
});
export type ExerciseInfo = z.infer<typeof ExerciseInfoSchema>;

export const ExerciseChoiceSchema = z.object({ id: z.string(), text: TextSchema });
export type ExerciseChoice = z.infer<typeof ExerciseChoiceSchema>;

/** A hint costs points; it says where to look, never what is broken. */
export const ExerciseViewSchema = z.object({
  exerciseId: z.string(),
  phase: z.enum(['running', 'over']),
  title: TextSchema,
  story: TextSchema,
  startedWallMs: z.number(),
  elapsedMs: z.number(),
  /** Until everything is put right by itself, milliseconds; null: it is over. */
  endsInMs: z.number().nullable(),
  /** What it may be, and where: the same list in every exercise. */
  faults: z.array(ExerciseChoiceSchema),
  places: z.array(ExerciseChoiceSchema),
  wrongAnswers: z.number().int(),
});
export type ExerciseView = z.infer<typeof ExerciseViewSchema>;

export const ExerciseGradeSchema = z.object({
  exerciseId: z.string(),
  title: TextSchema,
  outcome: z.enum(['solved', 'given-up', 'time-over', 'void']),
  /** 0 to 100. */
  points: z.number(),
  faultRight: z.boolean(),
  placeRight: z.boolean(),
  wrongAnswers: z.number().int(),
  usedMs: z.number(),
  /** From the record: when the console's own view showed the first sign of it, after the fault; null: it never did. */
  firstSignMs: z.number().nullable(),
  /** What it was, and how it could be told. */
  solution: TextSchema,
  explanation: TextSchema,
  /** How the points came about, one sentence each. */
  reasons: z.array(TextSchema),
  startedWallMs: z.number(),
  sessionId: z.string(),
});
export type ExerciseGrade = z.infer<typeof ExerciseGradeSchema>;

export const ExerciseBoardSchema = z.object({
  exercises: z.array(ExerciseInfoSchema),
  /** The one that runs; null: none. */
  current: ExerciseViewSchema.nullable(),
  grades: z.array(ExerciseGradeSchema),
});
export type ExerciseBoard = z.infer<typeof ExerciseBoardSchema>;

/** `wrong`: go on looking. The parts that were right are not told apart, or two guesses would settle it. */
export const ExerciseAnswerSchema = z.object({
  result: z.enum(['right', 'wrong', 'over']),
  grade: ExerciseGradeSchema.nullable(),
});
export type ExerciseAnswer = z.infer<typeof ExerciseAnswerSchema>;
