/** What a console is made of: its pairs, rack, store, drills and exercises; the methods of the contract stand in coreMethods.ts. */
import { join } from 'node:path';
import type { CancelSignal } from '../../../agent/common/rpc/cancel.ts';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import { RACK_PAIR_ID } from '../../common/contract/console.ts';
import type { NodeSpec } from '../../common/contract/pair.ts';
import type { RackState } from '../../common/contract/rack.ts';
import type { PairState } from '../../common/contract/state.ts';
import { AsyncQueue } from '../base/asyncQueue.ts';
import { Drills } from '../drill/drills.ts';
import { readDrills, readScripts } from '../drill/scripts.ts';
import { SuiteStore } from '../drill/suiteStore.ts';
import { ExerciseScriptSchema } from '../../common/exercise/script.ts';
import { Exercises } from '../exercise/exercises.ts';
import { localProbeHost } from '../probe/probe.ts';
import type { ProbeHost } from '../probe/probe.ts';
import { Profiles } from '../profiles/profiles.ts';
import { RackService } from '../rack/rackService.ts';
import { SessionStore } from '../store/sessionStore.ts';
import { localWitnessHost } from '../witness/lanWitness.ts';
import type { WitnessHost } from '../witness/lanWitness.ts';
import { Terminals } from '../terminal/terminals.ts';
import type { PdfPrinter } from '../report/pdf.ts';
import { KeyRotations } from './keyRotation.ts';
import { agentService } from './nodeCommand.ts';
import { Pairs } from './pairs.ts';
import type { Deployer, NodeConnector, RackHandlePort, RackPort, SecretStore } from './ports.ts';

/** The state of a pair goes out at most this often, milliseconds. */
const STATE_PERIOD_MS = 100;

/** Ages and countdowns in it move on without news: it goes out at least this often, milliseconds. */
const STATE_REFRESH_MS = 500;

export interface ConsoleOptions {
  readonly host: 'desktop' | 'web' | 'cli';
  readonly version: string;
  /** Pair files and settings; see userDirs(). */
  readonly configDir: string;
  /** The session store is `sessions.sqlite` here; null keeps sessions in memory only. */
  readonly dataDir: string | null;
  /** Suites of drills and the exercise that runs are kept here, also where sessions are not. Default: `drills` below dataDir. */
  readonly drillDir?: string | null;
  /** The application's files that are no code: drill scripts, exercises. */
  readonly resourcesDir: string;
  /** null where there can be no rack. */
  readonly lab: RackPort | null;
  readonly secretStore: SecretStore;
  readonly createConnector: (spec: NodeSpec) => NodeConnector;
  readonly deployer: Deployer;
  /** What runs the probe: a Node of at least 22 and the agent's bundle; null: this host cannot probe. */
  readonly probe: { readonly runtime: string; readonly bundle: string } | null;
  /** What prints and shows reports, where the host can do it itself; missing: a Chromium of this computer prints. */
  readonly paper?: { readonly printer: PdfPrinter; readonly openFile: (file: string) => Promise<void> };
  /** Gets sentences about things that went wrong aside (a damaged pair file, a full disk). */
  readonly report: (problem: string) => void;
  /** Unix epoch milliseconds; Date.now in every host. */
  readonly wallMs: () => number;
}

function rackProbeHost(probe: ConsoleOptions['probe']): (rack: RackHandlePort) => ProbeHost | null {
  return (rack) => {
    if (probe === null) return null;
    const start: ProbeHost['start'] = (argv) => rack.spawnOn('client', [probe.runtime, probe.bundle, ...argv]);
    return { name: 'the client host of the rack', start };
  };
}

/** What no observer of the LAN can do without: a runtime and the agent's bundle. */
const NO_BUNDLE = { missing: "the agent's program is not on this computer" };

/** The client host of the rack asks from an address of its own making, so that its neighbour entries stay what the nodes make them. */
const RACK_WITNESS_MAC = '02:54:42:00:ff:0c';

function rackWitnessHost(probe: ConsoleOptions['probe']): (rack: RackHandlePort) => WitnessHost | { missing: string } {
  return (rack) => {
    const host = rackProbeHost(probe)(rack);
    return host === null ? NO_BUNDLE : { ...host, askAs: RACK_WITNESS_MAC, ifaceOf: () => ({ iface: 'eth0' }) };
  };
}

/** The parts of one console, and what several methods of the contract ask of them. */
export class Core {
  readonly options: ConsoleOptions;
  readonly profiles: Profiles;
  readonly rack: RackService;
  readonly store: SessionStore;
  readonly pairs: Pairs;
  readonly terminals = new Terminals();
  readonly rotations = new KeyRotations();
  readonly drills: Drills;
  readonly exercises: Exercises;

  constructor(options: ConsoleOptions) {
    this.options = options;
    this.profiles = new Profiles(options.configDir, options.report);
    this.rack = new RackService(options.lab);
    const storeFile = options.dataDir === null ? ':memory:' : join(options.dataDir, 'sessions.sqlite');
    this.store = new SessionStore(storeFile, options.report);
    const { dataDir } = options;
    const drillDir = options.drillDir ?? (dataDir === null ? null : join(dataDir, 'drills'));
    const suites = new SuiteStore(drillDir, options.report);
    this.drills = new Drills(suites, readDrills(join(options.resourcesDir, 'drills'), options.report), options.wallMs);
    const exercises = readScripts(join(options.resourcesDir, 'exercises'), ExerciseScriptSchema, options.report);
    this.exercises = new Exercises(drillDir, exercises, options.wallMs);
    const { probe } = options;
    this.pairs = new Pairs({
      profiles: this.profiles,
      rack: this.rack,
      store: this.store,
      secretStore: options.secretStore,
      createConnector: options.createConnector,
      localProbe: probe === null ? null : localProbeHost(probe.runtime, probe.bundle),
      rackProbe: rackProbeHost(probe),
      localWitness: probe === null ? NO_BUNDLE : localWitnessHost(localProbeHost(probe.runtime, probe.bundle)),
      rackWitness: rackWitnessHost(probe),
      host: options.host,
      wallMs: options.wallMs,
    });
  }

  connector(pairId: string, node: string): NodeConnector {
    const live = this.pairs.need(pairId);
    const connector = live.connectors.find((c) => c.spec.name === node);
    if (connector === undefined) {
      throw new RpcError(
        'no-node',
        `this pair has no node ${node}; its nodes are ${live.spec.nodes.map((n) => n.name).join(', ')}`,
      );
    }
    return connector;
  }

  agent(pairId: string, node: string) {
    const live = this.pairs.need(pairId);
    this.connector(pairId, node);
    const feed = live.feeds.find((f) => f.node === node);
    if (feed?.client == null)
      throw new RpcError('not-attached', `the agent of ${node} does not answer: ${feed?.agent.detail ?? ''}`);
    return feed.client;
  }

  /**
   * The state of a pair: at once, then at every change and twice a second. The rack's pair may be
   * watched while there is no rack; another one must exist, and the stream ends when it is deleted.
   */
  watchPair(pairId: string, signal: CancelSignal): AsyncIterable<PairState> {
    if (pairId !== RACK_PAIR_ID) this.pairs.spec(pairId);
    let changed = true;
    let sentAtMs = 0;
    let off: () => void = () => undefined;
    let watched: unknown = null;
    const timer = setInterval(() => tick(), STATE_PERIOD_MS);
    const queue: AsyncQueue<PairState> = new AsyncQueue(signal, () => {
      clearInterval(timer);
      off();
    });
    const tick = (): void => {
      const live = this.pairs.find(pairId);
      if (live !== watched) {
        off();
        off = live === null ? () => undefined : live.onChange.on(() => (changed = true));
        watched = live;
        changed = true;
      }
      const isDue = performance.now() - sentAtMs >= STATE_REFRESH_MS;
      // A reader that is behind gets the newest state later, not every old one.
      if ((!changed && !isDue) || queue.length > 0) return;
      const state = this.pairs.state(pairId);
      if (state === null) {
        if (pairId !== RACK_PAIR_ID) queue.end();
        return;
      }
      changed = false;
      sentAtMs = performance.now();
      queue.push(state);
    };
    if (!signal.aborted) tick();
    return queue;
  }

  watchRack(signal: CancelSignal): AsyncIterable<RackState> {
    const queue: AsyncQueue<RackState> = new AsyncQueue(signal, () => off());
    const off = this.rack.onState.on((state) => queue.push(state));
    queue.push(this.rack.state);
    return queue;
  }

  /** Starts or stops the deployed service, and asks at once what became of it. */
  async agentService(pairId: string, node: string, action: 'start' | 'stop'): Promise<void> {
    await agentService(this.connector(pairId, node), action);
    for (const feed of this.pairs.need(pairId).feeds) feed.retryNow();
  }

  async close(): Promise<void> {
    this.terminals.closeAll();
    // Its step in work needs the connections.
    await this.rotations.end();
    // What a drill has broken is undone over the same connections.
    await this.drills.end(null);
    await this.pairs.close();
    await this.rack.close();
    this.store.close();
  }
}
