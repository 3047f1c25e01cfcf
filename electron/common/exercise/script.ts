/** A hidden-fault exercise as a file of resources/exercises: what is broken in the rack, how it is told, what the answer is. */
import { z } from 'zod';
import { TextSchema } from '../contract/drill.ts';
import { SetupIdSchema } from '../contract/rack.ts';
import { FAULT_CHOICES, PLACE_CHOICES } from './choices.ts';

const CauseSchema = z.discriminatedUnion('by', [
  /** A cable of the rack: a direction, noise, or all of it. */
  z.strictObject({
    by: z.literal('cable'),
    cable: z.enum(['serial', 'crossover', 'lan-of-holder', 'lan-of-standby']),
    aToB: z.boolean(),
    bToA: z.boolean(),
    noisePpm: z.number().min(0).max(1_000_000).default(0),
  }),
  /**
   * A shell command as root on a node. Not a fault of the agent's: those are written into its journal and its log, which the trainee reads.
   * `{pid}` is the engine's process.
   */
  z.strictObject({ by: z.literal('shell'), on: z.enum(['holder', 'standby']), inject: z.string(), revert: z.string() }),
]);
export type ExerciseCause = z.infer<typeof CauseSchema>;

export const ExerciseScriptSchema = z.strictObject({
  schema: z.literal('twinbeat.exercise/1'),
  /** Says nothing about what is broken: the trainee sees it. */
  id: z.string().regex(/^s[145]-\d+$/),
  setup: SetupIdSchema,
  title: TextSchema,
  story: TextSchema,
  difficulty: z.number().int().min(1).max(3),
  /** Time for full marks, and time until everything is put right by itself, seconds. */
  parSeconds: z.number().positive(),
  limitSeconds: z.number().positive(),
  cause: CauseSchema,
  answer: z.strictObject({ fault: z.enum(FAULT_CHOICES), place: z.enum(PLACE_CHOICES) }),
  explanation: TextSchema,
});
export type ExerciseScript = z.infer<typeof ExerciseScriptSchema>;
