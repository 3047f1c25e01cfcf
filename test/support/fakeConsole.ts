/**
 * The console contract in memory, with a scripted pair behind it: what the screen's tests
 * and the screenshots talk to. The product never uses it; its core implements the same contract.
 */
import { FAULTS as CATALOGUE } from '../../agent/common/faults/index.ts';
import type { Implementation } from '../../agent/common/rpc/contract.ts';
import type { CancelSignal } from '../../agent/common/rpc/cancel.ts';
import { RpcError } from '../../agent/common/rpc/messages.ts';
import {
  type ConsoleContract,
  type KeyRotationProgress,
  RACK_PAIR_ID,
  type Settings,
} from '../../electron/common/contract/console.ts';
import type {
  DeployPlan,
  DeployProgress,
  DrillProgress,
  PreflightItem,
} from '../../electron/common/contract/deploy.ts';
import type { PairSpec } from '../../electron/common/contract/pair.ts';
import type { RackState, RackUpOptions } from '../../electron/common/contract/rack.ts';
import type { SessionBatch } from '../../electron/common/contract/session.ts';
import type {
  ActiveFault,
  ConsoleFaultName,
  FaultOffer,
  HostKeyQuestion,
  LiveSituation,
  NodeConnection,
  PairState,
} from '../../electron/common/contract/state.ts';
import { FakeDrills } from './fakeDrills.ts';
import { FakeReports } from './fakeReports.ts';
import { fakeRotation } from './fakeRotation.ts';
import { fakePlan, fakePreflight, rackSpec } from './fakeData.ts';
import { Feed } from './feed.ts';
import { fakeAdvice } from './fakeAdvice.ts';
import { FakeObservers, fakeSituations, fakeStretch } from './fakeTimeline.ts';
import { FAKE_TIMING, FAKE_VIP, FakePair, type FakeNode } from './fakePair.ts';
import { FakeTerminals } from './fakeTerminals.ts';

const TICK_MS = 100;
/** Session time at which the fake begins. */
const AXIS_START_MS = 600_000;
const HISTORY_BATCHES_MAX = 6000;
/** What the fake can do; every other row of the catalogue is offered greyed. */
const FAULTS: ReadonlySet<ConsoleFaultName> = new Set([
  'power-off',
  'pull-lan',
  'pull-crossover',
  'pull-serial',
  'stop-agent',
  'kill-agent',
  'freeze-agent',
  'drop-heartbeats-in',
  'drop-heartbeats-out',
]);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface FakeOptions {
  /** Multiplies the pauses of rack start and deployment; 0 makes them immediate. */
  readonly pace?: number;
  readonly settings?: Partial<Settings>;
  /** Whether the rack can run here. */
  readonly rackAvailable?: boolean;
  /** Pairs that are saved already. */
  readonly pairs?: readonly PairSpec[];
}

interface Fault extends ActiveFault {
  endsMs: number;
  undo(): void;
}

export class FakeConsole {
  readonly pair: FakePair;
  readonly drills = new FakeDrills();
  readonly reports = new FakeReports();
  settings: Settings;
  readonly pairs: PairSpec[];
  /** A host key question that stands until it is answered; put by tests. */
  question: HostKeyQuestion | null = null;
  readonly answers: string[] = [];
  readonly secretsSeen: unknown[] = [];
  /** What the rack was last started with. */
  rackOptions: RackUpOptions | null = null;
  /** Operator requests to the engine, in order: `standby local node1`, `confirm-dead node2`, … */
  readonly requests: string[] = [];
  /** Pause after each step of a key rotation. */
  rotationStepMs = 150;
  /** Step at which a rotation fails, or null. */
  rotationFailsAt: KeyRotationProgress['step'] | null = null;
  rackPhase: RackState['phase'] = 'down';
  /** The console has lost node B's line without any fault: nobody can tell who holds what there. */
  blindToB = false;
  private rackDetail = '';
  private connected = false;
  private readonly terminals: FakeTerminals;
  private faults: Fault[] = [];
  private faultCount = 0;
  private readonly history: SessionBatch[] = [];
  private readonly observers = new FakeObservers();
  private situations: LiveSituation[] = [];
  private namedMs = Number.NEGATIVE_INFINITY;
  private readonly rackFeed = new Feed<RackState>();
  private readonly stateFeed = new Feed<PairState>();
  private readonly sessionFeed = new Feed<SessionBatch>();
  private readonly startedMs = performance.now();
  private readonly timer: NodeJS.Timeout;
  private readonly pace: number;
  private readonly options: FakeOptions;

  constructor(options: FakeOptions = {}) {
    this.options = options;
    this.pace = options.pace ?? 1;
    this.pairs = [...(options.pairs ?? [])];
    this.settings = { language: 'en', theme: 'light', layout: {}, ...options.settings };
    this.pair = new FakePair(['node1', 'node2'], Date.now() - AXIS_START_MS);
    this.terminals = new FakeTerminals(this.pair);
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  close(): void {
    clearInterval(this.timer);
    this.terminals.close();
    this.rackFeed.close();
    this.stateFeed.close();
    this.sessionFeed.close();
  }

  /** As if the flow had been clicked through: rack up, agents deployed, pair settled, with some history. */
  warmUp(historyMs = 90_000): void {
    this.rackPhase = 'up';
    this.connected = true;
    const nowMs = this.nowMs();
    this.pair.nowMs = nowMs - historyMs;
    for (const node of this.pair.nodes) {
      this.pair.powerOn(node);
      node.power = 'on';
      this.pair.startAgent(node);
    }
    // The story so far is played on the axis before "now", so that charts are full at once.
    for (let t = nowMs - historyMs; t < nowMs; t += TICK_MS) this.record(this.pair.advance(t));
  }

  /** Both nodes hold the address from now on, as after a killed daemon that left its own behind. */
  forceDual(on: boolean): void {
    this.pair.forceDual = on;
  }

  node(name: string): FakeNode {
    const node = this.pair.nodes.find((n) => n.name === name);
    if (node === undefined) throw new RpcError('no-node', `there is no node ${name}`);
    return node;
  }

  private nowMs(): number {
    // The axis starts well before the page, so that history has room.
    return performance.now() - this.startedMs + AXIS_START_MS;
  }

  private tick(): void {
    const nowMs = this.nowMs();
    if (this.rackPhase !== 'up' && !this.connected) return;
    const batch = this.pair.advance(nowMs);
    if (this.blindToB) batch.samples = batch.samples.filter((s) => s.node !== this.pair.nodes[1].name);
    this.expireFaults(nowMs);
    if (this.connected) {
      this.record(batch);
      this.sessionFeed.push(batch);
      this.stateFeed.push(this.pairState());
    }
    this.rackFeed.push(this.rackState());
  }

  private record(batch: SessionBatch): void {
    const { nodes, nowMs } = this.pair;
    this.history.push(this.observers.observe(batch, nodes, this.pair.holders(), nowMs));
    if (this.history.length > HISTORY_BATCHES_MAX) this.history.shift();
  }

  private expireFaults(nowMs: number): void {
    for (const fault of this.faults) {
      fault.revertsInMs = Math.max(0, fault.endsMs - nowMs);
      if (fault.phase === 'injected' && fault.revertsInMs === 0) this.revert(fault);
    }
    // Reverted ones stay listed for a moment, so that people see that they are over.
    this.faults = this.faults.filter((f) => f.phase === 'injected' || nowMs - f.endsMs < 5000);
  }

  private revert(fault: Fault): void {
    fault.undo();
    fault.phase = 'reverted';
    fault.revertsInMs = null;
    fault.endsMs = this.nowMs();
    this.pair.event(this.node(fault.node), 'info', {
      kind: 'fault',
      phase: 'reverted',
      faultId: fault.faultId,
      name: fault.name,
      detail: '',
    });
  }

  private powerSwitchBroken = false;

  rackState(): RackState {
    const cable = (
      id: 'lan-a' | 'lan-b' | 'crossover' | 'serial',
      kind: 'lan' | 'crossover' | 'serial',
      node: string | null,
    ) => ({
      id,
      kind,
      node,
      aToB: true,
      bToA: true,
      noisePpm: 0,
      revertsInMs: null,
      ...this.pair.cables.get(id),
    });
    const up = this.rackPhase === 'up';
    return {
      phase: this.rackPhase,
      detail: this.rackDetail,
      setup: up ? 's5' : null,
      engine: 'twinbeat',
      mode: up ? 'rootless' : null,
      nodes: up
        ? this.pair.nodes.map((n, i) => ({
            name: n.name,
            power: n.power,
            ssh: { host: '127.0.0.1', port: 42001 + i, user: 'root' },
            lanAddress: `192.168.2.${i + 1}`,
            crossoverAddress: `10.0.0.${i + 1}`,
            serialDevice: '/dev/ttyS0',
            bootCount: n.bootCount,
            powerRevertsInMs: null,
          }))
        : [],
      cables: up
        ? [
            cable('lan-a', 'lan', 'node1'),
            cable('lan-b', 'lan', 'node2'),
            cable('crossover', 'crossover', null),
            cable('serial', 'serial', null),
          ]
        : [],
      powerSwitchBroken: this.powerSwitchBroken,
      vip: up ? FAKE_VIP : null,
      pid: up ? 4242 : null,
    };
  }

  private connection(node: FakeNode, index: number): NodeConnection {
    const blind = this.blindToB && index === 1;
    const reachable = this.connected && node.power === 'on' && !blind;
    const lostMs = node.lostSinceMs === null ? null : this.pair.nowMs - node.lostSinceMs;
    const question = this.question !== null && index === 0 ? this.question : null;
    const phase: NodeConnection['phase'] = !this.connected
      ? 'idle'
      : question !== null
        ? 'host-key'
        : reachable
          ? 'ready'
          : 'waiting';
    const running = reachable && this.pair.isSpeaking(node);
    const status = node.agent === 'absent' ? null : this.pair.status(node);
    return {
      node: node.name,
      phase,
      detail: reachable ? 'SSH session open' : this.connected ? 'no answer for 2 s (SSH keep-alive)' : '',
      attempt: reachable ? 0 : 3,
      nextTryInMs: phase === 'waiting' ? 2000 - (this.pair.nowMs % 2000) : null,
      lastHeardAgoMs: this.connected ? (lostMs ?? 40) : null,
      hostKey: question,
      agent: {
        phase: !reachable ? 'unknown' : running ? 'attached' : node.agent === 'absent' ? 'absent' : 'stopped',
        version: node.agent === 'absent' ? null : '0.1.0',
        detail: running ? 'attached' : node.agent === 'absent' ? 'not installed' : 'service is not running',
      },
      clock: running ? { offsetMs: 1.2, errorMs: 0.4 } : null,
      status,
      statusAgeMs: status === null ? null : running ? 80 : (lostMs ?? 20_000),
    };
  }

  pairState(): PairState {
    const [a, b] = this.pair.nodes;
    const holders = this.pair.holders().filter((h) => !(this.blindToB && h === b.name));
    const missing = this.blindToB
      ? [`${b.name}: SSH`, 'LAN: ARP']
      : this.pair.nodes.filter((n) => n.agent === 'absent').map((n) => `${n.name}: agent`);
    const last = this.history.at(-1)?.probes.at(-1) ?? null;
    const answeredBy = this.blindToB ? null : (last?.answeredBy ?? null);
    const verdict =
      missing.length > 0 ? 'unknown' : holders.length === 1 ? 'one' : holders.length === 0 ? 'none' : 'dual';
    return {
      pairId: RACK_PAIR_ID,
      name: 'Built-in rack',
      isRack: true,
      nodes: [this.connection(a, 0), this.connection(b, 1)],
      vips: [
        {
          address: FAKE_VIP,
          verdict,
          holder: verdict === 'one' ? (holders[0] ?? null) : null,
          holders,
          answeredBy,
          missing,
          sinceMs: 12_000,
        },
      ],
      faults: this.faults.map(({ undo: _undo, endsMs: _endsMs, ...fault }) => fault),
      probe: {
        running: this.connected && !this.blindToB,
        from: 'client',
        target: `http://${FAKE_VIP}/`,
        periodMs: 100,
        answeredBy,
        lastOkAgoMs: answeredBy === null ? 2400 : 60,
        detail: answeredBy === null ? 'no answer' : 'answering',
      },
      lan: { running: this.connected, from: 'client', detail: '' },
      situations: this.connected ? this.named() : [],
      session: this.connected ? { id: 's1', startedWallMs: Date.now() - this.nowMs(), nowMs: this.nowMs() } : null,
    };
  }

  /** As the core does: looked at twice a second. */
  private named(): LiveSituation[] {
    const nowMs = this.nowMs();
    if (Math.abs(nowMs - this.namedMs) >= 500) {
      this.namedMs = nowMs;
      this.situations = fakeSituations(mergeBatches(this.history, nowMs - 60_000, nowMs), nowMs);
    }
    return this.situations;
  }

  private async rackUp(): Promise<RackState> {
    this.rackPhase = 'starting';
    for (const detail of ['network namespaces', 'disks', 'node1: boot', 'node2: boot', 'SSH answers']) {
      this.rackDetail = detail;
      this.rackFeed.push(this.rackState());
      await sleep(220 * this.pace);
    }
    this.rackDetail = '';
    this.rackPhase = 'up';
    for (const node of this.pair.nodes) {
      this.pair.powerOn(node);
      node.bootDoneMs = this.nowMs();
    }
    this.rackFeed.push(this.rackState());
    return this.rackState();
  }

  private rackDown(): void {
    this.rackPhase = 'down';
    this.connected = false;
    this.history.length = 0;
    for (const node of this.pair.nodes) {
      this.pair.powerOff(node);
      node.agent = 'absent';
    }
    this.rackFeed.push(this.rackState());
    this.stateFeed.push(this.pairState());
  }

  private offers(): FaultOffer[] {
    return this.pair.nodes.flatMap((node) =>
      CATALOGUE.map(({ id, name, level, why }): FaultOffer => {
        const reason =
          why !== null
            ? why
            : !FAULTS.has(name)
              ? 'ENOTTY'
              : node.power !== 'on'
                ? `${node.name} is off`
                : name === 'freeze-agent' && node.agent !== 'running'
                  ? 'the agent is not running'
                  : null;
        return {
          id,
          name,
          node: node.name,
          available: reason === null,
          reasonCode: reason === null ? null : why !== null ? 'nowhere' : 'agent',
          reason,
          commands: COMMANDS[name]?.[0] ?? [],
          revertCommands: COMMANDS[name]?.[1] ?? [],
          level: name.startsWith('pull') || name === 'power-off' ? 'physical' : level,
          byHand: false,
          cutsManagement: false,
        };
      }),
    );
  }

  /** Applies a fault by name and returns how to take it back. */
  private apply(node: FakeNode, name: ConsoleFaultName): () => void {
    const isA = node === this.pair.nodes[0];
    const cut = (
      id: 'lan-a' | 'lan-b' | 'crossover' | 'serial',
      patch: { aToB?: boolean; bToA?: boolean },
    ): (() => void) => {
      const before = this.pair.cables.get(id) ?? { aToB: true, bToA: true, noisePpm: 0 };
      this.pair.cables.set(id, { ...before, ...patch });
      return () => void this.pair.cables.set(id, before);
    };
    const both = { aToB: false, bToA: false };
    if (name === 'power-off') {
      this.pair.powerOff(node);
      return () => this.pair.powerOn(node);
    }
    if (name === 'pull-lan') return cut(isA ? 'lan-a' : 'lan-b', both);
    if (name === 'pull-crossover') return cut('crossover', both);
    if (name === 'pull-serial') return cut('serial', both);
    if (name === 'drop-heartbeats-in' || name === 'drop-heartbeats-out') {
      const outward = (name === 'drop-heartbeats-out') === isA;
      const patch = outward ? { aToB: false } : { bToA: false };
      const undos = [cut('crossover', patch), cut('serial', patch)];
      return () => undos.forEach((undo) => undo());
    }
    node.agent = name === 'freeze-agent' ? 'frozen' : 'stopped';
    if (name === 'stop-agent') node.holds = false;
    return () => this.pair.startAgent(node);
  }

  private inject(node: FakeNode, name: ConsoleFaultName, link: string | null, durationMs: number): ActiveFault {
    const undo = this.apply(node, name);
    const fault: Fault = {
      faultId: `f${++this.faultCount}`,
      name,
      node: node.name,
      phase: 'injected',
      link,
      revertsInMs: durationMs,
      detail: 'guard proven',
      handwork: null,
      endsMs: this.nowMs() + durationMs,
      undo,
    };
    this.faults.push(fault);
    this.pair.event(node, 'warn', { kind: 'fault', phase: 'injected', faultId: fault.faultId, name, detail: '' });
    return fault;
  }

  private async *applyPlan(plan: DeployPlan): AsyncGenerator<DeployProgress> {
    for (const step of plan.steps) {
      const base = { stepId: step.id, node: step.node, detail: '', doneBytes: null, totalBytes: step.bytes };
      yield { ...base, phase: 'running' };
      for (let part = 1; part <= 4 && step.bytes !== null; part++) {
        await sleep(90 * this.pace);
        yield { ...base, phase: 'running', doneBytes: (step.bytes * part) / 4 };
      }
      await sleep(120 * this.pace);
      const node = this.node(step.node);
      if (step.kind === 'verify' && plan.action === 'deploy' && node.agent === 'absent') this.pair.startAgent(node);
      if (step.kind === 'verify' && plan.action === 'remove') node.agent = 'absent';
      yield { ...base, phase: step.unchanged ? 'skipped' : 'done', doneBytes: step.bytes };
    }
  }

  private async *preflight(): AsyncGenerator<PreflightItem> {
    for (const item of fakePreflight(this.pair.nodes.map((n) => n.name))) {
      await sleep(40 * this.pace);
      yield item;
    }
  }

  private plan(action: 'deploy' | 'remove'): DeployPlan {
    return fakePlan(
      action,
      this.pair.nodes.map((n) => n.name),
      this.pair.nodes.every((n) => n.agent !== 'absent'),
    );
  }

  private async *drill(): AsyncGenerator<DrillProgress> {
    const holderBefore = this.pair.holders()[0] ?? null;
    yield { kind: 'step', text: `power off ${holderBefore ?? '?'}` };
    if (holderBefore !== null) this.inject(this.node(holderBefore), 'power-off', null, 8000);
    await sleep(FAKE_TIMING.deadtimeMs + 900);
    const load = [0.4, 0.3, 0.2];
    const notes: string[] = [];
    yield {
      kind: 'result',
      result: {
        drill: 'power-off',
        verdict: 'pass',
        outageMs: 3040,
        detectMs: 3002,
        takeoverMs: 31,
        dualMs: 0,
        holderBefore,
        holderAfter: this.pair.holders()[0] ?? null,
        probePeriodMs: 100,
        deadtimeMs: 3000,
        load,
        notes,
      },
    };
  }

  private asked(request: string): { accepted: boolean; detail: string } {
    this.requests.push(request);
    return { accepted: true, detail: '' };
  }

  private rotation(method: string, signal: CancelSignal): AsyncGenerator<KeyRotationProgress> {
    this.requests.push(`rotate ${method}`);
    return fakeRotation(this.pair, { method, stepMs: this.rotationStepMs, failsAt: this.rotationFailsAt, signal });
  }

  readonly implementation: Implementation<ConsoleContract, null> = {
    info: () => ({
      host: 'web',
      version: '0.1.0',
      platform: 'linux',
      rack: {
        available: this.options.rackAvailable ?? true,
        mode: 'rootless',
        reason:
          (this.options.rackAvailable ?? true)
            ? ''
            : 'user namespaces are switched off (kernel.unprivileged_userns_clone = 0)',
      },
      secretStore: { available: false, reason: 'the browser host keeps no secrets' },
    }),
    settingsGet: () => this.settings,
    settingsSet: (patch) => {
      const { language = this.settings.language, theme = this.settings.theme, layout = this.settings.layout } = patch;
      return (this.settings = { language, theme, layout });
    },
    rackState: (_input, _context, signal) => this.rackFeed.follow(signal, [this.rackState()]),
    rackUp: (options) => {
      this.rackOptions = options;
      return this.rackUp();
    },
    rackDown: () => (this.rackDown(), {}),
    rackPower: ({ node, action }) => {
      const target = this.node(node);
      if (action !== 'on') this.pair.powerOff(target);
      if (action !== 'off') this.pair.powerOn(target);
      return {};
    },
    rackPowerSwitch: ({ broken }) => {
      this.powerSwitchBroken = broken;
      this.rackFeed.push(this.rackState());
      return {};
    },
    rackCable: ({ cable, aToB, bToA, noisePpm }) => (this.pair.cables.set(cable, { aToB, bToA, noisePpm }), {}),
    pairList: () => [...(this.rackPhase === 'up' ? [rackSpec()] : []), ...this.pairs],
    pairSave: ({ spec }) => {
      const at = this.pairs.findIndex((p) => p.id === spec.id);
      this.pairs.splice(at < 0 ? this.pairs.length : at, at < 0 ? 0 : 1, spec);
      return {};
    },
    pairDelete: ({ pairId }) => (
      this.pairs.splice(0, this.pairs.length, ...this.pairs.filter((p) => p.id !== pairId)),
      {}
    ),
    pairConnect: ({ secrets }) => {
      this.secretsSeen.push(secrets);
      this.connected = true;
      return {};
    },
    pairDisconnect: () => {
      this.connected = false;
      this.stateFeed.push(this.pairState());
      return {};
    },
    pairState: (_input, _context, signal) => this.stateFeed.follow(signal, [this.pairState()]),
    hostKeyAnswer: ({ answer }) => {
      this.answers.push(answer);
      this.question = null;
      return {};
    },
    preflight: () => this.preflight(),
    deployPlan: ({ action }) => this.plan(action),
    deployApply: ({ planId }) => this.applyPlan(this.plan(planId.startsWith('remove') ? 'remove' : 'deploy')),
    session: ({ historyMs }, _context, signal) => {
      const fromMs = this.nowMs() - historyMs;
      const merged = mergeBatches(this.history, fromMs, Infinity);
      return this.sessionFeed.follow(signal, [merged]);
    },
    sessionRange: ({ fromMs, toMs }) => mergeBatches(this.history, fromMs, toMs),
    engineStandby: ({ node, set }) => this.asked(`standby ${set} ${node}`),
    engineTakeover: ({ node, set }) => this.asked(`takeover ${set} ${node}`),
    engineConfirmDead: ({ node }) => {
      this.pair.report(node, { hold: null });
      return this.asked(`confirm-dead ${node}`);
    },
    keysRotate: ({ method }, _context, signal) => this.rotation(method, signal),
    agentService: ({ node, action }) => {
      const target = this.node(node);
      if (action === 'start') this.pair.startAgent(target);
      else target.agent = 'stopped';
      return {};
    },
    terminalOpen: ({ node, kind }) => ({ terminalId: this.terminals.open(this.node(node), kind) }),
    terminalOutput: ({ terminalId }, _context, signal) => this.terminals.output(terminalId, signal),
    terminalInput: ({ terminalId, data }) => (this.terminals.input(terminalId, data), {}),
    terminalResize: () => ({}),
    terminalClose: ({ terminalId }) => (this.terminals.end(terminalId, 'closed'), {}),
    faultOffers: () => this.offers(),
    faultInject: ({ node, name, link, durationMs }) => this.inject(this.node(node), name, link, durationMs),
    faultPanic: () => {
      for (const fault of [...this.faults]) this.revert(fault);
      const checks = [{ what: 'pending' as const, ok: true, detail: 'no fault is left on this node' }];
      const nodes = this.pair.nodes.map((node) => {
        const proven = node.power === 'on';
        const problem = proven ? '' : `${node.name} cannot be reached`;
        const via = proven ? (['agent', 'ssh'] as const) : [];
        return { node: node.name, via: [...via], reverted: [], checks: proven ? checks : [], problem, proven };
      });
      return { nodes, rack: [], proven: nodes.every((n) => n.proven) };
    },
    faultRevert: ({ faultId }) => {
      const fault = this.faults.find((f) => f.faultId === faultId);
      if (fault === undefined) throw new RpcError('no-fault', 'that fault is over');
      this.revert(fault);
      return fault;
    },
    drillPowerOff: () => this.drill(),
    ...this.drills.methods,
    ...this.reports.methods,
    timelineStretch: (wish) =>
      fakeStretch(wish, (fromMs, toMs) => mergeBatches(this.history, fromMs, toMs), this.nowMs()),
    advise: ({ question }) => fakeAdvice(question),
  };
}

function mergeBatches(history: readonly SessionBatch[], fromMs: number, toMs: number): SessionBatch {
  const inside = (item: { tMs: number }): boolean => item.tMs >= fromMs && item.tMs <= toMs;
  return {
    samples: history.flatMap((b) => b.samples.filter(inside)),
    events: history.flatMap((b) => b.events.filter(inside)),
    probes: history.flatMap((b) => b.probes.filter(inside)),
    gaps: [],
    witness: history.flatMap((b) => b.witness.filter(inside)),
    faults: history.flatMap((b) => b.faults.filter(inside)),
    facts: history.flatMap((b) => b.facts.filter(inside)),
  };
}

const COMMANDS: Readonly<Record<string, readonly [string[], string[]]>> = {
  'power-off': [['rack: power node off'], ['rack: power node on']],
  'pull-lan': [['rack: pull cable lan'], ['rack: plug cable lan']],
  'pull-crossover': [['rack: pull cable crossover'], ['rack: plug cable crossover']],
  'pull-serial': [['rack: pull cable serial'], ['rack: plug cable serial']],
  'stop-agent': [['systemctl stop twinbeat-agent'], ['systemctl start twinbeat-agent']],
  'kill-agent': [['kill -KILL 412'], ['systemctl start twinbeat-agent']],
  'freeze-agent': [['kill -STOP 412'], ['kill -CONT 412']],
  'drop-heartbeats-in': [
    ['nft add table inet twinbeat_fault', 'nft add rule inet twinbeat_fault in udp dport 694 drop'],
    ['nft delete table inet twinbeat_fault'],
  ],
  'drop-heartbeats-out': [
    ['nft add table inet twinbeat_fault', 'nft add rule inet twinbeat_fault out udp dport 694 drop'],
    ['nft delete table inet twinbeat_fault'],
  ],
};
