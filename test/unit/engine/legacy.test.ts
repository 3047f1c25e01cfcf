/** `auto_failback legacy`. What the real daemon says was captured from a pair of two in the rack. */
import { describe, expect, test } from 'vitest';
import { instant } from '../../../agent/common/base/instant.ts';
import type { EngineConfig } from '../../../agent/common/engine/types.ts';
import { fieldText } from '../../../agent/common/wire/message.ts';
import type { WireMessage } from '../../../agent/common/wire/message.ts';
import { DEADTIME_MS, Harness, testConfig } from '../../support/engineHarness.ts';

const BEAT = { dt: '1388', protocol: '1' };

function node(changes: Partial<EngineConfig> = {}): Harness {
  const h = new Harness(testConfig({ autoFailback: 'legacy', ...changes }));
  h.step({ kind: 'start' });
  return h;
}

/** Joins a peer whose status is `st`. */
function join(h: Harness, st = 'active', extra: Record<string, string> = {}): void {
  h.hear('status', { st, ...BEAT, ...extra });
  h.hear('repnodes', { dest: 'node1', nodelist: 'node1 node2 ', delnodelist: ' ' });
}

/** The peer comes up beside us, who hold everything. */
function returns(h: Harness): void {
  for (const st of ['init', 'up', 'active']) h.hear('status', { st, ...BEAT });
}

function answer(h: Harness, key: string, weown = 'yes', dest = 'node1'): WireMessage {
  return h.hear('ip-request-resp', { dest, ipaddr: key, weown, ok: 'OK' });
}

function view(h: Harness) {
  return h.engine.snapshot(instant(h.nowMs));
}

function requests(h: Harness): (string | undefined)[] {
  return h.sentOf('ip-request').map((m) => fieldText(m, 'ipaddr'));
}

function answers(h: Harness): string[] {
  return h
    .sentOf('ip-request-resp')
    .map((m) => ['dest', 'ipaddr', 'weown', 'ok'].map((n) => fieldText(m, n)).join(' '));
}

describe('coming up', () => {
  test('beside an active peer: our groups are asked for, and started when all are answered', () => {
    const h = node({ localGroups: ['IPaddr::10.0.0.9', 'vip1'] });
    join(h);
    expect(requests(h)).toEqual(['10.0.0.9', 'vip1']);
    expect(h.sentOf('starting')).toHaveLength(0);
    answer(h, 'vip1');
    expect(h.commands).toHaveLength(0);
    answer(h, '10.0.0.9', 'no');
    expect(h.commands).toMatchObject([{ kind: 'acquire', groups: ['IPaddr::10.0.0.9', 'vip1'] }]);
    expect(view(h)).toMatchObject({ mine: 'local', theirs: 'local', stable: true });
  });

  test('beside a peer whose newest status is overtaken by its repnodes: it is waited for', () => {
    const h = node();
    h.hear('status', { st: 'up', ...BEAT });
    const late = h.peerMessage('status', { st: 'active', ...BEAT });
    h.hear('repnodes', { dest: 'node1', nodelist: 'node1 node2 ', delnodelist: ' ' });
    // Found by: npm run sim. The first status was from before it was active, and we started our group beside it.
    expect(h.commands).toHaveLength(0);
    h.arrive(late);
    expect(requests(h)).toEqual(['vip1']);
    expect(h.commands).toHaveLength(0);
  });

  /**
   * Found by: npm run sim. 1. The peer gives our group up and answers; the links are cut. 2. It calls us dead and takes the group again.
   * 3. The links are back, its report comes, and after that, sent again, the answer.
   */
  test('an answer that a report has overtaken is void: the group is asked for again', () => {
    const h = node();
    join(h, 'active', { tbv: '1' });
    const late = h.peerMessage('ip-request-resp', { dest: 'node1', ipaddr: 'vip1', weown: 'yes', ok: 'OK' });
    h.hear('resource', { rsc_hold: 'all', rtype: 'full', isstable: '1', tbc: 'local:1 foreign:9' });
    h.arrive(late);
    expect(h.commands).toHaveLength(0);
    h.runWithPeer(6000, 'active', { tbv: '1' });
    expect(requests(h)).toEqual(['vip1', 'vip1']);
    answer(h, 'vip1');
    expect(h.commands).toMatchObject([{ kind: 'acquire', groups: ['vip1'] }]);
  });

  test('beside a peer that is itself coming up nobody is asked: it runs nothing', () => {
    const h = node();
    join(h, 'up');
    expect(requests(h)).toEqual([]);
    expect(h.commands).toMatchObject([{ kind: 'acquire', groups: ['vip1'] }]);
  });

  test('alone: everything is taken after initdead', () => {
    const h = node();
    h.run(10_000);
    expect(h.commands).toMatchObject([{ groups: ['vip2'] }, { groups: ['vip1'] }]);
  });

  test('an unanswered request is repeated, and does not block when the peer dies', () => {
    const h = node();
    join(h);
    h.runWithPeer(10_500);
    expect(requests(h)).toEqual(['vip1', 'vip1', 'vip1']);
    expect(h.commands).toHaveLength(0);
    h.run(DEADTIME_MS);
    expect(h.commands).toMatchObject([{ groups: ['vip2'] }, { groups: ['vip1'] }]);
    const sent = requests(h).length;
    h.run(20_000);
    expect(requests(h)).toHaveLength(sent);
  });

  test("answers of others, in nobody's name or to what was not asked start nothing", () => {
    const h = node();
    join(h);
    answer(h, 'vip1', 'yes', 'node2');
    answer(h, 'vip2');
    h.hear('ip-request-resp', { ipaddr: 'vip1', weown: 'yes', ok: 'OK' });
    h.hear('ip-request-resp', { dest: 'node1', ipaddr: 'vip1', weown: 'yes', ok: 'DENY' });
    expect(h.commands).toHaveLength(0);
    answer(h, 'vip1');
    answer(h, 'vip1');
    expect(h.commands).toHaveLength(1);
  });
});

describe('asked for a group', () => {
  /** Holds everything; the real peer has just come back. */
  function holdsAll(): Harness {
    const h = node();
    h.run(11_000);
    returns(h);
    h.commands.length = 0;
    return h;
  }

  test('the answer leaves when the group is down, not before', () => {
    const h = holdsAll();
    h.obliging = false;
    h.hear('ip-request', { ipaddr: 'vip2' });
    h.hear('ip-request', { ipaddr: 'vip2' });
    expect(h.commands).toMatchObject([{ kind: 'release', groups: ['vip2'] }]);
    h.run(500);
    expect(answers(h)).toEqual([]);
    h.step({ kind: 'command-done', id: h.commands[0]!.id, ok: true, detail: '' });
    expect(answers(h)).toEqual(['node2 vip2 yes OK']);
    expect(view(h)).toMatchObject({ mine: 'local', theirs: 'local', stable: true });
  });

  test('what does not run here is answered at once, with no', () => {
    const h = holdsAll();
    h.hear('ip-request', { ipaddr: 'vip2' });
    h.hear('ip-request', { ipaddr: 'vip2' });
    h.hear('ip-request', { ipaddr: 'elsewhere' });
    expect(answers(h)).toEqual(['node2 vip2 yes OK', 'node2 vip2 no OK', 'node2 elsewhere no OK']);
  });

  test('a peer that asks for the nodes hears our status first, or it would not ask for its groups', () => {
    const h = holdsAll();
    h.sent.length = 0;
    h.hear('reqnodes', { dest: 'node1' });
    expect(h.sent.map((m) => fieldText(m, 't')).filter((t) => t !== 'NS_ackmsg')).toEqual(['status', 'repnodes']);
    expect(fieldText(h.sent[0]!, 'st')).toBe('active');
  });

  test('one that starts its group without asking tells itself so: it is released here', () => {
    const h = holdsAll();
    answer(h, 'vip1', 'yes', 'node2');
    expect(h.commands).toHaveLength(0);
    answer(h, 'vip2', 'yes', 'node2');
    expect(h.commands).toMatchObject([{ kind: 'release', groups: ['vip2'] }]);
    expect(answers(h)).toEqual([]);
  });

  test('our own group is not given away and not answered for', () => {
    const h = holdsAll();
    h.hear('ip-request', { ipaddr: 'vip1' });
    expect(answers(h)).toEqual([]);
    expect(h.commands).toHaveLength(0);
  });

  test('a group that cannot be stopped is not answered for', () => {
    const h = holdsAll();
    h.obliging = false;
    h.hear('ip-request', { ipaddr: 'vip2' });
    for (let i = 0; i < 2; i++) h.step({ kind: 'command-done', id: h.commands[i]!.id, ok: false, detail: 'hangs' });
    h.run(3000);
    expect(answers(h)).toEqual([]);
  });

  test('in the other family it is answered as well, and the mixture is named, once', () => {
    const h = node({ autoFailback: 'on' });
    h.run(11_000);
    returns(h);
    h.hear('ip-request', { ipaddr: 'vip2' });
    h.hear('ip-request', { ipaddr: 'vip2' });
    expect(answers(h)).toEqual(['node2 vip2 yes OK', 'node2 vip2 no OK']);
    expect(view(h).mine).toBe('local');
    expect(h.eventsOf('problem')).toMatchObject([{ code: 'failback-mixed', over: false }]);
    expect(h.eventsOf('problem')[0]!.detail).toContain('on here and legacy on node2');
    h.peerRestarts();
    h.hear('status', { st: 'init', ...BEAT });
    expect(h.eventsOf('problem').at(-1)).toMatchObject({ code: 'failback-mixed', over: true });
  });
});

describe('a peer of the other family', () => {
  test('says `starting`: named, not answered, and ours are started when it gave them up', () => {
    const h = node();
    join(h);
    h.hear('starting');
    h.hear('starting');
    expect(h.eventsOf('problem')).toMatchObject([{ code: 'failback-mixed', over: false }]);
    expect(h.sentOf('resource')).toHaveLength(0);
    answer(h, 'vip1');
    expect(h.commands).toMatchObject([{ groups: ['vip1'] }]);
  });

  test('a Twinbeat peer of our own family that asks for our report after a split is no mixture', () => {
    const h = node();
    join(h, 'active', { tbv: '1' });
    h.hear('starting', { tbf: 'legacy' });
    expect(h.eventsOf('problem')).toHaveLength(0);
    expect(h.sentOf('resource').length).toBeGreaterThan(0);
    const on = node({ autoFailback: 'on' });
    join(on, 'active', { tbv: '1' });
    on.hear('starting', { tbf: 'legacy' });
    expect(on.eventsOf('problem')).toMatchObject([{ code: 'failback-mixed' }]);
  });

  test('that is active and never says what it holds is named by the node that waits for it', () => {
    const h = node({ autoFailback: 'off' });
    join(h);
    h.runWithPeer(9000);
    expect(h.eventsOf('problem')).toHaveLength(0);
    h.runWithPeer(2000);
    expect(h.eventsOf('problem')).toMatchObject([{ code: 'failback-mixed' }]);
    expect(h.commands).toHaveLength(0);
    // Found by: npm run sim. Its answer was only late: no link had carried anything for a while.
    h.hear('resource', { rsc_hold: 'local', rtype: 'full', isstable: '1' });
    expect(h.eventsOf('problem').at(-1)).toMatchObject({ code: 'failback-mixed', over: true });
  });
});

describe('no standby', () => {
  test('neither asked for by an operator nor by the peer', () => {
    const h = node();
    join(h);
    answer(h, 'vip1');
    const before = h.commands.length;
    h.step({ kind: 'operator', request: 'standby', set: 'all' });
    h.step({ kind: 'operator', request: 'takeover', set: 'foreign' });
    h.hear('ask_resources', { rsc_hold: 'local', info: 'me' });
    h.hear('hb_takeover', { rsc_hold: 'foreign' });
    expect(h.eventsOf('standby').map((e) => e.phase)).toEqual(['refused', 'refused']);
    expect(h.sentOf('ask_resources')).toHaveLength(0);
    expect(h.commands).toHaveLength(before);
  });
});

describe('a stop', () => {
  test('sends shutdone and no report that a real legacy daemon would not know', () => {
    const h = node();
    join(h);
    answer(h, 'vip1');
    h.step({ kind: 'stop' });
    expect(h.commands.at(-1)).toMatchObject({ kind: 'release', groups: ['vip1'] });
    expect(h.sentOf('shutdone')).toHaveLength(1);
    expect(h.sentOf('resource')).toHaveLength(0);
  });
});
