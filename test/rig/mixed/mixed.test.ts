/**
 * Mixed pairs: our agent on one node, Debian's heartbeat 3.0.6 on the other, over serial, broadcast and unicast at once. Every story goes
 * both ways. docs/mixed-pairs.md says how to repeat them; campaign.ts how often. Needs root (real daemons need the full range of users).
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missing } from '../../support/needs.ts';
import { cycles, CYCLES } from './campaign.ts';
import { freeze, gracefulStop, kill, powerOff, startInOrder, startOrder, type Order } from './failures.ts';
import { handOvers, keyChange } from './orders.ts';
import { ipfail, links, loss } from './paths.ts';
import { GATEWAY, Stage, type Setup } from './stage.ts';
import type { Story } from './campaign.ts';

const reason = missing('linux', 'root', 'namespaces', 'iproute', 'heartbeat', 'nft');

interface Plan {
  readonly setup: Setup;
  /** In which order the pair is started for the first time. */
  readonly order: Order;
  readonly stories: readonly Story[];
}

const PLANS: readonly Plan[] = [
  {
    setup: { name: 'failback-off', engines: ['twinbeat', 'heartbeat'], failback: 'off', groups: 1, moreHaCf: '' },
    order: 'ours first',
    stories: [gracefulStop, kill, powerOff, loss, links, keyChange, freeze],
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
    stories: [ipfail],
  },
];

/** TWINBEAT_STORIES=REGEXP chooses stories by their name; those of one setup with `-t "failback-off"`. */
const chosen = new RegExp(process.env['TWINBEAT_STORIES'] ?? '');

for (const { setup, order, stories } of PLANS) {
  describe.skipIf(reason !== null)(`mixed pair, ${setup.name}`, () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await Stage.up(setup);
    }, 120_000);
    afterAll(() => stage.down());

    test(`starts: ${order}`, { timeout: 300_000 }, async () => {
      const mark = await stage.mark();
      await startInOrder(stage, order);
      expect(await stage.complaints('start order', mark)).toEqual([]);
    });
    for (const story of CYCLES > 1 ? [startOrder, ...stories] : stories)
      if (chosen.test(story.scenario)) cycles(() => stage, story);
  });
}
