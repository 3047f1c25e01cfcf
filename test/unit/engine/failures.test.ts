/** Scripts that fail: what could not be stopped stays claimed, what could not be started is said until it works. */
import { describe, expect, test } from 'vitest';
import type { EngineCommand } from '../../../agent/common/engine/types.ts';
import type { ResourceSet } from '../../../agent/common/timeline/event.ts';
import { fieldText } from '../../../agent/common/wire/message.ts';
import { Harness, testConfig } from '../../support/engineHarness.ts';

const BEAT = { st: 'active', dt: '1388', protocol: '1', tbv: '1' };

class Failing extends Harness {
  /** `acquire vip1`: commands that fail. */
  readonly failing = new Set<string>();

  constructor(localGroups: readonly string[] = testConfig().localGroups) {
    super({ ...testConfig(), localGroups });
    this.obliging = false;
  }

  /** Answers everything that waits, and what follows from it. */
  answer(): void {
    while (this.answered < this.commands.length) {
      const command = this.commands[this.answered++] as EngineCommand;
      if (command.kind !== 'acquire' && command.kind !== 'release') continue;
      const ok = !this.failing.has(`${command.kind} ${command.groups.join()}`);
      this.step({ kind: 'command-done', id: command.id, ok, detail: ok ? '' : 'planned' });
    }
  }

  private answered = 0;

  /** Time passes beside a Twinbeat peer; commands are answered. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left -= 1000) {
      this.runWithPeer(1000, 'active', { tbv: '1' });
      this.answer();
    }
  }

  /** Starts, and is active when nobody else came. */
  startAlone(): void {
    this.step({ kind: 'start' });
    this.run(10_000);
    this.answer();
  }

  /** A Twinbeat peer comes that holds nothing. */
  peerComes(): void {
    this.hear('status', BEAT);
    this.hear('starting');
    this.peerReports('none', '-');
  }

  /** A settled peer says what it runs, what it claims, and what it could not start. */
  peerReports(holds: ResourceSet, claims: string, failed?: ResourceSet): void {
    const tried = failed === undefined ? {} : { tbx: failed };
    this.hear('resource', { rsc_hold: holds, rtype: 'full', isstable: '1', tbc: claims, ...tried });
  }

  /** An operator has it hand over `set`, and the peer agrees to take it. */
  gives(set: 'local' | 'foreign' | 'all'): void {
    this.step({ kind: 'operator', request: 'standby', set });
    this.hear('ask_resources', { rsc_hold: set, info: 'other' });
    this.answer();
  }

  get problems(): string[] {
    return this.eventsOf('problem').map((p) => `${p.code} ${p.over ? 'over' : 'begins'} ${p.detail}`);
  }

  report(): string[] {
    const last = this.sentOf('resource').at(-1)!;
    return [
      fieldText(last, 'rsc_hold')!,
      fieldText(last, 'tbc')!.replace(/:[0-9]+/g, ''),
      fieldText(last, 'isstable')!,
    ];
  }

  count(kind: string): number {
    return this.commands.filter((c) => c.kind === kind).length;
  }
}

/** Holds everything beside a Twinbeat peer that holds nothing. */
function holdsAll(): Failing {
  const h = new Failing();
  h.startAlone();
  h.peerComes();
  h.events.length = 0;
  h.commands.length = 0;
  h['answered'] = 0;
  return h;
}

describe('a stop that fails twice', () => {
  test('in a standby: the hand-over is withdrawn, and both sets are started again, also what is healthy of the stuck one', () => {
    const h = holdsAll();
    h.failing.add('release vip2');
    h.gives('all');
    expect(h.eventsOf('standby').at(-1)).toMatchObject({ phase: 'refused' });
    expect(h.sentOf('ask_resources').map((m) => fieldText(m, 'info'))).toEqual(['me']);
    expect(h.commands.slice(-2).map((c) => 'groups' in c && [c.kind, ...c.groups])).toEqual([
      ['acquire', 'vip2'],
      ['acquire', 'vip1'],
    ]);
    h.pass(30_000);
    expect(h.report()).toEqual(['all', 'foreign local', '1']);
    expect(h.engine.snapshot({ monotonicMs: h.nowMs }).mine).toBe('all');
    expect(h.problems).toEqual(['stop-failed begins foreign: planned', 'stop-failed over foreign: planned']);
  });

  test('and does not start again either: the set stays claimed and its healthy groups stay up', () => {
    const h = holdsAll();
    h.failing.add('release vip2').add('acquire vip2');
    h.gives('all');
    expect(h.problems).toEqual(['stop-failed begins foreign: planned', 'acquire-failed begins foreign: planned']);
    h.pass(30_000);
    expect(h.report()).toEqual(['all', 'foreign local', '1']);
    // Not called held: half of it may be down. Not tried again: nobody else waits for it.
    expect(h.engine.snapshot({ monotonicMs: h.nowMs }).mine).toBe('local');
    expect(h.count('release')).toBe(3);
    expect(h.eventsOf('restart')).toEqual([]);
  });

  // Found by: npm run sim -- --seed 707163 --profile fencing
  test('of a set that is only half ours, the half of the peer is not started', () => {
    const h = holdsAll();
    h.gives('foreign');
    h.peerReports('local', 'local:9');
    h.failing.add('release vip1');
    h.gives('all');
    expect(h.eventsOf('standby').at(-1)).toMatchObject({ phase: 'refused' });
    // What is ours of it is started again.
    expect(h.commands.filter((c) => c.kind === 'acquire').map((c) => c.groups)).toEqual([['vip1']]);
  });

  test('an operator can have it stopped again, or started again, and then the problem is over', () => {
    for (const request of ['standby', 'takeover'] as const) {
      const h = holdsAll();
      h.failing.add('release vip2').add('acquire vip2');
      h.gives('foreign');
      expect(h.problems).toHaveLength(2);
      h.events.length = 0;
      h.peerReports('none', '-');
      h.failing.clear();
      h.step({ kind: 'operator', request, set: 'foreign' });
      if (request === 'standby') h.hear('ask_resources', { rsc_hold: 'foreign', info: 'other' });
      h.answer();
      expect(h.problems).toContain('stop-failed over foreign: planned');
      expect(h.commands.at(-1)).toMatchObject({
        kind: request === 'standby' ? 'release' : 'acquire',
        groups: ['vip2'],
      });
    }
  });

  test('a takeover of everything starts it again first, and asks the peer when it is settled', () => {
    const h = holdsAll();
    h.gives('local');
    h.peerReports('foreign', 'foreign:9');
    h.failing.add('release vip2').add('acquire vip2');
    h.gives('foreign');
    for (const works of [false, true]) {
      if (works) h.failing.clear();
      h.events.length = 0;
      h.step({ kind: 'operator', request: 'takeover', set: 'all' });
      expect(h.sentOf('hb_takeover')).toEqual([]);
      h.answer();
      const phases = h.eventsOf('standby').map((e) => e.phase);
      expect(phases).toEqual(works ? ['requested', 'requested'] : ['requested', 'refused']);
    }
    const asked = h.sent.findIndex((m) => fieldText(m, 't') === 'hb_takeover');
    const reported = h.sent.slice(0, asked).filter((m) => fieldText(m, 't') === 'resource');
    expect(fieldText(reported.at(-1)!, 'isstable')).toBe('1');
  });

  test('a takeover of it alone is answered when it runs', () => {
    const h = holdsAll();
    h.failing.add('release vip2').add('acquire vip2');
    h.gives('foreign');
    h.failing.clear();
    h.step({ kind: 'operator', request: 'takeover', set: 'foreign' });
    h.answer();
    expect(h.eventsOf('standby').at(-1)).toMatchObject({ phase: 'done', detail: 'held here' });
  });

  test('in a graceful stop: no `shutdone`, no exit; we go on beating and trying until it works', () => {
    const h = holdsAll();
    h.failing.add('release vip2');
    h.step({ kind: 'stop' });
    h.answer();
    h.pass(30_000);
    expect(h.sentOf('shutdone')).toEqual([]);
    expect(h.count('exit')).toBe(0);
    expect(h.problems).toEqual(['stop-failed begins foreign: planned']);
    const beats = h.sentOf('status').length;
    h.failing.clear();
    h.pass(6000);
    expect(h.sentOf('status').length).toBeGreaterThan(beats);
    expect(h.sentOf('shutdone')).toHaveLength(1);
    expect(h.problems.at(-1)).toBe('stop-failed over foreign: planned');
    h.pass(3000);
    expect(h.count('exit')).toBe(1);
  });

  test('after a start that failed half way: the peer is told hands off until it is down', () => {
    const h = holdsAll();
    h.gives('foreign');
    h.hear('ask_resources', { rsc_hold: 'foreign', info: 'done' });
    h.peerReports('none', '-', 'local');
    h.failing.add('acquire vip2').add('release vip2');
    h.pass(12_000);
    expect(h.problems).toEqual(['acquire-failed begins foreign: planned', 'stop-failed begins foreign: planned']);
    expect(h.report()[0]).toBe('all');
    h.failing.delete('release vip2');
    h.pass(6000);
    expect(h.report()[0]).toBe('local');
  });
});

describe('a start that fails', () => {
  test('is over as soon as a later one works', () => {
    const h = new Failing();
    h.failing.add('acquire vip2');
    h.startAlone();
    expect(h.problems).toEqual(['acquire-failed begins foreign: planned']);
    h.failing.clear();
    h.step({ kind: 'operator', request: 'takeover', set: 'all' });
    h.answer();
    expect(h.problems.at(-1)).toBe('acquire-failed over foreign: planned');
    expect(h.engine.snapshot({ monotonicMs: h.nowMs }).mine).toBe('all');
  });

  // Found by: npm run sim -- --seed 410203 --profile fencing
  test('is tried again when the peer has started over: it was dead in between, noticed or not', () => {
    const h = new Failing();
    h.failing.add('acquire vip1').add('acquire vip2');
    h.startAlone();
    h.peerComes();
    h.failing.clear();
    h.pass(20_000);
    expect(h.engine.snapshot({ monotonicMs: h.nowMs }).mine).toBe('none');
    h.peerRestarts();
    h.peerComes();
    h.pass(20_000);
    expect(h.engine.snapshot({ monotonicMs: h.nowMs }).mine).toBe('all');
  });

  test('of the peer makes our standby refused, not done', () => {
    for (const order of ['report first', 'done first']) {
      const h = holdsAll();
      h.gives('all');
      const report = h.peerMessage('resource', { rsc_hold: 'none', rtype: 'full', isstable: '1', tbc: '-' });
      const done = h.peerMessage('ask_resources', { rsc_hold: 'all', info: 'done' });
      for (const message of order === 'report first' ? [report, done] : [done, report]) h.arrive(message);
      expect(h.eventsOf('standby').map((e) => e.phase)).toEqual(['requested', 'accepted', 'released', 'refused']);
    }
  });

  test('a `done` that overtook the report of success waits for it', () => {
    const h = holdsAll();
    h.gives('all');
    const report = h.peerMessage('resource', {
      rsc_hold: 'all',
      rtype: 'full',
      isstable: '1',
      tbc: 'local:9 foreign:9',
    });
    h.hear('ask_resources', { rsc_hold: 'all', info: 'done' });
    expect(h.eventsOf('standby').at(-1)).toMatchObject({ phase: 'released' });
    h.arrive(report);
    expect(h.eventsOf('standby').at(-1)).toMatchObject({ phase: 'done', detail: 'the peer holds it' });
  });

  test('of ours makes the standby of the peer refused here', () => {
    const h = holdsAll();
    h.gives('foreign');
    h.peerReports('local', 'local:9');
    h.failing.add('acquire vip2');
    h.hear('ask_resources', { rsc_hold: 'local', info: 'me' });
    h.hear('ask_resources', { rsc_hold: 'local', info: 'done' });
    h.answer();
    expect(h.eventsOf('standby').at(-1)).toMatchObject({ phase: 'refused', detail: 'could not start: foreign' });
  });

  test('is over when the peer runs it, not while the peer only begins to', () => {
    const h = new Failing();
    h.failing.add('acquire vip2');
    h.startAlone();
    h.hear('status', BEAT);
    h.hear('starting');
    h.hear('resource', { rsc_hold: 'none', rtype: 'full', isstable: '0', tbc: 'local:9' });
    h.hear('resource', { rsc_hold: 'local', rtype: 'full', isstable: '0', tbc: '-' });
    expect(h.problems).toEqual(['acquire-failed begins foreign: planned']);
    h.peerReports('local', 'local:10');
    expect(h.problems.at(-1)).toBe('acquire-failed over foreign: planned');
  });

  test('two sets end apart', () => {
    const h = new Failing();
    h.failing.add('acquire vip1').add('acquire vip2');
    h.startAlone();
    h.failing.delete('acquire vip1');
    h.step({ kind: 'operator', request: 'takeover', set: 'all' });
    h.answer();
    expect(h.problems.filter((p) => p.includes('over'))).toEqual(['acquire-failed over local: planned']);
  });
});

test('an announcement that fails is no problem of the set: it runs on, and nothing would ever end it', () => {
  const h = new Failing();
  h.startAlone();
  h.peerComes();
  h.answer();
  // Both held it for a while; ours is the older claim.
  h.peerReports('all', 'local:9999999999 foreign:9999999999');
  const before = h.count('acquire');
  h.failing.add('acquire vip1');
  h.peerReports('none', '-');
  h.answer();
  expect(h.count('acquire')).toBeGreaterThan(before);
  expect(h.problems).toEqual([]);
  expect(h.eventsOf('log').map(({ text }) => text)).toContain(
    'Announcing the local groups again failed; they run: planned',
  );
});

test('alone, a set of which one group does not start keeps the others up; a peer that comes may start the whole of it', () => {
  const h = new Failing(['vip1', 'vip3']);
  h.failing.add('acquire vip1,vip3');
  h.startAlone();
  h.run(30_000);
  h.answer();
  expect(h.problems).toEqual(['acquire-failed begins local: planned']);
  expect(h.count('release')).toBe(0);
  h.peerComes();
  h.pass(3000);
  expect(h.commands.filter((c) => c.kind === 'release').map((c) => c.groups)).toEqual([['vip1', 'vip3']]);
});

describe('a set of which one group starts on neither node', () => {
  /** Comes beside a peer that holds the other set and says what it could not start, and cannot start its own. */
  function besidePeer(failedThere?: ResourceSet): Failing {
    const h = new Failing(['vip1', 'vip3']);
    h.failing.add('acquire vip1,vip3');
    h.step({ kind: 'start' });
    h.hear('status', BEAT);
    h.hear('repnodes', { dest: 'node1', nodelist: 'node1 node2 ', delnodelist: ' ' });
    h.hear('starting');
    h.peerReports('local', 'local:9', failedThere);
    h.answer();
    return h;
  }

  /** It was the first to try, and has given the set up. */
  function triedFirst(): Failing {
    const h = besidePeer();
    h.pass(1000);
    return h;
  }

  const sets = (h: Failing, kind: string): string[] =>
    h.commands.filter((c) => c.kind === kind).map((c) => ('groups' in c ? c.groups.join() : ''));

  test('goes to the peer, which is told that it was tried here', () => {
    const h = triedFirst();
    expect([sets(h, 'acquire'), sets(h, 'release')]).toEqual([['vip1,vip3'], ['vip1,vip3']]);
    expect(fieldText(h.sentOf('resource').at(-1)!, 'tbx')).toBe('local');
  });

  test('and is left to the peer that keeps a part of it: not started here, and neither called held nor mended', () => {
    const h = triedFirst();
    h.peerReports('all', 'local:9 foreign:12', 'foreign');
    h.pass(60_000);
    expect(sets(h, 'acquire')).toEqual(['vip1,vip3']);
    expect(h.engine.snapshot({ monotonicMs: h.nowMs })).toMatchObject({ mine: 'none', theirs: 'local' });
    expect(h.problems).toEqual(['acquire-failed begins local: planned']);
  });

  test('stays here in part where the peer had failed with it before: claimed, not called held, not stopped', () => {
    const h = besidePeer('foreign');
    h.pass(60_000);
    expect([sets(h, 'acquire'), sets(h, 'release')]).toEqual([['vip1,vip3'], []]);
    expect(h.report()).toEqual(['local', 'local', '1']);
    expect(h.engine.snapshot({ monotonicMs: h.nowMs }).mine).toBe('none');
  });

  test('and goes to the peer once more when that may start it now: it started over, or a person had it try again', () => {
    const h = besidePeer('foreign');
    h.peerReports('local', 'local:9');
    h.pass(2000);
    expect(sets(h, 'release')).toEqual(['vip1,vip3']);
  });

  // Neither knew of the other when it failed: the preferred node serves what it can, and only this one.
  test('is started in part by its preferred node when both have given it up', () => {
    const h = triedFirst();
    h.peerReports('local', 'local:9', 'foreign');
    h.pass(5000);
    expect([sets(h, 'acquire'), sets(h, 'release')]).toEqual([['vip1,vip3', 'vip1,vip3'], ['vip1,vip3']]);
    h.pass(60_000);
    expect(h.count('acquire')).toBe(2);
    expect(h.report()).toEqual(['local', 'local', '1']);
  });
});

test('alone, a set of one group that does not start is stopped: nothing else is in it', () => {
  const h = new Failing(['vip1']);
  h.failing.add('acquire vip1');
  h.startAlone();
  expect(h.commands.filter((c) => c.kind === 'release').map((c) => c.groups)).toEqual([['vip1']]);
});

test("an operator's takeover beside a dead peer is answered: done when it runs, refused when it does not start", () => {
  const h = new Failing(['vip1']);
  h.failing.add('acquire vip1');
  h.startAlone();
  const takeover = (): string[] => {
    h.events.length = 0;
    h.step({ kind: 'operator', request: 'takeover', set: 'local' });
    h.run(100);
    h.answer();
    h.run(2000);
    return h.eventsOf('standby').map(({ phase }) => phase);
  };
  expect(takeover()).toEqual(['requested', 'refused']);
  h.failing.clear();
  expect(takeover()).toEqual(['requested', 'done']);
});
