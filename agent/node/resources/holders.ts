/**
 * Who else answers for the virtual addresses: asked on the LAN all the time, holding them or not, and heard at once
 * when somebody announces. A second holder of an address that is here is a conflict: reported when it begins and when
 * it is over, and told to the engine while it lasts.
 */
import { elapsedMs, type Instant } from '../../common/base/instant.ts';
import type { VipSpec } from '../../common/config/model.ts';
import type { EventDraft } from '../../common/timeline/event.ts';
import type { Lan } from '../host/lan.ts';
import { canonicalAddress, type HostInterface } from '../host/netlinkMessage.ts';
import type { Timers } from '../host/timers.ts';

/** A virtual address and the group that it belongs to. */
export interface GroupVip {
  readonly group: string;
  readonly spec: VipSpec;
}

export interface HoldersHost {
  readonly lan: Lan;
  readonly timers: Timers;
  now(): Instant;
  publish(draft: EventDraft): void;
  /** Where the address belongs, and an address of that interface that is no VIP; null: nowhere at present. */
  placeOf(spec: VipSpec): { readonly iface: HostInterface; readonly source: string | null } | null;
  /** Canonical addresses that are on this node right now. */
  present(): ReadonlySet<string>;
  /** A conflict is there, or is there still. Called every `TELL_PERIOD_MS` at most for each VIP. */
  conflict(vip: GroupVip, mac: string): void;
  /** The other holder of an address that is here has gone. */
  alone(vip: GroupVip): void;
}

/**
 * The LAN is asked this often who has each address: 42 bytes (IPv6: 86) each, nothing next to the heartbeats. A second
 * holder is found after this, the answer and `HEAR_PERIOD_MS` at the latest: well below the two seconds promised.
 */
export const ASK_PERIOD_MS = 1000;
/** What arrived is read this often: an announcement of another host is known at once, not at the next question. */
export const HEAR_PERIOD_MS = 100;
/** An answer from the same LAN needs well under 1 ms; a busy virtual machine needs some tens. */
const ANSWER_WAIT_MS = 300;
/** Questions without an answer before a holder counts as gone: one answer may be lost. */
const SILENT_ROUNDS_MAX = 2;
/** How often the engine is told of a conflict that lasts. */
export const TELL_PERIOD_MS = 3000;

interface Holder {
  readonly vip: GroupVip;
  readonly canonical: string;
  /** MAC of another host that claimed it lately. */
  mac: string | null;
  /** Somebody else claimed it since the present round of questions began. */
  answered: boolean;
  silentRounds: number;
  probedAt: Instant | null;
  /** The conflict that was reported and is not over. */
  reportedMac: string | null;
  toldAt: Instant | null;
}

export class Holders {
  private readonly host: HoldersHost;
  private readonly holders: readonly Holder[];
  private cancelHear: () => void = () => undefined;
  private cancelRound: () => void = () => undefined;

  constructor(vips: readonly GroupVip[], host: HoldersHost) {
    this.host = host;
    this.holders = vips.map((vip) => ({
      vip,
      canonical: canonicalAddress(vip.spec.family, vip.spec.address),
      mac: null,
      answered: false,
      silentRounds: 0,
      probedAt: null,
      reportedMac: null,
      toldAt: null,
    }));
  }

  /** Starts asking and hearing. */
  watch(): void {
    this.hearOn();
    this.round();
  }

  stop(): void {
    this.cancelHear();
    this.cancelRound();
  }

  /** MAC of the other holder and when it was last asked for; see `VipStatus`. */
  view(vip: GroupVip): { readonly conflictMac: string | null; readonly probedAgoMs: number | null } {
    const { mac, probedAt } = this.find(vip);
    return { conflictMac: mac, probedAgoMs: probedAt === null ? null : elapsedMs(probedAt, this.host.now()) };
  }

  /** Forgets who had it until now: what is still waiting in the socket was said by the holder before us. */
  forget(vip: GroupVip): void {
    this.hear();
    Object.assign(this.find(vip), { mac: null, answered: false, silentRounds: 0 });
  }

  /** Sends one question. False: it cannot be asked, so that silence says nothing. */
  ask(vip: GroupVip): boolean {
    const holder = this.find(vip);
    const { family, address } = vip.spec;
    const place = this.host.placeOf(vip.spec);
    if (place === null || !this.host.lan.probe(place.iface, { family, address, source: place.source }).ok) {
      holder.probedAt = null;
      holder.mac = null;
      return false;
    }
    holder.probedAt = this.host.now();
    return true;
  }

  /** Reads what arrived; the MAC of another holder, or null. */
  heardMac(vip: GroupVip): string | null {
    this.hear();
    return this.find(vip).mac;
  }

  /** Reports an address that was not taken because another host has it. */
  report(vip: GroupVip, mac: string): void {
    const holder = this.find(vip);
    if (holder.reportedMac === mac) return;
    holder.reportedMac = mac;
    this.publish(holder, 'conflict', mac);
  }

  private hearOn(): void {
    this.cancelHear = this.host.timers.after(HEAR_PERIOD_MS, () => {
      this.hear();
      this.hearOn();
    });
  }

  private round(): void {
    for (const holder of this.holders) {
      holder.answered = false;
      this.ask(holder.vip);
    }
    this.cancelRound = this.host.timers.after(ANSWER_WAIT_MS, () => {
      this.closeRound();
      this.cancelRound = this.host.timers.after(ASK_PERIOD_MS - ANSWER_WAIT_MS, () => this.round());
    });
  }

  /** There was time for an answer to every question: silence means that nobody else has the address. */
  private closeRound(): void {
    this.hear();
    const present = this.host.present();
    for (const holder of this.holders) {
      holder.silentRounds = holder.answered ? 0 : holder.silentRounds + 1;
      if (holder.silentRounds >= SILENT_ROUNDS_MAX) holder.mac = null;
      const here = present.has(holder.canonical);
      this.judge(holder, here);
      // Also when it is ours no longer: one holder is left, and that is no conflict.
      const isOver = holder.probedAt !== null && (holder.mac === null || !here);
      if (holder.reportedMac !== null && isOver) this.over(holder, holder.reportedMac, here);
    }
  }

  /** Takes in what others claimed since the last time. */
  private hear(): void {
    const claimed = new Set<Holder>();
    for (const claim of this.host.lan.claims()) {
      for (const holder of this.holders.filter((candidate) => candidate.canonical === claim.address)) {
        holder.mac = claim.mac;
        holder.answered = true;
        claimed.add(holder);
      }
    }
    if (claimed.size === 0) return;
    const present = this.host.present();
    for (const holder of claimed) this.judge(holder, present.has(holder.canonical));
  }

  private judge(holder: Holder, here: boolean): void {
    if (!here || holder.mac === null) return;
    this.report(holder.vip, holder.mac);
    this.tell(holder, holder.mac);
  }

  private over(holder: Holder, mac: string, here: boolean): void {
    holder.reportedMac = null;
    holder.toldAt = null;
    this.publish(holder, 'conflict-over', mac);
    if (here) this.host.alone(holder.vip);
  }

  private tell(holder: Holder, mac: string): void {
    const now = this.host.now();
    if (holder.toldAt !== null && elapsedMs(holder.toldAt, now) < TELL_PERIOD_MS) return;
    holder.toldAt = now;
    this.host.conflict(holder.vip, mac);
  }

  private publish(holder: Holder, change: 'conflict' | 'conflict-over', mac: string): void {
    const iface = this.host.placeOf(holder.vip.spec)?.iface.name ?? '';
    const severity = change === 'conflict' ? 'crit' : 'info';
    this.host.publish({ severity, body: { kind: 'vip', address: holder.vip.spec.address, change, iface, mac } });
  }

  private find(vip: GroupVip): Holder {
    const found = this.holders.find((h) => h.vip.group === vip.group && h.vip.spec.address === vip.spec.address);
    if (found === undefined) throw new RangeError(`unknown virtual address ${vip.spec.address}`);
    return found;
  }
}
