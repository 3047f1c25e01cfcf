/** Faults that the rack does with its own power and cables: physical there, and undone by the rack itself. */
import type { CableState, RackState } from '../../common/contract/rack.ts';
import type { ActiveFault, ConsoleFaultName, FaultOffer } from '../../common/contract/state.ts';
import { monotonicNowMs } from '../base/time.ts';
import type { RackHandlePort } from '../service/ports.ts';

const CABLE_KINDS: Partial<Record<ConsoleFaultName, CableState['kind']>> = {
  'pull-lan': 'lan',
  'pull-crossover': 'crossover',
  'pull-serial': 'serial',
};

/** True for the faults that the rack does itself instead of the agent. */
export function isRackFault(name: ConsoleFaultName): boolean {
  return name === 'power-off' || CABLE_KINDS[name] !== undefined;
}

/** The cable that a fault on `node` pulls; null: this setup has none. */
function cableOf(state: RackState, node: string, name: ConsoleFaultName): CableState | null {
  const kind = CABLE_KINDS[name];
  return state.cables.find((c) => c.kind === kind && (c.node === null || c.node === node)) ?? null;
}

/** What the rack offers for one of its faults. */
export function rackOffer(state: RackState, node: string, name: ConsoleFaultName): FaultOffer {
  const base = { name, node, level: 'physical' as const };
  if (name === 'power-off') {
    const isOn = state.nodes.find((n) => n.name === node)?.power === 'on';
    return {
      ...base,
      available: isOn,
      reasonCode: isOn ? null : 'power-not-on',
      reason: isOn ? null : 'the power of this node is not on',
      commands: [`rack: power off ${node}`],
      revertCommands: [`rack: power on ${node}`],
    };
  }
  const cable = cableOf(state, node, name);
  if (cable === null) {
    const reason = 'this setup has no such cable';
    return { ...base, available: false, reasonCode: 'no-such-cable', reason, commands: [], revertCommands: [] };
  }
  const isWhole = cable.aToB && cable.bToA;
  return {
    ...base,
    available: isWhole,
    reasonCode: isWhole ? null : 'cable-pulled',
    reason: isWhole ? null : 'this cable is pulled already',
    commands: [`rack: pull cable ${cable.id}`],
    revertCommands: [`rack: plug cable ${cable.id}`],
  };
}

/** Faults that are on in the rack by its own word: what is off or pulled for a time. What is so for good is the operator's doing. */
export function faultsOn(state: RackState): { node: string; name: ConsoleFaultName; revertsInMs: number }[] {
  const found: { node: string; name: ConsoleFaultName; revertsInMs: number }[] = [];
  for (const node of state.nodes) {
    const { powerRevertsInMs } = node;
    if (node.power === 'off' && powerRevertsInMs !== null) {
      found.push({ node: node.name, name: 'power-off', revertsInMs: powerRevertsInMs });
    }
  }
  for (const cable of state.cables) {
    if (cable.aToB || cable.bToA || cable.revertsInMs === null) continue;
    const name = `pull-${cable.kind}` as const;
    found.push({ node: cable.node ?? state.nodes[0]?.name ?? '', name, revertsInMs: cable.revertsInMs });
  }
  return found;
}

/** One fault in the rack from its injection to its end. */
export class RackFault {
  /** Says what it is, so that every console and the CLI name the same fault alike. */
  readonly faultId: string;
  readonly node: string;
  readonly name: ConsoleFaultName;
  private readonly rack: RackHandlePort;
  private readonly cable: CableState | null;
  private readonly endsAtMs: number;
  private phase: ActiveFault['phase'] = 'armed';
  private detail = '';

  constructor(rack: RackHandlePort, node: string, name: ConsoleFaultName, durationMs: number) {
    this.rack = rack;
    this.node = node;
    this.name = name;
    this.cable = name === 'power-off' ? null : cableOf(rack.state(), node, name);
    this.faultId = `rack-${name}-${this.cable?.id ?? node}`;
    this.endsAtMs = monotonicNowMs() + durationMs;
  }

  /** A fault that the rack has already: somebody else injected it, and the rack will end it in `revertsInMs`. */
  static adopt(rack: RackHandlePort, node: string, name: ConsoleFaultName, revertsInMs: number): RackFault {
    const fault = new RackFault(rack, node, name, revertsInMs);
    fault.phase = 'injected';
    return fault;
  }

  /** Cuts. The time to mend it goes along in the same request, so that nothing depends on this console living on. */
  async inject(durationMs: number): Promise<void> {
    if (this.cable === null) await this.rack.power(this.node, 'off', { revertAfterMs: durationMs });
    else await this.rack.cable(this.cable.id, { aToB: false, bToA: false, noisePpm: 0, revertAfterMs: durationMs });
    this.phase = 'injected';
  }

  async revert(): Promise<void> {
    if (this.phase !== 'injected') return;
    if (this.cable === null) await this.rack.power(this.node, 'on');
    else await this.rack.cable(this.cable.id, { aToB: true, bToA: true, noisePpm: 0 });
    this.refresh();
  }

  /** Reads the state back from the rack; the fault is over when the rack says so and not before. */
  refresh(): void {
    if (this.phase !== 'injected') return;
    const state = this.rack.state();
    if (state.phase !== 'up') {
      this.phase = 'reverted';
      this.detail = 'the rack is down';
      return;
    }
    const cable = state.cables.find((c) => c.id === this.cable?.id);
    const isOver =
      this.cable === null
        ? state.nodes.find((n) => n.name === this.node)?.power !== 'off'
        : cable?.aToB === true && cable.bToA;
    if (isOver) this.phase = 'reverted';
  }

  toState(): ActiveFault {
    const revertsInMs = this.phase === 'injected' ? Math.max(0, this.endsAtMs - monotonicNowMs()) : null;
    return {
      faultId: this.faultId,
      node: this.node,
      name: this.name,
      phase: this.phase,
      link: null,
      revertsInMs,
      detail: this.detail,
    };
  }
}
