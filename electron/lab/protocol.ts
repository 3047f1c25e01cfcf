/**
 * The rack's two inner contracts. `rackContract`: console or CLI to the rack host, over its
 * control socket. `worldContract`: rack host to the world inside the namespaces, over Node's
 * process channel. Both ride on the project's own rpc.
 */
import { z } from 'zod';
import { call, stream } from '../../agent/common/rpc/contract.ts';
import { PairSpecSchema } from '../common/contract/pair.ts';
import { CableIdSchema, CableSchema, RackNodeSchema, RackStateSchema } from '../common/contract/rack.ts';

const Done = z.object({});

/** It is undone at once when the connection that asked for it ends: its console is gone. */
const attended = z.boolean().default(false);

const PowerSchema = z.object({
  node: z.string(),
  action: z.enum(['off', 'on', 'reboot']),
  /** For `off`: power comes back by itself after this long, whoever is still alive by then. */
  revertAfterMs: z.number().positive().nullable(),
  attended,
});
export type PowerCommand = z.infer<typeof PowerSchema>;

const CableCommandSchema = z.object({
  id: CableIdSchema,
  aToB: z.boolean(),
  bToA: z.boolean(),
  noisePpm: z.number().min(0).max(1_000_000),
  /** The cable is whole again by itself after this long; null: stays. */
  revertAfterMs: z.number().positive().nullable(),
  attended,
});
export type CableCommand = z.infer<typeof CableCommandSchema>;

/** The rack's power switch: `broken` makes it refuse every request of the nodes, as a dead management network would. */
const PowerSwitchSchema = z.object({ broken: z.boolean() });
export type PowerSwitchCommand = z.infer<typeof PowerSwitchSchema>;

const ImpostorSchema = z.object({
  /** What a spare computer on the LAN takes for itself, `192.168.2.3`; null: the spare computer goes. */
  address: z.string().nullable(),
  /** It goes by itself after this long; null: stays. */
  revertAfterMs: z.number().positive().nullable(),
  attended,
});
export type ImpostorCommand = z.infer<typeof ImpostorSchema>;

const SpawnSchema = z.object({
  /** `client`, `gateway` or a node's name. */
  host: z.string(),
  argv: z.array(z.string()).min(1),
});

/** What a program in the rack says: lines of its standard output, its end with the tail of its standard error. */
const SpawnEventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('line'), text: z.string() }),
  z.object({ kind: z.literal('exit'), status: z.number().nullable(), stderr: z.string() }),
]);
export type SpawnEvent = z.infer<typeof SpawnEventSchema>;

export const CredentialsSchema = z.object({
  user: z.string(),
  /** OpenSSH format, not encrypted, made for this rack and gone with it. */
  privateKeyPem: z.string(),
  /** The same key in a file that only this user can read; removed with the rack. */
  privateKeyFile: z.string(),
  password: z.string(),
  /** `SHA256:…` by node name. */
  hostKeySha256: z.record(z.string(), z.array(z.string())),
});
export type RackCredentials = z.infer<typeof CredentialsSchema>;

export const rackContract = {
  state: stream(Done, RackStateSchema),
  access: call(Done, z.object({ pair: PairSpecSchema, credentials: CredentialsSchema })),
  /** Each of the four answers with the state that it led to. */
  power: call(PowerSchema, RackStateSchema),
  cable: call(CableCommandSchema, RackStateSchema),
  powerSwitch: call(PowerSwitchSchema, RackStateSchema),
  impostor: call(ImpostorSchema, RackStateSchema),
  spawn: stream(SpawnSchema, SpawnEventSchema),
  down: call(Done, Done),
};

/** What the world needs to know of one node. */
export const NodePlanSchema = z.object({
  name: z.string(),
  /** `192.168.2.1/24` */
  lan: z.string(),
  crossover: z.string().nullable(),
  /** `/dev/ttyS0` */
  serial: z.string().nullable(),
  hostKeyPem: z.string(),
});
export type NodePlan = z.infer<typeof NodePlanSchema>;

export const WorldPlanSchema = z.object({
  mode: z.enum(['root', 'rootless']),
  /** Directory that becomes the world's tmpfs. */
  worldDir: z.string(),
  appDir: z.string(),
  nodePath: z.string(),
  entry: z.string(),
  nodes: z.tuple([NodePlanSchema, NodePlanSchema]),
  gateway: z.string(),
  client: z.string(),
  baud: z.number().nullable(),
  service: z.string(),
  /** By node: what a heartbeat that starts at boot is configured with; null: there is none. */
  heartbeat: z
    .record(z.string(), z.object({ haCf: z.string(), haresources: z.string(), authkeys: z.string() }))
    .nullable(),
  publicKey: z.string(),
  password: z.string(),
});
export type WorldPlan = z.infer<typeof WorldPlanSchema>;

export const WorldStateSchema = z.object({
  nodes: z.array(RackNodeSchema.omit({ ssh: true })),
  cables: z.array(CableSchema),
  powerSwitchBroken: z.boolean(),
  impostor: RackStateSchema.shape.impostor,
  /** Why one direction of a network cable cannot be cut alone; null: it can. */
  oneWayReason: z.string().nullable(),
});
export type WorldState = z.infer<typeof WorldStateSchema>;

export const worldContract = {
  /** Builds everything and boots both nodes; resolves when both are on. */
  build: call(WorldPlanSchema, Done),
  state: stream(Done, WorldStateSchema),
  power: call(PowerSchema, WorldStateSchema),
  cable: call(CableCommandSchema, WorldStateSchema),
  powerSwitch: call(PowerSwitchSchema, WorldStateSchema),
  impostor: call(ImpostorSchema, WorldStateSchema),
  spawn: stream(SpawnSchema, SpawnEventSchema),
};
