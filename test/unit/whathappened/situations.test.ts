// Goal: every experiment of docs/what-ours-does.md gets its name from the evidence, and no other one's. Method: the record of each as a pair of
// ours makes it, written down by hand; the fault itself is not in it unless it is what is judged.
import { describe, expect, test } from 'vitest';
import type { Situation } from '../../../electron/common/contract/state.ts';
import { buildTimeline } from '../../../electron/common/whathappened/timeline.ts';
import type { TimelineInput } from '../../../electron/common/whathappened/types.ts';
import type { SessionStory } from '../../support/sessionStory.ts';
import { CROSS, SessionStory as Story } from '../../support/sessionStory.ts';
import * as stories from './stories.ts';

const named = (story: SessionStory, toMs = 20_000, over: Partial<TimelineInput> = {}): readonly Situation[] =>
  buildTimeline(story.until(toMs, over)).situations;

const codes = (story: SessionStory, toMs = 20_000): string[] => named(story, toMs).map((s) => s.code);

describe('each experiment by its name, and by no other', () => {
  test.each<readonly [string, () => SessionStory, readonly string[], readonly (string | null)[]]>([
    ['nothing', () => new Story(), [], []],
    ['M1: killed, the address left behind', stories.killedLeft, ['killed-address-left'], ['M1']],
    ['M1: killed, the address taken off', stories.killedClean, ['killed-clean'], ['M1']],
    [
      'M2: started again over it',
      stories.restartedOver,
      ['killed-address-left', 'restarted-over-address'],
      ['M1', 'M2'],
    ],
    ['M2: started again, nothing left', stories.killedAndBack, ['killed-clean', 'restarted-clean'], ['M1', 'M2']],
    ['M3: the master alone killed', stories.partKilled, ['part-killed'], ['M3']],
    ['M4: frozen', stories.frozen, ['frozen'], ['M4']],
    ['M5: full split', stories.fullSplit, ['full-split'], ['M5']],
    ['M6: planned standby', stories.standby, ['planned-standby'], ['M6']],
    ['M7: service LAN lost', stories.serviceLanLost, ['service-lan-lost'], ['M7']],
    ['M8: serial lost', stories.serialLost, ['serial-lost'], ['M8']],
    ['M9: one-way serial', stories.oneWaySerial, ['one-way-serial'], ['M9']],
    ['M10: keys differ', stories.keysDiffer, ['keys-differ'], ['M10']],
    ['M11: a link never came up', stories.neverUp, ['link-never-up'], ['M11']],
    ['M12: configuration refused', stories.refused, ['config-refused'], ['M12']],
    ['M13: deadtimes differ', stories.deadtimes, ['deadtimes-differ'], ['M13']],
    ['M16: no effect', stories.noEffect, ['no-effect'], ['M16']],
    ['power off', stories.powerOff, ['node-lost'], [null]],
  ])('%s', (_what, make, expected, experiments) => {
    const situations = named(make());
    expect(situations.map((s) => s.code)).toEqual(expected);
    expect(situations.map((s) => s.experiment)).toEqual(experiments);
    for (const { name, advice, evidence } of situations) {
      expect(name['zh-CN']).not.toBe(name.en);
      expect(advice.en).not.toBe('');
      expect(evidence.length).toBeGreaterThan(0);
      // Identifiers of experiments are for documents.
      expect(name.en).not.toMatch(/\bM\d/);
    }
  });

  test('M14: the budget of the serial line, as a share of it, warned of when it is much', () => {
    const [budget] = named(new Story(), 5000, { serialBaud: 19_200 });
    expect(budget).toMatchObject({ code: 'serial-budget', experiment: 'M14', level: 'note' });
    expect(budget?.name.en).toContain('42 %');
    expect(named(new Story(), 5000, { serialBaud: 9600 })[0]).toMatchObject({ level: 'warn' });
    expect(named(new Story(), 5000, { serialBaud: 2400 })[0]).toMatchObject({ level: 'alarm' });
  });

  test('M15: a hang-up, and the flood of the real daemon', () => {
    expect(codes(stories.hangUp('serial-hung-up'))).toContain('serial-hang-up');
    const flood = named(stories.hangUp('log-flood')).find((s) => s.code === 'serial-hang-up');
    expect(flood).toMatchObject({ experiment: 'M15', level: 'alarm' });
    // Packets with a wrong key fill a log as well.
    expect(codes(stories.hangUp('log-flood', 'ERROR: Invalid authentication'))).not.toContain('serial-hang-up');
  });
});

describe('when', () => {
  test('a name is there as soon as its evidence is, and not before', () => {
    const at = (toMs: number): string[] => codes(stories.killedLeft(), toMs);
    expect(at(7900)).toEqual([]);
    // 8.02 s: the address is on both; 8.15 s: the LAN has said so twice.
    expect(at(8300)).toEqual(['killed-address-left']);
    const since = named(stories.killedLeft(), 8300)[0]?.sinceMs ?? 0;
    expect(since).toBeGreaterThan(8000);
    expect(since).toBeLessThanOrEqual(8300);
  });

  test('the survivor sees the second holder before the verdict says two: the name is not over by that', () => {
    const story = stories.killedLeftSeenEarly();
    const [left] = named(story);
    expect(left).toMatchObject({ code: 'killed-address-left', untilMs: null });
  });

  test('a cable that is cut both ways is not called one-way while the second side still waits', () => {
    for (let toMs = 7800; toMs < 9000; toMs += 100) {
      expect(codes(stories.serialLost(), toMs), `${toMs}`).not.toContain('one-way-serial');
    }
    expect(codes(stories.serialLost(), 8400)).toEqual(['serial-lost']);
  });

  test('a split that heals is over, and stays in the record with how it ended', () => {
    const [split] = named(stories.splitAndHealed());
    expect(split).toMatchObject({ code: 'full-split', untilMs: 12_050 });
    expect(split?.evidence.at(-1)?.text.en).toContain('without having stopped');
  });

  test('a fault that had an effect is not called one without', () => {
    expect(codes(stories.powerOff())).not.toContain('no-effect');
    // Too early to say.
    expect(codes(stories.noEffect(), 9000)).toEqual([]);
  });

  test('a daemon that was asked to stop was not killed', () => {
    const story = stories.killedClean().event(4900, 'node1', { kind: 'shutdown', phase: 'begin' });
    expect(codes(story)).toEqual([]);
  });

  test('a path that carried before, and nothing since a daemon was started again with another port', () => {
    const at = (toMs: number): string[] => codes(stories.neverUpAgain(), toMs);
    expect(at(11_000)).toEqual([]);
    expect(at(20_000)).toEqual(['link-never-up']);
    // It comes after all: no such name.
    const came = stories.neverUpAgain().say(12_000, 'node2', { links: { [CROSS]: 'up' } });
    expect(codes(came)).toEqual([]);
  });

  test('ipfail of the real daemon gives back the peer’s own after a balanced comparison: that is no lost LAN, and no hand-over', () => {
    // As it logs after every change of a link where auto_failback is on.
    const story = new Story();
    const counts = { own: 1, peers: 1, detail: '' };
    story.event(5000, 'node1', { kind: 'ipfail', step: 'compared', ...counts });
    story.event(6000, 'node1', { kind: 'ipfail', step: 'gave-up', ...counts });
    for (const [tMs, node, phase] of [
      [6010, 'node1', 'requested'],
      [6020, 'node1', 'accepted'],
      [7000, 'node1', 'done'],
    ] as const)
      story.event(tMs, node, { kind: 'standby', phase, set: 'foreign', detail: '' });
    expect(codes(story)).toEqual([]);
    // Somebody asks for a standby three seconds later: that is one.
    for (const [tMs, phase] of [
      [9000, 'requested'],
      [9010, 'accepted'],
      [10_000, 'done'],
    ] as const)
      story.event(tMs, 'node1', { kind: 'standby', phase, set: 'all', detail: '' });
    expect(codes(story)).toEqual(['planned-standby']);
  });

  test('a hand-over that is asked for soon after ipfail made another one is no second one of its', () => {
    // ipfail of node1 gave up at 4.99 s; node2 is asked to hand back at 15 s.
    const story = stories.serviceLanLost();
    for (const [tMs, node, phase] of [
      [15_000, 'node2', 'requested'],
      [15_001, 'node1', 'accepted'],
      [15_400, 'node1', 'done'],
    ] as const)
      story.event(tMs, node, { kind: 'standby', phase, set: 'all', detail: '' });
    expect(codes(story)).toEqual(['service-lan-lost', 'planned-standby']);
  });

  test('a refused start beside a real daemon: with its reason, and over with the start that succeeds', () => {
    const problem = { kind: 'problem', code: 'config-refused', detail: 'Initial dead time is smaller' } as const;
    const story = new Story().event(5000, 'node2', { ...problem, over: false });
    expect(named(story)).toMatchObject([{ code: 'config-refused', sinceMs: 5000, untilMs: null }]);
    expect(named(story)[0]?.evidence[0]?.text.en).toBe('Initial dead time is smaller');
    story.event(9000, 'node2', { ...problem, over: true });
    expect(named(story)).toMatchObject([{ code: 'config-refused', untilMs: 9000 }]);
  });

  test('test hooks of the daemon that change nothing: named after deadtime, over when they are off', () => {
    const log = (tMs: number, to: string): SessionStory =>
      story.event(tMs, 'node1', { kind: 'log', text: `heartbeat: its test code (OnlyForTesting) is ${to}` });
    const story = new Story();
    log(5000, 'enabled');
    expect(codes(story, 9000)).toEqual([]);
    expect(named(story)).toMatchObject([{ code: 'no-effect', untilMs: null }]);
    log(15_000, 'disabled');
    expect(named(story)).toMatchObject([{ code: 'no-effect', untilMs: 15_000 }]);
  });

  test('keys that agree again end it', () => {
    const story = stories
      .keysDiffer()
      .facts(9000, 'node2', 'answers')
      .event(9000, 'node1', { kind: 'key-mismatch', peer: 'node2', over: true })
      .event(9100, 'node2', { kind: 'key-mismatch', peer: 'node1', over: true });
    expect(named(story)[0]).toMatchObject({ code: 'keys-differ', untilMs: 9100 });
  });
});

describe('an entry of the client that leads nowhere', () => {
  test('is named with both hardware addresses', () => {
    const story = stories.powerOff().sendsTo(0, 'node1');
    const stale = named(story).find((s) => s.code === 'stale-neighbour');
    expect(stale?.evidence[0]?.text.en).toMatch(/02:54:42:00:00:0a, node2 is 02:54:42:00:00:0b/);
  });

  test('is not named while the announcement may still be on its way', () => {
    expect(codes(stories.powerOff().sendsTo(0, 'node1').sendsTo(8500, 'node2'))).not.toContain('stale-neighbour');
  });
});
