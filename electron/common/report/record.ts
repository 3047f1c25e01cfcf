/** What a node is and how it is configured, read back from the node itself: the "configuration of record". Never a secret. */
import { z } from 'zod';

/** One file of the configuration. */
export const ConfigFileSchema = z.object({
  path: z.string(),
  /** SHA-256 of the file, or of `text` where something was redacted; null: there is no such file. */
  sha256: z.string().nullable(),
  /** Text as it is on the node, with parameters of stonith devices replaced; null: no such file. */
  text: z.string().nullable(),
  redacted: z.boolean(),
});
export type ConfigFile = z.infer<typeof ConfigFileSchema>;

/** Something on a node that a fault would have left behind. */
export const LeftoverSchema = z.object({
  kind: z.enum(['nft', 'iptables', 'qdisc', 'guard', 'process', 'interface', 'timer', 'fault']),
  /** As the node prints it. */
  text: z.string(),
});
export type Leftover = z.infer<typeof LeftoverSchema>;

export const NodeRecordSchema = z.object({
  node: z.string(),
  /** When it was read, on the wall clock of the console: Unix epoch milliseconds. */
  atWallMs: z.number(),
  os: z.string().nullable(),
  kernel: z.string().nullable(),
  /** Maker and model, and serial number where the node may tell it. */
  machine: z.string().nullable(),
  serialNumber: z.string().nullable(),
  firmware: z.string().nullable(),
  packages: z.array(z.object({ name: z.string(), version: z.string() })),
  interfaces: z.array(
    z.object({ name: z.string(), mac: z.string(), driver: z.string().nullable(), up: z.boolean().nullable() }),
  ),
  serialPorts: z.array(z.object({ device: z.string(), driver: z.string().nullable() })),
  config: z.array(ConfigFileSchema),
  /** Keys of authkeys by index, method and fingerprint; null: there is none or it cannot be read. */
  keys: z
    .array(z.object({ index: z.number(), method: z.string(), fingerprint: z.string(), signs: z.boolean() }))
    .nullable(),
  /** null: could not be looked for. */
  leftovers: z.array(LeftoverSchema).nullable(),
  /** Free space of the root file system, per cent of its size; null: unknown. */
  diskFreePercent: z.number().nullable(),
  /** Load average of a minute over the number of cores; null: unknown. */
  loadPerCore: z.number().nullable(),
});
export type NodeRecord = z.infer<typeof NodeRecordSchema>;
