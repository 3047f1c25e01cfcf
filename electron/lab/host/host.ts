/**
 * The rack host: one process in the machine's own namespaces for each rack. It holds the control
 * socket and the SSH ports, starts the world and ends with it. Everything of the rack
 * itself is in the world, so ending it is one kill.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { connect } from '../../../agent/common/rpc/client.ts';
import type { Client, Implementation } from '../../../agent/common/rpc/contract.ts';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import { ndjsonChannel } from '../../../agent/common/rpc/ndjson.ts';
import { serve } from '../../../agent/common/rpc/server.ts';
import type { HaSpec } from '../../common/contract/pair.ts';
import type { RackState } from '../../common/contract/rack.ts';
import { heartbeatFiles } from '../heartbeat.ts';
import { join as joinWords, quote, say } from '../../common/words/sentence.ts';
import type { Said } from '../../common/words/sentence.ts';
import { Latest } from '../latest.ts';
import { removePlaces } from '../places.ts';
import { processChannel } from '../processChannel.ts';
import { rackContract, worldContract } from '../protocol.ts';
import type { RackCredentials, WorldPlan, WorldState } from '../protocol.ts';
import { haOfRack, loadSetup, pairSpecOf } from '../setup.ts';
import type { Setup } from '../setup.ts';
import { socketText } from '../socketText.ts';
import { Attended } from './attended.ts';
import { Forwarder } from './forwarder.ts';
import { HostConfigSchema } from './hostConfig.ts';
import type { HostConfig } from './hostConfig.ts';
import { hireJanitor } from './janitor.ts';
import { launchWorld } from './launchWorld.ts';
import type { LaunchedWorld } from './launchWorld.ts';
import { makeSshKey } from './sshKey.ts';
import type { SshKeyPair } from './sshKey.ts';

const USER = 'root';

const SILENT = say('inItsWords', { text: '' });

/** Longest start in ms. It takes 1 to 2 s, on a very busy machine 7; beyond this something hangs. */
const START_MS_MAX = 60_000;

class RackHost {
  private readonly config: HostConfig;
  private readonly setup: Setup;
  private readonly ha: HaSpec;
  private readonly hostKeys: readonly [SshKeyPair, SshKeyPair];
  private readonly credentials: RackCredentials;
  private readonly publicKey: string;
  private readonly forwarders: readonly Forwarder[];
  private readonly world: LaunchedWorld;
  private readonly client: Client<typeof worldContract>;
  private worldState: WorldState | null = null;
  private worldAtMs = 0;
  private ending = false;
  readonly state: Latest<RackState>;
  readonly attended: Attended;

  constructor(config: HostConfig) {
    this.config = config;
    this.setup = loadSetup(config.install.appDir, config.options.setup);
    this.ha = haOfRack(this.setup, config.options);
    const [a, b] = this.setup.nodes;
    this.hostKeys = [makeSshKey(a.name), makeSshKey(b.name)];
    const userKey = makeSshKey('rack');
    this.publicKey = userKey.publicLine;
    writeFileSync(config.places.keyFile, userKey.privatePem, { mode: 0o600 });
    this.credentials = {
      user: USER,
      privateKeyPem: userKey.privatePem,
      privateKeyFile: config.places.keyFile,
      password: randomBytes(9).toString('base64url'),
      hostKeySha256: { [a.name]: [this.hostKeys[0].sha256], [b.name]: [this.hostKeys[1].sha256] },
    };
    this.state = new Latest<RackState>(this.snapshot('starting', say('rackNamespaces')));
    mkdirSync(config.places.worldDir, { recursive: true });
    this.world = launchWorld(config);
    this.client = connect(processChannel(this.world.child), worldContract);
    this.attended = new Attended(this.client);
    this.forwarders = (['a', 'b'] as const).map((side) => new Forwarder(() => this.sshPath(side)));
    void this.world.ended.then((said) => this.worldEnded(said));
  }

  private sshPath(side: 'a' | 'b'): string {
    return join(`/proc/${this.world.initPid()}/root`, this.config.places.worldDir, side, 'ctl', 'ssh');
  }

  private snapshot(phase: RackState['phase'], words: Said): RackState {
    const { options, mode } = this.config;
    const world = this.worldState;
    const impostor = world?.impostor ?? null;
    // The world tells its times when something changes; since then some of them has passed.
    const agoMs = performance.now() - this.worldAtMs;
    const left = (ms: number | null): number | null => (ms === null ? null : Math.max(0, Math.round(ms - agoMs)));
    const ports = this.forwarders?.map(({ port }) => port) ?? [];
    return {
      phase,
      ...words,
      setup: options.setup,
      engine: options.engine,
      mode,
      nodes: (world?.nodes ?? []).map((node, i) => ({
        ...node,
        powerRevertsInMs: left(node.powerRevertsInMs),
        ssh: { host: '127.0.0.1', port: ports[i] ?? 0, user: USER },
      })),
      cables: (world?.cables ?? []).map((cable) => ({ ...cable, revertsInMs: left(cable.revertsInMs) })),
      powerSwitchBroken: world?.powerSwitchBroken ?? false,
      impostor: impostor === null ? null : { ...impostor, revertsInMs: left(impostor.revertsInMs) },
      vip: this.setup.vip,
      pid: process.pid,
    };
  }

  private async follow(): Promise<void> {
    for await (const next of this.client.state({})) await this.adopt(next);
  }

  /** Takes over the world's news: ports follow the power, then the state is told. */
  private async adopt(next: WorldState): Promise<RackState> {
    this.worldState = next;
    this.worldAtMs = performance.now();
    await Promise.all(
      next.nodes.map(async ({ power }, i) => {
        if (power === 'on') await this.forwarders[i]?.open();
        else this.forwarders[i]?.shut();
      }),
    );
    const { phase } = this.state.value;
    this.state.set(this.snapshot(phase, phase === 'starting' ? bootWords(next) : quote(this.state.value)));
    return this.state.value;
  }

  /** Builds the rack; the outcome is in `state`. */
  async up(): Promise<void> {
    const following = this.follow();
    // It never ends well: either the world ended, which tells more, or its news cannot be believed.
    following.catch((error: Error) => void this.fail(say('inItsWords', { text: error.message })));
    const late = setTimeout(() => void this.fail(say('rackLate', { doing: quote(this.state.value) })), START_MS_MAX);
    try {
      await this.client.build(this.plan());
      // Its last state may still be on the way; nobody should see "up" without ports.
      while (this.forwarders.some(({ port }) => port === 0)) await new Promise((resolve) => this.state.listen(resolve));
      this.state.set(this.snapshot('up', say('inItsWords', { text: this.worldState?.oneWayReason ?? '' })));
    } catch (error) {
      await this.fail(say('inItsWords', { text: error instanceof Error ? error.message : String(error) }));
    } finally {
      clearTimeout(late);
    }
  }

  private async fail(why: Said): Promise<void> {
    // The world's own last words come with its end and are better than "the connection was closed".
    if (this.world.child.exitCode !== null || this.world.child.signalCode !== null) await this.world.ended;
    if (this.ending) return;
    this.state.set(this.snapshot('failed', why));
    await this.end();
  }

  private plan(): WorldPlan {
    const { setup, config } = this;
    const node = (i: 0 | 1) => ({ ...setup.nodes[i], hostKeyPem: this.hostKeys[i].privatePem });
    return {
      mode: config.mode,
      worldDir: config.places.worldDir,
      ...config.install,
      nodes: [node(0), node(1)],
      gateway: setup.gateway,
      client: setup.client,
      baud: setup.baud,
      service: setup.service,
      heartbeat: config.options.engine === 'heartbeat' ? heartbeatFiles(setup, this.ha) : null,
      publicKey: this.publicKey,
      password: this.credentials.password,
    };
  }

  private worldEnded(said: string): void {
    for (const forwarder of this.forwarders) forwarder.shut();
    this.worldState = null;
    if (!this.ending) this.state.set(this.snapshot('failed', say('rackEnded', { text: said })));
    void this.end();
  }

  /** Ends the rack and this process. Resolves when nothing of it is left but this process. */
  async end(): Promise<void> {
    if (!this.ending) {
      this.ending = true;
      if (this.state.value.phase !== 'failed') this.state.set(this.snapshot('stopping', SILENT));
      this.world.kill();
      await this.world.ended;
      removePlaces(this.config.places);
      if (this.state.value.phase !== 'failed') this.state.set(this.snapshot('down', SILENT));
      // A moment for the last state and the answer to `down` to reach whoever listens.
      setTimeout(() => process.exit(0), 100);
    }
    await this.world.ended;
  }

  /** Context of a request: the connection that it came by. */
  implementation(): Implementation<typeof rackContract, object> {
    const whenUp = (): void => {
      if (this.state.value.phase !== 'up') throw new RpcError('not-up', `the rack is ${this.state.value.phase}`);
    };
    return {
      state: (_input, _connection, signal) => {
        // Whoever begins to look gets what is left of the times now.
        const now = this.state.value;
        if (now.phase === 'up') this.state.set(this.snapshot('up', quote(now)));
        return this.state.changes(signal);
      },
      access: () => {
        whenUp();
        const { nodes } = this.state.value;
        const { privateKeyFile, hostKeySha256 } = this.credentials;
        const observed = this.config.options.engine === 'heartbeat';
        return {
          pair: pairSpecOf(this.setup, observed ? null : this.ha, nodes, privateKeyFile, hostKeySha256),
          credentials: this.credentials,
        };
      },
      power: async (command, connection) => {
        this.attended.power(command, connection);
        return this.adopt(await this.client.power(command));
      },
      cable: async (command, connection) => {
        this.attended.cable(command, connection);
        return this.adopt(await this.client.cable(command));
      },
      powerSwitch: async (command) => this.adopt(await this.client.powerSwitch(command)),
      impostor: async (command, connection) => {
        this.attended.impostor(command, connection);
        return this.adopt(await this.client.impostor(command));
      },
      spawn: (input, _context, signal) => this.client.spawn(input, signal),
      down: async () => {
        await this.end();
        return {};
      },
    };
  }
}

function bootWords({ nodes }: WorldState): Said {
  const booting = nodes.filter(({ power }) => power !== 'on').map(({ name }) => say('inItsWords', { text: name }));
  return booting.length === 0 ? SILENT : say('rackBooting', { nodes: joinWords(booting, 'and') });
}

/** Main of the rack host. `argument`: HostConfig as JSON. Says `listening` on standard output when it can be connected to. */
export function runHost(argument: string): void {
  const config = HostConfigSchema.parse(JSON.parse(argument));
  // The directory was made by whoever started us: making it is what decides who gets the name.
  hireJanitor(config.places);
  const host = new RackHost(config);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => {
      sockets.delete(socket);
      void host.attended.leave(socket);
    });
    serve(ndjsonChannel(socketText(socket)), rackContract, host.implementation(), socket);
  });
  server.listen(config.places.controlSocket, () => process.stdout.write('listening\n'));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void host.end());
  if (!config.detached) process.stdin.on('end', () => void host.end()).resume();
  // Whoever started us may be gone: a broken pipe must not end the rack in a half-way state.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  void host.up();
}
