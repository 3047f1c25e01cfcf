/** The checkers that compare what engines say and decide with what is and what they were told: each sees an engine that is broken. */
import { describe, expect, test } from 'vitest';
import { HonestyChecker } from '../../../agent/common/sim/honesty.ts';
import { KeyAlarmChecker } from '../../../agent/common/sim/keyAlarm.ts';
import { KeyGate, KeyModel } from '../../../agent/common/sim/keys.ts';
import { Moments } from '../../../agent/common/sim/moments.ts';
import { PrudenceChecker } from '../../../agent/common/sim/prudence.ts';
import { Hearsay } from '../../../agent/common/sim/told.ts';
import { ViewChecker } from '../../../agent/common/sim/views.ts';
import { fieldText, text } from '../../../agent/common/wire/message.ts';
import { SIM_DEADTIME_MS, mishear, simPair } from '../../support/simPair.ts';

const details = ({ violations }: { violations: readonly { detail: string }[] }) => violations.map((v) => v.detail);

describe('what a node says is true', () => {
  function honest() {
    const cluster = simPair();
    const checker = new HonestyChecker(cluster);
    for (const node of cluster.nodes) node.start();
    cluster.advance(10_000);
    expect(checker.violations).toEqual([]);
    return { cluster, checker };
  }

  test('a report that does not name what runs is a lie', () => {
    const { cluster, checker } = honest();
    cluster.nodes[1].groups.add('vip1');
    // The returning peer asks.
    cluster.nodes[0].kill();
    cluster.nodes[0].start();
    cluster.advance(500);
    expect(details(checker)).toContain('node2 does not tell that vip1 runs there');
  });

  test('so is one that names what does not run', () => {
    const { cluster, checker } = honest();
    cluster.nodes[0].groups.delete('vip1');
    cluster.nodes[1].kill();
    cluster.nodes[1].start();
    cluster.advance(500);
    expect(details(checker)).toContain('node1 says that it has its local groups, of which [] run');
  });

  test('a life that slept past the deadtime and talks on is seen', () => {
    const { cluster, checker } = honest();
    mishear(cluster, 0, (input) => (input.kind === 'stalled' ? { kind: 'tick' } : input));
    cluster.nodes[0].suspend();
    cluster.advance(SIM_DEADTIME_MS + 2000);
    cluster.nodes[0].resume();
    cluster.advance(2000);
    expect(details(checker)[0]).toContain('as if nothing had happened');
  });

  test('nobody goes before everything is down', () => {
    const { cluster, checker } = honest();
    cluster.nodes[1].groups.add('vip1');
    cluster.nodes[1].feed({ kind: 'stop' });
    cluster.advance(2000);
    expect(details(checker).slice(-2)).toEqual([
      'node2 says that it released everything while vip1 runs there',
      'node2 ends while vip1 runs there',
    ]);
  });
});

describe('a node does what it was told', () => {
  function watched(groups: readonly [readonly string[], readonly string[]]) {
    const cluster = simPair({ groups });
    const checker = new PrudenceChecker(cluster, new Hearsay(cluster), 1000);
    return { cluster, checker };
  }

  test('what the peer says it has is not started', () => {
    const { cluster, checker } = watched([[], ['vip2']]);
    cluster.nodes[0].start();
    cluster.advance(10_000);
    cluster.nodes[1].start();
    mishear(cluster, 1, (input) => {
      if (input.kind !== 'received' || fieldText(input.message, 't') !== 'resource') return input;
      const none = [text('t', 'resource'), text('rsc_hold', 'none'), text('tbc', '-'), text('isstable', '1')];
      const others = input.message.fields.filter(({ name }) => !none.some((field) => field.name === name));
      return { ...input, message: { fields: [...none, ...others] } };
    });
    cluster.advance(1000);
    expect(details(checker)).toEqual(['node2 starts vip2, which its peer says it has']);
  });

  test('and nobody is called dead before the deadtime is over', () => {
    const { cluster, checker } = watched([['vip1'], []]);
    for (const node of cluster.nodes) node.start();
    cluster.advance(2000);
    mishear(cluster, 1, (input) => (input.kind === 'received' ? { kind: 'tick' } : input));
    cluster.advance(2 * SIM_DEADTIME_MS);
    expect(details(checker).join()).toContain('node2 calls its peer dead');
  });
});

describe('the alarm about keys', () => {
  function estranged() {
    const cluster = simPair();
    const keys = new KeyModel('sha1');
    const checker = new KeyAlarmChecker(cluster, new Hearsay(cluster));
    new KeyGate(cluster, keys, checker);
    for (const node of cluster.nodes) node.start();
    cluster.advance(10_000);
    return { cluster, keys, checker };
  }

  test('has to come, and is right when it comes', () => {
    const { cluster, keys, checker } = estranged();
    keys.estrange(0);
    cluster.advance(4 * SIM_DEADTIME_MS);
    keys.agree();
    cluster.advance(SIM_DEADTIME_MS);
    checker.requireCalm();
    expect(checker.violations).toEqual([]);
    mishear(cluster, 1, (input) => (input.kind === 'rejected' ? { kind: 'tick' } : input));
    keys.estrange(0);
    cluster.advance(2 * SIM_DEADTIME_MS);
    expect(details(checker)[0]).toContain('node2 refuses what comes in the name of its peer');
  });

  test('is over with the first valid packet', () => {
    const { cluster, keys, checker } = estranged();
    keys.estrange(0);
    cluster.advance(2 * SIM_DEADTIME_MS);
    mishear(cluster, 1, (input) => (input.kind === 'received' ? { kind: 'tick' } : input));
    keys.agree();
    cluster.advance(SIM_DEADTIME_MS);
    checker.requireCalm();
    expect(details(checker)[0]).toBe('node2 keeps its alarm about keys although it heard its peer');
    expect(details(checker).at(-1)).toBe('node2 is still alarmed about keys');
  });
});

test('what engines show is compared with what is', () => {
  const cluster = simPair();
  const checker = new ViewChecker(cluster);
  for (const node of cluster.nodes) node.start();
  cluster.advance(10_000);
  checker.beginCalm();
  cluster.advance(10_000);
  checker.requireCalm();
  checker.requireTrueViews(new Set(), false);
  expect(checker.violations).toEqual([]);
  cluster.nodes[0].serving.delete('vip1');
  checker.requireTrueViews(new Set(), false);
  expect(details(checker)).toEqual([
    'node1 shows that it has local, but vip1 does not run there',
    'node2 shows that its peer has local, but vip1 does not run there',
  ]);
});

test('a moment comes once, in the middle of what the node does', () => {
  const cluster = simPair();
  const moments = new Moments(cluster);
  const came: string[] = [];
  moments.wait('starting', 0, () => came.push('starting'));
  moments.wait('acquire', 0, () => came.push('acquire'));
  moments.wait('release', 0, () => came.push('release'));
  for (const node of cluster.nodes) node.start();
  cluster.advance(10_000);
  expect(came).toEqual(['starting', 'acquire']);
  moments.clear();
  cluster.nodes[0].feed({ kind: 'stop' });
  cluster.advance(1000);
  expect(came).toEqual(['starting', 'acquire']);
});
