/** Records faults as they are seen: those of this console, of others, and what somebody switches in the rack by hand. */
import type { RackState } from '../../common/contract/rack.ts';
import type { SessionFault } from '../../common/contract/session.ts';
import type { ActiveFault } from '../../common/contract/state.ts';
import type { Session } from './session.ts';

/** How long ago it can have been when the news of it arrives, milliseconds: the rack's state is pushed as it changes. */
const NEWS_AGE_MS_MAX = 100;

/** Faults that the rack's own state shows. */
const RACK_NAMES: ReadonlySet<string> = new Set(['power-off', 'pull-lan', 'pull-crossover', 'pull-serial']);

type Seen = Omit<SessionFault, 'tMs' | 'errorMs'>;

/** Power and cables of the rack that are not as they should be, under the names and ids that its faults have. */
export function rackFaultsIn(state: RackState): Seen[] {
  const seen: Seen[] = [];
  for (const { name, power } of state.nodes) {
    if (power !== 'off') continue;
    seen.push({
      faultId: `rack-power-off-${name}`,
      node: name,
      name: 'power-off',
      phase: 'injected',
      link: null,
      detail: '',
    });
  }
  for (const { id, kind, node, aToB, bToA } of state.cables) {
    if (aToB && bToA) continue;
    const detail = aToB === bToA ? '' : `only ${aToB ? 'a to b' : 'b to a'} carries`;
    const name = `pull-${kind}`;
    seen.push({
      faultId: `rack-${name}-${id}`,
      node: node ?? state.nodes[0]?.name ?? '',
      name,
      phase: 'injected',
      link: null,
      detail,
    });
  }
  return seen;
}

/** What this console is doing or has just done, its monotonic clock; null: nothing. */
export type Injection = { readonly fromMs: number; readonly toMs: number | null } | null;

export class FaultRecorder {
  private readonly session: Session;
  private readonly injection: () => Injection;
  /** Newest phase of each fault. */
  private readonly phases = new Map<string, Seen>();
  private rackUp = false;

  constructor(session: Session, injection: () => Injection = () => null) {
    this.session = session;
    this.injection = injection;
  }

  /** Faults by whoever did them, as they are now. Power and cables are the rack's to tell: it knows first. */
  faults(list: readonly ActiveFault[]): void {
    for (const { faultId, node, name, phase, link, detail } of list) {
      if (this.rackUp && RACK_NAMES.has(name)) continue;
      this.put({ faultId, node, name, phase, link, detail });
    }
  }

  /** The rack as it is now. What was off or pulled when it was first seen is how it stands, not an event. */
  rack(state: RackState): void {
    if (state.phase !== 'up') return;
    const now = rackFaultsIn(state);
    if (!this.rackUp) for (const fault of now) this.phases.set(fault.faultId, fault);
    this.rackUp = true;
    for (const fault of now) this.put(fault);
    for (const fault of [...this.phases.values()]) {
      if (RACK_NAMES.has(fault.name) && fault.phase === 'injected' && !now.some((f) => f.faultId === fault.faultId))
        this.put({ ...fault, phase: 'reverted' });
    }
  }

  private put(fault: Seen): void {
    const known = this.phases.get(fault.faultId)?.phase;
    if (known === fault.phase || (known === undefined && fault.phase === 'reverted')) return;
    this.phases.set(fault.faultId, fault);
    const nowMs = this.session.nowMs();
    const fromMs = fault.phase === 'reverted' ? nowMs - NEWS_AGE_MS_MAX : this.earliestMs(nowMs);
    this.session.addFault({ tMs: (fromMs + nowMs) / 2, errorMs: (nowMs - fromMs) / 2, ...fault });
  }

  /** Since when it can have been so: what this console breaks, it breaks after it began to. */
  private earliestMs(nowMs: number): number {
    const own = this.injection();
    if (own === null) return nowMs - NEWS_AGE_MS_MAX;
    const isIts = own.toMs === null || nowMs - this.session.axisMs(own.toMs) < NEWS_AGE_MS_MAX;
    return isIts ? this.session.axisMs(own.fromMs) : nowMs - NEWS_AGE_MS_MAX;
  }
}
