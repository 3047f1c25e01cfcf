// What becomes of nodes and faults in the record: once each, with what is known of the time.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RackState } from '../../../electron/common/contract/rack.ts';
import type { NodeLife, SessionFault } from '../../../electron/common/contract/session.ts';
import { lifeOf, type LifeView } from '../../../electron/core/session/factsRecorder.ts';
import { FaultRecorder } from '../../../electron/core/session/faultRecorder.ts';
import { Session } from '../../../electron/core/session/session.ts';
import { SessionStore } from '../../../electron/core/store/sessionStore.ts';
import type { PairSpec } from '../../../electron/common/contract/pair.ts';
import { DatabaseSync } from 'node:sqlite';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STORE_STEPS } from '../../../electron/core/store/schema.ts';

describe('how a node speaks', () => {
  const attached = { phase: 'attached', version: '1', detail: '' } as const;
  const view = (over: Partial<LifeView>): NodeLife =>
    lifeOf({
      phase: 'ready',
      lastHeardAgoMs: 100,
      agent: attached,
      status: null,
      statusAgeMs: 200,
      poweredOff: false,
      before: 'answers',
      ...over,
    });
  const stopped = { phase: 'stopped', version: null, detail: '' } as const;

  test.each<readonly [string, Partial<LifeView>, NodeLife]>([
    ['it answers', {}, 'answers'],
    ['no answer, and its host is heard: frozen, or slow', { statusAgeMs: 1600 }, 'silent'],
    ['no answer, and nothing of its host either', { statusAgeMs: 4000, lastHeardAgoMs: 4000 }, 'unreachable'],
    ['its agent ended', { agent: stopped }, 'gone'],
    ['no power', { poweredOff: true }, 'unreachable'],
    ['the connection is lost', { phase: 'lost' }, 'unreachable'],
    ['it was never reached', { phase: 'connecting', before: 'unknown' }, 'unknown'],
  ])('%s', (_what, over, expected) => {
    expect(view(over)).toBe(expected);
  });
});

describe('faults', () => {
  let store: SessionStore;
  let session: Session;
  let seen: SessionFault[];
  let recorder: FaultRecorder;
  beforeEach(() => {
    store = new SessionStore(':memory:');
    session = new Session(store, { id: 'p' } as PairSpec, 'cli', 1000);
    seen = [];
    session.onFault.on((fault) => seen.push(fault));
    recorder = new FaultRecorder(session);
  });
  afterEach(() => {
    session.close(2000);
    store.close();
  });

  const rack = (off: boolean, pulled = false): RackState =>
    ({
      phase: 'up',
      nodes: [{ name: 'a', power: off ? 'off' : 'on' }],
      cables: [{ id: 'lan-a', kind: 'lan', node: 'a', aToB: !pulled, bToA: !pulled }],
    }) as unknown as RackState;

  test('power that somebody switches by hand is a fault, with its end; what was off before is not', () => {
    recorder.rack(rack(false, true));
    expect(seen).toEqual([]);
    recorder.rack(rack(true, true));
    recorder.rack(rack(true, true));
    recorder.rack(rack(false, true));
    expect(seen.map(({ name, phase, node }) => [name, phase, node])).toEqual([
      ['power-off', 'injected', 'a'],
      ['power-off', 'reverted', 'a'],
    ]);
    expect(seen.every(({ errorMs }) => errorMs > 0)).toBe(true);
  });

  test('each phase of a fault once, and one that was over when it was first seen not at all', () => {
    const fault = { faultId: 'f1', node: 'a', name: 'kill-agent', link: null, revertsInMs: null, detail: '' } as const;
    const list = (phase: 'injected' | 'reverted') =>
      [{ ...fault, phase }] as unknown as Parameters<FaultRecorder['faults']>[0];
    recorder.faults(list('injected'));
    recorder.faults(list('injected'));
    recorder.faults(list('reverted'));
    recorder.faults([{ ...list('reverted')[0], faultId: 'old' }] as unknown as Parameters<FaultRecorder['faults']>[0]);
    expect(seen.map(({ faultId, phase }) => `${faultId} ${phase}`)).toEqual(['f1 injected', 'f1 reverted']);
  });

  test('everything comes back from the store, and facts that held before a stretch with it', () => {
    recorder.rack(rack(false));
    recorder.rack(rack(true));
    const facts = (tMs: number, life: NodeLife) => ({
      ...{ tMs, node: 'a', life, detail: '', engine: null, version: null, timing: null, keys: null },
      ...{ links: [], macs: { '10.0.0.1': 'aa' }, problems: [] },
    });
    session.addFacts(facts(10, 'answers'));
    session.addFacts(facts(20, 'silent'));
    session.addFacts(facts(500, 'gone'));
    const look = {
      tMs: 300,
      errorMs: 1,
      address: '10.0.0.1',
      kind: 'asked' as const,
      holders: [{ mac: 'aa', node: 'a' }],
      neighbourMac: null,
    };
    session.addWitness(look);
    const range = store.range(session.id, 100, 1e9);
    expect(range.witness).toEqual([look]);
    expect(range.facts.map(({ tMs, life }) => [tMs, life])).toEqual([
      [20, 'silent'],
      [500, 'gone'],
    ]);
    expect(store.happenings(session.id).faults).toEqual(seen);
  });
});

test('a store of the first version is brought up, keeps what it has, and takes what is new', () => {
  const dir = mkdtempSync(join(tmpdir(), 'twinbeat-steps-'));
  try {
    const file = join(dir, 's.sqlite');
    const old = new DatabaseSync(file);
    old.exec(`${STORE_STEPS[0] ?? ''} PRAGMA user_version = 1;`);
    old.exec(
      "INSERT INTO session VALUES ('s1', 'p', '{}', 'cli', 1000, NULL); INSERT INTO probe VALUES ('s1', 5, 1, 'a', 1.5, NULL)",
    );
    old.close();
    const store = new SessionStore(file);
    const fault = {
      tMs: 7,
      errorMs: 1,
      faultId: 'f',
      node: 'a',
      name: 'x',
      phase: 'injected' as const,
      link: null,
      detail: '',
    };
    store.addFault('s1', fault);
    expect(store.range('s1', 0, 10)).toMatchObject({ probes: [{ tMs: 5 }], faults: [fault], facts: [], witness: [] });
    store.close();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
