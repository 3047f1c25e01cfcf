/** Faults that the rack does with its own power and cables: physical there, and undone by the rack itself. */
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import type { ActiveFault, ConsoleFaultName } from '../../common/contract/state.ts';
import { monotonicNowMs } from '../base/time.ts';
import type { RackHandlePort } from '../service/ports.ts';
import type { FaultLeg, OpenFault } from './openFault.ts';
import { isDeed, isUndone, rackDeed } from './rackDeeds.ts';
import type { RackDeed, SeenFault } from './rackDeeds.ts';

/**
 * Does a deed. The time to mend it goes along in the same request, so that nothing depends on this console living on; `attended`:
 * the rack mends it at once when this console is gone.
 */
export async function doDeed(
  rack: RackHandlePort,
  { cables, power, impostor }: RackDeed,
  durationMs: number,
  attended: boolean,
): Promise<void> {
  const until = { revertAfterMs: durationMs, attended };
  await Promise.all([
    ...power.map(({ node, share }) => rack.power(node, 'off', { ...until, revertAfterMs: durationMs * share })),
    ...cables.map(({ id, ...setting }) => rack.cable(id, { ...setting, ...until })),
    ...(impostor === null ? [] : [rack.impostor(impostor, until)]),
  ]);
}

/** Undoes a deed, whatever of it is left. */
export async function undoDeed(rack: RackHandlePort, { cables, power, impostor }: RackDeed): Promise<void> {
  const isOff = (node: string): boolean => rack.state().nodes.find((n) => n.name === node)?.power === 'off';
  await Promise.all([
    ...power.filter(({ node }) => isOff(node)).map(({ node }) => rack.power(node, 'on')),
    ...cables.map(({ id }) => rack.cable(id, { aToB: true, bToA: true, noisePpm: 0 })),
    ...(impostor === null ? [] : [rack.impostor(null)]),
  ]);
}

/** The deed of a fault; throws `fault-unavailable` where the rack cannot do it now. */
export function needDeed(rack: RackHandlePort, node: string, name: ConsoleFaultName, amount: number): RackDeed {
  const deed = rackDeed(rack.state(), node, name, amount);
  if (!isDeed(deed)) throw new RpcError('fault-unavailable', deed.reason);
  return deed;
}

/** One fault in the rack from its injection to its end. */
export class RackFault implements OpenFault {
  /** Says what it is, so that every console and the CLI name the same fault alike. */
  readonly faultId: string;
  readonly node: string;
  readonly name: ConsoleFaultName;
  readonly deed: RackDeed;
  private readonly rack: RackHandlePort;
  private readonly endsAtMs: number;
  private phase: ActiveFault['phase'] = 'armed';
  private detail = '';

  constructor(rack: RackHandlePort, node: string, name: ConsoleFaultName, deed: RackDeed, durationMs: number) {
    this.rack = rack;
    this.node = node;
    this.name = name;
    this.deed = deed;
    const [cable] = deed.cables;
    this.faultId = `rack-${name}-${cable !== undefined && deed.cables.length === 1 ? cable.id : node}`;
    this.endsAtMs = monotonicNowMs() + durationMs;
  }

  /** A fault that the rack has already: somebody else injected it, and the rack will end it. */
  static adopt(rack: RackHandlePort, { node, name, deed, revertsInMs }: SeenFault): RackFault {
    const fault = new RackFault(rack, node, name, deed, revertsInMs);
    fault.phase = 'injected';
    return fault;
  }

  async inject(durationMs: number, attended: boolean): Promise<void> {
    await doDeed(this.rack, this.deed, durationMs, attended);
    this.phase = 'injected';
  }

  async revert(): Promise<void> {
    if (this.phase !== 'injected') return;
    await undoDeed(this.rack, this.deed);
    this.refresh();
  }

  /** Reads the state back from the rack; the fault is over when the rack says so and not before. */
  refresh(): void {
    if (this.phase !== 'injected') return;
    const state = this.rack.state();
    if (state.phase !== 'up') this.detail = 'the rack is down';
    if (isUndone(this.deed, state)) this.phase = 'reverted';
  }

  toState(): ActiveFault {
    const revertsInMs = this.phase === 'injected' ? Math.max(0, this.endsAtMs - monotonicNowMs()) : null;
    const { faultId, node, name, phase, detail } = this;
    return { faultId, node, name, phase, link: null, revertsInMs, detail, handwork: null };
  }
}

/** A deed as a part of a fault that is put together. */
export function rackLeg(rack: RackHandlePort, deed: RackDeed, attended: boolean): FaultLeg {
  return {
    inject: (durationMs) => doDeed(rack, deed, durationMs, attended),
    revert: () => undoDeed(rack, deed),
    isOver: () => isUndone(deed, rack.state()),
    id: () => null,
  };
}
