/**
 * What keeps the heartbeat going on a bad day: the watchdog, the priority, out-of-memory killer and swap. Each is read
 * back; what was written in ha.cf and cannot be had is a problem.
 */
import type { HaConfig } from '../../common/config/model.ts';
import type { AgentStatus } from '../../common/rpc/agentContract.ts';
import type { EventDraft } from '../../common/timeline/event.ts';
import { protectFromOomKiller, protectFromSwap, type ProtectionState } from '../host/protections.ts';
import type { OpenWatchdog, WatchdogFailure, Watchdogs } from '../host/watchdog.ts';

export interface ProtectionHost {
  readonly ha: Pick<HaConfig, 'watchdog' | 'realtime' | 'deadtimeMs'>;
  readonly watchdogs: Watchdogs;
  publish(draft: EventDraft): void;
}

/** Shortest time limit of a watchdog; also what is set once the node is to be reset. */
const WATCHDOG_S_MIN = 1;

/**
 * The watchdog's time limit. The peer takes over one deadtime after our last beat, and the last feeding is not later than
 * that beat's neighbour: whole seconds below deadtime reset us first. heartbeat itself takes deadtime rounded up, by which
 * both nodes hold the address for up to a second. Under two seconds there is no room, and both may again.
 */
export function watchdogTimeoutS(deadtimeMs: number): number {
  return Math.max(WATCHDOG_S_MIN, Math.ceil(deadtimeMs / 1000) - 1);
}

const WHY: Readonly<Record<WatchdogFailure, string>> = {
  missing: 'there is no such device',
  busy: 'another program has it open (systemd, by RuntimeWatchdogSec?)',
  'not-permitted': 'not permitted',
  failed: 'it cannot be opened',
};

export class Protection {
  private readonly host: ProtectionHost;
  private open: OpenWatchdog | null = null;
  private starving = false;
  private readonly states: Record<'watchdog' | 'realtime' | 'oom' | 'swap', ProtectionState>;

  /** Protects the process at once; the watchdog waits for `arm`. */
  constructor(host: ProtectionHost) {
    this.host = host;
    const none: ProtectionState = { state: 'off', detail: 'not started yet' };
    this.states = {
      watchdog: host.ha.watchdog === null ? { state: 'off', detail: 'ha.cf names no watchdog' } : none,
      realtime: none,
      oom: protectFromOomKiller(),
      swap: protectFromSwap(process.pid),
    };
  }

  /** For the status. */
  report(): AgentStatus['protection'] {
    return (['watchdog', 'realtime', 'oom', 'swap'] as const).map((what) => ({ what, ...this.states[what] }));
  }

  /** What the heartbeat thread got. */
  noteRealtime(state: ProtectionState): void {
    const before = this.states.realtime;
    this.states.realtime = state;
    if (this.host.ha.realtime === 'on') this.say('realtime-unavailable', before, state);
  }

  /** Opens the watchdog, whose countdown then runs: the heartbeat thread must feed what is returned. Null: none. */
  arm(): number | null {
    const { watchdog, deadtimeMs } = this.host.ha;
    if (watchdog === null) return null;
    const opened = this.host.watchdogs.open(watchdog, watchdogTimeoutS(deadtimeMs));
    if (!opened.ok) {
      this.setWatchdog({ state: 'unavailable', detail: `${watchdog}: ${WHY[opened.reason]} (${opened.detail})` });
      return null;
    }
    this.open = opened.value;
    this.setWatchdog(this.stateOf(watchdog, opened.value));
    return opened.value.fd;
  }

  /** Orderly end of a life: nothing is held any more, so nothing needs resetting. Not after `starve`. */
  disarm(): void {
    if (this.open === null || this.starving) return;
    this.open.stop();
    this.open = null;
    if (this.states.watchdog.state === 'on') {
      this.states.watchdog = { state: 'off', detail: 'closed while the engine is not running' };
    }
  }

  /** Feeding failed in the heartbeat thread. */
  noteFeedFailure(detail: string): void {
    this.setWatchdog({ state: 'unavailable', detail: `${this.host.ha.watchdog ?? ''} cannot be fed: ${detail}` });
  }

  /**
   * Lets the watchdog reset this node as soon as it can. The caller stops the feeding. False: there is no watchdog that
   * would, and the node stays as it is.
   */
  starve(why: string): boolean {
    if (this.open?.identity == null) return false;
    this.starving = true;
    this.open.setTimeout(WATCHDOG_S_MIN);
    this.host.publish({ severity: 'crit', body: { kind: 'log', text: `The watchdog resets this node: ${why}` } });
    return true;
  }

  private stateOf(device: string, { identity, timeoutS, canStop }: OpenWatchdog): ProtectionState {
    if (identity === null)
      return { state: 'unavailable', detail: `${device} is no watchdog device: it resets nothing` };
    const limit = timeoutS === null ? 'a time limit of the driver’s own' : `${timeoutS} s`;
    const late = timeoutS !== null && timeoutS * 1000 >= this.host.ha.deadtimeMs;
    const after = late ? ', which is not before the peer takes over (deadtime)' : '';
    const bound = canStop ? '' : '; it cannot be stopped again';
    return { state: 'on', detail: `${device} (${identity}) resets this node after ${limit}${after}${bound}` };
  }

  private setWatchdog(state: ProtectionState): void {
    const before = this.states.watchdog;
    this.states.watchdog = state;
    this.say('watchdog-unavailable', before, state);
  }

  private say(code: string, before: ProtectionState, now: ProtectionState): void {
    const was = before.state === 'unavailable';
    const is = now.state === 'unavailable';
    if (was === is && before.detail === now.detail) return;
    if (was) {
      const body = { kind: 'problem', code, over: true, detail: before.detail } as const;
      this.host.publish({ severity: 'info', body });
    }
    if (is) {
      this.host.publish({ severity: 'error', body: { kind: 'problem', code, over: false, detail: now.detail } });
    }
  }
}
