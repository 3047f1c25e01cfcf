/** All pairs of this console: saved ones, ones given on the command line, the rack's; and which of them are connected. */
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import { RACK_PAIR_ID } from '../../common/contract/console.ts';
import type { NodeSecrets, NodeSpec, PairSpec } from '../../common/contract/pair.ts';
import type { PairState } from '../../common/contract/state.ts';
import type { ProbeHost } from '../probe/probe.ts';
import type { Profiles } from '../profiles/profiles.ts';
import type { RackService } from '../rack/rackService.ts';
import type { SessionStore } from '../store/sessionStore.ts';
import type { WitnessHost } from '../witness/lanWitness.ts';
import { idleState, LivePair } from './livePair.ts';
import type { NodeConnector, RackHandlePort, SecretStore } from './ports.ts';
import { dropSecrets } from './secrets.ts';

export interface PairsParts {
  readonly profiles: Profiles;
  readonly rack: RackService;
  readonly store: SessionStore;
  readonly secretStore: SecretStore;
  readonly createConnector: (spec: NodeSpec) => NodeConnector;
  /** Where the probe of a real pair runs; null: nowhere. */
  readonly localProbe: ProbeHost | null;
  /** Where the probe of the rack's pair runs. */
  readonly rackProbe: (rack: RackHandlePort) => ProbeHost | null;
  /** Where an observer of the LAN runs, for a real pair and for the rack's; or why nowhere. */
  readonly localWitness: WitnessHost | { missing: string };
  readonly rackWitness: (rack: RackHandlePort) => WitnessHost | { missing: string };
  readonly host: string;
  readonly wallMs: () => number;
}

export class Pairs {
  private readonly parts: PairsParts;
  private readonly given = new Map<string, PairSpec>();
  private readonly live = new Map<string, LivePair>();
  private closing: Promise<unknown> = Promise.resolve();

  constructor(parts: PairsParts) {
    this.parts = parts;
    parts.rack.onHandle.on((handle) => this.rackHandleChanged(handle));
    parts.rack.onState.on((state) => this.live.get(RACK_PAIR_ID)?.rackChanged(state));
  }

  /** The rack's pair connects by itself when it comes up: one click less, and its key is no secret of anybody's. */
  private rackHandleChanged(handle: RackHandlePort | null): void {
    if (handle !== null) void this.connect(RACK_PAIR_ID, {});
    else void this.disconnect(RACK_PAIR_ID);
  }

  /** Adds a pair that is not saved (from the command line). */
  give(spec: PairSpec): void {
    this.given.set(spec.id, spec);
  }

  list(): PairSpec[] {
    const rack = this.parts.rack.handle?.pairSpec();
    const saved = this.parts.profiles.list().filter((p) => !this.given.has(p.id));
    return [...(rack === undefined ? [] : [rack]), ...this.given.values(), ...saved];
  }

  /** Throws `no-pair`, or `rack-down` for the rack's. */
  spec(pairId: string): PairSpec {
    if (pairId === RACK_PAIR_ID) return this.parts.rack.need().pairSpec();
    const spec = this.given.get(pairId) ?? this.parts.profiles.get(pairId);
    if (spec === null) throw new RpcError('no-pair', `there is no pair ${pairId}`);
    return spec;
  }

  /** The connected pair, or `not-connected`. */
  need(pairId: string): LivePair {
    const live = this.live.get(pairId);
    if (live !== undefined) return live;
    this.spec(pairId);
    throw new RpcError('not-connected', 'this pair is not connected');
  }

  find(pairId: string): LivePair | null {
    return this.live.get(pairId) ?? null;
  }

  all(): LivePair[] {
    return [...this.live.values()];
  }

  /** Present state; null when the pair does not exist (any more). */
  state(pairId: string): PairState | null {
    const live = this.live.get(pairId);
    if (live !== undefined) return live.state();
    if (pairId === RACK_PAIR_ID) {
      const handle = this.parts.rack.handle;
      return handle === null ? null : idleState(handle.pairSpec());
    }
    const spec = this.given.get(pairId) ?? this.parts.profiles.get(pairId);
    return spec === null ? null : idleState(spec);
  }

  save(spec: PairSpec): void {
    if (spec.id === RACK_PAIR_ID) throw new RpcError('bad-args', `the id ${RACK_PAIR_ID} is the built-in rack's`);
    this.parts.profiles.save(spec);
  }

  async remove(pairId: string): Promise<void> {
    await this.disconnect(pairId);
    const spec = this.parts.profiles.get(pairId);
    if (spec !== null) await dropSecrets(this.parts.secretStore, spec);
    this.parts.profiles.remove(pairId);
  }

  /** Connects what is not connected. Progress is in the state. */
  async connect(pairId: string, secrets: Readonly<Record<string, NodeSecrets>>): Promise<void> {
    const running = this.live.get(pairId);
    if (running !== undefined) return running.connect(secrets);
    const { parts } = this;
    const spec = this.spec(pairId);
    const rack = pairId === RACK_PAIR_ID ? parts.rack.handle : null;
    const live = new LivePair({
      spec,
      connectors: [parts.createConnector(spec.nodes[0]), parts.createConnector(spec.nodes[1])],
      store: parts.store,
      secretStore: parts.secretStore,
      probeHost: rack === null ? parts.localProbe : parts.rackProbe(rack),
      witnessHost: rack === null ? parts.localWitness : parts.rackWitness(rack),
      rack,
      host: parts.host,
      wallMs: parts.wallMs,
    });
    this.live.set(pairId, live);
    if (rack !== null) live.rackChanged(rack.state());
    await live.connect(secrets);
  }

  async disconnect(pairId: string): Promise<void> {
    const live = this.live.get(pairId);
    if (live === undefined) return;
    this.live.delete(pairId);
    const closed = live.close();
    this.closing = Promise.allSettled([this.closing, closed]);
    await closed;
  }

  async close(): Promise<void> {
    for (const pairId of [...this.live.keys()]) void this.disconnect(pairId);
    await this.closing;
  }
}
