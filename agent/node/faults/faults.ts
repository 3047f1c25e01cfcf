/** Faults on this node: at most one at a time, each armed before it is injected, each undone whatever happens to the agent. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { plusMs, type Instant } from '../../common/base/instant.ts';
import { fail, ok, type Result } from '../../common/base/result.ts';
import { parseTakeBack, takeBackScript, type TakeBack } from '../../common/faults/index.ts';
import { CUT_OFF_MS_MAX, type FaultName, type FaultState } from '../../common/rpc/agentContract.ts';
import type { EventDraft } from '../../common/timeline/event.ts';
import { bootId } from '../host/clock.ts';
import type { Timers } from '../host/timers.ts';
import { twinbeatEngine, type FaultEngine } from './engine.ts';
import {
  armGuard,
  dismissGuard,
  endsInMs,
  forget,
  guardPid,
  inject,
  isForgotten,
  isReverted,
  revert,
  setLease,
  writeGuard,
} from './guard.ts';
import { LOG_BYTES_PER_S_MAX, LogGrowth } from './logGrowth.ts';
import { faultsRoot, mendPending, recordedFaults } from './pending.ts';
import { FAULT_NAMES, PLAIN_WISH, planFault, type FaultPlan, type FaultWish } from './plan.ts';
import { lookAround, type SurroundingsHost } from './surroundings.ts';

export interface FaultsHost extends SurroundingsHost {
  readonly timers: Timers;
  /** What makes this node highly available; absent: this agent does. */
  readonly engine?: FaultEngine;
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
  /** That an agent runs is already its end. */
  readonly isOverWhenAgentRuns: boolean;
  /** Undoing it ends the agent, so only the guard can. */
  readonly isGuardsToUndo: boolean;
}

interface Fault extends FaultRecord {
  readonly dir: string;
  phase: FaultState['phase'];
  /** Why it was ended before its time; null: it was not. */
  stopped: string | null;
}

/** What is wanted besides the fault itself. */
export interface InjectOptions extends Partial<FaultWish> {
  readonly leaseMs?: number | null;
}

/** Where the log is when ha.cf names no place. */
const HA_LOG = '/var/log/ha-log';
/** Ended faults kept for `faultStates`. */
const ENDED_MAX = 20;
const ID_BYTES = 4;
/** With less free on the disk of the state than this a fault is undone, bytes: the next thing that fails is our journal. */
const DISK_BYTES_MIN = 4 * 2 ** 20;
const TAKE_BACK_MS_MAX = 120_000;

export type InjectFailure = 'busy' | 'unavailable' | 'no-such-link' | 'not-armed' | 'failed' | 'refused';

function isOpen(fault: Fault): boolean {
  return fault.phase === 'armed' || fault.phase === 'injected';
}

export class Faults {
  private readonly host: FaultsHost;
  private readonly engine: FaultEngine;
  private readonly root: string;
  private readonly logs = new LogGrowth();
  private faults: Fault[] = [];
  private reverting = false;
  private injecting = false;

  constructor(host: FaultsHost) {
    this.host = host;
    this.engine = host.engine ?? twinbeatEngine(host.places, host.setup.node);
    this.root = faultsRoot(host.places.stateDir);
  }

  /**
   * At start: undoes what an earlier life left, unless its guard is still at work, and tells what was undone before the
   * configuration was read (`mendPending` in main).
   */
  async replay(): Promise<void> {
    for (const { dir, problem } of mendPending(this.host.places.stateDir)) {
      if (problem !== null) this.log(`the fault of ${dir} cannot be undone: ${problem}`);
    }
    for (const { dir, record } of recordedFaults(this.root)) {
      let known: FaultRecord;
      try {
        known = JSON.parse(record) as FaultRecord;
      } catch {
        forget(dir);
        continue;
      }
      const fault: Fault = { ...known, dir, phase: 'injected', stopped: null };
      this.faults.push(fault);
      if (isReverted(dir)) this.ended(fault, 'reverted', 'undone before or at this start');
      // We run: whatever stopped the agent is over.
      else if (known.isOverWhenAgentRuns) this.ended(fault, 'reverted', 'the agent runs again');
      else if (guardPid(dir) === null) await this.undo(fault, 'found at start without a guard');
    }
  }

  /** What can be injected here, with the exact commands. */
  async list() {
    const at = await lookAround(this.host, this.engine);
    return FAULT_NAMES.map((name) => {
      const plan = planFault(name, 'ID', PLAIN_WISH, this.root, at);
      if (!plan.ok)
        return {
          name,
          available: false,
          reason: plan.detail,
          commands: [],
          revertCommands: [],
          cutsManagement: false,
        };
      const { detail, inject: commands, revert: undo, restart, cutsManagement } = plan.value;
      return {
        name,
        available: true,
        reason: detail,
        commands: [...commands],
        revertCommands: [...undo, ...restart],
        cutsManagement,
      };
    });
  }

  states(): FaultState[] {
    return this.faults.map((fault) => this.stateOf(fault));
  }

  /** Arms, proves, injects. `durationMs` is shortened to what the fault may last at most. */
  async inject(
    name: FaultName,
    link: string | null,
    durationMs: number,
    options: InjectOptions = {},
  ): Promise<Result<FaultState, InjectFailure>> {
    const open = this.faults.find(isOpen);
    if (open !== undefined) return fail('busy', `fault ${open.faultId} (${open.name}) is still active on this node`);
    if (this.injecting) return fail('busy', 'another fault is being injected on this node');
    this.injecting = true;
    try {
      const faultId = randomBytes(ID_BYTES).toString('hex');
      const { amount = null, cutManagement = false, leaseMs = null } = options;
      const at = await lookAround(this.host, this.engine);
      const plan = planFault(name, faultId, { link, amount, cutManagement }, this.root, at);
      if (!plan.ok) return plan;
      const wrong = refusal(plan.value, durationMs, leaseMs, cutManagement);
      if (wrong !== null) return fail('refused', wrong);
      const lastsMs = Math.min(durationMs, plan.value.durationMsMax ?? durationMs);
      return await this.arm(name, faultId, plan.value, { durationMs: lastsMs, leaseMs });
    } finally {
      this.injecting = false;
    }
  }

  private async arm(
    name: FaultName,
    faultId: string,
    plan: FaultPlan,
    time: { durationMs: number; leaseMs: number | null },
  ): Promise<Result<FaultState, InjectFailure>> {
    const record: FaultRecord = {
      faultId,
      name,
      link: plan.link,
      bootId: bootId(),
      deadlineMs: plusMs(this.host.now(), time.durationMs).monotonicMs,
      detail: plan.detail,
      isOverWhenAgentRuns: plan.isOverWhenAgentRuns,
      isGuardsToUndo: plan.by === 'guard' && plan.restart.length > 0,
    };
    const fault: Fault = { ...record, dir: join(this.root, faultId), phase: 'armed', stopped: null };
    this.faults = [...this.faults, fault].slice(-ENDED_MAX);
    const written = writeGuard({ dir: fault.dir, record: JSON.stringify(record) }, plan, time);
    const armed = written.ok ? await armGuard(fault.dir, faultId, written.value, this.host.timers) : written;
    if (!armed.ok) {
      dismissGuard(fault.dir);
      forget(fault.dir);
      this.ended(fault, 'failed', armed.detail);
      return fail('not-armed', `nothing was injected: ${armed.detail}`);
    }
    const lease = time.leaseMs === null ? '' : `, or ${time.leaseMs} ms after the console was last heard`;
    this.publish(fault, 'armed', `guard ${armed.value} reverts it in ${time.durationMs} ms${lease}`);
    if (plan.by === 'agent') {
      const injected = await inject(plan);
      if (!injected.ok) {
        await this.undo(fault, 'injecting failed');
        this.ended(fault, 'failed', injected.detail);
        return fail('failed', injected.detail);
      }
    }
    fault.phase = 'injected';
    this.publish(fault, 'injected', plan.detail);
    return ok(this.stateOf(fault));
  }

  /** Undoes a fault before its time. What ends the agent is left to the guard, which acts at once: watch for its end. */
  async revert(faultId: string): Promise<Result<FaultState, 'unknown' | 'failed'>> {
    const fault = this.faults.find((candidate) => candidate.faultId === faultId);
    if (fault === undefined) return fail('unknown', `there is no fault ${faultId}`);
    if (isOpen(fault)) {
      const undone = fault.isGuardsToUndo ? setLease(fault.dir, 0) : await this.undo(fault, 'reverted on request');
      if (!undone.ok) return undone;
    }
    return ok(this.stateOf(fault));
  }

  /** Another lease from a console that still looks on. */
  renew(faultId: string, leaseMs: number): Result<FaultState, 'unknown' | 'failed'> {
    const fault = this.faults.find((candidate) => candidate.faultId === faultId);
    if (fault === undefined) return fail('unknown', `there is no fault ${faultId}`);
    const renewed = isOpen(fault) ? setLease(fault.dir, leaseMs) : ok(null);
    return renewed.ok ? ok(this.stateOf(fault)) : renewed;
  }

  /** Takes back everything that was ever written here, and looks for what could be left. */
  async panic(): Promise<TakeBack> {
    const known: string[] = [];
    for (const fault of this.faults.filter((candidate) => isOpen(candidate) && !candidate.isGuardsToUndo)) {
      const undone = await this.undo(fault, 'everything is taken back');
      if (undone.ok) known.push(fault.faultId);
    }
    const { stateDir, runDir } = this.host.places;
    const found = await new Promise<TakeBack>((resolve) => {
      const command = takeBackScript(stateDir, runDir);
      // In a session of its own: it may have to end the agent.
      execFile('setsid', ['/bin/sh', '-c', command], { timeout: TAKE_BACK_MS_MAX, cwd: '/' }, (_error, stdout) =>
        resolve(parseTakeBack(stdout)),
      );
    });
    this.check();
    return { ...found, reverted: [...new Set([...known, ...found.reverted])] };
  }

  /** Called every second: notices what a guard has done, does it itself when a guard is gone, and stops what goes wrong. */
  check(): void {
    const flood = this.logs.look(this.host.now().monotonicMs, this.logBytes());
    for (const fault of this.faults.filter(isOpen)) {
      if (isReverted(fault.dir)) this.ended(fault, 'reverted', 'by its guard, at its time');
      else if (isForgotten(fault.dir)) this.ended(fault, 'reverted', 'from outside');
      else if (fault.phase !== 'injected' || this.reverting) continue;
      else if (guardPid(fault.dir) === null) void this.undo(fault, 'its guard is gone');
      else if (fault.name !== 'disk-full' && this.isDiskNearlyFull()) void this.stop(fault, 'the disk is nearly full');
      else if (flood !== null)
        void this.stop(
          fault,
          `the log grows by ${Math.round(flood / 1000)} kB/s, more than ${LOG_BYTES_PER_S_MAX / 1000}`,
        );
    }
  }

  private stop(fault: Fault, why: string): Promise<unknown> {
    fault.stopped = `stopped: ${why}`;
    return fault.isGuardsToUndo ? Promise.resolve(setLease(fault.dir, 0)) : this.undo(fault, fault.stopped);
  }

  /** What another node of the pair, or the rack, has broken, beside this node's own log: both tell the same story. */
  mark(text: string): void {
    this.publishBody('info', { kind: 'log', text });
    this.tellSystem(text);
  }

  /** The agent ends; guards go on. */
  close(): void {
    this.faults = [];
  }

  private logBytes(): number {
    const { logfile, debugfile } = this.host.setup.ha;
    let bytes = 0;
    for (const file of new Set([logfile, debugfile, HA_LOG])) {
      try {
        if (file !== null) bytes += statSync(file).size;
      } catch {
        // It is not there.
      }
    }
    return bytes;
  }

  private isDiskNearlyFull(): boolean {
    try {
      const { bavail, bsize } = statfsSync(this.host.places.stateDir);
      return bavail * bsize < DISK_BYTES_MIN;
    } catch {
      return false;
    }
  }

  private async undo(fault: Fault, why: string): Promise<Result<null, 'failed'>> {
    this.reverting = true;
    const undone = await revert(fault.dir);
    this.reverting = false;
    if (undone.ok || isForgotten(fault.dir)) {
      dismissGuard(fault.dir);
      this.ended(fault, 'reverted', why);
      return ok(null);
    }
    this.publish(fault, 'failed', `not reverted yet, the guard goes on trying: ${undone.detail}`);
    return undone;
  }

  private ended(fault: Fault, phase: 'reverted' | 'failed', detail: string): void {
    if (!isOpen(fault)) return;
    fault.phase = phase;
    if (phase === 'reverted') forget(fault.dir);
    this.publish(fault, phase, detail);
  }

  private log(text: string): void {
    this.host.publish({ severity: 'error', body: { kind: 'log', text } });
  }

  private publish(fault: Fault, phase: FaultState['phase'], detail: string): void {
    const body = { kind: 'fault', phase, faultId: fault.faultId, name: fault.name, detail } as const;
    this.publishBody(phase === 'failed' ? 'error' : 'warn', body);
    if (phase !== 'armed') this.tellSystem(`Fault ${fault.faultId} (${fault.name}) ${phase}: ${detail}`);
  }

  private publishBody(severity: EventDraft['severity'], body: EventDraft['body']): void {
    this.host.publish({ severity, body });
  }

  /** Our own engine's journal is written to ha-log and syslog; beside a real daemon, whose log is its own, syslog gets a line of ours. */
  private tellSystem(text: string): void {
    if (this.engine.isAgent) return;
    execFile('logger', ['-t', 'twinbeat-agent', '--', text], () => undefined);
  }

  private stateOf(fault: Fault): FaultState {
    const { faultId, name, phase, link, dir } = fault;
    const detail = fault.stopped ?? fault.detail;
    if (!isOpen(fault)) return { faultId, name, phase, link, detail, revertsInMs: null };
    const left = fault.deadlineMs - this.host.now().monotonicMs;
    const revertsInMs = Math.max(0, Math.min(left, endsInMs(dir) ?? left));
    return { faultId, name, phase, link, detail, revertsInMs, dir };
  }
}

/** Why a fault that cuts the way in is not taken; null: it is, or it cuts nothing. */
function refusal(plan: FaultPlan, durationMs: number, leaseMs: number | null, cutManagement: boolean): string | null {
  if (!plan.cutsManagement) return null;
  if (!cutManagement) return 'it cuts the way to manage this node: that must be asked for';
  if (leaseMs === null) return 'a fault that cuts the way to manage this node needs a lease besides its time';
  if (durationMs > CUT_OFF_MS_MAX)
    return `a fault that cuts the way to manage this node may last ${CUT_OFF_MS_MAX / 1000} s at most`;
  return null;
}
