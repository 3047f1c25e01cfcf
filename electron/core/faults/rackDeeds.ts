/** What the rack does for a fault with its own cables and power. Pure. */
import type { CableId, CableState, RackState } from '../../common/contract/rack.ts';
import type { ConsoleFaultName, FaultOffer } from '../../common/contract/state.ts';

export interface CableSetting {
  readonly id: CableId;
  readonly aToB: boolean;
  readonly bToA: boolean;
  readonly noisePpm: number;
}

/** `share`: part of the fault's time after which the power comes back. */
export interface PowerCut {
  readonly node: string;
  readonly share: number;
}

export interface RackDeed {
  readonly cables: readonly CableSetting[];
  readonly power: readonly PowerCut[];
  /** What a spare computer on the LAN takes for itself; null: there is none. */
  readonly impostor: string | null;
}

type Why = { readonly reasonCode: NonNullable<FaultOffer['reasonCode']>; readonly reason: string };

const CABLE_KINDS: Partial<Record<ConsoleFaultName, CableState['kind']>> = {
  'pull-lan': 'lan',
  'pull-crossover': 'crossover',
  'pull-serial': 'serial',
  'serial-mute': 'serial',
  'serial-deaf': 'serial',
  'serial-noise': 'serial',
  'serial-flapping': 'serial',
};
const POWER_FAULTS: ReadonlySet<ConsoleFaultName> = new Set(['power-off', 'power-up-together', 'cold-start-alone']);

/** With both off, the node that starts alone gets its power back after this part of the time. */
const ALONE_SHARE = 0.25;

/** True for the faults that the rack does itself instead of an agent. */
export function isRackFault(name: ConsoleFaultName): boolean {
  return (
    POWER_FAULTS.has(name) || CABLE_KINDS[name] !== undefined || name === 'switch-off' || name === 'duplicate-address'
  );
}

function cut(id: CableId): CableSetting {
  return { id, aToB: false, bToA: false, noisePpm: 0 };
}

function powerDeed(state: RackState, node: string, name: ConsoleFaultName): RackDeed | Why {
  const off: PowerCut[] = state.nodes
    .filter((n) => name !== 'power-off' || n.name === node)
    .map((n) => ({ node: n.name, share: name === 'cold-start-alone' && n.name === node ? ALONE_SHARE : 1 }));
  const isOn = off.every((n) => state.nodes.find((known) => known.name === n.node)?.power === 'on');
  if (!isOn) return { reasonCode: 'power-not-on', reason: 'the power of this node is not on' };
  return { cables: [], power: off, impostor: null };
}

function serialSetting(id: CableId, isFirst: boolean, name: ConsoleFaultName, amount: number): CableSetting {
  switch (name) {
    case 'serial-mute':
      return { id, aToB: !isFirst, bToA: isFirst, noisePpm: 0 };
    case 'serial-deaf':
      return { id, aToB: isFirst, bToA: !isFirst, noisePpm: 0 };
    case 'serial-noise':
      return { id, aToB: true, bToA: true, noisePpm: amount };
    default:
      return cut(id);
  }
}

/** What the rack does for a fault on `node`, or why it cannot now. `amount`: in the unit of the catalogue. */
export function rackDeed(state: RackState, node: string, name: ConsoleFaultName, amount: number): RackDeed | Why {
  if (POWER_FAULTS.has(name)) return powerDeed(state, node, name);
  if (name === 'duplicate-address') {
    if (state.vip === null) return { reasonCode: 'nowhere', reason: 'this pair has no address' };
    return { cables: [], power: [], impostor: state.vip };
  }
  const kind = name === 'switch-off' ? 'lan' : CABLE_KINDS[name];
  const found = state.cables.filter(
    (c) => c.kind === kind && (name === 'switch-off' || c.node === null || c.node === node),
  );
  if (found.length === 0) return { reasonCode: 'no-such-cable', reason: 'this setup has no such cable' };
  if (!found.every((c) => c.aToB && c.bToA && c.noisePpm === 0))
    return { reasonCode: 'cable-pulled', reason: 'this cable is pulled already' };
  const isFirst = state.nodes[0]?.name === node;
  return { power: [], cables: found.map((c) => serialSetting(c.id, isFirst, name, amount)), impostor: null };
}

export function isDeed(deed: RackDeed | Why): deed is RackDeed {
  return 'cables' in deed;
}

/** The deed in the words of the rack. */
export function deedCommands({ cables, power, impostor }: RackDeed): { commands: string[]; revertCommands: string[] } {
  const how = ({ aToB, bToA, noisePpm, id }: CableSetting): string => {
    if (!aToB && !bToA) return `rack: pull cable ${id}`;
    if (noisePpm > 0) return `rack: cable ${id}: ${noisePpm} damaged bytes per million`;
    return `rack: cable ${id} carries ${aToB ? 'a to b' : 'b to a'} only`;
  };
  return {
    commands: [
      ...power.map((cutOff) => `rack: power off ${cutOff.node}`),
      ...cables.map(how),
      ...(impostor === null ? [] : [`rack: a spare computer on the LAN takes ${impostor}`]),
    ],
    revertCommands: [
      ...power.map((cutOff) => `rack: power on ${cutOff.node}`),
      ...cables.map(({ id }) => `rack: plug cable ${id}`),
      ...(impostor === null ? [] : ['rack: the spare computer leaves the LAN']),
    ],
  };
}

/** The rack says that nothing of it is left. */
export function isUndone({ cables, power, impostor }: RackDeed, state: RackState): boolean {
  if (state.phase !== 'up') return true;
  const isWhole = (id: CableId): boolean => {
    const cable = state.cables.find((c) => c.id === id);
    return cable === undefined || (cable.aToB && cable.bToA && cable.noisePpm === 0);
  };
  return (
    (impostor === null || state.impostor == null) &&
    cables.every(({ id }) => isWhole(id)) &&
    power.every(({ node }) => state.nodes.find((n) => n.name === node)?.power !== 'off')
  );
}

export interface SeenFault {
  readonly node: string;
  readonly name: ConsoleFaultName;
  readonly revertsInMs: number;
  readonly deed: RackDeed;
}

/** How a serial cable that carries in part is called, and whose fault it is. */
function serialName(state: RackState, cable: CableState): { node: string; name: ConsoleFaultName } {
  const [a = '', b = ''] = state.nodes.map((n) => n.name);
  if (cable.noisePpm > 0) return { node: a, name: 'serial-noise' };
  if (!cable.aToB && !cable.bToA) return { node: a, name: 'pull-serial' };
  return { node: cable.aToB ? b : a, name: 'serial-mute' };
}

/** Faults that are on in the rack by its own word: what is off or pulled for a time. What is so for good is the operator's doing. */
export function faultsOn(state: RackState): SeenFault[] {
  const found: SeenFault[] = [];
  for (const { name: node, power, powerRevertsInMs } of state.nodes) {
    if (power !== 'off' || powerRevertsInMs === null) continue;
    const deed = { cables: [], power: [{ node, share: 1 }], impostor: null };
    found.push({ node, name: 'power-off', revertsInMs: powerRevertsInMs, deed });
  }
  for (const cable of state.cables) {
    const { id, aToB, bToA, noisePpm, revertsInMs, kind } = cable;
    if ((aToB && bToA && noisePpm === 0) || revertsInMs === null) continue;
    const called =
      kind === 'serial'
        ? serialName(state, cable)
        : { node: cable.node ?? state.nodes[0]?.name ?? '', name: `pull-${kind}` as const };
    found.push({ ...called, revertsInMs, deed: { cables: [{ id, aToB, bToA, noisePpm }], power: [], impostor: null } });
  }
  const { impostor } = state;
  if (impostor != null && impostor.revertsInMs !== null) {
    const deed = { cables: [], power: [], impostor: impostor.address };
    const node = state.nodes[0]?.name ?? '';
    found.push({ node, name: 'duplicate-address', revertsInMs: impostor.revertsInMs, deed });
  }
  return found;
}
