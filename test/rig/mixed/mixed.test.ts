/**
 * Mixed pairs: our agent on one node, Debian's heartbeat 3.0.6 on the other, over serial, broadcast and unicast at once. Every story goes
 * both ways. docs/mixed-pairs.md says how to repeat them; campaign.ts how often. Needs root (real daemons need the full range of users).
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missing } from '../../support/needs.ts';
import { boundMs, chosenOf, runPlan, type Plan, type Run } from './campaign.ts';
import { freeze, gracefulStop, kill, powerOff } from './failures.ts';
import { handOvers, keyChange } from './orders.ts';
import { ipfail, links, loss } from './paths.ts';
import { GATEWAY } from './stage.ts';

const reason = missing('linux', 'root', 'namespaces', 'iproute', 'heartbeat', 'nft');

const PLANS: readonly Plan[] = [
  {
    setup: { name: 'failback-off', engines: ['twinbeat', 'heartbeat'], failback: 'off', groups: 1, moreHaCf: '' },
    order: 'ours first',
    stories: [gracefulStop, kill, powerOff, loss, links, freeze],
  },
  {
    setup: { name: 'failback-on', engines: ['heartbeat', 'twinbeat'], failback: 'on', groups: 2, moreHaCf: '' },
    order: 'together',
    stories: [handOvers, gracefulStop, kill, powerOff],
  },
  {
    setup: {
      name: 'ipfail',
      engines: ['twinbeat', 'heartbeat'],
      failback: 'off',
      groups: 1,
      moreHaCf: `ping ${GATEWAY}\ndeadping 5\nrespawn hacluster /usr/libexec/heartbeat/ipfail\n`,
    },
    order: 'heartbeat first',
    stories: [ipfail, keyChange],
  },
];

const chosen = PLANS.filter((plan) => chosenOf(plan).length > 0);

describe.skipIf(reason !== null)('mixed pairs', () => {
  const runs = new Map<Plan, Run>();
  beforeAll(() => {
    for (const plan of chosen) runs.set(plan, runPlan(plan));
  });
  // A campaign that is broken off still waits for its racks to be gone.
  afterAll(
    async () => void (await Promise.all([...runs.values()].map(({ ended }) => ended))),
    Math.max(0, ...chosen.map(boundMs)),
  );

  describe.each(chosen.map((plan) => ({ plan, name: plan.setup.name })))('$name', ({ plan }) => {
    const goesWell = (name: string, key: string): void =>
      test(name, { timeout: boundMs(plan) }, async () => {
        expect(await runs.get(plan)?.outcomes.get(key)).toEqual([]);
      });
    goesWell(`start: ${plan.order}`, 'start');
    for (const { scenario } of chosenOf(plan)) goesWell(scenario, scenario);
  });
});
