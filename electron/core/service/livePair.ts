/** One connected pair: two connections, two feeds, a probe, faults and the session that records them all. */
import { RACK_PAIR_ID } from '../../common/contract/console.ts';
import type { NodeSecrets, PairSpec } from '../../common/contract/pair.ts';
import type { RackState } from '../../common/contract/rack.ts';
import type { NodeConnection, PairState, VipVerdict } from '../../common/contract/state.ts';
import { LanWords } from '../../common/verdict/lanWords.ts';
import { Motion } from '../../common/verdict/motion.ts';
import { say } from '../../common/words/sentence.ts';
import { WITNESS_FRESH_MS } from '../../common/verdict/vip.ts';
import type { NodeWitness } from '../../common/verdict/vip.ts';
import { Emitter } from '../base/emitter.ts';
import type { DrillStage } from '../drill/stage.ts';
import { viewOf } from '../drill/stage.ts';
import { Faults } from '../faults/faults.ts';
import type { PairWatch } from '../faults/interlocks.ts';
import { Probe, probeTarget } from '../probe/probe.ts';
import type { ProbeHost } from '../probe/probe.ts';
import { FactsRecorder } from '../session/factsRecorder.ts';
import { FaultRecorder } from '../session/faultRecorder.ts';
import { NodeFeed } from '../session/nodeFeed.ts';
import { Session } from '../session/session.ts';
import { RecordKeeper } from '../report/recordKeeper.ts';
import { SleepWatch } from '../session/sleepWatch.ts';
import type { SessionStore } from '../store/sessionStore.ts';
import { LanWitness } from '../witness/lanWitness.ts';
import type { WitnessHost } from '../witness/lanWitness.ts';
import { agentService, runCommand } from './nodeCommand.ts';
import type { NodeConnector, RackHandlePort, SecretStore } from './ports.ts';
import { keepSecrets, keptSecrets } from './secrets.ts';
import { SituationWatch } from './situationWatch.ts';
import { serialBaudOf } from './timelines.ts';
import { VipTracker } from './vipTracker.ts';

/** Longest wait for a small question to a node's shell, milliseconds. */
const COMMAND_MS_MAX = 5000;

export interface LivePairParts {
  readonly spec: PairSpec;
  readonly connectors: readonly [NodeConnector, NodeConnector];
  readonly store: SessionStore;
  readonly secretStore: SecretStore;
  /** null: this host cannot probe. */
  readonly probeHost: ProbeHost | null;
  /** Where an observer of the LAN can run, or why nowhere. */
  readonly witnessHost: WitnessHost | { missing: string };
  /** Only for the rack's own pair. */
  readonly rack: RackHandlePort | null;
  readonly host: string;
  readonly wallMs: () => number;
}

/** How often the nodes are looked at without any news of them, milliseconds. */
const LOOK_PERIOD_MS = 250;

export class LivePair {
  readonly spec: PairSpec;
  readonly connectors: readonly [NodeConnector, NodeConnector];
  readonly session: Session;
  readonly feeds: readonly [NodeFeed, NodeFeed];
  readonly faults: Faults;
  readonly probe: Probe | null;
  readonly witness: LanWitness;
  /** Configuration of the nodes as it was when they were first reached. */
  readonly records: RecordKeeper;
  readonly onChange = new Emitter<void>();

  private readonly parts: LivePairParts;
  private readonly tracker = new VipTracker();
  private readonly sleepWatch: SleepWatch;
  private readonly off: (() => void)[] = [];
  private readonly toKeep = new Map<string, NodeSecrets>();
  private powerBefore = new Map<string, string>();
  private readonly factsRecorders: readonly [FactsRecorder, FactsRecorder];
  private readonly faultRecorder: FaultRecorder;
  private readonly lanWords = new LanWords();
  private readonly motion = new Motion();
  private readonly situations: SituationWatch;
  private readonly lookTimer: NodeJS.Timeout;

  constructor(parts: LivePairParts) {
    this.parts = parts;
    this.spec = parts.spec;
    this.connectors = parts.connectors;
    this.session = new Session(parts.store, parts.spec, parts.host, parts.wallMs());
    this.feeds = [new NodeFeed(parts.connectors[0], this.session), new NodeFeed(parts.connectors[1], this.session)];
    this.faults = new Faults(
      this.feeds.map((feed, i) => ({ node: feed.node, feed, connector: parts.connectors[i === 0 ? 0 : 1] })),
      parts.rack,
      () => this.pairWatch(),
    );
    const { probe } = parts.spec;
    this.probe = probe === null || parts.probeHost === null ? null : new Probe(probe, parts.probeHost, this.session);
    this.witness = new LanWitness(parts.witnessHost, this.session, (mac) => this.nodeOfMac(mac));
    this.factsRecorders = [new FactsRecorder(this.session), new FactsRecorder(this.session)];
    this.faultRecorder = new FaultRecorder(this.session, () => this.faults.injection);
    this.off.push(
      this.session.onWitness.on((sample) => this.lanWords.take(sample)),
      this.session.onEvent.on((event) => this.motion.take(event)),
    );
    const changed = (): void => {
      this.look();
      this.onChange.fire();
    };
    // Silence is news that nobody brings.
    this.situations = new SituationWatch(
      this.session,
      {
        nodes: [parts.spec.nodes[0].name, parts.spec.nodes[1].name],
        address: probe?.address ?? null,
        probePeriodMs: probe?.periodMs ?? null,
        serialBaud: serialBaudOf(parts.spec),
      },
      () => this.onChange.fire(),
    );
    this.lookTimer = setInterval(() => this.look(), LOOK_PERIOD_MS);
    for (const feed of this.feeds) this.off.push(feed.onChange.on(changed));
    for (const connector of this.connectors) {
      this.off.push(connector.onState(changed));
      this.off.push(connector.onState(() => this.keepProven(connector)));
    }
    this.off.push(this.faults.onChange.on(changed));
    this.records = new RecordKeeper(parts.connectors, this.session, parts.wallMs);
    this.sleepWatch = new SleepWatch(this.session, parts.wallMs, () => {
      for (const feed of this.feeds) feed.clock.reset();
    });
  }

  /** Hardware address with which a node answers for an address, by its own word. */
  private macOf(node: string, address: string): string | null {
    const status = this.feeds.find((f) => f.node === node)?.status;
    return status?.vips.find((vip) => vip.address === address)?.mac ?? null;
  }

  /** Whose hardware address this is, by the nodes' own words. */
  private nodeOfMac(mac: string): string | null {
    return this.feeds.find((f) => f.status?.vips.some((vip) => vip.mac === mac) === true)?.node ?? null;
  }

  /** Records what has become of the nodes and of the faults. */
  private look(): void {
    this.faultRecorder.faults(this.faults.list());
    this.witness.watch(this.addresses());
    for (const index of [0, 1] as const) {
      const state = this.nodeState(index);
      this.factsRecorders[index].look(state, this.poweredOff(state.node) === true);
    }
  }

  get isRack(): boolean {
    return this.spec.id === RACK_PAIR_ID && this.parts.rack !== null;
  }

  /** Starts connecting whatever is not connected. `secrets` by node name; missing ones come from the key store. */
  async connect(secrets: Readonly<Record<string, NodeSecrets>>): Promise<void> {
    for (const connector of this.connectors) {
      const { name } = connector.spec;
      const given = secrets[name] ?? null;
      if (given?.remember === true) this.toKeep.set(name, given);
      connector.connect(given ?? (await keptSecrets(this.parts.secretStore, this.spec.id, name)));
    }
  }

  /** A secret is kept only when a server has accepted it. */
  private keepProven(connector: NodeConnector): void {
    const { name } = connector.spec;
    const secrets = this.toKeep.get(name);
    if (secrets === undefined || connector.state().phase !== 'ready') return;
    this.toKeep.delete(name);
    void keepSecrets(this.parts.secretStore, this.spec.id, name, secrets);
  }

  /** News of the rack's power: what a node held is gone with it, and a node that is back is worth a call at once. */
  rackChanged(state: RackState): void {
    for (const node of state.nodes) {
      const before = this.powerBefore.get(node.name);
      this.powerBefore.set(node.name, node.power);
      if (before === undefined || before === node.power) continue;
      const feed = this.feeds.find((f) => f.node === node.name);
      if (node.power !== 'on') feed?.held.clear();
      else this.connectors.find((c) => c.spec.name === node.name)?.retryNow();
    }
    this.faultRecorder.rack(state);
    this.look();
    this.onChange.fire();
  }

  /** The pair as the interlocks of faults look at it. */
  private pairWatch(): PairWatch {
    const lastOkMs = this.probe?.lastOk?.tMs ?? null;
    return {
      view: viewOf(this.stage(), null),
      clockErrorsMs: this.feeds.map((feed) => feed.clockState()?.errorMs ?? null),
      isProbeFresh: lastOkMs !== null && this.session.nowMs() - lastOkMs <= WITNESS_FRESH_MS,
    };
  }

  private poweredOff(node: string): boolean | null {
    const power = this.parts.rack?.state().nodes.find((n) => n.name === node)?.power;
    return power === undefined ? null : power === 'off';
  }

  /** Addresses under guard: what the agents say, else what the probe asks for. */
  private addresses(): string[] {
    const told = new Set(this.feeds.flatMap((f) => f.status?.vips.map((v) => v.address) ?? []));
    if (told.size === 0 && this.spec.probe !== null) told.add(this.spec.probe.address);
    return [...told];
  }

  vips(): VipVerdict[] {
    const [a, b] = this.feeds;
    const nowMs = this.session.nowMs();
    const lastOk = this.probe?.lastOk ?? null;
    // A probe that does not run asks nobody: no answer of it would mean that nobody answers.
    const probed = this.probe?.isRunning === true ? (this.spec.probe?.address ?? null) : null;
    return this.addresses().map((address) => {
      const answer = { answeredBy: lastOk?.answeredBy ?? null, atMs: lastOk?.tMs ?? Number.NEGATIVE_INFINITY };
      const probe = address === probed ? answer : null;
      const witness = (feed: NodeFeed): NodeWitness => feed.witness(address, this.poweredOff(feed.node));
      const more = { lan: this.lanWords.get(address), motion: this.motion.at(nowMs) };
      const macOf = (node: string): string | null => this.macOf(node, address);
      return this.tracker.judge(address, witness(a), witness(b), probe, more, macOf, nowMs);
    });
  }

  /** Who answered the newest good probe, while it is fresh. */
  answeredBy(): string | null {
    const lastOk = this.probe?.lastOk ?? null;
    return lastOk !== null && this.session.nowMs() - lastOk.tMs <= WITNESS_FRESH_MS ? lastOk.answeredBy : null;
  }

  private nodeState(index: 0 | 1): NodeConnection {
    const feed = this.feeds[index];
    return {
      node: feed.node,
      ...this.connectors[index].state(),
      agent: feed.agent,
      clock: feed.clockState(),
      status: feed.status,
      statusAgeMs: feed.statusAgeMs(),
    };
  }

  private probeState(): PairState['probe'] {
    const { probe } = this;
    if (probe === null) {
      const detail = this.spec.probe === null ? 'this pair has no probe' : 'this host cannot probe';
      return { running: false, from: '', target: null, periodMs: null, answeredBy: null, lastOkAgoMs: null, detail };
    }
    return {
      running: probe.isRunning,
      from: probe.from,
      target: probeTarget(probe.spec),
      periodMs: probe.spec.periodMs,
      answeredBy: this.answeredBy(),
      lastOkAgoMs: probe.lastOk === null ? null : this.session.nowMs() - probe.lastOk.tMs,
      detail: probe.detail,
    };
  }

  state(): PairState {
    return {
      pairId: this.spec.id,
      name: this.spec.name,
      isRack: this.isRack,
      nodes: [this.nodeState(0), this.nodeState(1)],
      vips: this.vips(),
      faults: this.faults.list(),
      probe: this.probeState(),
      lan: this.witness.state,
      situations: [...this.situations.situations],
      session: { id: this.session.id, startedWallMs: this.session.startedWallMs, nowMs: this.session.nowMs() },
    };
  }

  /** This computer goes to sleep: from here on silence is its own. */
  suspended(): void {
    this.session.openGap('console', this.session.nowMs(), say('gapSlept'));
  }

  resumed(): void {
    this.session.closeGap('console', this.session.nowMs());
    for (const feed of this.feeds) feed.clock.reset();
    for (const connector of this.connectors) connector.retryNow();
  }

  /** The pair as a drill needs it. */
  stage(): DrillStage {
    const connector = (node: string): NodeConnector =>
      this.connectors[0].spec.name === node ? this.connectors[0] : this.connectors[1];
    return {
      pairId: this.spec.id,
      pairName: this.spec.name,
      session: this.session,
      feeds: this.feeds,
      faults: this.faults,
      probe: this.probe,
      rack: this.isRack ? this.parts.rack : null,
      ipfail: this.spec.ha?.ipfail ?? null,
      vips: () => this.vips(),
      answeredBy: () => this.answeredBy(),
      agentService: async (node, action) => {
        await agentService(connector(node), action);
        for (const feed of this.feeds) feed.retryNow();
      },
      run: (node, command) =>
        runCommand(connector(node), command, COMMAND_MS_MAX).then(
          (ended) => (ended.status === 0 ? ended.out : null),
          () => null,
        ),
      wallMs: this.parts.wallMs,
    };
  }

  async close(): Promise<void> {
    for (const off of this.off) off();
    clearInterval(this.lookTimer);
    this.situations.close();
    this.sleepWatch.close();
    this.records.close();
    this.faults.close();
    for (const connector of this.connectors) connector.disconnect();
    await Promise.all([...this.feeds.map((f) => f.close()), this.probe?.close(), this.witness.close()]);
    this.session.close(this.parts.wallMs());
    await Promise.all(this.connectors.map((c) => c.close()));
  }
}

/** The state of a pair that is known and not connected. */
export function idleState(spec: PairSpec): PairState {
  const node = (name: string): NodeConnection => ({
    node: name,
    phase: 'idle',
    ...say('notConnected'),
    attempt: 0,
    nextTryInMs: null,
    lastHeardAgoMs: null,
    hostKey: null,
    agent: { phase: 'unknown', version: null, ...say('notConnected') },
    clock: null,
    status: null,
    statusAgeMs: null,
  });
  return {
    pairId: spec.id,
    name: spec.name,
    isRack: spec.id === RACK_PAIR_ID,
    nodes: [node(spec.nodes[0].name), node(spec.nodes[1].name)],
    vips: [],
    faults: [],
    probe: {
      running: false,
      from: '',
      target: null,
      periodMs: null,
      answeredBy: null,
      lastOkAgoMs: null,
      detail: 'not connected',
    },
    session: null,
  };
}
