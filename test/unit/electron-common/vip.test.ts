// The verdict on an address: every witness, and above all what happens when one is missing.
import { describe, expect, test } from 'vitest';
import { judgeVip } from '../../../electron/common/verdict/vip.ts';
import { Motion, MOTION_MS_MAX } from '../../../electron/common/verdict/motion.ts';
import { staleNeighbour } from '../../../electron/common/verdict/stale.ts';
import type { MoreEvidence, NodeWitness, ProbeWitness } from '../../../electron/common/verdict/vip.ts';

const NOW = 100_000;
const [LAN, CLIENT] = ['LAN witness', 'client probe'];

function node(name: string, over: Partial<NodeWitness> = {}): NodeWitness {
  return { node: name, poweredOff: null, held: null, lan: null, ...over };
}

function held(holds: boolean, agoMs: number, forMs = 60_000, errorMs = 1): NonNullable<NodeWitness['held']> {
  return { holds, atMs: NOW - agoMs, sinceMs: NOW - agoMs - forMs, errorMs };
}

const judge = (a: NodeWitness, b: NodeWitness, probe: ProbeWitness | null = null) => judgeVip(a, b, probe, NOW);

describe('both nodes say what they do', () => {
  test('one holds: one, with its name', () => {
    const verdict = judge(node('a', { held: held(true, 100) }), node('b', { held: held(false, 100) }));
    expect(verdict).toMatchObject({ verdict: 'one', holder: 'a', holders: ['a'], missing: [LAN, CLIENT] });
  });

  test('both hold: dual', () => {
    const verdict = judge(node('a', { held: held(true, 100) }), node('b', { held: held(true, 150) }));
    expect(verdict).toMatchObject({ verdict: 'dual', holder: null, holders: ['a', 'b'] });
  });

  test('nobody holds: none', () => {
    expect(judge(node('a', { held: held(false, 100) }), node('b', { held: held(false, 150) })).verdict).toBe('none');
  });

  // 1. a last spoke 150 ms ago and held; 2. b took over 50 ms ago. a's next word is under way.
  test('an ordinary move does not flash dual', () => {
    const verdict = judge(node('a', { held: held(true, 150) }), node('b', { held: held(true, 0, 50) }));
    expect(verdict).toMatchObject({ verdict: 'one', holder: 'b' });
  });

  test('an overlap smaller than the clock error is not called dual', () => {
    const verdict = judge(
      node('a', { held: held(true, 100, 60_000, 30) }),
      node('b', { held: held(true, 0, 140, 30) }),
    );
    expect(verdict).toMatchObject({ verdict: 'one', holder: 'b' });
  });
});

describe('a witness is missing', () => {
  test('a stale word is no word: unknown names the node', () => {
    const verdict = judge(node('a', { held: held(true, 3001) }), node('b', { held: held(false, 10) }));
    expect(verdict).toMatchObject({ verdict: 'unknown', holder: null, missing: ['a', LAN, CLIENT] });
  });

  test('a lone holder is not enough for one', () => {
    expect(judge(node('a', { held: held(true, 10) }), node('b'))).toMatchObject({
      verdict: 'unknown',
      holders: ['a'],
      missing: ['b', LAN, CLIENT],
    });
  });

  test('the rack knows that a node without power holds nothing, whatever it said a moment ago', () => {
    const off = node('a', { poweredOff: true, held: held(true, 200) });
    expect(judge(off, node('b', { held: held(true, 0, 10_000) }))).toMatchObject({ verdict: 'one', holder: 'b' });
    expect(judge(off, node('b', { held: held(false, 0) })).verdict).toBe('none');
  });

  test('LAN and client together stand in for the silent node', () => {
    const holder = node('a', { held: held(true, 10), lan: { conflictMac: null, askedAgoMs: 800 } });
    const probe = { answeredBy: 'a', atMs: NOW - 100 };
    expect(judge(holder, node('b'), probe)).toMatchObject({ verdict: 'one', holder: 'a' });
    expect(judge(holder, node('b'), null).verdict).toBe('unknown');
    expect(judge({ ...holder, lan: { conflictMac: null, askedAgoMs: 6000 } }, node('b'), probe).verdict).toBe(
      'unknown',
    );
  });

  // The daemon on b was killed and left its address behind: its agent is silent, its kernel still answers.
  test('a silent node that answers clients after the other took the address: dual', () => {
    const probe = { answeredBy: 'b', atMs: NOW - 100 };
    expect(judge(node('a', { held: held(true, 10, 5000) }), node('b'), probe)).toMatchObject({
      verdict: 'dual',
      holders: ['a', 'b'],
    });
  });

  test('an answer from before the takeover proves nothing', () => {
    const probe = { answeredBy: 'b', atMs: NOW - 1000 };
    expect(judge(node('a', { held: held(true, 10, 500) }), node('b'), probe).verdict).toBe('unknown');
  });

  describe('an address that no probe asks for, beside a silent node', () => {
    const clear = { conflictMac: null, askedAgoMs: 800 };
    const holder = node('a', { held: held(true, 10, 5000), lan: clear });
    const gaveUp = node('b', { held: held(false, 20_000), agentDown: true });

    test('a node whose agent is down after it gave the address up: the LAN question of the holder settles it', () => {
      expect(judge(holder, gaveUp)).toMatchObject({ verdict: 'one', holder: 'a', missing: ['b', LAN, CLIENT] });
    });

    test('the answers of a client about another address are neither asked for nor believed', () => {
      // A probe of this address that nobody answered yet is another matter: somebody can be asked, and was.
      const unanswered = { answeredBy: null, atMs: Number.NEGATIVE_INFINITY };
      expect(judge(holder, gaveUp, unanswered)).toMatchObject({ verdict: 'unknown', missing: ['b', LAN] });
    });

    test('a node that may hold it, or may take it, is a missing witness', () => {
      const kept = node('b', { held: held(true, 20_000), agentDown: true });
      const outOfReach = node('b', { held: held(false, 20_000), agentDown: false });
      for (const silent of [kept, outOfReach, node('b', { agentDown: true })])
        expect(judge(holder, silent)).toMatchObject({ verdict: 'unknown', holder: null, missing: ['b', LAN, CLIENT] });
    });

    test('a holder that hears a reference host is not deaf: nobody else answers there', () => {
      const kept = node('b', { held: held(true, 20_000), agentDown: true });
      expect(judge({ ...holder, hearsReference: true }, kept)).toMatchObject({ verdict: 'one', holder: 'a' });
    });

    test('a question that was not asked lately, or was answered by another one, settles nothing', () => {
      const old = { ...holder, lan: { ...clear, askedAgoMs: 6000 } };
      expect(judge(old, gaveUp).verdict).toBe('unknown');
      expect(judge({ ...old, hearsReference: true }, gaveUp).verdict).toBe('unknown');
      const other = { ...holder, lan: { ...clear, conflictMac: '02:00:00:00:00:99' }, hearsReference: true };
      expect(judge(other, gaveUp).verdict).toBe('dual');
    });
  });

  test('both silent: unknown names both', () => {
    expect(judge(node('a'), node('b'))).toMatchObject({ verdict: 'unknown', missing: ['a', 'b', LAN, CLIENT] });
  });
});

// What is missing beside two nodes that speak for themselves changes nothing about their word, and it is said.
describe('a missing witness is named, whatever the verdict', () => {
  const a = node('a', { held: held(true, 100) });
  const b = node('b', { held: held(false, 100) });
  const lan = (agoMs: number): MoreEvidence => ({
    lan: { holders: [{ mac: 'mac-a', node: 'a' }], atMs: NOW - agoMs, sinceMs: NOW - 9000, neighbourMac: null },
    motion: null,
  });
  const answered: ProbeWitness = { answeredBy: 'a', atMs: NOW - 100 };
  const unanswered: ProbeWitness = { answeredBy: null, atMs: Number.NEGATIVE_INFINITY };

  test.each([
    ['all of them speak', judgeVip(a, b, answered, NOW, lan(100)), []],
    ['nobody on the LAN', judgeVip(a, b, answered, NOW), [LAN]],
    ['the LAN fell silent', judgeVip(a, b, answered, NOW, lan(3001)), [LAN]],
    ['no client', judgeVip(a, b, null, NOW, lan(100)), [CLIENT]],
    ['a client that is not answered says so', judgeVip(a, b, unanswered, NOW, lan(100)), []],
    ['a node that the others stand in for', judgeVip(a, node('b'), answered, NOW, lan(100)), ['b']],
  ])('%s: clean, without %j', (_name, judged, missing) => {
    expect(judged).toMatchObject({ verdict: 'one', holder: 'a', missing });
  });

  test('a node without power is known to hold nothing: it is not missing', () => {
    const off = node('b', { poweredOff: true });
    expect(judgeVip(a, off, answered, NOW, lan(100))).toMatchObject({ verdict: 'one', missing: [] });
  });

  test('cannot tell, dual and none name them as well', () => {
    expect(judgeVip(a, node('b'), unanswered, NOW).missing).toEqual(['b', LAN]);
    expect(judgeVip(node('a'), node('b'), null, NOW).missing).toEqual(['a', 'b', LAN, CLIENT]);
    expect(judgeVip(a, node('b', { held: held(true, 100) }), null, NOW)).toMatchObject({
      verdict: 'dual',
      missing: [LAN, CLIENT],
    });
    expect(judgeVip(node('a', { held: held(false, 100) }), b, null, NOW)).toMatchObject({
      verdict: 'none',
      missing: [LAN, CLIENT],
    });
  });
});

test('a stranger who answers on the LAN is a second holder, by its MAC', () => {
  const holder = node('a', { held: held(true, 10), lan: { conflictMac: '02:00:00:00:00:99', askedAgoMs: 500 } });
  expect(judge(holder, node('b', { held: held(false, 10) }))).toMatchObject({
    verdict: 'dual',
    holders: ['a', '02:00:00:00:00:99'],
  });
});

test('what a node that does not hold sees on the LAN is the holder, not a conflict', () => {
  const other = node('b', { held: held(false, 10), lan: { conflictMac: '02:00:00:00:00:01', askedAgoMs: 500 } });
  expect(judge(node('a', { held: held(true, 10) }), other).verdict).toBe('one');
});

describe('the LAN as third witness', () => {
  const [macA, macB] = ['02:00:00:00:00:0a', '02:00:00:00:00:0b'];
  const seen = (nodes: readonly ('a' | 'b' | 'c')[], sinceAgoMs = 1000, agoMs = 50): MoreEvidence => ({
    lan: {
      holders: nodes.map((n) => ({
        mac: n === 'a' ? macA : n === 'b' ? macB : '02:00:00:00:00:0c',
        node: n === 'c' ? null : n,
      })),
      atMs: NOW - agoMs,
      sinceMs: NOW - sinceAgoMs,
      neighbourMac: null,
    },
    motion: null,
  });
  const silentA = node('a', { held: held(true, 5000) });
  const holderB = node('b', { held: held(true, 50, 2000) });
  const emptyB = node('b', { held: held(false, 50) });

  test('two who answer twice are two, whatever the nodes say; once can be the hand-over', () => {
    const words = [node('a', { held: held(true, 100) }), node('b', { held: held(false, 100) })] as const;
    expect(judgeVip(...words, null, NOW, seen(['a', 'b']))).toMatchObject({ verdict: 'dual', holders: ['a', 'b'] });
    expect(judgeVip(...words, null, NOW, seen(['a', 'b'], 50, 50)).verdict).toBe('one');
    expect(judgeVip(...words, null, NOW, seen(['a', 'c'])).holders).toEqual(['a', '02:00:00:00:00:0c']);
  });

  test('beside a silent node the LAN settles it: only the holder answers, or the silent one does as well', () => {
    expect(judgeVip(silentA, holderB, null, NOW).verdict).toBe('unknown');
    expect(judgeVip(silentA, holderB, null, NOW, seen(['b']))).toMatchObject({
      verdict: 'one',
      holder: 'b',
      missing: ['a', CLIENT],
    });
    expect(judgeVip(silentA, holderB, null, NOW, seen(['a'])).verdict).toBe('dual');
    // Asked before b had it: that says nothing about now.
    expect(judgeVip(silentA, holderB, null, NOW, seen(['a'], 3000)).verdict).toBe('unknown');
    expect(judgeVip(silentA, holderB, null, NOW, seen(['b'], 9000, 4000)).verdict).toBe('unknown');
  });

  test('a frozen daemon whose kernel still answers has it; that nobody answers proves nothing of a silent node', () => {
    expect(judgeVip(silentA, emptyB, null, NOW, seen(['a']))).toMatchObject({ verdict: 'one', holder: 'a' });
    expect(judgeVip(silentA, emptyB, null, NOW, seen([]))).toMatchObject({
      verdict: 'unknown',
      missing: ['a', CLIENT],
    });
  });

  test('a takeover under way is a word of its own, only where nobody is known to have it', () => {
    const motion = { node: 'b', sinceMs: NOW - 200 };
    const a = node('a', { held: held(false, 100) });
    expect(judgeVip(a, emptyB, null, NOW, { lan: null, motion })).toMatchObject({
      verdict: 'moving',
      missing: [LAN, CLIENT],
    });
    expect(judgeVip(a, emptyB, null, NOW, { lan: null, motion: null }).verdict).toBe('none');
    expect(judgeVip(a, holderB, null, NOW, { lan: null, motion }).verdict).toBe('one');
    // The silent node may still have it: only the LAN can say that it does not.
    expect(judgeVip(silentA, emptyB, null, NOW, { lan: null, motion }).verdict).toBe('unknown');
    expect(judgeVip(silentA, emptyB, null, NOW, { ...seen([]), motion }).verdict).toBe('moving');
  });
});

describe('a move under way', () => {
  const event = (tMs: number, from: string, body: { kind: string } & Record<string, unknown>) => ({
    index: 0,
    tMs,
    errorMs: 0,
    event: { seq: 1, node: from, at: { monotonicMs: tMs }, wallMs: tMs, severity: 'info' as const, body },
  });

  test('begins with the takeover or the standby, ends with it, and gives up being one when it gets stuck', () => {
    const motion = new Motion();
    expect(motion.at(0)).toBeNull();
    motion.take(event(1000, 'b', { kind: 'takeover', phase: 'begin' }));
    expect(motion.at(1500)).toEqual({ node: 'b', sinceMs: 1000 });
    expect(motion.at(1000 + MOTION_MS_MAX + 1)).toBeNull();
    motion.take(event(2000, 'b', { kind: 'takeover', phase: 'done' }));
    expect(motion.at(2001)).toBeNull();
    motion.take(event(3000, 'a', { kind: 'standby', phase: 'requested' }));
    motion.take(event(3100, 'a', { kind: 'standby', phase: 'released' }));
    expect(motion.at(3200)).toEqual({ node: 'a', sinceMs: 3000 });
    motion.take(event(3300, 'b', { kind: 'standby', phase: 'done' }));
    expect(motion.at(3400)).toBeNull();
  });
});

describe('a stale neighbour entry', () => {
  const macOf = (name: string): string | null => ({ a: 'mac-a', b: 'mac-b' })[name] ?? null;
  const lan = (neighbourMac: string | null) => ({ holders: [], atMs: NOW - 100, sinceMs: NOW - 5000, neighbourMac });
  const judged = { verdict: 'one', holder: 'b' } as const;

  test('leads to the other node, or to a stranger; not while the announcement is on its way, and not without one holder', () => {
    const stale = (mac: string | null, sinceMs = NOW - 5000) =>
      staleNeighbour(judged, sinceMs, lan(mac), ['a', 'b'], macOf, NOW);
    expect(stale('mac-a')).toEqual({ neighbourMac: 'mac-a', node: 'a' });
    expect(stale('mac-x')).toEqual({ neighbourMac: 'mac-x', node: null });
    expect(stale('mac-b')).toBeNull();
    expect(stale(null)).toBeNull();
    expect(stale('mac-a', NOW - 500)).toBeNull();
    expect(staleNeighbour({ verdict: 'dual', holder: null }, 0, lan('mac-a'), ['a', 'b'], macOf, NOW)).toBeNull();
  });
});
