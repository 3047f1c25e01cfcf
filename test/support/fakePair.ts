/**
 * A believable pair for the screen's tests: two nodes that beat over two links, take over
 * after deadtime and are probed by a client. No wire, no engine: only what a console would
 * be told. Time is given by the caller, in milliseconds since the session began.
 */
import type { AgentStatus } from '../../agent/common/rpc/agentContract.ts';
import type { EventBody, Severity } from '../../agent/common/timeline/event.ts';
import { SeededRandom } from '../../agent/common/base/random.ts';
import type { SessionBatch, SessionEvent } from '../../electron/common/contract/session.ts';
import type { CableId } from '../../electron/common/contract/rack.ts';
import { QUIET_STATUS } from './quietStatus.ts';

export const FAKE_VIP = '192.168.2.3';
export const FAKE_TIMING = {
  keepaliveMs: 500,
  warntimeMs: 1500,
  deadtimeMs: 3000,
  initdeadMs: 4000,
  autoFailback: 'off' as const,
};
export const FAKE_LINKS = [
  { id: 'bcast:eth1', name: 'eth1', medium: 'bcast' as const, cable: 'crossover' as CableId, rttMs: 0.35 },
  { id: 'serial:/dev/ttyS0', name: '/dev/ttyS0', medium: 'serial' as const, cable: 'serial' as CableId, rttMs: 212 },
];

export interface FakeNode {
  readonly name: string;
  power: 'off' | 'booting' | 'on';
  bootCount: number;
  bootDoneMs: number;
  agent: 'absent' | 'running' | 'stopped' | 'frozen';
  agentSinceMs: number;
  holds: boolean;
  peerDead: boolean;
  /** Session time of the newest heartbeat heard on each link; null: none since the agent started. */
  readonly heardMs: Map<string, number | null>;
  nextBeatMs: number;
  lostSinceMs: number | null;
  journalSeq: number;
}

export type CableFlow = { aToB: boolean; bToA: boolean; noisePpm: number };

const BOOT_MS = 2500;

export class FakePair {
  readonly nodes: readonly [FakeNode, FakeNode];
  readonly cables = new Map<CableId, CableFlow>();
  /** Makes a stale address on both nodes, as a killed daemon leaves one behind. */
  forceDual = false;
  /** A survivor takes nothing: its takeover is held back. */
  holdTakeovers = false;
  /** What a node's agent reports instead of the usual, by node name: a held-back takeover, ping nodes, keys. */
  readonly special = new Map<string, Partial<AgentStatus>>();
  nowMs = 0;
  private readonly random = new SeededRandom(7);
  private eventIndex = 0;
  private pending: SessionEvent[] = [];
  private nextProbeMs = 0;
  private readonly wallStartMs: number;

  constructor(names: readonly [string, string], wallStartMs: number) {
    this.wallStartMs = wallStartMs;
    const make = (name: string): FakeNode => ({
      name,
      power: 'off',
      bootCount: 0,
      bootDoneMs: 0,
      agent: 'absent',
      agentSinceMs: 0,
      holds: false,
      peerDead: false,
      heardMs: new Map(),
      nextBeatMs: 0,
      lostSinceMs: null,
      journalSeq: 0,
    });
    this.nodes = [make(names[0]), make(names[1])];
    for (const id of ['lan-a', 'lan-b', 'crossover', 'serial'] as const) {
      this.cables.set(id, { aToB: true, bToA: true, noisePpm: 0 });
    }
  }

  event(node: FakeNode, severity: Severity, body: EventBody): void {
    this.pending.push({
      index: ++this.eventIndex,
      tMs: this.nowMs,
      errorMs: 0.4,
      event: {
        seq: ++node.journalSeq,
        node: node.name,
        at: { monotonicMs: this.nowMs + 5_000_000 },
        wallMs: this.wallStartMs + this.nowMs,
        severity,
        body: { ...body },
      },
    });
  }

  powerOn(node: FakeNode): void {
    node.power = 'booting';
    node.bootCount += 1;
    node.bootDoneMs = this.nowMs + BOOT_MS;
  }

  powerOff(node: FakeNode): void {
    node.power = 'off';
    node.holds = false;
    node.lostSinceMs = this.nowMs;
    if (node.agent !== 'absent') node.agent = 'stopped';
  }

  startAgent(node: FakeNode): void {
    node.agent = 'running';
    node.agentSinceMs = this.nowMs;
    node.peerDead = false;
    node.nextBeatMs = this.nowMs;
    for (const link of FAKE_LINKS) node.heardMs.set(link.id, null);
    this.event(node, 'info', { kind: 'local-status', status: 'active' });
  }

  /** Moves time on and returns what the session would have recorded. */
  advance(nowMs: number): SessionBatch {
    this.nowMs = nowMs;
    this.nodes.forEach((node, i) => this.stepNode(node, this.nodes[1 - i] as FakeNode, i === 0));
    const samples = this.nodes.filter((n) => this.isSpeaking(n)).map((n) => this.sample(n));
    const probes = this.probe();
    const events = this.pending;
    this.pending = [];
    return { samples, events, probes, gaps: [], witness: [], faults: [], facts: [] };
  }

  isSpeaking(node: FakeNode): boolean {
    return node.power === 'on' && node.agent === 'running';
  }

  silenceMs(node: FakeNode, link: string): number | null {
    const heard = node.heardMs.get(link) ?? null;
    return heard === null ? null : this.nowMs - heard;
  }

  holders(): string[] {
    const up = this.nodes.filter((n) => n.power === 'on');
    return (this.forceDual ? up : up.filter((n) => n.holds)).map((n) => n.name);
  }

  status(node: FakeNode): AgentStatus {
    const peer = this.nodes.find((n) => n !== node) as FakeNode;
    const silence = this.quietMs(node);
    const direction = (ms: number | null): AgentStatus['links'][number]['fromPeer'] => ({
      state: stateOf(ms),
      silenceMs: ms,
      marginMs: ms === null ? null : FAKE_TIMING.deadtimeMs - ms,
    });
    const holds = this.holders().includes(node.name);
    return {
      ...QUIET_STATUS,
      node: node.name,
      peerName: peer.name,
      engine: 'twinbeat',
      version: '0.1.0',
      pid: 412 + node.bootCount,
      bootId: `boot-${node.bootCount}`,
      journalId: `journal-${node.name}`,
      atMonotonicMs: this.nowMs,
      wallMs: this.wallStartMs + this.nowMs,
      status: 'active',
      peer: {
        status: node.peerDead ? 'dead' : silence === null ? 'init' : 'active',
        silenceMs: silence,
        marginMs: silence === null ? null : FAKE_TIMING.deadtimeMs - silence,
        engine: silence === null ? null : 'twinbeat',
      },
      links: FAKE_LINKS.map((link) => ({
        id: link.id,
        name: link.name,
        medium: link.medium,
        fromPeer: direction(this.silenceMs(node, link.id)),
        toPeer: direction(node.peerDead ? null : this.silenceMs(peer, link.id)),
        rttMs: node.peerDead ? null : this.rtt(link.rttMs),
        clockOffsetMs: 1.2,
        clockErrorMs: 0.4,
        problem: null,
      })),
      mine: holds ? 'all' : 'none',
      theirs: holds ? 'none' : 'all',
      stable: true,
      groups: [
        {
          key: FAKE_VIP,
          preferredNode: this.nodes[0].name,
          state: holds ? 'started' : 'stopped',
          resources: [FAKE_VIP, 'whoami-http'],
        },
      ],
      vips: [
        {
          address: FAKE_VIP,
          prefixBits: 24,
          group: FAKE_VIP,
          heldOn: holds ? 'eth0' : null,
          conflictMac: null,
          probedAgoMs: 900,
        },
      ],
      timing: FAKE_TIMING,
      lateness: { maxMs: 1.9, p99Ms: 0.6 },
      problems: [],
      resources: { cpuSeconds: 3.1, rssBytes: 61_000_000 },
      ...this.special.get(node.name),
    };
  }

  /** Changes what the agent of `name` reports from now on; what is not named stays. */
  report(name: string, patch: Partial<AgentStatus>): void {
    this.special.set(name, { ...this.special.get(name), ...patch });
  }

  /** Silence of the peer over all links together; null before anything was heard. */
  private quietMs(node: FakeNode): number | null {
    const silences = FAKE_LINKS.map((l) => this.silenceMs(node, l.id)).filter((ms) => ms !== null);
    return silences.length === 0 ? null : Math.min(...silences);
  }

  private rtt(baseMs: number): number {
    const spike = this.random.chance(0.02) ? 4 : 1;
    return baseMs * (0.85 + 0.3 * this.random.nextFraction()) * spike;
  }

  private stepNode(node: FakeNode, peer: FakeNode, isA: boolean): void {
    if (node.power === 'booting' && this.nowMs >= node.bootDoneMs) {
      node.power = 'on';
      node.lostSinceMs = null;
      if (node.agent !== 'absent') this.startAgent(node);
    }
    if (!this.isSpeaking(node)) return;
    while (node.nextBeatMs <= this.nowMs) {
      this.beat(node.nextBeatMs, peer, isA);
      node.nextBeatMs += FAKE_TIMING.keepaliveMs;
    }
    this.judgePeer(node, peer, isA);
  }

  private beat(atMs: number, peer: FakeNode, isA: boolean): void {
    if (!this.isSpeaking(peer)) return;
    for (const link of FAKE_LINKS) {
      const cable = this.cables.get(link.cable);
      const carries = isA ? cable?.aToB : cable?.bToA;
      if (carries === true && !this.random.chance(0.004))
        peer.heardMs.set(link.id, atMs + this.random.nextFraction() * 8);
    }
  }

  private judgePeer(node: FakeNode, peer: FakeNode, isA: boolean): void {
    const quiet = this.quietMs(node);
    const isAlone =
      quiet === null ? this.nowMs - node.agentSinceMs > FAKE_TIMING.initdeadMs : quiet > FAKE_TIMING.deadtimeMs;
    if (isAlone && !node.peerDead) {
      node.peerDead = true;
      this.event(node, 'warn', { kind: 'peer-status', peer: peer.name, status: 'dead' });
      if (!node.holds && !this.holdTakeovers) this.take(node, peer, 'peer-dead');
    }
    if (!isAlone && quiet !== null && node.peerDead) {
      node.peerDead = false;
      this.event(node, 'info', { kind: 'peer-status', peer: peer.name, status: 'active' });
    }
    if (!isAlone && quiet !== null && isA && !node.holds && !peer.holds) this.take(node, peer, 'start');
  }

  private take(node: FakeNode, peer: FakeNode, cause: 'peer-dead' | 'start'): void {
    this.event(node, 'warn', { kind: 'takeover', phase: 'begin', from: peer.name, cause });
    node.holds = true;
    this.event(node, 'info', { kind: 'vip', address: FAKE_VIP, change: 'added', iface: 'eth0' });
    this.event(node, 'info', { kind: 'vip', address: FAKE_VIP, change: 'announced', iface: 'eth0' });
    this.event(node, 'info', { kind: 'takeover', phase: 'done', from: peer.name, cause });
  }

  private sample(node: FakeNode): SessionBatch['samples'][number] {
    const status = this.status(node);
    return {
      tMs: this.nowMs,
      errorMs: 0.4,
      node: node.name,
      status: status.status,
      peerStatus: status.peer.status,
      mine: status.mine,
      heldVips: this.holders().includes(node.name) ? [FAKE_VIP] : [],
      nodeMarginMs: status.peer.marginMs,
      links: status.links.map((link) => ({
        id: link.id,
        fromPeer: link.fromPeer.state,
        marginMs: link.fromPeer.marginMs,
        marginMinMs: link.fromPeer.marginMs,
        rttMs: link.rttMs,
      })),
      latenessMs: this.random.nextFraction() * 0.8,
    };
  }

  private probe(): SessionBatch['probes'] {
    const out: SessionBatch['probes'] = [];
    if (this.nextProbeMs < this.nowMs - 1000) this.nextProbeMs = this.nowMs;
    for (; this.nextProbeMs <= this.nowMs; this.nextProbeMs += 100) {
      const reachable = this.nodes.filter(
        (n, i) => this.holders().includes(n.name) && this.cables.get(i === 0 ? 'lan-a' : 'lan-b')?.aToB === true,
      );
      const answer = reachable[reachable.length > 1 && this.random.chance(0.5) ? 1 : 0];
      out.push({
        tMs: this.nextProbeMs,
        ok: answer !== undefined,
        answeredBy: answer?.name ?? null,
        latencyMs: answer === undefined ? null : 0.6 + this.random.nextFraction() * 0.9,
        error: answer === undefined ? 'no answer within 100 ms' : null,
      });
    }
    return out;
  }
}

function stateOf(silenceMs: number | null): 'up' | 'late' | 'dead' | 'unknown' {
  if (silenceMs === null) return 'unknown';
  if (silenceMs > FAKE_TIMING.deadtimeMs) return 'dead';
  return silenceMs > FAKE_TIMING.warntimeMs ? 'late' : 'up';
}
