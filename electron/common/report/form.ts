/** What only people can say in a report: who they are, what was promised, what they accept. */
import { z } from 'zod';

/** One line or one paragraph of a person's words. */
const Words = z.string().max(2000).default('');

/** What the pair must do, as the contract between supplier and customer has it. Nothing here is measured. */
export const RequirementsSchema = z.strictObject({
  /** T_f: longest time without service after a fault, milliseconds; null: not declared. */
  failoverLimitMs: z.number().positive().nullable().default(null),
  /** T_h: longest time without service while a fault heals, milliseconds; null: not declared. */
  healLimitMs: z.number().positive().nullable().default(null),
  /** Least margin that may be left on any heartbeat path while nothing is broken on purpose, milliseconds; null: not declared. */
  marginMinMs: z.number().positive().nullable().default(null),
  /** What becomes of open sessions and of data at a takeover. */
  sessions: Words,
  /** What holds when the nodes cannot hear each other. */
  splitBrain: z.enum(['undeclared', 'fenced', 'accepted-dual']).default('undeclared'),
  /** Services that are watched, and by what. */
  monitored: Words,
  exclusions: Words,
  /** Ids of the drills that were agreed on; empty: every drill there is. */
  drills: z.array(z.string().min(1).max(200)).max(100).default([]),
});
export type Requirements = z.infer<typeof RequirementsSchema>;

/** A result that is not good and is accepted by somebody who may. */
export const WaiverSchema = z.strictObject({
  /** Id of a drill (`power-loss`), code of a finding (`no-fencing`), or `not-tried`: every drill that was not. */
  subject: z.string().min(1).max(200),
  reason: z.string().min(1).max(2000),
  signer: z.string().min(1).max(200),
  /** Until when, as the signer writes it; empty: for good. */
  until: Words,
});
export type Waiver = z.infer<typeof WaiverSchema>;

/** What will be done about a result, by whom and until when. */
export const ActionSchema = z.strictObject({
  subject: z.string().min(1).max(200),
  action: Words,
  owner: z.string().min(1).max(200),
  due: Words,
});
export type ReportAction = z.infer<typeof ActionSchema>;

export const ReportLanguageSchema = z.enum(['en', 'zh-CN']);
export type ReportLanguage = z.infer<typeof ReportLanguageSchema>;

export const ReportFormSchema = z.strictObject({
  language: ReportLanguageSchema.default('en'),
  operator: Words,
  operatorCompany: Words,
  witness: Words,
  witnessCompany: Words,
  site: Words,
  /** Order or project number. */
  order: Words,
  /** Maintenance window in which the drills were run, and who approved it. */
  window: Words,
  approver: Words,
  requirements: RequirementsSchema.default(() => RequirementsSchema.parse({})),
  waivers: z.array(WaiverSchema).max(100).default([]),
  actions: z.array(ActionSchema).max(100).default([]),
  remarks: Words,
});
export type ReportForm = z.infer<typeof ReportFormSchema>;

/** A form in which nothing is said. */
export function emptyForm(language: ReportLanguage): ReportForm {
  return ReportFormSchema.parse({ language });
}
