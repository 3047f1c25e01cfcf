import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startRack } from '../../../electron/lab/index.ts';
import type { RackHandle } from '../../../electron/lab/index.ts';
import { badLogLines } from '../../support/haLog.ts';
import { heartbeatNode } from '../../support/haNodes.ts';
import type { HaNode } from '../../support/haNodes.ts';
import { missing } from '../../support/needs.ts';
import { names, on, until } from '../../support/rackTools.ts';

vi.setConfig({ testTimeout: 120_000 });

const VIP = '192.168.2.3';

/** Setup S5's ha.cf; baud and udpport stand before the media that they are for. */
const HA_CF = (nodes: readonly string[]): string => `logfile /var/log/ha-log
keepalive 500ms
warntime 1500ms
deadtime 3
initdead 6
baud 19200
serial /dev/ttyS0
udpport 694
bcast eth1
auto_failback on
${nodes.map((name) => `node ${name}`).join('\n')}
`;

// Goal: the rack is good enough that two real daemons, which know nothing of it, are a pair over its media.
describe.skipIf(missing('linux', 'root', 'namespaces', 'iproute', 'heartbeat') !== null)(
  "two of Debian's heartbeat daemons in the rack",
  () => {
    let rack: RackHandle;
    let a: HaNode;
    let b: HaNode;

    beforeAll(async () => {
      rack = await startRack({ name: 'heartbeat' });
      const nodes = names(rack);
      a = heartbeatNode(rack, nodes[0]);
      b = heartbeatNode(rack, nodes[1]);
      const files = {
        haCf: HA_CF(nodes),
        haresources: `${nodes[0]} IPaddr2::${VIP}/24/eth0 httpd\n`,
        authkeys: 'auth 1\n1 sha1 myAuthkey\n',
      };
      await Promise.all([a.install(files), b.install(files)]);
      await Promise.all([a.start(), b.start()]);
    }, 60_000);
    afterAll(() => rack.down());

    const page = async (): Promise<string> =>
      (await rack.runOn('client', ['sh', '-c', `curl -s -m 1 http://${VIP}/ | head -1`])).stdout.trim();
    const answers = (node: HaNode) =>
      until(`${node.name} serves ${VIP}`, async () => (await page()) === node.name, 60_000);
    const logged = (node: HaNode, pattern: RegExp) =>
      until(`${node.name} logs ${pattern}`, async () => pattern.test((await node.log()).join('\n')), 60_000);

    test('form a pair over the serial and the crossover cable', async () => {
      await answers(a);
      for (const [node, peer] of [
        [a, b],
        [b, a],
      ] as const) {
        await logged(node, new RegExp(`Link ${peer.name}:eth1 up`));
        await logged(node, new RegExp(`Link ${peer.name}:/dev/ttyS0 up`));
      }
      expect(badLogLines([...(await a.log()), ...(await b.log())])).toEqual([]);
    });

    test('fail over when the power of the holder is cut, and back when it returns', async () => {
      await rack.power(a.name, 'off');
      await answers(b);
      expect(await on(rack, b.name, 'ip -br addr show eth0')).toContain(VIP);
      await logged(b, new RegExp(`node ${a.name}: is dead`));

      await rack.power(a.name, 'on');
      await a.start();
      await answers(a);
      await until(
        'the other one let go',
        async () => !(await on(rack, b.name, 'ip -br addr show eth0')).includes(VIP),
        60_000,
      );
      expect(await on(rack, b.name, '/etc/init.d/httpd status || true')).toBe('httpd is stopped');
    });

    test('lose one cable without a takeover', async () => {
      await rack.cable('crossover', { aToB: false, bToA: false });
      await logged(a, new RegExp(`Link ${b.name}:eth1 dead`));
      expect(await page()).toBe(a.name);
      await rack.cable('crossover', { aToB: true, bToA: true });
    });

    test('a graceful stop hands over and ends every process', async () => {
      await a.stop();
      await answers(b);
      expect(await on(rack, a.name, 'pgrep -f "[h]eartbeat:" || true')).toBe('');
    });
  },
);
