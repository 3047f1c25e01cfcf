/**
 * A pair as the console knows it: also the documented pair file (`--pair FILE`). It never
 * holds a secret: passwords, passphrases and authkeys are asked for, generated or taken
 * from the operating system's key store.
 */
import { z } from 'zod';

const NodeNameSchema = z
  .string()
  .min(1)
  .max(99)
  .regex(/^[a-z0-9._-]+$/, 'node names are lower case, as uname -n prints them');

export const NodeSpecSchema = z.strictObject({
  /** Must equal `uname -n` on the node. */
  name: NodeNameSchema,
  host: z.string().min(1),
  port: z.number().int().min(1).max(65535).default(22),
  user: z.string().min(1).default('root'),
  auth: z
    .discriminatedUnion('method', [
      z.strictObject({ method: z.literal('password') }),
      z.strictObject({ method: z.literal('key'), keyFile: z.string().min(1) }),
      z.strictObject({ method: z.literal('agent') }),
    ])
    .default({ method: 'password' }),
  /** How to become root when `user` is not root. */
  sudo: z.enum(['none', 'sudo', 'sudo-password']).default('none'),
  /** SHA-256 fingerprints (`SHA256:…`) that are trusted besides known_hosts. */
  hostKeys: z.array(z.string().startsWith('SHA256:')).default([]),
});
export type NodeSpec = z.infer<typeof NodeSpecSchema>;

/** A heartbeat link by node name: what it is called on each side. */
export const LinkSpecSchema = z.discriminatedUnion('medium', [
  z.strictObject({
    medium: z.literal('serial'),
    device: z.record(z.string(), z.string()),
    baud: z.number().int().default(19200),
  }),
  z.strictObject({ medium: z.literal('bcast'), iface: z.record(z.string(), z.string()) }),
  z.strictObject({
    medium: z.literal('ucast'),
    iface: z.record(z.string(), z.string()),
    /** Address of each node on this link, IPv4 or IPv6; each node sends to the other's. */
    address: z.record(z.string(), z.string()),
  }),
  z.strictObject({
    medium: z.literal('mcast'),
    iface: z.record(z.string(), z.string()),
    /** Multicast group of both nodes, e.g. 225.0.0.1. */
    group: z.string(),
    port: z.number().int().min(1).max(65535).default(694),
    ttl: z.number().int().min(0).max(4).default(1),
  }),
]);
export type LinkSpec = z.infer<typeof LinkSpecSchema>;

/** A stonith device. `rack`: the built-in rack's power switch. `meatware`: a person confirms. `plugin`: a script of the node. */
export const FencingSpecSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('meatware') }),
  z.strictObject({ kind: z.literal('rack') }),
  z.strictObject({
    kind: z.literal('plugin'),
    /** e.g. `external/ipmi` (cluster-glue) or `fence_ipmilan` (fence-agents). */
    type: z.string().min(1),
    /** By node: the parameters that reset THAT node, used by its peer. */
    parameters: z.record(z.string(), z.array(z.string())),
  }),
]);
export type FencingSpec = z.infer<typeof FencingSpecSchema>;

/** The two limits without which the daemon does not start; the rest of ha.cf's rules warn when it is read. */
export const HaSpecSchema = z
  .strictObject({
    keepaliveMs: z.number().positive(),
    warntimeMs: z.number().positive(),
    deadtimeMs: z.number().positive(),
    initdeadMs: z.number().positive(),
    autoFailback: z.enum(['on', 'off', 'legacy']),
    udpPort: z.number().int().min(1).max(65535).default(694),
    links: z.array(LinkSpecSchema).min(1),
    /** Lines of haresources, e.g. `node1 192.168.2.3 httpd`. */
    haresources: z.array(z.string()).min(1),
    /** Addresses outside the pair, the gateway first: what `ping` lines name. */
    pingNodes: z.array(z.string()).default([]),
    /** Move the groups to the node that sees more ping nodes. */
    ipfail: z.boolean().default(false),
    /** How a silent peer is made sure to be off before its groups are taken; null: not at all. */
    fencing: FencingSpecSchema.nullable().default(null),
    /** What a takeover from a silent peer must have. */
    takeoverRequires: z.array(z.enum(['reference', 'two-links', 'fencing'])).default([]),
    /** Device that resets a node whose agent hangs, e.g. /dev/watchdog; null: none. */
    watchdog: z.string().nullable().default(null),
    /** Of a new authkeys file. sha256 is understood between two Twinbeat agents only. */
    authMethod: z.enum(['sha1', 'sha256', 'md5']).default('sha1'),
  })
  .refine((ha) => ha.deadtimeMs > 2 * ha.keepaliveMs, {
    path: ['deadtimeMs'],
    message: 'expected more than twice keepaliveMs, so that one lost packet costs nothing',
  })
  .refine((ha) => ha.initdeadMs >= ha.deadtimeMs, { path: ['initdeadMs'], message: 'expected at least deadtimeMs' });
export type HaSpec = z.infer<typeof HaSpecSchema>;

export const ProbeSpecSchema = z.strictObject({
  kind: z.enum(['http', 'tcp']),
  address: z.string(),
  port: z.number().int().min(1).max(65535),
  path: z.string().default('/'),
  /** 10 ms to 1 s. */
  periodMs: z.number().min(10).max(1000).default(100),
});
export type ProbeSpec = z.infer<typeof ProbeSpecSchema>;

export const PairSpecSchema = z
  .strictObject({
    schema: z.literal('twinbeat.pair/1'),
    id: z.string().regex(/^[a-z0-9-]+$/),
    name: z.string().min(1),
    nodes: z.tuple([NodeSpecSchema, NodeSpecSchema]),
    /**
     * What makes the pair highly available. `twinbeat`: our agent. `heartbeat`: the Linux-HA daemons that run on the nodes
     * already; our agent is put beside them and only observes, so nothing of theirs is written, and `ha` is null.
     */
    engine: z.enum(['twinbeat', 'heartbeat']).default('twinbeat'),
    /** null: keep the /etc/ha.d that is on the nodes. */
    ha: HaSpecSchema.nullable().default(null),
    probe: ProbeSpecSchema.nullable().default(null),
  })
  .refine(({ nodes: [a, b] }) => a.name !== b.name, {
    path: ['nodes', 1, 'name'],
    message: 'the two nodes need different names',
  })
  .refine(({ engine, ha }) => engine === 'twinbeat' || ha === null, {
    path: ['ha'],
    message: 'expected null: an observed pair (engine heartbeat) keeps the /etc/ha.d that its daemons run with',
  });
export type PairSpec = z.infer<typeof PairSpecSchema>;

/** Secrets for one connection attempt; kept in memory unless `remember` and the host has a real key store. */
export const NodeSecretsSchema = z.strictObject({
  password: z.string().optional(),
  passphrase: z.string().optional(),
  sudoPassword: z.string().optional(),
  remember: z.boolean().default(false),
});
export type NodeSecrets = z.infer<typeof NodeSecretsSchema>;
