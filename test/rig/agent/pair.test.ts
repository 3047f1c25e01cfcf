// Goal: two real agents are a pair: they start, fail over, hand over and come back, and never is anybody left with
// what it should not hold. Method: two network namespaces, LAN, crossover and null-modem cable; the kernel is asked who
// holds the address, never the agents alone. No assertion is tighter than what a loaded machine can keep.
import { afterEach, describe, expect, test } from 'vitest';
import { missing } from '../../support/needs.ts';
import { AgentRig, VIP, type RigOptions, type Side } from './agentRig.ts';

let rig: AgentRig | null = null;

async function pairUp(options: Partial<RigOptions> = {}): Promise<AgentRig> {
  const made = await AgentRig.up(options);
  rig = made;
  made.start('a');
  made.start('b');
  await made.until('node a holds its own group', () => made.holds('a') && made.serviceRuns('a'));
  await made.until('both log the other as active', () =>
    (['a', 'b'] as const).every((side) => /Status update for node node[ab]: status active/.test(made.log(side))),
  );
  return made;
}

function isActive(made: AgentRig, side: Side): boolean {
  return made.log(side).includes('Comm_now_up()');
}

afterEach(async () => {
  await rig?.down();
  rig = null;
});

describe.skipIf(missing('linux', 'root', 'namespaces', 'iproute') !== null)('a pair of agents', () => {
  test(
    'start: one holder, every link up in both directions, what is held is read from the kernel',
    { timeout: 60_000 },
    async () => {
      const made = await pairUp();
      expect(made.holds('b')).toBe(false);
      await made.until('all links up', () =>
        (['a', 'b'] as const).every((side) => (made.log(side).match(/Link node[ab]:\S+ up\./g) ?? []).length >= 3),
      );
      // The first echo and the first answer of the LAN come a moment after the link.
      await made.until('a round trip on every link', async () => {
        const links = (await made.status('a'))?.links ?? [];
        return links.length === 3 && links.every((link) => link.rttMs !== null);
      });
      await made.until('the standby sees who answers', async () => {
        const vip = (await made.status('b'))?.vips[0];
        return vip !== undefined && vip.conflictMac !== null;
      });
      const status = await made.status('a');
      expect(status?.links.map((link) => link.medium).sort()).toEqual(['bcast', 'serial', 'ucast']);
      for (const link of status?.links ?? []) expect(link.problem).toBeNull();
      expect(status?.peer.engine).toBe('twinbeat');
      expect(status?.vips[0]).toMatchObject({ address: VIP, heldOn: 'eth0', conflictMac: null });
      const standby = await made.status('b');
      expect(standby?.vips[0]).toMatchObject({ heldOn: null });
      expect(standby?.vips[0]?.conflictMac).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    },
  );

  // M1 and M2 of the real daemon: the killed node keeps its address, both answer, nobody says a word, also not after
  // its return. Ours: the address guard takes it off at once, and its return begins with the leftovers.
  test(
    'kill -9: the address goes at once, the peer takes over, and never do two answer',
    { timeout: 60_000 },
    async () => {
      const made = await pairUp();
      made.signal('a', 'SIGKILL');
      await made.until('the guard took the address off', () => !made.holds('a'));
      expect(made.holds('b')).toBe(false);
      await made.until('b holds the address and the service', () => made.holds('b') && made.serviceRuns('b'));
      await made.logs('b', /node nodea: is dead/);
      await made.logs('b', /mach_down takeover complete for node nodea\./);

      // The killed one comes back: before it says a word it gives up what it left behind.
      made.start('a');
      await made.until('a released its leftovers', () => !made.serviceRuns('a'));
      await made.until('a is active again', () => (made.log('a').match(/Comm_now_up/g) ?? []).length === 2);
      await made.logs('a', /The agent before this one was killed; its addresses were removed at/);
      expect(made.holds('b')).toBe(true);
      expect(made.log('b')).not.toMatch(/is also answered by/);
      const events = made.events('a');
      const stopped = events.findLastIndex((event) => event.body.kind === 'resource' && event.body.phase === 'done');
      const spoke = events.findLastIndex((event) => event.body.kind === 'local-status' && event.body.status === 'init');
      expect(stopped).toBeGreaterThan(0);
      expect(stopped).toBeLessThan(spoke);
    },
  );

  test(
    'graceful stop: handed over long before the deadtime, and everything is released',
    { timeout: 60_000 },
    async () => {
      const made = await pairUp({ deadtimeMs: 10_000, keepaliveMs: 500 });
      const beganAt = performance.now();
      made.signal('a', 'SIGTERM');
      await made.until('b holds the address', () => made.holds('b') && made.serviceRuns('b'));
      expect(performance.now() - beganAt).toBeLessThan(made.options.deadtimeMs / 2);
      expect(made.holds('a')).toBe(false);
      expect(made.serviceRuns('a')).toBe(false);
      expect(await made.exited('a')).toBe(0);
      await made.logs('a', /All HA resources relinquished\./);
      await made.logs('a', /nodea Heartbeat shutdown complete\./);
      await made.logs('b', /Received shutdown notice from 'nodea'\./);
      expect(made.log('b')).not.toMatch(/is also answered by/);
      expect((await made.command('a', 'status')).status).toBe(3);
    },
  );

  test('standby gives the group away on request, takeover fetches it', { timeout: 90_000 }, async () => {
    const made = await pairUp();
    const gave = await made.command('a', 'standby', 'all');
    expect(gave.stderr).toBe('');
    expect(gave.status).toBe(0);
    await made.until('b holds', () => made.holds('b') && !made.holds('a'));
    await made.command('a', 'takeover', 'all');
    await made.until('a holds again', () => made.holds('a') && !made.holds('b') && made.serviceRuns('a'));
    expect(made.serviceRuns('b')).toBe(false);
  });

  test(
    'the heartbeat crossover, the LAN link and the serial cable each may fail without a takeover',
    { timeout: 90_000 },
    async () => {
      const made = await pairUp();
      made.ip('a', 'link', 'set', 'eth1', 'down');
      made.cutSerial(true);
      await made.until(
        'b sees both links dead',
        () => (made.log('b').match(/Link nodea:\S+ dead\./g) ?? []).length === 2,
      );
      await made.until(
        'a says why',
        () => made.log('a').includes('[interface-down]') || made.log('a').includes('[send-failed]'),
      );
      made.cutSerial(false);
      made.ip('a', 'link', 'set', 'eth1', 'up');
      await made.until('b sees them up again', () => (made.log('b').match(/Link nodea:\S+ up\./g) ?? []).length >= 5);
      await made.until('a says that it is over', () => /Over \[(interface-down|send-failed)\]/.test(made.log('a')));
      expect(made.log('b')).not.toMatch(/is dead/);
      expect(made.holds('a')).toBe(true);
      expect(made.holds('b')).toBe(false);
    },
  );

  test(
    'frozen for longer than the deadtime: on waking up it gives everything up and starts over',
    { timeout: 90_000 },
    async () => {
      const made = await pairUp();
      made.signal('a', 'SIGSTOP');
      await made.until('b takes over', () => made.holds('b'));
      made.signal('a', 'SIGCONT');
      await made.until('a gave it up', () => !made.holds('a'));
      await made.until(
        'a lives a second life',
        () => (made.log('a').match(/Heartbeat generation/g) ?? []).length === 2,
      );
      await made.until('exactly one holds it', () => made.holds('a') !== made.holds('b') && isActive(made, 'a'));
      await made.until('no address is answered twice', () => {
        const log = made.log('b');
        return log.lastIndexOf('is also answered by') <= log.lastIndexOf('conflict-over');
      });
    },
  );
});
