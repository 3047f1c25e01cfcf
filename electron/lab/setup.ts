/** Field setups: resources/setups/*.json, checked on reading, and what they mean for rack and console. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { HaSpecSchema, PairSpecSchema } from '../common/contract/pair.ts';
import type { HaSpec, PairSpec } from '../common/contract/pair.ts';
import { haWithSafety } from '../common/setup/rackSafety.ts';
import { SetupIdSchema } from '../common/contract/rack.ts';
import type { RackState, RackUpOptions, SetupId } from '../common/contract/rack.ts';
import { RACK_PAIR_ID } from '../common/contract/console.ts';

const CidrSchema = z.string().regex(/^\d+\.\d+\.\d+\.\d+\/\d+$/);

const SetupSchema = z.strictObject({
  id: SetupIdSchema,
  title: z.strictObject({ en: z.string(), 'zh-CN': z.string() }),
  /** Where this differs from its source, and why. */
  notes: z.array(z.string()),
  nodes: z.tuple([
    z.strictObject({
      name: z.string(),
      lan: CidrSchema,
      crossover: CidrSchema.nullable(),
      serial: z.string().nullable(),
    }),
    z.strictObject({
      name: z.string(),
      lan: CidrSchema,
      crossover: CidrSchema.nullable(),
      serial: z.string().nullable(),
    }),
  ]),
  gateway: CidrSchema,
  client: CidrSchema,
  /** Rate at which the null-modem cable paces, bits per second; null: no serial cable. */
  baud: z.number().int().positive().nullable(),
  vip: z.string(),
  /** Name of the web service's script in /etc/init.d. */
  service: z.string().regex(/^[a-z]+$/),
  ha: HaSpecSchema,
});
export type Setup = z.infer<typeof SetupSchema>;

/** Reads a setup from `<appDir>/resources/setups`. Throws when the file is missing or wrong: that is a broken installation. */
export function loadSetup(appDir: string, id: SetupId): Setup {
  return SetupSchema.parse(JSON.parse(readFileSync(join(appDir, 'resources', 'setups', `${id}.json`), 'utf8')));
}

/** `192.168.2.1/24` without its mask. */
export function addressOf(cidr: string): string {
  return cidr.slice(0, cidr.indexOf('/'));
}

/**
 * The setup's timing with the caller's overrides. When only some are given the others follow, so that
 * the result is one that the daemon accepts: warntime half of deadtime, initdead at least twice
 * deadtime, both only where the sheet's value no longer fits.
 */
export function haWithTiming(ha: HaSpec, over: Omit<RackUpOptions, 'setup' | 'engine'>): HaSpec {
  const deadtimeMs = over.deadtimeMs ?? ha.deadtimeMs;
  const keepaliveMs = over.keepaliveMs ?? ha.keepaliveMs;
  const warntimeMs = over.warntimeMs ?? (over.deadtimeMs === undefined ? ha.warntimeMs : deadtimeMs / 2);
  const initdeadMs =
    over.initdeadMs ?? (over.deadtimeMs === undefined ? ha.initdeadMs : Math.max(2 * deadtimeMs, 1000));
  return { ...ha, keepaliveMs, warntimeMs, deadtimeMs, initdeadMs };
}

/** What the pair of a rack started with these options is configured as. */
export function haOfRack(setup: Setup, options: Omit<RackUpOptions, 'setup' | 'engine'>): HaSpec {
  return haWithSafety(haWithTiming(setup.ha, options), addressOf(setup.gateway), options);
}

/** What the console connects to. `ha` null: the nodes' own heartbeat daemons are observed. `nodes` gives the SSH ports, `keyFile` and `hostKeys` what makes the connection trusted. */
export function pairSpecOf(
  setup: Setup,
  ha: HaSpec | null,
  nodes: readonly Pick<RackState['nodes'][number], 'name' | 'ssh'>[],
  keyFile: string,
  hostKeys: Readonly<Record<string, string[]>>,
): PairSpec {
  const node = ({ name, ssh }: (typeof nodes)[number]) => ({
    name,
    ...ssh,
    auth: { method: 'key', keyFile },
    sudo: 'none',
    hostKeys: hostKeys[name] ?? [],
  });
  return PairSpecSchema.parse({
    schema: 'twinbeat.pair/1',
    id: RACK_PAIR_ID,
    name: `Rack ${setup.id.toUpperCase()}`,
    nodes: nodes.map(node),
    engine: ha === null ? 'heartbeat' : 'twinbeat',
    ha,
    probe: { kind: 'http', address: setup.vip, port: 80, path: '/', periodMs: 100 },
  });
}
