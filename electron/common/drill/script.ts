/**
 * A drill as a file of resources/drills: readable by a person, checked when it is read. `holder` and `standby` are the
 * two nodes as they were when the run began; the words keep their meaning when the address moves.
 */
import { z } from 'zod';
import { TextSchema } from '../contract/drill.ts';
import type { CableId } from '../contract/rack.ts';
import { ConsoleFaultNameSchema } from '../contract/state.ts';
import { parseQuantity } from './quantity.ts';

export const QuantitySchema = z.string().superRefine((text, context) => {
  const parsed = parseQuantity(text);
  if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.detail });
});

export const WhoSchema = z.enum(['holder', 'standby', 'both']);
export type Who = z.infer<typeof WhoSchema>;
const OneSchema = z.enum(['holder', 'standby']);

/** Heartbeat links by what they run over. */
export const LinkChoiceSchema = z.enum(['serial', 'network', 'all']);
export type LinkChoice = z.infer<typeof LinkChoiceSchema>;

const SimpleConditionSchema = z.discriminatedUnion('is', [
  /** Both nodes active, every link up both ways, one holder, the client served by it, no fault on. */
  z.strictObject({ is: z.literal('stable') }),
  /** The client is answered again and again, by this node; `any`: by whichever. */
  z.strictObject({ is: z.literal('served'), by: z.enum(['holder', 'standby', 'any']) }),
  z.strictObject({ is: z.literal('holds'), who: OneSchema, yes: z.boolean().default(true) }),
  z.strictObject({ is: z.literal('taken-over'), by: OneSchema }),
  z.strictObject({ is: z.literal('peer'), seenBy: WhoSchema, status: z.enum(['dead', 'active']) }),
  z.strictObject({
    is: z.literal('links'),
    links: LinkChoiceSchema,
    seenBy: WhoSchema,
    state: z.enum(['dead', 'up']),
  }),
  z.strictObject({ is: z.literal('agent'), of: WhoSchema, state: z.enum(['answers', 'silent']) }),
  z.strictObject({ is: z.literal('ping-nodes'), seenBy: WhoSchema, state: z.enum(['dead', 'up']) }),
]);
export const ConditionSchema = z.union([
  SimpleConditionSchema,
  z.strictObject({ is: z.literal('all'), of: z.array(SimpleConditionSchema).min(1) }),
]);
export type Condition = z.infer<typeof ConditionSchema>;

/** What a person does where the console cannot: an instruction, and what shows that it was done. `{holder}` and `{standby}` become names. */
export const HandworkSchema = z.strictObject({
  text: TextSchema,
  /** null: nothing shows it; somebody must say so. */
  detect: ConditionSchema.nullable(),
  undo: z.strictObject({ text: TextSchema, detect: ConditionSchema.nullable() }).nullable(),
});
export type Handwork = z.infer<typeof HandworkSchema>;

/** A fault that an agent can do by software in place of power or a cable: its evidence is weaker, and the record says so. */
const SoftwareSchema = z.strictObject({
  fault: ConsoleFaultNameSchema,
  on: OneSchema,
  link: LinkChoiceSchema.nullable().default(null),
});

const breaks = {
  /** After this long it mends itself, whatever becomes of the console. */
  guard: QuantitySchema,
  /** Outside the rack, before hands are asked for. */
  software: SoftwareSchema.nullable().default(null),
  /** Where nothing else can do it. null: then the drill cannot be run. */
  hands: HandworkSchema.nullable().default(null),
  /** Where nothing can do it the drill goes on without it, up to the next heal, and the result says what was left out. */
  optional: z.boolean().default(false),
};

export const StepSchema = z.discriminatedUnion('do', [
  /** A fault of the catalogue. */
  z.strictObject({
    do: z.literal('inject'),
    fault: ConsoleFaultNameSchema,
    on: WhoSchema,
    /** The link it is about, where it is about one. */
    link: LinkChoiceSchema.nullable().default(null),
    ...breaks,
  }),
  /** The rack's power; hands elsewhere. */
  z.strictObject({ do: z.literal('power'), on: WhoSchema, to: z.enum(['off', 'on']), ...breaks }),
  /** The rack's cables; hands elsewhere. `lan`: the LAN cable of `of`. */
  z.strictObject({
    do: z.literal('cable'),
    cable: z.enum(['serial', 'crossover', 'lan', 'heartbeat']),
    of: WhoSchema.default('holder'),
    /** Which direction stops. */
    cut: z.enum(['both', 'from-holder', 'from-standby']),
    ...breaks,
  }),
  z.strictObject({ do: z.literal('standby'), on: OneSchema }),
  z.strictObject({ do: z.literal('takeover'), on: OneSchema }),
  /** Stops or starts the service on a node. What was stopped is started again by `heal`. */
  z.strictObject({ do: z.literal('agent'), on: OneSchema, to: z.enum(['stop', 'start']) }),
  z.strictObject({ do: z.literal('hands'), text: TextSchema, detect: ConditionSchema.nullable() }),
  z.strictObject({ do: z.literal('wait'), until: ConditionSchema, within: QuantitySchema }),
  z.strictObject({ do: z.literal('observe'), for: QuantitySchema }),
  /** Undoes everything that is broken, the newest first. */
  z.strictObject({ do: z.literal('heal') }),
]);
export type Step = z.infer<typeof StepSchema>;
export type BreakStep = Extract<Step, { do: 'inject' | 'power' | 'cable' }>;

/** A check of the record of one run. */
export const CheckSchema = z.discriminatedUnion('check', [
  /** Longest time without service that began in these windows. */
  z.strictObject({ check: z.literal('outage'), in: z.enum(['fault', 'heal', 'run']), max: QuantitySchema }),
  /** From the fault or the last heal until the client was served for good. */
  z.strictObject({ check: z.literal('served-within'), after: z.enum(['fault', 'heal']), max: QuantitySchema }),
  /**
   * How long both nodes held an address. `handover`: instead of `max` in a run with an agreed hand-over (standby, or the give-back of
   * auto_failback). Giver and taker each tell of it by a clock of their own, which the gate lets be a quarter of a second off: a shorter
   * overlap is none that could be proven.
   */
  z.strictObject({ check: z.literal('dual'), max: QuantitySchema, handover: QuantitySchema.optional() }),
  /** At the end, or just before the heal, exactly one node holds every address, and the client is answered by it. */
  z.strictObject({ check: z.literal('one-holder'), at: z.enum(['heal', 'end']).default('end') }),
  /** Who holds just before the heal, or at the end. `declared`: as auto_failback says. `preferred`: first column of haresources. */
  z.strictObject({
    check: z.literal('holder'),
    at: z.enum(['heal', 'end']),
    is: z.enum(['holder', 'standby', 'declared', 'preferred']),
  }),
  /** No takeover, no standby, no address moved, and no wrong answers. */
  z.strictObject({ check: z.literal('no-role-change') }),
  /** Nobody took its peer for dead. */
  z.strictObject({ check: z.literal('no-false-death') }),
  /** The answers that ended the outage, and all after it, came from this node. */
  z.strictObject({ check: z.literal('served-by'), is: OneSchema }),
  /** Every link is up at the end, as both nodes say. */
  z.strictObject({ check: z.literal('links-up') }),
  /** These nodes reported these links dead within this time, and only they where `only` is set; and up again after the heal. */
  z.strictObject({
    check: z.literal('link-alarm'),
    links: LinkChoiceSchema,
    seenBy: WhoSchema,
    within: QuantitySchema,
    only: z.boolean().default(false),
  }),
  /** A ping node was reported dead by these nodes within this time. */
  z.strictObject({ check: z.literal('ping-alarm'), seenBy: WhoSchema, within: QuantitySchema }),
  /** At every moment at least this share of deadtime was left, in both directions. */
  z.strictObject({ check: z.literal('margin'), shareMin: z.number().min(0).max(1) }),
  /** Growth of the node's logs and its processor time while the fault was on. */
  z.strictObject({ check: z.literal('log-growth'), kilobytesPerMinuteMax: z.number().positive() }),
  z.strictObject({ check: z.literal('cpu'), percentMax: z.number().positive() }),
]);
export type Check = z.infer<typeof CheckSchema>;

/** What a pair must have besides a clean baseline. */
export const NeedSchema = z.enum([
  'probe',
  'two-links',
  'serial-link',
  'network-link',
  'ping-node',
  'ipfail',
  'watchdog-or-fencing',
]);
export type Need = z.infer<typeof NeedSchema>;

export const DrillScriptSchema = z.strictObject({
  schema: z.literal('twinbeat.drill/1'),
  id: z.string().regex(/^[a-z0-9-]+$/),
  row: z.number().int().min(1).max(20),
  title: TextSchema,
  purpose: TextSchema,
  directions: z.enum(['both', 'holder']),
  repeat: z.number().int().min(1).max(1000),
  /** It takes hours: not part of a suite unless named. */
  long: z.boolean().default(false),
  needs: z.array(NeedSchema),
  /** The number that the drill is about: an outage, or the time from the heal until the client was served. */
  headline: z.enum(['fault-outage', 'heal-outage', 'run-outage', 'served-after-heal']).default('fault-outage'),
  steps: z.array(StepSchema).min(1),
  pass: z.array(CheckSchema).min(1),
});
export type DrillScript = z.infer<typeof DrillScriptSchema>;

/** The rack's cables that a step cuts. `heartbeat`: those that carry nothing but heartbeats. */
export function cablesOf(step: Extract<Step, { do: 'cable' }>): readonly CableId[] {
  if (step.cable === 'heartbeat') return ['crossover', 'serial'];
  return step.cable === 'lan' ? [] : [step.cable];
}
