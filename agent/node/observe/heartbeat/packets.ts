/** From captured frames to what the pair says: which link, authentic or not, and what it means. */
import type { Instant } from '../../../common/base/instant.ts';
import type { Keyring } from '../../../common/base/keyring.ts';
import type { EventDraft } from '../../../common/timeline/event.ts';
import { decodePacket } from '../../../common/wire/codec.ts';
import { fieldText } from '../../../common/wire/message.ts';
import type { Setup } from '../../daemon/setup.ts';
import { Arrivals } from '../../heartbeat/arrivals.ts';
import { BadPackets } from '../../heartbeat/badPackets.ts';
import type { HostAddress, HostInterface } from '../../host/netlinkMessage.ts';
import type { Captured } from './capture.ts';
import { linkOf } from './linkMatch.ts';
import type { PairView } from './pairView.ts';

export interface PacketsHost {
  readonly setup: Pick<Setup, 'node' | 'peer' | 'ha'>;
  readonly view: PairView;
  keyring(): Keyring;
  publish(draft: EventDraft, at: Instant): void;
  announced(iface: string, address: string): void;
}

export class Packets {
  readonly arrivals: Arrivals;
  private readonly host: PacketsHost;
  private readonly bad: BadPackets;
  private readonly broadcasts = new Map<string, ReadonlySet<string>>();
  private mismatched = false;

  constructor(host: PacketsHost) {
    const { node, peer, ha } = host.setup;
    this.host = host;
    this.bad = new BadPackets(node, peer);
    this.arrivals = new Arrivals(ha.links.map((link) => link.id));
  }

  /** Broadcast addresses of each interface: what a bcast link sends to. */
  refresh(interfaces: readonly HostInterface[], addresses: readonly HostAddress[]): void {
    for (const { name, index } of interfaces) {
      const own = addresses.flatMap((a) => (a.ifaceIndex === index && a.broadcast !== null ? [a.broadcast] : []));
      this.broadcasts.set(name, new Set(own));
    }
  }

  take({ iface, at, frame }: Captured): void {
    if (frame.kind === 'announcement') {
      this.host.announced(iface, frame.address);
      return;
    }
    const link = linkOf({ iface, ...frame }, this.host.setup.ha.links, this.broadcasts.get(iface) ?? new Set());
    if (link === null || this.bad.refuses(link, frame.payload, at)) return;
    const decoded = decodePacket(frame.payload, this.host.keyring());
    if (!decoded.ok) {
      const report = this.bad.seen(link, decoded.reason, frame.payload, at);
      if (report !== null) this.host.publish(report, at);
      return;
    }
    const { message } = decoded.value;
    if (fieldText(message, 'src') === this.host.setup.peer) {
      this.noteMismatch(false, at);
      if (fieldText(message, 't') === 'status') this.arrivals.note(link.id, message, at);
    }
    for (const draft of this.host.view.seen(link.id, message, at)) this.host.publish(draft, at);
  }

  /** Ends what is over, and tells of packets in the peer's name that nobody vouches for. */
  tick(now: Instant): void {
    for (const draft of this.bad.tick(now)) this.host.publish(draft, now);
    const { peer } = this.host.setup;
    if (this.bad.takeRejected(now).some(({ claimedSource }) => claimedSource === peer)) this.noteMismatch(true, now);
  }

  /** Present problem of a link, or null. */
  problemOf(linkName: string): string | null {
    return this.bad.of(linkName)?.detail ?? null;
  }

  private noteMismatch(present: boolean, at: Instant): void {
    if (present === this.mismatched) return;
    this.mismatched = present;
    const body = { kind: 'key-mismatch', peer: this.host.setup.peer, over: !present } as const;
    this.host.publish({ severity: present ? 'crit' : 'info', body }, at);
  }
}
