/**
 * The virtual addresses: adding, announcing, watching and removing them. "Held" is always read back from
 * the kernel, never remembered; who else answers for an address is asked on the LAN all the time, holding it or not.
 */
import type { Instant } from '../../common/base/instant.ts';
import { fail, ok, type Result } from '../../common/base/result.ts';
import type { VipSpec } from '../../common/config/model.ts';
import type { EventDraft } from '../../common/timeline/event.ts';
import type { Family, Lan } from '../host/lan.ts';
import type { NetKernel } from '../host/netKernel.ts';
import { canonicalAddress, type HostInterface } from '../host/netlinkMessage.ts';
import { sleep, type Timers } from '../host/timers.ts';
import { Holders, type GroupVip } from './holders.ts';
import { placeVip, type PlacementFailure } from './route.ts';

export type { GroupVip } from './holders.ts';

export interface VipHost {
  readonly kernel: NetKernel;
  readonly lan: Lan;
  readonly timers: Timers;
  now(): Instant;
  /** Text of /proc/net/route or /proc/net/ipv6_route; empty where it cannot be read. */
  routesText(family: Family): string;
  publish(draft: EventDraft): void;
  /**
   * The addresses are another program's: they are watched, and nothing is ever announced for them. They count as here once
   * `noteHere` was told so, or the holder before would look like a second one.
   */
  readonly watchOnly?: boolean;
  /** Another host answers for an address that is on this node; called again every few seconds while it lasts. */
  secondHolder(vip: GroupVip, mac: string): void;
}

/**
 * When an address is announced, milliseconds after it was added. At once, because every millisecond is outage.
 * 100 and 500: a switch that was just relearning its ports drops the first frame. 1, 2 and 5 s: a host that
 * was not scheduled. After `standDownMs` (see `acquire`) once more: a holder that hung and woke up answers
 * one query before it stands down, and the gateway would then send to it until its entry ages out.
 */
export const ANNOUNCE_AT_MS = [0, 100, 500, 1000, 2000, 5000] as const;

/** Only when nobody has given the address up: how long an answer is waited for before the address is added. */
const CHECK_WAIT_MS = 40;

interface VipState extends GroupVip {
  readonly canonical: string;
  cancelAnnouncements: () => void;
}

export type AcquireFailure = PlacementFailure | 'in-use' | 'not-permitted' | 'failed';

export class Vips {
  private readonly host: VipHost;
  private readonly states: readonly VipState[];
  private readonly holders: Holders;
  /** Canonical addresses that `noteHere` was told of. */
  private readonly noted = new Set<string>();

  constructor(vips: readonly GroupVip[], host: VipHost) {
    this.host = host;
    this.states = vips.map((vip) => ({
      ...vip,
      canonical: canonicalAddress(vip.spec.family, vip.spec.address),
      cancelAnnouncements: () => undefined,
    }));
    const { lan, timers } = host;
    this.holders = new Holders(vips, {
      lan,
      timers,
      now: () => host.now(),
      publish: (draft) => host.publish(draft),
      placeOf: (spec) => this.placeOf(spec),
      present: () => (host.watchOnly === true ? this.noted : new Set(host.kernel.addresses().map((a) => a.address))),
      conflict: (vip, mac) => host.secondHolder(vip, mac),
      // Whoever learned the other one's MAC should learn ours now, not when the entry ages out.
      alone: (vip) => {
        if (host.watchOnly !== true) this.announce(this.stateOf(vip));
      },
    });
  }

  /** Interfaces that carry the address right now, from the kernel. */
  holdersOf(spec: VipSpec): readonly { readonly iface: HostInterface; readonly prefixBits: number }[] {
    const canonical = canonicalAddress(spec.family, spec.address);
    const interfaces = this.host.kernel.interfaces();
    return this.host.kernel
      .addresses()
      .filter((a) => a.family === spec.family && a.address === canonical)
      .flatMap((a) =>
        interfaces.filter((i) => i.index === a.ifaceIndex).map((iface) => ({ iface, prefixBits: a.prefixBits })),
      );
  }

  /** Addresses of the configured VIPs that are on this node right now, as configured. */
  held(): string[] {
    const present = new Set(this.host.kernel.addresses().map((a) => a.address));
    return this.states.filter((state) => present.has(state.canonical)).map((state) => state.spec.address);
  }

  /** Everything the console wants to know, one entry for each VIP. */
  status() {
    return this.states.map((state) => {
      const holder = this.holdersOf(state.spec)[0];
      return {
        address: state.spec.address,
        prefixBits: holder?.prefixBits ?? state.spec.prefixBits,
        group: state.group,
        heldOn: holder?.iface.name ?? null,
        ...this.holders.view(state),
        mac: this.placeOf(state.spec)?.iface.mac ?? null,
      };
    });
  }

  /** Of an address that is only watched: it has come to this node, or gone. */
  noteHere(vip: GroupVip, here: boolean): void {
    const state = this.stateOf(vip);
    if (!here) {
      this.noted.delete(state.canonical);
      return;
    }
    // What was heard until now was the holder before.
    this.holders.forget(state);
    this.noted.add(state.canonical);
    this.holders.ask(state);
  }

  /** All of them, in file order. */
  list(): readonly GroupVip[] {
    return this.states;
  }

  /** Starts asking the LAN about every address. */
  watch(): void {
    this.holders.watch();
  }

  stop(): void {
    this.holders.stop();
    for (const state of this.states) state.cancelAnnouncements();
    this.host.lan.close();
  }

  /** Interface that the first VIP belongs on; null: there is none. */
  lanIface(): string | null {
    for (const state of this.states) {
      const iface = this.ifaceName(state);
      if (iface !== '') return iface;
    }
    return null;
  }

  private place(spec: VipSpec) {
    const at = {
      interfaces: this.host.kernel.interfaces(),
      addresses: this.host.kernel.addresses(),
      routesText: this.host.routesText(spec.family),
    };
    return placeVip(spec, at);
  }

  /** Where it is, else where it belongs; and for IPv6 what to ask from: link-local, else any that is not a VIP. */
  private placeOf(spec: VipSpec): { readonly iface: HostInterface; readonly source: string | null } | null {
    const placed = this.place(spec);
    const iface = this.holdersOf(spec)[0]?.iface ?? (placed.ok ? placed.value.iface : null);
    if (iface === null) return null;
    const vips = new Set(this.states.map((state) => state.canonical));
    const own = this.host.kernel
      .addresses()
      .filter((a) => a.family === 'ipv6' && a.ifaceIndex === iface.index && !vips.has(a.address));
    const source = own.find((a) => a.address.startsWith('fe80:')) ?? own[0];
    return { iface, source: spec.family === 'ipv6' ? (source?.address ?? null) : null };
  }

  private ifaceName(state: VipState): string {
    return this.placeOf(state.spec)?.iface.name ?? '';
  }

  private announce(state: VipState): Result<null, string> {
    const iface = this.holdersOf(state.spec)[0]?.iface;
    if (iface === undefined) return fail('not-held', `${state.spec.address} is not here`);
    return this.host.lan.announce(iface, state.spec.family, state.spec.address);
  }

  /**
   * Adds the address and tells the LAN. `checkFirst`: nobody is known to have given it up (the peer was never
   * heard), so a host that answers for it keeps it. Otherwise the question is asked while the address is being
   * announced: the peer has released it or is dead, waiting could not make a stale holder go away and every
   * millisecond of it would be outage; a stale holder is reported instead.
   */
  async acquire(
    vip: GroupVip,
    options: { checkFirst: boolean; standDownMs: number },
  ): Promise<Result<null, AcquireFailure>> {
    const state = this.stateOf(vip);
    const placed = this.place(state.spec);
    if (!placed.ok) return placed;
    const { iface, change } = placed.value;
    // What was heard until now was the holder before us. Left in the socket, it would look like a second holder.
    this.holders.forget(state);
    if (options.checkFirst && this.holders.ask(state)) {
      await sleep(this.host.timers, CHECK_WAIT_MS);
      const mac = this.holders.heardMac(state);
      if (mac !== null) {
        this.holders.report(state, mac);
        return fail(
          'in-use',
          `${state.spec.address} is answered by ${mac}; not taken, because its holder never gave it up`,
        );
      }
    }
    const added = this.host.kernel.add(change);
    if (!added.ok && added.reason !== 'exists') {
      return fail(
        added.reason === 'not-permitted' ? 'not-permitted' : 'failed',
        `${state.spec.address}: ${added.detail}`,
      );
    }
    const first = this.host.lan.announce(iface, state.spec.family, state.spec.address);
    this.host.publish({
      severity: 'info',
      body: { kind: 'vip', address: state.spec.address, change: 'added', iface: iface.name },
    });
    this.scheduleAnnouncements(state, first, iface, options.standDownMs);
    // The answer is heard within HEAR_PERIOD_MS, not at the next round.
    this.holders.ask(state);
    return ok(null);
  }

  /**
   * Puts an address of a running group back that somebody or the kernel took off (IPv6 addresses go with a link that
   * is set down). Not while another host answers for it, nor while its interface is down.
   */
  restore(vip: GroupVip): Result<null, AcquireFailure | 'no-link'> {
    const state = this.stateOf(vip);
    const placed = this.place(state.spec);
    if (!placed.ok) return placed;
    const { iface, change } = placed.value;
    if (!iface.up) return fail('no-link', `${iface.name} is down`);
    const mac = this.holders.heardMac(state);
    if (mac !== null) return fail('in-use', `${state.spec.address} is answered by ${mac}`);
    const added = this.host.kernel.add(change);
    if (!added.ok) return fail('failed', added.detail);
    this.host.publish({
      severity: 'info',
      body: { kind: 'vip', address: state.spec.address, change: 'added', iface: iface.name },
    });
    this.scheduleAnnouncements(state, this.announce(state), iface, 0);
    return ok(null);
  }

  private scheduleAnnouncements(
    state: VipState,
    first: Result<null, string>,
    iface: HostInterface,
    standDownMs: number,
  ): void {
    state.cancelAnnouncements();
    this.host.publish(
      first.ok
        ? {
            severity: 'info',
            body: { kind: 'vip', address: state.spec.address, change: 'announced', iface: iface.name },
          }
        : { severity: 'error', body: { kind: 'log', text: `cannot announce ${state.spec.address}: ${first.detail}` } },
    );
    const later = [...ANNOUNCE_AT_MS.slice(1), standDownMs];
    const cancels = later.map((ms) => this.host.timers.after(ms, () => void this.announce(state)));
    state.cancelAnnouncements = () => {
      for (const cancel of cancels) cancel();
    };
  }

  /** Removes the address from every interface that carries it, and reads back that it is gone. */
  release(vip: GroupVip): Result<null, 'not-permitted' | 'failed'> {
    const state = this.stateOf(vip);
    state.cancelAnnouncements();
    const { family, address } = state.spec;
    for (const { iface, prefixBits } of this.holdersOf(state.spec)) {
      const change = { family, address, prefixBits, ifaceIndex: iface.index, broadcast: null, label: null };
      const removed = this.host.kernel.remove(change);
      if (!removed.ok && removed.reason !== 'absent') {
        return fail(removed.reason === 'not-permitted' ? 'not-permitted' : 'failed', `${address}: ${removed.detail}`);
      }
      this.host.publish({ severity: 'info', body: { kind: 'vip', address, change: 'removed', iface: iface.name } });
    }
    if (this.holdersOf(state.spec).length > 0) return fail('failed', `${address} is still there after its removal`);
    return ok(null);
  }

  private stateOf(vip: GroupVip): VipState {
    const found = this.states.find((state) => state.group === vip.group && state.spec.address === vip.spec.address);
    if (found === undefined) throw new RangeError(`unknown virtual address ${vip.spec.address}`);
    return found;
  }
}
