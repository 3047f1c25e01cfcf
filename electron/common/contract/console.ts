/** The console's one contract, served by three hosts: desktop, browser, CLI. */
import { z } from 'zod';
import { call, stream } from '../../../agent/common/rpc/contract.ts';
import { adviceContract } from './advice.ts';
import { DeployPlanSchema, DeployProgressSchema, DrillProgressSchema, PreflightItemSchema } from './deploy.ts';
import { DrillBoardSchema, DrillItemSchema, DrillOrderSchema } from './drill.ts';
import { ExerciseAnswerSchema, ExerciseBoardSchema, ExerciseGradeSchema, ExerciseViewSchema } from './exercise.ts';
import { NodeSecretsSchema, PairSpecSchema } from './pair.ts';
import { PanicReportSchema } from './panic.ts';
import { CableIdSchema, RackStateSchema, RackUpOptionsSchema } from './rack.ts';
import { SessionBatchSchema } from './session.ts';
import { reportContract } from './report.ts';
import { timelineContract } from './timeline.ts';
import { ActiveFaultSchema, ConsoleFaultNameSchema, FaultOfferSchema, PairStateSchema } from './state.ts';
import { SentenceSchema } from '../words/sentence.ts';

export const KeyRotationProgressSchema = z.object({
  step: z.enum(['check', 'learn', 'sign', 'forget', 'done', 'failed', 'cancelled']),
  node: z.string().nullable(),
  /**
   * Why it failed; null for every other step. `check`: nothing was changed. `lost`: a node or its links went silent. `refused`: the file
   * could not be written. `taken-back`: the change was not proven to work. `unlike`: the nodes ended with different keys.
   */
  failure: z.enum(['check', 'lost', 'refused', 'taken-back', 'unlike']).nullable(),
  detail: z.string(),
  /** `detail` for other languages; missing where nobody has it but in English. */
  said: SentenceSchema.optional(),
});
export type KeyRotationProgress = z.infer<typeof KeyRotationProgressSchema>;

const PairRef = z.object({ pairId: z.string() });
const NodeRef = PairRef.extend({ node: z.string() });
const Done = z.object({});

/** The rack's pair always has this id. */
export const RACK_PAIR_ID = 'rack';

export const SettingsSchema = z.object({
  /** null: follow the system. */
  language: z.enum(['en', 'zh-CN']).nullable(),
  theme: z.enum(['light', 'dark', 'system']),
  /** Dock layouts and the like, opaque to the core. */
  layout: z.record(z.string(), z.unknown()),
});
export type Settings = z.infer<typeof SettingsSchema>;

export const TerminalKindSchema = z.enum(['shell', 'watch-addresses', 'follow-log']);

export const consoleContract = {
  info: call(
    z.object({}),
    z.object({
      host: z.enum(['desktop', 'web', 'cli']),
      version: z.string(),
      platform: z.string(),
      rack: z.object({ available: z.boolean(), mode: z.enum(['rootless', 'root']).nullable(), reason: z.string() }),
      secretStore: z.object({ available: z.boolean(), reason: z.string() }),
    }),
  ),
  settingsGet: call(z.object({}), SettingsSchema),
  settingsSet: call(SettingsSchema.partial(), SettingsSchema),

  rackState: stream(z.object({}), RackStateSchema),
  rackUp: call(RackUpOptionsSchema, RackStateSchema),
  rackDown: call(z.object({}), Done),
  rackPower: call(z.object({ node: z.string(), action: z.enum(['off', 'on', 'reboot']) }), Done),
  /** Both directions false is a pulled cable. */
  rackCable: call(
    z.object({
      cable: CableIdSchema,
      aToB: z.boolean(),
      bToA: z.boolean(),
      noisePpm: z.number().min(0).max(1_000_000).default(0),
    }),
    Done,
  ),
  /** Breaks or mends the power switch that the rack's nodes fence each other with. */
  rackPowerSwitch: call(z.object({ broken: z.boolean() }), Done),

  pairList: call(z.object({}), z.array(PairSpecSchema)),
  pairSave: call(z.object({ spec: PairSpecSchema }), Done),
  pairDelete: call(PairRef, Done),
  /** Starts connecting both nodes; progress is in pairState. `secrets` by node name. */
  pairConnect: call(PairRef.extend({ secrets: z.record(z.string(), NodeSecretsSchema).default({}) }), Done),
  pairDisconnect: call(PairRef, Done),
  /** Present state, then every change, at most ten times a second. */
  pairState: stream(PairRef, PairStateSchema),
  hostKeyAnswer: call(
    z.object({ questionId: z.string(), answer: z.enum(['reject', 'trust-once', 'trust-and-remember', 'replace']) }),
    Done,
  ),

  preflight: stream(PairRef, PreflightItemSchema),
  deployPlan: call(PairRef.extend({ action: z.enum(['deploy', 'remove']) }), DeployPlanSchema),
  /** Ends when the plan is done; stopping the stream cancels and rolls back the node in work. */
  deployApply: stream(PairRef.extend({ planId: z.string() }), DeployProgressSchema),

  /** History of the last `historyMs` first (decimated to extremes), then live batches, about ten a second. */
  session: stream(PairRef.extend({ historyMs: z.number().min(0).default(300_000) }), SessionBatchSchema),
  /** A stretch of the past; samples decimated to at most `pointsMax` a node, keeping extremes. */
  sessionRange: call(
    PairRef.extend({ fromMs: z.number(), toMs: z.number(), pointsMax: z.number().int().min(10).max(20_000) }),
    SessionBatchSchema,
  ),
  engineStandby: call(
    NodeRef.extend({ set: z.enum(['local', 'foreign', 'all']) }),
    z.object({ accepted: z.boolean(), detail: z.string() }),
  ),
  engineTakeover: call(
    NodeRef.extend({ set: z.enum(['local', 'foreign', 'all']) }),
    z.object({ accepted: z.boolean(), detail: z.string() }),
  ),
  /** A person has made sure that the peer of `node` is off: `node` ends whatever its takeover waits for. */
  engineConfirmDead: call(NodeRef, z.object({ accepted: z.boolean(), detail: z.string() })),
  /**
   * A new key on both nodes without interruption: both learn it, both sign with it, both forget the old one; each step is verified on both
   * nodes before the next. Stopping the stream ends after the step in work, with a set of keys that both nodes accept.
   */
  keysRotate: stream(PairRef.extend({ method: z.enum(['sha1', 'sha256', 'md5']) }), KeyRotationProgressSchema),
  /** Starts or stops the deployed agent's service on a node. */
  agentService: call(NodeRef.extend({ action: z.enum(['start', 'stop']) }), Done),

  terminalOpen: call(
    NodeRef.extend({
      kind: TerminalKindSchema,
      cols: z.number().int().min(2).max(1000),
      rows: z.number().int().min(1).max(1000),
    }),
    z.object({ terminalId: z.string() }),
  ),
  /** Output as text; ends with the terminal. `exit` comes last. */
  terminalOutput: stream(
    z.object({ terminalId: z.string() }),
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('data'), data: z.string() }),
      z.object({ kind: z.literal('exit'), detail: z.string(), said: SentenceSchema.optional() }),
    ]),
  ),
  terminalInput: call(z.object({ terminalId: z.string(), data: z.string() }), Done),
  terminalResize: call(
    z.object({
      terminalId: z.string(),
      cols: z.number().int().min(2).max(1000),
      rows: z.number().int().min(1).max(1000),
    }),
    Done,
  ),
  terminalClose: call(z.object({ terminalId: z.string() }), Done),

  faultOffers: call(PairRef, z.array(FaultOfferSchema)),
  faultInject: call(
    NodeRef.extend({
      name: ConsoleFaultNameSchema,
      link: z.string().nullable().default(null),
      durationMs: z.number().min(500).max(3_600_000),
      /** In the unit of the catalogue; null: its standard. */
      amount: z.number().nullable().default(null),
      /** This console stays and renews the lease: the fault ends soon after the console is gone. false: at its time only. */
      attended: z.boolean().default(true),
      /**
       * Also when the pair is not as it should be; what is unsafe for the data stays refused. null: only in the rack, where nothing can come
       * to harm.
       */
      force: z.boolean().nullable().default(null),
      /** Spare no SSH session. */
      cutManagement: z.boolean().default(false),
      /** The node's name, typed by a person: needed by what cuts the way to manage the node. */
      confirm: z.string().nullable().default(null),
      /** The fault is stopped when nobody was served for this long; null: UNSERVED_MS_STANDARD, or never where that is what it is about. */
      unservedMsMax: z.number().min(1000).max(3_600_000).nullable().default(null),
    }),
    ActiveFaultSchema,
  ),
  faultRevert: call(NodeRef.extend({ faultId: z.string() }), ActiveFaultSchema),
  /** Takes back everything on both nodes and in the rack, whoever did it, and proves it by reading the state back. */
  faultPanic: call(PairRef, PanicReportSchema),

  drillPowerOff: stream(PairRef, DrillProgressSchema),
  /** What there is to run, with the reason where it cannot be, and what came out so far. */
  drillList: call(PairRef, DrillBoardSchema),
  /** Runs drills one after the other. Leaving the stream stops it and undoes what is broken; the suite can be resumed. */
  drillRun: stream(DrillOrderSchema.extend({ pairId: z.string() }), DrillItemSchema),
  /** To what hands were asked for: done, or not to be done; or stop the whole suite (`askId` null). */
  drillAnswer: call(
    PairRef.extend({ askId: z.string().nullable().default(null), answer: z.enum(['continue', 'skip', 'abort']) }),
    Done,
  ),
  /** Hidden-fault exercises in the rack; what runs is told without its answer. */
  exerciseList: call(z.object({}), ExerciseBoardSchema),
  exerciseStart: call(z.object({ exerciseId: z.string() }), ExerciseViewSchema),
  /** `fault` and `place` by the ids of the view's choices. */
  exerciseAnswer: call(z.object({ fault: z.string(), place: z.string() }), ExerciseAnswerSchema),
  exerciseGiveUp: call(z.object({}), ExerciseGradeSchema),

  ...adviceContract,
  ...timelineContract,
  ...reportContract,
};
export type ConsoleContract = typeof consoleContract;
