/** The service addresses as the kernel has them: somebody else adds and removes them, so they are looked at all the time. */
import type { EventBody, EventDraft } from '../../../common/timeline/event.ts';
import { canonicalAddress } from '../../host/netlinkMessage.ts';
import type { GroupVip, Vips } from '../../resources/vips.ts';

export class AddressWatch {
  private readonly vips: Pick<Vips, 'list' | 'holdersOf' | 'noteHere'>;
  private readonly publish: (draft: EventDraft) => void;
  /** Interface by address, as configured. */
  private readonly here = new Map<string, string>();
  /** Announced since it was added: a daemon repeats it for seconds. */
  private readonly announced = new Set<string>();

  constructor(vips: Pick<Vips, 'list' | 'holdersOf' | 'noteHere'>, publish: (draft: EventDraft) => void) {
    this.vips = vips;
    this.publish = publish;
    // What is here at the start was not added just now.
    for (const vip of vips.list()) {
      const iface = this.ifaceOf(vip);
      if (iface === null) continue;
      this.here.set(vip.spec.address, iface);
      vips.noteHere(vip, true);
    }
  }

  look(): void {
    for (const vip of this.vips.list()) {
      const { address } = vip.spec;
      const before = this.here.get(address) ?? null;
      const now = this.ifaceOf(vip);
      if (now === before) continue;
      this.vips.noteHere(vip, now !== null);
      if (before !== null) this.say(address, 'removed', before);
      if (now === null) this.here.delete(address);
      else this.here.set(address, now);
      this.announced.delete(address);
      if (now !== null) this.say(address, 'added', now);
    }
  }

  /** This host told the LAN that an address is here, by any of its programs. */
  noteAnnouncement(iface: string, address: string): void {
    const vip = this.vips
      .list()
      .find(({ spec }) => canonicalAddress(spec.family, spec.address) === address && !this.announced.has(spec.address));
    if (vip === undefined) return;
    // It was added a moment ago, and not seen yet.
    this.look();
    this.announced.add(vip.spec.address);
    this.say(vip.spec.address, 'announced', iface);
  }

  private ifaceOf({ spec }: GroupVip): string | null {
    return this.vips.holdersOf(spec)[0]?.iface.name ?? null;
  }

  private say(address: string, change: Extract<EventBody, { kind: 'vip' }>['change'], iface: string): void {
    this.publish({ severity: 'info', body: { kind: 'vip', address, change, iface } });
  }
}
