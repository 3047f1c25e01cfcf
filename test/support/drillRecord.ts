/** A record of a drill's run, made of what a test says and a quiet pair for the rest. Times in milliseconds. */
import type { AgentStatus } from '../../agent/common/rpc/agentContract.ts';
import type { SessionEvent } from '../../electron/common/contract/session.ts';
import type { VipVerdict } from '../../electron/common/contract/state.ts';
import type { ProbePoint } from '../../electron/common/drill/outage.ts';
import type { Quantities } from '../../electron/common/drill/quantity.ts';
import type { RunRecord } from '../../electron/common/drill/record.ts';
import type { NodeView, PairView } from '../../electron/common/drill/view.ts';
import { QUIET_STATUS } from './quietStatus.ts';

export const DRILL_VIP = '10.0.0.9';
export const ROLES = { holder: 'a', standby: 'b' };

export const QUANTITIES: Quantities = {
  keepaliveMs: 200,
  warntimeMs: 1000,
  deadtimeMs: 2000,
  initdeadMs: 4000,
  probeMs: 100,
  failoverMs: null,
  healMs: null,
};

type LinkState = 'up' | 'late' | 'dead' | 'unknown';

/** What a node reports. `links`: state of `eth1` and `/dev/ttyS0` as it hears them. */
export function nodeView(
  node: string,
  over: Partial<AgentStatus> = {},
  links: readonly LinkState[] = ['up', 'up'],
): NodeView {
  const heard = (state: LinkState) => ({ state, silenceMs: 100, marginMs: 1900 });
  const link = (id: string, medium: 'bcast' | 'serial', state: LinkState): AgentStatus['links'][number] => ({
    id,
    name: id,
    medium,
    fromPeer: heard(state),
    toPeer: heard('up'),
    rttMs: 1,
    clockOffsetMs: 0,
    clockErrorMs: 1,
    problem: null,
  });
  const status: AgentStatus = {
    ...QUIET_STATUS,
    node,
    peerName: node === 'a' ? 'b' : 'a',
    engine: 'twinbeat',
    version: '0',
    pid: 1,
    bootId: 'boot',
    journalId: 'journal',
    atMonotonicMs: 0,
    wallMs: 0,
    status: 'active',
    peer: { status: 'active', silenceMs: 100, marginMs: 1900, engine: 'twinbeat' },
    links: [link('eth1', 'bcast', links[0] ?? 'up'), link('/dev/ttyS0', 'serial', links[1] ?? 'up')],
    mine: 'none',
    theirs: 'none',
    stable: true,
    groups: [],
    vips: [],
    timing: { keepaliveMs: 200, warntimeMs: 1000, deadtimeMs: 2000, initdeadMs: 4000, autoFailback: 'off' },
    lateness: { maxMs: 1, p99Ms: 1 },
    problems: [],
    resources: { cpuSeconds: 1, rssBytes: 1 },
    ...over,
  };
  return { node, attached: true, detail: '', status, statusAgeMs: 100 };
}

/** The address with this holder; null: nobody. */
export function vip(holder: string | null, over: Partial<VipVerdict> = {}): VipVerdict {
  return {
    address: DRILL_VIP,
    verdict: holder === null ? 'none' : 'one',
    holder,
    holders: holder === null ? [] : [holder],
    answeredBy: holder,
    missing: [],
    sinceMs: 0,
    ...over,
  };
}

/** The pair with `holder` holding; everything else in order. */
export function pairView(holder: string | null, over: Partial<PairView> = {}): PairView {
  return {
    nodes: [nodeView('a'), nodeView('b')],
    vips: [vip(holder)],
    faults: [],
    hasProbe: true,
    answeredBy: holder,
    goodRun: { by: holder, count: 5 },
    waived: [],
    takenOver: [],
    ...over,
  };
}

/** One character a probe, every 100 ms from 0 on: a or b answered, `.` nobody. */
export function probes(text: string): ProbePoint[] {
  return [...text].map((c, i) => ({ tMs: i * 100, ok: c !== '.', answeredBy: c === '.' ? null : c }));
}

export function event(node: string, tMs: number, body: SessionEvent['event']['body']): SessionEvent {
  return {
    index: 0,
    tMs,
    errorMs: 1,
    event: { seq: 1, node, at: { monotonicMs: tMs }, wallMs: tMs, severity: 'info', body },
  };
}

/** What `to` heard of `from`: the longest gap in milliseconds. */
export function heardStream(from: string, to: string, maxMs: number): RunRecord['margins'][number] {
  const smallestMarginMs = QUANTITIES.deadtimeMs - maxMs;
  return { from, to, link: null, count: 40, maxMs, smallestMarginMs, smallestMarginAtMs: 4000 };
}

/** A fault from 1 s to 5 s, then a heal until 9 s. */
export function runRecord(over: Partial<RunRecord> = {}): RunRecord {
  return {
    roles: ROLES,
    quantities: QUANTITIES,
    autoFailback: false,
    preferredNode: 'a',
    beganAtMs: 0,
    endedAtMs: 9000,
    windows: [
      { kind: 'fault', fromMs: 1000, toMs: 5000, isTimed: true },
      { kind: 'heal', fromMs: 5000, toMs: 9000, isTimed: true },
    ],
    probes: probes('a'.repeat(90)),
    probePeriodMs: 100,
    events: [],
    powerCuts: [],
    silences: [],
    lanWords: [],
    beforeHeal: pairView('a'),
    atStart: pairView('a'),
    atEnd: pairView('a'),
    marginMinMs: 1500,
    margins: [heardStream('a', 'b', 500), heardStream('b', 'a', 400)],
    costs: [],
    ...over,
  };
}
