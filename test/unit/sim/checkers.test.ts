/** The checkers of the simulator see what they should: each is shown a world that breaks its promise, and one that does not. */
import { describe, expect, test } from 'vitest';
import { KeyGate, KeyModel } from '../../../agent/common/sim/keys.ts';
import { OwnershipChecker } from '../../../agent/common/sim/ownership.ts';
import type { OwnershipRules } from '../../../agent/common/sim/ownership.ts';
import { encodeText } from '../../../agent/common/wire/codec.ts';
import { text } from '../../../agent/common/wire/message.ts';
import { SIM_DEADTIME_MS, simPair } from '../../support/simPair.ts';

const BOUND_MS = 2000;

/** Both nodes run and have settled; the checker has watched from the start. */
function watched(rules: Partial<OwnershipRules> = {}) {
  const cluster = simPair();
  const all = {
    boundMs: BOUND_MS,
    oneWayBoundMs: 3000,
    never: false,
    blindBoundMs: null,
    isStuck: () => false,
    keys: null,
    ...rules,
  };
  const checker = new OwnershipChecker(cluster, all);
  for (const node of cluster.nodes) node.start();
  checker.look();
  cluster.advance(10_000);
  expect(checker.violations).toEqual([]);
  /** Node 2 runs it as well, whatever its engine thinks. */
  const runTwice = (value: boolean) => {
    if (value) cluster.nodes[1].groups.add('vip1');
    else cluster.nodes[1].groups.delete('vip1');
    checker.look();
  };
  const cut = (forward: boolean, back: boolean) => {
    const link = cluster.network.links[0]!;
    [link.forward.cut, link.back.cut] = [forward, back];
    checker.look();
  };
  /** Both run it since a split that is over. It was shorter than the deadtime, so that the engines themselves did nothing. */
  const splitAndHeal = () => {
    cut(true, true);
    runTwice(true);
    cluster.advance(1000);
    cut(false, false);
  };
  /** From now on it is no violation until the bound is over, and one afterwards. */
  const excusedForTheBound = () => {
    cluster.advance(BOUND_MS - 100);
    checker.look();
    expect(checker.violations).toEqual([]);
    cluster.advance(200);
    checker.look();
    expect(checker.violations).toHaveLength(1);
  };
  return { cluster, checker, runTwice, cut, splitAndHeal, excusedForTheBound };
}

describe('one owner', () => {
  test('two owners that hear each other are a violation at once, and recorded', () => {
    const { checker, runTwice, cluster } = watched();
    runTwice(true);
    expect(checker.violations).toMatchObject([
      { checker: 'one-owner', detail: 'vip1 runs twice while the nodes hear each other' },
    ]);
    cluster.advance(100);
    runTwice(false);
    expect(checker.windows).toMatchObject([{ group: 'vip1', forMs: 100, excuse: 'just-healed' }]);
  });

  test('a split excuses them, until a bound after it is over', () => {
    const { checker, splitAndHeal, excusedForTheBound } = watched();
    splitAndHeal();
    excusedForTheBound();
    expect(checker.violations[0]?.detail).toContain('after the nodes heard each other again');
  });

  test('a group that a node cannot stop is excused until it can, and for the bound after that', () => {
    let stuck = true;
    const { checker, splitAndHeal, cluster, excusedForTheBound } = watched({ isStuck: () => stuck });
    splitAndHeal();
    cluster.advance(BOUND_MS + 500);
    checker.look();
    stuck = false;
    excusedForTheBound();
  });

  test('in a pair that fences nothing excuses them', () => {
    const { checker, runTwice, cut } = watched({ never: true });
    cut(true, true);
    runTwice(true);
    expect(checker.violations).toHaveLength(1);
  });

  test('a cut in one direction excuses them only until the node that is not heard has learned it', () => {
    const { checker, runTwice, cut, cluster } = watched();
    cut(true, false);
    runTwice(true);
    cluster.advance(2900);
    checker.look();
    expect(checker.violations).toEqual([]);
    cluster.advance(200);
    checker.look();
    expect(checker.violations[0]?.detail).toContain('in which one node heard the other');
  });

  test('without a reference a split is no excuse for long', () => {
    const { checker, runTwice, cut, cluster } = watched({ blindBoundMs: 1000 });
    cut(true, true);
    cluster.lan.plugged[1] = false;
    runTwice(true);
    cluster.advance(1100);
    checker.look();
    expect(checker.violations[0]?.detail).toContain('has seen no reference');
  });

  test('packets that are all lost excuse like a split; other keys have their own name', () => {
    const silent = watched();
    Object.assign(silent.cluster.network.links[0]!.forward, { loss: 1 });
    silent.cluster.advance(SIM_DEADTIME_MS * 0.9);
    silent.runTwice(true);
    expect(silent.checker.violations).toEqual([]);
    const keys = new KeyModel('sha1');
    const strange = watched({ keys });
    keys.estrange(1);
    strange.runTwice(true);
    strange.runTwice(false);
    expect(strange.checker.windows).toMatchObject([{ excuse: 'keys' }]);
  });
});

describe('keys', () => {
  test('both hear each other at every step of a rotation, and not with different keys of one index', () => {
    const keys = new KeyModel('sha256');
    for (const step of ['addNew', 'signWithNew', 'dropOld'] as const) {
      keys[step]();
      expect([keys.heardFrom(0), keys.heardFrom(1)]).toEqual([true, true]);
    }
    keys.estrange(0);
    expect(keys.keyring(0).signIndex).toBe(keys.keyring(1).signIndex);
    expect([keys.heardFrom(0), keys.heardFrom(1)]).toEqual([false, false]);
    keys.agree();
    expect(keys.heardFrom(0)).toBe(true);
  });

  test('a packet with a true signature that nobody sent is a forgery that got through', () => {
    const cluster = simPair();
    const keys = new KeyModel('sha1');
    const gate = new KeyGate(cluster, keys, { refused: () => undefined });
    for (const node of cluster.nodes) node.start();
    const lie = {
      fields: [text('t', 'shutdone'), text('src', 'node2'), text('seq', '9'), text('hg', '1'), text('ts', '1')],
    };
    const stranger = { signIndex: 2, keys: new Map([[2, { method: 'sha1' as const, secret: 'guess' }]]) };
    gate.forged(0, 'eth1', encodeText(lie, stranger), null, 'node2');
    expect(gate.violations).toEqual([]);
    gate.forged(0, 'eth1', encodeText(lie, keys.keyring(1)), null, 'node2');
    expect(gate.violations).toMatchObject([{ checker: 'valid-key' }]);
  });
});

describe('the device and the suspended machine', () => {
  test('a suspended machine does not count its sleep; it hears nothing and starts over when it slept past the deadtime', () => {
    const cluster = simPair();
    for (const node of cluster.nodes) node.start();
    cluster.advance(10_000);
    const [node] = cluster.nodes;
    const before = node.now.monotonicMs;
    node.suspend();
    cluster.advance(20_000);
    node.resume();
    expect(node.now.monotonicMs).toBeCloseTo(before, 3);
    cluster.advance(3000);
    expect(node.generation).toBe(2);
  });
});
