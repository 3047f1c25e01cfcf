/**
 * Mixed pairs: our agent on one node, Debian's heartbeat 3.0.6 on the other, both ways round, over
 * serial, broadcast and unicast at once. Needs root (real daemons need the full range of users).
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRack } from '../../../electron/lab/index.ts';
import type { RackHandle } from '../../../electron/lab/index.ts';
import { CALM_TIMING, installPair, logged, settledOn, staysOn } from '../../support/pairStory.ts';
import type { PairInRack } from '../../support/pairStory.ts';
import { badLogLines } from '../../support/haLog.ts';
import { missing } from '../../support/needs.ts';
import { runOn } from '../../support/rackRun.ts';

const reason = missing('linux', 'root', 'namespaces', 'iproute', 'heartbeat');

const PLACEMENTS = [
  { name: 'ours preferred, heartbeat standby', engines: ['twinbeat', 'heartbeat'] },
  { name: 'heartbeat preferred, ours standby', engines: ['heartbeat', 'twinbeat'] },
] as const;

describe.skipIf(reason !== null).each(PLACEMENTS)('mixed pair: $name', ({ engines }) => {
  describe.each(['on', 'off'] as const)('auto_failback %s', (failback) => {
    let rack: RackHandle;
    let pair: PairInRack;
    const first = () => pair.nodes[0];
    const second = () => pair.nodes[1];

    beforeAll(async () => {
      rack = await startRack({ name: `mixed-${engines[0]}-${failback}` });
      pair = await installPair(rack, engines, failback, CALM_TIMING);
    });
    afterAll(async () => {
      await rack.down();
    });

    /** Where the group is after the preferred node came back. */
    const afterReturn = () => (failback === 'on' ? first() : second());
    /** Brings the group back to the preferred node when auto_failback does not. */
    const home = async (): Promise<void> => {
      if (failback === 'on') return;
      await second().stop();
      await settledOn(pair, first().name);
      await second().start();
      await logged(second(), /Link .*:eth1 up/);
      await staysOn(pair, first().name, 3000);
    };

    test('both start; the preferred node takes the resources', { timeout: 120_000 }, async () => {
      await first().start();
      await second().start();
      await settledOn(pair, first().name);
      for (const link of ['eth0', 'eth1', '/dev/ttyS0']) {
        await logged(first(), new RegExp(`Link ${second().name}:${link} up`));
        await logged(second(), new RegExp(`Link ${first().name}:${link} up`));
      }
    });

    test('graceful stop: the other takes over; return with auto_failback', { timeout: 240_000 }, async () => {
      await first().stop();
      await settledOn(pair, second().name);
      await first().start();
      await settledOn(pair, afterReturn().name);
      await home();
      await settledOn(pair, first().name);
    });

    test(
      'kill -9: the other takes over, also when the killed node keeps its address',
      { timeout: 240_000 },
      async () => {
        await first().kill();
        await logged(second(), /node \S+: is dead/);
        await logged(second(), /takeover complete/);
        // M1: what kills the real daemon leaves its address behind, and its next start does not release it; the operator's
        // step is done for it. Ours has an address guard that takes it off at once.
        if (first().engine === 'heartbeat')
          await runOn(rack, first().name, 'ip addr del 192.168.2.3/24 dev eth0; /etc/init.d/httpd stop');
        await first().start();
        await settledOn(pair, afterReturn().name);
        await home();
        await settledOn(pair, first().name);
      },
    );

    test('power-off: the other takes over; power on and return', { timeout: 240_000 }, async () => {
      await rack.power(first().name, 'off');
      await settledOn(pair, second().name);
      await rack.power(first().name, 'on');
      await first().start();
      await settledOn(pair, afterReturn().name);
    });

    test('neither log shows an error that a pair of real daemons would not show', async () => {
      for (const node of pair.nodes) expect(badLogLines(await node.log()), node.name).toEqual([]);
    });
  });
});
