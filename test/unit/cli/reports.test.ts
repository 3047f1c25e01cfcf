// What scripts read: the shapes of docs/cli.md, from states as the core gives them.
import { describe, expect, test } from 'vitest';
import { statusReport, statusText } from '../../../electron/cli/statusReport.ts';
import { judgeDemo } from '../../../electron/cli/verbs/demo.ts';
import type { DrillResult } from '../../../electron/common/contract/deploy.ts';
import type { AgentStatus } from '../../../agent/common/rpc/agentContract.ts';
import type { NodeConnection, PairState } from '../../../electron/common/contract/state.ts';
import { QUIET_STATUS } from '../../support/quietStatus.ts';

const up = (silenceMs: number) => ({ state: 'up' as const, silenceMs, marginMs: 3000 - silenceMs });

function agentStatus(node: string, holds: boolean, peerStatus: AgentStatus['status'] = 'active'): AgentStatus {
  return {
    ...QUIET_STATUS,
    node,
    peerName: node === 'a' ? 'b' : 'a',
    engine: 'twinbeat',
    version: '0.1.0',
    pid: 1,
    bootId: '',
    journalId: '',
    atMonotonicMs: 0,
    wallMs: 0,
    status: 'active',
    peer: { status: peerStatus, silenceMs: 1, marginMs: 1, engine: 'twinbeat' },
    links: [
      {
        id: 'eth1',
        name: 'eth1',
        medium: 'bcast',
        fromPeer: up(100),
        toPeer: up(200),
        rttMs: 1,
        clockOffsetMs: 0,
        clockErrorMs: 0,
        problem: null,
      },
    ],
    mine: holds ? 'all' : 'none',
    theirs: holds ? 'none' : 'all',
    stable: true,
    groups: [
      { key: 'g', preferredNode: 'a', state: holds ? 'started' : 'stopped', resources: ['IPaddr::10.0.0.9', 'web'] },
    ],
    vips: [
      {
        address: '10.0.0.9',
        prefixBits: 24,
        group: 'g',
        heldOn: holds ? 'eth0' : null,
        conflictMac: null,
        probedAgoMs: null,
      },
    ],
    timing: { keepaliveMs: 500, warntimeMs: 1500, deadtimeMs: 3000, initdeadMs: 6000, autoFailback: 'on' },
    lateness: { maxMs: 0, p99Ms: 0 },
    problems: [],
    resources: { cpuSeconds: 0, rssBytes: 0 },
  };
}

function connection(node: string, status: AgentStatus | null, statusAgeMs = 100): NodeConnection {
  return {
    node,
    phase: status === null ? 'waiting' : 'ready',
    detail: status === null ? 'connection refused' : '',
    attempt: 0,
    nextTryInMs: null,
    lastHeardAgoMs: null,
    hostKey: null,
    agent: { phase: status === null ? 'unknown' : 'attached', version: null, detail: '' },
    clock: null,
    status,
    statusAgeMs: status === null ? null : statusAgeMs,
  };
}

function state(a: NodeConnection, b: NodeConnection, vip: Partial<PairState['vips'][number]>): PairState {
  const base = {
    address: '10.0.0.9',
    verdict: 'one' as const,
    holder: 'a',
    holders: ['a'],
    answeredBy: 'a',
    missing: [],
    sinceMs: 0,
  };
  const probe = { running: true, from: '', target: null, periodMs: 100, answeredBy: 'a', lastOkAgoMs: 1, detail: '' };
  return {
    pairId: 'p',
    name: 'p',
    isRack: false,
    nodes: [a, b],
    vips: [{ ...base, ...vip }],
    faults: [],
    probe,
    session: null,
  };
}

describe('status', () => {
  test('both nodes well: every promised member, each direction as its hearer knows it', () => {
    const report = statusReport(
      state(connection('a', agentStatus('a', true)), connection('b', agentStatus('b', false)), {}),
    );
    expect(report.nodes[0]).toMatchObject({
      name: 'a',
      status: 'active',
      engine: 'twinbeat',
      resources: ['IPaddr::10.0.0.9', 'web'],
      holdsVip: true,
    });
    expect(report.nodes[1]).toMatchObject({ name: 'b', resources: [], holdsVip: false });
    expect(report.vip).toEqual({ address: '10.0.0.9', verdict: 'one', holder: 'a', answeredBy: 'a', missing: [] });
    expect(report.links).toEqual([
      {
        id: 'eth1',
        label: 'bcast eth1',
        medium: 'bcast',
        directions: [
          { from: 'a', to: 'b', state: 'up', lastHeardMs: 100, marginMs: 2900 },
          { from: 'b', to: 'a', state: 'up', lastHeardMs: 100, marginMs: 2900 },
        ],
      },
    ]);
    expect(statusText(report)).toContain('HOLDS VIP');
  });

  test('a silent node: its peer speaks for it where it can, the rest is null', () => {
    const alive = connection('b', agentStatus('b', true, 'dead'));
    const report = statusReport(
      state(connection('a', null), alive, { verdict: 'unknown', holder: null, holders: ['b'], missing: ['a'] }),
    );
    expect(report.nodes[0]).toMatchObject({
      status: 'dead',
      engine: null,
      holdsVip: null,
      detail: 'connection refused',
    });
    expect(report.links[0]?.directions[1]).toMatchObject({ from: 'b', to: 'a', lastHeardMs: 200 });
    expect(statusText(report)).toContain('missing witness: a');
  });

  test('a missing LAN or client is named beside a verdict, in words and as data', () => {
    const missing = ['LAN witness', 'client probe'];
    const report = statusReport(
      state(connection('a', agentStatus('a', true)), connection('b', agentStatus('b', false)), { missing }),
    );
    expect(report.vip).toMatchObject({ verdict: 'one', holder: 'a', missing });
    expect(statusText(report)).toMatch(/vip .* one .*missing witness: the LAN witness, the client probe/);
  });

  test('an old status counts as none', () => {
    const old = connection('a', agentStatus('a', true), 60_000);
    const report = statusReport(
      state(old, connection('b', null), { verdict: 'unknown', holder: null, holders: [], missing: ['a', 'b'] }),
    );
    expect(report.nodes[0]).toMatchObject({ status: null, holdsVip: null, resources: [] });
    expect(report.links).toEqual([]);
  });

  test('without power a node is known to hold nothing', () => {
    const report = statusReport(
      state(connection('a', null), connection('b', agentStatus('b', true, 'dead')), { holder: 'b', holders: ['b'] }),
    );
    expect(report.nodes[0]?.holdsVip).toBe(false);
  });
});

describe('what must not be overlooked', () => {
  const both = (a: Partial<AgentStatus>, b: Partial<AgentStatus> = {}) =>
    statusReport(
      state(
        connection('a', { ...agentStatus('a', true), ...a }),
        connection('b', { ...agentStatus('b', false), ...b }),
        {},
      ),
    );

  test('nothing: no alarm, the same key', () => {
    const report = both({});
    expect(report.safety).toEqual({ keys: 'same', alarms: [] });
    expect(statusText(report)).not.toContain('ALARM');
    expect(statusText(report)).toContain('keys  same  a key 1 sha1 a1b2c3d4e5f6  b key 1');
  });

  test('a script that does not start or stop: what a person does then', () => {
    const report = both({
      problems: ['acquire-failed', 'stop-failed'].map((code) => ({ code, detail: 'local: web', sinceWallMs: 0 })),
    });
    const [start, stop] = statusText(report).split('\n');
    expect(start).toMatch(
      /^ALARM a {2}acquire-failed: local: web {2}-> repair the script .*twinbeat takeover --node a"$/,
    );
    expect(stop).toMatch(/^ALARM a {2}stop-failed: local: web {2}-> repair the script: .*standby --node a" .* for b,/);
  });

  test('a takeover that waits comes first, with what for, since when, and what ends it', () => {
    const waiting: Partial<AgentStatus> = {
      hold: { reasons: ['reference-silent', 'fencing-failed'], sinceMs: 12_000 },
      pingNodes: [{ name: '10.0.0.254', status: 'dead', silenceMs: 40_000 }],
      fencing: { device: 'external/ipmi', state: 'failed', detail: 'no route' },
      takeoverRequires: ['reference', 'fencing'],
    };
    const report = statusReport(
      state(connection('a', null), connection('b', { ...agentStatus('b', false, 'dead'), ...waiting }), {
        verdict: 'unknown',
        holder: null,
        holders: [],
        missing: ['a'],
      }),
    );
    expect(report.nodes[1]?.safety.hold).toEqual({
      from: 'a',
      reasons: ['reference-silent', 'fencing-failed'],
      heldMs: 12_000,
    });
    expect(report.safety.alarms).toHaveLength(1);
    const [first] = statusText(report).split('\n');
    expect(first).toMatch(
      /^ALARM b {2}its takeover from a has waited for 12 s: no reference address answers \(10\.0\.0\.254\)/,
    );
    expect(first).toContain('fencing by external/ipmi failed (no route)');
    expect(first).toContain('twinbeat confirm-dead a');
    expect(statusText(report)).toContain('ping  b  10.0.0.254  dead  answered 40000 ms ago');
    expect(report.safety.keys).toBe('unknown');
  });

  test('different keys are an alarm, those of a rotation under way are not', () => {
    const other = (accepted: number) => ({ keys: { index: 1, method: 'sha1', fingerprint: 'ffff00001111', accepted } });
    const alarm = both({}, other(1)).safety;
    expect(alarm.keys).toBe('different');
    expect(alarm.alarms[0]?.text).toMatch(/a key 1 a1b2c3d4e5f6, b key 1 ffff00001111/);
    const two = { keys: { ...QUIET_STATUS.keys, accepted: 2 } };
    expect(both(two, other(2)).safety).toEqual({ keys: 'changing', alarms: [] });
  });

  test('a second holder, a device that waits for a person, a wrong key, an unprotected node', () => {
    const [vip] = agentStatus('a', true).vips;
    const report = both(
      { vips: vip === undefined ? [] : [{ ...vip, conflictMac: '66:66:66:66:66:66' }] },
      {
        // It does not hold the address: whom it hears is the holder.
        vips: vip === undefined ? [] : [{ ...vip, heldOn: null, conflictMac: '02:00:00:00:00:0a' }],
        fencing: { device: 'meatware', state: 'waiting-operator', detail: '' },
        problems: [{ code: 'key-mismatch', detail: 'a sends with a key we do not have', sinceWallMs: 0 }],
        protection: [{ what: 'watchdog', state: 'unavailable', detail: 'no such device' }],
      },
    );
    expect(report.safety.alarms.map(({ code, node }) => `${code} ${node}`)).toEqual([
      'second-holder a',
      'fencing b',
      'wrong-key b',
    ]);
    expect(report.nodes[0]?.safety.secondHolders).toEqual([{ address: '10.0.0.9', mac: '66:66:66:66:66:66' }]);
    expect(statusText(report)).toContain('guard b  watchdog unavailable: no such device');
  });
});

describe('demo', () => {
  const result: DrillResult = {
    drill: 'power-off',
    verdict: 'pass',
    outageMs: 2900,
    detectMs: 2800,
    takeoverMs: 60,
    dualMs: 0,
    holderBefore: 'a',
    holderAfter: 'b',
    servedBy: 'b',
    probePeriodMs: 100,
    deadtimeMs: 3000,
    load: [1],
    notes: [],
  };

  test('moved, served by the other, nothing left: ok, even on an overloaded machine', () => {
    expect(judgeDemo(result, [])).toEqual({ ok: true, vipMoved: true, servedByOther: true });
    expect(judgeDemo({ ...result, verdict: 'void' }, []).ok).toBe(true);
  });

  test.each([
    [{ holderAfter: 'a', servedBy: 'a' }, []],
    [{ holderAfter: null }, []],
    [{ outageMs: null }, []],
    [{ servedBy: 'a' }, []],
    [{}, ['process 1/2']],
  ] satisfies [Partial<DrillResult>, string[]][])('%j with %j left behind is not ok', (over, left) => {
    expect(judgeDemo({ ...result, ...over }, left).ok).toBe(false);
  });
});
