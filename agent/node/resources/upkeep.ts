/**
 * Keeps the node's addresses as the groups have it, whoever changed them: a virtual address that is here while its
 * group is not running is taken off (left by a killed daemon, put there by hand or by a boot script: the engine is the
 * only one who may hold it), and one that vanished from under a running group is put back.
 */
import type { EventDraft } from '../../common/timeline/event.ts';
import { canonicalAddress } from '../host/netlinkMessage.ts';
import type { Timers } from '../host/timers.ts';
import type { GroupState } from './groups.ts';
import type { GroupVip, Vips } from './vips.ts';

export interface UpkeepHost {
  readonly vips: Vips;
  readonly timers: Timers;
  stateOf(group: string): GroupState;
  publish(draft: EventDraft): void;
}

/** A look costs two rtnetlink dumps, 0.3 ms. Two seconds are promised; a busy host needs a part of them. */
export const UPKEEP_PERIOD_MS = 500;

type Code = 'stray-address' | 'address-lost';

export class Upkeep {
  private readonly host: UpkeepHost;
  /** Problems that were reported and are not over: their detail by code and address. */
  private readonly open = new Map<string, string>();
  private cancel: () => void = () => undefined;

  constructor(host: UpkeepHost) {
    this.host = host;
  }

  start(): void {
    this.cancel = this.host.timers.after(UPKEEP_PERIOD_MS, () => {
      this.look();
      this.start();
    });
  }

  stop(): void {
    this.cancel();
  }

  /** One look at every address. Runs between two events of the main thread, so a group never changes under it. */
  look(): void {
    const vips = this.host.vips.list();
    for (const vip of vips) {
      const holders = this.host.vips.holdersOf(vip.spec);
      // Two groups may name one address: it is a stray only when none of them may have it.
      const states = vips.filter((other) => same(other, vip)).map((other) => this.host.stateOf(other.group));
      const mayBeHere = states.some((state) => state !== 'stopped' && state !== 'failed');
      if (holders.length > 0 && !mayBeHere) this.remove(vip, holders.map(({ iface }) => iface.name).join(', '));
      else this.end(vip, 'stray-address');
      if (holders.length === 0 && this.host.stateOf(vip.group) === 'started') this.restore(vip);
      else this.end(vip, 'address-lost');
    }
  }

  private remove(vip: GroupVip, ifaces: string): void {
    const { address } = vip.spec;
    const detail = `${address} was on ${ifaces} while its group does not run here; it is removed`;
    this.begin(vip, 'stray-address', detail);
    // A refusal is seen at the next look: the address is still there.
    if (this.host.vips.release(vip).ok) this.end(vip, 'stray-address');
  }

  private restore(vip: GroupVip): void {
    this.begin(vip, 'address-lost', `${vip.spec.address} is gone although its group runs here; it is put back`);
    if (this.host.vips.restore(vip).ok) this.end(vip, 'address-lost');
  }

  private begin(vip: GroupVip, code: Code, detail: string): void {
    const key = `${code} ${vip.spec.address}`;
    if (this.open.has(key)) return;
    this.open.set(key, detail);
    this.host.publish({ severity: 'error', body: { kind: 'problem', code, over: false, detail } });
  }

  private end(vip: GroupVip, code: Code): void {
    const key = `${code} ${vip.spec.address}`;
    const detail = this.open.get(key);
    if (detail === undefined) return;
    this.open.delete(key);
    this.host.publish({ severity: 'info', body: { kind: 'problem', code, over: true, detail } });
  }
}

function same(a: GroupVip, b: GroupVip): boolean {
  const canonical = ({ spec }: GroupVip): string => canonicalAddress(spec.family, spec.address);
  return a.spec.family === b.spec.family && canonical(a) === canonical(b);
}
