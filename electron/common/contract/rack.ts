/** The built-in virtual two-server rack, as the screen and the CLI see and command it. */
import { z } from 'zod';
import { SentenceSchema } from '../words/sentence.ts';

/** Field setups of docs: S5 serial + crossover (default), S1 and S4 LAN unicast. */
export const SetupIdSchema = z.enum(['s5', 's1', 's4']);
export type SetupId = z.infer<typeof SetupIdSchema>;

export const RackEngineSchema = z.enum(['twinbeat', 'heartbeat']);
export type RackEngine = z.infer<typeof RackEngineSchema>;

export const CableIdSchema = z.enum(['lan-a', 'lan-b', 'crossover', 'serial']);
export type CableId = z.infer<typeof CableIdSchema>;

export const CableSchema = z.object({
  id: CableIdSchema,
  kind: z.enum(['lan', 'crossover', 'serial']),
  /** The node whose cable it is (LAN), or null: it joins the two nodes. */
  node: z.string().nullable(),
  /** Per direction: does it carry? For a LAN cable `aToB` is node to switch. */
  aToB: z.boolean(),
  bToA: z.boolean(),
  /** Serial noise: damaged bytes per million; 0 for none and for network cables. */
  noisePpm: z.number(),
  /** A fault's own end: milliseconds until the cable is plugged in again by the rack itself; null: stays. */
  revertsInMs: z.number().nullable(),
});
export type CableState = z.infer<typeof CableSchema>;

export const RackNodeSchema = z.object({
  name: z.string(),
  power: z.enum(['off', 'booting', 'on']),
  /** Where its SSH server is reached from the console's machine (the rack's management network). */
  ssh: z.object({ host: z.string(), port: z.number(), user: z.string() }),
  lanAddress: z.string(),
  crossoverAddress: z.string().nullable(),
  serialDevice: z.string().nullable(),
  bootCount: z.number(),
  /** Power comes back by itself after this long; null: stays off. */
  powerRevertsInMs: z.number().nullable(),
});

export const RackStateSchema = z.object({
  phase: z.enum(['down', 'starting', 'up', 'stopping', 'failed']),
  /** What it is doing, or why it failed and what to do. */
  detail: z.string(),
  /** `detail` for other languages; missing where nobody has it but in English. */
  said: SentenceSchema.optional(),
  setup: SetupIdSchema.nullable(),
  /** What the two servers run: our agent, once deployed, or Debian's heartbeat daemons, which the rack starts. */
  engine: RackEngineSchema,
  mode: z.enum(['rootless', 'root']).nullable(),
  nodes: z.array(RackNodeSchema),
  cables: z.array(CableSchema),
  /** The power switch that the nodes fence each other with refuses everything. */
  powerSwitchBroken: z.boolean(),
  /** A spare computer on the LAN that has taken this address, until the rack takes it away again; missing or null: there is none. */
  impostor: z.object({ address: z.string(), revertsInMs: z.number().nullable() }).nullable().optional(),
  vip: z.string().nullable(),
  pid: z.number().nullable(),
});
export type RackState = z.infer<typeof RackStateSchema>;

export const RackUpOptionsSchema = z.object({
  setup: SetupIdSchema.default('s5'),
  /**
   * `heartbeat`: both servers come with a configured Linux-HA heartbeat that starts at boot, to be observed. Needs root, and
   * the heartbeat package on this machine.
   */
  engine: RackEngineSchema.default('twinbeat'),
  /** Override the setup's timing, milliseconds (benchmarks, demo). */
  keepaliveMs: z.number().positive().optional(),
  warntimeMs: z.number().positive().optional(),
  deadtimeMs: z.number().positive().optional(),
  initdeadMs: z.number().positive().optional(),
  /** A takeover from a silent peer needs an answer of the gateway, which becomes a ping node. */
  reference: z.boolean().optional(),
  /** The groups move to the node that sees the gateway, which becomes a ping node. */
  ipfail: z.boolean().optional(),
  /** A takeover from a silent peer waits until the rack's power switch has reset it. */
  fencing: z.boolean().optional(),
  /** A takeover from a silent peer needs two links that went silent together; not with s1 and s4, which have one. */
  twoLinks: z.boolean().optional(),
});
export type RackUpOptions = z.infer<typeof RackUpOptionsSchema>;
