/** When a silent peer's groups may be taken: fencing, reference, two links, and a person's word. */
import { describe, expect, test } from 'vitest';
import { DEADTIME_MS, Harness, KEEPALIVE_MS, testConfig } from '../../support/engineHarness.ts';
import {
  BEAT,
  INITDEAD_MS,
  joined,
  view,
  stonithResults,
  answerFence,
  acquired,
  fences,
} from '../../support/silentPeer.ts';

describe('fencing', () => {
  test('nothing is taken before the device reports success, however long that takes', () => {
    const h = joined({ fencingDevice: 'external/ipmi' });
    h.run(DEADTIME_MS);
    expect(h.commands).toMatchObject([{ kind: 'fence', node: 'node2' }]);
    expect(view(h)).toMatchObject({ fencing: 'running', hold: { reasons: ['fencing'], sinceMs: 0 } });
    h.run(600_000);
    expect(h.commands).toHaveLength(1);
    answerFence(h, true);
    expect(acquired(h)).toEqual(['vip2']);
    expect(stonithResults(h)).toEqual(['OK']);
    expect(view(h)).toMatchObject({ fencing: 'done', hold: null, mine: 'all' });
    expect(h.eventsOf('takeover-hold').at(-1)).toMatchObject({ over: true, reasons: [] });
  });

  test('a failure is retried every five seconds for ever and is never a success', () => {
    const h = joined({ fencingDevice: 'external/ipmi' });
    h.run(DEADTIME_MS);
    for (let i = 1; i <= 20; i++) {
      expect(fences(h)).toBe(i);
      answerFence(h, false, 'no answer');
      h.run(4999);
      expect(fences(h)).toBe(i);
      h.run(1);
    }
    expect(acquired(h)).toEqual([]);
    expect(new Set(stonithResults(h))).toEqual(new Set(['bad']));
    expect(view(h).hold?.reasons).toEqual(['fencing-failed']);
    // The reasons changed once, not with every try.
    expect(h.eventsOf('takeover-hold')).toHaveLength(2);
    answerFence(h, true);
    expect(acquired(h)).toEqual(['vip2']);
  });

  test('a host that the device does not know is told as the real daemon tells it', () => {
    const h = joined({ fencingDevice: 'external/ipmi' });
    h.run(DEADTIME_MS);
    answerFence(h, false, 'BADHOST: not in the host list');
    expect(stonithResults(h)).toEqual(['badhost']);
  });

  test('without a device the real daemon takes over at once and says what that means; so do we', () => {
    const h = joined({});
    h.run(DEADTIME_MS);
    expect(acquired(h)).toEqual(['vip2']);
    expect(h.eventsOf('fencing')).toMatchObject([{ phase: 'not-configured' }]);
    expect(stonithResults(h)).toEqual(['n_stnth']);
  });

  test('the condition `fencing` without a device holds for ever: only a person lifts it', () => {
    const h = joined({ takeoverRequires: ['fencing'] });
    h.obliging = false;
    h.run(DEADTIME_MS);
    answerFence(h, false, 'no device');
    h.run(60_000);
    expect(acquired(h)).toEqual([]);
    h.step({ kind: 'confirm-dead' });
    expect(acquired(h)).toEqual(['vip2']);
  });

  test('a graceful stop is never fenced, nor the silence after it', () => {
    const requires = ['two-links', 'reference', 'fencing'] as const;
    const h = joined({ fencingDevice: 'external/ipmi', takeoverRequires: requires, pingNodes: ['gw'] }, ['l1']);
    h.hear('shutdone', { st: 'dead' });
    expect(acquired(h)).toEqual(['vip2']);
    h.run(60_000);
    expect(fences(h)).toBe(0);
    expect(stonithResults(h)).toEqual(['unneeded']);
    expect(h.eventsOf('fencing')).toMatchObject([{ phase: 'not-needed' }]);
  });

  test('a settled real peer that said it holds nothing is not fenced', () => {
    const h = joined({ fencingDevice: 'external/ipmi' });
    h.hear('resource', { rsc_hold: 'none', rtype: 'full', isstable: '1' });
    h.run(DEADTIME_MS);
    expect(fences(h)).toBe(0);
    expect(acquired(h)).toEqual(['vip2']);
    expect(stonithResults(h)).toEqual(['unneeded']);
  });

  test('a spare that can only have held the empty set is not fenced: no race of two devices', () => {
    const h = joined({ fencingDevice: 'external/ipmi', foreignGroups: [] });
    h.run(DEADTIME_MS);
    expect(fences(h)).toBe(0);
    expect(view(h).mine).toBe('all');
  });

  test('a peer that was never heard is fenced before anything is started, own groups too', () => {
    const h = new Harness(testConfig({ fencingDevice: 'external/ipmi' }));
    h.step({ kind: 'start' });
    h.run(INITDEAD_MS);
    expect(h.commands).toMatchObject([{ kind: 'fence' }]);
    answerFence(h, true);
    expect(acquired(h).sort()).toEqual(['vip1', 'vip2']);
  });

  test('the node was reset and is back with a new life before the device answers: nothing is left to take', () => {
    const h = joined({ fencingDevice: 'external/ipmi' });
    h.run(DEADTIME_MS);
    h.peerRestarts();
    h.hear('status', { ...BEAT, st: 'init' });
    expect(view(h)).toMatchObject({ fencing: 'none', hold: null });
    answerFence(h, true);
    h.runWithPeer(3000);
    expect(acquired(h)).toEqual([]);
    expect(view(h).fencing).toBe('none');
  });

  test('a success for an earlier life proves nothing of the present one, which is fenced again', () => {
    const h = joined({ fencingDevice: 'external/ipmi' });
    h.run(DEADTIME_MS);
    h.peerRestarts();
    h.hear('status', { ...BEAT, st: 'up' });
    h.run(DEADTIME_MS);
    expect(view(h)).toMatchObject({ fencing: 'running', hold: { reasons: ['fencing'] } });
    expect(fences(h)).toBe(1);
    answerFence(h, true);
    expect(acquired(h)).toEqual([]);
    expect(fences(h)).toBe(2);
    answerFence(h, true);
    expect(acquired(h)).toEqual(['vip2']);
  });

  test('healed with the same life while the device works: not taken, until that reset really silences it', () => {
    const h = joined({ fencingDevice: 'external/ipmi' });
    h.run(DEADTIME_MS);
    h.hear('status', { ...BEAT, tbv: '1' });
    expect(h.eventsOf('takeover-hold').at(-1)).toMatchObject({ over: true });
    h.run(500);
    answerFence(h, true);
    expect(acquired(h)).toEqual([]);
    // The reset comes: silence. It is the life that was proved dead, so no second reset is needed.
    h.run(DEADTIME_MS);
    expect(fences(h)).toBe(1);
    expect(acquired(h)).toEqual(['vip2']);
  });

  test('a device that lies is found out: its success is void and says so', () => {
    const h = joined({ fencingDevice: 'external/ipmi' });
    h.run(DEADTIME_MS);
    h.hear('status', { ...BEAT, tbv: '1' });
    answerFence(h, true);
    h.run(KEEPALIVE_MS);
    h.hear('status', { ...BEAT, tbv: '1' });
    expect(h.eventsOf('fencing').at(-1)).toMatchObject({ phase: 'failed' });
    h.run(DEADTIME_MS);
    expect(fences(h)).toBe(2);
    expect(acquired(h)).toEqual([]);
  });

  test('an operator cannot take over around the fencing', () => {
    const h = joined({ fencingDevice: 'external/ipmi' });
    h.run(DEADTIME_MS);
    h.step({ kind: 'operator', request: 'takeover', set: 'all' });
    expect(acquired(h)).toEqual([]);
    expect(h.eventsOf('standby').at(-1)).toMatchObject({ phase: 'refused' });
  });

  test('a result that comes after our own end is taken without harm', () => {
    const h = joined({ fencingDevice: 'external/ipmi' });
    h.run(DEADTIME_MS);
    h.step({ kind: 'stop' });
    expect(h.eventsOf('takeover-hold').at(-1)).toMatchObject({ over: true });
    answerFence(h, true);
    expect(acquired(h)).toEqual([]);
  });
});

describe('a person confirms', () => {
  test('it lifts every hold, counts as a fencing success, and only for this death', () => {
    const h = joined(
      { fencingDevice: 'external/ipmi', takeoverRequires: ['two-links', 'reference'], pingNodes: ['gw'] },
      ['l1'],
    );
    h.answering.clear();
    h.run(DEADTIME_MS);
    expect(view(h).hold?.reasons).toEqual(['fencing', 'reference-silent', 'one-link']);
    // Nobody is shot by a node that may be the one that is cut off.
    expect(fences(h)).toBe(0);
    h.step({ kind: 'confirm-dead' });
    expect(acquired(h).sort()).toContain('vip2');
    expect(stonithResults(h)).toEqual(['OK']);
    expect(view(h)).toMatchObject({ fencing: 'done', hold: null });
    h.run(60_000);
    expect(view(h).mine).toBe('all');
    h.peerRestarts();
    h.hear('status', { ...BEAT, st: 'up' });
    h.run(DEADTIME_MS);
    expect(view(h)).toMatchObject({ fencing: 'none', mine: 'none' });
    expect(view(h).hold?.reasons).toContain('reference-silent');
    expect(h.eventsOf('problem').at(-1)).toMatchObject({ code: 'isolated', over: false });
  });

  test('it is refused while the peer lives, and after a graceful stop', () => {
    const h = joined({ fencingDevice: 'external/ipmi' });
    h.step({ kind: 'confirm-dead' });
    expect(h.eventsOf('log').at(-1)?.text).toContain('refused');
    h.run(DEADTIME_MS - 1);
    expect(stonithResults(h)).toEqual([]);
    h.hear('shutdone', { st: 'dead' });
    h.run(60_000);
    h.step({ kind: 'confirm-dead' });
    expect(stonithResults(h)).toEqual(['unneeded']);
  });
});

describe('reference', () => {
  const config = { takeoverRequires: ['reference'], pingNodes: ['gw', 'dns'], deadpingMs: 3000 } as const;

  test('a ping node that answers after the peer fell silent lets the takeover go on at once', () => {
    const h = joined(config);
    h.run(DEADTIME_MS);
    expect(acquired(h)).toEqual(['vip2']);
  });

  test('one that is still called up, but from before the silence, does not', () => {
    const h = joined({ ...config, deadpingMs: 60_000 });
    h.answering.clear();
    h.run(DEADTIME_MS);
    expect(view(h).pingNodes.map((p) => p.status)).toEqual(['up', 'up']);
    expect(view(h).hold?.reasons).toEqual(['reference-silent']);
    h.run(1000);
    h.answering.add('dns');
    // The peer may come back with it: it is given its deadtime to show.
    h.run(DEADTIME_MS - KEEPALIVE_MS);
    expect(acquired(h)).toEqual([]);
    h.run(2 * KEEPALIVE_MS);
    expect(acquired(h)).toEqual(['vip2']);
  });

  /**
   * Found by: npm run sim. 1. The takeover waits for the device. 2. The machine sleeps; the reference falls silent. 3. It wakes, the device has
   * reported, and by its clock, which stood still, the reference answered just now.
   */
  test('a reply from before a sleep does not, and nothing is seized while we only watch', () => {
    const h = joined({ ...config, fencingDevice: 'external/ipmi' });
    h.run(DEADTIME_MS);
    const fence = h.commands.find(({ kind }) => kind === 'fence')!;
    h.answering.clear();
    h.step({ kind: 'stalled', gapMs: 3 * KEEPALIVE_MS + 500 });
    h.step({ kind: 'command-done', id: fence.id, ok: true, detail: '' });
    expect(acquired(h)).toEqual([]);
    h.run(2 * KEEPALIVE_MS);
    expect(acquired(h)).toEqual([]);
    expect(view(h).hold?.reasons).toContain('reference-silent');
  });

  test('what waited for the device is not seized before the grace of a late step is over', () => {
    const h = joined({ fencingDevice: 'external/ipmi' });
    h.run(DEADTIME_MS);
    const fence = h.commands.find(({ kind }) => kind === 'fence')!;
    h.nowMs += 2 * KEEPALIVE_MS;
    h.step({ kind: 'command-done', id: fence.id, ok: true, detail: '' });
    expect(acquired(h)).toEqual([]);
    h.run(DEADTIME_MS / 4);
    expect(acquired(h)).toEqual(['vip2']);
  });

  /** Found by: npm run sim. The switch is up just before initdead is over; a ping node's reply is here before the peer's next heartbeat. */
  test('at a cold start as well: one that answers late has to answer for a deadtime', () => {
    const h = new Harness(testConfig({ ...config, initdeadMs: 10_000 }));
    h.step({ kind: 'start' });
    h.run(9500);
    h.answering.add('gw').add('dns');
    h.run(DEADTIME_MS);
    expect(acquired(h)).toEqual([]);
    h.run(2 * KEEPALIVE_MS);
    expect(acquired(h).sort()).toEqual(['vip1', 'vip2']);
  });

  test('a holder that loses peer and reference gives up everything before the other may seize', () => {
    const h = joined(config);
    h.answering.clear();
    h.run(DEADTIME_MS - 1);
    expect(h.commands).toMatchObject([{ kind: 'release', groups: ['vip1'] }]);
    expect(h.eventsOf('problem')).toMatchObject([{ code: 'isolated', over: false }]);
    h.run(60_000);
    expect(view(h)).toMatchObject({ mine: 'none', hold: { reasons: ['reference-silent'] } });
    expect(acquired(h)).toEqual([]);
    h.answering.add('gw');
    h.run(DEADTIME_MS - KEEPALIVE_MS);
    expect(acquired(h)).toEqual([]);
    h.run(2 * KEEPALIVE_MS);
    expect(acquired(h).sort()).toEqual(['vip1', 'vip2']);
    expect(h.eventsOf('problem').at(-1)).toMatchObject({ code: 'isolated', over: true });
  });

  test('after a takeover the reference is watched; what was lost is taken again when it is back', () => {
    const h = joined(config);
    h.run(20_000);
    expect(view(h).mine).toBe('all');
    h.answering.clear();
    h.run(3000 + KEEPALIVE_MS);
    expect(view(h).mine).toBe('none');
    h.answering.add('gw');
    h.run(DEADTIME_MS + KEEPALIVE_MS);
    expect(view(h).mine).toBe('all');
  });

  test('the reference alone may die: the peer is heard, so nothing moves', () => {
    const h = joined(config);
    h.answering.clear();
    h.runWithPeer(30_000);
    expect(h.commands).toEqual([]);
  });

  test('the switch is away for a little less than deadtime: the first reply is no proof, the next heartbeat is on its way', () => {
    const h = joined({ ...config, deadpingMs: DEADTIME_MS });
    h.answering.clear();
    h.run(4500);
    h.answering.add('gw');
    h.run(1000);
    expect(view(h).hold?.reasons).toEqual(['reference-silent']);
    h.hear('status', { ...BEAT, tbv: '1' });
    h.runWithPeer(10_000, 'active', { tbv: '1' });
    expect(acquired(h)).toEqual([]);
  });

  test('one lost echo costs nothing', () => {
    const h = joined(config);
    h.run(3500);
    h.answering.clear();
    h.run(KEEPALIVE_MS);
    h.answering.add('gw');
    h.run(500);
    expect(acquired(h)).toEqual(['vip2']);
  });

  test('what was given up in isolation is not started again while the peer is only late', () => {
    const h = joined(config);
    h.answering.clear();
    h.run(4900);
    expect(view(h).peer.status).toBe('active');
    expect(h.commands).toMatchObject([{ kind: 'release' }]);
  });

  test('a peer that stopped may have come back unheard: alone, everything is given up as well', () => {
    const h = joined(config);
    h.hear('shutdone', { st: 'dead' });
    h.run(20_000);
    h.answering.clear();
    h.run(5000);
    expect(view(h)).toMatchObject({ mine: 'none', hold: { reasons: ['reference-silent'] } });
  });

  test('deadping longer than deadtime leaves a window in which both hold: said at the start', () => {
    const h = joined({});
    expect(h.eventsOf('problem')).toEqual([]);
    const long = new Harness(testConfig({ ...config, deadpingMs: DEADTIME_MS + 1 }));
    long.step({ kind: 'start' });
    expect(long.eventsOf('problem')).toMatchObject([{ code: 'deadping-too-long' }]);
  });
});

describe('two links', () => {
  const config = { takeoverRequires: ['two-links'] } as const;

  test('two links that fell silent together are a death', () => {
    const h = joined(config);
    h.run(DEADTIME_MS);
    expect(acquired(h)).toEqual(['vip2']);
  });

  test('one link that was left alone before is perhaps a cable', () => {
    const h = joined(config);
    // l2 is cut: heartbeats come on l1 alone, for longer than a deadtime.
    h.runWithPeer(DEADTIME_MS + KEEPALIVE_MS);
    h.run(DEADTIME_MS);
    expect(view(h).hold?.reasons).toEqual(['one-link']);
    h.run(60_000);
    expect(acquired(h)).toEqual([]);
    h.hear('status', BEAT);
    expect(view(h).hold).toBeNull();
  });

  test('a peer never heard is held at a cold start, own groups too, until a person vouches for it', () => {
    const h = new Harness(testConfig(config));
    h.step({ kind: 'start' });
    h.run(60_000);
    expect(h.commands).toEqual([]);
    expect(view(h).hold).toMatchObject({ reasons: ['one-link'], sinceMs: 50_000 });
    h.step({ kind: 'confirm-dead' });
    expect(acquired(h).sort()).toEqual(['vip1', 'vip2']);
  });

  test('held at a cold start, then heard: the usual way goes on', () => {
    const h = new Harness(testConfig(config));
    h.step({ kind: 'start' });
    h.run(20_000);
    h.hear('status', BEAT);
    expect(view(h).hold).toBeNull();
    expect(h.sentOf('starting').length).toBeGreaterThan(0);
    h.hear('resource', { rsc_hold: 'local', rtype: 'full', isstable: '1' });
    expect(acquired(h)).toEqual(['vip1']);
    expect(view(h)).toMatchObject({ mine: 'local', theirs: 'local' });
  });

  test('held in the middle of the start-up, then heard again: its new report is waited for', () => {
    const h = new Harness(testConfig(config));
    h.step({ kind: 'start' });
    h.hear('status', BEAT);
    h.hear('repnodes', { dest: 'node1', nodelist: 'node1 node2 ', delnodelist: ' ' });
    h.hear('resource', { rsc_hold: 'none', rtype: 'full', isstable: '0' });
    h.run(30_000);
    expect(view(h).hold?.reasons).toEqual(['one-link']);
    h.hear('status', BEAT);
    h.runWithPeer(3000);
    expect(acquired(h)).toEqual([]);
    h.hear('resource', { rsc_hold: 'all', rtype: 'full', isstable: '1' });
    expect(acquired(h)).toEqual([]);
  });
});
