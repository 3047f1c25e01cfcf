/** Faults on this node: at most one at a time, each armed before it is injected, each undone whatever happens to the agent. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { elapsedMs, plusMs, type Instant } from '../../common/base/instant.ts';
import { fail, ok, type Result } from '../../common/base/result.ts';
import type { FaultName, FaultState } from '../../common/rpc/agentContract.ts';
import type { EventDraft } from '../../common/timeline/event.ts';
import type { Setup } from '../daemon/setup.ts';
import { bootId } from '../host/clock.ts';
import { MAIN_SCRIPT } from '../host/natives.ts';
import type { NetKernel } from '../host/netKernel.ts';
import type { Timers } from '../host/timers.ts';
import type { Vips } from '../resources/vips.ts';
import {
  armGuard,
  dismissGuard,
  forget,
  guardPid,
  inject,
  isReverted,
  recordedFaults,
  revert,
  writeGuard,
} from './guard.ts';
import { FAULT_NAMES, planFault, type FaultSurroundings } from './plan.ts';
import { sshSessions } from './sshSessions.ts';

export interface FaultsHost {
  readonly setup: Setup;
  readonly places: { readonly configDir: string; readonly stateDir: string; readonly runDir: string };
  readonly vips: Vips;
  readonly kernel: NetKernel;
  readonly timers: Timers;
  now(): Instant;
  publish(draft: EventDraft): void;
}

interface FaultRecord {
  readonly faultId: string;
  readonly name: FaultName;
  readonly link: string | null;
  readonly bootId: string;
  /** Monotonic clock of the boot named above. */
  readonly deadlineMs: number;
  readonly detail: string;
}

interface Fault extends FaultRecord {
  readonly dir: string;
  phase: FaultState['phase'];
}

/** Ended faults kept for `faultStates`. */
const ENDED_MAX = 20;
const ID_BYTES = 4;

export type InjectFailure = 'busy' | 'unavailable' | 'no-such-link' | 'not-armed' | 'failed';

function isOpen(fault: Fault): boolean {
  return fault.phase === 'armed' || fault.phase === 'injected';
}

function commandExists(name: string): boolean {
  return ['/usr/sbin', '/sbin', '/usr/bin', '/bin', '/usr/local/sbin'].some((dir) => existsSync(join(dir, name)));
}

function quoted(argument: string): string {
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}

export class Faults {
  private readonly host: FaultsHost;
  private readonly root: string;
  private faults: Fault[] = [];
  private reverting = false;

  constructor(host: FaultsHost) {
    this.host = host;
    this.root = join(host.places.stateDir, 'faults');
  }

  /** At start, before anything else: undoes what an earlier life left, unless its guard is still at work. */
  async replay(): Promise<void> {
    for (const { dir, record } of recordedFaults(this.root)) {
      let known: FaultRecord;
      try {
        known = JSON.parse(record) as FaultRecord;
      } catch {
        forget(dir);
        continue;
      }
      const fault: Fault = { ...known, dir, phase: 'injected' };
      this.faults.push(fault);
      // We run: whatever stopped the agent is over.
      const wasAboutAgent = known.name.endsWith('-agent');
      const guarded = guardPid(dir) !== null && known.bootId === bootId();
      if (wasAboutAgent || isReverted(dir)) this.ended(fault, 'reverted', 'the agent runs again');
      else if (!guarded) await this.undo(fault, 'found at start without a guard');
    }
  }

  /** What can be injected here, with the exact commands. */
  list() {
    const at = this.surroundings();
    return FAULT_NAMES.map((name) => {
      const plan = planFault(name, 'ID', null, at);
      return plan.ok
        ? {
            name,
            available: true,
            reason: plan.value.detail,
            commands: [...plan.value.inject],
            revertCommands: [...plan.value.revert],
          }
        : { name, available: false, reason: plan.detail, commands: [], revertCommands: [] };
    });
  }

  states(): FaultState[] {
    return this.faults.map((fault) => this.stateOf(fault));
  }

  async inject(name: FaultName, link: string | null, durationMs: number): Promise<Result<FaultState, InjectFailure>> {
    const open = this.faults.find(isOpen);
    if (open !== undefined) return fail('busy', `fault ${open.faultId} (${open.name}) is still active on this node`);
    const faultId = randomBytes(ID_BYTES).toString('hex');
    const plan = planFault(name, faultId, link, this.surroundings());
    if (!plan.ok) return plan;
    const deadlineMs = plusMs(this.host.now(), durationMs).monotonicMs;
    const record: FaultRecord = {
      faultId,
      name,
      link: plan.value.link,
      bootId: bootId(),
      deadlineMs,
      detail: plan.value.detail,
    };
    const fault: Fault = { ...record, dir: join(this.root, faultId), phase: 'armed' };
    this.faults = [...this.faults, fault].slice(-ENDED_MAX);
    const written = writeGuard({ dir: fault.dir, record: JSON.stringify(record) }, plan.value, durationMs);
    const armed = written.ok ? await armGuard(fault.dir, faultId, this.host.timers) : written;
    if (!armed.ok) {
      forget(fault.dir);
      this.ended(fault, 'failed', armed.detail);
      return fail('not-armed', `nothing was injected: ${armed.detail}`);
    }
    this.publish(fault, 'armed', `guard ${armed.value} reverts it in ${durationMs} ms`);
    if (plan.value.by === 'agent') {
      const injected = await inject(plan.value);
      if (!injected.ok) {
        await this.undo(fault, 'injecting failed');
        this.ended(fault, 'failed', injected.detail);
        return fail('failed', injected.detail);
      }
    }
    fault.phase = 'injected';
    this.publish(fault, 'injected', plan.value.detail);
    return ok(this.stateOf(fault));
  }

  /** Undoes a fault before its time. */
  async revert(faultId: string): Promise<Result<FaultState, 'unknown' | 'failed'>> {
    const fault = this.faults.find((candidate) => candidate.faultId === faultId);
    if (fault === undefined) return fail('unknown', `there is no fault ${faultId}`);
    if (isOpen(fault)) {
      const undone = await this.undo(fault, 'reverted on request');
      if (!undone.ok) return undone;
    }
    return ok(this.stateOf(fault));
  }

  /** Called every second: notices what a guard has done, and does it itself when a guard is gone. */
  check(): void {
    for (const fault of this.faults.filter(isOpen)) {
      if (isReverted(fault.dir)) this.ended(fault, 'reverted', 'by its guard, at its time');
      else if (guardPid(fault.dir) === null && fault.phase === 'injected' && !this.reverting) {
        void this.undo(fault, 'its guard is gone');
      }
    }
  }

  /** The agent ends; guards go on. */
  close(): void {
    this.faults = [];
  }

  private async undo(fault: Fault, why: string): Promise<Result<null, 'failed'>> {
    this.reverting = true;
    const undone = await revert(fault.dir);
    this.reverting = false;
    if (undone.ok) {
      dismissGuard(fault.dir);
      this.ended(fault, 'reverted', why);
    } else this.publish(fault, 'failed', `not reverted yet, the guard goes on trying: ${undone.detail}`);
    return undone;
  }

  private ended(fault: Fault, phase: 'reverted' | 'failed', detail: string): void {
    if (!isOpen(fault)) return;
    fault.phase = phase;
    if (phase === 'reverted') forget(fault.dir);
    this.publish(fault, phase, detail);
  }

  private publish(fault: Fault, phase: FaultState['phase'], detail: string): void {
    const body = { kind: 'fault', phase, faultId: fault.faultId, name: fault.name, detail } as const;
    this.host.publish({ severity: phase === 'failed' ? 'error' : 'warn', body });
  }

  private stateOf(fault: Fault): FaultState {
    const { faultId, name, phase, link, detail } = fault;
    const revertsInMs = isOpen(fault)
      ? Math.max(0, elapsedMs(this.host.now(), { monotonicMs: fault.deadlineMs }))
      : null;
    return { faultId, name, phase, link, revertsInMs, detail };
  }

  private surroundings(): FaultSurroundings {
    const interfaces = this.host.kernel.interfaces();
    const ifaceOfAddress = new Map<string, string>();
    for (const { address, ifaceIndex } of this.host.kernel.addresses()) {
      const iface = interfaces.find((candidate) => candidate.index === ifaceIndex);
      if (iface !== undefined) ifaceOfAddress.set(address, iface.name);
    }
    return {
      links: this.host.setup.ha.links,
      lanIface: this.host.vips.lanIface(),
      hasNft: commandExists('nft'),
      sshSessions: sshSessions(),
      ifaceOfAddress,
      agentPid: process.pid,
      agentStartTicks: readFileSync('/proc/self/stat', 'latin1').split(' ')[21] ?? '',
      startCommand: this.startCommand(),
    };
  }

  /** By what manages the agent on this node; without one, as it was started itself. */
  private startCommand(): string {
    if (process.env['INVOCATION_ID'] !== undefined && existsSync('/etc/systemd/system/twinbeat-agent.service')) {
      return 'systemctl start twinbeat-agent.service';
    }
    const { configDir, stateDir, runDir } = this.host.places;
    const standard = stateDir === '/var/lib/twinbeat-agent' && runDir === '/run/twinbeat-agent';
    if (standard && existsSync('/etc/init.d/twinbeat-agent')) return '/etc/init.d/twinbeat-agent start';
    const argv = [
      process.execPath,
      MAIN_SCRIPT,
      'run',
      '--config-dir',
      configDir,
      '--state-dir',
      stateDir,
      '--run-dir',
      runDir,
    ];
    return `setsid ${[...argv, '--node', this.host.setup.node].map(quoted).join(' ')} </dev/null >/dev/null 2>&1 &`;
  }
}
