/** Everything inside the rack's outer namespaces: builds it, answers the rack host, ends with it. */
import { mkdirSync } from 'node:fs';
import type { CancelSignal } from '../../../agent/common/rpc/cancel.ts';
import type { Implementation } from '../../../agent/common/rpc/contract.ts';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import { serve } from '../../../agent/common/rpc/server.ts';
import type { CableId } from '../../common/contract/rack.ts';
import { Latest } from '../latest.ts';
import { processChannel } from '../processChannel.ts';
import { worldContract } from '../protocol.ts';
import type { CableCommand, ImpostorCommand, PowerCommand, SpawnEvent, WorldPlan, WorldState } from '../protocol.ts';
import { addressOf } from '../setup.ts';
import { run } from './command.ts';
import { Impostor } from './impostor.ts';
import { keepNamespace } from './keeper.ts';
import { Network } from './network.ts';
import type { Plug, Side } from './network.ts';
import { networkEntrance, nodeEntrance, runProgram } from './programs.ts';
import { PowerSwitch } from './powerSwitch.ts';
import { Reverts } from './reverts.ts';
import { SerialCable } from './serial.ts';
import { Server } from './server.ts';

/** How long a node that was reset stays off: as the delay of a real switch, long enough to be seen. */
const RESET_OFF_MS = 5000;

interface Cable extends Plug {
  noisePpm: number;
}

/** A built rack. */
class World {
  readonly state = new Latest<WorldState>({
    nodes: [],
    cables: [],
    powerSwitchBroken: false,
    oneWayReason: null,
  });
  private readonly plan: WorldPlan;
  private readonly network: Network;
  private readonly serial: SerialCable | null;
  private readonly servers: readonly Server[];
  private readonly cables = new Map<CableId, Cable>();
  private readonly reverts = new Reverts();
  private readonly powerSwitch: PowerSwitch;
  private readonly impostor: Impostor;
  private readonly hostPids = new Map<string, number>();

  constructor(plan: WorldPlan) {
    this.plan = plan;
    const hasCrossover = plan.nodes[0].crossover !== null;
    this.network = new Network(hasCrossover);
    this.impostor = new Impostor(this.network);
    this.serial = plan.baud === null ? null : new SerialCable(plan.baud, process.pid);
    const ids: CableId[] = [
      'lan-a',
      'lan-b',
      ...(hasCrossover ? ['crossover' as const] : []),
      ...(this.serial ? ['serial' as const] : []),
    ];
    for (const id of ids) this.cables.set(id, { aToB: true, bToA: true, noisePpm: 0 });
    const sides: readonly Side[] = ['a', 'b'];
    this.servers = sides.map(
      (side, i) => new Server(side, plan.nodes[i === 0 ? 0 : 1], plan, this.network, this.serial, () => this.changed()),
    );
    this.powerSwitch = this.openPowerSwitch();
  }

  private openPowerSwitch(): PowerSwitch {
    return new PowerSwitch({
      nodes: this.plan.nodes.map(({ name }) => name),
      hasPower: (node) => this.serverOf(node).power !== 'off',
      off: (node) => this.power({ node, action: 'off', revertAfterMs: null }),
      reset: (node) => this.power({ node, action: 'off', revertAfterMs: RESET_OFF_MS }),
      on: (node) => this.power({ node, action: 'on', revertAfterMs: null }),
    });
  }

  async build(): Promise<void> {
    const keepers = await Promise.all([keepNamespace(), keepNamespace()]);
    const [gateway = 0, client = 0] = keepers.map(({ pid }) => pid);
    this.hostPids.set('gateway', gateway).set('client', client);
    await this.network.build([
      { port: 'lan-gw', pid: gateway, address: this.plan.gateway },
      { port: 'lan-client', pid: client, address: this.plan.client },
    ]);
    await Promise.all(this.servers.map((server) => server.manufacture()));
    await Promise.all(this.servers.map(({ plan, controlDir }) => this.powerSwitch.install(plan.name, controlDir)));
    await Promise.all(this.servers.map((server) => server.powerOn()));
  }

  private changed(): void {
    const powered = new Set(this.servers.filter(({ initPid }) => initPid !== null).map(({ side }) => side));
    this.network.apply(this.cables, powered).catch((error: Error) => process.stderr.write(`${error.message}\n`));
    this.publish();
  }

  private publish(): void {
    this.state.set({
      oneWayReason: this.network.oneWayReason,
      nodes: this.servers.map(({ plan, power, bootCount }) => ({
        name: plan.name,
        power,
        lanAddress: addressOf(plan.lan),
        crossoverAddress: plan.crossover === null ? null : addressOf(plan.crossover),
        serialDevice: plan.serial,
        bootCount,
        powerRevertsInMs: this.reverts.inMs(`power ${plan.name}`),
      })),
      cables: [...this.cables].map(([id, { aToB, bToA, noisePpm }]) => ({
        id,
        kind: id === 'serial' || id === 'crossover' ? id : 'lan',
        node: id === 'lan-a' ? this.plan.nodes[0].name : id === 'lan-b' ? this.plan.nodes[1].name : null,
        aToB,
        bToA,
        noisePpm,
        revertsInMs: this.reverts.inMs(`cable ${id}`),
      })),
      powerSwitchBroken: this.powerSwitch.broken,
      impostor:
        this.impostor.address === null
          ? null
          : { address: this.impostor.address, revertsInMs: this.reverts.inMs('impostor') },
    });
  }

  private serverOf(name: string): Server {
    const server = this.servers.find(({ plan }) => plan.name === name);
    if (server === undefined) throw new RpcError('no-such-node', `the rack has no node ${name}`);
    return server;
  }

  async power({ node, action, revertAfterMs }: Omit<PowerCommand, 'attended'>): Promise<void> {
    const server = this.serverOf(node);
    const back = (): void => void server.powerOn().catch((error: Error) => process.stderr.write(`${error.message}\n`));
    // Armed before the power goes: whoever asked may be cut off by it.
    this.reverts.arm(`power ${node}`, action === 'off' ? revertAfterMs : null, back);
    if (action === 'off') await server.powerOff();
    else if (action === 'on') await server.powerOn();
    else await server.reboot();
    this.publish();
  }

  async cable({ id, aToB, bToA, noisePpm, revertAfterMs }: CableCommand): Promise<void> {
    const cable = this.cables.get(id);
    if (cable === undefined) throw new RpcError('no-such-cable', `this setup has no cable ${id}`);
    if (id !== 'serial' && aToB !== bToA && this.network.oneWayReason !== null) {
      throw new RpcError('unavailable', this.network.oneWayReason);
    }
    if (id !== 'serial' && noisePpm > 0) throw new RpcError('unavailable', 'only the serial cable can be made noisy');
    this.reverts.arm(`cable ${id}`, revertAfterMs, () => {
      void this.plug(cable, { aToB: true, bToA: true, noisePpm: 0 }).catch((error: Error) =>
        process.stderr.write(`${error.message}\n`),
      );
    });
    await this.plug(cable, { aToB, bToA, noisePpm });
  }

  /** Breaks or mends the power switch that the nodes fence each other with. */
  breakPowerSwitch(broken: boolean): void {
    this.powerSwitch.broken = broken;
    this.publish();
  }

  /** Armed before it is there: whoever asked may be gone by then. */
  async setImpostor({ address, revertAfterMs }: ImpostorCommand): Promise<void> {
    this.reverts.arm('impostor', address === null ? null : revertAfterMs, () => {
      void this.impostor.set(null).then(() => this.publish());
    });
    await this.impostor.set(address);
    this.publish();
  }

  private async plug(cable: Cable, to: Cable): Promise<void> {
    Object.assign(cable, to);
    const serial = this.cables.get('serial');
    if (serial !== undefined) this.serial?.plug(serial, serial.noisePpm);
    const powered = new Set(this.servers.filter(({ initPid }) => initPid !== null).map(({ side }) => side));
    await this.network.apply(this.cables, powered);
    this.publish();
  }

  spawn(host: string, argv: readonly string[], signal: CancelSignal): AsyncIterable<SpawnEvent> {
    const keeper = this.hostPids.get(host);
    if (keeper !== undefined) return runProgram(networkEntrance(keeper), argv, signal);
    const { initPid } = this.serverOf(host);
    if (initPid === null) throw new RpcError('powered-off', `${host} is powered off`);
    return runProgram(nodeEntrance(initPid), argv, signal);
  }
}

async function buildWorld(plan: WorldPlan): Promise<World> {
  mkdirSync(plan.worldDir, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', 'mode=700', 'tmpfs', plan.worldDir]);
  // A devpts of its own: the null-modem's ptys go with the world and never count against the machine's.
  await run('mount', ['-t', 'devpts', '-o', 'newinstance,ptmxmode=0666,mode=620', 'devpts', '/dev/pts']);
  await run('mount', ['--bind', '/dev/pts/ptmx', '/dev/ptmx']);
  return new World(plan);
}

/** Main of the process inside the namespaces. */
export function runWorld(): void {
  const channel = processChannel(process);
  let ready: ((world: World) => void) | null = null;
  const built = new Promise<World>((resolve) => (ready = resolve));
  const implementation: Implementation<typeof worldContract, null> = {
    build: async (plan) => {
      const world = await buildWorld(plan);
      ready?.(world);
      await world.build();
      return {};
    },
    state: async function* (_input, _context, signal) {
      yield* (await built).state.changes(signal);
    },
    power: async (command) => {
      const world = await built;
      await world.power(command);
      return world.state.value;
    },
    cable: async (command) => {
      const world = await built;
      await world.cable(command);
      return world.state.value;
    },
    powerSwitch: async ({ broken }) => {
      const world = await built;
      world.breakPowerSwitch(broken);
      return world.state.value;
    },
    impostor: async (command) => {
      const world = await built;
      await world.setImpostor(command);
      return world.state.value;
    },
    spawn: async function* ({ host, argv }, _context, signal) {
      yield* (await built).spawn(host, argv, signal);
    },
  };
  serve(channel, worldContract, implementation, null);
  // The host is gone: PID 1 above us ends with us, and with it everything in the rack.
  channel.onClose(() => process.exit(0));
}
