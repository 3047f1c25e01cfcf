/** The fields are those that two real daemons with ipfail exchanged in the rack (captured on the crossover cable). */
import { describe, expect, test } from 'vitest';
import { instant } from '../../../agent/common/base/instant.ts';
import type { EngineConfig } from '../../../agent/common/engine/types.ts';
import type { WireMessage } from '../../../agent/common/wire/message.ts';
import { Harness, KEEPALIVE_MS, testConfig } from '../../support/engineHarness.ts';

const DELAY_MS = 2 * KEEPALIVE_MS;
const TO_IPFAIL = { dest: 'node1', from_id: 'ipfail', to_id: 'ipfail', client_gen: '0' };

/** Echo replies of these nodes and the peer's heartbeat, every keepalive. */
function pass(h: Harness, ms: number, answering: readonly string[] = ['gw', 'dns']): void {
  for (let left = ms; left > 0; left -= KEEPALIVE_MS) {
    h.run(Math.min(left, KEEPALIVE_MS));
    for (const node of answering) h.step({ kind: 'ping-reply', node, receivedAt: instant(h.nowMs) });
    h.hear('status', { st: 'active', dt: '1388', protocol: '1' });
  }
}

const ONE_LINK = [{ id: 'l1', name: 'eth1' }];

/** Settled beside a real heartbeat on one link; both ping nodes answer. */
function settled(changes: Partial<EngineConfig> = {}): Harness {
  const ipfail = { pingNodes: ['gw', 'dns'], deadpingMs: 3000, ipfail: true, links: ONE_LINK };
  const h = new Harness(testConfig({ ...ipfail, ...changes }));
  h.step({ kind: 'start' });
  for (const node of ['gw', 'dns']) h.step({ kind: 'ping-reply', node, receivedAt: instant(0) });
  h.joinRealPeerStarted();
  pass(h, 2000);
  return h;
}

function steps(h: Harness): string[] {
  return h.eventsOf('ipfail').map((e) => e.step);
}

/** The message as name=value, without what every message carries. */
function specific(message: WireMessage | undefined): string {
  const control = new Set(['src', 'srcuuid', 'seq', 'hg', 'ts', 'ld', 'ttl']);
  const fields = (message?.fields ?? []).filter((f) => f.type === 'string' && !control.has(f.name));
  return fields.map((f) => `${f.name}=${String(f.value)}`).join(' ');
}

function asks(h: Harness): string[] {
  return h.sentOf('num_ping_nodes').map(specific);
}

function standbys(h: Harness): string[] {
  return h.sentOf('ask_resources').map(specific);
}

describe('on the wire', () => {
  test('it joins when it becomes active, as a client that heartbeat announces', () => {
    const h = settled();
    expect(h.sentOf('hbapi-clstat').map(specific)).toEqual([
      't=hbapi-clstat st=join from_id=ipfail to_id=ipfail info=signon client_gen=0',
    ]);
  });

  test('without ipfail, and in legacy mode, it says and does nothing', () => {
    for (const changes of [{ ipfail: false }, { autoFailback: 'legacy' as const }]) {
      const h = settled(changes);
      h.hear('hbapi-clstat', { st: 'join', from_id: 'ipfail', to_id: 'ipfail', client_gen: '0' });
      h.hear('you_are_dead', TO_IPFAIL);
      pass(h, 10_000, []);
      for (const type of ['hbapi-clstat', 'num_ping_nodes', 'ask_resources']) expect(h.sentOf(type)).toHaveLength(0);
      expect(h.eventsOf('ipfail')).toHaveLength(0);
    }
  });

  test('what is not from ipfail to ipfail, not for us, or older than what was said since, counts nothing', () => {
    const h = settled();
    const old = h.peerMessage('you_are_dead', TO_IPFAIL);
    h.hear('you_are_dead', { ...TO_IPFAIL, from_id: 'other' });
    h.hear('you_are_dead', { ...TO_IPFAIL, dest: 'node2' });
    h.hear('hbapi-clstat', { st: 'join', from_id: 'dopd', to_id: 'dopd' });
    h.hear('hbapi-clstat', { st: 'leave', from_id: 'ipfail', to_id: 'ipfail', info: 'died' });
    h.hear('num_ping_nodes', { ...TO_IPFAIL, num_ping: 'x' });
    h.hear('abort_giveup', TO_IPFAIL);
    h.arrive(old);
    pass(h, 5000);
    expect(h.eventsOf('ipfail')).toHaveLength(0);
  });
});

describe('it asks', () => {
  const COUNT = (n: number) => `t=num_ping_nodes num_ping=${n} dest=node2 from_id=ipfail to_id=ipfail client_gen=0`;

  test("when the peer's ipfail joins", () => {
    const h = settled();
    h.hear('hbapi-clstat', { st: 'join', from_id: 'ipfail', to_id: 'ipfail', info: 'signon', client_gen: '0' });
    expect(asks(h)).toEqual([COUNT(2)]);
  });

  test('when ping nodes die, once for those that die together, and when one comes back', () => {
    const h = settled();
    pass(h, 4000, []);
    expect(asks(h)).toEqual([COUNT(0)]);
    pass(h, 1000, ['dns']);
    expect(asks(h)).toEqual([COUNT(0), COUNT(1)]);
  });

  test('when a link of the cluster dies', () => {
    const h = settled({ links: testConfig().links });
    h.hear('status', { st: 'active', dt: '1388', protocol: '1' }, 'l2');
    pass(h, 6000);
    expect(
      h
        .eventsOf('link')
        .filter((e) => e.link === 'l2')
        .map((e) => e.state),
    ).toContain('dead');
    expect(asks(h)).toEqual([COUNT(2)]);
  });

  test('nobody who is not active, or is gone', () => {
    const h = settled();
    h.run(20_000);
    expect(h.engine.snapshot(instant(h.nowMs)).peer.status).toBe('dead');
    h.step({ kind: 'ping-reply', node: 'gw', receivedAt: instant(h.nowMs) });
    expect(asks(h)).toEqual([COUNT(0)]);
  });
});

describe('asked, it compares', () => {
  test('more here: the peer is told so', () => {
    const h = settled();
    h.hear('num_ping_nodes', { ...TO_IPFAIL, num_ping: '1' });
    expect(specific(h.sentOf('you_are_dead')[0])).toBe(
      't=you_are_dead dest=node2 from_id=ipfail to_id=ipfail client_gen=0',
    );
    expect(h.eventsOf('ipfail')).toMatchObject([{ step: 'compared', own: 2, peers: 1 }]);
    pass(h, 10_000);
    expect(standbys(h)).toEqual([]);
  });

  test('the same: it says so, and gives nothing up', () => {
    const h = settled();
    h.hear('num_ping_nodes', { ...TO_IPFAIL, num_ping: '2' });
    expect(specific(h.sentOf('abort_giveup')[0])).toBe(
      't=abort_giveup dest=node2 from_id=ipfail to_id=ipfail client_gen=0',
    );
    pass(h, 10_000);
    expect(steps(h)).toEqual(['compared']);
  });

  test('fewer here: everything is given up two keepalives later, as a standby', () => {
    const h = settled();
    pass(h, 4000, ['gw']);
    h.hear('num_ping_nodes', { ...TO_IPFAIL, num_ping: '2' });
    h.run(DELAY_MS - 1);
    expect(standbys(h)).toEqual([]);
    h.run(1);
    expect(standbys(h)).toEqual(['t=ask_resources rsc_hold=all info=me']);
    expect(steps(h).slice(-3)).toEqual(['compared', 'give-up-scheduled', 'gave-up']);
    h.hear('ask_resources', { rsc_hold: 'all', info: 'other' });
    expect(h.commands.at(-1)).toMatchObject({ kind: 'release', groups: ['vip1'] });
  });
});

describe('told that it is dead', () => {
  test('a newer word replaces the delay, a balance within it cancels it', () => {
    const h = settled({ deadpingMs: 4500 });
    h.hear('you_are_dead', TO_IPFAIL);
    h.run(DELAY_MS - 500);
    h.hear('you_are_dead', TO_IPFAIL);
    h.run(DELAY_MS - 500);
    expect(standbys(h)).toEqual([]);
    h.hear('abort_giveup', TO_IPFAIL);
    pass(h, 10_000);
    expect(standbys(h)).toEqual([]);
    expect(steps(h)).toEqual(['give-up-scheduled', 'give-up-scheduled', 'give-up-cancelled']);
  });

  test('both lose the same ping node, one a moment later: nobody moves', () => {
    const h = settled();
    pass(h, 4000, ['gw']);
    h.hear('you_are_dead', TO_IPFAIL);
    h.run(1000);
    h.hear('num_ping_nodes', { ...TO_IPFAIL, num_ping: '1' });
    pass(h, 10_000, ['gw']);
    expect(standbys(h)).toEqual([]);
  });

  test('the death of the peer cancels it', () => {
    const h = settled({ keepaliveMs: 4000, deadtimeMs: 9000 });
    h.hear('status', { st: 'active', dt: '64', protocol: '1' });
    h.hear('you_are_dead', TO_IPFAIL);
    h.run(3000);
    expect(h.engine.snapshot(instant(h.nowMs)).peer.status).toBe('dead');
    expect(steps(h)).toEqual(['give-up-scheduled', 'give-up-cancelled']);
    h.run(20_000);
    expect(standbys(h)).toEqual([]);
    expect(h.engine.snapshot(instant(h.nowMs)).mine).toBe('all');
  });

  test('in flux it waits; ten seconds after both have settled it compares again instead of acting on old counts', () => {
    const h = settled();
    h.hear('resource', { rsc_hold: 'local', rtype: 'full', isstable: '0' });
    h.hear('you_are_dead', TO_IPFAIL);
    pass(h, 5000);
    expect(standbys(h)).toEqual([]);
    expect(h.eventsOf('ipfail').at(-1)!.detail).toContain('the peer is in flux');
    h.hear('resource', { rsc_hold: 'local', rtype: 'full', isstable: '1' });
    pass(h, 9000);
    expect(asks(h)).toHaveLength(0);
    pass(h, 1000);
    expect(asks(h)).toHaveLength(1);
    h.hear('abort_giveup', TO_IPFAIL);
    pass(h, 10_000);
    expect(standbys(h)).toEqual([]);
  });

  test('with nothing to give up nothing is asked for', () => {
    const idle = settled();
    idle.hear('you_are_dead', TO_IPFAIL);
    pass(idle, DELAY_MS);
    idle.hear('ask_resources', { rsc_hold: 'all', info: 'other' });
    idle.hear('resource', { rsc_hold: 'all', rtype: 'full', isstable: '1' });
    idle.hear('ask_resources', { rsc_hold: 'all', info: 'done' });
    idle.hear('you_are_dead', TO_IPFAIL);
    pass(idle, 5000);
    expect(standbys(idle).filter((text) => text.includes('info=me'))).toHaveLength(1);
    expect(idle.eventsOf('ipfail').at(-1)).toMatchObject({ step: 'give-up-cancelled' });
  });
});

describe('failback by balance', () => {
  /** Holds everything, given by the peer, which is back on the LAN. */
  function holdsAll(autoFailback: 'on' | 'off'): Harness {
    const h = settled({ autoFailback });
    h.hear('ask_resources', { rsc_hold: 'all', info: 'me' });
    h.hear('resource', { rsc_hold: 'none', rtype: 'full', isstable: '0', info: 'standby' });
    h.hear('ask_resources', { rsc_hold: 'all', info: 'done' });
    h.hear('resource', { rsc_hold: 'none', rtype: 'full', isstable: '1' });
    pass(h, 1000);
    expect(h.engine.snapshot(instant(h.nowMs))).toMatchObject({ mine: 'all', stable: true });
    return h;
  }

  test('auto_failback on: the peer gets its groups; a second balanced round does not stop that', () => {
    const h = holdsAll('on');
    h.hear('num_ping_nodes', { ...TO_IPFAIL, num_ping: '2' });
    h.run(500);
    h.hear('num_ping_nodes', { ...TO_IPFAIL, num_ping: '2' });
    h.hear('abort_giveup', TO_IPFAIL);
    pass(h, 2000);
    expect(standbys(h).at(-1)).toBe('t=ask_resources rsc_hold=foreign info=me');
    expect(steps(h)).toEqual(['compared', 'give-up-scheduled', 'compared', 'gave-up']);
  });

  test('auto_failback off: they stay', () => {
    const h = holdsAll('off');
    h.hear('num_ping_nodes', { ...TO_IPFAIL, num_ping: '2' });
    pass(h, 5000);
    expect(standbys(h).filter((text) => text.includes('info=me'))).toEqual([]);
  });
});
