/**
 * The virtual addresses: adding, announcing, watching and removing them. "Held" is always read back from
 * the kernel, never remembered; who else answers for an address is asked on the LAN all the time, holding it or not.
 */
import { elapsedMs, type Instant } from '../../common/base/instant.ts';
import { fail, ok, type Result } from '../../common/base/result.ts';
import type { VipSpec } from '../../common/config/model.ts';
import type { EventDraft } from '../../common/timeline/event.ts';
import type { Lan } from '../host/lan.ts';
import type { NetKernel } from '../host/netKernel.ts';
import { canonicalAddress, type HostInterface } from '../host/netlinkMessage.ts';
import { sleep, type Timers } from '../host/timers.ts';
import { placeVip, type PlacementFailure } from './route.ts';

/** A virtual address and the group that it belongs to. */
export interface GroupVip {
  readonly group: string;
  readonly spec: VipSpec;
}

export interface VipHost {
  readonly kernel: NetKernel;
  readonly lan: Lan;
  readonly timers: Timers;
  now(): Instant;
  /** Text of /proc/net/route; empty where it cannot be read. */
  routesText(): string;
  publish(draft: EventDraft): void;
}

/**
 * When an address is announced, milliseconds after it was added. At once, because every millisecond is outage.
 * 100 and 500: a switch that was just relearning its ports drops the first frame. 1, 2 and 5 s: a host that
 * was not scheduled. After `standDownMs` (see `acquire`) once more: a holder that hung and woke up answers
 * one query before it stands down, and the gateway would then send to it until its entry ages out.
 */
export const ANNOUNCE_AT_MS = [0, 100, 500, 1000, 2000, 5000] as const;

/** The LAN is asked this often who has each address. A broadcast of 42 bytes each: nothing next to the heartbeats. */
const WATCH_PERIOD_MS = 2000;
/** An answer from the same LAN needs well under 1 ms; a busy virtual machine needs some tens. */
const ANSWER_WAIT_MS = 200;
/** Only when nobody has given the address up: how long an answer is waited for before the address is added. */
const CHECK_WAIT_MS = 40;

interface VipState extends GroupVip {
  readonly canonical: string;
  /** MAC of another host that answered the newest question. */
  foreignMac: string | null;
  /** Somebody else claimed it since the present round of questions began. */
  answered: boolean;
  /** The conflict (held here and answered elsewhere) that was reported and is not over. */
  reportedMac: string | null;
  probedAt: Instant | null;
  cancelAnnouncements: () => void;
}

export type AcquireFailure = PlacementFailure | 'in-use' | 'not-permitted' | 'failed';

export class Vips {
  private readonly host: VipHost;
  private readonly states: readonly VipState[];
  private cancelWatch: () => void = () => undefined;
  private stopped = false;

  constructor(vips: readonly GroupVip[], host: VipHost) {
    this.host = host;
    this.states = vips.map((vip) => ({
      ...vip,
      canonical: canonicalAddress(vip.spec.family, vip.spec.address),
      foreignMac: null,
      answered: false,
      reportedMac: null,
      probedAt: null,
      cancelAnnouncements: () => undefined,
    }));
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
    const now = this.host.now();
    return this.states.map((state) => {
      const holder = this.holdersOf(state.spec)[0];
      return {
        address: state.spec.address,
        prefixBits: holder?.prefixBits ?? state.spec.prefixBits,
        group: state.group,
        heldOn: holder?.iface.name ?? null,
        conflictMac: state.foreignMac,
        probedAgoMs: state.probedAt === null ? null : elapsedMs(state.probedAt, now),
      };
    });
  }

  /** Starts asking the LAN about every address. */
  watch(): void {
    const round = (): void => {
      if (this.stopped) return;
      for (const state of this.states) {
        state.answered = false;
        this.ask(state);
      }
      this.cancelWatch = this.host.timers.after(ANSWER_WAIT_MS, () => {
        this.collect(true);
        this.cancelWatch = this.host.timers.after(WATCH_PERIOD_MS - ANSWER_WAIT_MS, round);
      });
    };
    round();
  }

  stop(): void {
    this.stopped = true;
    this.cancelWatch();
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
      routesText: this.host.routesText(),
    };
    return placeVip(spec, at);
  }

  /** Sends one question; forgets the previous answer only when the next one is in. */
  private ask(state: VipState): boolean {
    if (state.spec.family === 'ipv6') return false;
    const placed = this.place(state.spec);
    if (!placed.ok || !this.host.lan.probe(placed.value.iface, state.spec.address).ok) {
      state.probedAt = null;
      state.foreignMac = null;
      return false;
    }
    state.probedAt = this.host.now();
    return true;
  }

  /**
   * Takes the answers in and reports conflicts that began or ended. `waited`: there was time for an answer
   * to every question, so that silence means that nobody else has the address.
   */
  private collect(waited: boolean): void {
    this.hear();
    const held = new Set(this.held());
    for (const state of this.states) {
      if (waited && !state.answered) state.foreignMac = null;
      this.judge(state, held.has(state.spec.address));
    }
  }

  /** Takes in what others claimed since the last time. */
  private hear(): void {
    for (const claim of this.host.lan.claims()) {
      for (const state of this.states.filter((candidate) => candidate.canonical === claim.address)) {
        state.foreignMac = claim.mac;
        state.answered = true;
      }
    }
  }

  private heardMac(state: VipState): string | null {
    this.hear();
    return state.foreignMac;
  }

  private judge(state: VipState, holding: boolean): void {
    const mac = holding ? state.foreignMac : null;
    if (mac !== null && state.reportedMac !== mac) this.conflict(state, mac);
    if (mac === null && state.reportedMac !== null && state.probedAt !== null) {
      const over = state.reportedMac;
      state.reportedMac = null;
      this.host.publish({
        severity: 'info',
        body: {
          kind: 'vip',
          address: state.spec.address,
          change: 'conflict-over',
          iface: this.ifaceName(state),
          mac: over,
        },
      });
      // Whoever learned the other one's MAC should learn ours now, not when the entry ages out.
      if (holding) this.announce(state);
    }
  }

  private conflict(state: VipState, mac: string): void {
    state.reportedMac = mac;
    this.host.publish({
      severity: 'crit',
      body: { kind: 'vip', address: state.spec.address, change: 'conflict', iface: this.ifaceName(state), mac },
    });
  }

  private ifaceName(state: VipState): string {
    const placed = this.place(state.spec);
    return this.holdersOf(state.spec)[0]?.iface.name ?? (placed.ok ? placed.value.iface.name : '');
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
    this.hear();
    state.foreignMac = null;
    state.answered = false;
    if (options.checkFirst && this.ask(state)) {
      await sleep(this.host.timers, CHECK_WAIT_MS);
      const mac = this.heardMac(state);
      if (mac !== null) {
        this.conflict(state, mac);
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
    if (this.ask(state)) this.host.timers.after(CHECK_WAIT_MS, () => this.collect(false));
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
    state.reportedMac = null;
    return ok(null);
  }

  private stateOf(vip: GroupVip): VipState {
    const found = this.states.find((state) => state.group === vip.group && state.spec.address === vip.spec.address);
    if (found === undefined) throw new RangeError(`unknown virtual address ${vip.spec.address}`);
    return found;
  }
}
