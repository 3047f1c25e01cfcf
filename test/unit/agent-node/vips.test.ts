// Goal: what is held comes from the kernel, an address is never taken from a host that did not give it up, and a second
// holder is reported when it appears and when it is gone. Method: kernel and LAN in memory, time wound by hand.
import { beforeEach, describe, expect, test } from 'vitest';
import type { EventBody, EventDraft } from '../../../agent/common/timeline/event.ts';
import { ANNOUNCE_AT_MS, Vips, type GroupVip } from '../../../agent/node/resources/vips.ts';
import { ASK_PERIOD_MS, HEAR_PERIOD_MS } from '../../../agent/node/resources/holders.ts';
import { FakeKernel, FakeLan } from '../../support/fakeNet.ts';
import { HandTimers } from '../../support/handTimers.ts';

const VIP: GroupVip = {
  group: 'g',
  spec: { address: '10.0.0.100', family: 'ipv4', prefixBits: null, iface: null, label: null, broadcast: null },
};
const OTHER_MAC = '02:00:00:00:00:99';
const FORCED = { checkFirst: false, standDownMs: 8000 };

let timers: HandTimers;
let kernel: FakeKernel;
let lan: FakeLan;
let events: EventBody[];
let vips: Vips;
let told: string[];

beforeEach(() => {
  timers = new HandTimers();
  kernel = new FakeKernel();
  lan = new FakeLan();
  events = [];
  const publish = (draft: EventDraft): void => void events.push(draft.body);
  told = [];
  vips = new Vips([VIP], {
    kernel,
    lan,
    timers,
    now: timers.now,
    routesText: () => '',
    publish,
    secondHolder: (vip, mac) => void told.push(`${vip.spec.address} ${mac}`),
  });
});

const changes = (): string[] => events.flatMap((body) => (body.kind === 'vip' ? [body.change] : []));

test('acquire derives prefix and broadcast from the network, announces at once and at the stated times', async () => {
  expect((await vips.acquire(VIP, FORCED)).ok).toBe(true);
  expect(kernel.list.at(-1)).toMatchObject({ address: '10.0.0.100', prefixBits: 24, broadcast: '10.0.0.255' });
  expect(lan.announced).toHaveLength(1);
  expect(changes()).toEqual(['added', 'announced']);
  await timers.advance(FORCED.standDownMs);
  expect(lan.announced).toHaveLength(ANNOUNCE_AT_MS.length + 1);
});

test('held is read from the kernel, not remembered', async () => {
  await vips.acquire(VIP, FORCED);
  expect(vips.held()).toEqual(['10.0.0.100']);
  kernel.list = kernel.list.filter((address) => address.address !== '10.0.0.100');
  expect(vips.held()).toEqual([]);
  expect(vips.status()[0]).toMatchObject({ heldOn: null });
});

test('nobody gave it up and somebody answers: not taken, conflict reported', async () => {
  lan.others.set('10.0.0.100', OTHER_MAC);
  const acquiring = vips.acquire(VIP, { ...FORCED, checkFirst: true });
  await timers.advance(1000);
  expect(await acquiring).toMatchObject({ ok: false, reason: 'in-use' });
  expect(vips.held()).toEqual([]);
  expect(lan.announced).toEqual([]);
  expect(changes()).toEqual(['conflict']);
});

test('nobody gave it up and nobody answers: taken', async () => {
  const acquiring = vips.acquire(VIP, { ...FORCED, checkFirst: true });
  await timers.advance(1000);
  expect((await acquiring).ok).toBe(true);
  expect(vips.held()).toEqual(['10.0.0.100']);
});

test('a stale holder of a dead peer does not delay the takeover, is reported, and its end announces ours again', async () => {
  lan.others.set('10.0.0.100', OTHER_MAC);
  expect((await vips.acquire(VIP, FORCED)).ok).toBe(true);
  vips.watch();
  await timers.advance(1000);
  expect(events.filter((body) => body.kind === 'vip' && body.change === 'conflict')).toEqual([
    { kind: 'vip', address: '10.0.0.100', change: 'conflict', iface: 'eth0', mac: OTHER_MAC },
  ]);
  expect(vips.status()[0]).toMatchObject({ heldOn: 'eth0', conflictMac: OTHER_MAC });
  lan.others.clear();
  const announcedBefore = lan.announced.length;
  await timers.advance(20_000);
  expect(changes().filter((change) => change === 'conflict-over')).toHaveLength(1);
  expect(vips.status()[0]?.conflictMac).toBeNull();
  // The regular announcements are over after 8 s; one more came with the end of the conflict.
  expect(lan.announced.length).toBeGreaterThan(announcedBefore);
  vips.stop();
});

test('a second holder that appears is known within two seconds, and at once when it announces itself', async () => {
  await vips.acquire(VIP, FORCED);
  vips.watch();
  await timers.advance(10_350);
  lan.others.set('10.0.0.100', OTHER_MAC);
  await timers.advance(2000);
  expect(changes()).toContain('conflict');
  lan.others.clear();
  await timers.advance(4000);
  expect(changes().at(-1)).toBe('conflict-over');
  lan.claimNow('10.0.0.100', OTHER_MAC);
  await timers.advance(HEAR_PERIOD_MS);
  expect(changes().at(-1)).toBe('conflict');
  vips.stop();
});

test('the engine is told of a conflict again and again while it lasts, and one lost answer does not end it', async () => {
  await vips.acquire(VIP, FORCED);
  lan.others.set('10.0.0.100', OTHER_MAC);
  vips.watch();
  await timers.advance(10_000);
  expect(told.length).toBeGreaterThanOrEqual(3);
  expect(told.length).toBeLessThanOrEqual(5);
  lan.others.clear();
  await timers.advance(ASK_PERIOD_MS);
  lan.others.set('10.0.0.100', OTHER_MAC);
  await timers.advance(5 * ASK_PERIOD_MS);
  expect(changes().filter((change) => change.startsWith('conflict'))).toEqual(['conflict']);
  vips.stop();
});

test('a conflict is over when we are the one who let go', async () => {
  await vips.acquire(VIP, FORCED);
  lan.others.set('10.0.0.100', OTHER_MAC);
  vips.watch();
  await timers.advance(500);
  vips.release(VIP);
  await timers.advance(2 * ASK_PERIOD_MS);
  expect(changes().at(-1)).toBe('conflict-over');
  expect(vips.status()[0]?.conflictMac).toBe(OTHER_MAC);
  vips.stop();
});

// 1. The peer, which holds the address, announces it; the frame waits in our socket. 2. It gives the address up and
// says so. 3. We take it, and read the frame.
test('what the holder before us said before it gave up is no conflict', async () => {
  lan.claimNow('10.0.0.100', OTHER_MAC);
  await vips.acquire(VIP, FORCED);
  vips.watch();
  await timers.advance(5000);
  expect(changes()).toEqual(['added', 'announced']);
  vips.stop();
});

test('while not holding, the MAC of the holder is known and is no conflict; before the first question nothing is known', async () => {
  expect(vips.status()[0]).toMatchObject({ conflictMac: null, probedAgoMs: null });
  lan.others.set('10.0.0.100', OTHER_MAC);
  vips.watch();
  await timers.advance(500);
  expect(vips.status()[0]).toMatchObject({ heldOn: null, conflictMac: OTHER_MAC });
  expect(changes()).toEqual([]);
  vips.stop();
});

test('release removes it and stops announcing; a refusal is an error and says who holds', async () => {
  await vips.acquire(VIP, FORCED);
  kernel.refuse = 'not-permitted';
  expect(vips.release(VIP)).toMatchObject({ ok: false, reason: 'not-permitted' });
  kernel.refuse = null;
  expect(vips.release(VIP).ok).toBe(true);
  expect(vips.held()).toEqual([]);
  const announced = lan.announced.length;
  await timers.advance(10_000);
  expect(lan.announced).toHaveLength(announced);
  expect(vips.release(VIP).ok).toBe(true);
});

describe('IPv6', () => {
  const VIP6: GroupVip = {
    group: 'g6',
    spec: { address: 'fd00::64', family: 'ipv6', prefixBits: null, iface: null, label: null, broadcast: null },
  };
  const ROUTES = [
    'fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0',
    'fd000000000000000000000000000064 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000001 00000000 80200001     eth0',
    'ff000000000000000000000000000000 08 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth9',
    '00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo',
  ].join('\n');
  let six: Vips;

  beforeEach(() => {
    six = new Vips([VIP6], {
      kernel,
      lan,
      timers,
      now: timers.now,
      routesText: (family) => (family === 'ipv6' ? ROUTES : ''),
      publish: (draft) => void events.push(draft.body),
      secondHolder: () => undefined,
    });
  });

  test('interface and prefix come from the route; announced on the same schedule as IPv4', async () => {
    expect((await six.acquire(VIP6, FORCED)).ok).toBe(true);
    expect(kernel.list.at(-1)).toMatchObject({ address: 'fd00:0:0:0:0:0:0:64', prefixBits: 64, broadcast: null });
    await timers.advance(FORCED.standDownMs);
    expect(lan.announced).toEqual(Array.from({ length: ANNOUNCE_AT_MS.length + 1 }, () => 'fd00::64'));
  });

  test('a second holder is found and kept from being taken over, asked from an address that is no VIP', async () => {
    kernel.list.push(
      { family: 'ipv6', address: 'fd00:0:0:0:0:0:0:1', prefixBits: 64, ifaceIndex: 2, broadcast: null },
      { family: 'ipv6', address: 'fe80:0:0:0:0:0:0:1', prefixBits: 64, ifaceIndex: 2, broadcast: null },
    );
    lan.others.set('fd00::64', OTHER_MAC);
    const acquiring = six.acquire(VIP6, { ...FORCED, checkFirst: true });
    await timers.advance(1000);
    expect(await acquiring).toMatchObject({ ok: false, reason: 'in-use' });
    expect(lan.questions.at(-1)).toMatchObject({ family: 'ipv6', source: 'fe80:0:0:0:0:0:0:1' });
    expect((await six.acquire(VIP6, FORCED)).ok).toBe(true);
    six.watch();
    await timers.advance(500);
    expect(six.status()[0]).toMatchObject({ heldOn: 'eth0', conflictMac: OTHER_MAC });
    expect(six.status()[0]?.probedAgoMs).toBeLessThan(1000);
    six.stop();
  });
});

// Method: the holder before answers until it lets go; then the address, which another program added, is here.
test('only watched: the holder before is no second one, and one that answers on is; nothing is ever announced', async () => {
  const watched = new Vips([VIP], {
    kernel,
    lan,
    timers,
    now: timers.now,
    routesText: () => '',
    publish: (draft) => void events.push(draft.body),
    watchOnly: true,
    secondHolder: () => undefined,
  });
  watched.watch();
  lan.others.set(VIP.spec.address, OTHER_MAC);
  await timers.advance(ASK_PERIOD_MS);
  expect(watched.status()[0]?.conflictMac).toBe(OTHER_MAC);
  lan.others.clear();
  kernel.add({
    family: 'ipv4',
    address: VIP.spec.address,
    prefixBits: 24,
    ifaceIndex: 2,
    broadcast: null,
    label: null,
  });
  await timers.advance(HEAR_PERIOD_MS);
  watched.noteHere(VIP, true);
  await timers.advance(4 * ASK_PERIOD_MS);
  expect(changes()).toEqual([]);
  lan.others.set(VIP.spec.address, OTHER_MAC);
  await timers.advance(2 * ASK_PERIOD_MS);
  expect(changes()).toEqual(['conflict']);
  lan.others.clear();
  await timers.advance(4 * ASK_PERIOD_MS);
  expect(changes()).toEqual(['conflict', 'conflict-over']);
  expect(lan.announced).toEqual([]);
  watched.stop();
});
